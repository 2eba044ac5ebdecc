"""Rules see what a reader sees: numbers in any form, folded, joined and decoded text, with the span of the original."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from dlpcore import Finding, Inspector, Limits

INSPECTOR = Inspector(limits=Limits(deadline=None))
CARD, KEY, PASSWORD = "4111111111111111", "AKIAZ5SYNTHET2C7ABCD", "hunter2-Xk9qL"


def wide(text: str) -> str:
    return "".join(chr(ord(ch) + 0xFEE0) if "!" <= ch <= "~" else ch for ch in text)


def spaced(text: str, invisible: str = "\u200b") -> str:
    return invisible.join(text)


def _find(payload: bytes, rule: str) -> Finding:
    verdict = INSPECTOR.inspect(payload)
    found = [f for f in verdict.findings if f.rule == rule]
    assert verdict.complete and len(found) == 1, verdict.findings
    return found[0]


@pytest.mark.parametrize(
    "number", [CARD, "4.111111111111111e15", "4111111111111111.0", "41111111111111110E-1", "0.4111111111111111e+16"]
)
def test_a_number_in_any_form(number: str) -> None:
    payload = f'{{"x": 1, "card": {number}, "y": 2}}'.encode()
    finding = _find(payload, "credit-card")
    assert payload[slice(*finding.span)].decode() == number and finding.pointer == "/card"


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("invisible", ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad"])
def test_invisible_characters_between_digits(invisible: str, ascii_only: bool) -> None:
    payload = json.dumps({"x": [f"to {spaced(CARD, invisible)}, now"]}, ensure_ascii=ascii_only).encode()
    finding = _find(payload, "credit-card")
    assert json.loads(b'"' + payload[slice(*finding.span)] + b'"') == spaced(CARD, invisible)
    assert finding.pointer == "/x/0" and finding.provenance == ()


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize(
    "text", [wide(KEY), wide(KEY[:4]) + KEY[4:], KEY[:9] + "\u200b" + KEY[9:], wide(KEY[:3]) + "\u2060" + KEY[3:]]
)
def test_full_width_and_mixed_letters(text: str, ascii_only: bool) -> None:
    payload = json.dumps({"a": {"b": f"key: {text};"}}, ensure_ascii=ascii_only).encode()
    finding = _find(payload, "aws-access-key-id")
    assert json.loads(b'"' + payload[slice(*finding.span)] + b'"') == text and finding.pointer == "/a/b"


@pytest.mark.parametrize(
    ("rule", "elements"),
    [
        ("credit-card", [int(digit) for digit in CARD]),
        ("credit-card", list(CARD)),
        ("credit-card", [CARD[i : i + 4] for i in range(0, 16, 4)]),
        ("aws-access-key-id", list(KEY)),
    ],
)
def test_pieces_in_an_array(rule: str, elements: list[object]) -> None:
    payload = json.dumps({"n": 1, "card": elements}).encode()
    finding = _find(payload, rule)
    assert json.loads(payload[slice(*finding.span)]) == elements and finding.pointer == "/card"
    assert finding.provenance[0] == "structure.byte-array"


@pytest.mark.parametrize("inner", [f"the key is {KEY}", json.dumps({"deep": [KEY]})])
def test_a_key_in_base64_in_gzip(inner: str) -> None:
    layer = base64.b64encode(gzip.compress(inner.encode(), mtime=0)).decode()
    payload = json.dumps({"blob": [layer]}).encode()
    finding = _find(payload, "aws-access-key-id")
    assert payload[slice(*finding.span)].decode() == layer and finding.pointer == "/blob/0"
    assert finding.provenance[:2] == ("base64", "gzip")


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("key", ["password", "pass\u200bword", wide("password"), "p\u0430ssword", "user\u2060Password"])
def test_a_key_is_read_as_a_reader_reads_it(key: str, ascii_only: bool) -> None:
    payload = json.dumps({"x": {key: PASSWORD}}, ensure_ascii=ascii_only).encode()
    finding = _find(payload, "password")
    assert payload[slice(*finding.span)].decode() == PASSWORD


@pytest.mark.parametrize("key", ["ca\u200brd", wide("card"), "c\u0430rd"])
def test_a_bare_number_under_such_a_key(key: str) -> None:
    payload = json.dumps({key: int(CARD)}, ensure_ascii=False).encode()
    assert payload[slice(*_find(payload, "credit-card").span)].decode() == CARD
