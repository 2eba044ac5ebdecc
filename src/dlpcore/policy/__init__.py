"""The policy: ordered rules, the first that matches a finding decides it; the verdict takes the strongest action.

What a name stands for is loaded when it is first asked for (PEP 562): clean traffic under a ready policy needs none of
it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .decision import Decision, Ruler, decide
    from .known import READY
    from .reader import load, named, names, read, ready_text
    from .schema import BULK, Bulk, Conditions, Policy, PolicyRule, Redaction, Sanitizing
    from .sound import Vocabulary, check, vocabulary

    BALANCED: Policy

__all__ = [
    "BALANCED",
    "BULK",
    "READY",
    "Bulk",
    "Conditions",
    "Decision",
    "Policy",
    "PolicyRule",
    "Redaction",
    "Ruler",
    "Sanitizing",
    "Vocabulary",
    "check",
    "decide",
    "load",
    "named",
    "names",
    "read",
    "ready_text",
    "vocabulary",
]

_MODULES = {
    "decision": ("Decision", "Ruler", "decide"),
    "reader": ("load", "named", "names", "read", "ready_text"),
    "known": ("READY",),
    "schema": ("BULK", "Bulk", "Conditions", "Policy", "PolicyRule", "Redaction", "Sanitizing"),
    "sound": ("Vocabulary", "check", "vocabulary"),
}
_ELSEWHERE = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name == "BALANCED":
        from .reader import named

        return named("balanced")
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f".{_ELSEWHERE[name]}", __name__), name)
    globals()[name] = value
    return value
