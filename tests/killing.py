"""Writers killed at random moments, forked from one process that has everything loaded, so that many are quick."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]


def kill_writers(write: Callable[[int], None], check: Callable[[list[bytes]], None], times: int, seed: int) -> None:
    """Runs in a process of its own: ``write`` writes for ever and reports each success as a line to the descriptor
    that it gets.

    After each kill ``check`` gets the lines that arrived whole.
    """
    randomness = random.Random(seed)
    for _ in range(times):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            try:
                write(writer)
            finally:
                os._exit(1)
        os.close(writer)
        said = os.read(reader, 1 << 16)  # it is under way
        time.sleep(randomness.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        while more := os.read(reader, 1 << 16):
            said += more
        os.close(reader)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, "the writer ended by itself"
        check([line for line in said.splitlines(keepends=True) if line.endswith(b"\n")])


def run_killer(script: str, *arguments: str) -> None:
    """Runs a script that calls :func:`kill_writers`; its assertions are this test's."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
