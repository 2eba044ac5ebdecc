"""A vault in Redis: shared by machines, durable where the server writes its log before it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..errors import MissingExtra, VaultError
from .vault import Entry

if TYPE_CHECKING:
    import redis

__all__ = ["RedisVault"]

_T = TypeVar("_T")

# One script is one step that no other client sees half of. Names are checked before anything is written, so that a
# script that fails has written nothing. KEYS: for each entry its name and its lookup. ARGV: for each its record, and
# "1" where it has a lookup.
_STORE: Final = """
local kept = {}
for i = 1, #KEYS / 2 do
    local there = redis.call('HGET', KEYS[2 * i - 1], 'record')
    if there and there ~= ARGV[2 * i - 1] then return redis.error_reply('NAMETAKEN') end
end
for i = 1, #KEYS / 2 do
    local name, lookup, record = KEYS[2 * i - 1], KEYS[2 * i], ARGV[2 * i - 1]
    local first = ARGV[2 * i] == '1' and redis.call('GET', lookup)
    local earlier = first and redis.call('HGET', first, 'record')
    if earlier then
        kept[i] = earlier
    else
        redis.call('HSET', name, 'record', record)
        if ARGV[2 * i] == '1' then
            redis.call('HSET', name, 'lookup', lookup)
            redis.call('SET', lookup, name)
        end
        kept[i] = record
    end
end
return kept
"""
_ERASE: Final = """
local gone = 0
for i = 1, #KEYS do
    local lookup = redis.call('HGET', KEYS[i], 'lookup')
    if lookup and redis.call('GET', lookup) == KEYS[i] then redis.call('DEL', lookup) end
    gone = gone + redis.call('DEL', KEYS[i])
end
return gone
"""


class RedisVault:
    """A vault in a Redis database (not a cluster: entries and their lookups lie together).

    Redis answers before it is sure to remember, unless told otherwise. So the server must have ``appendonly yes`` and
    ``appendfsync always``, and must not evict keys; otherwise the vault does not open.

    Args:
        url: ``redis://…``, ``rediss://…`` or ``unix://…``.
        prefix: of all keys.
        timeout: seconds for an answer.
        durable: check that the server is durable. ``False`` where it does not tell its configuration: then it is up to
            you, and a token may outlive its value.

    Raises:
        MissingExtra: redis is not installed.
        VaultError: the server does not answer, or is not durable.
    """

    def __init__(self, url: str, *, prefix: str = "dlpcore", timeout: float = 5.0, durable: bool = True) -> None:
        try:
            import redis
        except ImportError:
            raise MissingExtra("a vault in Redis needs redis: pip install 'dlpcore[redis]'") from None
        self._prefix = prefix.encode()
        self._errors = redis.exceptions
        try:
            self._client: redis.Redis = redis.Redis.from_url(
                url, socket_timeout=timeout, socket_connect_timeout=timeout, decode_responses=False
            )
        except ValueError:
            raise VaultError("vault in Redis: its URL is wrong") from None
        self._store = self._client.register_script(_STORE)
        self._erase = self._client.register_script(_ERASE)
        self._asked(self._client.ping)
        if durable:
            self._check()

    def store(self, entries: Sequence[Entry]) -> list[bytes]:
        keys: list[bytes] = []
        arguments: list[bytes] = []
        for entry in entries:
            keys += (self._key(b"n", entry.name), self._key(b"l", entry.lookup or b""))
            arguments += (entry.record, b"" if entry.lookup is None else b"1")
        kept: list[bytes] = self._asked(lambda: self._store(keys=keys, args=arguments)) if entries else []
        return kept

    def fetch(self, names: Sequence[bytes]) -> list[bytes | None]:
        if not names:
            return []

        def ask() -> list[bytes | None]:
            with self._client.pipeline(transaction=False) as pipeline:
                for name in names:
                    pipeline.hget(self._key(b"n", name), "record")
                found: list[bytes | None] = pipeline.execute()
                return found

        records: list[bytes | None] = self._asked(ask)
        return records

    def erase(self, names: Sequence[bytes]) -> int:
        keys = [self._key(b"n", name) for name in names]
        return int(self._asked(lambda: self._erase(keys=keys))) if names else 0

    def close(self) -> None:
        self._client.close()

    def _key(self, kind: bytes, name: bytes) -> bytes:
        return self._prefix + b":" + kind + b":" + name

    def _check(self) -> None:
        def setting(name: str) -> str:
            answer: dict[Any, Any] = self._asked(lambda: self._client.config_get(name))
            texts = [v.decode() if isinstance(v, bytes) else str(v) for v in answer.values()]
            return texts[0] if texts else ""

        if setting("appendonly") != "yes" or setting("appendfsync") != "always":
            raise VaultError("vault in Redis: the server needs appendonly yes and appendfsync always to lose nothing")
        if setting("maxmemory") not in ("", "0") and setting("maxmemory-policy") != "noeviction":
            raise VaultError("vault in Redis: the server may evict keys; it needs maxmemory-policy noeviction")

    def _asked(self, ask: Callable[[], Any]) -> Any:
        """What ``ask`` gives; the client's errors as ours, whose words hold nothing of what was sent."""
        errors = self._errors
        try:
            return ask()
        except errors.TimeoutError:
            raise VaultError("vault in Redis: no answer in time") from None
        except errors.AuthenticationError:
            raise VaultError("vault in Redis: it refused the credentials") from None
        except errors.ConnectionError:
            raise VaultError("vault in Redis: the connection failed") from None
        except errors.OutOfMemoryError:
            raise VaultError("vault in Redis: it is full") from None
        except errors.ReadOnlyError:
            raise VaultError("vault in Redis: it cannot be written") from None
        except errors.RedisError as error:
            code = str(error).split(" ", 1)[0]
            known = {
                "MISCONF": "it cannot write its log",
                "NAMETAKEN": "it has another value of that name",
                "OOM": "it is full",
            }
            raise VaultError(f"vault in Redis: {known.get(code, 'it failed')}") from None

    def __repr__(self) -> str:
        return "<RedisVault>"
