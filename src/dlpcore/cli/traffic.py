"""What captured traffic adds up to: for each endpoint its payloads, entities, covert bits and worst verdict."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ..model import Action, Kind, Severity, Verdict
from .captures import endpoint
from .inputs import Payload

__all__ = ["Endpoint", "Traffic"]

#: Endpoints that are told apart; the rest counts together, so that hostile paths do not fill the memory.
_MAX_ENDPOINTS = 10_000
_OTHERS = "(others)"


@dataclass(slots=True)
class Endpoint:
    """The sums of one endpoint. ``entities`` counts findings above info by entity, or by rule where there is none."""

    payloads: int = 0
    entities: Counter[str] = field(default_factory=Counter)
    covert_bits: float = 0.0
    worst: Action = Action.ALLOW


class Traffic:
    """Sums over messages. ``endpoints`` in the order of their first message."""

    def __init__(self) -> None:
        self.endpoints: dict[str, Endpoint] = {}

    def count(self, payload: Payload, verdict: Verdict) -> None:
        """Adds a verdict on a captured message; other payloads have no endpoint."""
        if payload.message is None:
            return
        sums = self._endpoint(endpoint(payload.message))
        sums.payloads += 1
        sums.worst = max(sums.worst, verdict.action, key=lambda action: action.rank)
        for finding in verdict.findings:
            if finding.severity > Severity.INFO:
                sums.entities[finding.entity or finding.rule] += 1
                if finding.kind == Kind.COVERT_CHANNEL:
                    sums.covert_bits += finding.capacity_bits

    def add(self, other: Traffic) -> None:
        """Adds the sums of another."""
        for name, theirs in other.endpoints.items():
            sums = self._endpoint(name)
            sums.payloads += theirs.payloads
            sums.entities += theirs.entities
            sums.covert_bits += theirs.covert_bits
            sums.worst = max(sums.worst, theirs.worst, key=lambda action: action.rank)

    def _endpoint(self, name: str) -> Endpoint:
        if name not in self.endpoints and len(self.endpoints) >= _MAX_ENDPOINTS:
            name = _OTHERS
        return self.endpoints.setdefault(name, Endpoint())
