"""The best decodings over several carriers of one channel: what reads most like a message comes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from ..model import Candidate
from .channel import Late, effort, in_time
from .framing import frames
from .plausible import evidence
from .recovery import MAX_CANDIDATES, weighed

__all__ = ["best", "decode"]


_FILL = 16
#: Bits for a carrier of just those places that were ever used.
_LIKELY = 6.0
#: Bits that a decoding of no positional code must make good, and the bytes of it that must be letters.
_OTHERWISE = 6.0
_SAMPLE = 64


def decode(
    carriers: Iterable[bytes],
    limit: int,
    *,
    sure: bool,
    likely: bytes = b"",
    last: Iterable[Candidate] = (),
    runs: Iterable[tuple[bytes, str]] = (),
    others: Iterable[tuple[bytes, str]] = (),
    marks: int = 16,
    late: Late = in_time,
) -> tuple[Candidate, ...]:
    """Decodes each of the carriers, which go on behind their message; the same one once.

    Args:
        carriers: choices, one a byte.
        limit: bytes that one candidate may have.
        sure: whether the price says that there is a message, however it reads.
        likely: the carrier of just those places that were ever used, which goes first.
        last: candidates that were found otherwise, for when there are no better ones.
        runs: carriers that end with their message, with the tool that may have written them.
        others: what was decoded otherwise, with the name of the decoder.
        marks: how many beginnings of each carrier are tried.
        late: asked before each carrier; from then on none is decoded.
    """
    ranked: list[tuple[float, Candidate]] = []
    wanted = _without_fill(likely)
    minimum = -20.0 if sure else 10.0
    for run, tool in dict.fromkeys(_until(late, runs)):
        if late(effort(run, marks)):
            break
        kinds = len(set(run))
        ranked += (
            (net + kinds, candidate) for net, candidate in weighed(run, limit, tool=tool, minimum=minimum, marks=marks)
        )
    different = dict.fromkeys(map(_without_fill, _until(late, carriers)))
    against = _passed_over(different)
    for carrier in different:
        if late(effort(carrier, marks)):
            break
        # a carrier of four choices goes before its projections on two
        more = len(set(carrier)) + (_LIKELY if carrier == wanted else 0.0) - against[carrier]
        found = weighed(carrier, limit, exact=False, minimum=minimum, marks=marks)
        ranked += ((net + more, candidate) for net, candidate in found)
    ranked += _readings(_until(late, others), limit, minimum)
    ranked.sort(key=lambda item: -item[0])
    left = list(last)
    first = best(candidate for _, candidate in ranked)
    return best([*first[: MAX_CANDIDATES - len(left)], *left])


_Item = TypeVar("_Item")


def _until(late: Late, items: Iterable[_Item]) -> Iterator[_Item]:
    """What is worked out before the deadline."""
    left = iter(items)
    while not late() and (item := next(left, None)) is not None:
        yield item


def _readings(found: Iterable[tuple[bytes, str]], limit: int, minimum: float) -> Iterator[tuple[float, Candidate]]:
    """Bytes that were decoded otherwise, and what is in a frame in them; only what reads as something."""
    for data, name in found:
        parts = [(0.0, data[:limit])]
        parts += ((frame.bits, data[frame.start : frame.end]) for frame in frames(data[:limit], len(data)))
        for more, part in parts:
            worth = evidence(part)
            bits = worth + more - _OTHERWISE
            if part and worth >= len(part[:_SAMPLE]) and bits >= minimum:
                yield bits, Candidate(part, (name,), 1.0 / (1.0 + 2.0 ** -min(bits, 40.0)))


def best(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """At most :data:`MAX_CANDIDATES` different ones, in their order."""
    unique: dict[bytes, Candidate] = {}
    for candidate in candidates:
        if candidate.data is not None:
            unique.setdefault(candidate.data, candidate)
    return tuple(unique.values())[:MAX_CANDIDATES]


def _passed_over(carriers: Iterable[bytes]) -> dict[bytes, float]:
    """Bits against each carrier: for plain choices among the odd ones that a narrower carrier does without.

    A writer who went through those places as well would have left all of them plain by chance.
    """
    sizes = {carrier: len(carrier.rstrip(b"\0")) for carrier in carriers}
    odd = {carrier: size - carrier.count(0, 0, size) for carrier, size in sizes.items()}
    least: dict[int, int] = {}
    for carrier, size in sizes.items():
        least[odd[carrier]] = min(size, least.get(odd[carrier], size))
    return {
        carrier: (size - least[odd[carrier]]) * (1.0 if len(set(carrier)) < 3 else 2.0)
        for carrier, size in sizes.items()
    }


def _without_fill(carrier: bytes) -> bytes:
    """The carrier without the one choice that it goes on with behind its message, up to a whole byte."""
    fill = carrier[-1:]
    kept = carrier.rstrip(fill)
    size = -(-len(kept) // 8) * 8 + 8
    return kept + fill * (size - len(kept)) if len(carrier) - len(kept) >= _FILL else carrier
