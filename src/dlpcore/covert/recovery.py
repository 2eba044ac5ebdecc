"""Symbols back to bytes: a bounded, systematic search over orders, widths, bit orders and marks.

Theory of operation. A carrier is a run of symbols (bytes of white space, or small numbers that stand for choices).
A hypothesis says which symbol is which digit, how many digits make a byte, in which order, and where the message
starts. Each is scored in bits: what its bytes look like (plausible.evidence), two bits for each padding digit that is
zero as it claims, and what known tools and simple habits make likely beforehand. All hypotheses are tried on a sample;
the best are decoded in full. A candidate is kept when its bits outweigh the number of hypotheses tried.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain, permutations
from typing import NamedTuple

from .. import _native
from ..model import Candidate
from .framing import Frame, frames
from .plausible import evidence

__all__ = ["MAX_CANDIDATES", "recover", "weighed"]

#: Candidates kept for one carrier.
MAX_CANDIDATES = 8
_SAMPLE = 512
_SKIP = 255
#: Dolus writes CR LF TAB SP, then each byte as eight digits of base 4, TAB LF CR SP for 0 1 2 3, the upper four zero;
#: jsmug writes the same digits, without a mark, into the gaps of a document.
_DOLUS_MARK = b"\r\n\t "
_DOLUS_ORDER = b"\t\n\r "
#: What it is worth, in bits, that a run is as a public tool writes it: behind Dolus's mark hardly anything else is.
_KNOWN = {"dolus": 64.0, "jsmug": 12.0, "snow": 0.0, "": 0.0}
_MARKS = (0, 1, 2, 3, 4, 5, 6, 8, 7, 9, 10, 11, 12, 13, 14, 15)
#: Bits against a reading in which the plain choices behind the message are digits that say something.
_FILLED = 12.0
#: The bits of a frame, each of which spares its message some of the one bit a byte that it must read as text by.
_FRAMED = 6.0
#: Bits for bytes that read as nothing at all.
_NOTHING = -6.0
_AS_DIGITS = b"0123456789abcdef".ljust(256, b"!")
#: Three bits the other way round.
_TURNED = (0, 4, 2, 6, 1, 5, 3, 7)


#: What four zero padding digits say for a byte, by the byte's own digits that are not zero.
_PADDING_BITS = tuple(
    (-1.0, 4.0, 8.0, 8.0, 8.0)[sum((byte >> shift & 3) != 0 for shift in (0, 2, 4, 6))] for byte in range(256)
)


class _Hypothesis(NamedTuple):
    prior: float
    table: bytes
    bits: int
    per_byte: int
    lsb: bool
    start: int
    decoders: tuple[str, ...]
    frame: Frame | None = None


def _table(order: bytes) -> bytes:
    table = bytearray([_SKIP]) * 256
    for digit, symbol in enumerate(order):
        table[symbol] = digit
    return bytes(table)


def _padded(run: bytes, zero: int, start: int, lsb: bool) -> bool:
    """Whether the half of each eight symbols that carries nothing is `zero` throughout."""
    for k in range(4, 8) if lsb else range(4):
        part = run[start + k :: 8]
        if part.count(zero) != len(part):
            return False
    return True


def _base4(run: bytes, symbols: bytes, tool: str, marks: int) -> Iterator[_Hypothesis]:
    """Digits of two bits: eight a byte of which four are zero (Dolus), or four."""
    sample = run[:_SAMPLE]
    natural = bytes(sorted(symbols))
    orders: list[tuple[float, bytes]] = []
    for order in permutations(symbols):
        digits = bytes(order)
        orders.append((-1.0 if digits == natural else -4.5, digits))
    for rank, start in enumerate(_MARKS[:marks]):
        if start >= len(run):
            continue
        known = run[max(0, start - 4) : start] == _DOLUS_MARK if tool == "dolus" else start == 0
        place = -math.log2(rank + 2) + (3.0 if known and start else 0.0)
        for lsb in (False, True):
            for zero in symbols:
                if len(run) - start >= 8 and _padded(sample, zero, start, lsb):
                    for prior, digits in orders:
                        if digits[0] == zero:
                            same = known and digits == _DOLUS_ORDER and not lsb and tool in ("dolus", "jsmug")
                            names = (tool,) if same else (f"base4{'-lsb' if lsb else ''}/8",)
                            rest = (len(run) - start) % 8
                            bonus = (
                                (_KNOWN[tool] if same else 0.0) + (3.0 if rest == 0 else 0.0) - (12.0 if lsb else 0.0)
                            )
                            yield _Hypothesis(prior + place + bonus, _table(digits), 2, 8, lsb, start, names)
            if len(run) - start >= 4:
                rest = (len(run) - start) % 4
                for prior, digits in orders:
                    bonus = (2.0 if rest == 0 else 0.0) - (2.0 if lsb else 0.0)
                    names = (f"base4{'-lsb' if lsb else ''}",)
                    yield _Hypothesis(prior + place + bonus, _table(digits), 2, 4, lsb, start, names)


def _base2(run: bytes, symbols: bytes, marks: int) -> Iterator[_Hypothesis]:
    """Digits of one bit in any two symbols; others, if there are, are marks or fill."""
    for zero, one in permutations(symbols, 2):
        others = len(symbols) - 2
        kept = len(run) if not others else run.count(zero) + run.count(one)
        if kept < 8 or kept * 2 < len(run):
            continue
        for rank, start in enumerate(_MARKS[:marks]):
            if start and others:
                break  # a mark of other symbols is skipped anyway
            if start + 8 > len(run):
                continue
            for lsb in (False, True):
                # what a reading passes over must be told as well
                prior = (
                    -math.log2(rank + 2)
                    - 2.0 * others
                    - 0.5 * (len(run) - kept)
                    - (2.0 if lsb else 0.0)
                    - (0.0 if zero < one else 1.0)
                )
                prior += 3.0 if (kept - start) % 8 == 0 else 0.0
                names = (f"base2{'-lsb' if lsb else ''}",)
                yield _Hypothesis(prior, _table(bytes((zero, one))), 1, 8, lsb, start, names)


def _run_lengths(run: bytes, symbols: bytes, tool: str) -> Iterator[tuple[float, bytes, str]]:
    """Lengths of runs between separators as bytes, as nibbles, or counted from one."""
    if not 2 <= len(symbols) <= 3:
        return
    for separator in symbols:
        lengths = [len(part) for part in run[: 1 << 14].split(bytes((separator,)))]
        if lengths[-1] == 0:
            lengths.pop()  # behind the last separator
        if not lengths or max(lengths) > 256 or (len(set(lengths)) == 1 and len(lengths) > 3):
            continue
        if max(lengths) <= 255:
            yield -4.0, bytes(lengths), "unary"
            if lengths[0] == 0:  # the document's own line end
                yield -4.0, bytes(lengths[1:]), "unary"
        if min(lengths) >= 1:
            yield -5.0, bytes(n - 1 for n in lengths), "unary-1"
        if max(lengths) <= 7 and len(lengths) >= 3:
            for part in (lengths, lengths[1:]):  # up to seven blanks between tabs; SNOW turns the bits of a group
                prior = 12.0 if tool == "snow" and separator == ord("\t") else -4.0
                yield prior, _packed(part, 3), "octal"
                yield prior, _packed([_TURNED[length] for length in part], 3), "octal-lsb"
        if max(lengths) <= 15 and len(lengths) >= 2:
            pairs = zip(lengths[::2], lengths[1::2], strict=False)
            yield -4.0, bytes(high << 4 | low for high, low in pairs), "nibbles"


def _groups(run: bytes, symbols: bytes) -> Iterator[tuple[float, bytes, str]]:
    """Binary numbers without leading noughts between separators: the first symbol of each is a one."""
    if len(symbols) != 3:
        return
    for separator in symbols:
        parts = [part for part in run[: 1 << 14].split(bytes((separator,))) if part]
        heads = {part[0] for part in parts}
        if len(parts) < 2 or len(heads) != 1 or max(map(len, parts)) > 21:
            continue
        one = heads.pop()
        codes = [int(bytes(49 if symbol == one else 48 for symbol in part), 2) for part in parts]
        if max(codes) < 256:
            yield 4.0, bytes(codes), "binary"
        elif max(codes) < 0x110000 and not any(0xD800 <= code < 0xE000 for code in codes):
            yield 4.0, "".join(map(chr, codes)).encode(), "binary"


def _padding(data: bytes) -> float:
    """Bits that the zero padding digits of the bytes are worth: nothing where the other digits are zero as well."""
    return sum(map(_PADDING_BITS.__getitem__, data))


def _packed(values: list[int], width: int) -> bytes:
    """Numbers of ``width`` bits, most significant first, as bytes; what is left over is dropped."""
    size = len(values) * width
    number = int(bytes(values).translate(_AS_DIGITS) or b"0", 1 << width)  # linear, where shifting one by one is not
    return (number >> size % 8).to_bytes(size // 8, "big") if size >= 8 else b""


def _trimmed(data: bytes, exact: bool) -> bytes:
    """A carrier that goes on after its message repeats one choice: drop the fill."""
    if exact or len(data) < 2 or data[-1] not in (0x00, 0xFF):
        return data
    return data.rstrip(data[-1:]) or data[:1]


def _completed(symbols: bytes) -> bytes:
    """Four symbols, where at least two occur: one that does not occur may still be a digit."""
    if len(symbols) < 4 and set(symbols) <= set(_DOLUS_ORDER):
        return bytes(sorted({*symbols, *_DOLUS_ORDER}))
    if len(symbols) == 3 and symbols[-1] < 4:
        return bytes(range(4))
    return symbols


def recover(
    run: bytes, limit: int, *, exact: bool = True, tool: str = "", minimum: float = 10.0, marks: int = len(_MARKS)
) -> tuple[Candidate, ...]:
    """The best decodings of a carrier, best first, as :func:`weighed` without their bits."""
    return tuple(c for _, c in weighed(run, limit, exact=exact, tool=tool, minimum=minimum, marks=marks))


def weighed(
    run: bytes, limit: int, *, exact: bool = True, tool: str = "", minimum: float = 10.0, marks: int = len(_MARKS)
) -> list[tuple[float, Candidate]]:
    """The best decodings of a carrier, best first, with the bits by which each beats chance.

    None where none is plausible.

    Args:
        run: the symbols, one a byte, of at most four kinds (more are not a positional code).
        limit: bytes that one candidate may have.
        exact: whether the carrier ends with its message (a run of its own) or goes on with fill (choices).
        tool: the public tool that writes such carriers in Dolus's order: "dolus" behind its mark, "jsmug" at once;
            "snow": blanks between tabs at the ends of lines.
        minimum: bits by which a candidate must beat chance.
        marks: how many beginnings are tried, from the first symbol on.
    """
    symbols = bytes(sorted(set(run)))
    if not symbols or len(symbols) > 4:
        return []
    symbols4 = _completed(symbols)
    scored: dict[bytes, tuple[float, _Hypothesis]] = {}
    filled = not exact and len(run) - len(run.rstrip(run[-1:])) >= 8
    tried = 0
    hypotheses: list[Iterator[_Hypothesis]] = []
    if len(symbols4) == 4:
        hypotheses.append(_base4(run, symbols4, tool, marks))
    hypotheses.append(_base2(run, symbols, marks))
    for source in hypotheses:
        for h in source:
            tried += 1
            sample = run[h.start : h.start + _SAMPLE]
            decoded = _native.decode_symbols(sample, h.table, h.bits, h.per_byte, h.lsb, limit)
            data = _trimmed(decoded.data, exact)
            if not data:
                continue
            bits = h.prior
            if filled and h.table[run[-1]] in (1, 2) and h.bits == 2:
                bits -= _FILLED
            if h.per_byte * h.bits > 8:
                if decoded.zeros_broken:
                    continue
                bits += _padding(decoded.data)
            head = bytes((h.per_byte, h.bits))
            room = min(limit, (len(run) - h.start) // h.per_byte)
            # a public tool writes no frame: what looks like one is of the message
            for frame in () if tool and h.decoders == (tool,) else frames(decoded.data, room):
                framed = decoded.data[frame.start : frame.end]
                worth = evidence(framed)
                if framed and (
                    worth > len(framed) * min(1.0, _FRAMED / max(frame.bits, 0.1))
                    or (frame.bits >= 10.0 and 4 * len(set(framed)) >= 3 * len(framed) >= 24)
                ):
                    better = bits + frame.bits + worth
                    if head + framed not in scored or scored[head + framed][0] < better:
                        scored[head + framed] = (better, h._replace(frame=frame))
            bits += evidence(data) or _NOTHING
            if head + data not in scored or scored[head + data][0] < bits:
                scored[head + data] = (bits, h)
    found: list[Candidate] = []
    best = sorted(scored.values(), key=lambda item: -item[0])[: 2 * MAX_CANDIDATES]
    for bits, h in best:
        full = _native.decode_symbols(run[h.start :], h.table, h.bits, h.per_byte, h.lsb, limit).data
        if h.frame is None:
            found.append(Candidate(_trimmed(full, exact), h.decoders, bits))
        else:
            names = (*h.decoders, h.frame.name) if h.frame.name else h.decoders
            room = min(limit, (len(run) - h.start) // h.per_byte)
            if h.frame in frames(full, room):  # what follows the sample may say otherwise
                found.append(Candidate(full[h.frame.start : h.frame.end], names, bits))
    for prior, data, name in chain(_run_lengths(run, symbols, tool), _groups(run, symbols)):
        tried += 1
        data = data[:limit]
        found.append(Candidate(data, (name,), prior + (evidence(data) or _NOTHING)))
        for frame in frames(data, len(data)):
            framed = data[frame.start : frame.end]
            found.append(Candidate(framed, (name,), prior + frame.bits + (evidence(framed) or _NOTHING)))
    price = math.log2(max(tried, 2)) * 0.5
    unique: dict[bytes, tuple[float, Candidate]] = {}
    for candidate in sorted(found, key=lambda c: -c.score):
        net = candidate.score - price
        if net >= minimum and candidate.data:
            score = 1.0 / (1.0 + 2.0 ** -max(-40.0, min(net, 40.0)))
            unique.setdefault(candidate.data, (net, Candidate(candidate.data, candidate.decoders, score)))
    return list(unique.values())[:MAX_CANDIDATES]
