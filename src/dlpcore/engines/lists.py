"""Allow and deny lists at work: which finding is allowed, and what is denied.

Theory of operation. A denied pattern is a rule like any other. A denied field is looked for only in documents where a
name of its path was seen. A denied value is known by its hash alone, so that any string might be one; the native pass
marks strings and numbers whose length is that of an entry, and only those are hashed. That finds whole strings, keys
and numbers, and each value that a rule finds inside a longer text. An allowed finding is recognised after it was made.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from ..errors import RuleError
from ..model import Kind, Skipped
from ..rules.jsonpath import Place
from ..rules.lists import Entry, Lists, canonical, digest, key_id
from ..rules.literals import Literal, required
from ..rules.schema import Anchor, Rule
from .compiled import Compiled, compile_pattern

__all__ = ["DENIED", "ListEngine"]

#: The rule of a denied finding is this and the entry's id.
DENIED = "deny-list"
_ALLOWABLE = frozenset({Kind.SENSITIVE_DATA, Kind.DESTINATION, Kind.YARA})
#: Bytes of a value that an allow pattern is tried on.
_LONGEST = 4096


class _Entry(NamedTuple):
    entry: Entry
    patterns: tuple[Compiled, ...]
    endpoints: tuple[re.Pattern[str], ...]
    rules: tuple[re.Pattern[str], ...]


class ListEngine:
    """Lists, compiled under a key. Immutable, thread-safe.

    Attributes:
        rules: of the denied patterns.
        family: of what is denied.
        lengths: of the denied values, in bytes.
        field_literals: one of these is seen in each document that holds a denied field.
        fields_always: whether some denied field has no name to look for.

    Raises:
        RuleError: there are values and no key, or another one than theirs.
    """

    __slots__ = ("_allow", "_deny", "_key", "_values", "field_literals", "fields_always", "lengths", "rules")

    family: ClassVar[str] = DENIED

    def __init__(self, lists: Lists, key: bytes | None) -> None:
        if lists.has_values:
            file = next(entry.file for entry in lists.allow + lists.deny if entry.values)
            if key is None:
                raise RuleError(f"its values are under the key {lists.key_id}: a key is needed", file=file)
            if lists.key_id is not None and key_id(key) != lists.key_id:
                raise RuleError(f"its values are under the key {lists.key_id}, this is {key_id(key)}", file=file)
        self._key = key or b""
        self._allow = tuple(map(_compiled, lists.allow))
        self._deny = {f"{DENIED}.{entry.id}": _compiled(entry) for entry in lists.deny}
        self._values = {value: rule for rule, each in self._deny.items() for value in each.entry.values}
        self.lengths = frozenset(int(value.partition(":")[0]) for value in self._values)
        self.rules = tuple(_rule(name, each.entry) for name, each in self._deny.items() if each.entry.patterns)
        names = [path.names for _, entry in self._fields() for path in entry.fields]
        usable = all(each and all(len(name.encode()) >= 3 for name in each) for each in names)
        self.fields_always = bool(names) and not usable
        self.field_literals: tuple[Literal, ...] = (
            tuple(sorted({(name.encode("utf-8", "surrogatepass"), False) for each in names for name in each}))
            if usable
            else ()
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The rules of what is denied."""
        return tuple(self._deny)

    def _fields(self) -> list[tuple[str, Entry]]:
        """The entries that deny fields whatever their value."""
        return [
            (rule, each.entry)
            for rule, each in self._deny.items()
            if each.entry.fields and not (each.entry.values or each.entry.patterns)
        ]

    def entry(self, rule: str) -> Entry | None:
        """The deny entry behind a finding's rule."""
        each = self._deny.get(rule)
        return each.entry if each else None

    def denied_value(self, value: bytes) -> str | None:
        """The rule of the entry that has this value, or ``None``."""
        if not self.lengths or (len(value) not in self.lengths and len(canonical(value)) not in self.lengths):
            return None
        return self._values.get(digest(self._key, value))

    def denied_field(self, place: Place, endpoint: str | None) -> str | None:
        """The rule of the entry that denies what stands at a place."""
        for rule, entry in self._fields():
            if self.holds(rule, endpoint) and any(path.matches(place, within=True) for path in entry.fields):
                return rule
        return None

    def holds(self, rule: str, endpoint: str | None, place: Callable[[], Place] | None = None) -> bool:
        """Whether the further conditions of a deny entry hold for what it found."""
        each = self._deny[rule]
        if each.endpoints and not _any(each.endpoints, endpoint):
            return False
        fields = each.entry.fields
        if place is None or not fields:
            return True
        where = place()
        return any(path.matches(where, within=True) for path in fields)

    def allowed(
        self,
        kind: Kind,
        rule: str,
        value: bytes | None,
        endpoint: str | None,
        place: Callable[[], Place],
        timeout: Callable[[], float | None],
    ) -> tuple[str | None, list[Skipped]]:
        """The id of the entry that allows a finding, or ``None``. What is denied is never allowed.

        Args:
            place, timeout: asked only where an entry wants to know.
        """
        skipped: list[Skipped] = []
        if kind not in _ALLOWABLE or rule.startswith(f"{DENIED}."):
            return None, skipped
        for entry, patterns, endpoints, rules in self._allow:
            if rules and not _any(rules, rule):
                continue
            if endpoints and not _any(endpoints, endpoint):
                continue
            if (entry.values or patterns) and value is None:
                continue
            if entry.values and not self._is_listed(entry, value or b""):
                continue
            if patterns:
                try:
                    if not any(_whole(compiled, value or b"", timeout()) for compiled in patterns):
                        continue
                except TimeoutError:
                    # Not known to be allowed, so it is not.
                    skipped.append(Skipped(f"allow-list.{entry.id}", "timed out"))
                    continue
            if entry.fields and not any(path.matches(place(), within=True) for path in entry.fields):
                continue
            return entry.id, skipped
        return None, skipped

    def _is_listed(self, entry: Entry, value: bytes) -> bool:
        try:
            return digest(self._key, value) in entry.values
        except ValueError:
            return False


def _compiled(entry: Entry) -> _Entry:
    return _Entry(
        entry,
        tuple(compile_pattern(f"(?:{pattern})\\Z", "auto") for pattern in entry.patterns),
        tuple(re.compile(fnmatch.translate(glob)) for glob in entry.endpoints),
        tuple(re.compile(fnmatch.translate(glob)) for glob in entry.rules),
    )


def _rule(name: str, entry: Entry) -> Rule:
    """The rule of a denied pattern. Several are one alternation: each of them would find the same."""
    pattern = "|".join(f"(?:{each})" for each in entry.patterns)
    literals = required(pattern)
    return Rule(
        id=name,
        title="a denied value",
        entity=entry.entity,
        family=DENIED,
        severity=entry.severity,
        pattern=pattern,
        strength=1.0,
        engine="auto",
        targets=frozenset(("string", "number", "key", "text")),
        vetoes=(),
        threshold=0.0,
        anchor=Anchor(literals=literals, always=not literals),
        file=entry.file,
        bare=True,
        overlapping=False,
        origin="list",
    )


def _any(globs: Sequence[re.Pattern[str]], text: str | None) -> bool:
    return text is not None and any(glob.match(text) for glob in globs)


def _whole(compiled: Compiled, value: bytes, timeout: float | None) -> bool:
    if len(value) > _LONGEST:
        return False
    if compiled.timed and timeout is not None:
        if timeout <= 0:
            raise TimeoutError
        return compiled.pattern.match(value, timeout=timeout) is not None
    return compiled.pattern.match(value) is not None
