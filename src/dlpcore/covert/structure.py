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
from itertools import pairwise
from typing import Final

from .. import _native
from ..model import Span
from .channel import ChannelReport, Late, in_time
from .encodings import from_base64
from .plausible import magic
from .readings import MARGIN, Reading, array, decoded, letters, matches, means, report, text_bits
from .wordlists import wordlists

__all__ = ["CHANNELS", "detect", "wanted"]

CHANNELS: Final = ("structure.byte-array", "structure.shape", "structure.wordlist")
_SYMBOL_ARRAY: Final = 131072
#: No honest writer mixes empty containers in an array; literals do vary (flags by day), so only what they say counts.
_SHAPE_THRESHOLD: Final = 12.0

_NUMBERS: Final = array(rb"[0-9]{1,3}+", 6)
_CHARACTERS: Final = array(rb'"[^"\\\x00-\x1f]{1,4}+"', 6)
_PIECES: Final = array(rb'"[A-Za-z0-9+/_=-]{1,4096}+"', 2)
_LITERALS: Final = array(rb"(?:null|true|false|\[\]|\{\}|\"\")", 8)
_BRACKETS: Final = re.compile(rb"\[[\[\]{}, \t\r\n]{15,}+")
_NUMBER: Final = re.compile(rb"[0-9]+")
_STRING: Final = re.compile(rb'"([^"]*)"')
_LITERAL: Final = re.compile(rb'null|true|false|\[\]|\{\}|""')


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
    reports = [_byte_arrays(data, limit, late), _shapes(data, limit, late), wordlists(data, limit, late)]
    return [report for report in reports if report is not None]


# --- arrays of bytes, digits, characters, pieces ------------------------------------------------------------------


def _byte_arrays(data: bytes, limit: int, late: Late) -> ChannelReport | None:
    readings: list[Reading] = []
    views: list[Reading] = []
    for match in matches(_NUMBERS, data, late):
        values = list(map(int, _NUMBER.findall(match[0])))
        if max(values) > 255:
            continue
        text = bytes(values)
        margin = _margin(text)
        if margin >= MARGIN:
            readings.append(Reading(match.span(), text, ("bytes",), margin))
        elif max(values) <= 9:
            views.append(Reading(match.span(), bytes(48 + value for value in values), ("digits",), 0.0))
        elif not text.translate(None, bytes(range(0x20, 0x7F)) + b"\t\n\r\x0b\x0c"):
            (readings if letters(text) else views).append(Reading(match.span(), text, ("bytes",), 0.0))
    for match in matches(_CHARACTERS, data, late):
        text = b"".join(_STRING.findall(match[0]))
        if all(len(part.decode("utf-8", "replace")) == 1 for part in _STRING.findall(match[0])):
            margin = _margin(text)
            if margin >= MARGIN:
                readings.append(Reading(match.span(), text, ("characters",), margin))
                continue
            if letters(text):
                readings.append(Reading(match.span(), text, ("characters",), 0.0))
                continue
        views.append(Reading(match.span(), text, ("characters",), 0.0))
    for match in matches(_PIECES, data, late):
        text = b"".join(_STRING.findall(match[0]))
        decoded = from_base64(text) if len(text) >= 8 else None
        if (decoded and means(decoded)) or (len(text) >= 12 and match[0].count(b'"') <= 64):
            views.append(Reading(match.span(), text, ("pieces",), 0.0))
    return report("structure.byte-array", readings, views, sum(r.margin for r in readings), MARGIN, limit)


def _margin(text: bytes) -> float:
    """Bits by which text (or the head of a format) explains numbers better than what honest arrays hold."""
    if magic(text) is not None and len(text) >= 10:
        return 32.0
    if not means(text):
        return 0.0
    n = len(text)
    spread = max(text) - min(text) + 1
    steps = [abs(b - a) for a, b in pairwise(text)]
    step = max(sum(steps) / len(steps), 0.5) if steps else 0.5
    ranged = n * (8.0 - math.log2(spread)) - 10.0  # the range must be told too
    smooth = n * (8.0 - math.log2(2.0 * math.e * step)) - 4.0
    repeated = n * 8.0 - _order0(text)
    return text_bits(text) - max(ranged, smooth, repeated, 0.0)


def _order0(text: bytes) -> float:
    """Bits of the values when their own frequencies are known, and those of telling which values there are."""
    counts = [text.count(bytes((value,))) for value in set(text)]
    n = len(text)
    return sum(c * math.log2(n / c) for c in counts) + 8.0 * len(counts)


# --- shapes -------------------------------------------------------------------------------------------------------


def _shapes(data: bytes, limit: int, late: Late) -> ChannelReport | None:
    readings: list[Reading] = []
    bits, odd = 0.0, 0.0
    spans: list[Span] = []
    for match in matches(_LITERALS, data, late):
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
        readings += decoded(match.span(), symbols, limit, sure=empties and price >= _SHAPE_THRESHOLD, late=late)
    for match in matches(_BRACKETS, data, late):
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
            readings += decoded(spans[-1], depths, limit, sure=price >= _SHAPE_THRESHOLD, late=late)
    if bits <= 0.0:
        return None
    threshold = bits * _SHAPE_THRESHOLD / odd if odd else math.inf
    return report("structure.shape", readings, [], bits, threshold, limit, spans, weight=odd / bits)


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
