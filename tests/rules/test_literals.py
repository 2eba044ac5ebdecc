"""Literals that a pattern requires are in whatever it matches."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dlpcore.rules import builtin
from dlpcore.rules.literals import required


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        ("abc[0-9]+", {(b"abc", False)}),
        ("(?i)abC-[0-9]", {(b"abc-", True)}),
        ("[aA]bcd", {(b"abcd", True)}),
        ("(?:ghp|gho)_[a-z]+", {(b"ghp_", False), (b"gho_", False)}),
        ("x[0-9]+secret|token=.*", {(b"secret", False), (b"token=", False)}),
        ("ab?cdef", {(b"abcdef", False), (b"acdef", False)}),
        ("(?:abcd)+", {(b"abcd", False)}),
        ("a{3}", {(b"aaa", False)}),
        (r"(?<![a-z])abc\b(?=x)", {(b"abc", False)}),
        ("(?P<value>key:)[a-z]", {(b"key:", False)}),
        ("ab[0-9]+", set()),
        ("(?:abcd)*", set()),
        ("abcd|[0-9]+", set()),
        ("abc)", set()),
    ],
)
def test_literals_of(pattern: str, literals: set[tuple[bytes, bool]]) -> None:
    assert set(required(pattern)) == literals


_ATOMS = st.sampled_from(["abc", "xyz", "k", "[aA]", "[0-9]", "[b-d]", ".", r"\b", "é", "-", "(?i:Ab)"])
_PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{1,3}", "{0,2}"])).map(lambda p: f"(?:{p[0]}){p[1]}"),
        inner.map(lambda each: f"(?i:{each})"),
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(st.data(), _PATTERNS)
def test_whatever_matches_holds_one(data: st.DataObject, pattern: str) -> None:
    literals = required(pattern)
    assume(literals)
    text = data.draw(st.from_regex(re.compile(pattern.encode()), fullmatch=True))
    for match in re.finditer(pattern.encode(), text):
        assert any((literal in match[0].lower()) if nocase else (literal in match[0]) for literal, nocase in literals)


def test_on_the_built_in_rules() -> None:
    for rule in builtin().rules:
        literals = required(rule.pattern)
        for example in rule.examples:
            for match in re.finditer(rule.pattern.encode(), example.data) if literals else ():
                held = match[0].lower()
                assert any(literal.lower() in held for literal, _ in literals), rule.id
