"""The public value types: actions, severities, limits, findings, verdicts. Immutable, free of I/O.

Secrets: a finding holds matched and recovered bytes for its caller only. ``repr``, ``str``, ``pickle``,
``to_dict`` and ``to_json`` of every type here show a keyed fingerprint and a masked preview instead.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeAlias

__all__ = [
    "Action",
    "Candidate",
    "Context",
    "Finding",
    "Kind",
    "Limits",
    "Recognized",
    "Recognizer",
    "Severity",
    "Skipped",
    "Span",
    "Verdict",
]

#: Half-open byte range ``(start, end)`` in the payload as given.
Span: TypeAlias = tuple[int, int]


class _Ordered(enum.StrEnum):
    """A string enumeration whose members compare by their order of definition."""

    _rank: int

    def __init__(self, value: str) -> None:
        self._rank = len(type(self).__members__)

    @property
    def rank(self) -> int:
        """Position in the order, from 0."""
        return self._rank

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"

    def __lt__(self, other: str) -> bool:
        return self._rank < type(self)(other)._rank

    def __le__(self, other: str) -> bool:
        return self._rank <= type(self)(other)._rank

    def __gt__(self, other: str) -> bool:
        return self._rank > type(self)(other)._rank

    def __ge__(self, other: str) -> bool:
        return self._rank >= type(self)(other)._rank

    __hash__ = str.__hash__


class Action(_Ordered):
    """What the policy decides, weakest first. Members equal their names: ``Action.BLOCK == "block"``."""

    ALLOW = "allow"
    FLAG = "flag"
    TOKENIZE = "tokenize"
    REDACT = "redact"
    SANITIZE = "sanitize"
    BLOCK = "block"


class Severity(_Ordered):
    """How bad a finding is, weakest first. What is ``info`` never acts."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Kind(enum.StrEnum):
    """What sort of thing a finding is."""

    COVERT_CHANNEL = "covert-channel"
    STRUCTURE = "structure"
    LAYER = "layer"
    SENSITIVE_DATA = "sensitive-data"
    DESTINATION = "destination"
    YARA = "yara"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one inspection. Crossing one never hides data: the verdict says ``complete=False`` and why.

    Attributes:
        max_bytes: bytes of a payload; ``None`` for no bound.
        max_depth: nesting of arrays and objects.
        max_findings: findings in one verdict.
        max_candidates: places that the prefilter hands to the rules.
        max_layers: depth of decoding (base64 → gzip → JSON is three).
        max_expansion: bytes that all decoded layers of a payload may have together.
        max_expansion_ratio: the same as a multiple of the encoded size, per layer.
        max_recovered: bytes recovered from one covert channel.
        deadline: seconds for one inspection, checked between stages. What is loaded and compiled when the first payload
            needs it does not count.
        max_work: work for each byte of a payload, beside what any payload may cost: about nanoseconds, but counted and
            not measured, so that it does not depend on the machine; ``None`` for no bound.
    """

    max_bytes: int | None = 16 * 1024 * 1024
    max_depth: int = 1024
    max_findings: int = 1000
    max_candidates: int = 100_000
    max_layers: int = 8
    max_expansion: int = 64 * 1024 * 1024
    max_expansion_ratio: int = 100
    max_recovered: int = 4 * 1024 * 1024
    deadline: float | None = 0.25
    max_work: int | None = 55

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if value is None and each.name in ("max_bytes", "deadline", "max_work"):
                continue
            number = isinstance(value, int) or (isinstance(value, float) and each.name == "deadline")
            if not number or isinstance(value, bool) or not float(value) > 0:
                raise ValueError(f"Limits.{each.name} must be a positive number, not {value!r}")


@dataclass(frozen=True, slots=True)
class Context:
    """Who sends what where: the attributes that a policy may look at (docs/policy.md). Immutable.

    Attributes:
        user, device, client: who sends, from what, with which program.
        roles: of the user; a policy asks whether one of them is of a kind.
        ip: address of the sender, IPv4 or IPv6, as text.
        endpoint: path of the resource, such as ``"/v1/orders"``.
        method: of HTTP.
        direction: such as ``"request"`` or ``"response"``.
        destination: host that it goes to.
        content_type: media type, with or without its parameters.
        time: seconds since 1970 UTC; the library reads no clock, so that without it no window of time matches.
        attributes: any others, by name; headers such as ``content-digest`` belong here, in lower case.
    """

    user: str | None = None
    device: str | None = None
    client: str | None = None
    roles: tuple[str, ...] = ()
    ip: str | None = None
    endpoint: str | None = None
    method: str | None = None
    direction: str | None = None
    destination: str | None = None
    content_type: str | None = None
    time: float | None = None
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name == "roles":
                wanted = "a tuple of strings"
                good = not isinstance(value, str) and all(isinstance(role, str) for role in value)
                object.__setattr__(self, "roles", tuple(value))
            elif each.name == "attributes":
                wanted = "a mapping of strings to strings"
                good = all(isinstance(part, str) for pair in value.items() for part in pair)
                object.__setattr__(self, "attributes", MappingProxyType(dict(value)))
            elif each.name == "time":
                wanted = "a number"
                good = value is None or (isinstance(value, int | float) and not isinstance(value, bool))
            else:
                wanted, good = "a string", value is None or isinstance(value, str)
            if not good:
                raise TypeError(f"Context.{each.name} must be {wanted}")

    def __hash__(self) -> int:
        return hash((self.user, self.roles, self.endpoint, self.destination, self.time))

    def __reduce__(self) -> tuple[object, ...]:
        state = {each.name: getattr(self, each.name) for each in fields(self)}
        return (_revive_context, ({**state, "attributes": dict(self.attributes)},))


def _revive_context(state: dict[str, Any]) -> Context:
    return Context(**state)


class Recognized(NamedTuple):
    """What a :class:`Recognizer` found: characters ``[start, end)`` of the text that it was given.

    Attributes:
        entity, family: class of the data, as a policy knows them: lower-case words joined by ``_``.
        score: 0.0 to 1.0; it becomes the finding's confidence.
        severity: the finding's; what is ``info`` never acts.
    """

    start: int
    end: int
    entity: str
    family: str = "identity"
    score: float = 1.0
    severity: Severity = Severity.MEDIUM


class Recognizer(Protocol):
    """Something of yours that recognises sensitive data in text, such as a model that knows names.

    It is called for each string of a payload and of what is decoded from it (or for a text as a whole), from whatever
    thread inspects, so it must be thread-safe. It cannot be interrupted: the deadline is looked at before each call.
    What it raises becomes a :class:`Skipped` under its name, and the inspection is incomplete.

    Attributes:
        name: unique, lower-case words joined by ``-``; findings are of rule ``recognizer.<name>``.
    """

    @property
    def name(self) -> str: ...

    def recognize(self, text: str, path: tuple[str, ...]) -> Iterable[Recognized]:
        """What is in ``text``. ``path``: names of the keys above it, the nearest first."""
        ...


class Skipped(NamedTuple):
    """Something that was not inspected: ``what`` (a stage, rule or view) and ``why``. Holds no payload byte."""

    what: str
    why: str


class Candidate:
    """One decoding of a covert channel or layer.

    Attributes:
        data: the bytes; ``None`` in a copy that went through pickle (they may be secret).
        decoders: names in order of application, such as ``("base4", "gzip")``.
        score: plausibility, 0.0 to 1.0.
    """

    __slots__ = ("data", "decoders", "score")

    data: bytes | None
    decoders: tuple[str, ...]
    score: float

    def __init__(self, data: bytes | None, decoders: tuple[str, ...], score: float) -> None:
        object.__setattr__(self, "data", data)
        object.__setattr__(self, "decoders", decoders)
        object.__setattr__(self, "score", score)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Candidate is immutable")

    def __iter__(self) -> Iterator[Any]:
        return iter((self.data, self.decoders, self.score))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Candidate) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        size = "dropped" if self.data is None else f"{len(self.data)} bytes"
        return f"<Candidate {' → '.join(self.decoders)}: {size}, score {self.score:.2f}>"

    def __reduce__(self) -> tuple[object, ...]:
        return (Candidate, (None, self.decoders, self.score))


class Origin(Protocol):
    """What a finding asks, lazily, of the document that it was found in."""

    def pointer(self, offset: int) -> str | None: ...

    def fingerprint(self, entity: str, value: bytes) -> str: ...


class _Detached:
    """The origin of a finding that has left its document (unpickled): it remembers what was safe to keep."""

    __slots__ = ("_fingerprint", "_pointer")

    def __init__(self, pointer: str | None, fingerprint: str | None) -> None:
        self._pointer = pointer
        self._fingerprint = fingerprint

    def pointer(self, offset: int) -> str | None:
        return self._pointer

    def fingerprint(self, entity: str, value: bytes) -> str:
        return self._fingerprint or ""


_FINDING_STATE = (
    "kind", "rule", "entity", "family", "severity", "confidence", "reasons", "action", "policy_rule", "shadow", "spans",
    "in_key", "provenance", "capacity_bits", "candidates", "compliance",
)  # fmt: skip


class _Unguarded:
    """A finding while it is made: of the same layout, and open to assignment."""

    __slots__ = (*_FINDING_STATE, "_inner", "_lazy", "_origin", "_value")


class Finding(_Unguarded):
    """One thing found in a payload. Immutable.

    Attributes:
        kind: a :class:`Kind` (equal to its string).
        rule: stable id of the rule or channel.
        entity, family: class of the data, or ``None``.
        severity: a :class:`Severity`. ``info`` never acts.
        confidence: 0.0 to 1.0; ``reasons`` say how it came about.
        action, policy_rule: what the policy decided for it, and which of its rules did.
        shadow: what a rule in shadow mode would have done; ``None`` where none speaks.
        span: ``(start, end)``, half-open byte offsets in the payload as given (the first of ``spans``).
        spans: all its pieces, ascending and disjoint.
        in_key: whether it lies in the name of a member.
        provenance: channels and decoders that led to it, outermost first; ``()`` in the payload itself.
        capacity_bits: of a covert channel, the bits that could be hidden there; else ``0.0``.
        candidates: of a covert channel or layer, at most eight :class:`Candidate`, the best first.
        compliance: tags such as ``"PCI-DSS:3.4"``.
    """

    __slots__ = ()

    kind: Kind
    rule: str
    entity: str | None
    family: str | None
    severity: Severity
    confidence: float
    reasons: tuple[str, ...]
    action: Action
    policy_rule: str | None
    shadow: Action | None
    spans: tuple[Span, ...]
    in_key: bool
    provenance: tuple[str, ...]
    capacity_bits: float
    candidates: tuple[Candidate, ...]
    compliance: tuple[str, ...]
    _origin: Origin
    _value: bytes | None
    _inner: tuple[tuple[Any, Span], ...]
    _lazy: dict[str, Any]

    def __init__(
        self,
        *,
        kind: Kind,
        rule: str,
        severity: Severity,
        spans: tuple[Span, ...],
        origin: Origin,
        value: bytes | None = None,
        entity: str | None = None,
        family: str | None = None,
        confidence: float = 1.0,
        reasons: tuple[str, ...] = (),
        action: Action = Action.ALLOW,
        policy_rule: str | None = None,
        shadow: Action | None = None,
        in_key: bool = False,
        provenance: tuple[str, ...] = (),
        capacity_bits: float = 0.0,
        candidates: tuple[Candidate, ...] = (),
        compliance: tuple[str, ...] = (),
        inner: tuple[tuple[Any, Span], ...] = (),
    ) -> None:
        if not spans:
            raise ValueError("a finding needs at least one span")
        # Set through the guard, twenty attributes would cost more than all else that is done for a finding.
        object.__setattr__(self, "__class__", _Unguarded)
        self.kind = kind
        self.rule = rule
        self.entity = entity
        self.family = family
        self.severity = severity
        self.confidence = confidence
        self.reasons = reasons
        self.action = action
        self.policy_rule = policy_rule
        self.shadow = shadow
        self.spans = spans
        self.in_key = in_key
        self.provenance = provenance
        self.capacity_bits = capacity_bits
        self.candidates = candidates
        self.compliance = compliance
        self._origin = origin
        self._value = value
        self._inner = inner
        self._lazy = {}
        self.__class__ = Finding

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Finding is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a Finding is immutable")

    def replace(self, **changes: Any) -> Finding:
        """A copy with some attributes changed."""
        state: dict[str, Any] = {name: getattr(self, name) for name in _FINDING_STATE}
        state.update(origin=self._origin, value=self._value, inner=self._inner)
        state.update(changes)
        return Finding(**state)

    @property
    def span(self) -> Span:
        """``(start, end)`` of the first piece: half-open byte offsets in the payload as given."""
        return self.spans[0]

    @property
    def pointer(self) -> str | None:
        """RFC 6901 JSON Pointer of the member that holds the finding; ``None`` outside the document.

        Computed when first asked for: one pass over the payload for all findings of a verdict.
        A segment that overlaps sensitive data is shown as its fingerprint.
        """
        if "pointer" not in self._lazy:
            self._lazy["pointer"] = self._origin.pointer(self.spans[0][0])
        pointer: str | None = self._lazy["pointer"]
        return pointer

    @property
    def document(self) -> object:
        """What the finding was found in, for the library's own use; no payload byte shows in its repr."""
        return self._origin

    @property
    def recovered(self) -> bytes | None:
        """The best candidate's bytes; ``None`` where nothing was recovered. May be secret: for the caller only."""
        return self.candidates[0].data if self.candidates else None

    @property
    def fingerprint(self) -> str | None:
        """Keyed BLAKE2b of the matched value (16 hex digits), equal for equal values under one key and entity."""
        if "fingerprint" not in self._lazy:
            if isinstance(self._origin, _Detached):
                value: str | None = self._origin.fingerprint("", b"") or None
            elif self._value is None:
                value = None
            else:
                value = self._origin.fingerprint(self.entity or self.rule, self._value)
            self._lazy["fingerprint"] = value
        fingerprint: str | None = self._lazy["fingerprint"]
        return fingerprint

    @property
    def preview(self) -> str | None:
        """The matched value, masked; ``None`` for values under eight characters."""
        if "preview" not in self._lazy:
            self._lazy["preview"] = None if self._value is None else _mask(self._value)
        preview: str | None = self._lazy["preview"]
        return preview

    @property
    def matched(self) -> bytes | None:
        """The value that was matched, decoded; ``None`` where there is none. A secret: for the caller only."""
        return self._value

    @property
    def inner(self) -> tuple[tuple[Any, Span], ...]:
        """``(carrier, span in the carrier's data)`` of each place in decoded bytes, for the library's own edits."""
        return self._inner

    def absorb(self, other: Finding) -> None:
        """Takes over the places of another finding that this one speaks for; only before a verdict holds it."""
        object.__setattr__(self, "_inner", self._inner + other._inner)

    def decide(self, action: Action, policy_rule: str | None, shadow: Action | None) -> None:
        """Sets what the policy decided; only before a verdict holds it."""
        put = object.__setattr__
        put(self, "action", action)
        put(self, "policy_rule", policy_rule)
        put(self, "shadow", shadow)

    def within(self, other: Finding) -> bool:
        """Whether the matched value is part of the other's; findings inside a decoded layer share their span."""
        return self._value is not None and other._value is not None and self._value in other._value

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary without any matched or recovered byte."""
        result: dict[str, Any] = {
            "kind": str(self.kind),
            "rule": self.rule,
            "entity": self.entity,
            "family": self.family,
            "severity": str(self.severity),
            "confidence": round(self.confidence, 4),
            "reasons": list(self.reasons),
            "action": str(self.action),
            "policy_rule": self.policy_rule,
            "shadow": None if self.shadow is None else str(self.shadow),
            "span": list(self.span),
            "spans": [list(span) for span in self.spans],
            "pointer": self.pointer,
            "in_key": self.in_key,
            "provenance": list(self.provenance),
            "capacity_bits": round(self.capacity_bits, 2),
            "candidates": [
                {
                    "bytes": None if c.data is None else len(c.data),
                    "decoders": list(c.decoders),
                    "score": round(c.score, 4),
                }
                for c in self.candidates
            ],
            "compliance": list(self.compliance),
            "fingerprint": self.fingerprint,
            "preview": self.preview,
        }
        return result

    def __repr__(self) -> str:
        where = ",".join(f"{start}:{end}" for start, end in self.spans[:4])
        via = f" via {' → '.join(self.provenance)}" if self.provenance else ""
        return f"<Finding {self.kind} {self.rule} {self.severity} [{where}]{via} {self.action}>"

    def _key(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in _FINDING_STATE)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Finding) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((self.rule, self.spans, self.provenance))

    def __reduce__(self) -> tuple[object, ...]:
        state = {name: getattr(self, name) for name in _FINDING_STATE}
        return (_revive, (state, self.pointer, self.fingerprint, self.preview))


def _revive(state: dict[str, Any], pointer: str | None, fingerprint: str | None, preview: str | None) -> Finding:
    finding = Finding(origin=_Detached(pointer, fingerprint), **state)
    finding._lazy["preview"] = preview
    return finding


def _mask(value: bytes) -> str | None:
    """At most two characters of each end, and those only of printable ASCII; None below eight characters."""
    text = value.decode("utf-8", "replace")
    if len(text) < 8:
        return None
    keep = 2 if len(text) >= 12 else 1

    def shown(part: str) -> str:
        return "".join(ch if " " < ch <= "~" else "·" for ch in part)

    return f"{shown(text[:keep])}{'*' * min(len(text) - 2 * keep, 12)}{shown(text[-keep:])}"


def keyed_fingerprint(key: bytes, entity: str, value: bytes) -> str:
    """BLAKE2b (RFC 7693) in keyed mode over ``entity NUL value``, as 16 hex digits."""
    import hashlib  # loads OpenSSL, which clean traffic does without

    digest = hashlib.blake2b(entity.encode() + b"\0" + value, key=key[:64], digest_size=8, person=b"dlpcore-fp")
    return digest.hexdigest()


_SEVERITY_WEIGHT = {
    Severity.INFO: 0.0,
    Severity.LOW: 0.1,
    Severity.MEDIUM: 0.4,
    Severity.HIGH: 0.75,
    Severity.CRITICAL: 0.95,
}


_NOTHING: Mapping[str, float] = MappingProxyType({})


_VERDICT_STATE = ("action", "findings", "complete", "skipped", "capacity", "reasons", "allowed", "shadow")


class _OpenVerdict:
    """A verdict while it is made: of the same layout, and open to assignment."""

    __slots__ = ("_found", "action", "allowed", "capacity", "complete", "reasons", "shadow", "skipped")


class Verdict(_OpenVerdict):
    """The outcome of one inspection. Immutable; safe to share between threads, to log and to pickle.

    Attributes:
        action: the strongest action that the policy decided.
        findings: most severe first.
        complete: whether everything was inspected; ``skipped`` says what was not, and why.
        capacity: bits that could be hidden, by channel, also below the thresholds.
        reasons: sentences that explain the action.
        allowed: findings that an allow list took out.
        shadow: the strongest action that rules in shadow mode would have taken; ``None`` where none speaks.
    """

    __slots__ = ()

    action: Action
    complete: bool
    skipped: tuple[Skipped, ...]
    capacity: Mapping[str, float]
    reasons: tuple[str, ...]
    allowed: int
    shadow: Action | None
    _found: tuple[Finding, ...] | Callable[[], tuple[Finding, ...]]

    def __init__(
        self,
        action: Action = Action.ALLOW,
        findings: tuple[Finding, ...] | Callable[[], tuple[Finding, ...]] = (),
        complete: bool = True,
        skipped: tuple[Skipped, ...] = (),
        capacity: Mapping[str, float] = _NOTHING,
        reasons: tuple[str, ...] = (),
        allowed: int = 0,
        shadow: Action | None = None,
    ) -> None:
        """``findings``: or what makes them when they are first asked for, the same ones each time."""
        object.__setattr__(
            self, "__class__", _OpenVerdict
        )  # set through the guard, attributes cost several times as much
        self.action = action
        self._found = findings
        self.complete = complete
        self.skipped = skipped
        self.capacity = capacity
        self.reasons = reasons
        self.allowed = allowed
        self.shadow = shadow
        self.__class__ = Verdict

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Verdict is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a Verdict is immutable")

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, most severe first; made when first asked for."""
        found = self._found
        return found if isinstance(found, tuple) else found()

    def replace(self, **changes: Any) -> Verdict:
        """A copy with some attributes changed."""
        return Verdict(**{**{name: getattr(self, name) for name in _VERDICT_STATE}, **changes})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Verdict):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _VERDICT_STATE)

    __hash__ = None  # type: ignore[assignment]  # it holds a mapping

    @property
    def capacity_bits(self) -> float:
        """Bits that could be hidden in the payload, over all channels."""
        return math.fsum(self.capacity.values())

    @property
    def risk(self) -> float:
        """0.0 to 1.0: one minus the product over findings of (1 − severity weight × confidence)."""
        safe = 1.0
        for finding in self.findings:
            safe *= 1.0 - _SEVERITY_WEIGHT[finding.severity] * finding.confidence
        if not self.complete:
            safe = min(safe, 0.5)
        return 1.0 - safe

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary without any matched or recovered byte."""
        return {
            "action": str(self.action),
            "shadow": None if self.shadow is None else str(self.shadow),
            "risk": round(self.risk, 4),
            "reasons": list(self.reasons),
            "complete": self.complete,
            "skipped": [{"what": s.what, "why": s.why} for s in self.skipped],
            "capacity_bits": round(self.capacity_bits, 2),
            "capacity": {channel: round(bits, 2) for channel, bits in self.capacity.items()},
            "allowed": self.allowed,
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def to_json(self) -> bytes:
        """:meth:`to_dict` as UTF-8 JSON; control, bidi and other invisible characters are ``\\u``-escaped."""
        import orjson

        return _escape_invisible(orjson.dumps(self.to_dict()))

    def __repr__(self) -> str:
        return (
            f"<Verdict {self.action}, {len(self.findings)} findings, risk {self.risk:.2f}, "
            f"{self.capacity_bits:.0f} bits of capacity{'' if self.complete else ', incomplete'}>"
        )

    def __reduce__(self) -> tuple[object, ...]:
        capacity = dict(self.capacity)
        state = (self.action, self.findings, self.complete, self.skipped, capacity, self.reasons)
        return (_revive_verdict, (*state, self.allowed, self.shadow))


def _revive_verdict(*state: Any) -> Verdict:
    action, findings, complete, skipped, capacity, reasons, allowed, shadow = state
    return Verdict(action, findings, complete, skipped, MappingProxyType(capacity), reasons, allowed, shadow)


def is_invisible(ch: str) -> bool:
    """Whether a character must not reach a terminal or log as itself: controls, format characters, surrogates,
    private use, unassigned and line separators (general categories Cc, Cf, Cs, Co, Cn, Zl, Zp; UAX #44)."""
    import unicodedata

    return unicodedata.category(ch) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def printable(text: str) -> str:
    """``text`` with every invisible character (see :func:`is_invisible`) as a ``\\u`` escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        (f"\\u{ord(ch):04x}" if ord(ch) < 0x10000 else f"\\U{ord(ch):08x}") if is_invisible(ch) else ch for ch in text
    )


def _escape_invisible(data: bytes) -> bytes:
    if data.isascii():
        return data
    out: list[str] = []
    for ch in data.decode():
        if not is_invisible(ch):
            out.append(ch)
        elif ord(ch) < 0x10000:
            out.append(f"\\u{ord(ch):04x}")
        else:
            high, low = divmod(ord(ch) - 0x10000, 0x400)
            out.append(f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}")
    return "".join(out).encode()
