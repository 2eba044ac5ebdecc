"""``--jobs``: the output of one process, whatever the number; a worker that dies is an error; Ctrl-C ends all."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dlpcore.cli.examine import Outcome
from dlpcore.cli.jobs import WorkerFailed, Workers
from dlpcore.cli.units import Unit, Wrong
from dlpcore.errors import InputError
from dlpcore.model import Action
from tests.cli.test_captures import flow, har

pytestmark = pytest.mark.subprocess

CARD = '{"card":"4111 1111 1111 1111"}\n'


def units(count: int) -> list[Unit]:
    return [Wrong(str(number), "") for number in range(count)]


def named(unit: Unit) -> Outcome:
    assert isinstance(unit, Wrong)
    outcome = Outcome(told=[unit.name])
    outcome.counts[Action.ALLOW] += 1
    return outcome


def slow_at_first(unit: Unit) -> Outcome:
    assert isinstance(unit, Wrong)
    time.sleep(0.2 if unit.name == "0" else 0)
    return named(unit)


def dies(unit: Unit) -> Outcome:
    assert isinstance(unit, Wrong)
    if unit.name == "5":
        os.kill(os.getpid(), signal.SIGKILL)
    return named(unit)


def fails(unit: Unit) -> Outcome:
    assert isinstance(unit, Wrong)
    if unit.name == "5":
        raise ValueError(CARD)
    return named(unit)


def refuses(unit: Unit) -> Outcome:
    raise InputError("no such thing")


@pytest.mark.parametrize("count", [1, 3])
def test_outcomes_come_in_order(count: int) -> None:
    with Workers(slow_at_first, count) as workers:
        told = [outcome.told for outcome in workers.outcomes(iter(units(40)))]
    assert told == [[str(number)] for number in range(40)]


def test_few_units_are_held_and_none_are_no_trouble() -> None:
    taken = 0

    def counted() -> list[Unit]:
        return []

    def endless() -> object:
        nonlocal taken
        while True:
            taken += 1
            yield Wrong(str(taken), "")

    with Workers(named, 2) as workers:
        assert list(workers.outcomes(iter(counted()))) == []
    with Workers(named, 2) as workers:
        outcomes = workers.outcomes(endless())  # type: ignore[arg-type]
        next(outcomes)
        time.sleep(0.3)
        assert taken <= 6


@pytest.mark.parametrize(
    ("work", "message"), [(dies, "SIGKILL"), (fails, "ValueError")], ids=["a worker dies", "a worker fails"]
)
def test_what_a_worker_had_in_hand_is_never_passed_over(work: object, message: str) -> None:
    told = []
    with pytest.raises(WorkerFailed, match=message) as caught, Workers(work, 2) as workers:  # type: ignore[arg-type]
        for outcome in workers.outcomes(iter(units(40))):
            told += outcome.told
    assert "4111" not in str(caught.value)
    assert told == [str(number) for number in range(len(told))] and len(told) <= 5


def test_an_error_of_ours_stays_one() -> None:
    with pytest.raises(Exception, match="no such thing") as caught, Workers(refuses, 2) as workers:
        list(workers.outcomes(iter(units(3))))
    assert not isinstance(caught.value, WorkerFailed)


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("traffic")
    clean = "".join(f'{{"id":{number},"name":"order"}}\n' for number in range(20_000))
    (folder / "log.ndjson").write_text(f"{clean}{CARD}\n\n{clean}[1,]\n{clean}{CARD}")
    (folder / "log2.ndjson.gz").write_bytes(gzip.compress(f"{clean}{CARD}".encode()))
    (folder / "cut.ndjson.gz").write_bytes(gzip.compress(b"{}\n" * 9)[:-9])
    (folder / "session.har").write_bytes(har())
    (folder / "dump.flow").write_bytes(flow())
    (folder / "broken.har").write_bytes(b"{")
    for number in range(70):
        (folder / f"{number:02}.json").write_text(CARD if number % 10 == 3 else '{"id":7}')
    return folder


def inspect(*arguments: object) -> tuple[int, bytes, bytes]:
    command = [sys.executable, "-m", "dlpcore", "inspect", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("options", [("-q",), ("--format", "sarif", "-q")], ids=["text", "sarif"])
def test_the_output_is_that_of_one_process(traffic: Path, options: tuple[str, ...], tmp_path: Path) -> None:
    key = tmp_path / "dlp.key"
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    alone, together = (inspect("--key-file", key, "--jobs", jobs, *options, traffic) for jobs in (1, 3))
    assert alone == together
    assert alone[0] == 2  # two of the inputs are broken
    assert b"broken.har" in alone[2] and b"cut.ndjson.gz" in alone[2] and b"4111" not in alone[1]
    if options == ("-q",):
        assert re.search(rb"log\.ndjson:20001 .*\n.*credit-card", alone[1])
        assert b"log.ndjson:40004 " in alone[1] and b"log.ndjson:60005 " in alone[1]
        # 70 files, 6 + 3 captured bodies, 80,004 records, and what can be read of the one that is cut off
        assert re.search(rb"80,08\d payloads: 2 blocked, 15 to redact", alone[1])
    else:
        assert {r["ruleId"] for r in json.loads(alone[1])["runs"][0]["results"]} >= {"credit-card"}


def test_a_worker_that_is_killed_ends_the_command(tmp_path: Path) -> None:
    """As the kernel does it when memory runs out."""
    os.mkfifo(tmp_path / "endless.ndjson")
    command = [sys.executable, "-m", "dlpcore", "inspect", "-q", "--jobs", "2", str(tmp_path / "endless.ndjson")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with (tmp_path / "endless.ndjson").open("wb", buffering=0) as feed:
        feed.write(b"{}\n" * 10)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if not children.exists():
            process.kill()
            pytest.skip("needs /proc with the children of a process")
        workers = children.read_text().split()
        assert len(workers) == 2
        for worker in workers:
            os.kill(int(worker), signal.SIGKILL)
        feed.write(b"{}\n" * 10)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 70
    assert b"SIGKILL" in err and b"payloads" not in out


def test_an_interrupt_ends_it_at_once(tmp_path: Path) -> None:
    """As Ctrl-C does it: to the whole group."""
    os.mkfifo(tmp_path / "endless.ndjson")
    command = [sys.executable, "-m", "dlpcore", "inspect", "-q", "--jobs", "2", str(tmp_path / "endless.ndjson")]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # what runs in the background ignores it
    )
    with (tmp_path / "endless.ndjson").open("wb", buffering=0) as feed:
        feed.write(CARD.encode() * 3)
        assert process.stdout and process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.strip() == b"dlpcore: interrupted"


def test_lines_of_a_pipe_are_answered_as_they_come() -> None:
    command = [sys.executable, "-m", "dlpcore", "inspect", "--format", "json", "--jobs", "2", "--ndjson", "-"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin and process.stdout
    for number in range(3):
        process.stdin.write(b'{"a":1}\n' + (b'{"a":2}\n' if number == 0 else b""))
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["line"] == number + 1
    process.stdin.close()
    assert len(process.stdout.readlines()) == 1
    process.stdout.close()
    assert process.wait(timeout=20) == 0
