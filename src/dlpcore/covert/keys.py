"""The key channels (family B): the order of an object's keys, and keys that come twice.

Theory of operation. Objects with the same set of keys are compared. An order that was not seen before costs what it
takes to describe it by moves from the one before, at most log2 n!, and the sequence of orders costs its code length:
that is the price. Honest documents hold two or three orders of one set (outputs joined, writers that hash, hands), a
message gives nearly each object its own: orders from the fourth on decide, or a message that can be read. To decode,
each order is a number: its rank among all orders (Lehmer code), relative to the sorted keys or to the commonest order,
and the numbers together are digits of a message.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from .. import _native
from ..document import line_column
from ..model import Candidate, Severity, Span
from .channel import MAX_SPANS, ChannelReport, Late, in_time, severity_of
from .framing import frames
from .plausible import evidence
from .ranking import best, decode
from .recovery import MAX_CANDIDATES

__all__ = ["CHANNELS", "detect", "wanted"]

CHANNELS: Final = ("key.order", "key.duplicate")
_ORDER: Final = 16384
_THRESHOLD: Final = 40.0
_HONEST_ORDERS: Final = 3  # of one set of keys
#: Below this price nothing is decoded (native/src/ranks.c knows it too).
_LOOK: Final = 16.0
#: Bytes from which a reading is told that proves nothing.
_WORDY: Final = 4
#: Bits of price from which orders are read as choices of a few.
_CHOICES: Final = 24.0
_ALL_ERRORS: Final = _native.Prefilter(max_errors=1 << 14)
#: Tokens that the members of a document with keys that come twice are told by, from the first on.
_MOST_TOKENS: Final = 1 << 15
_TOKENS: Final = _native.Prefilter(max_candidates=_MOST_TOKENS)
_STRING, _KEY, _NUMBER = (_native.KINDS.index(kind) for kind in ("string", "key", "number"))
_SCALARS: Final = (_STRING, _NUMBER)
_IS_KEY: Final = bytes(kind == _KEY for kind in range(256))
#: Units of work for such a token, for a key of an object, and for one of an order that no object had before.
_TOKEN: Final = 800
_KEPT: Final = 600
_PLACED: Final = 2_500
_VALUE: Final = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*"\s*:\s*(.)')
_MAX_KEYS: Final = 256  # of one object whose order is read as a number
_LARGE: Final = 16  # keys from which one object's order may be a code by itself
_SINGLES: Final = 64
_ROOM: Final = 1 << 14  # keys of all objects that are read together
_MOST_KEYS: Final = 1 << 16  # of all objects that are looked at
_MAX_OBJECTS: Final = 2048
_MAX_BITS: Final = 1 << 15  # of one message read as one number
#: Bits that a single object's order must show to be a message: any order says something.
_ALONE: Final = 18.0
#: The score of a candidate that beats chance by ten bits.
_CERTAIN: Final = 1.0 / (1.0 + 2.0**-10)
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def wanted(size: int, scan: _native.Scan) -> bool:
    """Whether objects with the same keys come in several orders, or a key comes twice."""
    return bool(scan.census & _ORDER) or any(error.code == "duplicate-key" for error in scan.errors)


def detect(
    payload: bytes | memoryview,
    scan: _native.Scan,
    prefilter: _native.Prefilter,
    limit: int,
    late: Late = in_time,
) -> list[ChannelReport]:
    """Reports of the two channels where there is anything to report."""
    reports: list[ChannelReport] = []
    if scan.census & _ORDER:
        reports += _order(payload, limit, late)
    if any(error.code == "duplicate-key" for error in scan.errors):
        reports += _duplicates(payload, limit, late)
    return reports


# --- order ----------------------------------------


def _order(payload: bytes | memoryview, limit: int, late: Late) -> list[ChannelReport]:
    objects, left_out = _native.key_orders(payload, _MOST_KEYS)
    late(_KEPT * sum(len(found.keys) for found in objects))
    data = bytes(payload)
    groups: dict[int, list[tuple[int, ...]]] = {}
    several: list[_Placed] = []
    everything: list[_Placed] = []
    spans: list[Span] = []
    bits = beyond = 0.0
    alone: list[Candidate] = []
    singles = room = 0
    known: dict[int, dict[bytes, int]] = {}
    places_of: dict[tuple[bytes, ...], tuple[int, ...]] = {}  # most objects come in an order that another had
    previous: dict[int, Counter[tuple[int, ...]]] = {}
    for found in objects:
        names = tuple([data[start:end] for start, end in found.keys])
        sorted_places = places_of.get(names)
        if sorted_places is None:
            late(_PLACED * len(names))
            if len(names) >= _LARGE and singles < _SINGLES:
                singles += 1
                alone += _single(list(names), limit)
            by_name = {name: i for i, name in enumerate(sorted(set(names)))}
            sorted_places = places_of[names] = tuple([by_name[name] for name in names])
        placed = _Placed(found.start, sorted_places)
        room += len(names)
        if room <= _ROOM:
            everything.append(placed)
        if found.group is None:
            continue
        several.append(placed)
        places = known.setdefault(found.group, {name: i for i, name in enumerate(names)})
        order = tuple([places.get(name, 0) for name in names])
        seen = previous.setdefault(found.group, Counter())
        if order not in seen and seen:
            cost = _moves(order, next(reversed(seen)))
            bits += cost
            beyond += cost if len(seen) >= _HONEST_ORDERS else 0.0
            if len(spans) < MAX_SPANS:
                spans.append((found.start, found.keys[-1][1]))
        seen[order] += 1
        groups.setdefault(found.group, []).append(order)
    bits += sum(_code_length(list(orders.values())) for orders in previous.values())
    if alone:
        bits = max(bits, _ALONE)
    if bits <= 0.0:
        return []
    candidates = tuple(alone)
    speaks = bool(alone)
    if bits >= _LOOK:
        readings = [[p.order for p in several]]
        readings.append([order for group, orders in groups.items() for order in _relative(orders, previous[group])])
        readings += ([p.order for p in sorted(several)], [p.order for p in sorted(everything)])
        readings.append([p.order for p in everything])
        decoded = _decode(readings, limit, bits, sure=beyond >= _THRESHOLD, late=late)
        candidates += tuple(candidate for candidate, _ in decoded)
        speaks |= any(certain for _, certain in decoded)
    reasons: tuple[str, ...] = (
        f"{bits:.1f} bits could be hidden in the order of keys, in {len(groups)} kinds of objects",
    )
    if left_out:
        reasons += (f"{left_out} objects more were not looked at",)
    candidates = best(candidates)
    severity = severity_of(candidates)
    threshold = bits * _THRESHOLD / beyond if beyond > 0.0 else max(bits + 1.0, _THRESHOLD)
    return [
        ChannelReport(
            "key.order",
            bits,
            threshold,
            tuple(spans) or ((0, 0),),
            candidates,
            severity,
            reasons,
            weight=beyond / bits if bits else 0.0,
            speaks=speaks,
        )
    ]


class _Placed(NamedTuple):
    """The order of one object's keys, as their places when sorted, and where the object stands."""

    start: int
    order: tuple[int, ...]


def _relative(orders: list[tuple[int, ...]], seen: Counter[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    """The orders relative to the most common one, which is the writer's own."""
    place = {key: i for i, key in enumerate(seen.most_common(1)[0][0])}
    return (tuple(place.get(key, 0) for key in order) for order in orders)


def _moves(order: Sequence[int], before: Sequence[int]) -> float:
    """Bits to say which keys moved, and where to: those outside the longest common run in order."""
    place = {key: i for i, key in enumerate(before)}
    tails: list[int] = []
    for key in order:
        at = place.get(key, 0)
        slot = bisect_left(tails, at)
        tails[slot : slot + 1] = [at]
    n = len(order)
    return min(math.lgamma(n + 1) / math.log(2), 2.0 * (n - len(tails)) * math.log2(n))


def _code_length(counts: Sequence[int]) -> float:
    """Krichevsky and Trofimov, as in the native pricing core, for one habit."""

    def g(x: int) -> float:
        return (math.lgamma(x + 0.5) - math.lgamma(0.5)) / math.log(2)

    return g(sum(counts)) - sum(map(g, counts))


def _single(names: list[bytes], limit: int) -> list[Candidate]:
    """One object's order as a message: the public steganosort's code, and ranks; kept on strong evidence only."""
    if not _LARGE <= len(names) <= _MAX_KEYS or len(set(names)) < len(names):
        return []
    found = []
    for data, name in ((_steganosort(names), "steganosort"), (_rank_bytes(names), "lehmer")):
        text = data.rstrip(b"\0")[:limit]
        fill = 8.0 * (len(data) - len(text)) if name == "steganosort" else 0.0  # it pads with NUL
        if text and evidence(text) + fill >= _ALONE:
            found.append(Candidate(text, (name,), 0.9))
    return found


def _rank_bytes(names: list[bytes]) -> bytes:
    by_name = {name: i for i, name in enumerate(sorted(names))}
    rank, _ = _rank([by_name[name] for name in names], low_first=False)
    return rank.to_bytes((rank.bit_length() + 7) // 8, "big")


def _steganosort(names: list[bytes]) -> bytes:
    """The positions at which the smaller half of 2^k sorted keys were inserted, k bits each (steganosort 0.1.0)."""
    width = len(names).bit_length() - 1
    left = names[: 1 << width]
    half = len(left) // 2
    ordered = sorted(left)
    values = []
    for name in ordered[:half]:
        values.append(left.index(name))
        left.pop(values[-1])
    for back, name in enumerate(ordered[half:]):
        values[-1 - back] += left.index(name)
        left.remove(name)
    number = 0
    for value in values:
        number = number << width | value & ((1 << width) - 1)
    size = width * half
    return (number << -size % 8).to_bytes((size + 7) // 8, "big")


def _rank(order: Sequence[int], *, low_first: bool) -> tuple[int, int]:
    """The number of an order, and how many there are; ``low_first``: the first key is the lowest digit."""
    left = sorted(order)
    digits: list[tuple[int, int]] = []
    for key in order:
        digits.append((left.index(key), len(left)))
        left.remove(key)
    value, weight = 0, 1
    for digit, base in digits if low_first else reversed(digits):
        value += digit * weight
        weight *= base
    return value, weight


def _decode(
    readings: list[list[tuple[int, ...]]], limit: int, bits: float, *, sure: bool, late: Late
) -> list[tuple[Candidate, bool]]:
    """Candidates, the best first, and whether each is evidence by itself."""
    ranked: list[tuple[float, Candidate, bool]] = []
    tried: set[tuple[tuple[int, ...], ...]] = set()
    ranks: dict[tuple[bool, tuple[int, ...]], tuple[int, int]] = {}
    for orders in readings:
        small = _within([order for order in orders if 2 <= len(order) <= _MAX_KEYS][:_MAX_OBJECTS])
        if tuple(small) in tried:
            continue
        tried.add(tuple(small))
        for inverse in (False, True):
            if late():
                break
            kinds = set(small)
            back = {order: _inverse(order) if inverse else order for order in kinds}
            for low_first in (False, True):
                new = [order for order in back.values() if (low_first, order) not in ranks]
                if late(_KEPT * len(small) + _PLACED * sum(map(len, new))):
                    break
                ranks.update(((low_first, order), _rank(order, low_first=low_first)) for order in new)
                number_of = {order: ranks[low_first, turned] for order, turned in back.items()}
                numbers = _without_fill([number_of[order] for order in small])
                for name, data in _messages(numbers, limit):
                    prior = -4.0 - 2.0 * inverse - 2.0 * low_first - 3.0 * name.endswith(("little", "lsb"))
                    ranked += _weighed(name, data, prior, sure=sure)
        carriers = []
        orders_of = sorted(set(small))
        if 2 <= len(orders_of) <= 4 and sum(order != orders_of[0] for order in small) >= 4:
            carriers.append(bytes(map(orders_of.index, small)))
        if len(orders_of) > 1 and all(key // 2 == at // 2 for order in orders_of for at, key in enumerate(order)):
            carriers.append(bytes(int(a > b) for o in small for a, b in zip(o[::2], o[1::2], strict=False)))
        carriers = [each for each in carriers if min(bits, _native.price_symbols(each)) >= _CHOICES]
        for candidate in decode(carriers, limit, sure=sure, late=late):
            data = candidate.data or b""
            if evidence(data) < len(data):
                continue
            ranked.append((len(data) - evidence(data), candidate, candidate.score >= _CERTAIN))
    ranked.sort(key=lambda item: item[0])
    unique: dict[bytes, tuple[Candidate, bool]] = {}
    for _, candidate, certain in ranked:
        if candidate.data:
            unique.setdefault(candidate.data, (candidate, certain))
    return list(unique.values())[:MAX_CANDIDATES]


def _within(orders: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """The first of them, with no more keys than are read together."""
    sums = list(accumulate(map(len, orders)))
    return orders[: bisect_left(sums, _ROOM + 1)]


def _weighed(name: str, data: bytes, prior: float, *, sure: bool) -> Iterator[tuple[float, Candidate, bool]]:
    """Decoded bytes, and what is in a frame in them, by the bits that they take to tell."""
    text = data.rstrip(b"\0")
    parts = [(prior, text)]
    parts += ((prior + frame.bits, data[frame.start : frame.end]) for frame in frames(data, len(data)))
    for known, part in parts:
        worth = evidence(part)
        bits = worth + known
        certain = bits >= 16.0 + len(part).bit_length()
        if part and (sure or certain or (len(part) >= _WORDY and worth >= max(3.0, 0.75 * len(part)))):
            candidate = Candidate(part, (name,), 1.0 - 2.0 ** -max(1.0, min(bits, 40.0)))
            yield len(part) - bits, candidate, certain


def _without_fill(numbers: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Without the one order that the objects behind a message have."""
    kept = len(numbers)
    while kept and numbers[kept - 1] == numbers[-1]:
        kept -= 1
    return numbers[:kept] if len(numbers) - kept > 1 else numbers


def _inverse(order: Sequence[int]) -> tuple[int, ...]:
    result = [0] * len(order)
    for at, key in enumerate(order):
        result[key] = at
    return tuple(result)


def _messages(numbers: list[tuple[int, int]], limit: int) -> Iterator[tuple[str, bytes]]:
    """Numbers below their bounds as digits of one message."""
    value = size = 0
    for number, bound in numbers:  # as many whole bits as each can hold
        width = bound.bit_length() - 1
        if number >> width or size > _MAX_BITS:
            break
        value, size = value << width | number, size + width
    if size >= 8:
        packed = (value << -size % 8).to_bytes((size + 7) // 8, "big")[:limit]
        yield "lehmer-bits", packed
        yield "lehmer-bits-lsb", packed.translate(_REVERSED)
    if numbers and all(number < 256 <= bound for number, bound in numbers):
        yield "lehmer-bytes", bytes(number for number, _ in numbers)[:limit]
    if len(numbers) > 1 and all(number < 16 <= bound for number, bound in numbers):
        digits = [number for number, _ in numbers]
        pairs = zip(digits[::2], digits[1::2], strict=False)
        yield "lehmer-nibbles", bytes(high << 4 | low for high, low in pairs)[:limit]
    wide = sum(bound.bit_length() for _, bound in numbers)
    if wide > _MAX_BITS:
        return
    value, weight = 0, 1
    for number, bound in numbers:
        value, weight = value + number * weight, weight * bound
    if value:
        yield "lehmer-radix", value.to_bytes((value.bit_length() + 7) // 8, "big")[:limit]
        yield "lehmer-radix-little", value.to_bytes((value.bit_length() + 7) // 8, "little")[:limit]
    value = 0
    for number, bound in numbers:
        value = value * bound + number
    if value:
        yield "lehmer-radix-big", value.to_bytes((value.bit_length() + 7) // 8, "big")[:limit]


# --- duplicates ----------------------------------------


def _duplicates(payload: bytes | memoryview, limit: int, late: Late) -> list[ChannelReport]:
    """Values that some parsers never show: of a key that comes twice, the first or the last is dropped."""
    data = bytes(payload)
    scan = _ALL_ERRORS.scan(data, _native.O_NO_PREFILTER)
    pairs = {e.offset: e.length for e in scan.errors if e.code == "duplicate-key"} if scan is not None else {}
    if not pairs:
        return []
    starts, ends, kinds = _TOKENS.tokens(data).columns(_MOST_TOKENS)
    late(_TOKEN * len(starts))
    members: list[int] = []
    after: dict[int, tuple[int, int, bool]] = {}
    for at, is_key in enumerate(kinds.translate(_IS_KEY)):
        if is_key:
            members.append(starts[at])
            if at + 1 < len(starts) and kinds[at + 1] in _SCALARS:
                after[starts[at]] = starts[at + 1], ends[at + 1], kinds[at + 1] == _STRING
    first = [_value(data, after.get(offset)) for offset in dict.fromkeys(pairs.values())]
    again = [_value(data, after.get(offset)) for offset in pairs]
    bits = sum(8.0 * max(1, len(value)) for value in again)
    candidates: list[Candidate] = []
    for name, values in (("first", first), ("again", again)):
        text = b"".join(values)[:limit]
        if text:
            candidates.append(Candidate(text, (name,), 0.9 if evidence(text) >= 8.0 else 0.5))
        numbers = [int(value) for value in values if value.isdigit() and len(value) <= 3]
        if len(numbers) == len(values) and max(numbers, default=256) < 256:
            candidates.append(Candidate(bytes(numbers)[:limit], (name, "bytes"), 0.6))
    twice = set(pairs.values())
    once = [offset for offset in members if offset not in pairs]
    plain = [offset for offset in once if _scalar(data, offset)]
    scopes = (once, plain, [o for o in plain if o not in after], [o for o in plain if o in after])
    carriers = [bytes(int(offset in twice) for offset in kept) for kept in scopes]
    carriers.append(bytes(int(offset in pairs) for offset in members))
    marks = decode(carriers, limit, sure=True, late=late)[: MAX_CANDIDATES - 4]
    same = all(_value(data, after.get(o)) == _value(data, after.get(p)) for o, p in pairs.items())
    # members that say the same twice are marks; otherwise what one of them says is the message
    unique = best([*marks, *candidates] if same else [*candidates, *marks])
    spans = tuple(sorted({(offset, offset + 1) for pair in pairs.items() for offset in pair}))[:MAX_SPANS]
    offset = next(iter(pairs))
    line, column = line_column(payload, offset)
    reasons = (
        f"duplicate-key at byte {offset} (line {line}, column {column})",
        f"{len(pairs)} in all: parsers keep the first value or the last (RFC 8259 section 4)",
    )
    return [ChannelReport("key.duplicate", bits, 1.0, spans, unique, Severity.HIGH, reasons)]


def _scalar(payload: bytes, key: int) -> bool:
    """Whether the value of a key is neither an object nor an array."""
    match = _VALUE.match(payload, key, key + 512)
    return match is not None and match.group(1) not in b"{["


def _value(payload: bytes, token: tuple[int, int, bool] | None) -> bytes:
    """What a scalar says: its start, its end, and whether it is a string."""
    if token is None:
        return b""
    start, end, is_string = token
    raw = payload[start:end]
    return _native.unescape(raw)[0] if is_string and b"\\" in raw else raw
