"""Gates: whenever a YARA rule matches, one of its gate's literals is in the data."""

from __future__ import annotations

import pytest
import yara
from hypothesis import given, settings
from hypothesis import strategies as st

from dlpcore.rules import builtin
from dlpcore.rules.yara_gate import Gate, read_gates

# YARA lets a string be unused if its name begins with an underscore.
STRINGS = """
    $_a = "abab"
    $_b = "BaBa" nocase
    $_c = "cccc" wide ascii
    $_d = { 61 62 ?? 62 61 62 [1-2] 63 }
    $_e = /a+b{2}/
    $_f = "baab" fullword
    $_g = { 63 62 61 (61 | 62) 63 }
"""

_ATOMS = st.sampled_from(
    [
        *(
            "$_a",
            "$_b",
            "$_c",
            "$_d",
            "$_e",
            "$_f",
            "$_g",
            "not $_a",
            "$_a at 0",
            "$_b in (0..9)",
            "#_a > 1",
            "#_b == 0",
            "#_c >= 1",
        ),
        *(
            "any of them",
            "2 of them",
            "all of ($_a, $_b)",
            "3 of ($_a, $_b, $_c, $_d)",
            "none of ($_a, $_b)",
            "filesize > 3",
        ),
        *("(#_a + #_b) > 1", "for any i in (1..2) : ( @_a[i] > 1 )", "uint8(0) == 0x61", "any of ($_*) in (0..20)"),
    ]
)
_CONDITIONS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} and {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} or {pair[1]})"),
        st.tuples(inner, inner, inner).map(lambda three: f"{three[0]} or {three[1]} and {three[2]}"),
        inner.map(lambda one: f"not ({one})"),
    ),
    max_leaves=5,
)
_PIECES = st.sampled_from(
    [
        b"abab",
        b"baba",
        b"BABA",
        b"cccc",
        b"c\0c\0c\0c\0",
        b"abxbabyc",
        b"abb",
        b" baab ",
        b"cbaac",
        b"cbabc",
        b"a",
        b"c",
    ]
)
_DATA = st.lists(_PIECES, max_size=6).map(b"".join)


def _seen(gate: Gate, data: bytes) -> bool:
    lowered = data.lower()
    return gate.always or any(literal in (lowered if nocase else data) for literal, nocase in gate.literals)


@settings(max_examples=300, deadline=None)
@given(_CONDITIONS, st.lists(_DATA, min_size=4, max_size=8))
def test_what_matches_passes_its_gate(condition: str, samples: list[bytes]) -> None:
    source = f"rule r {{ strings: {STRINGS} condition: {condition} }}"
    (gate,) = read_gates(source)
    compiled = yara.compile(source=source, error_on_warning=False)
    for data in samples:
        if compiled.match(data=data):
            assert _seen(gate, data)


@pytest.mark.parametrize(
    ("body", "literals"),
    [
        ('strings: $a = "abcdef" $b = "xyz1" condition: $a and $b', [(b"abcdef", False)]),
        ('strings: $a = "abcdef" $b = "xyz1" condition: $a or $b', [(b"abcdef", False), (b"xyz1", False)]),
        ('strings: $a = "AbCd" nocase condition: #a > 2', [(b"abcd", True)]),
        ('strings: $a = "abcd" wide condition: $a', [(b"a\0b\0c\0d\0", False)]),
        ("strings: $a = { 01 02 ?? 03 04 05 06 [2-4] 07 } condition: $a at 0", [(b"\3\4\5\6", False)]),
        ('strings: $a = "\\x41\\"\\\\\\n" condition: all of them', [(b'A"\\\n', False)]),
        (
            'strings: $a1 = "aaaa" $a2 = "bbbbb" $a3 = "cccccc" condition: 2 of ($a*)',
            [(b"bbbbb", False), (b"cccccc", False)],
        ),
        ('meta: x = "condition: or" strings: $a = "abcd" // $b = "no"\n condition: /* or */ $a', [(b"abcd", False)]),
    ],
)
def test_literals_are_derived(body: str, literals: list[tuple[bytes, bool]]) -> None:
    assert read_gates(f"rule r : tag {{ {body} }}") == (Gate("r", tuple(literals), False),)


@pytest.mark.parametrize(
    "body",
    [
        'strings: $a = "abcd" condition: not $a',
        'strings: $a = "ab" condition: $a',
        "strings: $a = /abcd/ condition: $a",
        'strings: $a = "abcd" xor condition: $a',
        'strings: $a = "abcd" base64 condition: $a',
        'strings: $a = "abcd" condition: #a == 0',
        'strings: $a = "abcd" condition: $a or filesize > 3',
        'strings: $a = "abcd" condition: for all i in (1..#a) : ( @a[i] < 9 )',
        "condition: true",
        "condition: other_rule",
    ],
)
def test_what_is_not_understood_is_always_scanned(body: str) -> None:
    assert [gate.always for gate in read_gates(f"rule r {{ {body} }}")] == [True]


def test_every_built_in_rule_is_gated() -> None:
    assert [gate.rule for source in builtin().yara for gate in read_gates(source.text) if gate.always] == []


@given(st.text(max_size=200))
def test_no_text_raises(source: str) -> None:
    read_gates(source)
    read_gates(f"rule r {{ strings: $a = {source} condition: {source} }}")
