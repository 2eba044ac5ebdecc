"""Rules as data: the typed form, the loader and the context words.

What a name stands for is loaded when it is first asked for (PEP 562): an inspector on the built-in rules starts without
the readers of rule files.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_ELSEWHERE = {"internal_names": "internal", "builtin": "loader", "load": "loader"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f".{_ELSEWHERE.get(name, 'schema')}", __name__)
    value: object = getattr(module, name)
    globals()[name] = value
    return value
