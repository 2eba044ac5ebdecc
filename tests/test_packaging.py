"""What is built carries all that it needs: wheel, sdist, wheel from the sdist, and editable installation."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.subprocess]

ROOT = Path(__file__).parents[1]
COPIED = ("native", "rules", "src", "tests", "scripts", "examples", "docs", "benchmarks", ".ci")
FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", ".gitattributes")
LEFT_OUT = shutil.ignore_patterns("*.so", "*.pack", "*.pyc", "__pycache__", "*.egg-info", "build", "corpus")

USE = """
import importlib.resources, pathlib, sys
import dlpcore, dlpcore._core
rules = importlib.resources.files("dlpcore.rulepacks")
assert any(rules.glob("sensitive/*/*.toml")) and any(rules.glob("yara/*/*.yar")), "no rules"
from dlpcore.rules import pack
assert pack.read() is not None, "the rules were not prepared"
package = pathlib.Path(dlpcore.__file__).parent
assert (package / "py.typed").is_file(), "no py.typed"
verdict = dlpcore.Inspector().inspect(b'{"card": "4111 1111 1111 1111"}')
assert verdict.complete and [f.entity for f in verdict.findings if f.action > "allow"] == ["credit_card"], verdict
print(package)
"""


def run(*command: str | Path, cwd: Path) -> str:
    # What stands in for a user's machine must not see this checkout or the settings of this run.
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "DLPCORE_SANITIZE", "LD_PRELOAD")}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean copy, so that no object of an earlier build gets into this one."""
    copy = tmp_path_factory.mktemp("packaging") / "checkout"
    copy.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=LEFT_OUT)
    for path in (*ROOT.glob("*.md"), ROOT / "LICENSE", *(ROOT / name for name in FILES)):
        shutil.copy2(path, copy)
    return copy


@pytest.fixture(scope="module")
def built(checkout: Path) -> Path:
    """A folder with the sdist and the wheel that was built *from the sdist* (which is what ``build`` does)."""
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", checkout / "dist", ".", cwd=checkout)
    return checkout / "dist"


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An environment with the dependencies of this one, and without dlpcore.

    A .pth line shares the packages, but not the .pth files among them: an editable dlpcore stays outside.
    """
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])", cwd=tmp_path).strip()
    shared = {sysconfig.get_paths()["purelib"], sysconfig.get_paths()["platlib"]}
    Path(site, "shared.pth").write_text("\n".join(sorted(shared)), encoding="utf-8")
    return python


def install(python: Path, *what: str | Path) -> None:
    # The pip of this environment, working on the other one.
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--force-reinstall")
    run(sys.executable, "-m", "pip", "--python", python, "install", *options, *what, cwd=python.parent)


def relative(folder: Path, *suffixes: str) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.suffix in suffixes}


def test_wheel_holds_rules_types_and_extension(built: Path, checkout: Path) -> None:
    (wheel,) = built.glob("*.whl")
    assert "-cp311-abi3-" in wheel.name
    names = set(zipfile.ZipFile(wheel).namelist())
    rules = relative(checkout / "rules", ".toml", ".yar")
    assert rules
    assert {f"dlpcore/rulepacks/{name}" for name in rules} <= names
    assert {"dlpcore/py.typed", "dlpcore/rulepacks/__init__.py", "dlpcore/_core.abi3.so"} <= names
    assert "dlpcore/rules/builtin.pack" in names
    sources = relative(checkout / "src" / "dlpcore", ".py")
    assert {f"dlpcore/{name}" for name in sources} <= names
    assert not [name for name in names if name.startswith(("tests/", "native/", "rules/"))]


def test_sdist_holds_sources_rules_tests_and_scripts(built: Path, checkout: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"native/include/dlpcore.h", "native/ffi/build.py", "src/dlpcore/py.typed", "scripts/_env.sh"} <= names
    for folder in ("native", "rules", "tests", "scripts", "examples", "docs"):
        files = {f"{folder}/{p.relative_to(checkout / folder)}" for p in (checkout / folder).rglob("*") if p.is_file()}
        assert files
        assert files <= names
    assert {"README.md", "CHANGELOG.md", "LICENSE", "SECURITY.md", "CONTRIBUTING.md", ".gitattributes"} <= names


def test_wheel_from_the_sdist_works(built: Path, python: Path) -> None:
    (wheel,) = built.glob("*.whl")
    install(python, wheel)
    assert str(python.parents[1]) in run(python, "-c", USE, cwd=python.parent)
    assert run(python.parent / "dlpcore", "--version", cwd=python.parent).startswith("dlpcore ")


def test_wheel_from_the_checkout_works(checkout: Path, python: Path) -> None:
    install(python, checkout)
    assert str(python.parents[1]) in run(python, "-c", USE, cwd=python.parent)


def test_editable_works(checkout: Path, python: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(checkout, own, ignore=LEFT_OUT)
    install(python, "--editable", own)
    assert str(own / "src") in run(python, "-c", USE, cwd=python.parent)
