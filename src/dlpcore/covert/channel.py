"""What a detector of a covert channel reports: its price, where, and what was recovered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from ..model import Candidate, Severity, Span

__all__ = ["MAX_SPANS", "SYMBOL", "ChannelReport", "Late", "effort", "in_time", "severity_of"]

#: Units of work (budget.py) for a symbol of a carrier or a byte of an array; for a carrier of two symbols, or of more,
#: that is decoded in all ways from sixteen beginnings on.
SYMBOL: Final = 100
_TWO, _MORE = 500_000.0, 6_000_000.0


class Late(Protocol):
    """Whether the deadline has passed or no work is left: asked between carriers, so that a price is told and its
    decoding is given up. Takes the work of what comes next off what is left."""

    def __call__(self, work: float = 0.0, /) -> bool: ...


def effort(carrier: bytes, marks: int = 16) -> float:
    """Units of work to decode a carrier in all ways, from so many beginnings on."""
    return SYMBOL * len(carrier) + marks / 16 * (_MORE if len(set(carrier)) > 2 else _TWO)


def severity_of(candidates: Iterable[Candidate], silent: Severity = Severity.HIGH) -> Severity:
    """Critical where a message was recovered: what is likelier chance than a message is listed, and says nothing."""
    return Severity.CRITICAL if any(each.score >= _LIKELIER for each in candidates) else silent


def in_time(work: float = 0.0, /) -> bool:
    """Where there is no bound."""
    return False


_LIKELIER: Final = 0.5
#: Evidence spans kept for one channel.
MAX_SPANS = 64


@dataclass(frozen=True, slots=True)
class ChannelReport:
    """One channel of one payload.

    Attributes:
        channel: its stable id, such as ``"whitespace.trailing"``.
        bits: the price under the honest-writer model.
        threshold: the price from which the channel is a finding above ``info`` by itself.
        spans: evidence, ascending, at most :data:`MAX_SPANS`.
        candidates: what the carrier decodes to, the best first.
        severity: of a finding that reached its threshold.
        reasons: sentences for the finding.
        weight: how much of the price counts when channels are pooled; below 1 where honest people vary.
        speaks: whether the candidates are evidence by themselves; otherwise they are what the carrier would say if it
            is one, and a price below the threshold stays ``info``.
        views: texts that the carrier may spell, with their decoders: inspected, but no evidence by themselves.
    """

    channel: str
    bits: float
    threshold: float
    spans: tuple[Span, ...]
    candidates: tuple[Candidate, ...] = ()
    severity: Severity = Severity.HIGH
    reasons: tuple[str, ...] = ()
    weight: float = 1.0
    views: tuple[Candidate, ...] = ()
    speaks: bool = True

    @property
    def found(self) -> bool:
        """Whether the channel alone is worth more than ``info``."""
        return self.bits >= self.threshold or (self.speaks and bool(self.candidates))
