"""The native pass asks for arrays that could spell something, and for no others; structure.py is the definition."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlpcore
from dlpcore import _native
from dlpcore.covert.structure import detect, wanted

INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))
PREFILTER = INSPECTOR._engine.anchors.prefilter
CARD = "5555555555554444"


def asked(payload: bytes) -> bool:
    scan = PREFILTER.scan(payload)
    return scan is not None and wanted(len(payload), scan)


def says(payload: bytes) -> bool:
    """Whether anything comes of a look at all arrays."""
    scan = PREFILTER.scan(payload, _native.O_TOKENS)
    assert scan is not None
    for report in detect(payload, scan, PREFILTER, 1 << 20):
        if report.found or report.bits >= 1.0:
            return True
        for view in (*report.views, *report.candidates):
            if view.data is not None and INSPECTOR.inspect(view.data, media="text").findings:
                return True
    return False


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (["ewr", "ord", "dfw", "sea", "lax", "atl", "ams", "lhr", "fra", "sjc"], False),
        (["512mb", "1gb", "2gb", "4gb", "8gb", "16gb", "32gb", "48gb", "64gb"], False),
        (
            ["check_run", "check_suite", "commit_comment", "create", "delete", "fork", "issues", "label", "member"],
            False,
        ),
        (["Server", "x.org", "Date", "Tue, 19 Jul 2022 04:37:49 GMT", "a", "b", "c", "d", "e", "f", "g"], False),
        ([f"word{i}" for i in range(40)], False),
        ([f"word{i % 20}" for i in range(40)], True),
        ([1, 2, 4, 6, 8, 12, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72], False),
        ([10, 20, 50, 100, 250, 500, 1000, 2000], False),
        ([1, 2, 3, 4, 5, 6, 7, 8], False),
        (list(map(int, CARD)), True),
        ([CARD[at : at + 4] for at in range(0, 16, 4)], True),
        ([CARD[at : at + 2] for at in range(0, 16, 2)], True),
        (list(b"meet me at the gate at noon"), True),
        (list("meet me at the gate at noon"), True),
        ([True] * 20, False),
        (
            [None, True, True, False, None, True, False, True, None, None, True, False, True, True, None, False] * 4,
            True,
        ),
        (["aGVsbG8gd29y", "bGQgaG93IGFyZSB5b3U"], False),  # a layer that holds nothing
        ([base64.b64encode(f"mail jane.doe{i}@example.com".encode()).decode() for i in range(2)], True),
        (["bug", "Good-first-issue"], False),
        ([[], {}] * 8, True),
        ([["a", "b", "c", "d", "e", "f"]] * 3, True),  # of single characters
    ],
)
def test_arrays(array: list[object], expected: bool) -> None:
    for space in (None, 1):
        payload = json.dumps({"values": array}, indent=space).encode()
        assert asked(payload) is expected
        assert expected or not says(payload)


_words = st.sampled_from(
    ["", "a", "b2", "é", "bug", "GATE", "ewr1", "aGVs", "bG8g", "d29ybGQ", "4111", "a b", 'x"y', "k" * 70]
)
_items = st.one_of(
    st.lists(st.integers(0, 9), max_size=20),
    st.lists(st.integers(0, 300), max_size=20),
    st.lists(st.sampled_from(b" \tetaoinshr"), max_size=40),
    st.lists(st.sampled_from("etaoin shrdlu4é"), max_size=40),
    st.lists(_words, max_size=24),
    st.lists(st.sampled_from(["north", "south", "east", "west", "up"]), max_size=40),
    st.lists(st.sampled_from([None, True, False, "", [], {}]), max_size=40),
    st.text("abcdefgh0123456789 @.", max_size=60).map(
        lambda text: [base64.b64encode(text.encode()).decode()[at : at + 5] for at in range(0, len(text), 5)]
    ),
)
_mixed = st.recursive(_items, lambda inner: st.lists(st.one_of(inner, st.none(), _words), max_size=6), max_leaves=6)


@settings(max_examples=300)
@given(_mixed, st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", ":\t")]))
def test_what_says_something_is_asked_for(value: list[object], separators: tuple[str, str]) -> None:
    payload = json.dumps({"v": value}, separators=separators, ensure_ascii=False).encode()
    if not asked(payload):
        assert not says(payload)


@given(st.lists(st.binary(max_size=8), max_size=10))
def test_any_bytes(parts: list[bytes]) -> None:
    asked(b"[" + b",".join(b'"' + part + b'"' for part in parts) + b"]")
    asked(b"[" + b",".join(parts) + b"]")
