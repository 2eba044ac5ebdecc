"""A pattern's program says yes wherever the pattern matches, and hardly anywhere else."""

from __future__ import annotations

import re
from array import array
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlpcore import _native
from dlpcore.engines.anchors import Anchors
from dlpcore.model import Limits, Severity
from dlpcore.rules import Rule, builtin
from dlpcore.rules.demand import ANYTHING
from dlpcore.rules.programs import NONE, merged, of_pattern
from dlpcore.rules.schema import Anchor
from dlpcore.rules.tables import compiled

RULES = builtin().rules
#: Ways of writing a pattern: each with texts that it is tried on, beside those of all others.
PATTERNS = (
    r"abc",
    r"(?i)aBc[0-9]",
    r"[^a-c]x",
    r"a|bc|cd(?:e|f)",
    r"(?:ab){2,3}c",
    r"(?:ab|a){1,4}b",
    r"a{2,}b",
    r"a??b*?c",
    r"(?:a|b)*c",
    r"^a.c$",
    r"\Aa.c\Z",
    r"(?m)^a$",
    r"(?s)a.c",
    r"\ba\b",
    r"a\Bb",
    r"(?<![0-9A-Za-z])ab(?![0-9A-Za-z])",
    r"(?<=ab)c",
    r"(?=.*c)[abc]{3}",
    r"(?!ab)[abc]{2}c",
    r"(?<!a(?=b))bc",
    r"(?P<q>['\"])a+(?P=q)",
    r"(a|b)?c\1",
    r"(?:(a)|b)+\1c",
    r"(?i)(a)B\1",
    r"(?>a+)ab",
    r"a++ab",
    r"\d{3}\s\w\S\W\D",
    r"(?:(?i:ab)|[^\n])c",
    r"(?:a(?:b(?:c)?)?)?d",
    r"\x00|\xff",
    r"",
    r"a*",
)


def found(pattern: str, text: bytes) -> bool:
    """Whether the native pass calls a rule of this pattern on a text."""
    return 0 in asks(*merged([of_pattern(pattern)]), text)


def numbers(*values: int) -> bytes:
    return array("I", values).tobytes()


def asks(codes: list[tuple[int, ...]], sets: list[bytes], text: bytes) -> set[int]:
    """The rules that the native pass calls on a text, of those with these programs, which everything triggers."""
    always = _native.SHAPES.index("always")
    demands = b"".join(numbers(*map(int, ANYTHING._replace(rule=1 + rule))) for rule in range(len(codes)))
    prefilter = _native.Prefilter.packed(
        b"",
        numbers(0),
        b"",
        b"",
        numbers(0),
        ["always"],
        demands,
        numbers(*(len(codes) * (each > always) for each in range(len(_native.SHAPES) + 1))),
        programs=(b"".join(numbers(*code) for code in codes), numbers(0, *accumulate(map(len, codes))), b"".join(sets)),
        max_depth=64,
        max_candidates=10_000,
    )
    scan = prefilter.scan_text(text)
    return {hit.trigger - len(_native.SHAPES) for hit in scan.hits} if scan is not None else set()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_says_what_the_pattern_says(pattern: str) -> None:
    assert of_pattern(pattern) != NONE
    exact = not re.search(r"\(\?>|\+\+|\(\?i\)\(", pattern)
    compiled_pattern = re.compile(pattern.encode())

    @given(st.lists(st.sampled_from((*b"abcdefx \n'\"A0129", 0, 0xFF)), min_size=1, max_size=12).map(bytes))
    def compare(text: bytes) -> None:
        matches = compiled_pattern.search(text) is not None
        if exact:
            assert found(pattern, text) == matches
        else:
            assert found(pattern, text) or not matches

    compare()


def test_every_built_in_pattern_has_a_program() -> None:
    for rule in RULES:
        assert of_pattern(rule.pattern) != NONE, rule.id


def test_built_in_rules_are_called_on_their_examples_and_not_on_less() -> None:
    """On the examples of all rules a program says yes wherever its pattern matches, and nearly nowhere else."""
    codes, sets = merged(of_pattern(rule.pattern) for rule in RULES)
    patterns = [re.compile(rule.pattern.encode()) for rule in RULES]
    texts = sorted({example.data for rule in RULES for example in (*rule.examples, *rule.negatives)})[::40]
    more = total = 0
    for text in texts:
        matching = {rule for rule, pattern in enumerate(patterns) if pattern.search(text)}
        called = asks(codes, sets, text)
        assert matching <= called, [RULES[rule].id for rule in matching - called]
        total += len(matching)
        more += len(called - matching)
    assert total > 100
    assert more <= total / 30


@pytest.mark.parametrize("pattern", ["[[:alpha:]]{3}", r"(?:abc){e<=1}", r"\p{L}+", "("])
def test_what_re_reads_otherwise_has_no_program(pattern: str) -> None:
    assert of_pattern(pattern) == NONE


def test_what_takes_too_long_may_match() -> None:
    """Steps are bounded: a pattern that backtracks without end is answered yes."""
    assert found(r"(?:a|aa|aaa){1,20}b", b"a" * 60)
    assert found(r"c", b"a" * 5000)


def test_a_rule_on_whole_documents_is_called_whatever_a_token_says() -> None:
    """The rest of what it matches may stand in other tokens."""
    anchor = Anchor(((b"begin", False),))
    for targets, calls in ((frozenset({"string"}), False), (frozenset({"document"}), True)):
        rule = Rule("r", "r", "r", "secrets", Severity.LOW, "begin.*end", 0.5, anchor=anchor, targets=targets)
        anchors = Anchors(compiled([rule]), lambda _, rule=rule: rule, Limits())
        assert (anchors.prefilter.scan(b'["begin","end"]') is not None) == calls
        assert anchors.prefilter.scan(b'["begin end"]') is not None
