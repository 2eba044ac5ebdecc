"""The reference of anchors: shapes, words, literals, and that no rule finds what its anchor does not see."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlpcore.engines.anchors_reference import candidates, shapes, triggered
from dlpcore.engines.pattern import PatternEngine
from dlpcore.rules import Anchor, builtin
from dlpcore.views import Subject

RULES = builtin().rules
ENGINE = PatternEngine(RULES)


@pytest.mark.parametrize(
    ("text", "shape", "seen"),
    [
        (b"jane@example.com", "email", True),
        (b"@example.com", "email", False),
        (b"jane@localhost", "email", False),
        (b"4111 1111 1111 1111", "card", True),
        (b"99 4111-1111-1111-1111 123", "card", True),
        (b"4111111111111112", "card", False),
        (b"536-22-8146", "ssn", True),
        (b"5536-22-8146", "ssn", False),
        (b"DE89 3704 0044 0532 0130 00", "iban", True),
        (b"XDE89370400440532013", "iban", False),
        (b"1.2.3.4", "ipv4", True),
        (b"1.2.3.444", "ipv4", False),
        (b"fe80::1", "ipv6", True),
        (b"a:b", "ipv6", False),
        (b"+44 20 7183 8750", "phone", True),
        (b"(415) 555-2671", "phone", True),
        (b"4155552671", "phone", False),
        (b"12-34-56", "digits", True),
        (b"12345", "digits", False),
        (b"abcdefghij0123456789", "entropy", True),
        (b"abcdefghijabcdefghij", "entropy", False),
    ],
)
def test_shapes(text: bytes, shape: str, seen: bool) -> None:
    assert (shape in shapes(text)) is seen


def test_literals_and_words() -> None:
    anchor = Anchor(literals=((b"ghp_", False), (b"bearer", True)), words=("api_key",))
    assert triggered(anchor, Subject(b"x ghp_1", "string"))
    assert not triggered(anchor, Subject(b"GHP_", "string"))
    assert triggered(anchor, Subject(b"BEARER", "string"))
    assert triggered(anchor, Subject(b"x", "string", (b"n", b"apiKey")))
    assert triggered(anchor, Subject(b"the API key is 7", "string"))
    assert not triggered(anchor, Subject(b"the API key", "string"))


_PIECES = st.sampled_from(
    sorted({e.data for r in RULES for e in (*r.examples, *r.negatives) if e.form == "text" and len(e.data) < 200})
)
_KEYS = st.sampled_from(sorted({key.encode() for rule in RULES for key in rule.context.keys} | {b"id", b"value"}))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(_PIECES, st.binary(max_size=8)), min_size=1, max_size=4),
    st.sampled_from([b" ", b"", b"\n", b'":"', "号".encode()]),
    st.sampled_from(["string", "number", "key", "text"]),
    st.lists(_KEYS, max_size=2),
)
def test_no_rule_finds_what_its_anchor_does_not_see(
    pieces: list[bytes], joint: bytes, kind: str, path: list[bytes]
) -> None:
    subject = Subject(joint.join(pieces), kind, tuple(path))
    tried = candidates(RULES, subject)
    assert ENGINE.match(subject, tried) == ENGINE.match(subject)
