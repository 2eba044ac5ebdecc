"""Some hundred requests of all kinds to real servers, each answer compared with what it must be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the memory of a server is read from /proc")
@pytest.mark.parametrize("server", ["uvicorn", "gunicorn"])
def test_every_answer_is_what_it_must_be(server: str) -> None:
    command = [sys.executable, str(SOAK), "--requests", "250", "--server", server]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
