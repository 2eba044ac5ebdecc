"""Reads a gitleaks configuration: its rules become ours and search the document as gitleaks searches a file.

Theory of operation. A gitleaks pattern expects a name, an assignment and a value side by side, so such a rule looks at
the document as a whole (target ``document``), keys and values together, once one of its keywords was seen anywhere.
Keyword, entropy, secret group and allowlists mean what they mean there. What is about files, commits or other rules
has no counterpart in a payload, and becomes a :class:`Note`.

Source: https://github.com/gitleaks/gitleaks#configuration
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..model import Severity
from .fields import Table
from .literals import required
from .re2syntax import Unsupported, to_python
from .schema import Allowlist, Anchor, Note, Rule, RuleSet

__all__ = ["is_config", "read"]

_TOP = frozenset({"rules", "allowlist", "allowlists", "extend"})
_OURS = frozenset({"id", "entity", "family", "match", "examples", "negatives"})
_NOT_SAFE = re.compile(r"[^a-z0-9]+")
#: A pattern that matched, that its keyword and, mostly, its entropy stand behind.
_STRENGTH = 0.8


def is_config(data: dict[str, Any]) -> bool:
    """Whether this TOML is a gitleaks configuration rather than a rule of ours."""
    return not _TOP.isdisjoint(data) and _OURS.isdisjoint(data)


def read(data: dict[str, Any], text: str, file: str) -> RuleSet:
    """The rules of a configuration, with a note for all that could not be carried over.

    Raises:
        RuleError: the file contradicts the format: a wrong type, a rule without an id, an id used twice.
    """
    return _Reader(Table(data, text, file), file).read()


class _Reader:
    def __init__(self, top: Table, file: str) -> None:
        self._top = top
        self._file = file
        self._notes: list[Note] = []

    def _note(self, message: str, rule: str | None = None, line: int | None = None) -> None:
        self._notes.append(Note(message, rule, self._file, line))

    def read(self) -> RuleSet:
        top = self._top
        for key in ("title", "description", "minVersion"):
            top.take(key, str, "")
        self._extend(top)
        common = [
            (allowlist, only)
            for table in self._allow_tables(top)
            for only in [frozenset(table.texts("targetRules"))]
            for allowlist in self._allowlist(table, None)
        ]
        rules: dict[str, Rule] = {}
        for table in top.tables("rules"):
            identity = table.take("id", str)
            shared = tuple(each for each, only in common if not only or identity in only)
            rule = self._rule(table, identity, shared)
            if rule is None:
                continue
            if rule.id in rules:
                raise table.error(f"the id {identity!r} is already used in this file", "id")
            rules[rule.id] = rule
        self._unknown(top, None)
        return RuleSet(rules=tuple(rules.values()), notes=tuple(self._notes))

    def _extend(self, top: Table) -> None:
        if not top.has("extend"):
            return
        line = top.line_of("extend")
        extend = top.table("extend")
        if extend.take("useDefault", bool, False):
            self._note("extend.useDefault: gitleaks' own rules are not here; the built-in rules stand in", None, line)
        for key in ("path", "url"):
            if extend.take(key, str, ""):
                self._note(f"extend.{key} is not followed: name that file as well", None, line)
        if extend.texts("disabledRules"):
            self._note("extend.disabledRules has nothing to disable here", None, line)
        self._unknown(extend, None)

    def _rule(self, table: Table, identity: str, shared: tuple[Allowlist, ...]) -> Rule | None:
        line = table.line_of(None)
        safe = _NOT_SAFE.sub("-", identity.lower()).strip("-")
        if not safe:
            raise table.error("id has no letter and no digit", "id")
        description = table.take("description", str, "")
        pattern, path = table.take("regex", str, ""), table.take("path", str, "")
        entropy, group = table.take("entropy", float, 0.0), table.take("secretGroup", int, 0)
        keywords = table.texts("keywords")
        table.texts("tags")
        own = tuple(each for inner in self._allow_tables(table) for each in self._allowlist(inner, identity))
        if table.take("skipReport", bool, False):
            self._note("skipReport is ignored: the rule reports what it finds", identity, line)
        if any(True for _ in table.tables("required")):
            self._note("required is ignored: the rule does not wait for others", identity, line)
        self._unknown(table, identity)
        if not pattern:
            self._note("has no regex (it is about file names): not carried over", identity, line)
            return None
        if path:
            self._note("path is ignored: a payload has none, so the rule looks everywhere", identity, line)
        try:
            translated = to_python(pattern)
        except Unsupported as error:
            self._note(f"regex {error}: not carried over", identity, table.line_of("regex"))
            return None
        count = re.compile(translated.encode()).groups
        if not 0 <= group <= count:
            raise table.error(f"secretGroup {group}: the regex has {count} groups", "secretGroup")
        return Rule(
            id=f"gitleaks.{safe}",
            title=description or identity,
            entity=safe.replace("-", "_"),
            family="secrets",
            severity=Severity.HIGH,
            pattern=translated,
            strength=_STRENGTH,
            engine="auto",
            targets=frozenset(("document", "text")),
            vetoes=(),
            anchor=self._anchor(keywords, translated, identity, line),
            references=("https://github.com/gitleaks/gitleaks",),
            file=self._file,
            # Without a group that is named, the first that is not empty is the secret.
            groups=(group,) if group else tuple(range(1, count + 1)),
            overlapping=False,
            entropy=entropy,
            allowlists=own + shared,
            origin="gitleaks",
        )

    def _anchor(self, keywords: tuple[str, ...], pattern: str, identity: str, line: int) -> Anchor:
        lowered = sorted({keyword.lower().encode() for keyword in keywords})
        if lowered and all(len(keyword) >= 3 and keyword.isascii() for keyword in lowered):
            return Anchor(literals=tuple((keyword, True) for keyword in lowered))
        if lowered:
            self._note("a keyword under three bytes, or beyond ASCII, cannot be looked for: none is", identity, line)
        literals = required(pattern)
        return Anchor(literals=literals, always=not literals)

    def _allow_tables(self, table: Table) -> Iterator[Table]:
        if table.has("allowlist"):
            yield table.table("allowlist")
        yield from table.tables("allowlists")

    def _allowlist(self, table: Table, rule: str | None) -> Iterator[Allowlist]:
        """One allowlist, as far as it is about values: none where it hangs on files or commits."""
        line = table.line_of(None)
        table.take("description", str, "")
        condition = table.take("condition", str, "OR").upper()
        if condition not in ("OR", "||", "AND", "&&"):
            raise table.error("condition must be OR or AND", "condition")
        target = table.choice("regexTarget", ("", "secret", "match", "line"), "")
        elsewhere = [key for key in ("paths", "commits") if table.texts(key)]
        stopwords = tuple(word.lower() for word in table.texts("stopwords"))
        patterns: list[str] = []
        refused = False
        for pattern in table.texts("regexes"):
            try:
                patterns.append(to_python(pattern))
            except Unsupported as error:
                refused = True
                self._note(f"allowlist: regex {error}: not carried over", rule, table.line_of("regexes"))
        everything = condition in ("AND", "&&")
        self._unknown(table, rule)
        if elsewhere:
            self._note(f"allowlist: {' and '.join(elsewhere)} mean nothing in a payload", rule, line)
        if everything and (elsewhere or refused):
            # It holds only where a condition holds that is never met here.
            self._note("allowlist: its condition AND cannot be met here: not carried over", rule, line)
            return
        if patterns or stopwords:
            target = "value" if target in ("", "secret") else target
            yield Allowlist(tuple(patterns), stopwords, target, everything)

    def _unknown(self, table: Table, rule: str | None) -> None:
        for key in table.rest():
            self._note(f"{key} is unknown here and ignored", rule, table.line_of(key))
