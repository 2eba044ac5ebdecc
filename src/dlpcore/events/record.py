"""An event: one decision on a payload, or one attempt to open tokens, without a byte of what it was about.

What stands in an event was made here (names of rules and policies, numbers, keyed fingerprints) or came in the
context. No preview and no reason of a finding is taken over, an endpoint loses its query, and what cannot be printed
is escaped.
"""

from __future__ import annotations

import datetime
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from ..model import Action, Context, Finding, Severity, Verdict, printable
from ..tokenize.access import Access

__all__ = ["Event", "Observed", "opened"]

#: The id of a finding on many values begins so; the values have findings of their own, and are counted there.
BULK: Final = "bulk."
#: Groups of findings in one event; of the others the number is told.
MOST_OBSERVED: Final = 100
#: Fingerprints of one group; of the others the number is told.
MOST_FINGERPRINTS: Final = 1000
#: Characters of one text from the context.
_MOST_TEXT: Final = 512


class Observed(NamedTuple):
    """Findings of one rule to which the same happened: ``values`` of them, the first one at ``pointer``.

    ``shadow``: what rules in shadow mode would have done with them; ``None`` where none speaks.
    """

    kind: str
    rule: str
    entity: str | None
    family: str | None
    severity: Severity
    confidence: float
    action: Action
    policy_rule: str | None
    pointer: str | None
    compliance: tuple[str, ...]
    values: int
    fingerprints: tuple[str, ...]
    shadow: Action | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to one payload. Immutable, safe to log, bounded in size.

    Attributes:
        uid: 32 hex digits, unique.
        time: seconds since 1970-01-01 UTC.
        operation: ``"inspect"``, ``"detokenize"``, or what the caller names.
        action: what was decided.
        context: who sent or asked for what, texts cut and made printable.
        policy: name of the policy.
        risk: 0.0 to 1.0.
        complete: whether everything was inspected; ``skipped`` says what was not.
        reasons: sentences on the decision.
        observed: the findings above ``info`` in groups, the most severe first.
        left_out: how many groups found no room.
        capacity_bits: what could be hidden in the payload.
        entities: values by entity: found, or for ``detokenize`` asked for.
        allowed: whether the payload, or the values asked for, went out.
        shadow: the strongest that rules in shadow mode would have done; ``None`` where none speaks.
    """

    uid: str
    time: float
    operation: str
    action: Action
    context: Context
    policy: str = ""
    risk: float = 0.0
    complete: bool = True
    skipped: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    observed: tuple[Observed, ...] = ()
    left_out: int = 0
    capacity_bits: float = 0.0
    entities: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    allowed: bool = True
    shadow: Action | None = None

    @classmethod
    def of_verdict(
        cls,
        verdict: Verdict,
        context: Context | None = None,
        *,
        policy: str = "",
        operation: str = "inspect",
        at: float | None = None,
        uid: str | None = None,
    ) -> Event:
        """The event of an inspection. ``at`` and ``uid`` are now and random, if not given."""
        groups: dict[tuple[object, ...], list[Finding]] = {}
        entities: dict[str, int] = {}
        for finding in verdict.findings:
            if finding.severity == Severity.INFO:
                continue
            decided = (finding.action, finding.policy_rule, finding.shadow)
            same = (finding.kind, finding.rule, finding.entity, finding.severity, *decided)
            groups.setdefault(same, []).append(finding)
            if finding.entity is not None and not finding.rule.startswith(BULK):
                entities[finding.entity] = entities.get(finding.entity, 0) + 1
        # verdicts list the most severe first, and so do groups in the order of their first findings
        observed = tuple(_observed(group) for group in list(groups.values())[:MOST_OBSERVED])
        return cls(
            uid=uid or uuid.uuid4().hex,
            time=time.time() if at is None else at,
            operation=_text(operation),
            action=verdict.action,
            context=_shown(context or Context()),
            policy=_text(policy),
            risk=round(verdict.risk, 4),
            complete=verdict.complete,
            skipped=tuple(_text(f"{s.what}: {s.why}") for s in verdict.skipped[:20]),
            reasons=tuple(_text(reason) for reason in verdict.reasons[:20]),
            observed=observed,
            left_out=len(groups) - len(observed),
            capacity_bits=round(verdict.capacity_bits, 2),
            entities=MappingProxyType(entities),
            allowed=verdict.action < Action.BLOCK,
            shadow=verdict.shadow,
        )

    @classmethod
    def of_access(cls, access: Access, *, at: float | None = None, uid: str | None = None) -> Event:
        """The event of an attempt to open tokens."""
        return cls(
            uid=uid or uuid.uuid4().hex,
            time=time.time() if at is None else at,
            operation=access.operation,
            action=Action.FLAG if access.allowed else Action.BLOCK,
            context=_shown(access.context),
            reasons=(_text(access.reason),) if access.reason else (),
            entities=MappingProxyType({_text(entity): count for entity, count in access.entities.items()}),
            allowed=access.allowed,
        )

    @property
    def severity(self) -> Severity:
        """The highest of the findings; of a refused attempt to open tokens it is medium."""
        if self.operation == "detokenize":
            return Severity.LOW if self.allowed else Severity.MEDIUM
        return max((o.severity for o in self.observed), key=lambda s: s.rank, default=Severity.INFO)

    @property
    def timestamp(self) -> str:
        """``time`` as RFC 3339 in UTC, with microseconds."""
        return self.timestamp_of(self.time)

    @staticmethod
    def timestamp_of(seconds: float) -> str:
        """Seconds since 1970 as RFC 3339 in UTC, with microseconds."""
        moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
        return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")

    @property
    def compliance(self) -> tuple[str, ...]:
        """The tags of all findings, sorted."""
        return tuple(sorted({tag for o in self.observed for tag in o.compliance}))

    @property
    def title(self) -> str:
        """One sentence."""
        if self.operation == "detokenize":
            return "Tokens opened" if self.allowed else "Tokens refused to open"
        what = ", ".join(dict.fromkeys(o.rule for o in self.observed[:5])) or "nothing found"
        return f"Payload {_DONE[self.action]}: {what}"

    def to_dict(self) -> dict[str, Any]:
        """The event in its own words: what the audit log keeps. JSON-ready."""
        return {
            "uid": self.uid,
            "time": self.timestamp,
            "operation": self.operation,
            "action": str(self.action),
            "allowed": self.allowed,
            "shadow": None if self.shadow is None else str(self.shadow),
            "policy": self.policy,
            "risk": self.risk,
            "complete": self.complete,
            "skipped": list(self.skipped),
            "reasons": list(self.reasons),
            "capacity_bits": self.capacity_bits,
            "entities": dict(self.entities),
            "context": dict(_context_items(self.context)),
            "observed": [
                {
                    "kind": o.kind,
                    "rule": o.rule,
                    "entity": o.entity,
                    "family": o.family,
                    "severity": str(o.severity),
                    "confidence": o.confidence,
                    "action": str(o.action),
                    "policy_rule": o.policy_rule,
                    "shadow": None if o.shadow is None else str(o.shadow),
                    "pointer": o.pointer,
                    "compliance": list(o.compliance),
                    "count": o.values,
                    "fingerprints": list(o.fingerprints),
                }
                for o in self.observed
            ],
            "left_out": self.left_out,
        }


def opened(emit: Callable[[Event], object]) -> Callable[[Access], None]:
    """Turns a sink or an audit log into the ``audit`` of a tokenizer."""

    def audit(access: Access) -> None:
        emit(Event.of_access(access))

    return audit


_DONE: Final = {
    Action.ALLOW: "allowed",
    Action.FLAG: "flagged",
    Action.TOKENIZE: "tokenized",
    Action.REDACT: "redacted",
    Action.SANITIZE: "sanitized",
    Action.BLOCK: "blocked",
}


def _observed(group: list[Finding]) -> Observed:
    first = group[0]
    marks = dict.fromkeys(mark for f in group if (mark := f.fingerprint) is not None)
    pointer = first.pointer
    return Observed(
        kind=str(first.kind),
        rule=_text(first.rule),
        entity=first.entity,
        family=first.family,
        severity=first.severity,
        confidence=round(max(f.confidence for f in group), 4),
        action=first.action,
        policy_rule=None if first.policy_rule is None else _text(first.policy_rule),
        pointer=None if pointer is None else _text(pointer),
        compliance=first.compliance,
        values=len(group),
        fingerprints=tuple(list(marks)[:MOST_FINGERPRINTS]),
        shadow=first.shadow,
    )


def _text(text: str) -> str:
    """Printable, and not longer than an event has room for; what follows a cut is not shown at all."""
    shown = printable(text[:_MOST_TEXT])
    return shown if len(text) <= _MOST_TEXT else shown + "…"


def _endpoint(text: str) -> str:
    """Without query and fragment, which may hold anything."""
    return text.partition("?")[0].partition("#")[0]


def _shown(context: Context) -> Context:
    """The context as events show it. Free attributes stay: the embedder chose to give them."""

    def shown(value: str | None) -> str | None:
        return None if value is None else _text(value)

    return Context(
        user=shown(context.user),
        device=shown(context.device),
        client=shown(context.client),
        roles=tuple(_text(role) for role in context.roles[:50]),
        ip=shown(context.ip),
        endpoint=None if context.endpoint is None else _text(_endpoint(context.endpoint)),
        method=shown(context.method),
        direction=shown(context.direction),
        destination=None if context.destination is None else _text(_endpoint(context.destination)),
        content_type=shown(context.content_type),
        time=context.time,
        attributes=MappingProxyType({_text(k): _text(v) for k, v in list(context.attributes.items())[:50]}),
    )


def _context_items(context: Context) -> list[tuple[str, Any]]:
    items: list[tuple[str, Any]] = []
    for name in Context.__dataclass_fields__:
        value = getattr(context, name)
        if name == "attributes":
            value = dict(value)
        elif name == "roles":
            value = list(value)
        if value not in (None, [], {}):
            items.append((name, value))
    return items
