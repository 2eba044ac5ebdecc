"""What a run adds up to: for each endpoint or file its payloads, entities, covert bits and worst verdict."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ..model import Action, Kind, Severity, Verdict
from .captures import endpoint
from .inputs import Payload

__all__ = ["Endpoint", "Traffic"]

#: Endpoints, and files, that are told apart; the rest counts together, so that hostile paths do not fill the memory.
_MOST = 10_000
_OTHERS = "(others)"


@dataclass(slots=True)
class Endpoint:
    """The sums of one endpoint or file.

    ``entities`` counts findings above info by entity, or by rule where there is none; ``incomplete`` the payloads that
    were not inspected to the end.
    """

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
    """Sums over payloads: of captured messages by endpoint, of others by file, in the order of their first one."""

    def __init__(self) -> None:
        self.endpoints: dict[str, Endpoint] = {}
        self.files: dict[str, Endpoint] = {}

    def count(self, payload: Payload, verdict: Verdict) -> None:
        """Adds a verdict on a payload: to the endpoint of a captured message, else to its file."""
        message = payload.message
        sums = _sums(self.files, payload.source.name) if message is None else _sums(self.endpoints, endpoint(message))
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
            _sums(self.files, file).payloads += payloads

    def add(self, other: Traffic) -> None:
        """Adds the sums of another."""
        for ours, theirs in ((self.endpoints, other.endpoints), (self.files, other.files)):
            for name, each in theirs.items():
                _sums(ours, name).add(each)


def _sums(table: dict[str, Endpoint], name: str) -> Endpoint:
    if name not in table and len(table) >= _MOST:
        name = _OTHERS
    return table.setdefault(name, Endpoint())
