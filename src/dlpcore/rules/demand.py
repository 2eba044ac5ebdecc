"""What a text must be made of before a pattern can match in it: length, digits, capitals, an unbroken run, marks.

Theory of operation. Every branch of a pattern has a least length and characters that it cannot do without. The native
prefilter checks these few figures where an anchor fires, so that the word ``token`` beside ``read`` calls no rule whose
value has twelve characters. The figures are lower bounds: what this module does not understand demands nothing.
Patterns are read by the standard library's own parser of them; one that only ``regex`` can read demands nothing.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .bounds import openings

if TYPE_CHECKING:
    from .schema import Rule

__all__ = ["ANYTHING", "DENSE", "MARKS", "Demand", "Reading", "of_literal", "of_rule", "read", "remember"]

#: Characters of values written without a space; a run of them is what ``Demand.run`` counts.
DENSE: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_.~-")
#: Classes of which a character must be there, by bit of ``Demand.marks``.
MARKS: Final = tuple(frozenset(each) for each in (b":=", b"@", b".", b"/", b"-", b"_", b" "))
_DIGITS: Final = frozenset(b"0123456789")
_CAPITALS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_ALL: Final = frozenset(range(256))
_KINDS: Final = ("string", "key", "number", "text")
_IGNORECASE: Final = 2
#: Nothing is asked for beyond this: enough to tell, and patterns that repeat a thousandfold stay small numbers.
_MOST: Final = 1000


class Demand(NamedTuple):
    """Bounds on a text in which something can be found.

    ``ahead``: counted from where the anchor stands. ``whole``: what is found is all of the text.

    Attributes:
        kinds: bits of the kinds of token that are searched, in the order of ``_native.KINDS``.
        length: bytes of UTF-8.
        digits: ASCII digits, anywhere.
        capitals: ASCII capitals, anywhere.
        run: neighbouring characters out of :data:`DENSE`.
        code: neighbouring capitals and digits.
        marks: bits of :data:`MARKS`, each of which must have a character there.
        most: bytes that the text may have; 0 for any number.
    """

    kinds: int = 15
    length: int = 0
    digits: int = 0
    capitals: int = 0
    run: int = 0
    code: int = 0
    marks: int = 0
    ahead: bool = False
    whole: bool = False
    most: int = 0


ANYTHING: Final = Demand()


class _Run(NamedTuple):
    """Of a piece of a pattern, how many characters of a class stand side by side: before, at best, behind."""

    before: int = 0
    best: int = 0
    behind: int = 0
    only: bool = True  #: the piece has no others

    def then(self, other: _Run) -> _Run:
        return _Run(
            min(_MOST, self.before + other.before) if self.only else self.before,
            min(_MOST, max(self.best, other.best, self.behind + other.before)),
            min(_MOST, self.behind + other.behind) if other.only else other.behind,
            self.only and other.only,
        )

    def either(self, other: _Run) -> _Run:
        return _Run(
            min(self.before, other.before),
            min(self.best, other.best),
            min(self.behind, other.behind),
            self.only and other.only,
        )

    def times(self, count: int) -> _Run:
        """At least ``count`` times: what comes more often than it must is no lower bound."""
        if count == 0:
            return _Run(only=self.only)
        if self.only:
            before, best, behind = (min(_MOST, n * count) for n in (self.before, self.best, self.behind))
            return _Run(before, best, behind)
        return self if count == 1 else self.then(self)  # a third one adds nothing to the best


class _Needs(NamedTuple):
    """Of a piece of a pattern: least counts, and its runs."""

    length: int = 0
    digits: int = 0
    capitals: int = 0
    marks: int = 0
    dense: _Run = _Run()
    code: _Run = _Run()

    def then(self, other: _Needs) -> _Needs:
        return _Needs(
            min(_MOST, self.length + other.length),
            min(_MOST, self.digits + other.digits),
            min(_MOST, self.capitals + other.capitals),
            self.marks | other.marks,
            self.dense.then(other.dense),
            self.code.then(other.code),
        )

    def either(self, other: _Needs) -> _Needs:
        return _Needs(
            min(self.length, other.length),
            min(self.digits, other.digits),
            min(self.capitals, other.capitals),
            self.marks & other.marks,
            self.dense.either(other.dense),
            self.code.either(other.code),
        )

    def times(self, count: int) -> _Needs:
        """This at least ``count`` times."""
        return _Needs(
            min(_MOST, self.length * count),
            min(_MOST, self.digits * count),
            min(_MOST, self.capitals * count),
            self.marks if count else 0,
            self.dense.times(count),
            self.code.times(count),
        )


#: Nothing is known of it.
_ANYTHING: Final = _Needs(dense=_Run(only=False), code=_Run(only=False))


def _one(characters: frozenset[int]) -> _Needs:
    marks = sum(1 << bit for bit, mark in enumerate(MARKS) if characters <= mark)
    dense, code = (_Run(n, n, n, n == 1) for n in (int(characters <= DENSE), int(characters <= _DIGITS | _CAPITALS)))
    return _Needs(1, int(characters <= _DIGITS), int(characters <= _CAPITALS), marks, dense, code)


def _cased(characters: Iterable[int], ignore: bool) -> frozenset[int]:
    found = frozenset(characters)
    if not ignore:
        return found
    return found | {c ^ 0x20 for c in found if 0x41 <= c & 0xDF <= 0x5A}


@functools.cache
def _letter(character: int, ignore: bool) -> _Needs:
    return _one(_cased((character,), ignore))


def _set(items: Sequence[tuple[Any, Any]], ignore: bool) -> frozenset[int]:
    """The bytes that a class in brackets takes; all of them where it names one that is not known here."""
    characters: set[int] = set()
    negated = False
    for kind, value in items:
        match str(kind):
            case "NEGATE":
                negated = True
            case "LITERAL":
                characters.add(value)
            case "RANGE":
                characters.update(range(value[0], value[1] + 1))
            case "CATEGORY" if str(value) == "CATEGORY_DIGIT":
                characters |= _DIGITS
            case _:
                return _ALL
    found = _cased(characters, ignore)
    return _ALL - found if negated else found


def _needs(pattern: Iterable[tuple[Any, Any]], ignore: bool) -> _Needs:
    whole = _Needs()
    for kind, value in pattern:
        match str(kind):
            case "LITERAL":
                piece = _letter(value, ignore)
            case "NOT_LITERAL":
                piece = _one(_ALL - _cased((value,), ignore))
            case "ANY":
                piece = _one(_ALL)
            case "IN":
                piece = _one(_set(value, ignore))
            case "BRANCH":
                branches = [_needs(branch, ignore) for branch in value[1]]
                piece = branches[0]
                for branch in branches[1:]:
                    piece = piece.either(branch)
            case "SUBPATTERN":
                _, add, remove, inner = value
                piece = _needs(inner, (ignore or bool(add & _IGNORECASE)) and not remove & _IGNORECASE)
            case "ATOMIC_GROUP":
                piece = _needs(value, ignore)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                piece = _needs(value[2], ignore).times(value[0])
            case "ASSERT" | "ASSERT_NOT" | "AT" | "FAILURE":
                continue  # takes no character
            case _:  # back references and what a later Python adds: anything, or nothing
                piece = _ANYTHING
        whole = whole.then(piece)
    return whole


class Head(NamedTuple):
    """What matches may begin with. ``open``: what follows is known too, so that more may be joined to it."""

    text: bytes = b""
    nocase: bool = False
    open: bool = True


class Reading(NamedTuple):
    """What is known of a pattern: least counts as in :class:`Demand`, whether it is all of a text, how it opens words
    (:mod:`.bounds`), and its heads.
    """

    length: int
    digits: int
    capitals: int
    run: int
    code: int
    marks: int
    whole: bool
    openings: tuple[tuple[bytes, bool], ...]
    heads: tuple[Head, ...]


#: Readings made before, by pattern: those of the built-in rules come with them.
_known: dict[str, Reading] = {}


def remember(readings: Mapping[str, Reading]) -> None:
    """Takes over what :func:`read` said of patterns when the package was built."""
    _known.update(readings)


def read(pattern: str) -> Reading:
    """What a pattern says of the texts that it matches; a pattern that only ``regex`` can read says nothing."""
    return _known.get(pattern) or _parsed(pattern)


@functools.lru_cache(maxsize=4096)
def _parsed(pattern: str) -> Reading:
    needs, opened, heads, whole = _understood(pattern)
    runs = needs.dense.best, needs.code.best
    return Reading(needs.length, needs.digits, needs.capitals, *runs, needs.marks, whole, opened, heads)


def _understood(pattern: str) -> tuple[_Needs, tuple[tuple[bytes, bool], ...], tuple[Head, ...], bool]:
    """The needs of a pattern, how it opens words, its heads, and whether it matches nothing but a whole text."""
    parser = importlib.import_module("re._parser")
    try:
        parsed = parser.parse(pattern.encode("utf-8"))
    except (re.error, OverflowError, RecursionError):  # syntax that only regex knows, or more of it than fits
        return _ANYTHING, (), (Head(open=False),), False
    ignore = bool(parsed.state.flags & _IGNORECASE)
    pieces = list(parsed)
    ends = [str(value) for kind, value in (*pieces[:1], *pieces[-1:]) if str(kind) == "AT"]
    whole = ends == ["AT_BEGINNING_STRING", "AT_END_STRING"]
    return _needs(parsed, ignore), openings(pieces, ignore), tuple(_heads(parsed, ignore)), whole


_MOST_HEADS: Final = 128
_LONGEST_HEAD: Final = 24


def _heads(pattern: Iterable[tuple[Any, Any]], ignore: bool) -> list[Head]:
    """Texts of which every match of a pattern begins with one."""
    found = [Head()]
    for kind, value in pattern:
        if not any(head.open for head in found):
            break
        more: list[Head]
        match str(kind):
            case "ASSERT" | "ASSERT_NOT" | "AT":
                continue
            case "LITERAL":
                more = [Head(bytes((value,)), ignore)]
            case "IN":
                characters = _set(value, ignore)
                more = [Head(bytes((c,))) for c in sorted(characters)] if len(characters) <= 8 else [Head(open=False)]
            case "BRANCH":
                more = [head for branch in value[1] for head in _heads(branch, ignore)]
            case "SUBPATTERN":
                _, add, remove, inner = value
                more = _heads(inner, (ignore or bool(add & _IGNORECASE)) and not remove & _IGNORECASE)
            case "MAX_REPEAT" if value[:2] == (0, 1):
                more = [Head(), *_heads(value[2], ignore)]
            case _:
                more = [Head(open=False)]
        if len(found) * len(more) > _MOST_HEADS:
            break
        joined = [
            Head(head.text + next.text, head.nocase or next.nocase, next.open) if head.open else head
            for head in found
            for next in (more if head.open else more[:1])
        ]
        found = [head if len(head.text) < _LONGEST_HEAD else head._replace(open=False) for head in joined]
    return found


def of_rule(rule: Rule) -> Demand:
    """What a text must be made of for the rule's pattern to match in it."""
    if "document" in rule.targets:
        return ANYTHING  # the rest of what it matches may stand in other strings
    known = read(rule.pattern)
    kinds = sum(1 << bit for bit, kind in enumerate(_KINDS) if kind in rule.targets)
    counts = known.length, known.digits, known.capitals, known.run, known.code, known.marks
    return Demand(kinds, *counts, False, known.whole)


def of_literal(rule: Rule) -> Demand:
    """As :func:`of_rule`; counted from the literal where each match begins with one of the rule's own literals."""
    heads = read(rule.pattern).heads
    literals = [(literal.lower() if nocase else literal, nocase) for literal, nocase in rule.anchor.literals]

    def place(head: Head) -> int:
        """Where the first of the rule's literals stands in what a match begins with; -1 if none does."""
        folded, exact = head.text.lower(), b"" if head.nocase else head.text
        found = [(folded if nocase else exact).find(literal) for literal, nocase in literals]
        return min((at for at in found if at >= 0), default=-1)

    places: list[int] = []
    for head in heads:
        places.append(place(head))
        if places[-1] < 0:
            break
    demand = of_rule(rule)
    if min(places) < 0:
        return demand
    before = max(places)
    length, digits, capitals, run, code = (
        max(0, n - before) for n in (demand.length, demand.digits, demand.capitals, demand.run, demand.code)
    )
    marks = demand.marks if before == 0 else 0
    return Demand(demand.kinds, length, digits, capitals, run, code, marks, True, demand.whole)
