"""Characters back to bytes: alphabets of invisible characters, offsets of code points, and choices as bits.

Alphabets of up to four symbols are searched by recovery.py. Larger ones are positional: a unit of so many digits is a
byte or a UTF-16 code unit, its digits being the places of the characters in an alphabet. Which alphabets public tools
use is data (`_ALPHABETS`); of an unknown one the characters are taken in the order of their code points, and in that of
their coming.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from .. import _native
from ..model import Candidate
from .channel import SYMBOL, Late, effort, in_time
from .framing import frames
from .plausible import evidence
from .recovery import MAX_CANDIDATES, recover

__all__ = [
    "ANY",
    "best",
    "choices",
    "invisibles",
    "is_stegcloak",
    "lookalikes",
    "private",
    "spaces",
    "tags",
    "variation_selectors",
]

#: A minimum that lets every reading through: for a carrier that is a message for certain.
ANY: Final = -20.0
_FOUR: Final = b"\t\n\r "  # what recovery.py takes for an alphabet of four, whichever of them occur
_AS_DIGITS: Final = b"0123456789abcdef".ljust(256, b"!")
_UNITS: Final = 2_000_000  # of work, for a run read in all ways
_RUNS: Final = 3  # longest runs that are read on their own

#: Alphabets in the order of their digits, with the digits of a unit and the bits of a unit. Sources: the tools' own
#: repositories (offdev/zwsp-steg-js, 330k/misc_tools unicode_steganography, yuanfux/zero-width-lib).
_ALPHABETS: Final[tuple[tuple[str, tuple[int, ...], int, int], ...]] = (
    ("zwsp-steg", (0x200B, 0x200C, 0x200D), 11, 16),
    ("zwsp-steg-full", (0x200B, 0x200C, 0x200D, 0x200E, 0x200F), 7, 16),
    ("unicode-steganography", (0x200C, 0x200D, 0x202C, 0xFEFF), 8, 16),
    ("base7", (0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF), 6, 16),
    ("base8", (0x200B, 0x200C, 0x200D, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064), 0, 8),
    ("base8", (0x200B, 0x200C, 0x200D, 0x2060, 0x2061, 0x2062, 0x2063, 0xFEFF), 0, 8),
    ("base8", (0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0x2061, 0xFEFF), 0, 8),
    ("base8", (0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0x2061, 0x2062), 0, 8),
    ("base8", (0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF), 0, 8),
)
#: Alphabets whose characters are code points as numbers without leading noughts, with the sign between them.
_NUMBERED: Final = (("zero-width-lib", 0x200B, (0x200E, 0x200F, 0x200C, 0x200D, 0xFEFF)),)
#: A character that no other one of its kind stands right before.
_BEGINS: Final = re.compile(b"[%s]" % b"".join(b"\\x%02x" % f for f in range(256) if not f & _native.UF_RUN))
_STEGCLOAK: Final = frozenset((0x200C, 0x200D, 0x2061, 0x2062, 0x2063, 0x2064))
#: Letters that embedders replace, most careful first.
_LETTERS: Final = ("aceopxy", "aceiopxy", "aceijopsxy", "acehijopsxy", "ACEOPXYaceopxy", "ABCEHIKMOPSTXYaceijopsxy")


def is_stegcloak(codes: Iterable[int]) -> bool:
    """Whether characters are all of StegCloak's alphabet, with its invisible operators."""
    seen = set(codes)
    return len(seen) >= 4 and seen <= _STEGCLOAK and bool(seen & {0x2061, 0x2062, 0x2063, 0x2064})


def best(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The best of them, each reading once."""
    unique: dict[bytes, Candidate] = {}
    for candidate in sorted(candidates, key=lambda c: -c.score):
        if candidate.data:
            unique.setdefault(candidate.data, candidate)
    return tuple(unique.values())[:MAX_CANDIDATES]


def _scored(readings: Iterable[tuple[bytes, str, float]], minimum: float, limit: int) -> Iterator[Candidate]:
    for data, name, prior in readings:
        data = data[:limit]
        parts = [(prior, data)]
        parts += ((prior + frame.bits, data[frame.start : frame.end]) for frame in frames(data, len(data)))
        for known, part in parts:
            net = known + evidence(part)
            if part and net >= minimum:
                yield Candidate(part, (name,), 1.0 / (1.0 + 2.0 ** -max(-40.0, min(net, 40.0))))


def _carriers(chars: _native.Characters) -> Iterator[list[int]]:
    """All characters of the document in order; and its longest runs."""
    codes = chars.codes
    yield codes
    begins = [match.start() for match in _BEGINS.finditer(chars.flags)]
    if begins[:1] != [0]:
        begins.insert(0, 0)
    if len(begins) > 1:
        runs = [(at, end) for at, end in pairwise([*begins, len(codes)]) if end - at >= 4]
        runs.sort(key=lambda run: run[0] - run[1])
        yield from (codes[at:end] for at, end in runs[:_RUNS])


def _four(codes: Sequence[int]) -> bytes | None:
    """Symbols of an alphabet of at most four, in the order of their code points."""
    kinds = sorted(set(codes))
    symbol = dict(zip(kinds, _FOUR, strict=False))
    return None if len(kinds) > len(_FOUR) else bytes(map(symbol.__getitem__, codes))


def _packed(digits: Sequence[int], width: int) -> bytes:
    """Digits of ``width`` bits, most significant first; what is left over is the last byte."""
    size = len(digits) * width
    number = int(bytes(digits).translate(_AS_DIGITS) or b"0", 1 << width)
    return (number >> size % 8).to_bytes(size // 8, "big")


def _units(digits: Sequence[int], base: int, width: int, bits: int) -> bytes | None:
    """Units of ``width`` digits as bytes, or as UTF-16 code units; ``None`` if one is too large for that."""
    values = []
    for at in range(0, len(digits) - width + 1, width):
        value = 0
        for digit in digits[at : at + width]:
            value = value * base + digit
        values.append(value)
    if not values or max(values) >> bits:
        return None
    if max(values) < 256:
        return bytes(values)
    pairs = b"".join(value.to_bytes(2, "big") for value in values)
    return pairs.decode("utf-16-be", "replace").encode()


def _numbered(codes: Sequence[int], between: int, alphabet: Sequence[int]) -> bytes:
    """Code points in the base of an alphabet; nothing where one is none."""
    points = [0]
    for code in codes:
        if code == between:
            points.append(0)
        else:
            points[-1] = min(points[-1] * len(alphabet) + alphabet.index(code), 0x110000)
    if not all(0 < point < 0x110000 and not 0xD800 <= point < 0xE000 for point in points):
        return b""
    return "".join(map(chr, points)).encode()


def _places(codes: Sequence[int], alphabet: Sequence[int]) -> list[int]:
    return list(map({code: at for at, code in enumerate(alphabet)}.__getitem__, codes))


def _positional(codes: Sequence[int]) -> Iterator[tuple[bytes, str, float]]:
    kinds = set(codes)
    for name, alphabet, width, bits in _ALPHABETS:
        if kinds <= set(alphabet) and len(kinds) * 2 > len(alphabet):
            digits = _places(codes, alphabet)
            data = _units(digits, len(alphabet), width, bits) if width else _packed(digits, 3)
            if data:
                yield data, name, -3.0 + (4.0 if width and len(digits) % width == 0 else 0.0)
    for name, between, alphabet in _NUMBERED:
        if between in kinds and kinds <= {between, *alphabet} and len(kinds) > 2:
            yield _numbered(codes, between, alphabet), name, 4.0
    base = len(kinds)
    if base > 16 or base < 3:
        return
    orders = [sorted(kinds), list(dict.fromkeys(codes)), sorted(kinds, reverse=True)]
    for rank, order in enumerate(orders):
        digits = _places(codes, order)
        if base > 4:
            yield _packed(digits, 3 if base <= 8 else 4), "base8" if base <= 8 else "base16", -4.0 - rank
        for bits in (8, 16):
            width = math.ceil(bits / math.log2(base) - 1e-9)
            if base in (4, 16) and bits == 8:
                width = 8 // (base.bit_length() - 1)
            data = _units(digits, base, width, bits)
            if data:
                yield data, f"base{base}/{width}", -5.0 - rank + (2.0 if len(digits) % width == 0 else 0.0)


def _numbers(codes: Sequence[int], limit: int, minimum: float) -> Iterator[Candidate]:
    run = _four(codes)
    if run is not None:
        yield from recover(run, limit, minimum=minimum)
    yield from _scored(_positional(codes), minimum, limit)


def invisibles(chars: _native.Characters, limit: int, minimum: float, late: Late = in_time) -> tuple[Candidate, ...]:
    """Zero-width characters and direction marks as digits."""
    found: list[Candidate] = []
    for codes in _carriers(chars):
        if late(_UNITS + 8 * SYMBOL * len(codes)):
            break
        codes = codes[: limit * 16]
        found += _numbers(codes, limit, minimum)
        common = sorted(set(codes), key=codes.count, reverse=True)[:9] if len(codes) < 1 << 14 else []
        if 3 <= len(common) <= 5:  # two digits, the rest being marks of beginnings, ends and letters
            for kept in (set(common[:2]), {code for code in common if codes.count(code) > 1}):
                part = _four([code for code in codes if code in kept])
                if part and len(kept) < len(common):
                    found += recover(part, limit, minimum=minimum)
    return best(found)


def tags(chars: _native.Characters, limit: int, minimum: float) -> tuple[Candidate, ...]:
    """Tag characters as the ASCII that they repeat."""
    readings = [
        (bytes(code - 0xE0000 for code in codes if 0xE0001 < code < 0xE007F), "tags", 24.0)
        for codes in _carriers(chars)
    ]
    return best(_scored(readings, minimum, limit))


def variation_selectors(
    chars: _native.Characters, limit: int, minimum: float, late: Late = in_time
) -> tuple[Candidate, ...]:
    """Selectors 1 to 16 and 17 to 256 as bytes; or as half bytes, or as digits of fewer."""
    readings: list[tuple[bytes, str, float]] = []
    found: list[Candidate] = []
    for codes in _carriers(chars):
        if late(_UNITS + 8 * SYMBOL * len(codes)):
            break
        numbers = [code - 0xFE00 if code < 0xE0100 else code - 0xE0100 + 16 for code in codes if code >= 0xFE00]
        low = all(number < 16 for number in numbers)
        readings.append((bytes(numbers), "selectors", 0.0 if low else 8.0))
        if all(number >= 16 for number in numbers):
            readings.append((bytes(number - 16 for number in numbers), "selectors-16", 2.0))
        if low and len(numbers) >= 2:
            pairs = zip(numbers[::2], numbers[1::2], strict=False)
            readings.append((bytes(high << 4 | low for high, low in pairs), "nibbles", 6.0 - 3.0 * (len(numbers) % 2)))
        run = _four(codes)
        if run is not None and len(run) >= 8:
            found += recover(run, limit, minimum=minimum)
    return best((*found, *_scored(readings, minimum, limit)))


def private(chars: _native.Characters, limit: int, minimum: float, late: Late = in_time) -> tuple[Candidate, ...]:
    """Code points as bytes above the start of their area, or as their low bytes."""
    readings: list[tuple[bytes, str, float]] = []
    found: list[Candidate] = []
    for codes in _carriers(chars):
        if late(_UNITS + 8 * SYMBOL * len(codes)):
            break
        areas = [code for code in codes if 0xE000 <= code < 0xF900 or code >= 0xF0000]
        offsets = [code - 0xE000 if code < 0xF900 else code & 0xFFFF for code in areas]
        if offsets and max(offsets) < 256:
            readings.append((bytes(offsets), "offsets", 6.0))
        elif offsets:
            readings.append((b"".join(n.to_bytes(2, "big") for n in offsets), "offsets-16", 0.0))
        readings.append((bytes(code & 0xFF for code in codes), "low-bytes", 2.0))
        found += _numbers(codes, limit, minimum)
    return best((*found, *_scored(readings, minimum, limit)))


def spaces(chars: _native.Characters, limit: int, minimum: float) -> tuple[Candidate, ...]:
    """Odd spaces as digits by themselves, as where ordinary ones are no digit."""
    codes = chars.codes
    return best(_numbers(codes, limit, minimum)) if len(set(codes)) > 1 else ()


def _streams(stream: bytes, odd: Callable[[bytes], int]) -> Iterator[bytes]:
    """Where a message may stand in a stream of choices: values, keys too, from its first string on, in one string."""
    keys, values = b"\xfe", b"\xff"
    texts = [(part[:1] == keys, part[1:]) for part in re.findall(rb"[\xfe\xff][^\xfe\xff]*", stream)]
    own = [text for key, text in texts if not key]
    first = next((i for i, text in enumerate(own) if odd(text)), 0)
    most = max((text for _, text in texts), key=odd, default=b"")
    yield from dict.fromkeys((b"".join(own), b"".join(own[first:]), most, stream.translate(None, keys + values)))


def _until_last(run: bytes, limit: int) -> bytes:
    """The bits up to the byte of the last one: what follows is fill."""
    last = max(run.rfind(symbol) for symbol in (1, 2, 3))
    return run[: min(limit * 8, (last // 8 + 1) * 8)]


def choices(stream: bytes, limit: int, minimum: float, late: Late = in_time) -> tuple[Candidate, ...]:
    """Choices in the order of the text as digits; the carrier goes on behind its message."""
    found: list[Candidate] = []
    for part in _streams(stream, lambda text: len(text) - text.count(0)):
        kinds = sorted(set(part))
        if late(effort(part)):
            break
        if 2 <= len(kinds) <= 4:
            run = part.translate(bytes(kinds.index(byte) if byte in kinds else 0 for byte in range(256)))
            found += recover(_until_last(run, limit), limit, exact=False, minimum=minimum)
    return best(found)


def lookalikes(stream: bytes, limit: int, minimum: float, late: Late = in_time) -> tuple[Candidate, ...]:
    """A bit for each letter that could have been replaced, for some sets of such letters."""
    high = bytes(range(0x80, 0xFE))
    seen = {byte & 0x7F for byte in set(stream) if 0x80 <= byte < 0xFE}
    alphabets = [frozenset(seen), frozenset(seen | {byte ^ 0x20 for byte in seen})]
    alphabets += [frozenset(letters.encode()) for letters in _LETTERS if seen <= frozenset(letters.encode())]
    bits = bytes(byte >> 7 for byte in range(256))
    found: list[Candidate] = []
    for part in _streams(stream, lambda text: len(text) - len(text.translate(None, high))):
        for rank, letters in enumerate(dict.fromkeys(alphabets)):
            if late(SYMBOL * len(part)):
                break
            others = bytes(byte for byte in range(256) if byte & 0x7F not in letters)
            run = part.translate(bits, others)
            if len(set(run)) == 2 and not late(effort(run)):
                found += [
                    Candidate(c.data, c.decoders, c.score - rank * 1e-6)
                    for c in recover(_until_last(run, limit), limit, exact=False, minimum=minimum)
                ]
    return best(found)
