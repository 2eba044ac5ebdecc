"""The first pass says what a scan says, in the objects that an inspection reads."""

from __future__ import annotations

import gc
import json
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlpcore import _native, covert

PREFILTER = _native.Prefilter(
    [(b"AKIA", False), (b"token", True), (b"]}]", 2)],
    [b"card", b"apikey"],
    ["email", "card", "digits"],
)
FIRST = PREFILTER.first_pass(1 << 20)

KEYS = st.sampled_from(("card", "name", "value", "api_key"))
VALUES = st.recursive(
    st.sampled_from(("AKIA0", "a token", "jane@example.com", "4111111111111111", "é", "a\nb", "", None, 1.5, 123456)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


@given(VALUES, st.sampled_from((b"", b" ", b"\n", b"\r\n", b"\n\n", b",")), st.booleans(), st.booleans())
def test_it_says_what_a_scan_says(value: object, tail: bytes, spaced: bool, raw: bool) -> None:
    payload = json.dumps(value, ensure_ascii=not raw, separators=None if spaced else (",", ":")).encode() + tail
    scan, records = PREFILTER.scan(payload, _native.O_SETTLE), FIRST(payload)
    if scan is None or records is None:
        assert scan is records is None
        return
    assert records is not False
    said = _native.said(records)
    if isinstance(said, _native.Scan):
        assert said == scan
        return
    calls, triggers = scan.by_token()
    assert said.calls == list(calls)
    assert set(triggers) == {*said.outside, *(trigger for call in said.calls for trigger in call[-1])}
    assert (said.lead_end, said.tail_start, said.max_depth) == (scan.lead_end, scan.tail_start, scan.max_depth)
    assert not scan.errors
    assert not scan.truncated
    # The end of the last line is no choice of a writer's.
    wanted = [family.name for family in covert.FAMILIES if family.wanted(said.tail_start, scan)]
    assert not wanted


@pytest.mark.parametrize("payload", ["{}", bytearray(b"{}"), memoryview(b"{}"), None, 1, b"[" * 70_000])
def test_it_leaves_what_it_does_not_take(payload: object) -> None:
    assert FIRST(payload) is False


def test_it_leaves_what_is_longer_than_it_may_be() -> None:
    few = PREFILTER.first_pass(2)
    assert few(b"{}") is None
    assert few(b"{ }") is False
    assert PREFILTER.first_pass(-1)(b"") is False


def test_it_outlives_its_prefilter_and_leaks_nothing() -> None:
    def made() -> _native.FirstPass:
        return _native.Prefilter([(b"AKIA", False)]).first_pass(100)

    first = made()
    gc.collect()
    payload = b'{"a":["AKIA","AKIA"]}'
    said = first(payload)
    before = sys.getrefcount(None)
    for _ in range(1000):
        assert first(payload) == said
    assert sys.getrefcount(None) - before < 100


def test_threads_may_share_it() -> None:
    payload = b'{"card":"4111111111111111","b":"jane@example.com"}'
    said = FIRST(payload)
    wrong: list[object] = []

    def work() -> None:
        wrong.extend(each for each in (FIRST(payload) for _ in range(2000)) if each not in (said, False))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
