"""Which rules' literals count only where a word starts: there the native pass looks first, and looks less.

Theory of operation. Where every match of a pattern begins with one of the rule's literals, and the pattern says that no
letter or digit stands before it, the search may enter such a literal where a word starts. Whatever is not understood
is looked for everywhere: a mistake in reading may cost time and never a finding.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .schema import Rule

__all__ = ["begin_with", "characters_of", "heads", "openings", "starts_words"]

_ALNUM: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_DIGITS: Final = frozenset(b"0123456789")
_ALL: Final = frozenset(range(256))
#: Of patterns of bytes.
_CATEGORIES: Final = {
    f"CATEGORY_{name}": each
    for known, found in (("DIGIT", _DIGITS), ("SPACE", frozenset(b"\t\n\v\f\r ")), ("WORD", _ALNUM | {0x5F}))
    for name, each in ((known, found), (f"NOT_{known}", _ALL - found))
}
_MOST: Final = 512
_LONGEST: Final = 24

#: What a match may begin with: bytes, whether case is ignored, and whether what follows is still known.
_Head = tuple[bytes, bool, bool]


def openings(pattern: Iterable[tuple[Any, Any]], ignore: bool) -> tuple[tuple[bytes, bool], ...]:
    """Texts of which each match begins with one, where no letter or digit can stand before a match; else none.

    Args:
        pattern: as :mod:`re` reads it.
        ignore: whether case is ignored from the start.
    """
    pieces = list(pattern)
    if not _bounded(pieces, ignore):
        return ()
    found = tuple(dict.fromkeys((text, nocase) for text, nocase, _ in _heads(pieces, ignore)))
    return () if (b"", False) in found or (b"", True) in found else found


def heads(pattern: Iterable[tuple[Any, Any]], ignore: bool) -> tuple[tuple[bytes, bool], ...]:
    """Texts of which each match begins with one, and whether their case is ignored, wherever it stands; else none.

    Args:
        pattern: as :mod:`re` reads it.
        ignore: whether case is ignored from the start.
    """
    found = tuple(dict.fromkeys((text, nocase) for text, nocase, _ in _heads(list(pattern), ignore)))
    return () if any(not text for text, _ in found) else found


def starts_words(rule: Rule, opened: Collection[tuple[bytes, bool]]) -> bool:
    """Whether in each match of the rule's pattern, with these openings, a literal of its anchor starts a word.

    A word is a run of ASCII letters and digits.
    """
    return "document" not in rule.targets and begin_with(rule.anchor.literals, opened)


def begin_with(anchors: Iterable[tuple[bytes, bool]], opened: Collection[tuple[bytes, bool]]) -> bool:
    """Whether there are openings, and each begins with one of these literals."""
    literals = [(text.lower() if nocase else text, nocase) for text, nocase in anchors]
    return bool(opened) and all(
        any((text.lower() if nocase else b"" if ignored else text).startswith(literal) for literal, nocase in literals)
        for text, ignored in opened
    )


def characters_of(items: Iterable[tuple[Any, Any]], ignore: bool) -> frozenset[int] | None:
    """The bytes that a class in brackets takes; None where that is not known."""
    taken: set[int] = set()
    negated = False
    for kind, value in items:
        match str(kind):
            case "NEGATE":
                negated = True
            case "LITERAL":
                taken.add(value)
            case "RANGE":
                taken.update(range(value[0], value[1] + 1))
            case "CATEGORY" if str(value) in _CATEGORIES:
                taken |= _CATEGORIES[str(value)]
            case _:
                return None
    if ignore:
        taken |= {c ^ 0x20 for c in taken if 0x41 <= c & 0xDF <= 0x5A}
    return _ALL - taken if negated else frozenset(taken)


def _bounded(pattern: Iterable[tuple[Any, Any]], ignore: bool) -> bool:
    """Whether no letter or digit can stand before a match."""
    for kind, value in pattern:
        match str(kind):
            case "AT":
                if str(value) in ("AT_BEGINNING", "AT_BEGINNING_STRING"):
                    return str(value) == "AT_BEGINNING_STRING"
                if str(value) == "AT_BOUNDARY":
                    return False  # it speaks of what follows too
            case "ASSERT_NOT" if value[0] == -1:
                inner = list(value[1])
                if (
                    len(inner) == 1
                    and str(inner[0][0]) == "IN"
                    and (characters_of(inner[0][1], ignore) or frozenset()) >= _ALNUM
                ):
                    return True
            case "ASSERT" | "ASSERT_NOT":
                continue
            case "SUBPATTERN":
                return _bounded(value[3], ignore)
            case "BRANCH":
                return all(_bounded(branch, ignore) for branch in value[1])
            case _:
                return False
    return False


def _heads(pattern: Iterable[tuple[Any, Any]], ignore: bool) -> list[_Head]:
    """Texts of which every match begins with one; none where they are too many."""
    found: list[_Head] = [(b"", False, True)]
    for kind, value in pattern:
        if not any(known for _, _, known in found):
            break
        more: list[_Head]
        match str(kind):
            case "ASSERT" | "ASSERT_NOT" | "AT":
                continue
            case "LITERAL":
                more = [(bytes((value,)), ignore, True)]
            case "IN":
                more = [(bytes((c,)), False, True) for c in sorted(characters_of(value, ignore) or _ALL)]
            case "BRANCH":
                more = list(itertools.chain.from_iterable(_heads(branch, ignore) for branch in value[1]))
            case "SUBPATTERN":
                _, add, remove, inner = value
                more = _heads(inner, (ignore or bool(add & re.IGNORECASE)) and not remove & re.IGNORECASE)
            case "MAX_REPEAT" if value[:2] == (0, 1):
                more = [(b"", False, True), *_heads(value[2], ignore)]
            case "MAX_REPEAT" if value[0] > 0:
                more = [(text, nocase, False) for text, nocase, _ in _heads(value[2], ignore)]
            case _:
                more = [(b"", False, False)]
        if not more or len(found) * len(more) > _MOST:
            more = [(b"", False, False)]
        found = list(
            dict.fromkeys(
                (text + next, nocase or ignored, go_on and len(text + next) < _LONGEST)
                if known
                else (text, nocase, known)
                for text, nocase, known in found
                for next, ignored, go_on in (more if known else more[:1])
            )
        )
    return found
