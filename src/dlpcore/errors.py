"""The exception tree: every error that dlpcore raises on purpose.

::

    DLPError
    ├── InputError          what was passed in cannot be inspected or edited at all (also a ValueError)
    │   └── ParseError      the payload is not the JSON that the operation needs; carries the byte offset
    ├── LimitError          a limit of :class:`dlpcore.Limits` stopped an edit
    ├── EditError           an edit could not take away what it had to
    ├── RuleError           a rule file is wrong; carries file and line
    ├── PolicyError         a policy is wrong; carries file and line
    ├── TokenError          a token cannot be made or opened
    │   └── VaultError      the vault did not answer, or did not store what it was given
    ├── EventError          an event could not be handed on, or an audit log does not hold
    ├── MissingExtra        an optional dependency is absent; names the extra to install (also an ImportError)
    └── Blocked             the policy decided to block; carries the verdict

No message of this tree holds a byte of a payload (law 2: secret-free).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .model import Verdict

__all__ = [
    "Blocked",
    "DLPError",
    "EditError",
    "EventError",
    "InputError",
    "LimitError",
    "MissingExtra",
    "ParseError",
    "PolicyError",
    "RuleError",
    "TokenError",
    "VaultError",
]


class DLPError(Exception):
    """Base of all errors that dlpcore raises on purpose."""


class InputError(DLPError, ValueError):
    """What was passed in cannot be inspected or edited at all."""


class ParseError(InputError):
    """The payload is not the JSON that the operation needs.

    Attributes:
        code: stable name of the error, as in ``docs/errors.md`` (``"unexpected-token"``, …).
        offset: byte offset in the payload, 0-based.
        line: 1-based line, counted by LF, CR and CRLF.
        column: 1-based column in bytes.
    """

    def __init__(self, code: str, offset: int, line: int, column: int, detail: str = "") -> None:
        self.code = code
        self.offset = offset
        self.line = line
        self.column = column
        self.detail = detail
        text = f"{code} at byte {offset} (line {line}, column {column})"
        super().__init__(f"{text}: {detail}" if detail else text)

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.code, self.offset, self.line, self.column, self.detail))


class LimitError(DLPError):
    """A limit of :class:`dlpcore.Limits` stopped an edit; the message names it."""


class EditError(DLPError):
    """An edit could not take away what it had to; nothing was returned."""


class _FileError(DLPError):
    def __init__(self, message: str, *, file: str | None = None, line: int | None = None) -> None:
        self.message = message
        self.file = file
        self.line = line
        place = ":".join(str(part) for part in (file, line) if part is not None)
        super().__init__(f"{place}: {message}" if place else message)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.file, self.line))


def _rebuild(cls: type[_FileError], message: str, file: str | None, line: int | None) -> _FileError:
    return cls(message, file=file, line=line)


class RuleError(_FileError):
    """A rule file is wrong. ``file`` and ``line`` (1-based) say where, each ``None`` if unknown."""


class PolicyError(_FileError):
    """A policy is wrong. ``file`` and ``line`` (1-based) say where, each ``None`` if unknown."""


class TokenError(DLPError):
    """A token cannot be made or opened."""


class VaultError(TokenError):
    """The vault did not answer, or did not store what it was given: locked, full, gone. Nothing of a call is kept."""


class EventError(DLPError):
    """An event could not be handed on, or an audit log does not hold."""


class MissingExtra(DLPError, ImportError):
    """An optional dependency is absent; the message says which extra to install."""


class Blocked(DLPError):
    """The policy decided that the payload must not leave.

    Attributes:
        verdict: the :class:`dlpcore.Verdict` that decided it.
        failure: what went wrong, where an edit failed and the policy is to fail closed; else ``None``.
    """

    def __init__(self, verdict: Verdict, failure: str | None = None) -> None:
        self.verdict = verdict
        self.failure = failure
        rules = sorted({f.rule for f in verdict.findings if f.action == "block"})
        why = failure or ", ".join(rules) or "; ".join(verdict.reasons) or "policy"
        super().__init__(f"blocked by policy: {why}")

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.verdict, self.failure))
