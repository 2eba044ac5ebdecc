"""The documents that everybody is timed on: generated ones, seeded, and captured ones from folders of the caller's."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import orjson

__all__ = ["CARD", "KEY", "Group", "adversarial", "generated", "large", "webhooks"]

#: What is planted: a card number of the test range, and a key of the format that AWS documents, of random characters.
CARD = "4111111111111111"
KEY = "AKIAZ7QD5RN3VXK2LMWT"

_WORDS = tuple(
    """
    amber anchor basket branch bridge button canvas carpet cellar cotton copper corner cradle garden gravel hammer
    harbor island jacket kettle ladder lantern marble meadow mirror needle orchard paddle pencil pepper pillow
    planet pocket ribbon saddle shelf silver stone summer temple thread timber tunnel valley velvet window winter
    """.split()  # noqa: SIM905 - a list of them would be fifty lines
)


class Group(NamedTuple):
    """Documents of one kind.

    Attributes:
        title: as the tables name it.
        documents: payloads.
        gate, aim: multiples of ``orjson.loads`` that the project asks of itself.
        everyone: whether the slow peers are timed on it too.
        clean: whether documents with a finding are left out (and counted).
        findings: how many findings each document must have; ``None`` for no such demand.
    """

    title: str
    documents: list[bytes]
    gate: float | None = None
    aim: float | None = None
    everyone: bool = False
    clean: bool = False
    findings: int | None = None


def _text(rng: random.Random, least: int, most: int) -> str:
    return " ".join(rng.choice(_WORDS) for _ in range(rng.randint(least, most)))


def _order(rng: random.Random) -> dict[str, Any]:
    lines = [
        {
            "line": line,
            "sku": f"{rng.choice(_WORDS)[:3].upper()}-{rng.randint(100, 999)}",
            "title": _text(rng, 2, 5),
            "quantity": rng.randint(1, 9),
            "price": round(rng.uniform(1, 400), 2),
            "in_stock": rng.random() < 0.8,
        }
        for line in range(rng.randint(8, 28))
    ]
    return {"order": rng.randint(1000, 9999), "state": "packed", "currency": "EUR", "lines": lines, "notes": None}


def _event(rng: random.Random) -> dict[str, Any]:
    return {
        "type": f"{rng.choice(_WORDS)}.updated",
        "version": 3,
        "created": f"2026-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}T0{rng.randint(0, 9)}:25:11Z",
        "object": {
            "labels": {rng.choice(_WORDS): _text(rng, 1, 3) for _ in range(12)},
            "metrics": {f"{rng.choice(_WORDS)}_ms": round(rng.uniform(0, 90), 3) for _ in range(20)},
            "steps": [{"step": n, "ok": True, "message": _text(rng, 3, 12)} for n in range(rng.randint(6, 16))],
        },
    }


def _catalog(rng: random.Random) -> list[dict[str, Any]]:
    return [
        {
            "id": rng.randint(1, 5000),
            "slug": "-".join(_text(rng, 2, 3).split()),
            "description": _text(rng, 6, 24),
            "tags": [rng.choice(_WORDS) for _ in range(4)],
            "size": {"width": rng.randint(1, 90), "height": rng.randint(1, 90)},
            "rating": round(rng.uniform(1, 5), 1),
        }
        for _ in range(rng.randint(5, 14))
    ]


def _records(count: int) -> list[bytes]:
    rng = random.Random(1)
    made: list[bytes] = []
    while len(made) < count:
        data = orjson.dumps(rng.choice((_order, _event, _catalog))(rng))
        if 1024 <= len(data) <= 4096:
            made.append(data)
    return made


def _luhn(digits: str) -> str:
    total = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def _one_card(records: list[bytes]) -> list[bytes]:
    rng = random.Random(2)
    made = []
    for record in records:
        card = _luhn("4" + "".join(rng.choices("0123456789", k=14)))
        made.append(b'{"payment":{"card":"' + card.encode() + b'","state":"open"},"order":' + record + b"}")
    return made


def _ten_findings(records: list[bytes]) -> list[bytes]:
    """Each record with five cards, three e-mail addresses, an IBAN and a key in it."""
    rng = random.Random(3)
    made = []
    for record in records:
        cards = [_luhn("5" + rng.choice("12345") + "".join(rng.choices("0123456789", k=13))) for _ in range(5)]
        mails = [f"{rng.choice(_WORDS)}.{rng.choice(_WORDS)}{n}@example.org" for n in range(3)]
        key = "AKIA" + "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16))
        parts = {
            "cards": [{"card": card, "label": _text(rng, 1, 3)} for card in cards],
            "recipients": [{"email": mail, "label": _text(rng, 1, 3)} for mail in mails],
            "iban": "DE89370400440532013000",
            "aws_access_key_id": key,
            "order": orjson.loads(record),
        }
        made.append(orjson.dumps(parts))
    return made


def _api_bodies(count: int) -> list[bytes]:
    """What services answer: links, mail addresses, hashes, times and opaque cursors, pretty-printed or not."""
    rng = random.Random(4)
    made = []
    for n in range(count):
        host = f"https://api.{rng.choice(_WORDS)}.example"
        items = []
        for _ in range(rng.randint(4, 20)):
            name = rng.choice(_WORDS)
            number = rng.randint(1000, 99999999)
            items.append(
                {
                    "id": number,
                    "node_id": base64.b64encode(f"012:{name}{number}".encode()).decode(),
                    "login": name,
                    "url": f"{host}/v2/{name}s/{number}",
                    "avatar_url": f"https://cdn.{name}.example/u/{number}?v=4",
                    "sha": rng.randbytes(20).hex(),
                    "created_at": f"2026-0{rng.randint(1, 9)}-0{rng.randint(1, 9)}T11:0{rng.randint(0, 9)}:5{n % 10}Z",
                    "author": {"email": f"{name}@{rng.choice(_WORDS)}.example", "verified": True},
                    "etag": f'W/"{rng.randbytes(16).hex()}"',
                    "private": False,
                    "score": rng.random(),
                }
            )
        body = {"data": items, "has_more": True, "next": f"{host}/v2/list?cursor={rng.randbytes(12).hex()}"}
        made.append(json.dumps(body, indent=2).encode() if n % 2 else orjson.dumps(body))
    return made


def _numbers(count: int) -> bytes:
    """Polygons of coordinates: nearly all of the bytes are digits."""
    rng = random.Random(5)
    rings = [[[rng.uniform(-180, 180), rng.uniform(-90, 90)] for _ in range(200)] for _ in range(count)]
    return orjson.dumps({"type": "MultiPolygon", "coordinates": rings})


def _escapes(count: int) -> bytes:
    """Messages in six scripts, written in ASCII: nearly all of the bytes are escapes."""
    rng = random.Random(6)
    scripts = ((0x430, 32), (0x3B1, 24), (0x4E00, 2000), (0x3042, 80), (0x5D0, 26), (0x627, 30))
    rows = []
    for n in range(count):
        base, width = scripts[n % len(scripts)]
        words = ["".join(chr(base + rng.randrange(width)) for _ in range(rng.randint(2, 8))) for _ in range(14)]
        rows.append({"id": n, "lang": n % len(scripts), "text": " ".join(words) + "\n", "link": "/a/b"})
    return json.dumps(rows, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode()


def generated(quick: bool) -> list[Group]:
    """The groups that need nobody's data."""
    records = _records(60 if quick else 160)
    return [
        Group("clean records of 1–4 KB", records, 0.75, 0.50, everyone=True, clean=True),
        Group("API bodies with links, addresses and hashes", _api_bodies(24 if quick else 60), 1.0, 0.70),
        Group("one card number in a record", _one_card(records), 1.5, 1.0, everyone=True, findings=1),
        Group("ten findings in a record", _ten_findings(records), 6.0, 3.0, everyone=True, findings=10),
        Group("coordinates (number-dense)", [_numbers(20 if quick else 60)], 1.3, 0.8),
        Group("escaped text (escape-dense)", [_escapes(300 if quick else 1000)], 1.3, 0.8),
    ]


def _below(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted(folder.glob("**/*.json"))]


def webhooks(folder: Path, quick: bool) -> list[Group]:
    """Captured bodies, minified and as they are."""
    captured = _below(folder)[:: 4 if quick else 1]
    minified = [orjson.dumps(json.loads(document)) for document in captured]
    return [
        Group("clean webhooks, minified", minified, 0.75, 0.50, everyone=True, clean=True),
        Group("webhooks as captured, all of them", captured, 1.0, 0.70),
        Group(
            "webhooks, minified, one card added",
            [b'{"payload":' + d + b',"card":"' + CARD.encode() + b'"}' for d in minified],
            1.5,
            1.0,
        ),
    ]


def bodies(folder: Path, quick: bool) -> list[Group]:
    """Other captured API bodies, as they are."""
    return [Group("API bodies as captured", _below(folder)[:: 4 if quick else 1], 1.0, 0.70)]


def large(folder: Path) -> list[Group]:
    """Well-known large documents, each for itself."""
    known = {"canada.json": (1.3, 0.8), "twitterescaped.json": (1.3, 0.8)}
    return [
        Group(file.name, [file.read_bytes()], *known.get(file.name, (None, None)))
        for file in sorted(folder.glob("*.json"))
    ]


def adversarial(size: int) -> dict[str, Callable[[], bytes]]:
    """Inputs of about ``size`` bytes that are made to cost (those of ``benchmarks/linear.py``)."""
    from ..linear import DOCUMENTS

    return {name: (lambda make=make: make(size)) for name, make in DOCUMENTS.items()}
