"""Our rules' patterns on the engines of others: YARA, hyperscan and RE2, each with all that it accepts, at once.

They do less than we do: no validators, no context, no unescaping, no layers, no channels; they say which patterns match
somewhere in the raw bytes. A pattern is rewritten from its syntax tree into what all three read, without its
look-arounds, which none has: it then matches more, never less. Rules that ask for a word beside the value are left out
(alone, "nine digits" is no pattern); so is what unrolls to thousands of positions, which takes hyperscan minutes to
compile. What an engine refuses even so is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from dlpcore.rules import Rule

__all__ = ["Matcher", "Pattern", "hyperscan", "patterns", "re2", "yara"]

_parser: Any = re._parser  # type: ignore[attr-defined]  # the tree is not public, but there since Python 3.11
_NAMES: Any = re._constants  # type: ignore[attr-defined]
_ALL = frozenset(range(256))
_MOST_POSITIONS = 4000
_CATEGORIES = {
    _NAMES.CATEGORY_DIGIT: frozenset(range(0x30, 0x3A)),
    _NAMES.CATEGORY_SPACE: frozenset(b"\t\n\v\f\r "),
    _NAMES.CATEGORY_WORD: frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"),
}
_CATEGORIES |= {
    _NAMES.CATEGORY_NOT_DIGIT: _ALL - _CATEGORIES[_NAMES.CATEGORY_DIGIT],
    _NAMES.CATEGORY_NOT_SPACE: _ALL - _CATEGORIES[_NAMES.CATEGORY_SPACE],
    _NAMES.CATEGORY_NOT_WORD: _ALL - _CATEGORIES[_NAMES.CATEGORY_WORD],
}


class Pattern(NamedTuple):
    """A rule's pattern as all engines read it; ``loose`` where it had look-arounds."""

    rule: str
    source: str
    loose: bool


class Matcher(NamedTuple):
    """An engine with the patterns that it took.

    Attributes:
        accepted: the rules it has.
        loose: how many of them without their look-arounds.
        scan: what is timed.
        find: the rules whose patterns match.
    """

    accepted: frozenset[str]
    loose: int
    scan: Callable[[bytes], object]
    find: Callable[[bytes], frozenset[str]]


class _Untold(Exception):
    """The pattern says what no engine here can be told."""


def _positions(tree: Any) -> int:
    """How many positions the pattern has once its counted repeats are unrolled."""
    total = 0
    for op, what in tree:
        if op is _NAMES.BRANCH:
            total += sum(map(_positions, what[1]))
        elif op is _NAMES.SUBPATTERN:
            total += _positions(what[3])
        elif op is _NAMES.ATOMIC_GROUP:
            total += _positions(what)
        elif op in (_NAMES.MAX_REPEAT, _NAMES.MIN_REPEAT, _NAMES.POSSESSIVE_REPEAT):
            least, most, inner = what
            total += _positions(inner) * (least + 1 if most is _NAMES.MAXREPEAT else most)
        elif op not in (_NAMES.ASSERT, _NAMES.ASSERT_NOT, _NAMES.AT):
            total += 1
    return total


class _Writer:
    def __init__(self) -> None:
        self.loose = False

    def write(self, tree: Any, flags: int) -> str:
        return "".join(self._one(op, what, flags) for op, what in tree)

    def _one(self, op: Any, what: Any, flags: int) -> str:
        if op is _NAMES.LITERAL:
            return self._class({what}, flags)
        if op is _NAMES.NOT_LITERAL:
            return self._class(_ALL - self._cases({what}, flags), 0)
        if op is _NAMES.ANY:
            return self._class(_ALL if flags & re.DOTALL else _ALL - {0x0A}, 0)
        if op is _NAMES.IN:
            return self._set(what, flags)
        if op is _NAMES.BRANCH:
            return "(" + "|".join(self.write(branch, flags) for branch in what[1]) + ")"
        if op is _NAMES.SUBPATTERN:
            _, added, removed, tree = what
            return "(" + self.write(tree, (flags | added) & ~removed) + ")"
        if op is _NAMES.ATOMIC_GROUP:
            return "(" + self.write(what, flags) + ")"
        if op in (_NAMES.MAX_REPEAT, _NAMES.MIN_REPEAT, _NAMES.POSSESSIVE_REPEAT):
            least, most, tree = what
            inner = self.write(tree, flags)
            return f"({inner}){{{least},{'' if most is _NAMES.MAXREPEAT else most}}}" if inner else ""
        if op in (_NAMES.ASSERT, _NAMES.ASSERT_NOT, _NAMES.AT):
            self.loose = True
            return ""
        raise _Untold(str(op))

    def _set(self, items: Iterable[tuple[Any, Any]], flags: int) -> str:
        members: set[int] = set()
        negated = False
        for op, what in items:
            if op is _NAMES.NEGATE:
                negated = True
            elif op is _NAMES.LITERAL:
                members.add(what)
            elif op is _NAMES.RANGE:
                members.update(range(what[0], what[1] + 1))
            else:
                members |= _CATEGORIES[what]
        members = set(self._cases(members, flags))
        return self._class(_ALL - members if negated else members, 0)

    @staticmethod
    def _cases(members: Iterable[int], flags: int) -> frozenset[int]:
        members = frozenset(members)
        if not flags & re.IGNORECASE:
            return members
        return frozenset(c for m in members for c in (*bytes([m]).lower(), *bytes([m]).upper()))

    def _class(self, members: Iterable[int], flags: int) -> str:
        byte_set = sorted(self._cases(members, flags))
        if not byte_set:
            raise _Untold("nothing matches")
        if len(byte_set) == 1:
            one = byte_set[0]
            return chr(one) if chr(one).isascii() and chr(one).isalnum() else f"\\x{one:02x}"
        ranges: list[list[int]] = []
        for byte in byte_set:
            if ranges and ranges[-1][1] == byte - 1:
                ranges[-1][1] = byte
            else:
                ranges.append([byte, byte])
        return "[" + "".join(f"\\x{a:02x}" if a == b else f"\\x{a:02x}-\\x{b:02x}" for a, b in ranges) + "]"


def patterns(rules: Sequence[Rule]) -> list[Pattern]:
    """The patterns of rules that need no context, rewritten; where that fails, the source is empty and refused."""
    made = []
    for rule in rules:
        if rule.context.required:
            continue
        writer = _Writer()
        try:
            tree = _parser.parse(rule.pattern.encode())
            source = writer.write(tree, tree.state.flags) if _positions(tree) <= _MOST_POSITIONS else ""
        except (_Untold, re.error, KeyError):
            source = ""
        made.append(Pattern(rule.id, source, writer.loose))
    return made


def _matcher(taken: list[Pattern], scan: Callable[[bytes], object], find: Callable[[bytes], Iterable[str]]) -> Matcher:
    return Matcher(
        frozenset(each.rule for each in taken),
        sum(each.loose for each in taken),
        scan,
        lambda document: frozenset(find(document)),
    )


def yara(patterns: list[Pattern]) -> Matcher:
    """A YARA rule a pattern, but for those of which YARA itself warns that they slow it down (a hundredfold, here)."""
    import yara as engine

    def source(number: int, pattern: Pattern) -> str:
        return f"rule r{number} {{ strings: $a = /{pattern.source}/ condition: $a }}"

    taken = []
    for pattern in patterns:
        try:
            engine.compile(source=source(0, pattern), error_on_warning=True)
        except engine.Error:
            continue
        taken.append(pattern)
    compiled = engine.compile(source="\n".join(source(n, pattern) for n, pattern in enumerate(taken)))
    return _matcher(
        taken,
        lambda document: compiled.match(data=document),
        lambda document: (taken[int(hit.rule[1:])].rule for hit in compiled.match(data=document)),
    )


def hyperscan(patterns: list[Pattern]) -> Matcher:
    """A database of blocks; each pattern is reported once."""
    import hyperscan as engine

    taken = []
    for pattern in patterns:
        if not pattern.source:
            continue
        try:
            engine.Database(mode=engine.HS_MODE_BLOCK).compile(
                expressions=[pattern.source.encode()], flags=engine.HS_FLAG_SINGLEMATCH
            )
        except engine.error:
            continue
        taken.append(pattern)
    database = engine.Database(mode=engine.HS_MODE_BLOCK)
    database.compile(
        expressions=[pattern.source.encode() for pattern in taken],
        ids=list(range(len(taken))),
        flags=[engine.HS_FLAG_SINGLEMATCH] * len(taken),
    )

    def scan(document: bytes) -> list[int]:
        found: list[int] = []
        database.scan(document, match_event_handler=lambda number, *_: found.append(number))
        return found

    return _matcher(taken, scan, lambda document: (taken[number].rule for number in scan(document)))


def re2(patterns: list[Pattern]) -> Matcher:
    """A set, unanchored."""
    import re2 as engine

    options = engine.Options()
    options.encoding = options.Encoding.LATIN1
    options.log_errors = False
    options.max_mem = 1 << 30
    patterns_of = engine.Set.SearchSet(options)
    taken = []
    for pattern in patterns:
        try:
            if not pattern.source:
                continue
            patterns_of.Add(pattern.source.encode())
        except engine.error:
            continue
        taken.append(pattern)
    patterns_of.Compile()
    return _matcher(
        taken,
        patterns_of.Match,
        lambda document: (taken[number].rule for number in patterns_of.Match(document) or ()),
    )
