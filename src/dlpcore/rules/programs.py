"""A rule's pattern as a program for the native pass, which asks it before it calls the rule.

Theory of operation. Python's own parser reads the pattern; what it says is written down as instructions for a small
backtracking matcher (``native/src/programs.c``) that tells whether the pattern matches anywhere in a text. It may say
yes too often, never no too often: what has no instruction here (a group that is repeated more often than is worth
writing out, looking behind by no fixed width) is loosened, possessive and atomic parts are tried like others, and the
matcher says yes where its steps run out. Spans, validators and context stay with the pattern engine.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from .bounds import characters_of

__all__ = ["NONE", "Program", "merged", "of_pattern"]

#: Instructions, in the order of ``enum op`` in native/src/programs.c, and the words that each takes.
(
    MATCH,
    SET,
    SPLIT,
    JUMP,
    LOOP,
    BEGIN,
    END,
    LAST,
    LINE_BEGIN,
    LINE_END,
    BOUND,
    NOT_BOUND,
    LOOK,
    FORK,
    OPEN,
    CLOSE,
    SAME,
    BEFORE,
    NOT_BEFORE,
    NEXT,
    NOT_NEXT,
) = range(21)
_WORDS: Final = (1, 1, 1, 1, 3, 1, 1, 1, 1, 1, 1, 1, 3, 2, 1, 1, 1, 1, 1, 1, 1)
_WITH_SET: Final = frozenset((SET, LOOP, FORK, BEFORE, NOT_BEFORE, NEXT, NOT_NEXT))
_ONE: Final = frozenset(("LITERAL", "NOT_LITERAL", "ANY", "IN"))
_BEHIND, _NOT = 1, 2
_FOREVER: Final = 0xFFFFFFFF
_IGNORECASE, _MULTILINE, _DOTALL = 2, 8, 16
_ALL: Final = frozenset(range(256))
#: What means something else to regex than to re: classes by name, and errors that it allows.
_OTHERS: Final = re.compile(r"\[\[:|(?<!\\)\{[a-z<]")
#: Words of a program at the most; a longer one is none.
_LONGEST: Final = 6000
#: Groups that the matcher remembers, for back references.
_GROUPS: Final = 8
#: Words that the copies of one repeated group may take.
_UNROLLED: Final = 600


class Program(NamedTuple):
    """Instructions, and the sets of bytes that they name: 32 bytes each, bit ``b & 7`` of byte ``b >> 3`` for ``b``."""

    code: tuple[int, ...] = ()
    sets: tuple[bytes, ...] = ()


#: Of a pattern that is not understood: it may match in any text.
NONE: Final = Program()


class _Beyond(Exception):
    """The pattern has something that cannot be written down, nor left out."""


class _Writer:
    """Writes one program."""

    def __init__(self, referred: Collection[int]) -> None:
        self.code: list[int] = []
        self._sets: dict[bytes, int] = {}
        self._groups = {group: slot for slot, group in enumerate(sorted(referred)[:_GROUPS])}

    @property
    def sets(self) -> tuple[bytes, ...]:
        return tuple(self._sets)

    def set_of(self, characters: frozenset[int]) -> int:
        bits = bytearray(32)
        for each in characters:
            bits[each >> 3] |= 1 << (each & 7)
        return self._sets.setdefault(bytes(bits), len(self._sets))

    def emit(self, op: int, argument: int = 0, *more: int) -> int:
        """Adds an instruction; where it stands."""
        at = len(self.code)
        if at > _LONGEST:
            raise _Beyond
        self.code += (op | argument << 8, *more)
        return at

    def land(self, at: int) -> None:
        """Lets the jump at a place lead here."""
        op = self.code[at] & 0xFF
        if op in (FORK, LOOK):
            self.code[at + (1 if op == FORK else 2)] = len(self.code)
        else:
            self.code[at] = op | len(self.code) << 8

    # --- a sequence ----------------------------------------------------------------------------------------------

    def sequence(self, pattern: Iterable[tuple[Any, Any]], flags: int) -> bool:
        """Writes pieces one after the other; whether they mean just what the pattern means."""
        exact = True
        for kind, value in pattern:
            exact = self._piece(str(kind), value, flags) and exact
        return exact

    def _piece(self, kind: str, value: Any, flags: int) -> bool:
        match kind:
            case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
                self.emit(SET, self.set_of(_characters(kind, value, flags)))
            case "AT":
                self._place(str(value), flags)
            case "BRANCH":
                return self._branch(value[1], flags)
            case "SUBPATTERN":
                group, add, remove, inner = value
                slot = self._groups.get(group)
                if slot is None:
                    return self.sequence(inner, (flags | add) & ~remove)
                self.emit(OPEN, slot)
                exact = self.sequence(inner, (flags | add) & ~remove)
                self.emit(CLOSE, slot)
                return exact
            case "ATOMIC_GROUP":
                self.sequence(value, flags)
                return False
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._repeat(value, flags)
            case "POSSESSIVE_REPEAT":
                self._repeat(value, flags)
                return False
            case "ASSERT" | "ASSERT_NOT":
                return self._look(value, flags, negative=kind == "ASSERT_NOT")
            case "GROUPREF" if value in self._groups and not flags & _IGNORECASE:
                self.emit(SAME, self._groups[value])
            case "GROUPREF":
                self.emit(LOOP, self.set_of(_ALL), 0, _FOREVER)
                return False
            case "FAILURE":
                self.emit(SET, self.set_of(frozenset()))
            case _:
                raise _Beyond
        return True

    def _place(self, at: str, flags: int) -> None:
        lines = flags & _MULTILINE
        match at:
            case "AT_BEGINNING":
                self.emit(LINE_BEGIN if lines else BEGIN)
            case "AT_BEGINNING_STRING":
                self.emit(BEGIN)
            case "AT_END":
                self.emit(LINE_END if lines else LAST)
            case "AT_END_STRING":
                self.emit(END)
            case "AT_BOUNDARY":
                self.emit(BOUND)
            case "AT_NON_BOUNDARY":
                self.emit(NOT_BOUND)
            case _:
                raise _Beyond

    def _branch(self, branches: Sequence[Any], flags: int) -> bool:
        """In the order of what they begin with, as a tree: which of them match does not depend on the order."""
        begin = sorted(((*_first(branch, flags), i) for i, branch in enumerate(branches)), key=lambda b: sorted(b[0]))
        return self._tree([(branches[i], first, empty) for first, empty, i in begin], flags)

    def _tree(self, branches: list[tuple[Any, frozenset[int], bool]], flags: int) -> bool:
        if len(branches) == 1:
            return self.sequence(branches[0][0], flags)
        half = len(branches) // 2
        left, right = branches[:half], branches[half:]
        fork = self._choice(frozenset().union(*(first for _, first, _ in left)), any(empty for *_, empty in left))
        exact = self._tree(left, flags)
        done = self.emit(JUMP)
        self.land(fork)
        exact = self._tree(right, flags) and exact
        self.land(done)
        return exact

    def _fork(self, pattern: Any, flags: int) -> int:
        """A choice between this and what it will lead to."""
        return self._choice(*_first(pattern, flags))

    def _choice(self, first: frozenset[int], empty: bool) -> int:
        """A choice, which the next byte decides where that is possible: what follows begins with these, or is empty."""
        if empty or first == _ALL:
            return self.emit(SPLIT)
        return self.emit(FORK, self.set_of(first), 0)

    def _repeat(self, value: tuple[int, Any, Any], flags: int) -> bool:
        least, most, inner = value[0], int(value[1]), value[2]
        forever = most >= 0xFFFF
        pieces = list(inner)
        while len(pieces) == 1 and str(pieces[0][0]) == "SUBPATTERN" and pieces[0][1][0] not in self._groups:
            _, add, remove, within = pieces[0][1]
            flags, pieces = (flags | add) & ~remove, list(within)
        if len(pieces) == 1 and str(pieces[0][0]) in _ONE:
            characters = _characters(str(pieces[0][0]), pieces[0][1], flags)
            self.emit(LOOP, self.set_of(characters), least, _FOREVER if forever else most)
            return True
        _, empty = _first(pieces, flags)
        if empty and (forever or most > 1):
            raise _Beyond  # nothing, repeated: no pattern needs it
        start = len(self.code)
        exact = True
        copies = 0
        while copies < least and (copies == 0 or (len(self.code) - start) * (copies + 1) // copies <= _UNROLLED):
            exact = self.sequence(pieces, flags) and exact
            copies += 1
        if copies < least:
            forever, exact = True, False
        once = (len(self.code) - start) // copies if copies else 0
        if not forever and copies and (most - copies) * (once + 2) > _UNROLLED:
            forever, exact = True, False
        if forever:
            again = self._fork(pieces, flags)
            self.sequence(pieces, flags)
            self.emit(JUMP, again)
            self.land(again)
            return exact
        forks = []
        while copies < most:
            forks.append(self._fork(pieces, flags))
            exact = self.sequence(pieces, flags) and exact
            copies += 1
            if len(self.code) - start > 4 * _UNROLLED:  # only where no copy was needed, so that it was not measured
                raise _Beyond
        for fork in forks:
            self.land(fork)
        return exact

    def _look(self, value: tuple[int, Any], flags: int, *, negative: bool) -> bool:
        direction, inner = value
        behind = direction < 0
        if len(inner) == 1 and str(inner[0][0]) in _ONE:
            characters = _characters(str(inner[0][0]), inner[0][1], flags)
            self.emit((BEFORE if behind else NEXT) + negative, self.set_of(characters))
            return True
        low, high = inner.getwidth()
        if behind and low != high:
            return False  # whatever stands there
        before = len(self.code)
        look = self.emit(LOOK, (_BEHIND if behind else 0) | (_NOT if negative else 0), int(low) if behind else 0, 0)
        exact = self.sequence(inner, flags)
        self.emit(MATCH)
        self.land(look)
        if negative and not exact:  # to refuse more than the pattern does would lose what it finds
            del self.code[before:]
        return exact


def of_pattern(pattern: str) -> Program:
    """The program of a pattern; :data:`NONE` where it cannot be read."""
    if _OTHERS.search(pattern):
        return NONE
    parser = importlib.import_module("re._parser")
    try:
        parsed = parser.parse(pattern.encode("utf-8"))
        writer = _Writer(set(_referred(parsed)))
        writer.sequence(parsed, parsed.state.flags)
        writer.emit(MATCH)
        first, empty = _first(parsed, parsed.state.flags)
    except (re.error, OverflowError, RecursionError, _Beyond):  # more than fits, or syntax that only regex knows
        return NONE
    # Its first word names the bytes that a match can begin with.
    start = writer.set_of(_ALL if empty else first)
    return Program((start, *writer.code), writer.sets)


def merged(programs: Iterable[Program]) -> tuple[list[tuple[int, ...]], list[bytes]]:
    """The codes of programs that share one list of sets, and that list."""
    shared: dict[bytes, int] = {}
    codes = []
    for program in programs:
        to = {i: shared.setdefault(each, len(shared)) for i, each in enumerate(program.sets)}
        codes.append(_with_sets(program.code, to) if program.code else ())
    return codes, list(shared)


def _with_sets(code: tuple[int, ...], to: Mapping[int, int]) -> tuple[int, ...]:
    out = [to[code[0]], *code[1:]]
    at = 1
    while at < len(out):
        op = out[at] & 0xFF
        if op in _WITH_SET:
            out[at] = op | to[out[at] >> 8] << 8
        at += _WORDS[op]
    return tuple(out)


def _referred(pattern: Iterable[Any]) -> Iterator[int]:
    """The groups that back references name."""
    for kind, value in pattern:
        match str(kind):
            case "GROUPREF":
                yield value
            case "BRANCH":
                for branch in value[1]:
                    yield from _referred(branch)
            case "ATOMIC_GROUP":
                yield from _referred(value)
            case "SUBPATTERN" | "ASSERT" | "ASSERT_NOT" | "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                yield from _referred(value[-1])


def _characters(kind: str, value: Any, flags: int) -> frozenset[int]:
    ignore = bool(flags & _IGNORECASE)
    if kind == "ANY":
        return _ALL if flags & _DOTALL else _ALL - {0x0A}
    if kind == "IN":
        found = characters_of(value, ignore)
        if found is None:
            raise _Beyond
        return found
    cased = {value, value ^ 0x20} if ignore and 0x41 <= value & 0xDF <= 0x5A else {value}
    return _ALL - cased if kind == "NOT_LITERAL" else frozenset(cased)


def _first(pattern: Iterable[tuple[Any, Any]], flags: int) -> tuple[frozenset[int], bool]:
    """Bytes that a match of these pieces can begin with, and whether it can be empty."""
    found: frozenset[int] = frozenset()
    for kind, value in pattern:
        match str(kind):
            case "AT" | "ASSERT" | "ASSERT_NOT":
                continue
            case "BRANCH":
                each = [_first(branch, flags) for branch in value[1]]
                first, empty = frozenset().union(*(f for f, _ in each)), any(e for _, e in each)
            case "SUBPATTERN":
                _, add, remove, inner = value
                first, empty = _first(inner, (flags | add) & ~remove)
            case "ATOMIC_GROUP":
                first, empty = _first(value, flags)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                first, empty = _first(value[2], flags)
                empty = empty or value[0] == 0
            case "GROUPREF":
                return _ALL, True
            case "FAILURE":
                return found, False
            case name:
                first, empty = _characters(name, value, flags), False
        found |= first
        if not empty:
            return found, False
    return found, True
