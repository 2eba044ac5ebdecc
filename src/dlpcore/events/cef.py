"""Events in the Common Event Format, version 0 (ArcSight Common Event Format, revision 25): one line each."""

from __future__ import annotations

from typing import Final

from ..model import Severity
from .record import Event
from .version import VERSION

__all__ = ["cef"]

_SEVERITY: Final = {
    Severity.INFO: 0,
    Severity.LOW: 3,
    Severity.MEDIUM: 5,
    Severity.HIGH: 8,
    Severity.CRITICAL: 10,
}
#: Characters that receivers take in a custom string.
_MOST: Final = 1023


def cef(event: Event) -> str:
    """The event as a line without its end. What cannot be printed is escaped already."""
    rule = event.observed[0].rule if event.observed else event.operation
    head = ("CEF:0", "dlpcore", "dlpcore", VERSION, rule, event.title, str(_SEVERITY[event.severity]))
    context = event.context
    rules = ",".join(dict.fromkeys(o.rule for o in event.observed))
    entities = ",".join(f"{entity}:{count}" for entity, count in event.entities.items())
    pointers = ",".join(dict.fromkeys(o.pointer for o in event.observed if o.pointer))
    extension: dict[str, object] = {
        "rt": int(event.time * 1000),
        "externalId": event.uid,
        "act": event.action,
        "outcome": "allowed" if event.allowed else "denied",
        "cat": event.operation,
        "cnt": sum(event.entities.values()),
        "suser": context.user,
        "spriv": ",".join(context.roles),
        "src": context.ip,
        "shost": context.device,
        "requestClientApplication": context.client,
        "request": context.endpoint,
        "requestMethod": context.method,
        "dhost": context.destination,
        "deviceDirection": {"inbound": 0, "request": 0, "outbound": 1, "response": 1}.get(context.direction or ""),
        "reason": "; ".join(event.reasons),
    }
    customs = (rules, entities, ",".join(event.compliance), event.policy, pointers, event.shadow or "")
    labels = ("rules", "entities", "compliance", "policy", "pointers", "shadow")
    for number, (label, text) in enumerate(zip(labels, customs, strict=True), 1):
        if text:
            extension[f"cs{number}Label"], extension[f"cs{number}"] = label, text
    extension["cfp1Label"], extension["cfp1"] = "risk", event.risk
    pairs = (f"{key}={_value(str(value))}" for key, value in extension.items() if value not in (None, ""))
    return "|".join(_header(part) for part in head[:1]) + "|" + "|".join(map(_header, head[1:])) + "|" + " ".join(pairs)


def _header(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|")


def _value(text: str) -> str:
    """Cut before it is escaped, so that no escape is cut."""
    short = text if len(text) <= _MOST else text[: _MOST - 1] + "…"
    return short.replace("\\", "\\\\").replace("=", "\\=").replace("\r", "\\r").replace("\n", "\\n")
