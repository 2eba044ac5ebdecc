"""The number channels (family B): the form of a number of the same value, and digits that no double holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Context, Decimal
from itertools import accumulate
from typing import Final

from .. import _native
from ..model import Candidate, Severity, Span
from .channel import MAX_SPANS, ChannelReport, Late, in_time, severity_of
from .plausible import evidence
from .ranking import best, decode

__all__ = ["CHANNELS", "detect", "wanted"]

CHANNELS: Final = ("number.form", "number.excess-precision")
_FORM: Final = 1024 | 2048 | 4096
_LONG: Final = 8192
#: Bits from which a stream of choices is a finding by itself: floats vary naturally in the first, exponents do not.
_THRESHOLD: Final[dict[str, float]] = {
    "form": 18.0,
    "type": 45.0,
    "exponent": 9.0,
    "exponent-float": 14.0,
    "style": 12.0,
    "zero-sign": 12.0,
}
_LONG_NUMBERS: Final = 4096  # looked at one by one
#: Below this price nothing is decoded (native/src/settle.c knows it too).
_LOOK: Final = 12.0
#: Numbers that are decoded: a longer carrier is decoded in part.
_NUMBERS: Final = 1 << 15
#: Units of work for one of them, in all its carriers.
_NUMBER: Final = 1_500
#: Beginnings of a message that are tried.
_MARKS: Final = 6
_DIGITS: Final = 1 << 16  # of numbers that are too long, read as codes
#: Bits of a decimal digit.
_DIGIT: Final = 3.3219


def wanted(size: int, scan: _native.Scan) -> bool:
    """Whether a number was written with an exponent, a zero too many, a minus before nought, or too many digits."""
    return bool(scan.census & (_FORM | _LONG))


def detect(
    payload: bytes | memoryview,
    scan: _native.Scan,
    prefilter: _native.Prefilter,
    limit: int,
    late: Late = in_time,
) -> list[ChannelReport]:
    """Reports of the two channels where their price is above zero."""
    found = _native.choices(payload)
    reports: list[ChannelReport] = []
    bits = {name: found.bits[name] for name in _THRESHOLD}
    total = sum(bits.values())
    if total > 0.0:
        units = sum(price / _THRESHOLD[name] for name, price in bits.items())
        candidates: tuple[Candidate, ...] = ()
        if total >= _LOOK and not late():
            numbers = _Numbers(_native.choices(payload, "number", min(4 * len(payload), 4 * _NUMBERS)).symbols)
            late(_NUMBER * len(numbers.all))
            carriers, likely = _carriers(numbers), _likely(numbers)
            candidates = decode(carriers, limit, sure=units >= 1.0, likely=likely, marks=_MARKS, late=late)
        places: set[Span] = set()
        for name, price in bits.items():
            if price > 0.0:
                plain, odd = found.plain[name], found.odd[name]
                places.update(plain if 0 < len(plain) < len(odd) else odd or plain)
        reports.append(
            ChannelReport(
                "number.form",
                total,
                total / units,
                tuple(sorted(places))[:MAX_SPANS] or ((0, 0),),
                candidates,
                severity_of(candidates),
                (f"{total:.1f} bits could be hidden in forms of numbers ({', '.join(n for n in bits if bits[n])})",),
                weight=(total - bits["type"]) / total,
            )
        )
    if scan.census & _LONG:
        reports += _excess(payload, found, limit)
    return reports


class _Numbers:
    """The native carrier of numbers, taken apart: form, zeros, exponent and key of each."""

    def __init__(self, symbols: bytes) -> None:
        self.form, self.exponent, key = symbols[0::4], symbols[2::4], symbols[3::4]
        # the nought of 1.0 is the point's own
        self.zeros = bytes(max(0, z - (f & 9 == 9)) for f, z in zip(self.form, symbols[1::4], strict=True))
        self.excess = symbols[1::4]
        self._key = key
        fractions = {k for f, k in zip(self.form, key, strict=True) if f & 1 and not f & 8}
        self.all = range(len(key))
        self.whole = [at for at in self.all if self.form[at] & 8]
        #: under keys that no fraction ever stands under
        self.integers = [at for at in self.whole if key[at] not in fractions]
        self.points = [at for at in self.all if self.form[at] & 1]

    def scopes(self, odd: Sequence[int], *places: Sequence[int]) -> Iterator[Sequence[int]]:
        """Places that a writer may have gone through: with and without noughts, and of keys with an odd form."""
        for place in places:
            yield place
            yield [at for at in place if not self.form[at] & 4]
            keys = {self._key[at] for at in place if odd[at]}
            yield [at for at in place if self._key[at] in keys]


def _likely(numbers: _Numbers) -> bytes:
    """The carrier of those numbers that the odd form was ever seen in: integers or all, nought among them or not."""
    form = numbers.form
    bit = 2 if any(numbers.exponent) or any(f & 2 for f in form) else 1
    place = numbers.integers if bit == 1 else numbers.all
    odd = [form[at] for at in place if form[at] & bit]
    if not odd or 4 * len(odd) > 3 * len(place):  # how the odd form is written is the choice
        return b""
    whole, nought = all(f & 8 for f in odd), any(f & 4 for f in odd)
    kept = (form[at] for at in place)
    return bytes(int(bool(f & bit)) for f in kept if (f & 8 or not whole) and (nought or not f & 4))


def _carriers(numbers: _Numbers) -> Iterator[bytes]:
    """Choices of a number each."""
    form, exponent = numbers.form, numbers.exponent
    point = bytes(f & 1 for f in form)
    power = bytes(f >> 1 & 1 for f in form)
    redundant = bytes(e >> 3 & 1 for e in exponent)
    fractions = [at for at in numbers.points if not form[at] & 8]
    for choice, places in (
        (point, (numbers.integers, numbers.whole)),  # 1 or 1.0
        (power, (numbers.all, numbers.whole, numbers.integers)),  # 1 or 1e0
        (redundant, (numbers.all,)),
        (numbers.zeros, (numbers.points, fractions)),  # zeros behind a fraction
        (numbers.excess, (numbers.all, numbers.points, numbers.integers, numbers.whole)),
    ):
        for place in numbers.scopes(choice, *places):
            yield from _choices([choice[at] for at in place])
    yield from _choices([e & 7 for f, e in zip(form, exponent, strict=True) if f & 2])  # E, e+, e05
    yield bytes(f >> 4 & 1 for f in form if f & 4)  # 0 or -0
    yield bytes(f >> 4 & 1 for f in form if f & 4 and not f & 3)


def _choices(kinds: list[int]) -> Iterator[bytes]:
    """Choices as symbols, in the order of their size; only where there are two to four of them."""
    seen = sorted(set(kinds))
    if 2 <= len(seen) <= 4:
        yield bytes(map(seen.index, kinds))


def _excess(payload: bytes | memoryview, found: _native.Choices, limit: int) -> list[ChannelReport]:
    """Fractions of more digits than a double holds, unless the digits are those of a double written out in full."""
    text = _native.choices(payload, "long", min(len(payload), 1 << 20) + 64).symbols
    numbers = text.split(b",")[:-1]
    looked = numbers[:_LONG_NUMBERS]
    excess: list[bytes] = []
    spans: list[Span] = []
    bits = 0.0
    for at, number in enumerate(looked):
        digits = number.lower().split(b"e")[0].replace(b".", b"").lstrip(b"-0")
        if len(digits) > 2000 or _of_a_double(number, len(digits)):
            continue
        tail = digits[17:].rstrip(b"0") if len(digits) <= 2000 else digits[17:]
        bits += _DIGIT * len(tail)
        excess.append(digits)
        if at < len(found.plain["long"]) and len(spans) < MAX_SPANS:
            spans.append(found.plain["long"][at])
    bits += _DIGIT * sum(len(number) - 17 for number in looked if len(number) > 2020)
    if bits <= 0.0:
        return []
    candidates, certain = _digits(excess, limit)
    reasons: tuple[str, ...] = (
        f"{bits:.1f} bits could be hidden in digits that no double holds, in {len(excess)} numbers",
    )
    if len(numbers) > len(looked):
        reasons += (f"only the first {_LONG_NUMBERS} of these numbers were looked at",)
    return [
        ChannelReport(
            "number.excess-precision",
            bits,
            bits + 1.0,  # another language's decimals have them too: without a message they are only a price
            tuple(spans) or ((0, 0),),
            candidates,
            severity_of(candidates, Severity.MEDIUM),
            reasons,
            weight=0.0,
            speaks=certain,
        )
    ]


def _of_a_double(number: bytes, significant: int) -> bool:
    """Whether the digits are those that the nearest double has, written with so many of them."""
    text = number.decode()
    double = float(text)
    if double in (float("inf"), float("-inf")):
        return False
    exact = Decimal(double)
    return Context(prec=max(1, significant)).plus(exact) == Decimal(text)


def _digits(excess: list[bytes], limit: int) -> tuple[tuple[Candidate, ...], bool]:
    """Digits behind those of a double, as codes of two or three digits or as one number; whether any is certain."""
    found: list[Candidate] = []
    certain = False
    room = accumulate(map(len, excess))
    excess = [digits for digits, sum_ in zip(excess, room, strict=True) if sum_ <= _DIGITS] or excess[:1]
    for kept in (17, 16, 15):
        tails = [digits[kept:] for digits in excess]
        text = b"".join(tails)[: min(3 * limit, _DIGITS)]
        readings = [("decimal/3", _codes(text, 3)), ("decimal/2", _codes(text, 2))]
        readings.append(("decimal/3-each", b"".join(_codes(tail, 3) for tail in tails)))
        if 0 < len(text) <= 4000:
            value = int(text)
            readings.append(("decimal", value.to_bytes((value.bit_length() + 7) // 8, "big")))
        if all(0 < len(tail) <= 4000 for tail in tails):
            values = [int(tail) for tail in tails]
            if all(value < 256 for value in values):
                readings.append(("decimal-each", bytes(values)))
            else:
                readings.append(
                    ("decimal-each", b"".join(v.to_bytes((v.bit_length() + 7) // 8, "big") for v in values)[:limit])
                )
        for name, data in readings:
            bits = evidence(data) - 6.0
            if len(data) >= 2 and bits + 6.0 >= len(data):
                certain |= bits >= 2.0 * len(data) ** 0.5 + 4.0
                found.append(Candidate(data, (name,), 1.0 / (1.0 + 2.0 ** -min(bits, 40.0))))
    return best(sorted(found, key=lambda c: -c.score)), certain


def _codes(digits: bytes, width: int) -> bytes:
    codes = [int(digits[i : i + width]) for i in range(0, len(digits) - width + 1, width)]
    return bytes(codes) if all(code < 256 for code in codes) else b""
