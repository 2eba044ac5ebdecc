"""With and without the prefilter the findings are the same: on generated evasions, and on corpora where present."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlpcore
from dlpcore import _native
from dlpcore.engines.pattern import PatternEngine
from dlpcore.rules import builtin
from dlpcore.views import subject
from tests import strategies

INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))
RULES = list(builtin().rules)
ENGINE = PatternEngine(RULES)
PLAIN = _native.Prefilter(max_candidates=1 << 30)
CORPORA = Path(os.environ.get("DLPCORE_CORPORA", Path(__file__).parents[2] / "shared" / "corpora"))
TEXTS = [e.data.decode("utf-8", "replace") for r in RULES for e in (*r.examples, *r.negatives) if e.form == "text"]
KEYS = ["card", "ssn", "password", "api_key", "iban", "phone", "id", "note", "taxId", "birthDate", "accountNumber", "x"]


def slow(payload: bytes) -> set[tuple[str, int, int]]:
    """Every rule on every token."""
    found: set[tuple[str, int, int]] = set()
    scan = PLAIN.scan(payload, _native.O_TOKENS)
    for token in scan.tokens if scan else ():
        what, offsets = subject(payload, token)
        for match in ENGINE.match(what)[0]:
            found.add((match.rule.id, *offsets.span(match.start, match.end)))
    return found


def fast(payload: bytes) -> set[tuple[str, int, int]]:
    """What the prefilter lets through, before overlaps are merged."""
    found: set[tuple[str, int, int]] = set()
    anchors = INSPECTOR._engine.anchors
    scan = anchors.prefilter.scan(payload)
    called: dict[int, set[int]] = {}
    for hit in scan.hits if scan else ():
        called.setdefault(hit.token, set()).add(hit.trigger)
    for index, triggers in called.items():
        if scan is None or index == _native.NO_TOKEN:
            continue
        what, offsets = subject(payload, scan.tokens[index])
        for match in ENGINE.match(what, anchors.rules(sorted(triggers)))[0]:
            found.add((match.rule.id, *offsets.span(match.start, match.end)))
    return found


def escaped(text: str, every: int) -> str:
    return "".join(
        f"\\u{ord(c):04x}" if every and i % every == 0 and ord(c) < 0x10000 else json.dumps(c)[1:-1]
        for i, c in enumerate(text)
    )


@settings(max_examples=400)
@given(st.sampled_from(TEXTS), st.sampled_from(KEYS), st.integers(0, 3), strategies.text, strategies.text)
def test_on_examples_in_any_dress(text: str, key: str, every: int, before: str, behind: str) -> None:
    value = escaped(before + " " + text + " " + behind, every)
    payload = f'{{"{escaped(key, every)}":{{"a":["{value}","{escaped(text, every)}"]}}}}'.encode(
        "utf-8", "surrogatepass"
    )
    assert slow(payload) <= fast(payload)


@given(st.text("0123456789 -.()+/@:ABab", max_size=60), st.sampled_from(KEYS))
def test_on_digit_soup(text: str, key: str) -> None:
    payload = json.dumps({key: text}).encode()
    assert slow(payload) <= fast(payload)


@given(st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(KEYS))
def test_on_numbers(number: float, key: str) -> None:
    payload = json.dumps({key: [number]}).encode()
    assert slow(payload) <= fast(payload)


@pytest.mark.slow
@pytest.mark.skipif(not CORPORA.is_dir(), reason="no corpora: set DLPCORE_CORPORA to a folder of JSON files")
def test_on_corpora() -> None:
    files = sorted(CORPORA.glob("machine/**/*.json"))[::3] + sorted(CORPORA.glob("human/**/*.json"))[::5]
    assert files
    for file in files:
        payload = file.read_bytes()
        missed = slow(payload) - fast(payload)
        assert not missed, (file.name, sorted(missed)[:3])
