"""The audit log: every change shows, a crash costs the last line at the most, and several writers make one chain."""

from __future__ import annotations

import json
import signal
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlpcore import Context, EventError
from dlpcore.events import AuditLog, Event, opened, verify
from dlpcore.events.audit import read
from dlpcore.tokenize import Keyring, Tokenizer, anyone
from tests.killing import run_killer

KEY = b"a" * 32


def event(n: int = 0) -> Event:
    return Event(uid=f"{n:032x}", time=float(n), operation="inspect", action="allow", context=Context(user=f"u{n}"))  # type: ignore[arg-type]


def log_of(path: Path, count: int, key: bytes | None = None) -> list[str]:
    log = AuditLog(path, key=key)
    return [log.append(event(n)) for n in range(count)]


@pytest.mark.parametrize("key", [None, KEY])
def test_a_chain(tmp_path: Path, key: bytes | None) -> None:
    path = tmp_path / "audit.jsonl"
    anchors = log_of(path, 3, key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    verified = verify(path, key=key)
    assert verified.lines == 3 and verified.anchor == anchors[-1] and verified.torn == 0
    assert verify(path, key=key, anchor=anchors[0]) == verified
    assert [e["context"]["user"] for e in read(path, key=key)] == ["u0", "u1", "u2"]
    AuditLog(path, key=key).append(event(3))
    assert verify(path, key=key, anchor=anchors[2]).lines == 4
    for line in path.read_bytes().splitlines():
        json.loads(line)
    with pytest.raises(EventError, match="key"):
        verify(path, key=b"b" * 32)
    if key is not None:
        with pytest.raises(EventError, match="key"):
            verify(path)
        with pytest.raises(EventError, match="key"):
            AuditLog(path)


def test_an_empty_log(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    AuditLog(path)
    assert verify(path).lines == 0 and verify(path, anchor=verify(path).anchor).lines == 0
    with pytest.raises(EventError, match="No such file"):
        verify(tmp_path / "none")
    with pytest.raises(EventError, match="anchor"):
        verify(path, anchor="7")
    with pytest.raises(EventError, match="32 bytes"):
        AuditLog(path, key=b"short")


@given(data=st.data())
def test_any_changed_byte_shows(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("audit") / "log"
    log_of(path, 4)
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 2))  # the last line feed is the torn line of a crash
    content[at] = data.draw(st.integers(0, 255).filter(lambda b: b != content[at]))
    path.write_bytes(content)
    with pytest.raises(EventError, match="line"):
        verify(path)


def test_lines_removed_moved_added_or_cut(tmp_path: Path) -> None:
    path = tmp_path / "log"
    anchor = log_of(path, 5)[-1]
    lines = path.read_bytes().splitlines(keepends=True)
    for changed in (
        lines[1:],
        [*lines[:2], *lines[3:]],
        [lines[0], lines[2], lines[1], *lines[3:]],
        [*lines[:2], lines[1], *lines[2:]],
    ):
        path.write_bytes(b"".join(changed))
        with pytest.raises(EventError, match="does not follow"):
            verify(path)
    path.write_bytes(b"".join(lines[:3]))  # a chain all the same, and only an anchor shows it
    assert verify(path).lines == 3
    with pytest.raises(EventError, match="missing"):
        verify(path, anchor=anchor)
    path.unlink()
    log_of(path, 6, None)
    other = AuditLog(tmp_path / "other")
    for n in range(9, 15):
        other.append(event(n))
    with pytest.raises(EventError, match="written anew"):
        verify(tmp_path / "other", anchor=anchor)


@given(st.integers(1, 200))
def test_a_torn_line_is_reported_then_taken_away(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("audit") / "log"
    log_of(path, 2)
    content = path.read_bytes()
    last = content[content.index(b"\n") + 1 :]
    path.write_bytes(content[: len(content) - min(cut, len(last) - 1)])
    torn = verify(path)
    assert torn.lines == 1 and torn.torn == len(last) - min(cut, len(last) - 1)
    AuditLog(path).append(event(7))
    verified = verify(path, anchor=torn.anchor)
    assert (verified.lines, verified.torn, verified.recovered) == (3, 0, 1)
    assert [e["operation"] for e in read(path)] == ["inspect", "audit.recovered", "inspect"]


def test_a_log_torn_in_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b'{"seq":1,"prev"')
    assert verify(path).torn == 15
    AuditLog(path)
    assert verify(path).recovered == 1


def test_writers_share_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "log"
    logs = [AuditLog(path), AuditLog(path)]

    def work(log: AuditLog) -> None:
        for n in range(20):
            log.append(event(n))

    threads = [threading.Thread(target=work, args=(log,)) for log in logs * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify(path).lines == 80


def test_a_log_that_is_rotated_away_starts_anew(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = AuditLog(path)
    log.append(event(1))
    path.rename(tmp_path / "log.1")
    log.append(event(2))
    assert verify(path).lines == verify(tmp_path / "log.1").lines == 1


def test_what_cannot_be_written_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "log"
    log = AuditLog(path)
    log.append(event(1))
    size = path.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, before[1]))
        with pytest.raises(EventError, match="large"):
            log.append(event(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.stat().st_size == size
    log.append(event(3))
    assert verify(path).lines == 2
    with pytest.raises(EventError):
        AuditLog(tmp_path)


def test_a_file_that_is_no_log(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("something else\n")
    with pytest.raises(EventError, match="no line of an audit log"):
        AuditLog(path)
    assert path.read_text() == "something else\n"


def test_tokens_that_are_opened_are_on_record(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "log", key=KEY)
    tokenizer = Tokenizer(Keyring({"k1": bytes(32)}, "k1"), may_open=anyone, audit=opened(log))
    token = tokenizer.token(b"a secret that nobody finds by trying", "note")
    tokenizer.open(token, context=Context(user="ann", roles=("clerk",)))
    (entry,) = read(tmp_path / "log", key=KEY)
    assert entry["operation"] == "detokenize" and entry["allowed"] and entry["entities"] == {"note": 1}
    assert "secret that" not in (tmp_path / "log").read_text()


_KILLER = """
import os, random, sys
from dlpcore import Action, Context
from dlpcore.events import AuditLog, Event, verify
from tests.killing import kill_writers

path, times = sys.argv[1], int(sys.argv[2])
event = Event(uid="00", time=0.0, operation="inspect", action=Action.ALLOW, context=Context(user="x" * 300))
randomness = random.Random(3)

def write(report):
    log = AuditLog(path)
    while True:
        os.write(report, log.append(event).encode() + b"\\n")

def check(lines):
    anchor = lines[-1].decode().strip()
    verified = verify(path, anchor=anchor)  # every line that was acknowledged is in a chain that holds
    assert verified.lines - int(anchor.partition(":")[0]) in (0, 1)
    if randomness.random() < 0.5:  # what a kill inside a write leaves, which kernels rarely show
        with open(path, "ab") as stream:
            stream.write(b'{"seq":%d,"prev":"' % (verified.lines + 1))
        assert verify(path).torn > 0

kill_writers(write, check, times, 11)
"""


@pytest.mark.subprocess
def test_a_killed_writer_breaks_nothing_but_the_last_line(tmp_path: Path) -> None:
    run_killer(_KILLER, str(tmp_path / "log"), "5")


@pytest.mark.slow
@pytest.mark.subprocess
def test_two_hundred_killed_writers_break_nothing(tmp_path: Path) -> None:
    run_killer(_KILLER, str(tmp_path / "log"), "200")
