"""Messages in arrays are found and recovered; honest arrays are not."""

from __future__ import annotations

import base64
import json
import random

import pytest

import dlpcore
from dlpcore import _native
from dlpcore.covert import ChannelReport
from dlpcore.covert.structure import CHANNELS, detect, wanted
from tests.embedders import structure as embed

PREFILTER = _native.Prefilter()
INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))
LIMIT = 1 << 20
LETTER = (
    b"Dear all, the quarterly numbers are attached. Please keep them to yourselves until the board has met on Friday, "
    b"since two of the larger customers asked for new terms, and what we grant to one of them the other will hear of "
    b"before long. Margins in the north are down by a fifth; I would rather explain this in person than read about it "
    b"in the papers. The draft of the contract is in the usual place, its password you know."
)
MESSAGE = b"The key is under the mat by the north gate, come at noon and bring the report"


def reports(payload: bytes) -> dict[str, ChannelReport]:
    scan = PREFILTER.scan(payload)
    if scan is None or not wanted(len(payload), scan):
        return {}
    return {r.channel: r for r in detect(payload, scan, PREFILTER, LIMIT)}


@pytest.mark.parametrize("name", embed.EMBEDDERS)
def test_each_embedder_is_found_and_recovered(name: str) -> None:
    payload = embed.EMBEDDERS[name](MESSAGE)
    report = reports(payload)[name.partition("/")[0]]
    assert report.found
    assert MESSAGE in [c.data for c in report.candidates]
    (start, end), *_ = report.spans
    assert payload[start : start + 1] == b"[" and payload[end - 1 : end] == b"]"


@pytest.mark.parametrize("name", ["structure.byte-array/bytes", "structure.shape/empties", "structure.shape/nested"])
def test_it_is_a_finding_of_structure_that_blocks(name: str) -> None:
    verdict = INSPECTOR.inspect(embed.EMBEDDERS[name](MESSAGE))
    finding = next(f for f in verdict.findings if f.rule == name.partition("/")[0])
    assert (finding.kind, finding.severity, finding.pointer) == ("structure", "critical", "/values")
    assert finding.recovered == MESSAGE
    assert verdict.action == "block"


@pytest.mark.parametrize("size", [4, 8, 16])
def test_a_few_bytes_in_empty_containers(size: int) -> None:
    for write in (embed.empties, embed.nested):
        assert reports(write(MESSAGE[:size]))["structure.shape"].found


def test_a_card_in_pieces_is_found() -> None:
    card = b"card: 4111 1111 1111 1111"
    for write in (embed.byte_array, embed.characters, embed.pieces):
        finding = next(f for f in INSPECTOR.inspect(write(card)).findings if f.rule == "credit-card")
        assert finding.provenance[0] == "structure.byte-array"
        assert finding.pointer == "/values"


def test_words_that_depend_on_their_place_are_found_in_any_order() -> None:
    """A list in no order is a cipher; that it is one of text can be told."""
    words = [f"{(at * 7919) % 1009:04}" for at in range(67)]
    digits = base64.b64encode(LETTER).decode()
    payload = json.dumps({"values": [words[(ord(digit) * 31) % 67] for digit in digits]}).encode()
    report = reports(payload)["structure.wordlist"]
    assert (report.found, report.severity, report.candidates) == (True, "medium", ())


def test_views_are_no_finding() -> None:
    payload = b'{"grades": [4, 1, 3, 2, 5, 1, 2, 2, 3, 4, 1, 1], "names": ["Ann", "Bob", "Cy", "Di", "Ed", "Flo"]}'
    assert not INSPECTOR.inspect(payload).findings


RANDOM = random.Random(5)
HONEST = {
    "colours": [[RANDOM.randrange(256) for _ in range(3)] for _ in range(40)],
    "histogram": [RANDOM.randrange(120) for _ in range(64)],
    "bytes of an image": [RANDOM.randrange(256) for _ in range(64)],
    "measured": [min(126, max(33, 80 + round(RANDOM.gauss(0, 4)))) for _ in range(64)],
    "heart rate": [int(90 + 8 * RANDOM.random()) for _ in range(40)],
    "ages": [RANDOM.randrange(18, 90) for _ in range(40)],
    "ascending": list(range(97, 123)),
    "percent": [RANDOM.choice((25, 50, 75, 100)) for _ in range(40)],
    "scores": [RANDOM.randrange(60, 101) for _ in range(40)],
    "alphabet": list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    "sizes": ["XS", "S", "M", "L", "XL", "XXL", "3XL", "4XL"],
    "languages": ["en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv", "ja", "zh", "ko"],
    "days": [True, True, True, True, True, False, False],
    "states": [RANDOM.choice(("ok", "failed", "skipped")) for _ in range(120)],
    "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] * 8,
    "empty rows": [[] for _ in range(30)],
    "nulls": [None] * 40,
    "cells of a table": [word for _ in range(60) for word in (RANDOM.choice("GPD"), RANDOM.choice("abcdefgh"))],
    "two kinds of two": [word for _ in range(80) for word in (RANDOM.choice("xy"), RANDOM.choice("uv"))],
    "months": [f"{month}" for month in ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep"] * 12][:-1],
    "thirty categories": [f"category {round(RANDOM.expovariate(0.2))}" for _ in range(300)],
    "a walk": [f"{at // 3 % 11:02}-step" for at in range(200)],
    "words of a sentence": (
        "to be or not to be that is the question and the answer is to be sought by those " * 6
    ).split(),
    "topics": ["atom", "electron", "octocat", "api", "Webhooks", "REST", "GraphQL2"],
    "matrix": [[0, 1, 0, 0, 1, 1, 0, 1] for _ in range(8)],
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_arrays_are_not_found(name: str) -> None:
    payload = json.dumps({"values": HONEST[name]}).encode()
    assert not [r for r in reports(payload).values() if r.found]
    assert INSPECTOR.inspect(payload).action == "allow"


def test_clean_documents_are_not_looked_at_twice() -> None:
    payload = b'{"a": [1, 2, 3], "b": ["x", "y"], "c": [], "d": [true], "e": [1.5, 1200, 7, 9, 1024, 5000, 90000]}'
    assert PREFILTER.scan(payload) is None


def test_every_channel_has_its_id() -> None:
    assert {name.partition("/")[0] for name in embed.EMBEDDERS} == set(CHANNELS)


@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 200_000,
        b"[1," * 100_000,
        b"[" + b"1," * 200_000,
        b"[" + b'"ab",' * 100_000,
        b"[" + b" " * 400_000,
        b"[[],{}," * 60_000,
        b"[" + b"[],{}," * 60_000 + b"[]]",
        b'[["a",' * 60_000,
    ],
    ids=range(8),
)
def test_hostile_arrays_end(payload: bytes) -> None:
    scan = PREFILTER.scan(payload)
    assert scan is not None
    detect(payload, scan, PREFILTER, 1 << 16)
