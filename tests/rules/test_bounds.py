"""Literals that are looked for only where words start do start words: in whatever their rules' patterns match."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlpcore.model import Severity
from dlpcore.rules import Rule, builtin
from dlpcore.rules.bounds import starts_words
from dlpcore.rules.demand import read
from dlpcore.rules.schema import Anchor

ALNUM = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")


def rule(pattern: str, *literals: tuple[bytes, bool], targets: frozenset[str] = frozenset({"string"})) -> Rule:
    return Rule("r", "r", "r", "secrets", Severity.LOW, pattern, 0.5, anchor=Anchor(literals), targets=targets)


def bounded(each: Rule) -> bool:
    return starts_words(each, read(each).openings)


RULES = [each for each in builtin().rules if each.engine == "re" and bounded(each)]


def test_hundreds_of_rules_are_bounded() -> None:
    assert len(RULES) > 250


@pytest.mark.parametrize(
    ("pattern", "literals", "said"),
    [
        (r"(?<![A-Za-z0-9])ghp_[a-z]{4}", [(b"ghp_", False)], True),
        (r"(?<![A-Za-z0-9_-])(?:gh[po]_)[a-z]{4}", [(b"ghp_", False), (b"gho_", False)], True),
        (r"(?i)(?<![a-z0-9])key-[a-z]{4}", [(b"key-", True)], True),
        (r"\Aghp_[a-z]{4}", [(b"ghp_", False)], True),
        (r"ghp_[a-z]{4}", [(b"ghp_", False)], False),  # nothing is said of what stands before
        (r"(?<![a-z0-9])ghp_[a-z]{4}", [(b"ghp_", False)], False),  # a capital may
        (r"(?<![^a-z])ghp_[a-z]{4}", [(b"ghp_", False)], False),
        (r"(?<!\s)ghp_[a-z]{4}", [(b"ghp_", False)], False),
        (r"\bghp_[a-z]{4}", [(b"ghp_", False)], False),  # an underscore is a letter there
        (r"(?m)^ghp_[a-z]{4}", [(b"ghp_", False)], False),
        (r"(?<![A-Za-z0-9])[a-z]{2}ghp_", [(b"ghp_", False)], False),  # it stands further on
        (r"(?<![A-Za-z0-9])(?:ghp_|xghp_)", [(b"ghp_", False)], False),
        (r"(?<![A-Za-z0-9])(?:ghp_|x)?y", [(b"ghp_", False)], False),
        (r"(?:(?<![A-Za-z0-9])|x)ghp_", [(b"ghp_", False)], False),
        (r"(?i)(?<![a-z0-9])ghp_", [(b"ghp_", False)], False),  # GHP_ has no such literal
    ],
)
def test_what_a_pattern_says(pattern: str, literals: list[tuple[bytes, bool]], said: bool) -> None:
    assert bounded(rule(pattern, *literals)) is said


def test_rules_on_documents_are_not() -> None:
    each = rule(r"(?<![A-Za-z0-9])ghp_[a-z]{4}", (b"ghp_", False), targets=frozenset({"document"}))
    assert not bounded(each)


@settings(max_examples=300)
@given(st.data())
def test_a_literal_starts_a_word_in_each_match(data: st.DataObject) -> None:
    each = data.draw(st.sampled_from(RULES))
    pattern = re.compile(each.pattern.encode())
    text = data.draw(st.from_regex(pattern)) if data.draw(st.booleans()) else b"".join(e.data for e in each.examples)
    before = data.draw(st.sampled_from([b"", b" ", b"=", b"x", b"_", b"\xc3\xa9"]))
    for match in pattern.finditer(before + text):
        whole, start = match.string, match.start()
        assert start == 0 or whole[start - 1] not in ALNUM
        found = whole[start:]
        assert any((found.lower() if nocase else found).startswith(literal) for literal, nocase in each.anchor.literals)
