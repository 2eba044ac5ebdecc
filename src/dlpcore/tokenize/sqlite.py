"""The embedded vault: a SQLite file, shared by threads and processes, durable before it answers."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import VaultError
from .pool import Pool
from .vault import Entry

__all__ = ["SQLiteVault"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    name BLOB PRIMARY KEY CHECK (length(name) = 32),
    lookup BLOB UNIQUE CHECK (length(lookup) = 32),
    record BLOB NOT NULL
) WITHOUT ROWID
"""
#: Names in one query: below SQLite's oldest limit on parameters.
_AT_ONCE = 500


class SQLiteVault:
    """A vault in one file (and its ``-wal`` and ``-shm``), in WAL mode with ``synchronous=FULL``.

    A commit is on disk before :meth:`store` returns, and a process that dies in the middle leaves all of a call or
    nothing. The file must be on a local disk: WAL needs shared memory between its processes.

    Args:
        path: the file; made with mode 0600 where there is none.
        timeout: seconds to wait for another writer.

    Raises:
        VaultError: it cannot be opened, is no vault, or others may read it.
    """

    def __init__(self, path: str | os.PathLike[str], *, timeout: float = 5.0) -> None:
        self._path = Path(path).absolute()
        self._timeout = timeout
        self._pool: Pool[sqlite3.Connection] = Pool(self._path.name, self._connect, lambda c: c.close())
        try:
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            status = self._path.stat()
        except OSError as error:
            raise VaultError(f"vault {self._path.name}: {error.strerror or type(error).__name__}") from None
        if status.st_mode & 0o077:
            raise VaultError(f"vault {self._path.name}: its mode is {status.st_mode & 0o777:04o}; it needs 0600")
        self._inode = (status.st_dev, status.st_ino)
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_SCHEMA)
            connection.execute("COMMIT")

    def store(self, entries: Sequence[Entry]) -> list[bytes]:
        kept: list[bytes] = []
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            for entry in entries:
                found = None
                if entry.lookup is not None:
                    found = connection.execute("SELECT record FROM entry WHERE lookup = ?", (entry.lookup,)).fetchone()
                if found is None:
                    connection.execute("INSERT INTO entry VALUES (?, ?, ?)", entry)
                kept.append(entry.record if found is None else found[0])
            connection.execute("COMMIT")
        return kept

    def fetch(self, names: Sequence[bytes]) -> list[bytes | None]:
        found: dict[bytes, bytes] = {}
        with self._connection() as connection:
            for at in range(0, len(names), _AT_ONCE):
                some = names[at : at + _AT_ONCE]
                marks = ",".join("?" * len(some))
                found.update(connection.execute(f"SELECT name, record FROM entry WHERE name IN ({marks})", some))
        return [found.get(name) for name in names]

    def erase(self, names: Sequence[bytes]) -> int:
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            gone = sum(connection.execute("DELETE FROM entry WHERE name = ?", (name,)).rowcount for name in names)
            connection.execute("COMMIT")
            # what was erased must not live on in the log
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def close(self) -> None:
        self._pool.close()

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection of this call's own; only our errors leave the block."""
        try:
            with self._pool.connection() as connection:
                self._still_there()
                yield connection
                # A file that was removed meanwhile takes a commit without complaint, and loses it.
                self._still_there()
        except sqlite3.Error as error:
            raise VaultError(f"vault {self._path.name}: {_reason(error)}") from None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path.as_uri() + "?mode=rw",
            uri=True,
            timeout=self._timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _still_there(self) -> None:
        try:
            status = self._path.stat()
        except OSError:
            status = None
        if status is None or (status.st_dev, status.st_ino) != self._inode:
            raise VaultError(f"vault {self._path.name}: the file is gone, or another one took its place")

    def __repr__(self) -> str:
        return f"<SQLiteVault {self._path.name}>"


def _reason(error: sqlite3.Error) -> str:
    """A sentence of ours: SQLite's may quote a statement."""
    names = {
        "SQLITE_BUSY": "it is locked by another writer",
        "SQLITE_LOCKED": "it is locked by another writer",
        "SQLITE_FULL": "it is full: no space is left for it",
        "SQLITE_NOTADB": "the file is no vault",
        "SQLITE_CORRUPT": "the file is damaged",
        "SQLITE_READONLY": "it cannot be written",
        "SQLITE_CANTOPEN": "it cannot be opened",
    }
    name: str = getattr(error, "sqlite_errorname", "") or type(error).__name__
    for known, reason in names.items():
        if name.startswith(known):
            return reason
    return f"it failed ({name})"
