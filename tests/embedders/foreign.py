"""Honest documents that look odd: other languages' serializers, scripts that need marks, encoded values.

Nothing is hidden in them. Each serializer is a few lines of what the named library writes by default, from its
documentation; the texts are our own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import uuid
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["documents"]

_SENTENCES = (
    "Zażółć gęślą jaźń – mówi „Grzegorz”",
    "Le prix : 12 € ; est-ce « cher » ?",
    "می‌خواهم کتاب‌ها را بخوانم",
    "क्‍ष और र्‍य के रूप, श्री‌मान",
    "שָׁלוֹם עֲלֵיכֶם (v2.0)\u200f!",
    "مَرْحَبًا بِكُم – رقم ١٢٣",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 ❤️ 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f 🇫🇷",
    "東京都　渋谷区、「テスト」",
    "葛\U000e0100城市の辻\U000e0101さん",
    "ภาษาไทย ສະບາຍດີ မြန်မာ",
    "Tiếng Việt có dấu: Nguyễn",
    "Donau­dampf­schiff­fahrt",
    "x ≤ 5 & y > 3, <b>bold</b> 'quoted' \"double\" a/b\\c",
    "line one\nline two\r\n\ttabbed\x0b\x1f",
    "α β γ and Δx in μm; кот и cat",
    "naïve café, Müller & Söhne GmbH",
    "e\u0301te\u0301 (as a Mac writes file names)",
    "50 %, 10 000 km, § 5 BGB, J. R. Doe",
)


def _jwt(randomness: random.Random) -> str:
    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head = part(b'{"alg":"RS256","typ":"JWT","kid":"%d"}' % randomness.randrange(10**6))
    body = part(json.dumps({"sub": randomness.randrange(10**6), "iat": 1700000000}).encode())
    return f"{head}.{body}.{part(randomness.randbytes(256))}"


def _record(randomness: random.Random, index: int) -> dict[str, Any]:
    digest = hashlib.sha256(randomness.randbytes(8))
    return {
        "id": index,
        "uuid": str(uuid.UUID(int=randomness.getrandbits(128), version=4)),
        "name": randomness.choice(_SENTENCES),
        "text": " ".join(randomness.choices(_SENTENCES, k=2)),
        "price": randomness.choice([1, 2.5, 10.0, 99.99, 0, 1e-7, 12345678901234567890, -0.001]),
        "ratio": randomness.random(),
        "active": randomness.random() < 0.5,
        "parent": None,
        "digest": digest.hexdigest(),
        "ETag": digest.hexdigest()[:16].upper(),
        "image": "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + randomness.randbytes(90)).decode(),
        "token": _jwt(randomness),
        "cursor": base64.b64encode(b"offset:%d" % index).decode(),
        "colour": [randomness.randrange(256) for _ in range(3)],
        "series": [round(randomness.gauss(80, 6)) for _ in range(24)],
        "flags": [randomness.random() < 0.3 for _ in range(12)],
        "tags": randomness.sample(["red", "green", "blue", "new", "old"], k=randomness.randrange(6)),
        "box": {"w": randomness.randrange(99), "h": randomness.randrange(99), "x": {}, "y": []},
        "url": f"https://example.com/a/{index}?q=%C3%A9&next=%2Fhome#x",
        "at": f"2026-03-{index % 28 + 1:02d}T10:00:00.{randomness.randrange(1000):03d}Z",
    }


def _escaped(text: str, characters: str, *, upper: bool) -> str:
    for c in characters:
        text = text.replace(c, f"\\u{ord(c):04X}" if upper else f"\\u{ord(c):04x}")
    return text


def _dump(value: Any, **options: Any) -> str:
    return json.dumps(value, **options)


def _gson(value: Any) -> str:
    return _escaped(_dump(value, ensure_ascii=False, separators=(",", ":")), "<>&='\u2028", upper=False)


def _dotnet(value: Any) -> str:
    """System.Text.Json: everything beyond ASCII and HTML's characters, in upper case; quotes as \\u0022."""
    text = _dump(value, separators=(",", ":"))
    out, at = [], 0
    while at < len(text):
        if text[at] == "\\" and text[at + 1] == "u":
            out.append("\\u" + text[at + 2 : at + 6].upper())
            at += 6
        elif text[at] == "\\":
            out.append("\\u0022" if text[at + 1] == '"' else text[at : at + 2])
            at += 2
        else:
            out.append(_escaped(text[at], "<>&'+`", upper=True))
            at += 1
    return "".join(out)


def _jackson(value: Any, depth: int = 0) -> str:
    """Jackson's default pretty printer: objects over lines, arrays on one, a space around colons."""
    if isinstance(value, dict):
        inner = ",\n".join(f"{'  ' * (depth + 1)}{_dump(k)} : {_jackson(v, depth + 1)}" for k, v in value.items())
        return f"{{\n{inner}\n{'  ' * depth}}}" if value else "{ }"
    if isinstance(value, list):
        return f"[ {', '.join(_jackson(v, depth) for v in value)} ]" if value else "[ ]"
    return _dump(value, ensure_ascii=False)


def _aligned(value: Any) -> str:
    """Keys of the objects in a list aligned as tables are written by hand."""
    rows = value if isinstance(value, list) else [value]
    width = max(len(key) for row in rows for key in row)
    lines = [
        "  {\n" + ",\n".join(f"    {(_dump(k) + ':').ljust(width + 3)} {_dump(v)}" for k, v in row.items()) + "\n  }"
        for row in rows
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _spliced(value: Any) -> str:
    """A pretty-printed part pasted into a compact envelope."""
    return '{"version":1,"data":' + _dump(value, indent=2) + ',"next":null}'


SERIALIZERS: dict[str, Callable[[Any], str]] = {
    "Python": _dump,
    "Python, compact": lambda v: _dump(v, separators=(",", ":"), ensure_ascii=False),
    "Python, indent 4": lambda v: _dump(v, indent=4, ensure_ascii=False) + "\n",
    "Python, sorted, tab": lambda v: _dump(v, indent="\t", sort_keys=True),
    "Python 2": lambda v: _dump(v, indent=2, separators=(", ", ": ")).replace(",\n", ", \n"),
    "PHP": lambda v: _dump(v, separators=(",", ":")).replace("/", "\\/"),
    "PHP, pretty": lambda v: _dump(v, indent=4).replace("/", "\\/") + "\n",
    "Go": lambda v: (
        _escaped(_dump(v, separators=(",", ":"), ensure_ascii=False), "<>&\u2028\u2029", upper=False) + "\n"
    ),
    "Gson": _gson,
    "System.Text.Json": _dotnet,
    "Jackson, pretty": _jackson,
    "Ruby on Rails": lambda v: _escaped(
        _dump(v, separators=(",", ":"), ensure_ascii=False), "<>&\u2028\u2029", upper=False
    ),
    "Windows": lambda v: _dump(v, indent=2).replace("\n", "\r\n") + "\r\n",
    "a line a record": lambda v: "[\n" + ",\n".join(_dump(row) for row in v) + "\n]\n",
    "aligned by hand": _aligned,
    "spliced": _spliced,
    "PostgreSQL jsonb": lambda v: _dump(v, separators=(", ", ": "), ensure_ascii=False),
    "JavaScript floats": lambda v: _dump(v, separators=(",", ":"), ensure_ascii=False).replace("10.0,", "10,"),
}


def documents(count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """So many documents of each serializer, each of one to twelve records, with the serializer's name."""
    randomness = random.Random(seed)
    for name, write in SERIALIZERS.items():
        for _ in range(count):
            records = [_record(randomness, index) for index in range(randomness.randrange(1, 13))]
            yield name, write(records).encode()
