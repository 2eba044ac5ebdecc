"""What the members of an array spell, held against noise: readings of arrays, and the report of a channel of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from .. import _native
from ..model import Candidate, Severity, Span
from .channel import MAX_SPANS, SYMBOL, ChannelReport, Late, effort, severity_of
from .plausible import evidence, likelihood, magic
from .recovery import MAX_CANDIDATES, weighed

__all__ = [
    "MARGIN",
    "Reading",
    "array",
    "code_length",
    "decoded",
    "flat_bits",
    "honest_bits",
    "letters",
    "matches",
    "means",
    "report",
    "text_bits",
]

#: Bits by which text must explain an array better than honest data does: there are few arrays of small numbers, and
#: 2^-8 of them may look like text.
MARGIN: Final = 8.0
#: Bits that a reading must reach to be evidence by itself; what reads as letters only is listed, and stays ``info``.
_WEAK: Final = 1.0
#: Arrays of one payload that are views of their own; the rest are joined to one view.
_MAX_VIEWS: Final = 64
#: 63 characters with a share of 0.93 of a code, the other printable ones share the rest.
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 "
#: Symbols by which honest categories are told.
_SAMPLE: Final = 1024
_BLANKS: Final = b"\t\n\r\x0b\x0c"
#: Units of work for an array.
_ARRAY: Final = 10_000

_W: Final = rb"[ \t\r\n]*+"


def array(item: bytes, at_least: int) -> re.Pattern[bytes]:
    return re.compile(rb"\[%s(?:%s%s,%s){%d,}+%s%s\]" % (_W, item, _W, _W, at_least - 1, item, _W))


def matches(pattern: re.Pattern[bytes], data: bytes, late: Late) -> Iterator[re.Match[bytes]]:
    """Arrays of one kind, as long as there is time and work for them."""
    for match in pattern.finditer(data):
        if late(_ARRAY + SYMBOL * (match.end() - match.start())):
            break
        yield match


class Reading(NamedTuple):
    span: Span
    data: bytes
    decoders: tuple[str, ...]
    margin: float


def letters(text: bytes) -> bool:
    """Whether text reads as letters and digits for the most part, of more than one kind."""
    return evidence(text) >= 0.75 * len(text)


def means(data: bytes) -> bool:
    """Text or the head of a format: chance does not give either."""
    if magic(data) is not None:
        return True
    plain = not data.translate(None, bytes(range(0x20, 0x100)) + _BLANKS) and b"\x7f" not in data
    return plain and _native.utf8_valid_prefix(data) == len(data)


def text_bits(text: bytes) -> float:
    """Bits by which text explains bytes better than noise: prose by its letters, keys and codes by their alphabet."""
    return max(likelihood(text), flat_bits(text))


def flat_bits(text: bytes) -> float:
    """The latter alone: all letters and digits are equally likely, and so are all other characters."""
    others = len(text.translate(None, _ALPHABET))
    return (len(text) - others) * 1.92 - others * 0.84


def decoded(span: Span, symbols: bytes, limit: int, *, sure: bool, late: Late) -> Iterator[Reading]:
    """Two to four symbols as digits of base 2 or 4, in any order."""
    kinds = sorted(set(symbols))
    if not 2 <= len(kinds) <= 4 or len(symbols) < 16 or late(effort(symbols)):
        return
    digits = bytes(map(kinds.index, symbols))
    honest = None
    for net, candidate in weighed(digits, limit, exact=False, minimum=-10.0):
        if candidate.data and not sure and net >= MARGIN:
            honest = honest_bits(digits[:_SAMPLE], 8 if len(kinds) == 2 else 4) if honest is None else honest
            text = candidate.data[: len(digits[:_SAMPLE]) // (8 if len(kinds) == 2 else 4)]
            net = min(net, honest + text_bits(text) - 8.0 * len(text))
        if candidate.data and (sure or net >= MARGIN):
            yield Reading(span, candidate.data, candidate.decoders, 40.0 * candidate.score)
        elif candidate.data and letters(candidate.data):
            yield Reading(span, candidate.data, candidate.decoders, 0.0)


def honest_bits(symbols: bytes, places: int) -> float:
    """Bits of categories: each as frequent as it is, by itself, behind another, or in columns of a table.

    Tables whose columns number a multiple of ``places``, the digits after which a byte begins again, are left out.
    """
    kinds = sorted(set(symbols))

    def told(parts: Iterable[bytes]) -> float:
        return sum(code_length([part.count(bytes((kind,))) for kind in kinds]) for part in parts)

    behind: dict[int, bytearray] = {}
    for before, symbol in pairwise(symbols):
        behind.setdefault(before, bytearray()).append(symbol)
    columns = (told(symbols[at::period] for at in range(period)) for period in range(2, 9) if period % places)
    return min(told([symbols]), told(map(bytes, behind.values())) + math.log2(len(kinds)), *columns)


def code_length(counts: Sequence[int]) -> float:
    """Krichevsky and Trofimov: the bits of a sequence with these counts, told one by one."""
    half = 0.5 * len(counts)
    nats = math.lgamma(sum(counts) + half) - math.lgamma(half)
    nats -= sum(math.lgamma(count + 0.5) - math.lgamma(0.5) for count in counts)
    return nats / math.log(2)


def report(
    channel: str,
    readings: list[Reading],
    views: list[Reading],
    bits: float,
    threshold: float,
    limit: int,
    spans: Iterable[Span] = (),
    weight: float = 1.0,
    silent: tuple[Severity, str] | None = None,
) -> ChannelReport | None:
    """The report of a channel of arrays; ``None`` where there is nothing to say.

    Args:
        readings: what arrays spell; those with a margin are evidence by themselves.
        views: what is joined and inspected, and no evidence.
        silent: severity and reason where nothing was read, and the price is a finding all the same.
    """
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
    severity = severity_of(candidates)
    if silent is not None and not certain:
        severity, reason = silent
    return ChannelReport(
        channel, bits, threshold, tuple(where), candidates, severity, (reason,), weight, alone, bool(certain)
    )
