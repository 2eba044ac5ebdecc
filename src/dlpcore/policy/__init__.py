"""The policy: ordered rules, the first that matches a finding decides it; the verdict takes the strongest action."""

from __future__ import annotations

from .decision import Decision, Ruler, decide
from .reader import load, named, names, read, ready_text
from .schema import BULK, Bulk, Conditions, Policy, PolicyRule, Redaction, Sanitizing
from .sound import Vocabulary, check, vocabulary

__all__ = [
    "BALANCED",
    "BULK",
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


def __getattr__(name: str) -> object:
    """``BALANCED`` is read when it is first asked for (PEP 562)."""
    if name == "BALANCED":
        return named("balanced")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
