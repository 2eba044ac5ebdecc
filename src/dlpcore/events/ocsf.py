"""Events as OCSF: Data Security Finding (class 2006) with the profile Security Control (schema.ocsf.io, 1.4.0)."""

from __future__ import annotations

import ipaddress
from typing import Any, Final

from ..model import Action, Severity
from .record import Event, Observed
from .version import VERSION

__all__ = ["ocsf"]

SCHEMA: Final = "1.4.0"
_CLASS: Final = 2006
_CREATE: Final = 1

_SEVERITY: Final = {
    Severity.INFO: (1, "Informational"),
    Severity.LOW: (2, "Low"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.HIGH: (4, "High"),
    Severity.CRITICAL: (5, "Critical"),
}
#: action_id, action, disposition_id, disposition
_OUTCOME: Final = {
    Action.ALLOW: (1, "Allowed", 1, "Allowed"),
    Action.FLAG: (3, "Observed", 15, "Detected"),
    Action.TOKENIZE: (4, "Modified", 11, "Corrected"),
    Action.REDACT: (4, "Modified", 11, "Corrected"),
    Action.SANITIZE: (4, "Modified", 11, "Corrected"),
    Action.BLOCK: (2, "Denied", 2, "Blocked"),
}
#: Families of rules as data classification categories (object data_classification).
_CATEGORY: Final = {
    "financial": (3, "Financial"),
    "identity": (2, "Governmental"),
    "contact": (1, "Personal"),
    "health": (1, "Personal"),
    "secrets": (6, "Security"),
    "code": (4, "Business"),
    "documents": (4, "Business"),
}
_OTHER: Final = (99, "Other")
#: detection_system_id and data_lifecycle_state_id of the object data_security.
_APPLICATION_DLP: Final = (10, "Application-Level DLP")
_IN_TRANSIT: Final = (2, "Data in-Transit")


def ocsf(event: Event) -> dict[str, Any]:
    """The event as a Data Security Finding: one for each payload, its findings as resources. JSON-ready."""
    severity_id, severity = _SEVERITY[event.severity]
    action_id, action, disposition_id, disposition = _OUTCOME[event.action]
    moment = int(event.time * 1000)
    found: dict[str, Any] = {
        "activity_id": _CREATE,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Data Security Finding",
        "type_uid": _CLASS * 100 + _CREATE,
        "type_name": "Data Security Finding: Create",
        "time": moment,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 1,
        "status": "New",
        "message": event.title,
        "metadata": {
            "version": SCHEMA,
            "product": {"name": "dlpcore", "vendor_name": "dlpcore", "version": VERSION},
            "profiles": ["security_control", "host"],
            "uid": event.uid,
            "labels": list(event.compliance),
        },
        "finding_info": {
            "uid": event.uid,
            "title": event.title,
            "desc": "; ".join(event.reasons) or event.title,
            "created_time": moment,
            "types": list(dict.fromkeys(o.rule for o in event.observed)),
        },
        "data_security": _data_security(event),
        "action_id": action_id,
        "action": action,
        "disposition_id": disposition_id,
        "disposition": disposition,
        "is_alert": event.action >= Action.FLAG,
        "risk_score": round(100 * event.risk),
        "resources": [_resource(o) for o in event.observed],
        "unmapped": {
            "operation": event.operation,
            "complete": event.complete,
            "skipped": list(event.skipped),
            "capacity_bits": event.capacity_bits,
            "entities": dict(event.entities),
            "left_out": event.left_out,
            "shadow": None if event.shadow is None else str(event.shadow),
        },
    }
    if event.observed:
        found["confidence_score"] = round(100 * max(o.confidence for o in event.observed))
    _who(found, event)
    return found


def _data_security(event: Event) -> dict[str, Any]:
    categories = {_CATEGORY.get(o.family or "", _OTHER) for o in event.observed} or {_OTHER}
    category_id, category = categories.pop() if len(categories) == 1 else _OTHER
    system_id, system = _APPLICATION_DLP
    state_id, state = _IN_TRANSIT
    return {
        "category_id": category_id,
        "category": category,
        "detection_system_id": system_id,
        "detection_system": system,
        "data_lifecycle_state_id": state_id,
        "data_lifecycle_state": state,
        "total": sum(event.entities.values()),
        **({"policy": {"name": event.policy}} if event.policy else {}),
    }


def _resource(observed: Observed) -> dict[str, Any]:
    # a resource has a name or a uid, or it is none
    result: dict[str, Any] = {
        "name": "payload" if observed.pointer is None else observed.pointer or "(root)",
        "type": "payload" if observed.pointer is None else "json-member",
        "labels": [observed.rule, *([observed.entity] if observed.entity else []), *observed.compliance],
        "data": {
            "count": observed.values,
            "severity": str(observed.severity),
            "action": str(observed.action),
            "policy_rule": observed.policy_rule,
            "shadow": None if observed.shadow is None else str(observed.shadow),
            "fingerprints": list(observed.fingerprints[:20]),
        },
    }
    return result


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _who(found: dict[str, Any], event: Event) -> None:
    context = event.context
    if context.user is not None or context.roles:
        # a user has a name, an account or a uid, or it is none
        user: dict[str, Any] = {"name": "unknown", "type_id": 0} if context.user is None else {"name": context.user}
        if context.roles:
            user["groups"] = [{"name": role, "type": "role"} for role in context.roles]
        found["actor"] = {"user": user}
    if context.client is not None:
        found.setdefault("actor", {})["app_name"] = context.client
    if context.device is not None:
        found["device"] = {"type_id": 0, "uid": context.device}
    if context.ip is not None:
        found["src_endpoint"] = {"ip" if _is_address(context.ip) else "name": context.ip}
    target = {"name": context.destination, "svc_name": context.endpoint}
    if any(target.values()):
        found["dst_endpoint"] = {name: value for name, value in target.items() if value}
    if context.method is not None or context.direction is not None:
        found["unmapped"]["method"] = context.method
        found["unmapped"]["direction"] = context.direction
    if context.attributes:
        found["unmapped"]["attributes"] = dict(context.attributes)
