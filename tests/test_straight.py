"""The straight path answers as the long way does, remembers no value, and stays small, whoever asks it."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlpcore
from dlpcore import Inspector, Limits, Verdict
from dlpcore import straight as straight_module
from dlpcore.rules import builtin
from dlpcore.straight import Straight

KEY = b"k" * 32
CARD = b'{"id":17,"card":"4111111111111111"}'
#: What rules say of themselves that they find, and that they do not find.
VALUES = [
    example.data.decode()
    for rule in builtin().rules
    for example in (*rule.examples, *rule.negatives)
    if len(example.data) < 300 and example.form == "text"
]
KEYS = [
    *("id", "card", "ssn", "iban", "phone", "email", "note", "token", "password", "api_key", "tax_id", "value", "x-y"),
    *("Karte", "número", "order_id", "passport", "name"),
]


def paths() -> tuple[Inspector, Inspector]:
    """An inspector as it is, and one that takes the long way; both have seen a suspicious payload."""
    straight, long = Inspector(key=KEY, limits=Limits(deadline=None)), Inspector(key=KEY, limits=Limits(deadline=None))
    for each in (straight, long):
        assert each.inspect(CARD).findings
    long._first_pass = long._engine.anchors.prefilter.first_pass(long._longest)
    return straight, long


STRAIGHT, LONG = paths()


def went_straight(payload: bytes, inspector: Inspector = STRAIGHT) -> int | None:
    """How far the straight path was gone: 3 to the end, 2 through the tokens, else ``None``."""
    seen = inspector._first_pass(payload)
    return 3 if isinstance(seen, Verdict) else 2 if isinstance(seen, tuple) and len(seen) == 2 else None


def straight_of(inspector: Inspector) -> Straight:
    """What an inspector asks plain tokens by, with what it remembers."""
    engine = inspector._engine
    straight = Straight(engine.anchors, engine.patterns, engine.ruler, engine.key)
    inspector._first_pass = engine.anchors.prefilter.first_pass(inspector._longest, straight.given())
    return straight


def said(verdict: Verdict) -> dict[str, Any]:
    inner = [[(repr(carrier), span) for carrier, span in finding.inner] for finding in verdict.findings]
    return {**verdict.to_dict(), "values": [finding.matched for finding in verdict.findings], "inner": inner}


digits = st.text("0123456789", min_size=5, max_size=20)


@st.composite
def cards(draw: st.DrawFn) -> str:
    """Digits that begin as cards do, most of them with a check digit that is right."""
    head = draw(st.sampled_from(["4", "51", "37", "6011", "36", "62", "50", "220"])) + draw(digits)
    head = head[: draw(st.integers(11, 18))]
    double = [int(digit) * 2 for digit in reversed(head)][::2]
    total = sum(value - 9 * (value > 9) for value in double) + sum(int(digit) for digit in head[-2::-2])
    return head + str((-total + draw(st.sampled_from([0, 0, 0, 1]))) % 10)


values = st.one_of(
    st.sampled_from(VALUES),
    cards(),
    digits,
    cards().map(int),
    digits.map(int),
    st.tuples(st.sampled_from(["to ", "Tel. ", "=", "a", "ö"]), st.sampled_from(VALUES)).map("".join),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)
members = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(KEYS), members, max_size=5), st.booleans())
def test_it_answers_as_the_long_way(document: dict[str, Any], ascii_only: bool) -> None:
    payload = json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert said(STRAIGHT.inspect(payload)) == said(LONG.inspect(payload))


def test_it_answers_as_the_long_way_of_the_examples_of_rules() -> None:
    gone = 0
    for i, value in enumerate(VALUES[::8]):
        payload = json.dumps(
            {("value", "number", "secret")[i % 3]: value, KEYS[i % len(KEYS)]: [value[:-1], i]}
        ).encode()
        assert said(STRAIGHT.inspect(payload)) == said(LONG.inspect(payload)), payload
        gone += went_straight(payload) is not None
    assert gone > len(VALUES[::8]) / 4


def test_what_goes_straight() -> None:
    assert went_straight(CARD) == 3
    assert went_straight(b'{"a":["4111111111111111",{"ssn":"536-22-8146"}],"mail":"jane.doe@example.com"}\n') == 3
    assert went_straight(b'{"card": "4111111111111111","a":1}') == 3  # what its white space costs is told and no more
    spaced = b'{"card":   "4111111111111111","a": 1, "b":2,"c":   3 ,"d":\t4}'
    assert went_straight(spaced) == 2  # its white space is to be looked at
    assert went_straight(b'{"card":"\\u0034111111111111111"}') is None
    assert went_straight('{"card":"４111111111111111"}'.encode()) is None


COUNTING = """
name = "counting"
[[rule]]
id = "many"
action = "block"
entity = "credit_card"
count = 2
"""


def test_only_what_the_policy_decides_by_class_goes_straight(tmp_path: Path) -> None:
    """Counts, impatience and small limits are for the long way."""
    two = b'{"card":"4111111111111111","other":"5555555555554444"}'
    counting = tmp_path / "counting.toml"
    counting.write_text(COUNTING)
    for inspector in (
        Inspector(policy=counting),
        Inspector(limits=Limits(deadline=0.001)),
        Inspector(limits=Limits(max_findings=1)),
        Inspector(policy="gdpr"),
    ):
        inspector.inspect(CARD)
        assert went_straight(two, inspector) is None, inspector


def test_findings_are_made_once() -> None:
    verdict = STRAIGHT.inspect(CARD)
    assert verdict.findings is verdict.findings
    assert verdict.findings[0].pointer == "/card"
    many: list[tuple[dlpcore.Finding, ...]] = []
    shared = STRAIGHT.inspect(b'{"card":"4111111111111111","a":"5555555555554444","b":"378282246310005"}')
    threads = [threading.Thread(target=lambda: many.append(shared.findings)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(found) for found in many}) == 1


def test_threads_share_it() -> None:
    payloads = [json.dumps({f"card{i % 7}": value, "n": i}).encode() for i, value in enumerate(VALUES[:300])]
    expected = [said(LONG.inspect(payload)) for payload in payloads]
    fresh, _ = paths()
    wrong: list[bytes] = []

    def work(start: int) -> None:
        for i in range(len(payloads)):
            at = (i + start) % len(payloads)
            if said(fresh.inspect(payloads[at])) != expected[at]:
                wrong.append(payloads[at])

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 75, 150, 225)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_what_it_remembers_is_bounded_and_holds_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(straight_module, "_MOST_PLACES", 16)
    monkeypatch.setattr(straight_module, "_MOST_SHARED", 32)
    inspector, _ = paths()
    straight = straight_of(inspector)
    places, shared = straight._places, straight._shared
    for i, value in enumerate(VALUES[:400]):
        inspector.inspect(json.dumps({f"key{i}": value, f"card{i}": "4111111111111111"}).encode())
        assert len(places) <= 16
        assert len(shared) <= 32
    assert places
    assert not any(b"4111111111111111" in place for place in places)
    assert "4111111111111111" not in repr(places) + repr(shared)


def test_a_validator_that_fails_fails_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception in what is called back comes out, and the next call goes on."""
    inspector, _ = paths()
    payload = b'{"mail":"jane.doe@example.com"}'
    expected = said(LONG.inspect(payload))
    inner = straight_of(inspector)
    assert went_straight(payload, inspector) == 3

    def fail(*_: object) -> None:
        raise RuntimeError("out of order")

    for place, (asks, more, rest) in list(inner._places.items()):
        inner._places[place] = (tuple((*ask[:3], (fail,), b"\0", *ask[5:]) for ask in asks), more, rest)
    with pytest.raises(RuntimeError, match="out of order"):
        inspector.inspect(payload)
    inner._places.clear()
    assert said(inspector.inspect(payload)) == expected


FIGURES = st.one_of(
    st.integers(0, 300).map(str),
    st.sampled_from(["0", "00", "000", "01", "10", "127", "172", "192", "666", "900", "078", "05", "1120", "0000"]),
)


@given(st.lists(FIGURES, min_size=1, max_size=5), st.sampled_from([".", "-", " ", ""]), st.sampled_from(KEYS))
def test_what_the_native_code_checks_itself_is_checked_alike(parts: list[str], joined: str, key: str) -> None:
    payload = json.dumps({key: joined.join(parts)}).encode()
    assert said(STRAIGHT.inspect(payload)) == said(LONG.inspect(payload))


CHARACTERS = st.sampled_from(
    ["4", "0", "x", "X", "x", "*", ".", "_", "AKIAIOSFODNN7", "ghp_", "noreply", "no-reply", "@", "a"]
)


@given(
    st.lists(CHARACTERS, min_size=1, max_size=40),
    st.sampled_from(["", "@example.com", "EXAMPLE"]),
    st.sampled_from(KEYS),
)
def test_what_the_native_code_refuses_itself_is_refused_alike(parts: list[str], tail: str, key: str) -> None:
    payload = json.dumps({key: "".join(parts) + tail}).encode()
    assert said(STRAIGHT.inspect(payload)) == said(LONG.inspect(payload))
