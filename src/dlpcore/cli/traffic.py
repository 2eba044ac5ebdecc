"""What a run adds up to: for each endpoint or file its payloads, entities, covert bits and worst verdict."""

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
    """The sums of one endpoint, or of one file whose payloads are no captured messages (``is_file``).

    ``entities`` counts findings above info by entity, or by rule where there is none; ``incomplete`` the payloads that
    were not inspected to the end.
    """

    is_file: bool = False
    payloads: int = 0
    incomplete: int = 0
    entities: Counter[str] = field(default_factory=Counter)
    covert_bits: float = 0.0
    worst: Action = Action.ALLOW

    def add(self, other: Endpoint) -> None:
        """Adds the sums of another."""
        self.payloads += other.payloads
        self.incomplete += other.incomplete
        self.entities += other.entities
        self.covert_bits += other.covert_bits
        self.worst = max(self.worst, other.worst, key=lambda action: action.rank)


class Traffic:
    """Sums over payloads. ``endpoints`` in the order of their first one."""

    def __init__(self) -> None:
        self.endpoints: dict[str, Endpoint] = {}

    def count(self, payload: Payload, verdict: Verdict) -> None:
        """Adds a verdict on a payload: to the endpoint of a captured message, else to its file."""
        message = payload.message
        sums = self._sums(payload.source.name, True) if message is None else self._sums(endpoint(message), False)
        sums.payloads += 1
        sums.incomplete += not verdict.complete
        sums.worst = max(sums.worst, verdict.action, key=lambda action: action.rank)
        for finding in verdict.findings:
            if finding.severity > Severity.INFO:
                sums.entities[finding.entity or finding.rule] += 1
                if finding.kind == Kind.COVERT_CHANNEL:
                    sums.covert_bits += finding.capacity_bits

    def count_clean(self, file: str, payloads: int) -> None:
        """Adds payloads of a file on which there is nothing to say."""
        if payloads:
            self._sums(file, True).payloads += payloads

    def add(self, other: Traffic) -> None:
        """Adds the sums of another."""
        for name, theirs in other.endpoints.items():
            self._sums(name, theirs.is_file).add(theirs)

    def _sums(self, name: str, is_file: bool) -> Endpoint:
        sums = self.endpoints.get(name)
        if sums is None:
            if len(self.endpoints) >= _MAX_ENDPOINTS:
                name = _OTHERS
            sums = self.endpoints.setdefault(name, Endpoint(is_file))
        return sums
