"""The examples of docs/rules.md: its files load, its programs run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import dlpcore
from dlpcore.rulecheck import check
from dlpcore.rules import load
from dlpcore.rules.lists import key_id, load_lists

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
KEY = b"k" * 32
RULE, LISTS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "my-rules").mkdir()
    (tmp_path / "my-rules" / "badge.toml").write_text(RULE, encoding="utf-8")
    (tmp_path / "gitleaks.toml").write_text("[[rules]]\nid = 'zq7'\nregex = 'zq7_[0-9]{4}'\n", encoding="utf-8")
    lists = re.sub(r'key_id = "\w+"', f'key_id = "{key_id(KEY)}"', LISTS)
    (tmp_path / "lists.toml").write_text(lists, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_rule_finds_its_examples(folder: Path) -> None:
    report = check(load(folder / "my-rules"))
    # It is shorter than a rule must be; nothing else is wrong with it.
    assert all("are needed" in problem.message for problem in report.problems), report.problems


def test_the_lists_say_what_the_page_says(folder: Path) -> None:
    lists = load_lists(folder / "lists.toml")
    assert [e.id for e in lists.allow] == ["test-cards", "own-addresses"]
    inspector = dlpcore.Inspector(lists=lists, key=KEY, limits=dlpcore.Limits(deadline=None))
    payload = b'{"staff": [{"pay grade": "E3", "salary": 5}], "mail": "jo.doe@example.com"}'
    verdict = inspector.inspect(payload, dlpcore.Context(endpoint="/v1/contacts/7"))
    assert [(f.rule, f.pointer) for f in verdict.findings] == [
        ("deny-list.salaries", "/staff/0/pay grade"),
        ("deny-list.salaries", "/staff/0/salary"),
    ]
    assert verdict.allowed == 1 and verdict.action == "block"


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_its_programs_run(folder: Path, number: int) -> None:
    program = PROGRAMS[number]
    if "presidio_analyzer" in program:
        # Its default engine loads a language model; tests/integrations/test_presidio.py has one without.
        compile(program, "docs/rules.md", "exec")
        return
    names: dict[str, Any] = {
        "Context": dlpcore.Context,
        "Inspector": dlpcore.Inspector,
        "key": KEY,
        "payload": b'{"mail": "jo.doe@example.com", "by": "Ada"}',
        "model": lambda text: [found.span() for found in re.finditer("Ada", text)],
    }
    exec(compile(program, "docs/rules.md", "exec"), names)
    verdict = names["inspector"].inspect(names["payload"])
    assert isinstance(verdict, dlpcore.Verdict)
    if "Names" in names:
        assert "recognizer.names" in {f.rule for f in verdict.findings}


def test_every_page_block_was_tried() -> None:
    assert len(PROGRAMS) >= 4 and 'id = "badge-number"' in RULE
