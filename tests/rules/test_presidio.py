"""Recognizers of Presidio run as they are, and what is code there is named."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

import dlpcore
from dlpcore.errors import MissingExtra, RuleError
from dlpcore.rules import RuleSet, load

pytest.importorskip("yaml")

RECOGNIZERS = r"""
supported_languages: [en, es]
global_regex_flags: 26
recognizers:
  - name: Badge Recognizer
    supported_languages:
      - language: en
        context: [badge, employee card]
      - language: es
        context: [tarjeta, "número"]
    patterns:
      - name: weak
        regex: '\b\d{7}\b'
        score: 0.05
      - name: strong
        regex: '\bbdg-\d{4}\b'
        score: 0.7
    supported_entity: EMPLOYEE_BADGE
  - name: Titles
    supported_language: en
    supported_entity: TITLE
    deny_list: [Dr., Prof, Señor]
    deny_list_score: 0.8
  - name: Greek
    supported_entity: GREEK
    patterns:
      - {name: letters, regex: '[α-ω]{4}', score: 0.5}
  - CreditCardRecognizer
  - {name: Us Ssn, type: predefined}
  - {name: Set aside, supported_entity: X, enabled: false, deny_list: [abc]}
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    path = tmp_path_factory.mktemp("presidio") / "recognizers.yaml"
    path.write_text(RECOGNIZERS, encoding="utf-8")
    return load(path)


def _found(loaded: RuleSet, payload: str) -> dict[str, float]:
    verdict = dlpcore.Inspector(rules=loaded, limits=dlpcore.Limits(deadline=None)).inspect(payload)
    assert verdict.complete
    return {f.rule: f.confidence for f in verdict.findings if f.kind == "sensitive-data"}


STRONG, WEAK, TITLE = "presidio.badge-recognizer.strong", "presidio.badge-recognizer.weak", "presidio.titles.deny-list"


def test_a_score_is_the_confidence(loaded: RuleSet) -> None:
    assert _found(loaded, '{"x": "see BDG-1234"}') == {STRONG: 0.7}


@pytest.mark.parametrize("payload", ['{"badge": "1234567"}', '{"x": "employee card 1234567"}', '{"tarjeta": 1234567}'])
def test_a_weak_pattern_needs_its_context(loaded: RuleSet, payload: str) -> None:
    found = _found(loaded, payload)
    assert found.keys() == {WEAK} and found[WEAK] >= 0.4


def test_without_context_a_weak_pattern_is_not_found(loaded: RuleSet) -> None:
    assert _found(loaded, '{"x": "1234567"}') == {}


@pytest.mark.parametrize("text", ["dr. x", "the PROF said", "SEÑOR Y", "señor", "a Prof."])
def test_a_deny_list(loaded: RuleSet, text: str) -> None:
    assert _found(loaded, f'{{"x": "{text}"}}') == {TITLE: 0.8}


@pytest.mark.parametrize("text", ["profit", "a.profx", "xdr."])
def test_a_deny_list_knows_words(loaded: RuleSet, text: str) -> None:
    assert _found(loaded, f'{{"x": "{text}"}}') == {}


def test_what_was_not_carried_over_is_said(loaded: RuleSet) -> None:
    said = {(note.rule, note.message) for note in loaded.notes}
    for rule, message in [
        (None, "languages are not told apart"),
        ("Badge Recognizer", "'número' is not one to four words"),
        ("Greek", "beyond ASCII: not carried over"),
        ("CreditCardRecognizer", "predefined"),
        ("Us Ssn", "predefined"),
        ("Set aside", "not enabled"),
    ]:
        assert any(r == rule and message in m for r, m in said), (rule, message, said)
    assert all(note.file and note.line for note in loaded.notes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("recognizers: [", "is not YAML"),
        ("a: 1", "no list of recognizers"),
        ("recognizers:\n  - 7", "names or mappings"),
        ("recognizers:\n  - name: a\n    deny_list: [x]", "supported_entity is missing"),
        ("recognizers:\n  - name: a\n    supported_entity: A\n    patterns: x", "patterns must be a list"),
        ("recognizers:\n  - supported_entity: A\n    patterns:\n      - score: 1", "needs a regex"),
        ("recognizers:\n  - supported_entity: A\n    patterns:\n      - {regex: a, score: 7}", "between 0 and 1"),
        ("global_regex_flags: 64\nrecognizers: [a]", "global_regex_flags"),
    ],
)
def test_mistakes_have_a_place(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RuleError, match=says) as caught:
        load(path)
    assert caught.value.file == str(path) and caught.value.line


def test_a_file_that_unfolds_without_end_is_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(RuleError, match="too many values"):
        load(path)


def test_without_pyyaml_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def absent(name: str, *rest: Any) -> Any:
        if name == "yaml":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(importlib, "import_module", absent)
    path = tmp_path / "x.yaml"
    path.write_text("recognizers: []", encoding="utf-8")
    with pytest.raises(MissingExtra, match=r"dlpcore\[yaml\]"):
        load(path)
