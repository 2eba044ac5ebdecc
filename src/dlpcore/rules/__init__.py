"""Rules as data: the typed form, the loader and the context words."""

from __future__ import annotations

from .internal import internal_names
from .loader import builtin, load
from .schema import (
    SHAPES,
    Allowlist,
    Anchor,
    Example,
    Note,
    Rule,
    RuleContext,
    RuleSet,
    YaraRuleFile,
    YaraSource,
    merge,
)

__all__ = [
    "SHAPES",
    "Allowlist",
    "Anchor",
    "Example",
    "Note",
    "Rule",
    "RuleContext",
    "RuleSet",
    "YaraRuleFile",
    "YaraSource",
    "builtin",
    "internal_names",
    "load",
    "merge",
]
