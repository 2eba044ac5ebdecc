"""Labelled payloads for the detection benchmarks: a value at a known place of a realistic document, and the count.

A *case* is a text with, or without, a value to be found. It is embedded in a document as services exchange them
(events, pages of records, chats, configurations), among identifiers, times and prose. A positive case is found when a
finding of its family lies over the value and points to its member; a negative case is a false positive when any
finding above ``info`` lies over its text. Everything is seeded: the same arguments, the same bytes.
"""

from __future__ import annotations

import json
import random
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import dlpcore

__all__ = ["Case", "Payload", "Tally", "alnum", "embed", "measure", "split"]

_MARK = "\x00the value\x00"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LOWER = UPPER.lower()
DIGITS = "0123456789"
_WORDS = (
    "order",
    "user",
    "account",
    "invoice",
    "item",
    "report",
    "build",
    "deploy",
    "region",
    "service",
    "status",
    "event",
    "webhook",
    "message",
    "team",
    "project",
    "branch",
    "commit",
    "review",
    "release",
    "customer",
    "address",
    "shipment",
    "payment",
    "ticket",
    "session",
    "device",
    "profile",
    "group",
)
_NAMES = ("Jane Smith", "Li Wei", "Ana Souza", "Omar Haddad", "Kofi Mensah", "Mia Novak", "Yuki Tanaka", "Ivan Petrov")
_SENTENCES = (
    "The build finished after the cache was warmed.",
    "Please review the changes before Friday.",
    "We moved the meeting to the large room.",
    "Shipping takes three to five working days.",
    "The page loads slowly on older phones.",
    "Thanks for the quick answer, that solved it.",
)
#: Keys that say nothing about their value.
NEUTRAL = ("value", "data", "content", "text", "body", "message", "note", "comment", "description", "payload", "input")


@dataclass(frozen=True, slots=True)
class Case:
    """``text`` is a member's value; ``find`` the part that must be found (``None``: nothing may be).

    Attributes:
        family: the family that a finding must have (``"secrets"``, …); for negatives what is counted under.
        label: the row of the table that the case belongs to.
        key: the name of the member; ``None`` for one that says nothing.
        number: whether the value is written as a JSON number.
    """

    family: str
    label: str
    text: str
    find: str | None = None
    key: str | None = None
    number: bool = False
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Payload:
    """A document with the case in it: bytes, the pointer of the member, and the half-open byte span of what counts."""

    data: bytes
    pointer: str
    start: int
    end: int


@dataclass(slots=True)
class Tally:
    """Counts of one row: hits and tries of positives, false positives and tries of negatives, wrong pointers."""

    found: int = 0
    positives: int = 0
    false: int = 0
    negatives: int = 0
    pointers: int = 0
    missed: list[Case] = field(default_factory=list)
    wrong: list[tuple[Case, str]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.found += other.found
        self.positives += other.positives
        self.false += other.false
        self.negatives += other.negatives
        self.pointers += other.pointers


def alnum(rng: random.Random, size: int, alphabet: str = UPPER + LOWER + DIGITS) -> str:
    """``size`` random characters."""
    return "".join(rng.choices(alphabet, k=size))


def _filler(rng: random.Random) -> tuple[str, Any]:
    """A member as machines write them, with nothing to be found in it."""
    word = rng.choice(_WORDS)
    number = rng.randrange(10**9)
    return rng.choice(
        (
            ("id", number),
            (f"{word}_id", str(uuid.UUID(int=rng.getrandbits(128), version=4))),
            (
                "created_at",
                f"20{rng.randrange(10, 27)}-0{rng.randrange(1, 10)}-1{rng.randrange(10)}T10:0{number % 10}:00Z",
            ),
            ("updated", 1_500_000_000 + number % 300_000_000),
            ("sha", f"{rng.getrandbits(160):040x}"),
            ("url", f"https://api.example.com/v1/{word}s/{number}"),
            ("name", rng.choice(_NAMES)),
            ("title", f"{word} {rng.choice(_WORDS)}"),
            (f"{word}_count", number % 1000),
            ("enabled", bool(number % 2)),
            ("score", (number % 10_000) / 100),
            ("summary", rng.choice(_SENTENCES)),
            ("type", word),
            ("parent", None),
            ("tags", [word, rng.choice(_WORDS)]),
        )
    )


def _members(rng: random.Random, count: int) -> dict[str, Any]:
    return dict(_filler(rng) for _ in range(count))


def _step(name: str | int) -> str:
    return "/" + str(name).replace("~", "~0").replace("/", "~1")


def embed(case: Case, rng: random.Random) -> Payload:
    """The case as a member of a realistic document."""
    key = case.key if case.key is not None else rng.choice(NEUTRAL)
    before, after = list(_members(rng, rng.randrange(1, 5)).items()), list(_members(rng, rng.randrange(1, 5)).items())
    inner: Any = dict([*((k, v) for k, v in before if k != key), (key, _MARK), *((k, v) for k, v in after if k != key)])
    pointer = _step(key)
    steps = [*reversed(case.path)] or rng.sample(
        ("data", "payload", "event", "result", "spec", "attributes"), rng.randrange(3)
    )
    for step in steps:
        if rng.random() < 0.25 and not case.path:
            rows = [_members(rng, 4) for _ in range(rng.randrange(3))]
            place = rng.randrange(len(rows) + 1)
            inner, pointer = [*rows[:place], inner, *rows[place:]], _step(place) + pointer
        outer = _members(rng, rng.randrange(1, 6))
        outer.pop(step, None)
        inner, pointer = {**outer, step: inner}, _step(step) + pointer
    style: dict[str, Any] = rng.choice(({"separators": (",", ":")}, {}, {"indent": 2}))
    ascii_only = rng.random() < 0.7
    document = json.dumps(inner, ensure_ascii=ascii_only, **style)

    def written(text: str) -> bytes:
        return text.encode() if case.number else json.dumps(text, ensure_ascii=ascii_only)[1:-1].encode()

    mark = json.dumps(_MARK).encode()
    if not case.number:
        mark = mark[1:-1]
    data = document.encode()
    at = data.index(mark)
    wanted = case.find if case.find is not None else case.text
    offset = case.text.index(wanted)
    start = at + len(written(case.text[:offset]))
    return Payload(data.replace(mark, written(case.text)), pointer, start, start + len(written(wanted)))


def _judge(inspector: dlpcore.Inspector, case: Case, payload: Payload, tally: Tally) -> None:
    findings = [
        f
        for f in inspector.inspect(payload.data).findings
        if f.kind in ("sensitive-data", "yara")
        and f.severity > dlpcore.Severity.INFO
        and any(start < payload.end and payload.start < end for start, end in f.spans)
    ]
    if case.find is None:
        tally.negatives += 1
        if findings:
            tally.false += 1
            tally.wrong.append((case, findings[0].rule))
        return
    tally.positives += 1
    hits = [f for f in findings if f.family == case.family or (f.kind == "yara" and case.family == "code")]
    if hits:
        tally.found += 1
        tally.pointers += any(f.pointer == payload.pointer for f in hits) or hits[0].kind == "yara"
    else:
        tally.missed.append(case)


def measure(cases: Iterable[Case], inspector: dlpcore.Inspector, seed: int = 1) -> dict[tuple[str, str], Tally]:
    """Embeds and inspects each case; tallies by (family, label)."""
    rng = random.Random(seed)
    rows: dict[tuple[str, str], Tally] = defaultdict(Tally)
    for case in cases:
        _judge(inspector, case, embed(case, rng), rows[case.family, case.label])
    return dict(rows)


def split(cases: Iterable[Case], half: int) -> Iterator[Case]:
    """One half (0 or 1) of the cases: strengths are chosen on one and reported on the other."""
    seen: dict[tuple[str, str, bool], int] = defaultdict(int)
    for case in cases:
        row = case.family, case.label, case.find is None
        if seen[row] % 2 == half:
            yield case
        seen[row] += 1
