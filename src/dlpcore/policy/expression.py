"""Conditions in CEL, the expression language of Kubernetes and Envoy: the extra ``policy`` brings it.

Reference: https://github.com/google/cel-spec (language definition). The package is cel-expr-python; the package
common-expression-language must not be installed beside it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ..errors import MissingExtra
from ..model import Context, Finding

__all__ = ["Expression", "compile_expression", "of_context", "of_finding"]

#: Asked with the maps ``finding``, ``verdict`` and ``context``; ``None`` where it could not be evaluated.
Expression: TypeAlias = Callable[[Mapping[str, Any]], bool | None]

_NAMES = ("finding", "verdict", "context")


def compile_expression(text: str) -> Expression:
    """An expression as a predicate.

    Raises:
        MissingExtra: the extra ``policy`` is not installed.
        ValueError: the expression is not CEL, names something unknown, or is no yes or no.
    """
    try:
        cel: Any = importlib.import_module("cel_expr_python.cel")
        kind = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
        environment = cel.NewEnv(variables=dict.fromkeys(_NAMES, kind))
    except (ImportError, AttributeError):
        raise MissingExtra("a policy with `when` needs CEL: install dlpcore[policy]") from None
    try:
        compiled = environment.compile(text)
    except RuntimeError as error:
        raise ValueError(str(error).partition("\n")[0].removeprefix("INVALID_ARGUMENT: ERROR: ")) from None
    if compiled.return_type().name() not in ("BOOL", "DYN", "bool", "dyn"):
        raise ValueError("the expression is no yes or no (bool)")

    def ask(values: Mapping[str, Any]) -> bool | None:
        try:
            answer = compiled.eval(data=values).value()
        except RuntimeError:
            return None
        return answer if isinstance(answer, bool) else None

    return ask


def of_finding(finding: Finding) -> dict[str, Any]:
    """A finding as expressions see it; no matched value is in it."""
    return {
        "kind": str(finding.kind),
        "rule": finding.rule,
        "entity": finding.entity or "",
        "family": finding.family or "",
        "severity": str(finding.severity),
        "rank": finding.severity.rank,
        "confidence": finding.confidence,
        "capacity_bits": finding.capacity_bits,
        "pointer": finding.pointer or "",
        "in_key": finding.in_key,
        "provenance": list(finding.provenance),
        "compliance": list(finding.compliance),
    }


def of_context(context: Context) -> dict[str, Any]:
    """A context as expressions see it: what is not known is empty, so that it can be compared."""
    return {
        "user": context.user or "",
        "device": context.device or "",
        "client": context.client or "",
        "roles": list(context.roles),
        "ip": context.ip or "",
        "endpoint": context.endpoint or "",
        "method": context.method or "",
        "direction": context.direction or "",
        "destination": context.destination or "",
        "content_type": context.content_type or "",
        "time": context.time or 0.0,
        "attributes": dict(context.attributes),
    }
