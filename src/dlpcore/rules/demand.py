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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from .bounds import begin_with, characters_of, openings
from .programs import NONE, Program, of_pattern

if TYPE_CHECKING:
    from .schema import Rule

__all__ = [
    "ANYTHING",
    "ANY_NUMBER",
    "DENSE",
    "MARKS",
    "RUNS",
    "Demand",
    "Reading",
    "key_of",
    "of_literal",
    "of_rule",
    "of_turned",
    "read",
    "remember",
]

#: Characters of values written without a space; a run of them is what ``Demand.run`` counts.
DENSE: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_.~-")
#: Classes of which a character must be there, by bit of ``Demand.marks``.
MARKS: Final = tuple(
    frozenset(each)
    for each in (
        *(
            b":=",
            b"@",
            b".",
            b"/",
            b"-",
            b"_",
            b" ",
            b"\"'`",
            b"\n",
            b"<>",
            b",;|\t",
            b"()",
            b"?&",
            b"%",
            b"+",
            b"{}[]",
        ),
        *(b"$", b"#", b"*!~^", b"\\", b"0123456789", b":=%"),
    )
)
_DIGITS: Final = frozenset(b"0123456789")
_CAPITALS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SPACE: Final = frozenset(b" ")
#: Classes of which neighbours are counted: see ``Demand.run``, ``code``, ``hex``, ``alnum``.
RUNS: Final = (
    DENSE,
    _DIGITS | _CAPITALS,
    frozenset(b"0123456789abcdefABCDEF"),
    _DIGITS | _CAPITALS | frozenset(b"abcdefghijklmnopqrstuvwxyz"),
)
_ALL: Final = frozenset(range(256))
_KINDS: Final = ("string", "key", "number", "text")
#: Bits of all kinds but numbers: no number is an encoded layer.
_NO_NUMBER: Final = sum(1 << bit for bit, kind in enumerate(_KINDS) if kind != "number")
_IGNORECASE: Final = 2
#: No bound on what a text may have.
ANY_NUMBER: Final = 0xFFFFFFFF
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
        hex: neighbouring hexadecimal digits.
        alnum: neighbouring letters and digits.
        absent: bits of :data:`MARKS`, none of which has a character there.
        spaces: of them the text may have so many.
        drawn: the text is a secret drawn at random: no URL, and with a digit or letters of both cases.
        rule: its number and one, if it is called by itself, where its program (:mod:`.programs`) finds something.
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
    hex: int = 0
    alnum: int = 0
    absent: int = 0
    spaces: int = ANY_NUMBER
    drawn: bool = False
    rule: int = 0


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
    """Of a piece of a pattern: least counts, and its runs by :data:`RUNS`."""

    length: int = 0
    digits: int = 0
    capitals: int = 0
    marks: int = 0
    runs: tuple[_Run, ...] = (_Run(),) * len(RUNS)

    def then(self, other: _Needs) -> _Needs:
        return _Needs(
            min(_MOST, self.length + other.length),
            min(_MOST, self.digits + other.digits),
            min(_MOST, self.capitals + other.capitals),
            self.marks | other.marks,
            tuple([mine.then(theirs) for mine, theirs in zip(self.runs, other.runs, strict=True)]),
        )

    def either(self, other: _Needs) -> _Needs:
        return _Needs(
            min(self.length, other.length),
            min(self.digits, other.digits),
            min(self.capitals, other.capitals),
            self.marks & other.marks,
            tuple([mine.either(theirs) for mine, theirs in zip(self.runs, other.runs, strict=True)]),
        )

    def times(self, count: int) -> _Needs:
        """This at least ``count`` times."""
        return _Needs(
            min(_MOST, self.length * count),
            min(_MOST, self.digits * count),
            min(_MOST, self.capitals * count),
            self.marks if count else 0,
            tuple([run.times(count) for run in self.runs]),
        )


#: Nothing is known of it.
_ANYTHING: Final = _Needs(runs=(_Run(only=False),) * len(RUNS))


@functools.cache
def _one(characters: frozenset[int]) -> _Needs:
    marks = sum(1 << bit for bit, mark in enumerate(MARKS) if characters <= mark)
    runs = tuple(_Run(n, n, n, n == 1) for n in (int(characters <= each) for each in RUNS))
    return _Needs(1, int(characters <= _DIGITS), int(characters <= _CAPITALS), marks, runs)


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
    taken = characters_of(items, ignore)
    return _ALL if taken is None else taken


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


def _most(pattern: Iterable[tuple[Any, Any]], ignore: bool, of: frozenset[int]) -> int:
    """How many characters of a class a match can have at the most."""
    total = 0
    for kind, value in pattern:
        match str(kind):
            case "LITERAL":
                total += not of.isdisjoint(_cased((value,), ignore))
            case "NOT_LITERAL":
                total += not of.isdisjoint(_ALL - _cased((value,), ignore))
            case "ANY":
                total += 1
            case "IN":
                total += not of.isdisjoint(_set(value, ignore))
            case "BRANCH":
                total += max(_most(branch, ignore, of) for branch in value[1])
            case "SUBPATTERN":
                _, add, remove, inner = value
                total += _most(inner, (ignore or bool(add & _IGNORECASE)) and not remove & _IGNORECASE, of)
            case "ATOMIC_GROUP":
                total += _most(value, ignore, of)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                once = _most(value[2], ignore, of)
                total += once * min(int(value[1]), _MOST) if once else 0
            case "ASSERT" | "ASSERT_NOT" | "AT" | "FAILURE":
                continue
            case _:
                return _MOST
    return min(_MOST, total)


#: A part of a parsed pattern, and whether case is ignored in it.
_Piece: TypeAlias = tuple[tuple[Any, Any], bool]


class _Read(NamedTuple):
    """What is read out of a pattern once.

    Attributes:
        needs: of a match.
        pieces: one after the other, each with whether case is ignored in it; groups are opened.
        absent, spaces: as of :class:`Demand`, where it matches nothing but a whole text.
        openings: how a match opens a word.
    """

    needs: _Needs
    pieces: tuple[_Piece, ...] = ()
    whole: bool = False
    absent: int = 0
    spaces: int = ANY_NUMBER
    openings: tuple[tuple[bytes, bool], ...] = ()


def _opened(pattern: Iterable[tuple[Any, Any]], ignore: bool) -> Iterator[_Piece]:
    """The pieces of a pattern, those of its groups too: what must be there one after the other."""
    for kind, value in pattern:
        if str(kind) == "SUBPATTERN":
            _, add, remove, inner = value
            yield from _opened(inner, (ignore or bool(add & _IGNORECASE)) and not remove & _IGNORECASE)
        elif str(kind) == "ATOMIC_GROUP":
            yield from _opened(value, ignore)
        else:
            yield (kind, value), ignore


def _parsed(pattern: str) -> _Read:
    parser = importlib.import_module("re._parser")
    try:
        parsed = parser.parse(pattern.encode("utf-8"))
    except (re.error, OverflowError, RecursionError):  # syntax that only regex knows, or more of it than fits
        return _Read(_ANYTHING)
    ignore = bool(parsed.state.flags & _IGNORECASE)
    pieces = list(parsed)
    ends = [str(value) for kind, value in (*pieces[:1], *pieces[-1:]) if str(kind) == "AT"]
    whole = ends == ["AT_BEGINNING_STRING", "AT_END_STRING"]
    needs, opened = _needs(parsed, ignore), tuple(_opened(parsed, ignore))
    opens = openings(pieces, ignore)
    if not whole:
        return _Read(needs, opened, openings=opens)
    absent = sum(1 << bit for bit, mark in enumerate(MARKS) if not _most(parsed, ignore, mark))
    spaces = _most(parsed, ignore, _SPACE)
    return _Read(needs, opened, True, absent, spaces if spaces < _MOST else ANY_NUMBER, opens)


class Head(NamedTuple):
    """What matches may begin with. ``open``: what follows is known too, so that more may be joined to it."""

    text: bytes = b""
    nocase: bool = False
    open: bool = True


_MOST_HEADS: Final = 256
_LONGEST_HEAD: Final = 24


def _heads(pattern: Iterable[tuple[Any, Any]], ignore: bool) -> list[Head]:
    """Texts of which every match of a pattern begins with one."""
    return _heads_of([(piece, ignore) for piece in pattern])


def _heads_of(pieces: Iterable[_Piece], known: dict[tuple[int, bool], list[Head]] | None = None) -> list[Head]:
    """As :func:`_heads`, of opened pieces. ``known``: what was found of branches of this pattern before."""
    known = {} if known is None else known
    found = [Head()]
    for (kind, value), ignore in pieces:
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
                branches = known.get((id(value), ignore))
                if branches is None:
                    branches = [head for branch in value[1] for head in _heads(branch, ignore)]
                    known[id(value), ignore] = branches
                more = branches
            case "SUBPATTERN":
                _, add, remove, inner = value
                more = _heads(inner, (ignore or bool(add & _IGNORECASE)) and not remove & _IGNORECASE)
            case "MAX_REPEAT" if value[:2] == (0, 1):
                more = [Head(), *_heads(value[2], ignore)]
            case _:
                more = [Head(open=False)]
        if len(found) * len(more) > _MOST_HEADS:
            return [head._replace(open=False) for head in found]
        joined = [
            Head(head.text + next.text, head.nocase or next.nocase, next.open) if head.open else head
            for head in found
            for next in (more if head.open else more[:1])
        ]
        found = [head if len(head.text) < _LONGEST_HEAD else head._replace(open=False) for head in joined]
    return found


def _needs_of(pieces: Iterable[_Piece]) -> _Needs:
    whole = _Needs()
    for piece, ignore in pieces:
        whole = whole.then(_needs((piece,), ignore))
    return whole


class Reading(NamedTuple):
    """What is known of a pattern and its literals: the fields of :class:`Demand` behind ``kinds``.

    ``anywhere``: of a text with a match. ``ahead``: of a text from a literal on, with a match around that.
    ``openings``: how a match opens a word (:mod:`.bounds`). ``program``: :mod:`.programs`.
    """

    anywhere: tuple[int, ...]
    ahead: tuple[int, ...]
    openings: tuple[tuple[bytes, bool], ...]
    program: Program = NONE


_Key: TypeAlias = tuple[str, tuple[tuple[bytes, bool], ...]]
#: Readings made before: those of the built-in rules come with them.
_known: dict[_Key, Reading] = {}
#: Validators that refuse what is not drawn at random.
_DRAWN: Final = frozenset(("generated-secret",))


def key_of(rule: Rule) -> _Key:
    """What the reading of a rule depends on."""
    return rule.pattern, rule.anchor.literals


def remember(readings: Mapping[_Key, Reading]) -> None:
    """Takes over what :func:`read` said of rules when the package was built."""
    _known.update(readings)


def read(rule: Rule) -> Reading:
    """What a rule's pattern says of the texts that it matches; one that only ``regex`` can read says nothing."""
    key = key_of(rule)
    return _known.get(key) or _reading(key)


@functools.lru_cache(maxsize=4096)
def _reading(key: _Key) -> Reading:
    pattern, literals = key
    parsed = _parsed(pattern)
    anywhere = _fields(parsed.needs, parsed)
    # A literal that is looked for only where a word starts is seen only there.
    furthest = 1 if begin_with(literals, parsed.openings) else _FURTHEST
    folded = [(text.lower() if nocase else text, nocase) for text, nocase in literals]
    behind = _behind(parsed.pieces, folded, furthest)
    ahead = anywhere if behind is None else _fields(behind, parsed, ahead=True)
    return Reading(anywhere, ahead, parsed.openings, of_pattern(pattern))


def _fields(needs: _Needs, parsed: _Read, ahead: bool = False) -> tuple[int, ...]:
    run, code, hexadecimal, alnum = (each.best for each in needs.runs)
    counts = needs.length, needs.digits, needs.capitals, run, code, needs.marks
    return (*counts, ahead, parsed.whole, 0, hexadecimal, alnum, parsed.absent, parsed.spaces)


#: Where in a pattern the literal is looked for, in pieces: beyond it a text is counted as a whole.
_FURTHEST: Final = 48
#: Pieces that take no character, and those whose beginning is known.
_EMPTY: Final = frozenset(("ASSERT", "ASSERT_NOT", "AT", "FAILURE"))
_KNOWN: Final = frozenset(("LITERAL", "IN", "BRANCH"))


def _behind(pieces: Sequence[_Piece], literals: list[tuple[bytes, bool]], furthest: int) -> _Needs | None:
    """What a match needs from a literal on, where it has one in a known place; ``None`` where it has none there.

    ``furthest``: pieces that take characters among which the place is looked for.

    Whatever else calls the rule, each place of the literal in the text is asked by itself, and one of them is this.
    """
    if not literals:
        return None
    known: dict[tuple[int, bool], list[Head]] = {}

    def place(head: Head) -> int:
        """Where the first of the literals stands in a text; -1 if none does."""
        folded, exact = head.text.lower(), b"" if head.nocase else head.text
        found = [(folded if nocase else exact).find(literal) for literal, nocase in literals]
        return min((at for at in found if at >= 0), default=-1)

    def last(part: Sequence[_Piece]) -> int:
        """Where the texts that these pieces begin with have their literal at the latest; -1 where one has none."""
        furthest = -1
        for head in _heads_of(part, known):
            at = place(head)
            if at < 0:
                return -1
            furthest = max(furthest, at)
        return furthest

    taking = [at for at, ((kind, _), _) in enumerate(pieces) if str(kind) not in _EMPTY]
    for first in taking[:furthest]:
        if str(pieces[first][0][0]) not in _KNOWN:
            continue
        before = last(pieces[first:])
        if before < 0:
            continue
        # where the pieces end that have the literal by themselves
        ends = range(first + 1, min(len(pieces), first + _FURTHEST))
        end = next((at for at in ends if last(pieces[first:at]) >= 0), len(pieces))
        here, tail = _needs_of(pieces[first:]), _needs_of(pieces[end:])
        return _Needs(
            max(0, here.length - before, tail.length + min(len(text) for text, _ in literals)),
            max(0, here.digits - before, tail.digits),
            max(0, here.capitals - before, tail.capitals),
            here.marks if before == 0 else tail.marks,
            tuple(
                _Run(best=max(0, mine.best - before, theirs.best))
                for mine, theirs in zip(here.runs, tail.runs, strict=True)
            ),
        )
    return None


def of_rule(rule: Rule) -> Demand:
    """What a text must be made of for the rule's pattern to match in it."""
    return _demand(rule, read(rule).anywhere)


def of_literal(rule: Rule) -> Demand:
    """As :func:`of_rule`; counted from the literal on where each match has one of the rule's own in a known place."""
    return _demand(rule, read(rule).ahead)


def _demand(rule: Rule, fields: tuple[int, ...]) -> Demand:
    if "document" in rule.targets:
        return ANYTHING  # the rest of what it matches may stand in other strings
    kinds = sum(1 << bit for bit, kind in enumerate(_KINDS) if kind in rule.targets)
    demand = Demand._make((kinds, *fields, False, 0))
    return demand._replace(drawn=demand.whole and not _DRAWN.isdisjoint(rule.validators))


def of_turned(rule: Rule) -> Demand:
    """Of a text that, read backwards or rotated by thirteen letters, has a match."""
    demand = of_rule(rule)
    return demand._replace(kinds=_NO_NUMBER, hex=0, whole=False, drawn=False, absent=0, spaces=ANY_NUMBER)
