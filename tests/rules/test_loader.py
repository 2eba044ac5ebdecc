"""The loader: what a rule file becomes, and that each mistake is an error with file and line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dlpcore.errors import RuleError
from dlpcore.model import Severity
from dlpcore.rules import RuleSet, builtin, load, merge
from dlpcore.rules.vocabulary import WORD_LISTS

RULE = """\
id = "badge-number"
title = "badge number"
entity = "badge_number"
family = "identity"
severity = "low"
references = ["https://example.com/badges"]

[match]
pattern = 'B-[0-9]{6}'
strength = 0.7

[match.anchor]
literals = ["B-1"]

[context]
keys = ["badge"]

[[examples]]
text = 'B-123456'
"""


def _write(folder: Path, text: str, name: str = "rule.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_rule_is_read(tmp_path: Path) -> None:
    rule = load(_write(tmp_path, RULE)).rules[0]
    assert (rule.id, rule.severity, rule.pattern) == ("badge-number", Severity.LOW, "B-[0-9]{6}")
    assert rule.anchor.literals == ((b"B-1", False),) and not rule.anchor.always
    assert rule.context.keys == ("badge",)
    assert (rule.examples[0].data, rule.examples[0].line) == (b"B-123456", 19)
    assert rule.file == str(tmp_path / "rule.toml")


def test_the_context_is_the_anchor_where_it_is_required(tmp_path: Path) -> None:
    text = RULE.replace('[match.anchor]\nliterals = ["B-1"]\n', "").replace(
        'keys = ["badge"]', 'keys = ["badge"]\nwords = ["pass"]\nrequired = true'
    )
    anchor = load(_write(tmp_path, text)).rules[0].anchor
    assert anchor.words == ("badge", "pass") and not anchor.always


def test_a_rule_without_anchor_is_always_tried(tmp_path: Path) -> None:
    text = RULE.replace('[match.anchor]\nliterals = ["B-1"]\n', "")
    assert load(_write(tmp_path, text)).rules[0].anchor.always


def test_the_built_in_rules_without_their_examples_are_the_same_rules() -> None:
    bare, full = builtin(examples=False), builtin()
    assert bare.rules == tuple(replace(rule, examples=(), negatives=()) for rule in full.rules)
    assert bare.yara == tuple(replace(source, examples=(), negatives=()) for source in full.yara)


def test_a_list_of_words_is_named(tmp_path: Path) -> None:
    rule = load(_write(tmp_path, RULE.replace('["badge"]', '["badge", "@credential", "token"]'))).rules[0]
    assert rule.context.keys == ("badge", *WORD_LISTS["credential"])


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('title = "badge number"', "title = 7", 2, "title must be a string"),
        ('title = "badge number"', 'titel = "x"', 1, "title is missing"),
        ("strength = 0.7", "strength = 7", 10, "between 0 and 1"),
        ("strength = 0.7", "strength = true", 10, "must be a number"),
        ("strength = 0.7", 'strength = 0.7\nvalidators = ["nope"]', 11, "'nope' is not known"),
        ("strength = 0.7", 'strength = 0.7\nvetoes = ["nope"]', 11, "'nope' is not known"),
        ("strength = 0.7", "strength = 0.7\nspeed = 3", 11, "match.speed is not a field"),
        ("pattern = 'B-[0-9]{6}'", "pattern = 'B-['", 9, "not a pattern of re"),
        ("pattern = 'B-[0-9]{6}'", "pattern = '[[a]b]'", 9, "nested set"),
        ("pattern = 'B-[0-9]{6}'", "pattern = '(B-1)?'", 9, "empty string"),
        ('literals = ["B-1"]', 'literals = ["B-"]', 13, "three bytes"),
        ('literals = ["B-1"]', 'shapes = ["round"]', 13, "'round' is not known"),
        ('keys = ["badge"]', 'keys = ["Badge-No"]', 16, "lower-case words"),
        ('keys = ["badge"]', "required = true", 16, "no keys or words"),
        ('keys = ["badge"]', 'keys = ["@nothing"]', 16, "no list of words '@nothing'"),
        ('keys = ["badge"]', 'keys = ["badge"]\nroles = ["api_key"]', 17, "single words"),
        ('keys = ["badge"]', 'keys = ["badge"]\nroles_against = ["id"]', 17, "without context.roles"),
        ('severity = "low"', 'severity = "lowish"', 5, "must be one of"),
        ('id = "badge-number"', 'id = "Badge Number"', 1, "id must be"),
        ('references = ["https://example.com/badges"]', "references = []", 6, "references"),
        ('severity = "low"', 'severity = "low"\ncompliance = ["ISO:1"]', 6, "'ISO:1' is not known"),
        ("text = 'B-123456'", "text = 'x'\njson = '1'", 18, "exactly one of"),
        ("text = 'B-123456'", "text = 'x'\nwhy = 'y'", 20, "examples.why is not a field"),
        ('family = "identity"', "family = ", 4, "is not TOML"),
    ],
)
def test_each_mistake_has_its_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    assert old in RULE
    path = _write(tmp_path, RULE.replace(old, new, 1))
    with pytest.raises(RuleError, match=says) as caught:
        load(path)
    assert (caught.value.file, caught.value.line) == (str(path), line)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="cannot be read") as caught:
        load(tmp_path / "none.toml")
    assert caught.value.file == str(tmp_path / "none.toml")


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "rule.toml"
    path.write_bytes(b"id = 'x'\n# \xff\n")
    with pytest.raises(RuleError, match="UTF-8") as caught:
        load(path)
    assert caught.value.line == 2


def test_another_kind_of_file(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="ends in"):
        load(_write(tmp_path, RULE, "rule.txt"))


def test_an_id_is_used_once(tmp_path: Path) -> None:
    one = load(_write(tmp_path, RULE))
    with pytest.raises(RuleError, match="already used"):
        merge(one, one)
    assert merge(one, RuleSet()).get("badge-number") is one.rules[0]


def test_a_folder_is_read_with_its_yara(tmp_path: Path) -> None:
    _write(tmp_path, RULE)
    _write(tmp_path, 'rule x { strings: $a = "abcd" condition: $a }', "x.yar")
    _write(tmp_path, "[[examples]]\nhex = '61626364'\n", "x.toml")
    loaded = load(tmp_path)
    assert [rule.id for rule in loaded.rules] == ["badge-number"]
    assert loaded.yara[0].name == "x" and loaded.yara[0].examples[0].data == b"abcd"


def test_the_built_in_rules() -> None:
    ruleset = builtin()
    assert ruleset is builtin()
    assert len(ruleset.rules) >= 45 and len(ruleset.yara) >= 10
    families = {"financial", "identity", "contact", "health", "secrets", "destination", "code", "documents"}
    assert families <= {rule.family for rule in ruleset.rules}
