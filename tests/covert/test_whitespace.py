"""The white space channels: what honest writers do costs nothing, what embedders hide is found and recovered."""

from __future__ import annotations

import itertools
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlpcore
from dlpcore import _native
from dlpcore.covert import ChannelReport
from dlpcore.covert.whitespace import detect
from tests import strategies
from tests.embedders import whitespace as embed

PREFILTER = _native.Prefilter()
LIMIT = 1 << 20
RECORDS = [
    {"id": i, "name": f"item {i}", "tags": ["a", "b"], "size": {"w": i, "h": 2}, "on": i % 3 == 0, "note": None}
    for i in range(60)
]
PRETTY = json.dumps({"items": RECORDS}, indent=2).encode()
COMPACT = json.dumps({"items": RECORDS}, separators=(",", ":")).encode()
MESSAGE = b"key=hunter2; call me"


def reports(payload: bytes) -> dict[str, ChannelReport]:
    scan = PREFILTER.scan(payload)
    return {} if scan is None else {r.channel: r for r in detect(payload, scan, PREFILTER, LIMIT)}


def recovered(payload: bytes) -> list[bytes | None]:
    return [c.data for r in reports(payload).values() for c in r.candidates]


@given(strategies.documents())
def test_serializer_output_costs_nothing(document: bytes) -> None:
    assert sum(r.bits for r in reports(document).values()) == 0.0


@pytest.mark.parametrize(
    "document",
    [
        PRETTY,
        COMPACT,
        PRETTY + b"\n",
        PRETTY.replace(b"\n", b"\r\n") + b"\r\n",
        json.dumps(RECORDS).encode(),
        json.dumps(RECORDS, indent="\t").encode(),
        b"[\n]",
        b"[\n\n]\n",
        b'{"a": [],\n "b": {}}',
    ],
    ids=range(9),
)
def test_honest_layouts_are_not_found(document: bytes) -> None:
    assert not any(r.found for r in reports(document).values())


def test_jackson_php_and_python2_layouts_cost_nothing() -> None:
    jackson = b'{\n  "a" : 1,\n  "b" : [ 1, 2, 3 ],\n  "c" : {\n    "d" : [ ],\n    "e" : { }\n  }\n}'
    php = b'{\n    "a": 1,\n    "b": [\n        1,\n        2\n    ],\n    "c": {},\n    "d": []\n}'
    python2 = b'{\n  "a": 1, \n  "b": [\n    1, \n    2\n  ], \n  "c": 3\n}'
    for layout in (jackson, php, python2):
        assert sum(r.bits for r in reports(layout).values()) < 8.0, layout


ALL = [
    *(pytest.param(f, PRETTY, id=f"{name} pretty") for name, f in embed.PRETTY.items()),
    *(pytest.param(f, PRETTY, id=f"{name} any") for name, f in embed.ANY.items()),
    *(pytest.param(f, COMPACT, id=f"{name} compact") for name, f in (embed.ANY | embed.COMPACT).items()),
]


@pytest.mark.parametrize(("write", "cover"), ALL)
def test_each_embedder_keeps_the_value_and_is_found(write, cover) -> None:
    payload = write(cover, MESSAGE)
    if write is not embed.COMPACT["whitespace.gaps/jsmug"]:
        assert json.loads(payload) == json.loads(cover)
    assert any(r.found for r in reports(payload).values())


@pytest.mark.parametrize(("write", "cover"), ALL)
def test_each_embedder_is_recovered(write, cover) -> None:
    assert MESSAGE in recovered(write(cover, MESSAGE))


@pytest.mark.parametrize("order", [bytes(p) for p in itertools.permutations(b"\t\n\r ")])
@pytest.mark.parametrize("mark", [b"", b"\r\n\t ", b"    ", b"\t\t", b"\n \n"])
def test_a_run_in_any_order_behind_any_mark(order: bytes, mark: bytes) -> None:
    randomness = random.Random(order + mark)
    for write in (embed.trailing, embed.leading):
        for message in (b"A", b"Hi", b"4111111111111111", randomness.randbytes(24)):
            payload = write(b'{"a":1}', message, order, mark)
            found = [r for r in reports(payload).values() if r.found]
            assert found, (message, payload)
            if len(message) >= 2:
                assert message in recovered(payload), (message, payload)


@given(st.binary(min_size=1, max_size=1), st.permutations(list(b"\t\n\r ")))
def test_every_single_byte_in_four_symbols_is_found(message: bytes, order: list[int]) -> None:
    for write in (embed.trailing, embed.leading):
        payload = write(b"[1]", message, bytes(order), per_byte=4)
        assert any(r.found for r in reports(payload).values())


@given(st.binary(min_size=1, max_size=300))
def test_dolus_is_recovered_best(message: bytes) -> None:
    run = reports(embed.dolus(b'{"a":1}\n', message))["whitespace.trailing"]
    assert run.candidates[0].data == message
    assert run.candidates[0].decoders == ("dolus",)


@pytest.mark.parametrize("tail", [b"", b"\n", b"\r\n", b"\n\n", b" ", b"\r"])
def test_honest_tails(tail: bytes) -> None:
    assert not any(r.found for r in reports(b'{"a":1}' + tail).values())


def test_empty_arrays_and_objects_are_two_habits() -> None:
    """Ruby's pretty_generate of some versions breaks empty arrays over lines, and not empty objects."""
    members = ",\n".join(f'  "a{i}": [\n\n  ],\n  "o{i}": {{}}' for i in range(40))
    assert not any(r.found for r in reports(f"{{\n{members}\n}}".encode()).values())


def test_spans_point_at_the_odd_gaps() -> None:
    payload = embed.line_tails(PRETTY, b"attack")
    report = reports(payload)["whitespace.line-tails"]
    assert report.spans
    assert all(payload[start:end].startswith(b" \n") for start, end in report.spans)


def test_a_run_that_says_nothing_is_found_by_its_price() -> None:
    finding = next(
        f for f in dlpcore.Inspector().inspect(b"{}" + b" " * 600).findings if f.rule == "whitespace.trailing"
    )
    assert finding.severity == "high" and finding.confidence >= 0.5
    spoken = dlpcore.Inspector().inspect(embed.dolus(b"{}", b"meet at the north gate")).findings[0]
    assert spoken.severity == "critical" and spoken.confidence > 0.9


def test_recovery_stops_at_its_limit() -> None:
    payload = embed.dolus(b"[]", b"x" * 5000)
    inspector = dlpcore.Inspector(limits=dlpcore.Limits(max_recovered=1000))
    finding = next(f for f in inspector.inspect(payload).findings if f.rule == "whitespace.trailing")
    assert finding.recovered == b"x" * 1000
    assert any("max_recovered" in reason for reason in finding.reasons)
