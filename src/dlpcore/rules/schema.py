"""The typed form of rules: what a rule file becomes once it is loaded. Immutable values, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..model import Kind, Severity

__all__ = ["SHAPES", "Anchor", "Example", "Rule", "RuleContext", "RuleSet", "YaraRuleFile", "YaraSource"]

#: The shapes that the native pass recognises in strings and numbers; ``docs/rules.md`` defines each.
SHAPES = ("card", "digits", "email", "entropy", "iban", "ipv4", "ipv6", "label", "phone", "query", "ssn")


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
        distance: bytes before and after the value that are searched for words.
    """

    keys: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    keys_against: tuple[str, ...] = ()
    words_against: tuple[str, ...] = ()
    required: bool = False
    enclosing: bool = True
    distance: int = 40


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
class Rule:
    """One sensitive-data rule. ``docs/rules.md`` describes each field; ``file`` is where it came from."""

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


@dataclass(frozen=True, slots=True)
class YaraSource:
    """One ``.yar`` file, with the examples that lie beside it in a ``.toml`` of the same name."""

    name: str
    text: str
    examples: tuple[Example, ...] = ()
    negatives: tuple[Example, ...] = ()
    file: str | None = None


#: The same under the name that the documentation uses for the file.
YaraRuleFile = YaraSource


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in the order they were loaded, with unique ids. Immutable, safe to share."""

    rules: tuple[Rule, ...] = ()
    yara: tuple[YaraSource, ...] = ()

    def get(self, id: str) -> Rule | None:
        """The rule of this id, or ``None``."""
        return next((rule for rule in self.rules if rule.id == id), None)
