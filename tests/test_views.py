"""Offsets of views lead back to the payload's bytes; numbers keep their value; the text view holds every string."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dlpcore import _native
from dlpcore.views import OffsetMap, _number, subject, text_view
from tests.oracle import unescape

SCAN = _native.Prefilter()
#: The content of a JSON string: plain runs and escapes of every length.
CONTENT = st.lists(
    st.one_of(
        st.text("ab 1", min_size=1, max_size=6),
        st.sampled_from(
            ["é", "€", "😀", "\\n", "\\/", '\\"', "\\\\", "\\u0041", "\\u00e9", "\\u20ac", "\\ud83d\\ude00"]
        ),
        st.sampled_from(["\\ud800", "\\udc00", "\\u0000"]),
    ),
    max_size=8,
).map(lambda parts: "".join(parts).encode())
NUMBERS = st.one_of(
    st.from_regex(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,2})?", fullmatch=True),
    st.builds(
        "{}{}e{}".format, st.integers(1, 10**20), st.sampled_from(["", ".0", ".500", ".000"]), st.integers(-30, 70)
    ),
    st.builds(
        "0.{}{}e{}".format, st.integers(0, 80).map(lambda n: "0" * n), st.integers(1, 10**16), st.integers(0, 120)
    ),
)


@given(CONTENT)
@settings(max_examples=200, deadline=None)
def test_unescape_is_the_oracles(raw: bytes) -> None:
    assert _native.unescape(raw)[0] == unescape(raw)


@given(CONTENT, st.integers(0, 50))
@settings(max_examples=200, deadline=None)
def test_every_part_of_a_text_leads_to_bytes_that_hold_it(raw: bytes, base: int) -> None:
    text, pairs = _native.unescape(raw)
    offsets = OffsetMap(pairs, base)
    assert offsets.span(0, len(text)) == (base, base + len(raw))
    for start in range(len(text) + 1):
        for end in range(start + 1, len(text) + 1):
            low, high = offsets.span(start, end)
            assert base <= low < high <= base + len(raw)
            piece = raw[low - base : high - base]
            assert text[start:end] in unescape_loose(piece)
            before, behind = unescape_loose(raw[: low - base]), unescape_loose(raw[high - base :])
            assert before + unescape_loose(piece) + behind == text  # no escape was cut
            assert len(before) <= start and len(behind) <= len(text) - end


@given(CONTENT)
@settings(max_examples=100, deadline=None)
def test_spans_are_no_longer_than_they_must_be(raw: bytes) -> None:
    """Cut at the borders of characters, a span holds exactly its text."""
    text, pairs = _native.unescape(raw)
    offsets = OffsetMap(pairs)
    borders = [at for at in range(len(text) + 1) if at == len(text) or text[at] & 0xC0 != 0x80]
    for i, start in enumerate(borders):
        for end in borders[i + 1 :]:
            low, high = offsets.span(start, end)
            assert unescape_loose(raw[low:high]) == text[start:end]


def unescape_loose(piece: bytes) -> bytes:
    return _native.unescape(piece)[0]


def test_empty_spans_stay_where_they_are() -> None:
    _, pairs = _native.unescape(b"a\\u0041b")
    offsets = OffsetMap(pairs, 10)
    assert offsets.span(0, 0) == (10, 10)
    assert offsets.span(3, 3) == (18, 18)
    for at in range(4):
        low, high = offsets.span(at, at)
        assert low >= 10 and high <= 18


@given(NUMBERS)
@settings(max_examples=400, deadline=None)
@example("4.111111111111111e15")
@example("4111111111111111.000")
@example("0.0")
@example("0e5")
@example("1e1000000000")
@example("1e-1000000000")
@example("1e99999999999999999999")
def test_numbers_keep_their_value(text: str) -> None:
    shown = _number(text.encode())
    if shown.decode() == text:
        return
    assert re.fullmatch(rb"-?[1-9][0-9]*", shown)
    assert Decimal(shown.decode()) == Decimal(text)


@given(NUMBERS)
@settings(max_examples=300, deadline=None)
def test_integers_are_written_out_wherever_the_native_pass_marks_them(text: str) -> None:
    prefilter = _native.Prefilter(shapes=["digits"])
    scan = prefilter.scan(text.encode())
    value = Decimal(text)
    adjusted = value.adjusted() if value else 0
    whole = adjusted >= 0 and value == value.to_integral_value() if abs(adjusted) < 1000 else False
    if "." in text or "e" in text.lower():
        assert bool(scan and scan.hits) == (whole and 5 <= adjusted < 64)
        assert (_number(text.encode()).decode() != text) == (whole and bool(value) and adjusted < 64)
    else:
        assert _number(text.encode()).decode() == text


def test_long_numbers_are_quick_and_exact() -> None:
    many = "0" * 100_000
    assert _number(f"4111111111111111.{many}".encode()) == b"4111111111111111"
    assert _number(f"0.{many}4111111111111111e100016".encode()) == b"4111111111111111"
    assert _number(f"1.{many}1".encode()) == f"1.{many}1".encode()


def _tokens(document: bytes) -> tuple[_native.Token, ...]:
    scan = SCAN.scan(document, _native.O_TOKENS)
    return scan.tokens if scan else ()


def test_subjects() -> None:
    document = b'{"out\\u0065r": [{"a\\/b": "v\\u0061l"}, {"n": 1.5e3}]}'
    seen = [subject(document, token) for token in _tokens(document)]
    assert [(s.text, s.kind, s.path) for s, _ in seen] == [
        (b"outer", "key", ()),
        (b"a/b", "key", (b"outer",)),
        (b"val", "string", (b"a/b", b"outer")),
        (b"n", "key", (b"outer",)),
        (b"1500", "number", (b"n", b"outer")),
    ]
    for what, offsets in seen:
        low, high = offsets.span(0, len(what.text))
        if what.kind == "number":
            assert document[low:high] == b"1.5e3"
        else:
            assert json.loads(b'"' + document[low:high] + b'"').encode() == what.text
    number = seen[-1][1]
    assert number.span(1, 2) == number.span(0, 4)  # digits of another form are one piece


JSON = st.recursive(
    st.one_of(st.text(max_size=8), st.integers(-(10**12), 10**12), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)


@given(JSON, st.booleans())
@settings(max_examples=150, deadline=None)
def test_text_view(value: object, ascii_only: bool) -> None:
    document = json.dumps(value, ensure_ascii=ascii_only).encode()
    tokens = _tokens(document)
    view = text_view(document, tokens)
    texts = [
        document[t.start : t.end] if t.kind == "number" else _native.unescape(document[t.start : t.end])[0]
        for t in tokens
    ]
    at = 0
    for token, text in zip(tokens, texts, strict=True):
        assert view.text[at : at + len(text)] == text
        if text:
            assert view.offsets.span(at, at + len(text)) == (token.start, token.end)
        at += len(text)
        between = b": " if view.text[at : at + 2] == b": " and token.kind == "key" else b"\n"
        assert view.text[at : at + len(between)] == between
        at += len(between)
    assert at == len(view.text)


def test_text_view_puts_keys_before_values() -> None:
    document = b'{"a": "x", "b": {"c": 1}, "d": [true]}'
    assert text_view(document, _tokens(document)).text == b"a: x\nb\nc: 1\nd\n"
    assert text_view(b"[]", ()).text == b""


@pytest.mark.parametrize("hit", [b": ", b"\n", b"x\nb", b"a: x", b"x\nb: y"])
def test_matches_across_strings_lead_to_all_of_them(hit: bytes) -> None:
    document = b'{"a": "x", "b": "y"}'
    view = text_view(document, _tokens(document))
    at = view.text.index(hit)
    low, high = view.offsets.span(at, at + len(hit))
    assert 0 <= low < high <= len(document)
    for piece in re.findall(rb"\w", hit):
        assert piece in document[low:high]
