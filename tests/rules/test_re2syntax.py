"""Patterns of RE2 mean the same in our dialect: what RE2 itself finds is the oracle."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlpcore.rules.re2syntax import Unsupported, to_python

re2 = pytest.importorskip("re2")

#: Each with texts that tell a wrong translation from a right one.
PATTERNS = {
    r"(?i)abc": ["xABc", "abd"],
    r"a(?i)b|c": ["aB", "C", "AB", "c"],
    r"a(?i)b|c(?-i)d": ["CD", "Cd", "cD", "AB"],
    r"(?i:a)b": ["Ab", "AB"],
    r"(a(?i)b)c": ["aBc", "aBC"],
    r"a$": ["a\n", "ba", "a\nb"],
    r"(?m)^a$": ["b\na\nb", "ab"],
    r"^a": ["b\na", "a"],
    r"a.b": ["a\nb", "axb"],
    r"(?s)a.b": ["a\nb", "axb"],
    r"\s+": [" \t\v\f\r\n", "\v"],
    r"[\s-]x": ["\vx", "-x", " x"],
    r"[^\s]x": ["\vx", " x", "ax"],
    r"[[:alpha:]_]+[[:^digit:]]": ["ab_1c", "1"],
    r"[]a]+": ["]a]", "b"],
    r"[^]a]": ["]", "b"],
    r"[a\]\-z]+": ["a]-z", "b"],
    r"[&&~~||-]+": ["&&~~-||", "x"],
    r"[[a]+": ["[a[", "b"],
    r"\Qa.b*\E+": ["a.b***", "axb"],
    r"a{,5}": ["a{,5}", "aaa"],
    r"a{2}b{1,2}?": ["aabb", "ab"],
    r"x{": ["x{", "x"],
    r"\x{41}\x42\103": ["ABC"],
    r"(?P<first>a)(?P<second>b)?": ["ab", "a"],
    r"é+": ["éé", "e"],
    r"[éà]b": ["éb", "àb", "eb"],
    r"\bkey\b\z": ["a key", "key "],
    r"[\w\-./+=]{3,}": ["a-b/c+=", "ab"],
    r"(?:'|\"|\s|=|\x60){0,5}v": ["='v", '``"v'],
    r"\D\d\W\w": ["a1 b", "1111"],
}


def _ours(pattern: str, text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(to_python(pattern).encode(), text.encode())]


def _theirs(pattern: str, text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re2.finditer(pattern.encode(), text.encode())]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_re2_finds_the_same(pattern: str) -> None:
    for text in PATTERNS[pattern]:
        assert _ours(pattern, text) == _theirs(pattern, text), (text, to_python(pattern))


@settings(max_examples=200)
@given(st.sampled_from(sorted(PATTERNS)), st.sampled_from(sorted(PATTERNS)), st.text("aAbBcC -]\n\v1.x{,", max_size=8))
def test_together_too(one: str, other: str, text: str) -> None:
    pattern = f"(?:{one})(?:{other})"
    assert _ours(pattern, text) == _theirs(pattern, text)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\pN",
        r"[\p{Greek}]",
        r"(?U)a+",
        r"a(?=b)",
        r"(?<!a)b",
        "(a",
        "a)",
        "[a",
        "a\\",
        r"[^é]",
        r"[α-ω一-龥]",
        r"[b-a]",
    ],
)
def test_what_bytes_cannot_say_is_refused(pattern: str) -> None:
    with pytest.raises(Unsupported, match=r"at character|is not a pattern"):
        to_python(pattern)
