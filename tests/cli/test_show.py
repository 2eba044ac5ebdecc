"""The bytes around a finding are visible, and nothing sensitive among them is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dlpcore.cli.show import drawn
from dlpcore.cli.window import masks, window
from dlpcore.model import Finding, Kind, Severity, Span


class Nowhere:
    def pointer(self, offset: int) -> str | None:
        return None

    def fingerprint(self, entity: str, value: bytes) -> str:
        return "0" * 16


def finding(rule: str, *spans: Span, kind: Kind = Kind.SENSITIVE_DATA, via: tuple[str, ...] = ()) -> Finding:
    return Finding(kind=kind, rule=rule, severity=Severity.HIGH, spans=spans, origin=Nowhere(), provenance=via)


def text(data: bytes, span: Span, *findings: Finding) -> str:
    return drawn(data, span, masks(data, findings)).plain


def test_white_space_is_visible() -> None:
    assert text(b'{"a": 1}\r\n\t ', (8, 12)) == '{"a":·1}␍␊→·'


def test_a_long_run_is_cut_to_counts() -> None:
    assert text(b"1" + b"\t" * 5 + b" " * 100, (1, 106)) == "1→→→→→···⟨97 more: 97×·⟩"


def test_other_invisible_characters_are_escaped() -> None:
    data = '"a\u200b\u202eb\U000e0041\ufe0f\u00a0\u3164c"'.encode()
    assert text(data, (0, len(data))) == '"a\\u200b\\u202eb\\U000e0041\\ufe0f\\u00a0\\u3164c"'


def test_invalid_utf8_and_escape_characters_are_escaped() -> None:
    assert text(b'"\xff\x1b[31m"', (1, 2)) == '"\\xff\\u001b[31m"'


def test_context_is_short_and_cuts_no_character() -> None:
    data = ("ä" * 100 + "X" + "ä" * 100).encode()
    assert text(data, (200, 201)) == "…" + "ä" * 12 + "X" + "ä" * 12 + "…"


def test_a_long_span_is_shown_by_its_ends() -> None:
    assert text(b"x" * 1000, (0, 1000)) == "x" * 64 + " ⟨872 bytes⟩ " + "x" * 64


def test_values_in_the_span_and_beside_it_are_masked() -> None:
    data = b'{"card":"4111111111111111","pin":"secret-pin"}'
    card, pin = finding("credit-card", (9, 25)), finding("pin", (34, 44))
    assert text(data, (9, 25), card, pin) == '{"card":"⟨credit-card⟩","pin":"⟨pin⟩"}'


def test_a_value_in_a_decoded_layer_masks_the_layer() -> None:
    data = b'{"x":"NDExMTExMTExMTExMTExMQ=="}'
    inner = finding("credit-card", (6, 30), via=("layer.base64",))
    assert text(data, (6, 30), inner) == '{"x":"⟨credit-card in layer.base64⟩"}'


def test_a_value_in_white_space_leaves_it_visible_and_cut() -> None:
    data = b"{}" + b" \t" * 40
    hidden = finding("credit-card", (2, 82), via=("whitespace.trailing", "base4"))
    channel = finding("whitespace.trailing", (2, 82), kind=Kind.COVERT_CHANNEL)
    assert text(data, (2, 82), channel, hidden) == "{}·→·→·→·→⟨72 more: 36×· 36×→⟩"


def test_overlapping_values_are_masked_once() -> None:
    data = b"abcdefghij"
    assert text(data, (0, 10), finding("one", (1, 5)), finding("two", (3, 8))) == "a⟨one⟩ij"


_Spans = st.tuples(st.integers(0, 60), st.integers(0, 60)).filter(lambda s: s[0] < s[1])


@given(st.lists(_Spans, min_size=1, max_size=6), _Spans)
def test_no_masked_byte_is_ever_shown(hidden: list[Span], span: Span) -> None:
    data = bytes(ord("A") if any(a <= i < b for a, b in hidden) else ord("b") for i in range(60))
    spans = [(a, min(b, 60)) for a, b in hidden if a < 60]
    assert "A" not in text(data, (span[0], min(60, span[1])), *(finding("x", s) for s in spans))


def test_a_run_goes_on_where_the_span_begins() -> None:
    data = b"{}" + b"\t" * 4 + b" " * 100 + b"\n" * 4
    assert text(data, (6, 106)) == "{}→→→→····⟨100 more: 96×· 4×␊⟩"
    inside = [(piece.kind, piece.inside) for piece in window(data, (6, 106), [])]
    assert inside == [("text", False), ("unseen", False), ("unseen", True), ("rest", True)]


def test_white_space_of_any_length_is_counted() -> None:
    data = b"1" + b" \t\r\n" * 700_000 + b" "
    assert text(data, (1, len(data))) == "1·→␍␊·→␍␊⟨2,799,993 more: 699,999×· 699,998×→ 699,998×␊ 699,998×␍⟩"


def test_of_what_was_not_inspected_to_the_end_only_the_form_shows() -> None:
    data = '{"pin": "né 1"}  '.encode()
    assert drawn(data, (15, 17), [], blank=True).plain == '{"▒▒▒":·"▒▒·▒"}··'
