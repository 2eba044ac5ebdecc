"""Vaults in Redis and PostgreSQL, against the real servers."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import threading
from collections.abc import Iterator

import pytest

from dlpcore import VaultError
from dlpcore.tokenize import Entry, Keyring, Tokenizer, Vault, Vaulted, anyone
from dlpcore.tokenize.postgres import PostgresVault
from dlpcore.tokenize.redis import RedisVault

from . import servers

pytestmark = pytest.mark.subprocess


def entry(n: object, lookup: object = None, record: bytes = b"record") -> Entry:
    def digest(what: object) -> bytes:
        return hashlib.sha256(repr(what).encode()).digest()

    return Entry(digest(n), None if lookup is None else digest(lookup), record)


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with servers.postgres() as (conninfo, _):
        yield conninfo


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    with servers.redis() as (url, _):
        yield url


@pytest.fixture(params=["redis", "postgres"])
def vault(request: pytest.FixtureRequest) -> Iterator[Vault]:
    address = request.getfixturevalue(request.param)
    made: Vault = RedisVault(address) if request.param == "redis" else PostgresVault(address)
    yield made
    made.close()


def test_store_and_fetch(vault: Vault, request: pytest.FixtureRequest) -> None:
    assert isinstance(vault, Vault)
    assert vault.store([entry(1, "a", b"one"), entry(2, "a", b"two"), entry(3, None, b"\0\xff")]) == [
        b"one",
        b"one",
        b"\0\xff",
    ]
    assert vault.fetch([entry(n).name for n in (1, 2, 3, 1)]) == [b"one", None, b"\0\xff", b"one"]
    assert vault.fetch([]) == [] and vault.store([]) == [] and vault.erase([]) == 0
    assert vault.erase([entry(1).name, entry(9).name]) == 1
    assert vault.store([entry(4, "a", b"four")]) == [b"four"]  # the value that was erased is forgotten


def test_all_or_nothing(vault: Vault) -> None:
    vault.store([entry("x")])
    with pytest.raises(VaultError, match="another value"):
        vault.store([entry("y"), entry("x", None, b"another")])
    assert vault.fetch([entry("y").name, entry("x").name]) == [None, b"record"]


def test_threads_share_it(vault: Vault) -> None:
    kept: list[list[bytes]] = []

    def work(n: int) -> None:
        kept.append([vault.store([entry((n, i), ("t", i), b"%d" % n)])[0] for i in range(10)])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 4 and all(records == kept[0] for records in kept)


def test_tokens(vault: Vault) -> None:
    ring = Keyring({"k1": bytes(32)}, "k1")
    tokenizer = Tokenizer(ring, schemes={"us_ssn": Vaulted(repeat=True)}, vault=vault, may_open=anyone)
    token = tokenizer.token(b"078-05-1120", "us_ssn")
    assert tokenizer.token(b"078-05-1120", "us_ssn") == token
    assert tokenizer.open(token) == b"078-05-1120"
    assert tokenizer.erase([token]) == 1


def test_a_redis_that_may_forget_is_refused() -> None:
    with servers.redis("--appendfsync", "everysec") as (url, _):
        with pytest.raises(VaultError, match="appendfsync always"):
            RedisVault(url)
        RedisVault(url, durable=False).close()
    evicting = ("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
    with servers.redis(*evicting) as (url, _), pytest.raises(VaultError, match="noeviction"):
        RedisVault(url)


def test_a_full_redis_stores_nothing() -> None:
    with servers.redis("--maxmemory", "3mb") as (url, _):
        vault = RedisVault(url)
        with pytest.raises(VaultError, match="full"):
            for n in range(200):
                vault.store([entry((n, i), None, b"x" * 50_000) for i in range(2)])
        full = [vault.fetch([entry((n, i)).name for i in range(2)]) for n in range(200)]
        assert {len({record is None for record in pair}) for pair in full} == {1}
        assert full[-1] == [None, None]
        vault.close()


def _gone(vault: Vault, process: subprocess.Popen[bytes]) -> None:
    vault.store([entry("kept")])
    process.send_signal(signal.SIGSTOP)
    with pytest.raises(VaultError, match=r"time|failed"):
        vault.store([entry("hung")])
    process.send_signal(signal.SIGCONT)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for _ in range(2):
        with pytest.raises(VaultError, match="failed"):
            vault.store([entry("gone")])
    with pytest.raises(VaultError):
        vault.fetch([entry("kept").name])
    vault.close()


def test_a_redis_that_goes_away() -> None:
    with servers.redis() as (url, process):
        _gone(RedisVault(url, timeout=0.3), process)
    with pytest.raises(VaultError, match="failed"):
        RedisVault(url)


def test_nobody_there() -> None:
    with pytest.raises(VaultError, match="failed"):
        PostgresVault("host=/nowhere user=nobody password=verysecret")
    with pytest.raises(VaultError, match="URL"):
        RedisVault("http://secret@nowhere")


def test_a_locked_or_ended_postgres(postgres: str) -> None:
    import psycopg

    vault = PostgresVault(postgres, timeout=0.3)
    vault.store([entry("kept")])
    with psycopg.connect(postgres) as other:
        other.execute("LOCK TABLE dlpcore_vault")
        with pytest.raises(VaultError, match="locked"):
            vault.store([entry("locked")])
    assert vault.fetch([entry("locked").name]) == [None]
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    with pytest.raises(VaultError, match="failed"):
        vault.store([entry("ended")])
    assert vault.store([entry("again")]) == [b"record"]  # with a new connection
    vault.close()
    with pytest.raises(VaultError, match="closed"):
        vault.fetch([entry("kept").name])
