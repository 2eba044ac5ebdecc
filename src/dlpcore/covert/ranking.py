"""The best decodings over several carriers of one channel: what reads most like a message comes first."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import Candidate
from .plausible import evidence
from .recovery import MAX_CANDIDATES, recover

__all__ = ["best", "decode"]


_FILL = 16


def decode(
    carriers: Iterable[bytes], limit: int, *, sure: bool, likely: bytes = b"", last: Iterable[Candidate] = ()
) -> tuple[Candidate, ...]:
    """Decodes each of the carriers, which go on behind their message; the same one once.

    Args:
        carriers: choices, one a byte.
        limit: bytes that one candidate may have.
        sure: whether the price says that there is a message, however it reads.
        likely: the carrier of just those places that were ever used, which goes first.
        last: candidates that were found otherwise, for when there are no better ones.
    """
    ranked: list[tuple[int, float, Candidate]] = []
    wanted = _without_fill(likely)
    for carrier in dict.fromkeys(map(_without_fill, carriers)):
        found = recover(carrier, limit, exact=False, minimum=-20.0 if sure else 10.0)
        # a carrier of four choices goes before its projections on two
        kinds = len(set(carrier)) + (2 if carrier == wanted else 0)
        ranked += ((rank, _density(candidate) + kinds, candidate) for rank, candidate in enumerate(found))
    ranked.sort(key=lambda item: (item[0], -item[1]))
    others = list(last)
    first = best(candidate for _, _, candidate in ranked)
    return best([*first[: MAX_CANDIDATES - len(others)], *others])


def best(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """At most :data:`MAX_CANDIDATES` different ones, in their order."""
    unique: dict[bytes, Candidate] = {}
    for candidate in candidates:
        if candidate.data is not None:
            unique.setdefault(candidate.data, candidate)
    return tuple(unique.values())[:MAX_CANDIDATES]


def _density(candidate: Candidate) -> float:
    """Evidence a byte: carriers of one channel differ in how many choices they see, so in length."""
    data = candidate.data or b""
    return evidence(data) / (len(data) + 1)


def _without_fill(carrier: bytes) -> bytes:
    """The carrier without the one choice that it goes on with behind its message, up to a whole byte."""
    fill = carrier[-1:]
    kept = carrier.rstrip(fill)
    size = -(-len(kept) // 8) * 8 + 8
    return kept + fill * (size - len(kept)) if len(carrier) - len(kept) >= _FILL else carrier
