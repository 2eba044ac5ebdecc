"""A gitleaks configuration runs as it is, and says what of it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

import dlpcore
from dlpcore.errors import RuleError
from dlpcore.rules import load

CONFIG = r"""
title = "sample"
minVersion = "v8.25.0"

[extend]
useDefault = true
disabledRules = ["something"]

[[allowlists]]
description = "samples of the handbook"
regexes = ['''(?i)from the handbook''']
regexTarget = "line"

[[allowlists]]
targetRules = ["dune-token"]
stopwords = ["fedcba"]
paths = ['''(^|/)vendor/''']

[[rules]]
id = "acme-key"
description = "Acme deployment key"
regex = '''(?i)acme[_ .-]{0,3}(?:deploy|prod)[\w.-]{0,20}[\s'"]{0,3}[=:][\s'"]{0,3}([a-z0-9]{20})(?:['"\s;,}]|$)'''
entropy = 3
keywords = ["acme"]
tags = ["key"]

[[rules]]
id = "Dune_Token"
regex = '''\b(dune)_(?:(live|test)_)([0-9a-f]{16})\b'''
secretGroup = 3
keywords = ["dune_"]
path = '''\.conf$'''

[[rules.allowlists]]
condition = "AND"
regexTarget = "match"
regexes = ['''_test_''']
stopwords = ["0000"]

[[rules]]
id = "no-keyword"
regex = '''zz9-[0-9]{8}'''

[[rules]]
id = "private-files"
path = '''\.pem$'''

[[rules]]
id = "greek"
regex = '''\p{Greek}{8}'''
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dlpcore.rules.RuleSet:
    path = tmp_path_factory.mktemp("gitleaks") / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return load(path)


@pytest.fixture(scope="module")
def inspector(loaded: dlpcore.rules.RuleSet) -> dlpcore.Inspector:
    return dlpcore.Inspector(rules=loaded, limits=dlpcore.Limits(deadline=None))


def _found(inspector: dlpcore.Inspector, payload: bytes) -> list[tuple[str, bytes]]:
    verdict = inspector.inspect(payload)
    assert verdict.complete
    return [(f.rule, payload[slice(*f.span)]) for f in verdict.findings if f.kind == "sensitive-data"]


SECRET = b"q7w2e9r4t6y1u8i3o5p0"


@pytest.mark.parametrize(
    "payload",
    [
        b'{"acme_deploy": "%s"}',
        b'{"acme_deploy":"%s"}',
        b'{"env": "ACME_PROD_KEY=%s"}',
        b'{"env": "export ACME_PROD_KEY=\\"%s\\"\\n"}',
        b'[{"acme.prod": "x"}, {"Acme-Deploy-Key": "%s"}]',
    ],
)
def test_name_and_value_are_seen_together(inspector: dlpcore.Inspector, payload: bytes) -> None:
    assert _found(inspector, payload % SECRET) == [("gitleaks.acme-key", SECRET)]


def test_escapes_hide_neither_keyword_nor_value(inspector: dlpcore.Inspector) -> None:
    hidden = "".join(f"\\u{byte:04x}" for byte in SECRET).encode()
    assert _found(inspector, b'{"\\u0061cme_deploy": "%s"}' % hidden) == [("gitleaks.acme-key", hidden)]


def test_text_that_is_not_json(inspector: dlpcore.Inspector) -> None:
    verdict = inspector.inspect(b"acme_prod_key=%s\n" % SECRET, media="text")
    assert [f.rule for f in verdict.findings] == ["gitleaks.acme-key"]


def test_entropy_is_a_demand(inspector: dlpcore.Inspector) -> None:
    assert _found(inspector, b'{"acme_deploy": "aaaaaaaaaabbbbbbbbbb"}') == []


def test_the_line_of_a_match_allows_it(inspector: dlpcore.Inspector) -> None:
    assert _found(inspector, b'{"a": "acme_prod=%s", "b": "from the Handbook"}' % SECRET) != []
    assert _found(inspector, b'{"a": "acme_prod=%s # from the Handbook"}' % SECRET) == []


def test_the_secret_group_is_the_span(inspector: dlpcore.Inspector) -> None:
    assert _found(inspector, b'{"x": "dune_live_0123456789abcdef"}') == [("gitleaks.dune-token", b"0123456789abcdef")]


def test_conditions_of_allowlists(inspector: dlpcore.Inspector) -> None:
    assert _found(inspector, b'{"x": "dune_test_0123456789abcdef"}') != []
    assert _found(inspector, b'{"x": "dune_live_0000456789abcdef"}') != []
    assert _found(inspector, b'{"x": "dune_test_0000456789abcdef"}') == []
    # Named for another spelling of the id, as the configuration has it: it applies to no rule.
    assert _found(inspector, b'{"x": "dune_live_01234567fedcba89"}') != []


def test_a_rule_without_keyword_is_gated_by_its_literal(loaded: dlpcore.rules.RuleSet) -> None:
    rule = loaded.get("gitleaks.no-keyword")
    assert rule is not None and rule.anchor.literals == ((b"zz9-", False),)


def test_the_key_that_holds_a_secret_is_hidden_in_pointers(inspector: dlpcore.Inspector) -> None:
    (finding,) = inspector.inspect(b'{"zz9-12345678": 1}').findings
    assert finding.in_key and "12345678" not in str(finding.pointer)


def test_what_was_not_carried_over_is_said(loaded: dlpcore.rules.RuleSet) -> None:
    said = [(note.rule, note.message) for note in loaded.notes]
    lines = CONFIG.split("\n")
    for rule, message, line in [
        (None, "useDefault", "[extend]"),
        (None, "disabledRules", "[extend]"),
        (None, "paths mean nothing", "[[allowlists]]"),
        ("Dune_Token", "path is ignored", "[[rules]]"),
        ("private-files", "no regex", "[[rules]]"),
        ("greek", "not carried over", "regex = '''\\p{Greek}{8}'''"),
    ]:
        notes = [note for note in loaded.notes if note.rule == rule and message in note.message]
        assert notes, (rule, message, said)
        assert all(note.line and lines[note.line - 1] == line for note in notes), notes
    assert {rule.id for rule in loaded.rules} == {"gitleaks.acme-key", "gitleaks.dune-token", "gitleaks.no-keyword"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[rules]]\nregex = 'a'", "id is missing"),
        ("[[rules]]\nid = 'a'\nregex = 7", "regex must be a string"),
        ("[[rules]]\nid = 'a'\nregex = 'a(b)c'\nsecretGroup = 2", "has 1 groups"),
        ("[[rules]]\nid = 'a'\nregex = 'abc'\n[[rules]]\nid = 'A'\nregex = 'abc'", "already used in this file"),
        ("[[rules]]\nid = 'a'\nregex = 'abc'\n[rules.allowlist]\nregexTarget = 'file'", "must be one of"),
        ("[[rules]]\nid = 'a'\nregex = 'abc'\n[rules.allowlist]\ncondition = 'XOR'", "OR or AND"),
        ("rules = 1", "must be a array"),
    ],
)
def test_mistakes_have_a_place(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RuleError, match=says) as caught:
        load(path)
    assert caught.value.file == str(path) and caught.value.line


def test_an_allowlist_that_hangs_on_files_allows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        "[[rules]]\nid = 'a'\nregex = 'abcd'\n"
        "[[rules.allowlists]]\ncondition = 'AND'\npaths = ['x']\nregexes = ['abc']\n",
        encoding="utf-8",
    )
    loaded = load(path)
    assert loaded.rules[0].allowlists == () and any("cannot be met" in note.message for note in loaded.notes)


def test_together_with_the_built_in_rules(loaded: dlpcore.rules.RuleSet) -> None:
    both = dlpcore.rules.builtin() + loaded
    assert both.notes == loaded.notes and len(both.rules) == len(dlpcore.rules.builtin().rules) + len(loaded.rules)
    with pytest.raises(RuleError, match="already used"):
        _ = loaded + loaded
