"""Rules as data: the typed form, the loader and the context words."""

from __future__ import annotations

from .loader import builtin, load, merge
from .schema import SHAPES, Anchor, Example, Rule, RuleContext, RuleSet, YaraRuleFile, YaraSource

__all__ = [
    "SHAPES",
    "Anchor",
    "Example",
    "Rule",
    "RuleContext",
    "RuleSet",
    "YaraRuleFile",
    "YaraSource",
    "builtin",
    "load",
    "merge",
]
