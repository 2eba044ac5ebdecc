"""The escape channels (family B): characters written as themselves or escaped, and the case of hex digits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from .. import _native
from ..model import Candidate, Span
from .channel import MAX_SPANS, ChannelReport, Late, in_time, severity_of
from .plausible import evidence
from .ranking import decode

__all__ = ["CHANNELS", "detect", "wanted"]

CHANNELS: Final = ("escape.optional", "escape.hex-case")
_HEX: Final = 64 | 128
_NON_ASCII: Final = 16 | 32
_ALONE: Final = 1 | 4 | 8 | 256  # solidus, letters and digits, punctuation, long forms of controls

#: Bits that an escaped ASCII letter or digit costs by itself: no honest serializer writes one.
_NEVER: Final = 8.0
#: Bits from which a stream of choices is a finding by itself (docs/channels.md says how they were chosen).
_THRESHOLD: Final[dict[str, float]] = {
    "solidus": 6.0,
    "punctuation": 14.0,
    "alnum": 8.0,
    "non-ascii": 6.0,
    "control": 10.0,
}
_HEX_THRESHOLD: Final = 9.0
#: Below this price nothing is decoded.
_LOOK: Final = 4.0

_STARTS: Final = b"\x00\x01"
_VALUE: Final = re.compile(rb"\x00[^\x00\x01]*")
#: Choices that are decoded: a longer carrier is decoded in part.
_MAX_SYMBOLS: Final = 1 << 22
_BYTES: Final = bytes(range(256))
_LETTERS: Final = bytes(range(65, 91)) + bytes(range(97, 123))
_ALNUM: Final = _LETTERS + b"0123456789"
_CONTROLS: Final = b'\b\t\n\f\r"\\'
_PRINTABLE: Final = bytes(b for b in range(0x20, 0x7F) if b not in _CONTROLS)

_SPELT: Final = bytes(byte & 0x7F for byte in range(256))
_NOT_SPELT: Final = bytes(byte for byte in range(256) if not (byte & 0x80 and byte & 0x7F in _PRINTABLE))


def wanted(size: int, scan: _native.Scan) -> bool:
    """Whether the census has a mixture of escapes that one serializer does not make."""
    census = scan.census
    return bool(census & _ALONE) or census & _HEX == _HEX or census & _NON_ASCII == _NON_ASCII


def detect(
    payload: bytes | memoryview,
    scan: _native.Scan,
    prefilter: _native.Prefilter,
    limit: int,
    late: Late = in_time,
) -> list[ChannelReport]:
    """Reports of the two channels where their price is above zero."""
    found = _native.choices(payload)
    bits = {name: found.bits[name] for name in _THRESHOLD}
    bits["alnum"] += _NEVER * min(len(found.odd["alnum"]), MAX_SPANS)
    reports: list[ChannelReport] = []
    total = sum(bits.values())
    if total > 0.0:
        units = sum(price / _THRESHOLD[name] for name, price in bits.items())
        spans = _spans(found, [name for name, price in bits.items() if price > 0.0])
        carriers: Iterable[bytes] = ()
        acrostic: tuple[Candidate, ...] = ()
        likely = b""
        if total >= _LOOK and not late():
            symbols = _native.choices(payload, "text", _room(payload, limit)).symbols
            carriers = _carriers(symbols, bits)
            acrostic = _acrostic(symbols, limit)
            likely = _likely(symbols)
        candidates = decode(carriers, limit, sure=units >= 1.0, likely=likely, last=acrostic, late=late)
        used = [name for name, price in bits.items() if price > 0.0]
        reports.append(
            _report("escape.optional", total, total / units, spans, candidates, f"escapes ({', '.join(used)})")
        )
    price = found.bits["hex-case"]
    if price > 0.0:
        hex_carriers: list[bytes] = []
        if price >= _LOOK and not late():
            letters = _native.choices(payload, "hex", _room(payload, limit)).symbols
            hex_carriers = list(_hex_carriers(letters))
        candidates = decode(hex_carriers, limit, sure=price >= _HEX_THRESHOLD, late=late)
        spans = _spans(found, ["hex-case"])
        reports.append(_report("escape.hex-case", price, _HEX_THRESHOLD, spans, candidates, "the case of hex digits"))
    return reports


def _room(payload: bytes | memoryview, limit: int) -> int:
    return min(2 * len(payload), limit * 64, _MAX_SYMBOLS) + 64


def _report(
    channel: str, bits: float, threshold: float, spans: tuple[Span, ...], candidates: tuple[Candidate, ...], what: str
) -> ChannelReport:
    severity = severity_of(candidates)
    reason = f"{bits:.1f} bits could be hidden in {what}"
    return ChannelReport(channel, bits, threshold, spans, candidates, severity, (reason,))


def _spans(found: _native.Choices, names: list[str]) -> tuple[Span, ...]:
    """Places of the rarer choice of each stream."""
    places: set[Span] = set()
    for name in names:
        plain, odd = found.plain[name], found.odd[name]
        places.update(plain if 0 < len(plain) < len(odd) else odd or plain)
    return tuple(sorted(places))[:MAX_SPANS] or ((0, 0),)


def _pick(symbols: bytes, kept: bytes) -> bytes:
    """Of the characters ``kept``, 0 where one stands as itself and 1 where it is escaped."""
    table = bytearray(256)
    for byte in kept:
        table[byte | 0x80] = 1
    both = kept + bytes(byte | 0x80 for byte in kept)
    return symbols.translate(bytes(table), _BYTES.translate(None, both))


def _carriers(symbols: bytes, bits: dict[str, float]) -> Iterator[bytes]:
    """Runs of choices that a message may have been written in."""
    values = b"".join(_VALUE.findall(symbols))
    scopes = (symbols, values) if b"\x01" in symbols else (symbols,)
    for scope in scopes:
        if bits["solidus"] > 0.0:
            keep = b"/\x02\xaf"
            table = bytes(1 if byte == 2 else 2 if byte == 0xAF else 0 for byte in range(256))
            yield scope.translate(table, _BYTES.translate(None, keep))
        if bits["non-ascii"] > 0.0:
            yield scope.translate(bytes(int(byte == 4) for byte in range(256)), _BYTES.translate(None, b"\x03\x04"))
        if bits["control"] > 0.0:
            long = bytes(b for b in _CONTROLS if b | 0x80 in scope)
            for kept in (long, bytes(b for b in long if b >= 0x20), bytes(b for b in long if b < 0x20)):
                if kept:
                    yield _pick(scope, kept)
            yield _pick(scope, b"\b\t\n\f\r")
            yield _pick(scope, _CONTROLS)
        if bits["alnum"] > 0.0 or bits["punctuation"] > 0.0:
            begins = _first_string(scope)
            for from_start in (scope, begins):
                if bits["alnum"] > 0.0:
                    yield _pick(from_start, _LETTERS)
                    yield _pick(from_start, _ALNUM)
                    yield _pick(from_start, _PRINTABLE)
                    yield _pick(from_start, _PRINTABLE + _CONTROLS)
                if bits["punctuation"] > 0.0:
                    varied = bytes(b for b in _PRINTABLE if b not in _ALNUM and b in scope and b | 0x80 in scope)
                    yield _pick(from_start, varied)


def _likely(symbols: bytes) -> bytes:
    """The carrier of the narrowest class of characters, and of values alone if no key has an escape, that fits."""
    values = b"".join(_VALUE.findall(symbols))
    used = {byte & 0x7F for byte in set(symbols) if byte >= 0xA0}
    escaped = bytes(range(0xA0, 0xFF))
    total = len(symbols) - len(symbols.translate(None, escaped))
    scope = values if len(values) - len(values.translate(None, escaped)) == total else symbols
    for kept in (_LETTERS, _ALNUM, _PRINTABLE):
        if used <= set(kept):
            return _pick(scope, kept)
    return b""


def _first_string(symbols: bytes) -> bytes:
    """From the start of the string with the first escaped printable character on."""
    flagged = symbols.translate(bytes(2 if byte >= 0xA0 else int(byte in _STARTS) for byte in range(256)))
    first = flagged.find(2)
    return symbols[flagged.rfind(1, 0, first) + 1 :] if first >= 0 else b""


def _acrostic(symbols: bytes, limit: int) -> tuple[Candidate, ...]:
    """The escaped letters and digits themselves, where they are the message."""
    spelt = symbols.translate(_SPELT, _NOT_SPELT)[:limit]
    bits = evidence(spelt) - 4.0 * max(0, 4 - len(spelt))
    return (Candidate(spelt, ("letters",), 0.5),) if len(spelt) >= 4 and bits >= 4.0 * len(spelt) ** 0.5 else ()


def _hex_carriers(letters: bytes) -> Iterator[bytes]:
    """Of every letter, and of the first of each escape; of all escapes, and of markup and the rest apart."""
    case = bytes(byte & 1 for byte in range(256))
    for kept in (bytes(range(8)), bytes(range(4)), bytes(range(4, 8))):
        yield letters.translate(case, _BYTES.translate(None, bytes(b for b in kept if b & 2)))
        yield letters.translate(case, _BYTES.translate(None, kept))
