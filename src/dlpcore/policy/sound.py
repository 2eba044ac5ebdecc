"""Whether a policy can do what it says: names that exist, rules that are reached, actions that can act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final

from ..errors import PolicyError
from ..model import Kind, Severity
from ..rules import RuleSet
from ..rules.compliance import TAGS
from .decision import ACTS_ON, Ruler
from .patterns import any_of
from .schema import BULK, Conditions, Policy, PolicyRule

__all__ = ["Vocabulary", "check", "vocabulary"]

#: Rules that are code: channels, structure, layers (docs/channels.md).
_CHANNELS: Final = (
    *(f"whitespace.{name}" for name in ("trailing", "leading", "gaps", "separators", "indent", "line-endings")),
    *("whitespace.line-tails", "whitespace.blank-lines", "escape.optional", "escape.hex-case", "number.form"),
    *("number.excess-precision", "key.order", "key.duplicate", "literal.case-mix", "base64.slack-bits"),
    *(f"unicode.{name}" for name in ("zero-width", "variation-selectors", "tags", "bidi", "spaces", "confusables")),
    *("unicode.normal-form", "unicode.private", "text.space-runs", "capacity.pooled"),
)
_STRUCTURES: Final = (
    *(f"structure.{name}" for name in ("shape", "byte-array", "wordlist", "empty", "malformed", "lone-surrogate")),
    *("structure.depth", "framing.encoding", "framing.trailing-data", "framing.nul", "framing.dialect"),
)
_LAYERS: Final = tuple(
    f"layer.{name}"
    for name in (
        *("base16", "base32", "base64", "base85", "percent", "html-entity", "quoted-printable", "json-string"),
        *("data-uri", "jwt", "gzip", "zlib", "deflate", "bzip2", "xz", "zstd", "zip", "reversed", "rot13"),
        *("utf-16", "utf-16-le", "utf-16-be"),
    )
)
#: Families that the library knows, whether or not the rules in use have one of them.
_FAMILIES: Final = (
    "contact",
    "destination",
    "financial",
    "health",
    "identity",
    "secrets",
    "code",
    "documents",
    "deny-list",
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that a policy may use."""

    rules: frozenset[str]
    entities: frozenset[str]
    families: frozenset[str]
    tags: frozenset[str]
    #: YARA rules have names of their own, which are known only once compiled: then a name may be one of these.
    yara: bool
    #: Recognizers choose entities and families as they go: then any may come.
    open: bool


def vocabulary(*sets: RuleSet, lists: Iterable[str] = (), recognizers: Iterable[str] = ()) -> Vocabulary:
    """What the rules of these sets, and those that are code, are called.

    Args:
        lists: rules of deny lists.
        recognizers: names of recognizers.
    """
    rules = [rule for each in sets for rule in each.rules]
    said = tuple(f"recognizer.{name}" for name in recognizers)
    entities = frozenset(rule.entity for rule in rules)
    families = frozenset({*_FAMILIES, *(rule.family for rule in rules)})
    tags = frozenset({*TAGS, *(tag.partition(":")[0] for tag in TAGS), *(tag for r in rules for tag in r.compliance)})
    bulk = (f"{BULK}{name}" for name in (*entities, *families))
    names = frozenset({rule.id for rule in rules} | {*_CHANNELS, *_STRUCTURES, *_LAYERS, *bulk, *lists, *said})
    return Vocabulary(names, entities, families, tags, any(each.yara for each in sets), bool(said))


def check(policy: Policy, known: Vocabulary) -> None:
    """Raises the first error of a policy.

    Raises:
        PolicyError: a name does not exist, a rule is never reached or can never act, or a pattern is none.
        MissingExtra: a rule has an expression, and the extra ``policy`` is not installed.
    """
    Ruler(policy)
    for each in policy.bulk:
        if not known.open:
            _names(policy, None, "entity", each.entities, known.entities)
            _names(policy, None, "family", each.families, known.families)
    for index, rule in enumerate(policy.rules):
        for asked in (_all(rule), rule.unless):
            yara = known.yara and (not asked.kinds or str(Kind.YARA) in asked.kinds)
            if not yara or asked.entities or asked.families:
                _names(policy, rule, "rule", asked.rules, known.rules)
            if not known.open:
                _names(policy, rule, "entity", asked.entities, known.entities)
                _names(policy, rule, "family", asked.families, known.families)
            _names(policy, rule, "compliance", asked.compliance, known.tags)
        _acts(policy, rule)
        for earlier in policy.rules[:index]:
            if _covers(earlier, rule):
                raise _error(policy, rule, f"it is never reached: {earlier.id!r} decides all that it would match")


def _error(policy: Policy, rule: PolicyRule | None, message: str) -> PolicyError:
    where = "" if rule is None else f"rule {rule.id!r}: "
    return PolicyError(f"{where}{message}", file=policy.file, line=None if rule is None else rule.line)


def _all(rule: PolicyRule) -> Conditions:
    """The conditions of a rule in one."""
    where = rule.where
    kinds = where.kinds or tuple(sorted(map(str, rule.kinds)))
    given = {field.name: getattr(where, field.name) for field in fields(where)}
    return Conditions(
        **{
            **given,
            "kinds": kinds,
            "families": where.families or tuple(sorted(rule.families)),
            "severity": max(rule.severity, where.severity or Severity.LOW),
        }
    )


def _names(policy: Policy, rule: PolicyRule | None, field: str, asked: Iterable[str], known: frozenset[str]) -> None:
    for name in asked:
        matches = any_of([name])
        if name not in known and not any(map(matches, known)):
            raise _error(policy, rule, f"{field}: there is no {name!r}")


def _acts(policy: Policy, rule: PolicyRule) -> None:
    kinds = ACTS_ON.get(rule.action)
    asked = _all(rule).kinds
    if kinds is not None and asked:
        for kind in asked:
            if not any(any_of([kind])(str(each)) for each in kinds):
                raise _error(policy, rule, f"{rule.action} cannot act on {kind}; block can")


_ANY_OF: Final = (
    *("kinds", "rules", "entities", "families", "compliance", "pointers", "users", "devices", "clients", "roles"),
    *("ips", "endpoints", "methods", "directions", "destinations", "content_types", "times"),
)
_LEAST: Final = ("severity", "confidence", "count", "capacity_bits")


def _covers(earlier: PolicyRule, later: PolicyRule) -> bool:
    """Whether the earlier rule surely matches whatever the later one does."""
    if earlier.shadow and not later.shadow:
        return False  # it only speaks
    if earlier.when is not None and earlier.when != later.when:
        return False
    kinds = ACTS_ON.get(earlier.action)
    if kinds is not None and not _within(ACTS_ON.get(later.action) or _kinds(later), kinds):
        return False
    if earlier.unless != Conditions() and earlier.unless != later.unless:
        return False
    first, second = _all(earlier), _all(later)
    for field in _ANY_OF:
        wide, narrow = getattr(first, field), getattr(second, field)
        if wide and not (narrow and all(_is_covered(text, wide) for text in narrow)):
            return False
    for field in _LEAST:
        low, high = getattr(first, field), getattr(second, field)
        if low is not None and (high is None or high < low):
            return False
    return all(
        name in second.attributes and set(second.attributes[name]) <= set(texts)
        for name, texts in first.attributes.items()
    )


def _kinds(rule: PolicyRule) -> frozenset[Kind]:
    asked = _all(rule).kinds
    return frozenset(Kind(kind) for kind in asked) if asked else frozenset(Kind)


def _within(some: frozenset[Kind], others: frozenset[Kind]) -> bool:
    return some <= others


def _is_covered(text: str, wide: tuple[str, ...]) -> bool:
    """Whether one of the wider names is this one, or a pattern that matches it as it is written."""
    return text in wide or any(("*" in each or "?" in each) and any_of([each])(text) for each in wide)
