"""Recognizers that the caller plugged in: called within bounds, believed in nothing, their failures named.

What they return counts characters; findings count bytes. What they raise is not shown, because it may hold the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple

from ..model import Recognized, Recognizer, Severity, Skipped
from ..views import Subject

__all__ = ["MOST_CHARACTERS", "RecognizerEngine"]

#: Characters of one text that a recognizer is given; a longer one is named as skipped.
MOST_CHARACTERS = 100_000
#: What one recognizer may find in one text.
_MOST_FOUND = 1000
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_WORDS = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")


class _Found(NamedTuple):
    """``text[start:end]`` in bytes, by the recognizer of this name."""

    name: str
    start: int
    end: int
    said: Recognized


class RecognizerEngine:
    """Runs recognizers. Immutable; as thread-safe as they are.

    Raises:
        ValueError: a name is not lower-case words joined by ``-``, or is used twice.
    """

    __slots__ = ("_recognizers",)

    def __init__(self, recognizers: Sequence[Recognizer]) -> None:
        self._recognizers = tuple((each.name, each) for each in recognizers)
        names = [name for name, _ in self._recognizers]
        for name in names:
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise ValueError(f"the name of a recognizer must be lower-case words joined by -, not {name!r}")
        if len(set(names)) < len(names):
            raise ValueError("two recognizers have the same name")

    def run(self, what: Subject, late: Callable[[], bool]) -> tuple[list[_Found], list[Skipped]]:
        """What all of them find in a text; ``late`` is asked before each."""
        found: list[_Found] = []
        skipped: list[Skipped] = []
        # A lone surrogate, or a byte that is not UTF-8, is one character that stands for nothing.
        text = what.text.decode("utf-8", "surrogateescape")
        path = tuple(key.decode("utf-8", "replace") for key in what.path)
        for name, recognizer in self._recognizers:
            if late():
                break
            if len(text) > MOST_CHARACTERS:
                skipped.append(Skipped(f"recognizer.{name}", f"a text has more than {MOST_CHARACTERS} characters"))
                continue
            try:
                said = list(islice(recognizer.recognize(_shown(text), path), _MOST_FOUND + 1))
            except Exception as error:  # the caller's code may raise anything: named, so that nobody takes it for clean
                skipped.append(Skipped(f"recognizer.{name}", f"failed: {type(error).__name__}"))
                continue
            if len(said) > _MOST_FOUND:
                skipped.append(Skipped(f"recognizer.{name}", f"found more than {_MOST_FOUND} things in one text"))
            for each in said[:_MOST_FOUND]:
                if not _is_sound(each, len(text)):
                    skipped.append(Skipped(f"recognizer.{name}", "returned what is no Recognized within the text"))
                    continue
                start = _bytes_of(text[: each.start])
                found.append(_Found(name, start, start + _bytes_of(text[each.start : each.end]), each))
        return found, skipped


def _shown(text: str) -> str:
    """The text as a recognizer may have it: as many characters, and none that cannot be encoded."""
    if text.isascii():
        return text
    return "".join("\ufffd" if "\ud800" <= ch <= "\udfff" else ch for ch in text)


def _bytes_of(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def _is_sound(each: object, size: int) -> bool:
    return (
        isinstance(each, Recognized)
        and type(each.start) is int
        and type(each.end) is int
        and 0 <= each.start < each.end <= size
        and isinstance(each.score, int | float)
        and 0.0 <= each.score <= 1.0
        and isinstance(each.severity, Severity)
        and all(isinstance(word, str) and _WORDS.fullmatch(word) for word in (each.entity, each.family))
    )
