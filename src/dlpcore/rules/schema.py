"""The typed form of rules: what a rule file becomes once it is loaded. Immutable values, no behaviour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..errors import RuleError
from ..model import Kind, Severity

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
    "merge",
]

#: The shapes that the native pass recognises in strings and numbers; ``docs/rules.md`` defines each.
SHAPES = (
    *("base58", "card", "code", "dated", "digits", "email", "entropy", "grouped", "iban", "ipv4", "ipv6", "label"),
    *("mac", "phone", "query", "ssn"),
)


@dataclass(frozen=True, slots=True)
class Anchor:
    """What must have been seen in a subject before a rule is tried: any one of these.

    Attributes:
        literals: ``(literal, nocase)``, each of three bytes or more.
        shapes: names from :data:`SHAPES`.
        words: context words: on the path (own or enclosing key), or in a text that holds a digit.
        always: no anchor: the rule is tried on every subject of its targets.
    """

    literals: tuple[tuple[bytes, bool], ...] = ()
    shapes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    always: bool = False


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What stands around a value and speaks for or against it.

    Attributes:
        keys: words of a key on the path that speak for the rule.
        words: words beside the value in the same text that speak for it (the keys count as well).
        keys_against: words of the value's own key that speak against it.
        words_against: words beside the value that speak against it.
        required: without a key or a word that speaks for it, nothing is found.
        enclosing: whether enclosing keys count too, not only the value's own.
        siblings: names that must stand beside the value's own key, in the same object; all of them.
        distance: bytes before and after the value that are searched for words.
        roles: words that say that the value is of the kind meant. The nearest word before the value (in its text within
            the distance, then in its keys, innermost first) out of these and ``roles_against`` must be one of these;
            where there is none, the value's name must be the context word alone.
        roles_against: words that say that the value is something else of the same owner (an id, a hash).
        phrases: the words that have no ASCII letters, in UTF-8, each in every case that it is written in. They are
            looked for beside the value, not in keys.
        alone: forms (see :mod:`.alone`) of the value that need no context although it is required.
    """

    keys: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    keys_against: tuple[str, ...] = ()
    words_against: tuple[str, ...] = ()
    required: bool = False
    enclosing: bool = True
    siblings: tuple[str, ...] = ()
    distance: int = 40
    roles: tuple[str, ...] = ()
    roles_against: tuple[str, ...] = ()
    phrases: tuple[bytes, ...] = ()
    alone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A payload with what a rule must find in it (or, as a negative example, must not find).

    Attributes:
        data: the bytes to look at.
        form: ``"text"`` (one string), ``"json"`` (a document), or ``"bytes"`` (YARA only).
        find: the value to be found; ``None`` for the whole text.
        line: 1-based line in the rule file.
    """

    data: bytes
    form: str
    find: bytes | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Allowlist:
    """What is not a finding of a rule although its pattern matches (the allowlists of gitleaks).

    Attributes:
        patterns: any of them, found anywhere in the ``target``.
        stopwords: lower-case; any of them, found anywhere in the value without regard to case.
        target: what ``patterns`` are looked for in: the ``"value"``, the whole ``"match"``, or its ``"line"``.
        all: whether patterns *and* stopwords must be found, where both are given.
    """

    patterns: tuple[str, ...] = ()
    stopwords: tuple[str, ...] = ()
    target: str = "value"
    all: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One sensitive-data rule. ``docs/rules.md`` describes each field; ``file`` is where it came from.

    Attributes beyond those of a rule file:
        engine: ``"re"`` or ``"regex"``, or ``"auto"`` for a pattern that nobody here has reviewed: RE2 where that is
            installed and can read it, since it is linear on any input; else ``regex``, which can be timed out.
        groups: groups of the pattern of which the first that took part, and is not empty, is the value.
        overlapping: whether the search goes on one byte behind the start of a match, or at its end.
        entropy: bits per character (Shannon) that the value must have more of; 0 for no such demand.
        bare: whether a number needs neither a name nor a strong validator: somebody listed this very value.
        origin: ``"builtin"``, ``"user"``, ``"gitleaks"``, ``"presidio"``, or ``"list"``.
    """

    id: str
    title: str
    entity: str
    family: str
    severity: Severity
    pattern: str
    strength: float
    kind: Kind = Kind.SENSITIVE_DATA
    engine: str = "re"
    targets: frozenset[str] = frozenset(("string", "key", "text"))
    validators: tuple[str, ...] = ()
    vetoes: tuple[str, ...] = ()
    shorter: bool = False
    threshold: float = 0.5
    context: RuleContext = field(default_factory=RuleContext)
    anchor: Anchor = field(default_factory=Anchor)
    compliance: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    negatives: tuple[Example, ...] = ()
    file: str | None = None
    groups: tuple[int, ...] = ()
    overlapping: bool = True
    entropy: float = 0.0
    allowlists: tuple[Allowlist, ...] = ()
    bare: bool = False
    origin: str = "user"


@dataclass(frozen=True, slots=True)
class Note:
    """Something in a file of foreign rules that was not carried over. ``rule`` is its id there, ``line`` is 1-based."""

    message: str
    rule: str | None = None
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        return ": ".join(part for part in (place, self.rule, self.message) if part)


@dataclass(frozen=True, slots=True)
class YaraSource:
    """One ``.yar`` file, with the examples that lie beside it in a ``.toml`` of the same name."""

    name: str
    text: str
    examples: tuple[Example, ...] = ()
    negatives: tuple[Example, ...] = ()
    file: str | None = None
    origin: str = "user"


#: The same under the name that the documentation uses for the file.
YaraRuleFile = YaraSource


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in the order they were loaded, with unique ids. Immutable, safe to share.

    ``builtin() + load("my-rules")`` is both; an id that occurs twice is a :class:`dlpcore.RuleError`.

    Attributes:
        notes: what could not be carried over from files of foreign rules.
    """

    rules: tuple[Rule, ...] = ()
    yara: tuple[YaraSource, ...] = ()
    notes: tuple[Note, ...] = ()

    def get(self, id: str) -> Rule | None:
        """The rule of this id, or ``None``."""
        return next((rule for rule in self.rules if rule.id == id), None)

    def __add__(self, other: RuleSet) -> RuleSet:
        if not isinstance(other, RuleSet):
            return NotImplemented
        return merge(self, other)


def merge(*sets: RuleSet) -> RuleSet:
    """One set with the rules of all, in order.

    Raises:
        RuleError: an id occurs twice.
    """
    merged = RuleSet(
        rules=tuple(rule for each in sets for rule in each.rules),
        yara=tuple(source for each in sets for source in each.yara),
        notes=tuple(note for each in sets for note in each.notes),
    )
    _check_unique(((rule.id, rule.file) for rule in merged.rules), "rule id")
    _check_unique(((source.name, source.file) for source in merged.yara), "YARA file name")
    return merged


def _check_unique(names: Iterable[tuple[str, str | None]], what: str) -> None:
    seen: dict[str, str | None] = {}
    for name, file in names:
        if name in seen:
            where = f"in {seen[name]}" if seen[name] != file else "in this file"
            raise RuleError(f"{what} {name!r} is already used {where}", file=file)
        seen[name] = file
