"""What a detector of a covert channel reports: its price, where, and what was recovered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..model import Candidate, Severity, Span

__all__ = ["MAX_SPANS", "ChannelReport", "Late", "in_time"]

#: Whether the deadline has passed: asked between carriers, so that a price is told and its decoding is given up.
Late = Callable[[], bool]


def in_time() -> bool:
    """Where there is no deadline."""
    return False


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
