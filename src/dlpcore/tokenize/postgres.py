"""A vault in PostgreSQL: a table, shared by machines, durable when a transaction is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ..errors import MissingExtra, VaultError
from .pool import Pool
from .vault import Entry

if TYPE_CHECKING:
    import psycopg

__all__ = ["PostgresVault"]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS dlpcore_vault (
    name bytea PRIMARY KEY CHECK (length(name) = 32),
    lookup bytea UNIQUE CHECK (length(lookup) = 32),
    record bytea NOT NULL
)
"""
_INSERT: Final = "INSERT INTO dlpcore_vault VALUES (%s, %s, %s) ON CONFLICT (lookup) DO NOTHING RETURNING record"
_EARLIER: Final = "SELECT record FROM dlpcore_vault WHERE lookup = %s"
#: Somebody may erase the earlier entry between the two: then the insert is tried again.
_TRIES: Final = 8


class PostgresVault:
    """A vault in the table ``dlpcore_vault``, which is made where there is none.

    The server must have ``fsync`` on; ``synchronous_commit`` is switched on for these connections.

    Args:
        conninfo: what libpq takes: ``"host=… dbname=… user=…"`` or a URL.
        timeout: whole seconds to connect, and seconds for each statement.

    Raises:
        MissingExtra: psycopg is not installed.
        VaultError: the server does not answer, or is not durable.
    """

    def __init__(self, conninfo: str, *, timeout: float = 5.0) -> None:
        try:
            import psycopg
        except ImportError:
            raise MissingExtra("a vault in PostgreSQL needs psycopg: pip install 'dlpcore[postgres]'") from None
        self._psycopg = psycopg
        self._conninfo = conninfo
        self._timeout = timeout
        self._pool: Pool[psycopg.Connection[tuple[bytes, ...]]] = Pool(
            "in PostgreSQL", self._connect, lambda c: c.close()
        )
        with self._connection() as connection:
            (fsync,) = connection.execute("SHOW fsync").fetchone() or ("",)
            if str(fsync) != "on":
                raise VaultError("vault in PostgreSQL: the server runs without fsync and may lose what it answered")
            (table,) = connection.execute("SELECT to_regclass('dlpcore_vault')::text").fetchone() or (None,)
            if table is None:
                with connection.transaction():
                    # two that start at once would both find no table
                    connection.execute("SELECT pg_advisory_xact_lock(hashtext('dlpcore_vault'))")
                    connection.execute(_SCHEMA)

    def store(self, entries: Sequence[Entry]) -> list[bytes]:
        kept: list[bytes] = []
        with self._connection() as connection, connection.transaction():
            for entry in entries:
                kept.append(self._kept(connection, entry))
        return kept

    def fetch(self, names: Sequence[bytes]) -> list[bytes | None]:
        with self._connection() as connection:
            query = "SELECT name, record FROM dlpcore_vault WHERE name = ANY(%s)"
            found = {bytes(name): bytes(record) for name, record in connection.execute(query, (list(names),))}
        return [found.get(name) for name in names]

    def erase(self, names: Sequence[bytes]) -> int:
        with self._connection() as connection:
            return connection.execute("DELETE FROM dlpcore_vault WHERE name = ANY(%s)", (list(names),)).rowcount

    def close(self) -> None:
        self._pool.close()

    def _kept(self, connection: psycopg.Connection[tuple[bytes, ...]], entry: Entry) -> bytes:
        for _ in range(_TRIES):
            row = connection.execute(_INSERT, entry).fetchone()
            if row is None:
                row = connection.execute(_EARLIER, (entry.lookup,)).fetchone()
            if row is not None:
                return bytes(row[0])
        raise VaultError("vault in PostgreSQL: an entry is erased as often as it is stored")

    def _connect(self) -> psycopg.Connection[tuple[bytes, ...]]:
        connection: psycopg.Connection[tuple[bytes, ...]] = self._psycopg.connect(
            self._conninfo, autocommit=True, connect_timeout=max(2, int(self._timeout))
        )
        try:
            connection.execute("SELECT set_config('statement_timeout', %s, false)", (str(int(self._timeout * 1000)),))
            # what the server or role has set may be stronger (remote_apply), and then stays
            connection.execute(
                "SELECT set_config('synchronous_commit', 'on', false)"
                " WHERE current_setting('synchronous_commit') IN ('off', 'local')"
            )
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[tuple[bytes, ...]]]:
        errors = self._psycopg.errors
        try:
            with self._pool.connection() as connection:
                yield connection
        except (errors.DiskFull, errors.OutOfMemory):
            raise VaultError("vault in PostgreSQL: it is full") from None
        except (errors.QueryCanceled, errors.LockNotAvailable):
            raise VaultError("vault in PostgreSQL: it is locked, or gave no answer in time") from None
        except errors.ReadOnlySqlTransaction:
            raise VaultError("vault in PostgreSQL: it cannot be written") from None
        except errors.UniqueViolation:
            raise VaultError("vault in PostgreSQL: it has another value of that name") from None
        except self._psycopg.OperationalError:
            raise VaultError("vault in PostgreSQL: the connection failed") from None
        except self._psycopg.Error as error:
            raise VaultError(f"vault in PostgreSQL: it failed ({type(error).__name__})") from None

    def __repr__(self) -> str:
        return "<PostgresVault>"
