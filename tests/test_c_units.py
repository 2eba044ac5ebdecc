"""Compiles and runs each program of native/tests against the C sources, with warnings as errors.

With DLPCORE_SANITIZE=1 in the environment (scripts/sanitize-build sets it) under both sanitizers.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

# It starts a compiler, which is no place for a preloaded sanitizer; and no Python changes what it finds.
pytestmark = [pytest.mark.subprocess, pytest.mark.slow]

ROOT = Path(__file__).parents[1]
PROGRAMS = sorted((ROOT / "native" / "tests").glob("test_*.c"))
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"]


def _compiler() -> list[str]:
    named = os.environ.get("CC")
    if named:
        return shlex.split(named)
    found = next((path for path in map(shutil.which, ("cc", "gcc", "clang")) if path), None)
    assert found, "no C compiler: the scripts say what to install"
    return [found]


def test_there_are_programs() -> None:
    assert PROGRAMS


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_program(program: Path, tmp_path: Path) -> None:
    binary = tmp_path / program.stem
    command = [
        *_compiler(),
        *("-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE"),
        *(SANITIZE if os.environ.get("DLPCORE_SANITIZE") == "1" else []),
        *(f"-I{ROOT / 'native' / folder}" for folder in ("include", "src", "ffi")),
        str(program),
        *map(str, sorted((ROOT / "native" / "src").glob("*.c"))),
        *("-o", str(binary), "-lm"),
    ]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    ran = subprocess.run([str(binary)], capture_output=True, text=True, check=False, timeout=300, cwd=ROOT)
    assert ran.returncode == 0, ran.stdout + ran.stderr
