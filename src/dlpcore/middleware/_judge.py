"""One document or text of a body through the inspector: the verdict noted, and what may leave of it given back."""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable
from typing import Final

from ..editing import Tokenizers
from ..errors import Blocked, DLPError
from ..inspector import Inspector
from ..model import Action, Context, Finding, Kind, Verdict
from ._coding import Undecodable

__all__ = ["JSON_HEADS", "Held", "Judge", "Trouble"]

_LOG = logging.getLogger("dlpcore.middleware")
JSON_HEADS: Final = (b"{", b"[")
#: Verdicts that are kept of a stream, which may never end.
_MAX_VERDICTS: Final = 64
#: Grammar errors that only say that a text is not JSON.
_NOT_JSON: Final = frozenset({"structure.malformed", "framing.dialect", "framing.trailing-data", "framing.nul"})


class Trouble(enum.StrEnum):
    """Why a body could not be inspected as it should be."""

    TOO_LARGE = "too-large"
    UNDECODABLE = "undecodable"
    FAILED = "failed"


class Held(Exception):
    """What is being worked on must not leave."""


class Judge:
    """What the parts of one body share: the inspector, and what was found by now. For one thread at a time.

    Args:
        inspector, context, tokenizer, on_verdict, observe: as :class:`dlpcore.middleware._body.BodyGate` has them.
        stream: keep no verdict that is clean, and no more than 64.

    Attributes:
        verdicts, action, blocked, changed, trouble, why: as :class:`dlpcore.middleware._body.Outcome` has them.
        known: the verdict on the whole body as JSON, where somebody has inspected it already.
    """

    __slots__ = (
        "_context", "_inspector", "_on_verdict", "_stream", "_tokenizer", "action", "blocked", "changed", "known",
        "observe", "trouble", "verdicts", "why",
    )  # fmt: skip

    def __init__(
        self,
        inspector: Inspector,
        context: Context | Callable[[], Context] | None,
        tokenizer: Tokenizers,
        on_verdict: Callable[[Verdict, bytes], None] | None,
        observe: bool,
        stream: bool,
    ) -> None:
        self._inspector = inspector
        self._context = context
        self._tokenizer = tokenizer
        self._on_verdict = on_verdict
        self._stream = stream
        self.observe = observe
        self.known: Verdict | None = None
        self.verdicts: list[Verdict] = []
        self.action = Action.ALLOW
        self.blocked = False
        self.changed = False
        self.trouble: Trouble | None = None
        self.why = ""

    def sniffed(self, data: bytes, media_type: str) -> bytes:
        """``data`` by what it is called or looks like.

        Raises:
            Held: it must not leave.
        """
        if media_type == "application/json" or media_type.endswith("+json") or media_type == "text/json":
            return self.part(data, media="json")
        if data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in JSON_HEADS:
            return self.part(data, media="text")
        verdict = self.verdict(data, media="json")
        if any(f.rule in _NOT_JSON for f in verdict.findings) and not any(_hidden(f) for f in verdict.findings):
            return self.part(data, media="text")  # "[info] a line of a log" is no broken JSON
        return self._enforced(data, verdict)

    def part(self, data: bytes, *, media: str) -> bytes:
        """``data`` as JSON or as text.

        Raises:
            Held: it must not leave.
        """
        return self._enforced(data, self.verdict(data, media=media))

    def verdict(self, data: bytes, *, media: str) -> Verdict:
        """The inspector's verdict, not noted."""
        known, self.known = self.known, None
        return known if known is not None else self._inspector.inspect(data, self._context, media=media)

    def _enforced(self, data: bytes, verdict: Verdict) -> bytes:
        self.note(verdict, data)
        if self.observe or verdict.action <= Action.FLAG:
            return data
        context = self._context if self._context is None or isinstance(self._context, Context) else self._context()
        try:
            return self._inspector.enforce(data, verdict, tokenizer=self._tokenizer, context=context)
        except Blocked:
            raise Held from None
        except DLPError as error:
            # The policy wants an edit that cannot be made: what it wanted gone must not leave.
            self.why = f"what the policy decided could not be done ({type(error).__name__})"
            raise Held from None

    def note(self, verdict: Verdict, data: bytes) -> None:
        """Keeps a verdict and tells it."""
        if verdict.action > self.action:
            self.action = verdict.action
        clean = verdict.action == Action.ALLOW and not verdict.findings
        if not self._stream or not (clean or len(self.verdicts) >= _MAX_VERDICTS):
            self.verdicts.append(verdict)
        if self._on_verdict is not None:
            self._on_verdict(verdict, data)

    # --- what cannot be inspected ----------------------------------------------------------------------------------

    def troubled(self, trouble: Trouble, why: str) -> bool:
        """Whether that blocks: the policy decides it, as for any inspection that is not complete."""
        self.trouble = self.trouble or trouble
        self.why = self.why or why
        blocks = not self.observe and self._inspector.policy.incomplete_action == Action.BLOCK
        self.blocked = self.blocked or blocks
        return self.blocked

    def undecodable(self, error: Undecodable) -> bool:
        """Whether a body that cannot be read is blocked."""
        return self.troubled(Trouble.TOO_LARGE if error.limit else Trouble.UNDECODABLE, error.why)

    def guarded(self, data: bytes, work: Callable[[bytes], bytes]) -> bytes | None:
        """``work`` on ``data``: what it gives, or ``None`` where that must not leave."""
        try:
            out = work(data)
        except Held:
            self.blocked = True
            return None
        except Undecodable as error:
            return None if self.undecodable(error) else data
        except Exception as error:  # whatever fails, the policy decides; only the type is told: it may hold bytes
            _LOG.error("the inspection of a body failed: %s", type(error).__name__)
            blocked = self.troubled(Trouble.FAILED, f"the inspection failed ({type(error).__name__})")
            return None if blocked else data
        self.changed = self.changed or out != data
        return out


def _hidden(finding: Finding) -> bool:
    return finding.kind == Kind.COVERT_CHANNEL and finding.action > Action.ALLOW
