"""What only a terminal brings: colours, a progress bar on long work, and care with what is written to it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

from tests.embedders.whitespace import dolus

pytestmark = pytest.mark.subprocess


def at_terminal(*args: str | Path, stdout_too: bool = True, timeout: float = 60, **env: str) -> tuple[int, bytes]:
    """Exit status, and what a terminal got: standard error, and standard output with ``stdout_too``."""
    master, slave = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    process = subprocess.Popen(
        [sys.executable, "-m", "dlpcore", *map(str, args)],
        stdin=subprocess.DEVNULL,
        stdout=slave if stdout_too else subprocess.DEVNULL,
        stderr=slave,
        env={**environment, "TERM": "xterm-256color", **env},
    )
    os.close(slave)
    seen = b""
    try:
        while select.select([master], [], [], timeout)[0]:
            try:
                part = os.read(master, 65536)
            except OSError:  # Linux: the other side is closed
                break
            if not part:
                break
            seen += part
        return process.wait(timeout), seen
    finally:
        process.kill()
        process.wait()
        os.close(master)


@pytest.fixture
def hidden(tmp_path: Path) -> Path:
    file = tmp_path / "a.json"
    file.write_bytes(dolus(b'{"a":1}', b"meet me at the bridge"))
    return file


def test_colours_at_a_terminal_alone(hidden: Path) -> None:
    status, seen = at_terminal("inspect", hidden)
    assert status == 1
    assert b"\x1b[" in seen
    assert b"\x1b[3" not in at_terminal("inspect", hidden, NO_COLOR="1")[1]


def test_short_work_has_no_bar(hidden: Path) -> None:
    assert b"inspecting" not in at_terminal("inspect", hidden)[1]


def test_long_work_has_a_bar_on_standard_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "slow.ndjson")
    feed = (
        "import sys, time\nwith open(sys.argv[1], 'wb', buffering=0) as f:\n"
        "    for i in range(8): f.write(b'[1]\\n'); time.sleep(0.3)\n"
    )
    feeder = subprocess.Popen([sys.executable, "-c", feed, str(tmp_path / "slow.ndjson")])
    status, seen = at_terminal("inspect", "-q", tmp_path / "slow.ndjson", stdout_too=False)
    feeder.wait(timeout=10)
    assert status == 0
    assert b"inspecting" in seen


def test_recover_writes_text_and_refuses_the_rest(hidden: Path, tmp_path: Path) -> None:
    status, seen = at_terminal("recover", hidden)
    assert status == 1
    assert b"meet me at the bridge\r\n" in seen
    escape = tmp_path / "b.json"
    escape.write_bytes(dolus(b'{"a":1}', b"\x1b]0;owned\x07 and some text for good measure"))
    status, seen = at_terminal("recover", escape)
    assert status == 2
    assert b"\x1b]0;" not in seen
    assert b"--force" in seen
    assert b"\x1b]0;owned" in at_terminal("recover", "--force", escape)[1]


def test_nothing_named_at_a_terminal_is_a_usage_error() -> None:
    master, slave = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "dlpcore", "inspect"], stdin=slave, capture_output=True, check=False, timeout=60
    )
    os.close(slave)
    os.close(master)
    assert done.returncode == 2
    assert b"standard input" in done.stderr


def test_a_page_is_not_written_to_a_terminal(hidden: Path) -> None:
    status, seen = at_terminal("inspect", "--format", "html", hidden)
    assert status == 2 and b"> report.html" in seen and b"<html" not in seen
