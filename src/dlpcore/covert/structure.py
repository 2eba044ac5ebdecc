"""Messages in the structure of a document (family D): arrays of bytes, of pieces, of symbols, of words.

Theory of operation. The census says that there is an array whose members could be symbols; such arrays are found again
by patterns over the bytes (each without backtracking, so in linear time). What an array spells is held against a model
of honest arrays: numbers within a range, or numbers that follow one another closely (measurements, coordinates,
histograms). It is a finding only if text explains it better. What cannot be told from honest data that way (digits,
single letters, pieces of base64) is joined and inspected all the same: a *view*, no finding by itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from itertools import combinations, pairwise
from typing import Final, NamedTuple

from .. import _native
from ..model import Candidate, Severity, Span
from .channel import MAX_SPANS, ChannelReport, Late, in_time
from .encodings import from_base64
from .plausible import evidence, likelihood, magic
from .recovery import MAX_CANDIDATES, weighed

__all__ = ["CHANNELS", "detect", "wanted"]

CHANNELS: Final = ("structure.byte-array", "structure.shape", "structure.wordlist")
_SYMBOL_ARRAY: Final = 131072
#: Bits by which text must explain an array better than honest data does: there are few arrays of small numbers, and
#: 2^-8 of them may look like text.
_MARGIN: Final = 8.0
#: No honest writer mixes empty containers in an array; literals do vary (flags by day), so only what they say counts.
_SHAPE_THRESHOLD: Final = 12.0
#: Bits that a reading must reach to be evidence by itself; what reads as letters only is listed, and stays ``info``.
_WEAK: Final = 1.0
#: Arrays of one payload that are views of their own; the rest are joined to one view.
_MAX_VIEWS: Final = 64

_W: Final = rb"[ \t\r\n]*+"


def _array(item: bytes, at_least: int) -> re.Pattern[bytes]:
    return re.compile(rb"\[%s(?:%s%s,%s){%d,}+%s%s\]" % (_W, item, _W, _W, at_least - 1, item, _W))


_NUMBERS: Final = _array(rb"[0-9]{1,3}+", 6)
_CHARACTERS: Final = _array(rb'"[^"\\\x00-\x1f]{1,4}+"', 6)
_PIECES: Final = _array(rb'"[A-Za-z0-9+/_=-]{1,4096}+"', 2)
_LITERALS: Final = _array(rb"(?:null|true|false|\[\]|\{\}|\"\")", 8)
_WORDS: Final = _array(rb'"[^"\\\x00-\x1f]{1,64}+"', 16)
_BRACKETS: Final = re.compile(rb"\[[\[\]{}, \t\r\n]{15,}+")
_NUMBER: Final = re.compile(rb"[0-9]+")
_STRING: Final = re.compile(rb'"([^"]*)"')
_LITERAL: Final = re.compile(rb'null|true|false|\[\]|\{\}|""')
_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#: Of sixteen words, how many a message may do without; and words by which the rest are told.
_MISSING: Final = 4
_SAMPLE: Final = 256
#: 63 characters with a share of 0.93 of a code, the other printable ones share the rest.
_ALPHABET: Final = _BASE64[:62] + b" "
_BLANKS: Final = b"\t\n\r\x0b\x0c"


def _matches(pattern: re.Pattern[bytes], data: bytes, late: Late) -> Iterator[re.Match[bytes]]:
    """Arrays of one kind, up to the deadline."""
    found = pattern.finditer(data)
    while not late() and (match := next(found, None)) is not None:
        yield match


class _Reading(NamedTuple):
    span: Span
    data: bytes
    decoders: tuple[str, ...]
    margin: float


def wanted(size: int, scan: _native.Scan) -> bool:
    """Whether an array was seen whose members could be symbols."""
    return bool(scan.census & _SYMBOL_ARRAY)


def detect(
    payload: bytes | memoryview,
    scan: _native.Scan,
    prefilter: _native.Prefilter,
    limit: int,
    late: Late = in_time,
) -> list[ChannelReport]:
    """Reports of the three channels."""
    data = bytes(payload)
    reports = [_byte_arrays(data, limit, late), _shapes(data, limit, late), _wordlists(data, limit, late)]
    return [report for report in reports if report is not None]


# --- arrays of bytes, digits, characters, pieces ------------------------------------------------------------------


def _byte_arrays(data: bytes, limit: int, late: Late) -> ChannelReport | None:
    readings: list[_Reading] = []
    views: list[_Reading] = []
    for match in _matches(_NUMBERS, data, late):
        values = [int(number) for number in _NUMBER.findall(match[0])]
        if max(values) > 255:
            continue
        text = bytes(values)
        margin = _margin(text)
        if margin >= _MARGIN:
            readings.append(_Reading(match.span(), text, ("bytes",), margin))
        elif max(values) <= 9:
            views.append(_Reading(match.span(), bytes(48 + value for value in values), ("digits",), 0.0))
        elif not text.translate(None, bytes(range(0x20, 0x7F)) + _BLANKS):
            (readings if _letters(text) else views).append(_Reading(match.span(), text, ("bytes",), 0.0))
    for match in _matches(_CHARACTERS, data, late):
        text = b"".join(_STRING.findall(match[0]))
        if all(len(part.decode("utf-8", "replace")) == 1 for part in _STRING.findall(match[0])):
            margin = _margin(text)
            if margin >= _MARGIN:
                readings.append(_Reading(match.span(), text, ("characters",), margin))
                continue
            if _letters(text):
                readings.append(_Reading(match.span(), text, ("characters",), 0.0))
                continue
        views.append(_Reading(match.span(), text, ("characters",), 0.0))
    for match in _matches(_PIECES, data, late):
        text = b"".join(_STRING.findall(match[0]))
        decoded = from_base64(text) if len(text) >= 8 else None
        if (decoded and _means(decoded)) or (len(text) >= 12 and match[0].count(b'"') <= 64):
            views.append(_Reading(match.span(), text, ("pieces",), 0.0))
    return _report("structure.byte-array", readings, views, sum(r.margin for r in readings), _MARGIN, limit)


def _letters(text: bytes) -> bool:
    """Whether text reads as letters and digits for the most part, of more than one kind."""
    return evidence(text) >= 0.75 * len(text)


def _means(data: bytes) -> bool:
    """Text or the head of a format: chance does not give either."""
    if magic(data) is not None:
        return True
    plain = not data.translate(None, bytes(range(0x20, 0x100)) + _BLANKS) and b"\x7f" not in data
    return plain and _native.utf8_valid_prefix(data) == len(data)


def _margin(text: bytes) -> float:
    """Bits by which text (or the head of a format) explains numbers better than what honest arrays hold."""
    if magic(text) is not None and len(text) >= 10:
        return 32.0
    if not _means(text):
        return 0.0
    n = len(text)
    spread = max(text) - min(text) + 1
    steps = [abs(b - a) for a, b in pairwise(text)]
    step = max(sum(steps) / len(steps), 0.5) if steps else 0.5
    ranged = n * (8.0 - math.log2(spread)) - 10.0  # the range must be told too
    smooth = n * (8.0 - math.log2(2.0 * math.e * step)) - 4.0
    repeated = n * 8.0 - _order0(text)
    return _text_bits(text) - max(ranged, smooth, repeated, 0.0)


def _text_bits(text: bytes) -> float:
    """Bits by which text explains bytes better than noise: prose by its letters, keys and codes by their alphabet."""
    others = len(text.translate(None, _ALPHABET))
    return max(likelihood(text), (len(text) - others) * 1.92 - others * 0.84)


def _order0(text: bytes) -> float:
    """Bits of the values when their own frequencies are known, and those of telling which values there are."""
    counts = [text.count(bytes((value,))) for value in set(text)]
    n = len(text)
    return sum(c * math.log2(n / c) for c in counts) + 8.0 * len(counts)


# --- shapes -------------------------------------------------------------------------------------------------------


def _shapes(data: bytes, limit: int, late: Late) -> ChannelReport | None:
    readings: list[_Reading] = []
    bits, odd = 0.0, 0.0
    spans: list[Span] = []
    for match in _matches(_LITERALS, data, late):
        items = _LITERAL.findall(match[0])
        kinds = sorted(set(items))
        symbols = bytes(map(kinds.index, items))
        price = _native.price_symbols(symbols)
        if price <= 0.0:
            continue
        empties = any(kind in (b"[]", b"{}") for kind in kinds)
        bits += price
        odd += price if empties else 0.0
        spans.append(match.span())
        readings += _decoded(match.span(), symbols, limit, sure=empties and price >= _SHAPE_THRESHOLD)
    for match in _matches(_BRACKETS, data, late):
        symbols = match[0].translate(bytes(_BRACKET.get(b, 3) for b in range(256)), b" \t\r\n,")
        if symbols.count(0) + symbols.count(2) < 8 or b"[]" not in match[0].translate(None, b" \t\r\n"):
            continue
        tree = _balanced(match[0])
        if tree is None:
            continue
        depths = _depths(tree)
        price = _native.price_symbols(depths)
        if price > 0.0:
            bits += price
            odd += price
            spans.append((match.start(), match.start() + len(tree)))
            readings += _decoded(spans[-1], depths, limit, sure=price >= _SHAPE_THRESHOLD)
    if bits <= 0.0:
        return None
    threshold = bits * _SHAPE_THRESHOLD / odd if odd else math.inf
    return _report("structure.shape", readings, [], bits, threshold, limit, spans, weight=odd / bits)


_BRACKET: Final = {ord("["): 0, ord("]"): 1, ord("{"): 2, ord("}"): 3}


def _balanced(text: bytes) -> bytes | None:
    """The array that the text begins with, if it closes."""
    depth = 0
    for at, byte in enumerate(text):
        if byte in b"[{":
            depth += 1
        elif byte in b"]}":
            depth -= 1
            if depth == 0:
                return text[: at + 1]
    return None


def _depths(tree: bytes) -> bytes:
    """Of each member of the outer array, how deep it nests, and with which bracket."""
    depth = deepest = 0
    out = bytearray()
    for byte in tree[1:-1]:
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth) + (4 if byte == ord("{") and depth == 1 else 0)
        elif byte in b"]}":
            depth -= 1
            if depth == 0:
                out.append(min(deepest, 15))
                deepest = 0
    return bytes(out)


def _decoded(span: Span, symbols: bytes, limit: int, *, sure: bool) -> Iterator[_Reading]:
    """Two to four symbols as digits of base 2 or 4, in any order."""
    kinds = sorted(set(symbols))
    if not 2 <= len(kinds) <= 4 or len(symbols) < 16:
        return
    digits = bytes(map(kinds.index, symbols))
    for net, candidate in weighed(digits, limit, exact=False, minimum=-10.0):
        if candidate.data and (sure or net >= _MARGIN):
            yield _Reading(span, candidate.data, candidate.decoders, 40.0 * candidate.score)
        elif candidate.data and _letters(candidate.data):
            yield _Reading(span, candidate.data, candidate.decoders, 0.0)


# --- lists of words -----------------------------------------------------------------------------------------------


def _wordlists(data: bytes, limit: int, late: Late) -> ChannelReport | None:
    readings: list[_Reading] = []
    bits = 0.0
    spans: list[Span] = []
    for match in _matches(_WORDS, data, late):
        words = _STRING.findall(match[0])
        kinds = set(words)
        if not 2 <= len(kinds) <= 256 or (len(words) < 2 * len(kinds) and len(kinds) <= 16):
            continue
        if len(words) < len(kinds) + 8 and len(kinds) > 16:
            continue  # hardly a word comes again: names, not symbols
        spans.append(match.span())
        bits += len(words) * math.log2(len(kinds))
        readings += _spelled(match.span(), words, kinds, limit)
    if not spans:
        return None
    # honest categories repeat as freely: only what decodes is a finding
    return _report("structure.wordlist", readings, [], bits, math.inf, limit, spans, weight=0.0)


def _spelled(span: Span, words: list[bytes], kinds: set[bytes], limit: int) -> Iterator[_Reading]:
    orders = {"alphabetical": sorted(kinds), "first": list(dict.fromkeys(words))}
    if len(kinds) <= 4:
        yield from _decoded(span, bytes(map(orders["alphabetical"].index, words)), limit, sure=False)
        return
    for name, order in orders.items():
        place = {word: index for index, word in enumerate(order)}
        values = bytes(place[word] for word in words)[: 2 * limit]
        if len(kinds) <= 16:
            if len(kinds) >= 16 - _MISSING and len(values) % 2 == 0 and name == "alphabetical":
                yield from _sixteen(span, values, len(kinds))
        elif len(kinds) <= 64:
            text = values.translate(_BASE64.ljust(256, b"="))
            yield from _plausible(span, from_base64(text[: len(text) & ~3]) or b"", ("base64", name), 1)
        else:
            yield from _plausible(span, values, ("bytes", name), 1)


def _sixteen(span: Span, values: bytes, kinds: int) -> Iterator[_Reading]:
    """Two of sixteen words a byte; some that the message does not use may be missing anywhere among them."""
    readings: list[tuple[float, bytes]] = []
    for digits in combinations(range(16), kinds):
        table = bytes(digits).ljust(256, b"\0")
        sample = _paired(values[:_SAMPLE].translate(table))
        if _means(sample) or len(values) > _SAMPLE:
            readings.append((likelihood(sample), table))
    for _, table in sorted(readings, reverse=True)[:MAX_CANDIDATES]:
        yield from _plausible(span, _paired(values.translate(table)), ("nibbles", "alphabetical"), math.comb(16, kinds))


def _paired(nibbles: bytes) -> bytes:
    return bytes(high << 4 | low for high, low in zip(nibbles[::2], nibbles[1::2], strict=True))


def _plausible(span: Span, data: bytes, decoders: tuple[str, ...], tried: int) -> Iterator[_Reading]:
    margin = _text_bits(data) - 4.0 - math.log2(tried) if data and _means(data) else 0.0
    if margin >= _MARGIN:
        yield _Reading(span, data, decoders, margin)


# --- reports ------------------------------------------------------------------------------------------------------


def _report(
    channel: str,
    readings: list[_Reading],
    views: list[_Reading],
    bits: float,
    threshold: float,
    limit: int,
    spans: Iterable[Span] = (),
    weight: float = 1.0,
) -> ChannelReport | None:
    if not readings and not views and bits <= 0.0:
        return None
    best = sorted(readings, key=lambda r: -r.margin)
    certain = [r for r in readings if r.margin > 0.0]
    if best and not certain:
        bits, weight = max(bits, _WEAK), (weight if bits else 0.0)
    candidates = tuple(
        Candidate(r.data[:limit], r.decoders, 1.0 / (1.0 + 2.0 ** -min(r.margin, 40.0))) for r in best[:MAX_CANDIDATES]
    )
    rest = best[MAX_CANDIDATES:] + views
    alone = tuple(Candidate(r.data[:limit], r.decoders, 0.0) for r in rest[:_MAX_VIEWS])
    if rest[_MAX_VIEWS:]:
        joined = b" ".join(r.data for r in rest[_MAX_VIEWS:])
        alone += (Candidate(joined[:limit], ("joined",), 0.0),)
    where = sorted({*spans, *(r.span for r in best)} or {r.span for r in views})[:MAX_SPANS]
    reason = f"{len(certain)} arrays read as text" if certain else "members of arrays that could be symbols"
    severity = Severity.CRITICAL if candidates else Severity.HIGH
    return ChannelReport(
        channel, bits, threshold, tuple(where), candidates, severity, (reason,), weight, alone, bool(certain)
    )
