"""Derives from a pattern the literals of which one is present in every text that it matches.

Theory of operation. The pattern is read by Python's own reader of regular expressions into a tree. Of each node two
things are asked: *exact*, all the strings that it can match, where these are few; and *best*, a set of literals of
which one is in whatever it matches. A sequence multiplies exact sets for as long as they stay small, which makes long
literals of short ones; an alternation unites; what is repeated at least once implies what it repeats. Look-around and
anchors have no width, so a run goes on over them. Whatever is not understood implies nothing: a mistake in reading may
cost time and never a finding.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

__all__ = ["Literal", "required"]

#: ``(literal, nocase)``; lower-case if nocase.
Literal = tuple[bytes, bool]

#: The least bytes of a literal that the native pass looks for.
MIN_LITERAL = 3
_MOST = 64
_LONGEST = 32
_NOTHING_WIDE: frozenset[Literal] = frozenset({(b"", False)})


class _Implied(NamedTuple):
    exact: frozenset[Literal] | None
    best: frozenset[Literal] | None


_UNKNOWN = _Implied(None, None)


def required(pattern: str) -> tuple[Literal, ...]:
    """Literals of three bytes or more, one of which is in every match of ``pattern``; ``()`` where none is known.

    Args:
        pattern: in the dialect of :mod:`re`, over bytes. One that only ``regex`` can read implies nothing.
    """
    try:
        parser: Any = importlib.import_module("re._parser")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parser.parse(pattern.encode())
    except (ImportError, AttributeError, re.error, OverflowError, RecursionError, UnicodeEncodeError):
        return ()
    try:
        implied = _sequence(tree, bool(tree.state.flags & re.IGNORECASE))
    except (RecursionError, AttributeError, TypeError, ValueError):
        return ()
    chosen = _better(implied.best, implied.exact)
    return tuple(sorted(chosen)) if chosen else ()


def _usable(literals: frozenset[Literal] | None) -> bool:
    return bool(literals) and all(len(text) >= MIN_LITERAL for text, _ in literals or ())


def _better(one: frozenset[Literal] | None, other: frozenset[Literal] | None) -> frozenset[Literal] | None:
    """The one that is seen more rarely: by its shortest literal, then by their number."""
    usable = [each for each in (one, other) if each is not None and _usable(each)]
    return max(usable, key=lambda each: (min(min(len(text) for text, _ in each), 6), -len(each)), default=None)


def _joined(left: frozenset[Literal], right: frozenset[Literal]) -> frozenset[Literal] | None:
    if len(left) * len(right) > _MOST:
        return None
    result: set[Literal] = set()
    for text, nocase in left:
        for more, also in right:
            # A part that ignores case makes all of it ignore case: that is seen more often, and never less.
            either = (nocase and bool(text)) or (also and bool(more))
            whole = text + more
            if len(whole) > _LONGEST or (either and not whole.isascii()):
                return None
            result.add((whole.lower() if either else whole, either))
    return frozenset(result)


def _sequence(items: Iterable[Any], nocase: bool) -> _Implied:
    run: frozenset[Literal] = _NOTHING_WIDE
    whole, best = True, None
    for operator, argument in items:
        implied = _one(str(operator), argument, nocase)
        joined = None if implied.exact is None else _joined(run, implied.exact)
        if joined is not None:
            run = joined
            continue
        whole = False
        best = _better(best, run)
        best = _better(best, implied.best)
        run = implied.exact if implied.exact is not None and len(implied.exact) <= _MOST else _NOTHING_WIDE
    return _Implied(run if whole else None, _better(best, run))


def _one(operator: str, argument: Any, nocase: bool) -> _Implied:
    if operator == "LITERAL":
        return _Implied(_characters([argument], nocase), None)
    if operator == "IN":
        return _Implied(_members(argument, nocase), None)
    if operator in ("AT", "ASSERT", "ASSERT_NOT"):
        return _Implied(_NOTHING_WIDE, None)
    if operator == "SUBPATTERN":
        _, on, off, inner = argument
        return _sequence(inner, (nocase or bool(on & re.IGNORECASE)) and not off & re.IGNORECASE)
    if operator == "ATOMIC_GROUP":
        return _sequence(argument, nocase)
    if operator == "BRANCH":
        return _branch([_sequence(each, nocase) for each in argument[1]])
    if operator in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, inner = argument
        return _repeat(int(least), int(most), _sequence(inner, nocase))
    return _UNKNOWN


def _characters(codes: Iterable[int], nocase: bool) -> frozenset[Literal]:
    """Strings of one byte. Where case is ignored, a letter is one string and not two."""
    found: set[Literal] = set()
    for code in codes:
        byte = bytes((code,))
        ignored = nocase and byte.isalpha() and byte.isascii()
        found.add((byte.lower() if ignored else byte, ignored))
    return frozenset(found)


def _members(members: list[Any], nocase: bool) -> frozenset[Literal] | None:
    codes: list[int] = []
    for operator, argument in members:
        if str(operator) == "LITERAL":
            codes.append(argument)
        elif str(operator) == "RANGE" and argument[1] - argument[0] < 8:
            codes += range(argument[0], argument[1] + 1)
        else:
            return None
    both = {c for c in codes if bytes((c,)).isalpha() and c < 128 and c ^ 32 in codes}
    if both and len(both) == len(set(codes)):
        return _characters(both, True)
    return _characters(codes, nocase) if 0 < len(codes) <= 8 else None


def _branch(branches: list[_Implied]) -> _Implied:
    exact: frozenset[Literal] | None = frozenset()
    best: frozenset[Literal] | None = frozenset()
    for each in branches:
        exact = None if exact is None or each.exact is None else exact | each.exact
        chosen = _better(each.best, each.exact)
        best = None if best is None or chosen is None else best | chosen
    if exact is not None and len(exact) > _MOST:
        exact = None
    return _Implied(exact, best if best and len(best) <= 4 * _MOST else None)


def _repeat(least: int, most: int, inner: _Implied) -> _Implied:
    if least == most and inner.exact is not None and most <= _LONGEST:
        repeated: frozenset[Literal] | None = _NOTHING_WIDE
        for _ in range(most):
            repeated = None if repeated is None else _joined(repeated, inner.exact)
        if repeated is not None:
            return _Implied(repeated, None)
    if (least, most) == (0, 1) and inner.exact is not None:
        return _Implied(inner.exact | _NOTHING_WIDE, None)
    if least == 0:
        return _UNKNOWN
    return _Implied(None, _better(inner.best, inner.exact))
