"""What the native pass settles by itself says the same as the channels would: no finding, and the same price."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlpcore
from dlpcore import _native
from dlpcore.covert import keys
from dlpcore.covert.channel import in_time
from dlpcore.inspection import inspected

INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None, max_work=None))
PREFILTER = INSPECTOR._engine.anchors.prefilter


def unsettled(payload: bytes) -> dlpcore.Verdict:
    scan = PREFILTER.scan(payload)
    return inspected(INSPECTOR._engine, payload, scan, None, as_text=False, first_match=False)


def check(payload: bytes) -> dlpcore.Verdict:
    fast, slow = INSPECTOR.inspect(payload), unsettled(payload)
    assert [(f.rule, f.severity, f.spans) for f in fast.findings] == [
        (f.rule, f.severity, f.spans) for f in slow.findings
    ]
    told = {channel: bits for channel, bits in slow.capacity.items() if bits > 0.0}
    assert dict(fast.capacity) == pytest.approx(told, abs=1e-6)
    assert fast.action == slow.action
    return fast


STRINGS = st.one_of(
    st.sampled_from(
        [
            *(
                "two  spaces",
                "\u0436a\u0436",
                "\u0436 word",
                "\u3042a b",
                "a trailing blank ",
                " ",
                "no\u00a0break",
                "caf\u00e9",
                "cafe\u0301",
                "\u0430pple",
                "a / b",
                "<b>",
                "\n",
            ),
            *("deadbeefDEADBEEF", "DEADBEEFDEADBEEF", "deadbeefdeadbeef", "Jane@Example.ORG", "jane@example.org"),
            *("YWJjZB==", "YWJjZA==", "YWJjZGV=", "zero\u200bwidth", "\u200etext", "\u3000", "\U000e0041", "x\ufe0f"),
        ]
    ),
    st.text(st.sampled_from("ab. \u00e9\u0301/<\u00a0"), max_size=12),
)
NUMBERS = st.sampled_from(["1", "1.0", "3.0", "4.5", "1e0", "1E+2", "0", "-0", "0.0", "2.50", "1e21", "12.125"])


@st.composite
def documents(draw) -> bytes:
    """Objects of a few shapes whose writer takes freedoms with order, escapes, forms and letters."""

    def string(text: str) -> str:
        written = json.dumps(text, ensure_ascii=draw(st.booleans()))
        kind = draw(st.integers(0, 9))
        if kind == 0:
            written = written.replace("/", "\\/")
        if kind == 1:
            written = written.replace("\\u00", "\\u00").replace("e9", "E9")
        if kind == 2:
            written = written.replace("\\n", "\\u000a").replace("<", "\\u003c")
        return written

    names = ["id", "name", "note", "size", "at", "of"][: draw(st.integers(2, 6))]
    rows = []
    for _ in range(draw(st.integers(1, 12))):
        order = draw(st.permutations(names)) if draw(st.integers(0, 2)) == 0 else names
        blank = draw(st.sampled_from(["", "", "", "", "", "", " ", "  "]))
        values = [
            f'"{name}":{blank}{draw(NUMBERS) if draw(st.booleans()) else string(draw(STRINGS))}' for name in order
        ]
        rows.append("{" + ",".join(values) + "}")
    return ("[" + draw(st.sampled_from([",", ",\n", ", "])).join(rows) + "]").encode()


@given(documents())
def test_settled_or_not_the_verdict_is_the_same(payload: bytes) -> None:
    check(payload)


@given(st.integers(0, 2**32), st.integers(2, 9), st.integers(1, 40), st.integers(0, 5))
def test_no_order_that_may_be_read_is_settled(seed: int, size: int, count: int, kind: int) -> None:
    """The native look at orders of keys and the Python that decodes them, on messages and on noise."""
    draw = random.Random(seed)
    names = [f"key{k}" for k in range(size)]
    text = draw.choice(
        (b"meet me at noon", b'{"a":1}', b"PK\x03\x04", draw.randbytes(8), b"attack at dawn, bring the papers")
    )
    number = int.from_bytes(text, draw.choice(("big", "little")))
    rows = []
    for _ in range(count):
        left, order = list(names), []
        if kind == 0:
            draw.shuffle(left)
        elif kind == 1 and draw.random() < 0.2:
            left[:2] = left[1::-1]
        while left:
            digit = 0
            if kind >= 2:
                number, digit = divmod(number, len(left))
            order.append(left.pop(digit))
        rows.append(dict.fromkeys(order if kind != 3 else order[::-1], 1))
    payload = json.dumps(rows, separators=(",", ":")).encode()
    reports = keys._order(payload, 1 << 16, in_time)
    bits, beyond, may = _native.price_orders(payload)
    if not reports:
        assert not may
        return
    (report,) = reports
    if report.candidates:
        assert may or beyond >= 40.0  # then whatever it reads as is listed
    else:
        assert bits == pytest.approx(report.bits, abs=1e-6)


def test_a_price_alone_is_told_without_a_finding() -> None:
    verdict = check(b'[{"a":1,"b":2},{"b":1,"a":2},{"a":1,"b":2}]')
    assert not verdict.findings
    assert verdict.complete
    assert 0 < verdict.capacity["key.order"] < 16
    assert verdict.action is dlpcore.Action.ALLOW


def test_prices_that_are_a_finding_together_are_not_settled() -> None:
    """Each channel below its threshold, all together above that of the pool."""
    draw = random.Random(5)
    rows = []
    for n in range(24):
        mail = f"user{n}@" + "".join(c.upper() if n < 5 and draw.random() < 0.5 else c for c in "example.org")
        gap = " " * (n % 7 == 3)
        rows.append(
            f'{{"n":{n}{".0" * (n % 5 == 1)},{gap}"mail":"{mail}","s":"{"x  y" if n % 3 == 0 else "x y"} z w"}}'
        )
    check(("[" + ",".join(rows) + "]").encode())
