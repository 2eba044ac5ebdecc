"""Source code by the structure of its lines: programs of some length, not snippets, prose or configuration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlpcore.rules import builtin
from dlpcore.validators.code import LANGUAGES, SOURCES

ROOT = Path(__file__).parents[2]
EXAMPLES = {
    rule.id.removeprefix("source-code-"): next(e.data for e in rule.examples if e.form == "text")
    for rule in builtin().rules
    if rule.family == "code"
}


def test_every_language_has_a_rule() -> None:
    assert EXAMPLES.keys() == LANGUAGES.keys()


@pytest.mark.parametrize("language", sorted(EXAMPLES))
def test_a_program_is_source_and_a_part_of_it_is_a_snippet(language: str) -> None:
    check, lines = SOURCES[f"{language}-source"], EXAMPLES[language].split(b"\n")
    assert check(b"\n".join(lines)) > 0.0
    assert check(b"\r\n".join(lines)) > 0.0
    for start in range(len(lines) - 9):
        assert check(b"\n".join(lines[start : start + 9])) == 0.0


def test_the_sources_of_this_library_are_source() -> None:
    python = sorted((ROOT / "tests").glob("*.py"))
    assert python and all(
        SOURCES["python-source"](file.read_bytes()) > 0.0 for file in python if file.stat().st_size > 2000
    )
    c = sorted((ROOT / "native" / "src").glob("*.c"))
    assert not c or sum(SOURCES["c-source"](file.read_bytes()) > 0.0 for file in c) >= 0.9 * len(c)


def test_prose_and_data_are_not() -> None:
    texts = [
        (ROOT / "docs" / f"{name}.md").read_bytes() for name in ("architecture", "channels", "theory", "confidence")
    ]
    texts += [json.dumps({f"key{i}": {"if": i, "return": [i]} for i in range(80)}, indent=2).encode()]
    texts += [b"\n".join(b"key_%d: value = %d;" % (i, i) for i in range(80))]
    texts += [b"\n".join(b"2026-11-22 10:00:%02d INFO request (%d) done" % (i % 60, i) for i in range(80))]
    for text in texts:
        assert not [name for name, check in SOURCES.items() if check(text) > 0.0]
