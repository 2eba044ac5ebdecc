"""The embedded vault: durable, shared, all or nothing, and clear about what went wrong."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from dlpcore import VaultError
from dlpcore.tokenize import Entry, SQLiteVault, Vault
from tests.killing import run_killer


def entry(n: object, lookup: object = None, record: bytes = b"record") -> Entry:
    def digest(what: object) -> bytes:
        return hashlib.sha256(repr(what).encode()).digest()

    return Entry(digest(n), None if lookup is None else digest(lookup), record)


def test_store_and_fetch(tmp_path: Path) -> None:
    vault = SQLiteVault(tmp_path / "v.db")
    assert isinstance(vault, Vault)
    assert stat.S_IMODE((tmp_path / "v.db").stat().st_mode) == 0o600
    assert vault.store([entry(1, "a", b"one"), entry(2, "a", b"two"), entry(3, None, b"three")]) == [
        b"one",
        b"one",
        b"three",
    ]
    assert vault.fetch([entry(n).name for n in (1, 2, 3, 1)]) == [b"one", None, b"three", b"one"]
    assert vault.fetch([entry(n).name for n in range(2000)])[1] == b"one"
    assert vault.erase([entry(1).name, entry(9).name]) == 1
    vault.close()
    with pytest.raises(VaultError, match="closed"):
        vault.fetch([entry(3).name])
    assert SQLiteVault(tmp_path / "v.db").fetch([entry(3).name]) == [b"three"]


def test_all_or_nothing(tmp_path: Path) -> None:
    vault = SQLiteVault(tmp_path / "v.db")
    vault.store([entry(1)])
    with pytest.raises(VaultError):
        vault.store([entry(2), entry(1, None, b"another")])
    assert vault.fetch([entry(2).name, entry(1).name]) == [None, b"record"]


def test_threads_share_it(tmp_path: Path) -> None:
    vault = SQLiteVault(tmp_path / "v.db")
    kept: list[list[bytes]] = []

    def work(n: int) -> None:
        kept.append([vault.store([entry((n, i), i, b"%d" % n)])[0] for i in range(10)])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(records == kept[0] for records in kept)  # one record for each lookup, whoever came first


def _store_in_child(path: str, n: int, queue: multiprocessing.Queue[list[bytes]]) -> None:
    vault = SQLiteVault(path, timeout=30)
    queue.put([vault.store([entry((n, i), i, b"%d" % n)])[0] for i in range(20)])


@pytest.mark.subprocess
def test_processes_share_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    children = [context.Process(target=_store_in_child, args=(str(tmp_path / "v.db"), n, queue)) for n in range(2)]
    for child in children:
        child.start()
    one, two = queue.get(timeout=60), queue.get(timeout=60)
    for child in children:
        child.join()
    assert one == two


def test_a_locked_vault(tmp_path: Path) -> None:
    vault = SQLiteVault(tmp_path / "v.db", timeout=0.05)
    other = sqlite3.connect(tmp_path / "v.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(VaultError, match="locked"):
        vault.store([entry(1)])
    other.execute("ROLLBACK")
    other.close()
    assert vault.store([entry(1)]) == [b"record"]


def test_a_full_vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = SQLiteVault(tmp_path / "v.db")
    with vault._connection() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(VaultError, match="full"):
        vault.store([entry(n, None, b"x" * 900) for n in range(100)])
    assert vault.fetch([entry(0).name]) == [None]


def test_a_vault_that_goes_away_acknowledges_nothing(tmp_path: Path) -> None:
    path = tmp_path / "v.db"
    vault = SQLiteVault(path)
    vault.store([entry(1)])
    os.rename(path, tmp_path / "elsewhere")
    with pytest.raises(VaultError, match="gone"):
        vault.store([entry(2)])
    path.touch(0o600)
    with pytest.raises(VaultError, match="gone"):
        vault.fetch([entry(1).name])


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"\0" * 4096])
def test_a_file_that_is_no_vault(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "v.db"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(VaultError, match="no vault"):
        SQLiteVault(path)
    assert path.read_bytes() == content


def test_a_vault_that_others_can_read(tmp_path: Path) -> None:
    SQLiteVault(tmp_path / "v.db").close()
    (tmp_path / "v.db").chmod(0o644)
    with pytest.raises(VaultError, match="0600"):
        SQLiteVault(tmp_path / "v.db")
    with pytest.raises(VaultError, match="No such file"):
        SQLiteVault(tmp_path / "none" / "v.db")


_KILLER = """
import hashlib, os, sys
from dlpcore.tokenize import Entry, SQLiteVault
from tests.killing import kill_writers

path, times = sys.argv[1], int(sys.argv[2])
kept = 0

def name(n, i):
    return hashlib.sha256(b"%d.%d" % (n, i)).digest()

def write(report):
    vault, n = SQLiteVault(path, timeout=30), kept
    while True:
        vault.store([Entry(name(n, i), None, b"%d.%d" % (n, i)) for i in range(3)])
        os.write(report, b"%d\\n" % n)
        n += 1

def check(lines):
    global kept
    started, kept = kept, int(lines[-1]) + 1
    vault = SQLiteVault(path)
    # all that was acknowledged is there ...
    names = [name(n, i) for n in range(started, kept) for i in range(3)]
    assert vault.fetch(names) == [b"%d.%d" % (n, i) for n in range(started, kept) for i in range(3)]
    # ... and what was under way as a whole or not at all
    torn = {record is None for record in vault.fetch([name(kept, i) for i in range(3)])}
    assert len(torn) == 1
    kept += torn == {False}
    vault.close()

kill_writers(write, check, times, 7)
"""


@pytest.mark.subprocess
def test_a_killed_writer_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    run_killer(_KILLER, str(tmp_path / "v.db"), "5")


@pytest.mark.slow
@pytest.mark.subprocess
def test_two_hundred_killed_writers_lose_nothing(tmp_path: Path) -> None:
    run_killer(_KILLER, str(tmp_path / "v.db"), "200")
