"""Payload DLP for JSON: finds what is hidden or sensitive in the bytes of a payload, and makes the payload safe.

    >>> import dlpcore
    >>> inspector = dlpcore.Inspector()
    >>> verdict = inspector.inspect(b'{"order": 1}')
    >>> verdict.action
    Action.ALLOW

Public names are those of ``__all__``; :class:`Inspector` does the work, :class:`Verdict` and :class:`Finding` hold
its outcome, and every error is a :class:`DLPError`.
"""

from __future__ import annotations

from .errors import (
    Blocked,
    DLPError,
    InputError,
    LimitError,
    MissingExtra,
    ParseError,
    PolicyError,
    RuleError,
    TokenError,
)
from .inspector import Inspector
from .model import Action, Candidate, Context, Finding, Kind, Limits, Severity, Skipped, Verdict

__version__ = "0.1.0"

__all__ = [
    "Action",
    "Blocked",
    "Candidate",
    "Context",
    "DLPError",
    "Finding",
    "InputError",
    "Inspector",
    "Kind",
    "LimitError",
    "Limits",
    "MissingExtra",
    "ParseError",
    "PolicyError",
    "RuleError",
    "Severity",
    "Skipped",
    "TokenError",
    "Verdict",
]
