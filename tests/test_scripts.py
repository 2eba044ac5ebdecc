"""What the scripts say on a machine that lacks something: one sentence that names what to install, and status 2."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.subprocess

ROOT = Path(__file__).parents[1]
SCRIPTS = ("demo", "test", "lint", "sanitize-build", "fuzz", "bench")
TOOLS = (
    "sh",
    "dirname",
    "basename",
    "cat",
    "mktemp",
    "rm",
    "mkdir",
    "cksum",
    "find",
    "sort",
    "printf",
    "cp",
    "as",
    "ld",
)
COMPILERS = ("cc", "gcc", "clang")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The only folder on the PATH: ordinary tools, no Python, no compiler."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        if found:
            (folder / tool).symlink_to(found)
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the checks of the scripts read; a run that wrongly goes on cannot spoil the real one."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    for name in ("pyproject.toml", "setup.py"):
        shutil.copy2(ROOT / name, folder)
    return folder


def add_compiler(path: Path) -> None:
    for name in COMPILERS:
        found = shutil.which(name)
        if found:
            (path / name).symlink_to(found)


def add_python(path: Path, *, name: str = "python3", unless: str = "never", then: str = "exit 1") -> None:
    """A Python that is this one, but for calls whose arguments hold ``unless``: those do ``then``."""
    script = path / name
    script.write_text(f'#!/bin/sh\ncase "$*" in *"{unless}"*) {then} ;; esac\nexec "{sys.executable}" "$@"\n')
    script.chmod(0o755)


def complaint(script: str, checkout: Path, path: Path, **extra: str) -> str:
    """Standard error of a script that must refuse: one line, status 2, nothing made."""
    before = sorted(checkout.iterdir())
    done = subprocess.run(
        [str(checkout / "scripts" / script)],
        env={"PATH": str(path), "TMPDIR": str(path.parent), **extra},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"{script}: ")
    assert [p for p in sorted(checkout.iterdir()) if p not in before and p.name != "native"] == []
    return done.stderr


@pytest.mark.parametrize("script", ["demo", "test", "lint"])
def test_no_python(script: str, checkout: Path, path: Path) -> None:
    assert "apt-get install python3" in complaint(script, checkout, path)


@pytest.mark.parametrize("script", ["demo", "test", "lint"])
def test_old_python(script: str, checkout: Path, path: Path) -> None:
    add_python(path, unless="version_info <")
    text = complaint(script, checkout, path)
    assert "python3 is older than Python 3.11" in text
    assert "apt-get install python3" in text


def test_a_newer_python_beside_an_old_one_is_used(checkout: Path, path: Path) -> None:
    add_python(path, unless="version_info <")
    add_python(path, name="python3.12")
    assert "C compiler" in complaint("test", checkout, path)


def test_python_from_the_environment_is_missing_or_old(checkout: Path, path: Path) -> None:
    add_python(path)
    assert "PYTHON names 'python9'" in complaint("test", checkout, path, PYTHON="python9")
    add_python(path, name="python2", unless="version_info <")
    assert "'python2' is older" in complaint("test", checkout, path, PYTHON="python2")


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_no_venv_module(module: str, checkout: Path, path: Path) -> None:
    add_compiler(path)
    add_python(path, unless=module)
    assert "apt-get install python3-venv" in complaint("demo", checkout, path)


@pytest.mark.parametrize("script", ["demo", "test", "sanitize-build"])
def test_no_compiler(script: str, checkout: Path, path: Path) -> None:
    add_python(path)
    assert "apt-get install build-essential" in complaint(script, checkout, path)


def test_a_compiler_that_cannot_compile(checkout: Path, path: Path) -> None:
    add_python(path)
    (path / "cc").write_text("#!/bin/sh\necho 'stdlib.h: No such file' >&2\nexit 1\n")
    (path / "cc").chmod(0o755)
    assert "apt-get install build-essential" in complaint("demo", checkout, path)


def test_no_headers(checkout: Path, path: Path) -> None:
    add_compiler(path)
    add_python(path, unless="get_paths", then=f"echo '{path}'; exit 0")
    assert "apt-get install python3-dev" in complaint("demo", checkout, path)


def test_no_clang(checkout: Path, path: Path) -> None:
    text = complaint("fuzz", checkout, path)
    assert "apt-get install clang" in text


def test_no_sanitizer_library(checkout: Path, path: Path) -> None:
    add_python(path)
    real = shutil.which("cc") or shutil.which("gcc")
    assert real
    (path / "cc").write_text(
        f'#!/bin/sh\ncase "$*" in *print-file-name*) echo libasan.so; exit 0 ;; esac\nexec "{real}" "$@"\n'
    )
    (path / "cc").chmod(0o755)
    assert "libasan" in complaint("sanitize-build", checkout, path)


def test_runs_must_be_a_number(checkout: Path) -> None:
    done = subprocess.run(
        [str(checkout / "scripts" / "fuzz"), "many"], capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 2
    assert "whole number" in done.stderr


def test_every_script_is_covered_and_executable() -> None:
    verbs = {p.name for p in (ROOT / "scripts").iterdir() if not p.name.startswith("_") and p.is_file()}
    assert set(SCRIPTS) <= verbs
    assert all(os.access(ROOT / "scripts" / verb, os.X_OK) for verb in verbs)


@pytest.mark.parametrize("file", [*(f"scripts/{name}" for name in (*SCRIPTS, "_env.sh")), ".ci/run"])
def test_shell_syntax(file: str) -> None:
    shell = "bash" if file == ".ci/run" else "sh"
    assert subprocess.run([shell, "-n", str(ROOT / file)], capture_output=True, check=False).stderr == b""
