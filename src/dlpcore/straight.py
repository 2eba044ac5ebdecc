"""The straight path: what rules ask of plain tokens, worked out once for each place, and findings made when asked for.

Theory of operation. Most findings are one short plain value that is all of its token. Whatever of its answer follows
from the rule, the keys around the token and the policy is the same the next time, so it is worked out once and
remembered by place (kind of the token, triggers, keys; never values): the native first pass (native/ffi/straight.h)
takes it from here, searches with the rule's own pattern and does the rest of the sum. Of a rule that asks for more
(words beside a value, a value inside a longer text) it calls back. What it finds are records, which become findings
when somebody looks at them. Any other document takes the long way (:mod:`.inspection`), and both answer the same.
"""

from __future__ import annotations

import functools
import struct
import threading
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, TypeAlias

from . import _native
from .document import Document
from .engines.anchors import Anchors
from .engines.confidence import STRONG
from .engines.pattern import SHOWN, Match, PatternEngine, Whole
from .model import Action, Finding, Kind, Limits, Severity, Verdict
from .policy import Ruler
from .rules import Rule
from .validators import VALIDATORS, VETOES
from .validators.financial import NETWORKS
from .validators.published import published
from .views import Subject, siblings_of

__all__ = ["Record", "Said", "Straight", "findings"]

#: Places that are remembered, and answers that they share. An attacker can make many; what comes again fills it again.
_MOST_PLACES = 2048
_MOST_SHARED = 8192
#: Below this many seconds a deadline is asked about after each token, which the straight path does not do.
_PATIENCE = 0.05
#: As many findings as it makes at the most (PLAIN_FOUND).
_MOST_FOUND = 64

# The figures of native/ffi/straight.h.
_WORD, _REST, _BARE, _FORM, _SHORTER, _ROLE = 1, 2, 4, 8, 16, 32
_CHECKS: Final = {"card": 1, "iban": 2, "us-ssn": 3, "ipv4-public": 4, "ipv4-internal": 5}
_VETOES: Final = {
    name: 1 + i for i, name in enumerate(("uuid", "epoch", "timestamp", "repeated", "sequential", "filler", "no-reply"))
}
_NETWORK: Final = struct.Struct("=IIIId")


class Said(NamedTuple):
    """What is said of every value that a rule finds for these reasons. The first six are read by the native code.

    Attributes:
        rank: of its severity.
        family: a number for its kind and family: findings of one may speak for the same bytes.
        rule_id: of its rule.
        action, action_rank: what the policy decides.
        reason: what the verdict says of that; ``None`` where it is allowed.
    """

    rank: int
    family: int
    rule_id: str
    action: Action
    action_rank: int
    reason: str | None
    rule: Rule
    severity: Severity
    policy_rule: str | None
    reasons: tuple[str, ...]


#: A finding: what is said of it, its confidence, its half-open offsets in the payload.
Record: TypeAlias = tuple[Said, float, int, int]


def findings(document: Document, records: Iterable[Record]) -> list[Finding]:
    """The findings that the records of a document stand for."""
    payload = document.payload
    return [
        Finding(
            kind=said.rule.kind,
            rule=said.rule_id,
            entity=said.rule.entity,
            family=said.rule.family,
            severity=said.severity,
            confidence=confidence,
            reasons=said.reasons,
            action=said.action,
            policy_rule=said.policy_rule,
            spans=((start, end),),
            origin=document,
            value=bytes(payload[start:end]),
            compliance=said.rule.compliance,
        )
        for said, confidence, start, end in records
    ]


class _Findings:
    """The findings of one verdict, made when first asked for, whoever asks. The native code makes this, and sets what
    they are made of: payload, key of the fingerprints, records, start of the tail, depth."""

    __slots__ = ("_kept", "_made_of")

    _kept: tuple[Finding, ...]
    _made_of: tuple[bytes, bytes, tuple[Record, ...], int, int]

    def __call__(self) -> tuple[Finding, ...]:
        try:
            return self._kept
        except AttributeError:
            payload, key, records, tail_start, depth = self._made_of
        document = Document(payload, _native.Hits(tail_start, depth, [], []), key)
        made = tuple(findings(document, records))
        document.holds(made)
        with _KEEPING:
            try:  # another thread may have made them too
                return self._kept
            except AttributeError:
                self._kept = made
        return made


_KEEPING: Final = threading.Lock()


class Straight:
    """What an engine asks of plain tokens. Immutable but for what it remembers, which is safe to fill twice.

    Args:
        anchors, patterns, ruler: of the engine; the ruler must decide by class.
        key: secret of the fingerprints.
    """

    __slots__ = ("_anchors", "_families", "_key", "_patterns", "_places", "_ruler", "_shared")

    def __init__(self, anchors: Anchors, patterns: PatternEngine, ruler: Ruler, key: bytes) -> None:
        self._anchors = anchors
        self._patterns = patterns
        self._ruler = ruler
        self._key = key
        self._places: dict[bytes, Any] = {}
        self._shared: dict[tuple[object, ...], Any] = {}
        self._families: dict[tuple[Kind, str | None], int] = {}

    @staticmethod
    def suits(ruler: Ruler, limits: Limits) -> bool:
        """Whether such a policy and such limits leave nothing to ask but what the straight path asks."""
        patient = limits.deadline is None or limits.deadline >= _PATIENCE
        return ruler.by_class and patient and limits.max_findings >= _MOST_FOUND

    def given(self) -> _native.Straight:
        """What the native code goes by."""
        rows = b"".join(
            _NETWORK.pack(low * width, (high + 1) * width - 1, sum(1 << length for length in lengths), 0, strength)
            for low, high, lengths, strength in NETWORKS
            for width in (10 ** (4 - len(str(low))),)
        )
        clean = Verdict()
        return (
            *(self._places, self._learn, published, rows, STRONG),
            *(Verdict, _Findings, self._key, clean.action, clean.capacity, _native.capacity),
        )

    # --- what is remembered ------------------------------------------------------------------------------------------

    def _learn(self, place: bytes, kind: int, triggers: tuple[int, ...], keys: tuple[bytes, ...]) -> Any:
        known = self._asks(_native.KINDS[kind], kind, triggers, keys)
        if len(self._places) >= _MOST_PLACES:
            self._places.clear()
        self._places[place] = known
        return known

    def _asks(self, kind: str, index: int, triggers: tuple[int, ...], keys: tuple[bytes, ...]) -> Any:
        """``(asks, whether more than rules is to be asked, what answers the rest)``; ``None`` for the long way."""
        called = self._anchors.called(triggers)
        if called.fields or called.values:
            return None
        asks: list[tuple[Any, ...]] = []
        for rule in called.of_kind[index]:
            if rule.kind not in (Kind.SENSITIVE_DATA, Kind.DESTINATION) or self._patterns.may_stall(rule):
                return None
            whole = self._patterns.whole(rule, kind, keys)
            if whole is None:
                continue
            ask = self._ask(whole)
            if ask is None:
                return None
            asks.append(ask)
        more = bool(called.layers or called.documents or called.yara)
        return tuple(asks), more, functools.partial(self._rest, kind, keys)

    def _ask(self, whole: Whole) -> tuple[Any, ...] | None:
        """An ask, in the order of native/ffi/straight.h; ``None`` where the policy cannot tell."""
        asked = (
            *(whole.rule.id, whole.key, whole.named, whole.opposed, whole.reasons),
            *(whole.by_word, whole.by_rest, whole.no_role, whole.formed is None),
        )
        if asked in self._shared:
            return self._shared[asked]  # type: ignore[no-any-return]
        rule = whole.rule
        said, shown = self._said(rule, rule.severity, whole.reasons), None
        if rule.family == "secrets":
            shown = self._said(rule, min(rule.severity, Severity.LOW), (*whole.reasons, SHOWN))
        ask: tuple[Any, ...] | None = None
        if said is not None and (shown is not None or rule.family != "secrets"):
            flags = (
                (_WORD * whole.by_word)
                | (_REST * whole.by_rest)
                | (_BARE * rule.bare)
                | (_FORM * (whole.formed is not None))
                | (_SHORTER * rule.shorter)
                | (_ROLE * whole.no_role)
            )
            vetoes = [name for name in rule.vetoes if not VETOES[name].around]
            ask = (
                *(whole.search, whole.group, flags),
                *(tuple(VALIDATORS[name].check for name in rule.validators), _codes(_CHECKS, rule.validators)),
                *(tuple(VETOES[name].check for name in vetoes), _codes(_VETOES, vetoes)),
                *(whole.formed, whole.key, rule.strength, rule.threshold),
                *(int(whole.opposed), int(whole.named), said, shown, rule),
            )
        if len(self._shared) >= _MOST_SHARED:
            self._shared.clear()
        self._shared[asked] = ask
        return ask

    def _said(self, rule: Rule, severity: Severity, reasons: tuple[str, ...]) -> Said | None:
        probe = Finding(
            kind=rule.kind,
            rule=rule.id,
            entity=rule.entity,
            family=rule.family,
            severity=severity,
            compliance=rule.compliance,
            spans=((0, 0),),
            origin=_NOWHERE,
        )
        decided = self._ruler.certain(probe)
        if decided is None:
            return None
        action, by, reason = decided
        family = self._families.setdefault((rule.kind, rule.family), len(self._families))
        return Said(severity.rank, family, rule.id, action, action.rank, reason, rule, severity, by, reasons)

    # --- what is asked of Python -------------------------------------------------------------------------------------

    def _rest(
        self, kind: str, keys: tuple[bytes, ...], rule: Rule, text: bytes, payload: bytes, start: int, end: int
    ) -> tuple[Record, ...] | None:
        """What one rule finds in a text: offsets are into it. ``None`` where the policy cannot tell."""
        subject = Subject(text, kind, keys, (), siblings_of(payload, start, end))
        records: list[Record] = []
        for match in self._patterns.match_one(subject, rule):
            said = self._said_of(match)
            if said is None:
                return None
            records.append((said, match.confidence, match.start, match.end))
        return tuple(records)

    def _said_of(self, match: Match) -> Said | None:
        rule = match.rule
        asked = (rule.id, match.shown, match.reasons)
        if asked in self._shared:
            return self._shared[asked]  # type: ignore[no-any-return]
        said = self._said(rule, min(rule.severity, Severity.LOW) if match.shown else rule.severity, match.reasons)
        if len(self._shared) >= _MOST_SHARED:
            self._shared.clear()
        self._shared[asked] = said
        return said


_NOWHERE: Final = Document(b"", None, b"")


def _codes(known: dict[str, int], names: Iterable[str]) -> bytes:
    return bytes(known.get(name, 0) for name in names)
