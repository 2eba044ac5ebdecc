"""The documentation names what there is: error codes, exceptions, scripts, commands, and files that it links to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dlpcore import errors
from dlpcore.cli import cli

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_error_codes_are_those_of_the_header() -> None:
    declared = re.search(r"enum dlp_error_code \{(.*?)\};", _text("native/include/dlpcore.h"), re.DOTALL)
    assert declared
    names = re.findall(r"^\s*DLP_E_(\w+)", declared[1], re.MULTILINE)
    codes = {name.lower().replace("_", "-") for name in names} - {"none", "count"}
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", _text("docs/errors.md"), re.MULTILINE)) == codes


def test_every_exception_is_described() -> None:
    assert set(errors.__all__) <= set(re.findall(r"`(\w+)`", _text("docs/errors.md")))


def test_every_command_is_described() -> None:
    page = _text("docs/cli.md")
    assert all(f"`{name}`" in page or f"`{name} " in page for name in cli.commands)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_named_files_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:\./)?(?:docs|scripts|tests|rules|native|src|examples)/[\w./-]+)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []
    linked = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [name for name in linked if not (page.parent / name).exists()] == []
