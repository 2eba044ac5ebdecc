"""The examples of the documentation run, in the order in which a reader meets them, and give what the page says.

``python`` blocks with a prompt are doctests; ``console`` blocks are commands of dlpcore with what they print, where
``...`` stands for anything. A page has a folder of its own.
"""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from dlpcore.cli import cli

ROOT = Path(__file__).parents[1]
PAGES = ("docs/tokenization.md", "docs/audit.md")
_BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", PAGES)
def test_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (ROOT / name).read_text(encoding="utf-8")
    names: dict[str, object] = {}
    blocks = list(_BLOCK.finditer(page))
    assert blocks
    for block in blocks:
        line = page.count("\n", 0, block.start()) + 2
        if block[1] == "python":
            _doctest(block[2], names, name, line)
        else:
            _console(block[2], f"{name}:{line}")


def _doctest(text: str, names: dict[str, object], page: str, line: int) -> None:
    test = doctest.DocTestParser().get_doctest(text, names, page, page, line)
    assert test.examples, f"{page}:{line}: no example in this block"
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    runner.run(test, out=said.append, clear_globs=False)
    names.update(test.globs)
    assert not said, "".join(said)


def _console(text: str, place: str) -> None:
    for command, wanted in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
        words, _, target = command.partition(" > ")
        program, *arguments = shlex.split(words)
        assert program == "dlpcore", place
        result = CliRunner().invoke(cli, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), f"{place}: {command}"
        if target:
            Path(target).write_bytes(result.stdout_bytes)
            continue
        pattern = ".*".join(re.escape(part) for part in wanted.strip().split("..."))
        assert re.fullmatch(pattern, result.output.strip(), re.DOTALL), f"{place}: {command}: {result.output}"
