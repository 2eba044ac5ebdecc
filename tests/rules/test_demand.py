"""Demands are lower bounds: whatever a rule's pattern matches has at least what they ask for."""

from __future__ import annotations

import codecs
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlpcore.model import Severity
from dlpcore.rules import Rule, builtin
from dlpcore.rules.demand import MARKS, RUNS, Demand, of_literal, of_rule, of_turned
from dlpcore.rules.schema import Anchor

RULES = list(builtin().rules)
GENERATED = [rule for rule in RULES if rule.engine == "re"]


def rule(pattern: str, *literals: tuple[bytes, bool]) -> Rule:
    return Rule("r", "r", "r", "secrets", Severity.LOW, pattern, 0.5, anchor=Anchor(literals))


def longest(characters: frozenset[int], text: bytes) -> int:
    runs = re.findall(b"[" + re.escape(bytes(sorted(characters))) + b"]+", text)
    return max(map(len, runs), default=0)


def met(demand: Demand, text: bytes) -> bool:
    seen = {bit for bit, mark in enumerate(MARKS) if mark & set(text)}
    return (
        len(text) >= demand.length
        and len(re.findall(rb"[0-9]", text)) >= demand.digits
        and len(re.findall(rb"[A-Z]", text)) >= demand.capitals
        and all(
            longest(each, text) >= asked
            for each, asked in zip(RUNS, (demand.run, demand.code, demand.hex, demand.alnum), strict=True)
        )
        and all(bit in seen for bit in range(len(MARKS)) if demand.marks >> bit & 1)
        and not any(bit in seen for bit in range(len(MARKS)) if demand.absent >> bit & 1)
        and text.count(b" ") <= demand.spaces
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
    found = of_rule(rule(pattern))
    assert (*found[1:6], found.marks & 127) == asked


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
        ("[0-9]{8}:AA", [(b":AA", False)], True),
        ("(?:[a-z]{3}|b)(?:_key|token)[:=]", [(b"_key", False), (b"token", False)], True),
        ("(?:x|token)[:=]", [(b"token", False)], False),
        ("(?:token)?[:=]", [(b"token", False)], False),
        ("gh[pousr]_x", [(b"gh%c_" % c, False) for c in b"pousr"], True),
    ],
)
def test_of_what_a_match_begins_with(pattern: str, literals: list[tuple[bytes, bool]], ahead: bool) -> None:
    assert of_literal(rule(pattern, *literals)).ahead is ahead


def test_what_stands_behind_a_literal() -> None:
    asked = of_literal(rule('[a-z]{2,9}(?:_key|token)[ ]?=[0-9]{8}"', (b"_key", False), (b"token", False)))
    assert asked.ahead
    assert (asked.length, asked.digits) == (4 + 1 + 8 + 1, 8)
    assert met(asked, b'_key=12345678"')
    assert not met(asked, b'_key/12345678"')
    assert not met(asked, b"_key=12345678.")


def test_what_a_whole_text_cannot_have() -> None:
    asked = of_rule(rule(r"\A(?:bearer )?[a-z]{4,9}\Z"))
    assert asked.spaces == 1
    assert met(asked, b"bearer abcd")
    assert not met(asked, b"a text of words")
    assert not met(asked, b"https://host")


def test_more_heads_than_are_kept_are_of_unknown_end() -> None:
    many = "|".join(f"{a}{b}" for a in "abcdefghijklmnopqrst" for b in "abcdefghijklmnopqrst")
    assert not of_literal(rule(f"(?:(?:{many})x)?y(?:{many})=", (b"y=", False))).ahead


@pytest.mark.parametrize("each", RULES, ids=lambda each: each.id)
def test_examples_meet_them(each: Rule) -> None:
    for example in each.examples:
        if example.form == "text":
            assert met(of_rule(each), example.data)


TURNED = [each for each in GENERATED if each.family == "secrets" and each.anchor.literals]


@settings(max_examples=100)
@given(st.data())
def test_from_a_literal_on_there_is_what_is_asked_for(data: st.DataObject) -> None:
    each = data.draw(st.sampled_from([each for each in GENERATED if of_literal(each).ahead]))
    asked = of_literal(each)._replace(absent=0)
    text = data.draw(st.from_regex(re.compile(each.pattern.encode())))
    found = re.search(each.pattern.encode(), text)
    if found is None:
        return
    places = [
        at.start()
        for literal, nocase in each.anchor.literals
        for at in re.finditer(b"(?=%s)" % re.escape(literal), text, re.IGNORECASE if nocase else 0)
    ]
    assert any(met(asked, text[at:]) for at in places)


@settings(max_examples=60)
@given(st.data())
def test_turned_texts_have_what_is_asked_for(data: st.DataObject) -> None:
    each = data.draw(st.sampled_from(TURNED))
    text = data.draw(st.from_regex(re.compile(each.pattern.encode())))
    if re.search(each.pattern.encode(), text):
        assert met(of_turned(each), text[::-1])
        assert met(of_turned(each), codecs.encode(text.decode("latin-1"), "rot13").encode("latin-1"))


@settings(max_examples=300)
@given(st.data())
def test_whatever_a_pattern_matches_meets_them(data: st.DataObject) -> None:
    each = data.draw(st.sampled_from(GENERATED))
    text = data.draw(st.from_regex(re.compile(each.pattern.encode())))
    found = re.search(each.pattern.encode(), text)
    assert found is None or met(of_rule(each), found[0])
