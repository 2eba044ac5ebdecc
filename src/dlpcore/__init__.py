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

from typing import TYPE_CHECKING

from .errors import (
    Blocked,
    DLPError,
    EditError,
    EventError,
    InputError,
    LimitError,
    MissingExtra,
    ParseError,
    PolicyError,
    RuleError,
    TokenError,
    VaultError,
)
from .model import (
    Action,
    Candidate,
    Context,
    Finding,
    Kind,
    Limits,
    Recognized,
    Recognizer,
    Severity,
    Skipped,
    Verdict,
)

if TYPE_CHECKING:
    from .inspector import Inspector

__version__ = "0.1.0"

__all__ = [
    "Action",
    "Blocked",
    "Candidate",
    "Context",
    "DLPError",
    "EditError",
    "EventError",
    "Finding",
    "InputError",
    "Inspector",
    "Kind",
    "LimitError",
    "Limits",
    "MissingExtra",
    "ParseError",
    "PolicyError",
    "Recognized",
    "Recognizer",
    "RuleError",
    "Severity",
    "Skipped",
    "TokenError",
    "VaultError",
    "Verdict",
]


def __getattr__(name: str) -> object:
    """Loads the engine when it is first asked for (PEP 562): what only handles verdicts need not pay for it."""
    if name == "Inspector":
        from .inspector import Inspector

        globals()[name] = Inspector
        return Inspector
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
