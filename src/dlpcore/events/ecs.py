"""Events in the Elastic Common Schema (elastic.co/guide/en/ecs, version 8.11), findings under ``dlpcore``."""

from __future__ import annotations

from typing import Any, Final

from ..model import Action, Severity
from .record import Event
from .version import VERSION

__all__ = ["ecs"]

SCHEMA: Final = "8.11.0"
#: event.severity has no scale of its own; this one is that of Elastic's rules.
_SEVERITY: Final = {
    Severity.INFO: 0,
    Severity.LOW: 21,
    Severity.MEDIUM: 47,
    Severity.HIGH: 73,
    Severity.CRITICAL: 99,
}
_TYPE: Final = {
    Action.ALLOW: "allowed",
    Action.FLAG: "allowed",
    Action.TOKENIZE: "change",
    Action.REDACT: "change",
    Action.SANITIZE: "change",
    Action.BLOCK: "denied",
}


def ecs(event: Event) -> dict[str, Any]:
    """The event as a document. JSON-ready."""
    context = event.context
    document: dict[str, Any] = {
        "@timestamp": event.timestamp,
        "ecs": {"version": SCHEMA},
        "message": event.title,
        "event": {
            "id": event.uid,
            "kind": "alert" if event.action >= Action.FLAG else "event",
            "category": ["intrusion_detection" if event.operation != "detokenize" else "iam"],
            "type": [_TYPE[event.action]],
            "action": f"{event.operation}-{event.action}",
            "outcome": "success" if event.complete else "unknown",
            "severity": _SEVERITY[event.severity],
            "risk_score": round(100 * event.risk, 2),
            "provider": "dlpcore",
            "module": "dlpcore",
            "reason": "; ".join(event.reasons),
        },
        "observer": {"product": "dlpcore", "vendor": "dlpcore", "version": VERSION, "type": "dlp"},
        "tags": list(event.compliance),
        "dlpcore": {
            "policy": event.policy,
            "entities": dict(event.entities),
            "capacity_bits": event.capacity_bits,
            "skipped": list(event.skipped),
            "findings": event.to_dict()["observed"],
            "left_out": event.left_out,
            "shadow": None if event.shadow is None else str(event.shadow),
        },
    }
    if event.observed:
        first = event.observed[0]
        document["rule"] = {"id": first.rule, "category": first.family or first.kind, "ruleset": event.policy}
    user = {"name": context.user, "roles": list(context.roles)}
    parts: tuple[tuple[str, dict[str, Any]], ...] = (
        ("user", user),
        ("source", {"ip": context.ip}),
        ("device", {"id": context.device}),
        ("user_agent", {"name": context.client}),
        ("url", {"path": context.endpoint}),
        ("http", {"request": {"method": context.method}} if context.method else {}),
        ("network", {"direction": context.direction}),
        ("destination", {"domain": context.destination}),
    )
    for name, values in parts:
        kept = {key: value for key, value in values.items() if value}
        if kept:
            document[name] = kept
    if context.attributes:
        document["labels"] = {key.replace(".", "_"): value for key, value in context.attributes.items()}
    return document
