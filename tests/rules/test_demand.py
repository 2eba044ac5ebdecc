"""Demands are lower bounds: whatever a rule's pattern matches has at least what they ask for."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlpcore.model import Severity
from dlpcore.rules import Rule, builtin
from dlpcore.rules.demand import DENSE, MARKS, Demand, of_literal, of_rule
from dlpcore.rules.schema import Anchor

RULES = list(builtin().rules)
GENERATED = [rule for rule in RULES if rule.engine == "re"]


def rule(pattern: str, *literals: tuple[bytes, bool]) -> Rule:
    return Rule("r", "r", "r", "secrets", Severity.LOW, pattern, 0.5, anchor=Anchor(literals))


def met(demand: Demand, text: bytes) -> bool:
    runs = re.findall(b"[" + re.escape(bytes(sorted(DENSE))) + b"]+", text)
    return (
        len(text) >= demand.length
        and len(re.findall(rb"[0-9]", text)) >= demand.digits
        and len(re.findall(rb"[A-Z]", text)) >= demand.capitals
        and max(map(len, runs), default=0) >= demand.run
        and max(map(len, re.findall(rb"[0-9A-Z]+", text)), default=0) >= demand.code
        and all(not demand.marks >> bit & 1 or mark & set(text) for bit, mark in enumerate(MARKS))
    )


@pytest.mark.parametrize(
    ("pattern", "asked"),
    [
        ("[0-9]{4}-[0-9]{2}", (7, 6, 0, 7, 4, 16)),
        ("[0-9](?:[ -]?[0-9]){3}", (4, 4, 0, 1, 1, 0)),
        ("(?:AB|C[0-9])x{2,}", (4, 0, 1, 4, 2, 0)),
        ("(?i:AB)[:=]", (3, 0, 0, 2, 0, 1)),
        ("a(?:[ ]b)?c", (2, 0, 0, 1, 0, 0)),
        ("a(?:-b)?c", (2, 0, 0, 2, 0, 0)),
        ("(?=[0-9]{9})a.b", (3, 0, 0, 1, 0, 0)),
        (r"\d{3}\s", (4, 3, 0, 3, 3, 0)),
        ("(a)(?:b{0}c|d)\\1", (2, 0, 0, 2, 0, 0)),
        ("(?>ab)++@", (3, 0, 0, 2, 0, 2)),
        ("(?<!x)[^0-9]_", (2, 0, 0, 1, 0, 32)),
        ("(?P<a>x)(?&a)", (0, 0, 0, 0, 0, 0)),  # only regex reads it
    ],
)  # fmt: skip
def test_of_patterns(pattern: str, asked: tuple[int, ...]) -> None:
    assert of_rule(rule(pattern))[1:7] == asked


def test_a_whole_text_leaves_no_room_for_words() -> None:
    assert of_rule(rule(r"\A[a-z]{4}\Z")).whole
    assert not of_rule(rule(r"\A[a-z]{4}")).whole


@pytest.mark.parametrize(
    ("pattern", "literals", "ahead"),
    [
        ("(?<![a-z])(?:AKIA|ASIA)[A-Z]{4}", [(b"AKIA", False), (b"ASIA", False)], True),
        ("(?:AKIA|ASIA)[A-Z]{4}", [(b"AKIA", False)], False),
        (
            "(?i:token|api[_-]?key)=",
            [(b"token", True), (b"api_key", True), (b"api-key", True), (b"apikey", True)],
            True,
        ),
        ("(?i:token|api[_-]?key)=", [(b"token", True), (b"api_key", True), (b"apikey", True)], False),
        ("(?i:token)=", [(b"token", False)], False),
        ("[0-9]{8}:AA", [(b":AA", False)], False),
        ("gh[pousr]_x", [(b"gh%c_" % c, False) for c in b"pousr"], True),
    ],
)
def test_of_what_a_match_begins_with(pattern: str, literals: list[tuple[bytes, bool]], ahead: bool) -> None:
    assert of_literal(rule(pattern, *literals)).ahead is ahead


@pytest.mark.parametrize("each", RULES, ids=lambda each: each.id)
def test_examples_meet_them(each: Rule) -> None:
    for example in each.examples:
        if example.form == "text":
            assert met(of_rule(each), example.data)


@settings(max_examples=300)
@given(st.data())
def test_whatever_a_pattern_matches_meets_them(data: st.DataObject) -> None:
    each = data.draw(st.sampled_from(GENERATED))
    text = data.draw(st.from_regex(re.compile(each.pattern.encode())))
    found = re.search(each.pattern.encode(), text)
    assert found is None or met(of_rule(each), found[0])
