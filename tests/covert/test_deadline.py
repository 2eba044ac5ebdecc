"""The deadline ends decoding inside a family; what is priced is priced all the same."""

from __future__ import annotations

import itertools
import json

import pytest

import dlpcore
from dlpcore import _native
from dlpcore.covert import FAMILIES, ChannelReport
from dlpcore.covert.channel import Late, in_time
from tests.embedders import choices, structure, unicode, whitespace

PREFILTER = _native.Prefilter()
HURRIED = dlpcore.Inspector(limits=dlpcore.Limits(deadline=1e-9))
MESSAGE = b"meet at the north gate"
ROWS = [{"id": i, "name": f"item {i}", "ok": i % 3 == 0, "price": i / 4, "url": f"a/b/{i}"} for i in range(300)]
COVER = json.dumps(ROWS, separators=(",", ":")).encode()
PAYLOADS = {
    "gaps": whitespace.ANY["whitespace.gaps/spread"](COVER, MESSAGE),
    "escapes": choices.LOSSLESS["escape.optional/letters"](COVER, MESSAGE),
    "numbers": choices.LOSSLESS["number.form/exponent"](COVER, MESSAGE),
    "keys": choices.OTHER["key.order/bits"](COVER, MESSAGE),
    "zero-width": unicode.RUNS["unicode.zero-width/base 2"](COVER, MESSAGE),
    "spaces": unicode.RUNS["unicode.spaces/run"](COVER, MESSAGE),
    "words": structure.two_words(MESSAGE),
}


def reports(payload: bytes, late: Late) -> dict[str, ChannelReport]:
    scan = PREFILTER.scan(payload)
    assert scan is not None
    found = [r for f in FAMILIES if f.wanted(len(payload), scan) for r in f.detect(payload, scan, PREFILTER, 999, late)]
    return {report.channel: report for report in found}


@pytest.mark.parametrize("name", [name for name in PAYLOADS if name != "words"])
def test_a_price_does_not_wait_for_its_decoding(name: str) -> None:
    whole, late = reports(PAYLOADS[name], in_time), reports(PAYLOADS[name], lambda work=0.0: True)
    assert {channel: r.bits for channel, r in whole.items()} == {channel: r.bits for channel, r in late.items()}
    assert any(MESSAGE in [c.data for c in r.candidates] for r in whole.values())
    assert not any(r.candidates for r in late.values())


@pytest.mark.parametrize("name", PAYLOADS)
def test_it_may_pass_at_any_time(name: str) -> None:
    """Asked for the first time, the second, and so on: the answers come out whole, and asking ends."""
    for calls in (0, 1, 2, 3, 5, 8, 13):
        answers = itertools.chain([False] * calls, itertools.repeat(True))
        asked = itertools.count()
        reports(PAYLOADS[name], lambda work=0.0, answers=answers, asked=asked: (next(asked), next(answers))[1])
        assert next(asked) <= calls + 80


@pytest.mark.parametrize("name", PAYLOADS)
def test_what_was_not_decoded_is_said(name: str) -> None:
    verdict = HURRIED.inspect(PAYLOADS[name])
    assert not verdict.complete
    assert any("deadline" in skip.why for skip in verdict.skipped)
