"""How likely bytes are a message rather than noise: evidence in bits, from heads, JSON, UTF-8 and letters."""

from __future__ import annotations

import math
from functools import cache

import orjson

from .. import _native

__all__ = ["MAGIC", "evidence", "likelihood", "magic"]

#: Heads of file formats, from the formats' own specifications (RFC 1952, APPNOTE 4.3.7, ISO 32000, RFC 2083, …).
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\x7fELF", "elf"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole2"),
    (b"-----BEGIN ", "pem"),
)

_BY_FIRST = {first[:1]: [each for each in MAGIC if each[0][:1] == first[:1]] for first, _ in MAGIC}


def magic(data: bytes) -> str | None:
    """The format whose head the data has, or ``None``."""
    for head, name in _BY_FIRST.get(data[:1], ()):
        if data.startswith(head):
            return name
    return None


@cache
def _letter_bits() -> tuple[float, ...]:
    """log2 of how much likelier each byte is in text than in noise."""
    weight = [0.00002] * 256
    for byte in range(0x80, 0xF5):
        weight[byte] = 0.0006
    for byte in range(0x21, 0x7F):
        weight[byte] = 0.0025
    for byte in range(ord("A"), ord("Z") + 1):
        weight[byte] = 0.011
    for byte in range(ord("0"), ord("9") + 1):
        weight[byte] = 0.018
    for byte in b"-_./:=,;\"'@{}[]()":
        weight[byte] = 0.006
    # frequency order of English, falling off evenly; close to other Latin-script languages
    for rank, byte in enumerate(b"etaoinshrdlcumwfgypbvkjxqz"):
        weight[byte] = max(0.075 * 0.86**rank, 0.01)  # names and codes have the rare ones as well
    weight[0x20], weight[0x0A], weight[0x09], weight[0x0D] = 0.11, 0.01, 0.002, 0.004
    total = sum(weight)
    return tuple(math.log2(w / total * 256) for w in weight)


@cache
def _letters() -> _native.Letters:
    return _native.Letters(_letter_bits(), _VARIETY)


#: Text of n characters has some n / (1 + n / 30) different ones; fewer than this part of them is odd.
_VARIETY = 1.5


def likelihood(data: bytes) -> float:
    """Bits by which each byte for itself is likelier in text than in noise, summed; below 0 for noise."""
    return sum(map(_letter_bits().__getitem__, data))


def evidence(data: bytes) -> float:
    """Bits of evidence that ``data`` is a message: log-likelihood ratio against uniform noise, never below 0."""
    if not data:
        return 0.0
    name = magic(data)
    sample = data[:4096]
    try:
        sample.decode("utf-8", "strict" if len(sample) == len(data) else "ignore")
    except UnicodeDecodeError:
        bits = 0.0
    else:
        bits = max(_letters().bits(sample), 0.0)
    if name is not None:
        head = next(head for head, known in MAGIC if known == name)
        bits += 8.0 * len(head)
    elif len(data) >= 2 and data[:1] in b"{[" and data.rstrip()[-1:] in b"}]":
        try:
            orjson.loads(data)
        except orjson.JSONDecodeError:
            pass
        else:
            bits += 32.0
    return bits
