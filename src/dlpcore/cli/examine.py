"""Inspects units of work: what a worker does, in this process or another, and what it tells of it."""

from __future__ import annotations

import fnmatch
import functools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ..model import Action, Context, Finding, Skipped, Verdict
from .captures import Message
from .fields import FieldMap
from .inputs import Payload
from .traffic import Traffic
from .units import Block, Unit, Wrong, payloads

if TYPE_CHECKING:
    from ..inspector import Inspector
    from .baseline import Baseline
    from .layouts import Layout

__all__ = ["Examination", "Examiner", "Inspected", "Outcome", "Wanted"]

_CLEAN = Verdict()
#: Bodies of these types are inspected as they are when they look like JSON: the gate would do no more.
_PLAIN_TYPES = ("", "application/json")
_MAX_BYTES = 1 << 40


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages are inspected: patterns with ``*``, ``None`` for any."""

    host: str | None = None
    path: str | None = None
    direction: str | None = None

    def __call__(self, message: Message) -> bool:
        return (
            (self.host is None or fnmatch.fnmatchcase(message.host.lower(), self.host.lower()))
            and (self.path is None or fnmatch.fnmatchcase(message.path, self.path))
            and (self.direction is None or message.direction == self.direction)
        )


class Inspected(NamedTuple):
    """A payload, the verdict on it, and all that was found: of a verdict without what a baseline knows, that too.

    What is known is no news, and as secret as before: whoever shows bytes masks all of ``found``. ``left_out``: how
    many of it are known.
    """

    payload: Payload
    verdict: Verdict
    found: tuple[Finding, ...]
    left_out: int = 0


class Examiner:
    """The verdicts on payloads, without what a baseline knows. Its work changes nothing in it."""

    def __init__(self, inspector: Inspector, context: Context | None, known: Baseline | None) -> None:
        self.inspector = inspector
        self.context = context
        self._known = known
        if known is not None:
            from ..policy import Ruler

            self._ruler = Ruler(inspector.policy)
        # a log has the same few again and again
        self._of_message = functools.lru_cache(maxsize=4096)(self._message_context)

    def _message_context(self, path: str, method: str, direction: str, host: str, content_type: str) -> Context:
        return replace(
            self.context or Context(),
            endpoint=path or None,
            method=method or None,
            direction=direction or None,
            destination=host or None,
            content_type=content_type or None,
        )

    def inspected(self, payload: Payload) -> Iterator[Inspected]:
        """The verdict on a payload. A captured message may hold several: those on which there is something to say."""
        message = payload.message
        if message is None:
            yield self.news(payload, self.inspector.inspect(payload.data, self.context), self.context)
            return
        context = self._of_message(message.path, message.method, message.direction, message.host, message.content_type)
        body = message.body
        if payload.as_is:
            yield self.news(payload, self.inspector.inspect(payload.data, context), context)
            return
        if not message.codings and message.content_type in _PLAIN_TYPES and body.lstrip()[:1] in (b"{", b"["):
            verdict = self.inspector.inspect(body, context)
            if verdict == _CLEAN:
                yield Inspected(payload, verdict, ())
                return
        for part, verdict in self._through_gate(payload, message, context):
            yield self.news(part, verdict, context)

    def _through_gate(self, payload: Payload, message: Message, context: Context) -> Iterator[tuple[Payload, Verdict]]:
        from ..middleware._body import BodyGate

        parts: list[tuple[bytes, Verdict]] = []
        gate = BodyGate(
            self.inspector,
            context=context,
            content_type=message.content_type,
            codings=message.codings,
            on_verdict=lambda verdict, data: parts.append((data, verdict)),
            observe=True,
            max_bytes=_MAX_BYTES,
        )
        gate.feed(message.body)
        gate.finish()
        outcome = gate.outcome
        if outcome.trouble is not None:
            skipped = (Skipped("body", outcome.why),)
            action = self.inspector.policy.incomplete_action
            parts.append((message.body, Verdict(action, (), False, skipped, {}, (outcome.why,))))
        told = [(data, v) for data, v in parts if v.findings or v.action > Action.ALLOW or not v.complete]
        for data, verdict in told or [(message.body, _CLEAN)]:
            yield replace(payload, data=data), verdict

    def news(self, payload: Payload, verdict: Verdict, context: Context | None) -> Inspected:
        """The verdict without what a baseline knows."""
        if self._known is None or not verdict.findings:
            return Inspected(payload, verdict, verdict.findings)
        new, left_out = self._known.without_known(self._ruler, verdict, payload.data, context)
        return Inspected(payload, new, verdict.findings, left_out)


@dataclass(slots=True)
class Outcome:
    """What the inspection of a unit came to. It can be sent to another process: it holds no value.

    Attributes:
        told: in their order, what is shown of a payload (as its layout renders it), or an input that is wrong.
        counts: payloads by what the policy decided.
        left_out: known findings.
        passed_over: messages that were not to be inspected.
        bodiless: records without a body, where a field map says where bodies are.
        read: bytes of input, as stored, that were behind the unit.
    """

    told: list[Any | Wrong] = field(default_factory=list)
    counts: Counter[Action] = field(default_factory=Counter)
    traffic: Traffic = field(default_factory=Traffic)
    left_out: int = 0
    passed_over: int = 0
    bodiless: int = 0
    read: int = 0

    def add(self, other: Outcome) -> None:
        """Adds the sums of another; what it tells is told once, and not kept."""
        self.counts += other.counts
        self.traffic.add(other.traffic)
        self.left_out += other.left_out
        self.passed_over += other.passed_over
        self.bodiless += other.bodiless
        self.read += other.read


class Examination:
    """Inspects units, and renders what is to be shown of them. ``quiet``: nothing of what the policy lets pass."""

    def __init__(
        self, examiner: Examiner, layout: Layout, *, quiet: bool, wanted: Wanted, fields: FieldMap | None = None
    ) -> None:
        self._examiner = examiner
        self._layout = layout
        self._quiet = quiet
        self._wanted = wanted
        self._fields = fields

    def __call__(self, unit: Unit) -> Outcome:
        outcome = Outcome()
        if isinstance(unit, Wrong):
            outcome.told.append(unit)
            return outcome
        outcome.read = unit.read
        if isinstance(unit, Block) and self._fields is None:
            self._records(unit, outcome)
            return outcome
        for payload in payloads(unit, lambda name, why: outcome.told.append(Wrong(name, why))):
            if self._fields is None or payload.line is None:
                self._payload(payload, outcome)
                continue
            found = self._fields.messages(payload)
            outcome.bodiless += not found
            for each in found:
                self._payload(each, outcome)
        return outcome

    def _records(self, block: Block, outcome: Outcome) -> None:
        """Of the records that end in the native pass nothing is made but, where they are shown, a line."""
        every = not self._quiet and self._layout.lists_clean
        examiner = self._examiner
        count, told = examiner.inspector.inspect_records(block.data, examiner.context, every=every)
        silent = count
        for (start, end), feeds, verdict in told:
            silent -= 1
            at = None if block.start is None else block.start + start
            payload = Payload(block.source, block.line + feeds, block.data[start:end], start=at)
            self._tell(examiner.news(payload, verdict, examiner.context), outcome)
        outcome.counts[Action.ALLOW] += silent
        outcome.traffic.count_clean(block.source.name, silent)

    def _payload(self, payload: Payload, outcome: Outcome) -> None:
        if payload.message is not None and not self._wanted(payload.message):
            outcome.passed_over += 1
            return
        for inspected in self._examiner.inspected(payload):
            self._tell(inspected, outcome)

    def _tell(self, inspected: Inspected, outcome: Outcome) -> None:
        action = inspected.verdict.action
        outcome.counts[action] += 1
        outcome.left_out += inspected.left_out
        outcome.traffic.count(inspected.payload, inspected.verdict)
        if not self._quiet or action >= Action.FLAG:
            rendered = self._layout.render(inspected)
            if rendered is not None:
                outcome.told.append(rendered)
