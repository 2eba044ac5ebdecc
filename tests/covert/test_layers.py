"""Layers come off one by one, under one budget."""

from __future__ import annotations

import base64
import gzip
import json
import zlib

import pytest

import dlpcore
from dlpcore.covert.budget import Budget
from dlpcore.covert.layers import peel

CARD = b"4111111111111111"
INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))


def budget(**limits) -> Budget:
    return Budget(dlpcore.Limits(**limits), lambda: 0.0)


@pytest.mark.parametrize(
    ("encode", "name"),
    [
        (base64.b64encode, "base64"),
        (base64.urlsafe_b64encode, "base64"),
        (lambda d: base64.b64encode(d).rstrip(b"="), "base64"),
        (base64.encodebytes, "base64"),
        (lambda d: d.hex().encode(), "base16"),
        (lambda d: d.hex().upper().encode(), "base16"),
        (gzip.compress, "gzip"),
        (zlib.compress, "zlib"),
        (lambda d: b"data:text/plain;base64," + base64.b64encode(d), "data-uri"),
    ],
)
def test_one_layer(encode, name: str) -> None:
    text = b"card number " + CARD + b", expires 12/29 \xe2\x82\xac"
    layer = peel(encode(text), budget())
    assert layer is not None
    assert layer == (name, text)


@pytest.mark.parametrize(
    "text",
    [
        b"https://api.example.com/users/octocat/repos",
        b"da39a3ee5e6b4b0d3255bfef95601890afd80709",
        b"7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
        b"The quick brown fox",
        b"550e8400-e29b-41d4-a716-446655440000",
        b"",
    ],
)
def test_what_is_not_a_layer(text: bytes) -> None:
    assert peel(text, budget()) is None


def find_card(payload: bytes) -> dlpcore.Finding:
    return next(f for f in INSPECTOR.inspect(payload).findings if f.rule == "credit-card")


@pytest.mark.parametrize(
    ("value", "provenance"),
    [
        (base64.b64encode(b"card: " + CARD).decode(), ("base64",)),
        (base64.b64encode(gzip.compress(b"card: " + CARD)).decode(), ("base64", "gzip")),
        (base64.b64encode(base64.b64encode(zlib.compress(b"card: " + CARD))).decode(), ("base64", "base64", "zlib")),
        ('{"card": 4.111111111111111e15}', ("json",)),
        (json.dumps({"x": '{"card": 4.111111111111111e15}'}), ("json", "json")),
        (base64.b64encode(gzip.compress(b'{"card": "' + CARD + b'"}')).decode(), ("base64", "gzip", "json")),
        ((b"card: " + CARD).hex(), ("base16",)),
        ("data:text/plain;base64," + base64.b64encode(b"card: " + CARD).decode(), ("data-uri",)),
    ],
)  # fmt: skip
def test_a_card_inside_layers_is_found_with_its_provenance(value: str, provenance: tuple[str, ...]) -> None:
    payload = json.dumps({"order": {"blob": value}}).encode()
    finding = find_card(payload)
    assert finding.provenance == provenance
    assert finding.pointer == "/order/blob"
    start, end = finding.span
    assert json.loads(b'"' + payload[start:end] + b'"') == value


def test_layers_are_info_and_never_act() -> None:
    image = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(200)).decode()
    verdict = INSPECTOR.inspect(json.dumps({"logo": image}).encode())
    layers = [f for f in verdict.findings if f.kind == "layer"]
    assert [f.rule for f in layers] == ["layer.base64"]
    assert layers[0].severity == "info"
    assert layers[0].action == "allow"


def test_a_bomb_ends_in_a_note() -> None:
    bomb = base64.b64encode(gzip.compress(bytes(200 * 1024 * 1024), compresslevel=9)).decode()
    verdict = INSPECTOR.inspect(json.dumps({"a": bomb}).encode())
    assert not verdict.complete
    assert verdict.action == "block"
    assert any(s.what == "layer.gzip" and "expands past" in s.why for s in verdict.skipped)


def test_the_budget_is_shared() -> None:
    blob = base64.b64encode(gzip.compress(bytes(60_000))).decode()
    inspector = dlpcore.Inspector(limits=dlpcore.Limits(max_expansion=100_000, max_expansion_ratio=10_000))
    assert inspector.inspect(json.dumps([blob]).encode()).complete
    assert not inspector.inspect(json.dumps([blob, blob]).encode()).complete


def test_depth_of_layers_is_limited() -> None:
    value = b"card: " + CARD
    for _ in range(6):
        value = base64.b64encode(value)
    payload = json.dumps([value.decode()]).encode()
    assert find_card(payload).provenance == ("base64",) * 6
    shallow = dlpcore.Inspector(limits=dlpcore.Limits(max_layers=5)).inspect(payload)
    assert not shallow.complete
    assert any(s.what == "layers" and "max_layers" in s.why for s in shallow.skipped)


@pytest.mark.parametrize("cut", [20, 40, -8])
def test_a_damaged_stream_is_noted(cut: int) -> None:
    data = gzip.compress(b"card: " + CARD + bytes(range(256)) * 4)
    payload = json.dumps([base64.b64encode(data[:cut]).decode()]).encode()
    verdict = INSPECTOR.inspect(payload)
    assert not verdict.complete
    assert any(s.what == "layer.gzip" for s in verdict.skipped)
