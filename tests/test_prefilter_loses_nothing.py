"""With and without the prefilter the findings are the same: on generated evasions, and on corpora where present."""

from __future__ import annotations

import base64
import gzip
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlpcore
from dlpcore import _native
from dlpcore.engines.pattern import PatternEngine
from dlpcore.rules import Anchor, Rule, RuleSet, builtin
from dlpcore.rules.literals import required
from dlpcore.views import Chained, OffsetMap, folded, subject
from tests import strategies

INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None, max_work=None))
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
        if (view := folded(what.text)) is not None:
            chained = Chained(OffsetMap(view[1]), offsets)
            for match in ENGINE.match(replace(what, text=view[0]))[0]:
                found.add((match.rule.id, *chained.span(match.start, match.end)))
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
        rules = anchors.rules(sorted(triggers))
        for match in ENGINE.match(what, rules)[0]:
            found.add((match.rule.id, *offsets.span(match.start, match.end)))
        if scan.tokens[index].flags & _native.F_FOLD and (view := folded(what.text)) is not None:
            chained = Chained(OffsetMap(view[1]), offsets)
            for match in ENGINE.match(replace(what, text=view[0]), rules)[0]:
                found.add((match.rule.id, *chained.span(match.start, match.end)))
    return found


def escaped(text: str, every: int) -> str:
    return "".join(
        f"\\u{ord(c):04x}" if every and i % every == 0 and ord(c) < 0x10000 else json.dumps(c)[1:-1]
        for i, c in enumerate(text)
    )


@pytest.mark.slow
@settings(max_examples=400)
@given(st.sampled_from(TEXTS), st.sampled_from(KEYS), st.integers(0, 3), strategies.text, strategies.text)
def test_on_examples_in_any_dress(text: str, key: str, every: int, before: str, behind: str) -> None:
    value = escaped(before + " " + text + " " + behind, every)
    own, plain = escaped(key, every), escaped(text, every)
    for payload in (
        f'{{"{own}":{{"a":["{value}","{plain}"]}}}}',
        f'[{{"name":"{own}","value":"{plain}"}},{{"value":"{plain}","name":"{own}"}},["{own}","{plain}"]]',
    ):
        data = payload.encode("utf-8", "surrogatepass")
        assert slow(data) <= fast(data)


@given(st.text("0123456789 -.()+/@:ABab", max_size=60), st.sampled_from(KEYS))
def test_on_digit_soup(text: str, key: str) -> None:
    payload = json.dumps({key: text}).encode()
    assert slow(payload) <= fast(payload)


@given(st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(KEYS))
def test_on_numbers(number: float, key: str) -> None:
    payload = json.dumps({key: [number]}).encode()
    assert slow(payload) <= fast(payload)


def _own(id: str, pattern: str, *targets: str) -> Rule:
    """A rule as a user's file makes it: gated by what its pattern requires."""
    literals = required(pattern)
    return Rule(
        id=id,
        title=id,
        entity=id,
        family=id,
        severity=dlpcore.Severity.LOW,
        pattern=pattern,
        strength=0.9,
        engine="auto",
        targets=frozenset(targets or ("string", "number", "key", "text")),
        vetoes=(),
        anchor=Anchor(literals=literals, always=not literals),
        bare=True,
    )


OWN = (
    _own("own-word", r"(?i)zq7[_-][a-f0-9]{4,12}"),
    _own("own-branches", r"(?:abc|xyz)-[0-9]{3,}|[kK]ey:[0-9]{2}"),
    _own("own-document", r"(?i)token\W{1,4}([a-z0-9]{8})", "document", "text"),
)
OWN_TEXTS = ["ZQ7-00ff", "see xyz-1234", "Key:77", "token", "a1b2c3d4", "token=a1b2c3d4"]
EVERYTHING = (*RULES, *OWN)
WITH = dlpcore.Inspector(RuleSet(EVERYTHING), limits=dlpcore.Limits(deadline=None, max_work=None))
WITHOUT = dlpcore.Inspector(
    RuleSet(tuple(replace(rule, anchor=Anchor(always=True)) for rule in EVERYTHING)),
    limits=dlpcore.Limits(deadline=None, max_work=None),
)
DRESSES: dict[str, Callable[[str], object]] = {
    "plain": lambda text: text,
    "escaped": lambda text: text,  # what json.dumps does not escape is escaped below
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "first full width": lambda text: chr(ord(text[0]) + 0xFEE0) + text[1:] if "!" <= text[:1] <= "~" else text,
    "zero-width inside": "\u200b".join,
    "look-alikes": lambda text: text.translate(str.maketrans("aeopcxyAKMT", "аеорсхуАКМТ")),
    "percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass")),
    "base64": lambda text: base64.b64encode(text.encode("utf-8", "surrogatepass")).decode(),
    "gzip": lambda text: base64.b64encode(gzip.compress(text.encode("utf-8", "surrogatepass"), mtime=0)).decode(),
    "json": lambda text: json.dumps({"inner": text}),
    "characters": list,
    "code points": lambda text: [ord(c) for c in text],
    "pieces": lambda text: [text[i : i + 4] for i in range(0, len(text), 4)],
}


def whole(inspector: dlpcore.Inspector, payload: bytes) -> set[tuple[object, ...]]:
    verdict = inspector.inspect(payload)
    assert verdict.complete, verdict.skipped
    return {(f.rule, f.spans) for f in verdict.findings if f.kind in ("sensitive-data", "destination")}


@pytest.mark.slow
@settings(max_examples=150)
@given(
    st.sampled_from([*TEXTS, *OWN_TEXTS * 20]),
    st.sampled_from([*KEYS, "token"]),
    st.sampled_from(sorted(DRESSES)),
    st.booleans(),
    st.booleans(),
)
def test_whole_inspections_of_evasions(text: str, key: str, dress: str, dressed_key: bool, ascii_only: bool) -> None:
    """With every rule tried on everything, nothing more is found than with the prefilter."""
    name = DRESSES["zero-width inside"](key) if dressed_key else key
    payload = json.dumps({"n": 1, str(name): {"v": DRESSES[dress](text)}}, ensure_ascii=ascii_only)
    if dress == "escaped":
        payload = payload.replace(key, escaped(key, 2))
    data = payload.encode("utf-8", "surrogatepass")
    assert whole(WITHOUT, data) <= whole(WITH, data)


@pytest.mark.slow
@pytest.mark.skipif(not CORPORA.is_dir(), reason="no corpora: set DLPCORE_CORPORA to a folder of JSON files")
def test_on_corpora() -> None:
    files = sorted(CORPORA.glob("machine/**/*.json"))[::9] + sorted(CORPORA.glob("human/**/*.json"))[::15]
    assert files
    for file in files:
        payload = file.read_bytes()
        missed = slow(payload) - fast(payload)
        assert not missed, (file.name, sorted(missed)[:3])
