"""The typed form of a policy: what a policy file becomes. Immutable values, no behaviour (docs/policy.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from ..model import Action, Kind, Severity

__all__ = ["BULK", "EDITS", "Bulk", "Conditions", "Policy", "PolicyRule", "Redaction", "Sanitizing"]

#: What the id of a finding on bulk records begins with.
BULK: Final = "bulk."
#: The actions that change a payload.
EDITS: Final = frozenset({Action.TOKENIZE, Action.REDACT, Action.SANITIZE})


@dataclass(frozen=True, slots=True)
class Redaction:
    """What takes the place of a value.

    Attributes:
        style: ``"mask"``, ``"class"`` (each character by its class), ``"label"``, ``"hash"`` (the keyed fingerprint) or
            ``"remove"`` (the whole member).
        char: of a mask.
        length: of a mask, in characters; ``None`` for as long as the value.
        keep_first, keep_last: characters that a mask leaves, as far as it still hides enough (docs/redaction.md).
        label: text with ``{entity}``, ``{rule}``, ``{family}`` and ``{fingerprint}``.
        numbers: ``"keep"`` for a number in the place of a number, ``"string"`` for the same as in a string.
    """

    style: str = "mask"
    char: str = "*"
    length: int | None = None
    keep_first: int = 0
    keep_last: int = 0
    label: str = "[{entity}]"
    numbers: str = "keep"


@dataclass(frozen=True, slots=True)
class Sanitizing:
    """The options of :meth:`dlpcore.Inspector.sanitize`, as a policy wants them."""

    keep_style: bool = False
    unicode: str = "report"
    duplicates: str = "error"
    keys: str = "keep"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a rule asks of a finding and of its context; what is empty asks nothing. Names may hold ``*`` and ``?``.

    Attributes:
        kinds, rules, entities, families, compliance: any of these; a tag also stands for all that it heads.
        severity, confidence, capacity_bits: this or above.
        count: so many distinct values of the finding's entity, or more, in the payload.
        pointers: JSON Pointers (``*`` a step, ``**`` any steps) or JSONPaths of names, indices and wildcards.
        users, devices, clients, roles, endpoints, methods, directions, destinations, content_types: any of these.
        ips: any of these networks.
        times: any of these windows, such as ``"mon-fri 08:00-18:00 Europe/Berlin"``.
        attributes: each of these names with any of its values.
    """

    kinds: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    compliance: tuple[str, ...] = ()
    severity: Severity | None = None
    confidence: float | None = None
    count: int | None = None
    capacity_bits: float | None = None
    pointers: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    content_types: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


NONE: Final = Conditions()


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule: all that it asks must hold.

    Attributes:
        id: stable name, shown in ``finding.policy_rule``.
        action: what to do with a finding that matches.
        kinds, families: any of these.
        severity: this or above.
        where: further conditions; all must hold.
        unless: conditions of which none may hold.
        when: an expression of CEL that must be true (extra ``policy``).
        shadow: only say what would have been done.
        redact: how to redact; ``None`` for the policy's own way.
        transform: name of the tokenizer, where there are several.
        line: in the file that it came from.
    """

    id: str
    action: Action
    kinds: frozenset[Kind] = frozenset()
    families: frozenset[str] = frozenset()
    severity: Severity = Severity.LOW
    where: Conditions = NONE
    unless: Conditions = NONE
    when: str | None = None
    shadow: bool = False
    redact: Redaction | None = None
    transform: str | None = None
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Bulk:
    """Many distinct values in one payload, which are a finding of their own.

    Attributes:
        count: so many, or more.
        entities: each of these is counted by itself.
        families: the values of each of these are counted together.
        severity: of the finding.
    """

    count: int
    entities: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    severity: Severity = Severity.HIGH


@dataclass(frozen=True, slots=True)
class Policy:
    """An ordered set of rules, and what becomes of what no rule can decide.

    Attributes:
        name, title: what it is called, and one line on what it is for.
        rules: the first that matches a finding decides it.
        incomplete: what becomes of a payload that was not inspected whole.
        shadow: the whole policy only says what would have been done.
        not_json: what becomes of a payload that is not JSON; ``None`` where the rules decide.
        failure: what leaves when an edit fails: ``"closed"`` (nothing) or ``"open"`` (the payload as it came).
        signed: ``"edit"``, or ``"block"``: what is signed is blocked where it would be edited.
        canonical: every payload leaves in canonical form, found or not.
        bulk: which numbers of records are findings.
        redact: how to redact where a rule does not say.
        sanitize: how to sanitize.
        file: where it came from.
    """

    name: str
    rules: tuple[PolicyRule, ...]
    incomplete: Action = Action.BLOCK
    title: str = ""
    shadow: bool = False
    not_json: Action | None = None
    failure: str = "closed"
    signed: str = "edit"
    canonical: bool = False
    bulk: tuple[Bulk, ...] = ()
    redact: Redaction = Redaction()
    sanitize: Sanitizing = Sanitizing()
    file: str | None = field(default=None, compare=False)

    @property
    def incomplete_action(self) -> Action:
        """What is really done with a payload that was not inspected whole: in shadow mode no more than to flag it."""
        return min(self.incomplete, Action.FLAG) if self.shadow else self.incomplete

    def rule(self, id: str | None) -> PolicyRule | None:
        """The rule of this id, or ``None``."""
        return next((rule for rule in self.rules if rule.id == id), None)
