"""A subset of JSONPath (RFC 9535) that says where a member is: names, indexes, wildcards, descendants; no filters.

A path is matched against the place of one member, which is known already, so nothing is evaluated over a document: the
work is the length of the place times that of the path.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["JSONPath", "Place"]

#: Names and array indexes from the root to a member.
Place: TypeAlias = Sequence[str | int]
#: A name, an index, or any of them (``None``).
_Selector: TypeAlias = str | int | None

#: Letters, digits and ``_`` of ASCII, and all that is not ASCII: said by what it is not, which compiles in no time.
_SHORTHAND = re.compile(r"[^\x00-@\[-^`{-\x7f][^\x00-/:-@\[-^`{-\x7f]*")
_INDEX = re.compile(r"0|-?[1-9][0-9]*")
_BLANK = re.compile(r"[ \t\n\r]*")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "/": "/", "\\": "\\"}
#: RFC 9535, 2.1: indexes are within what I-JSON numbers hold exactly.
_MOST = 2**53 - 1


@dataclass(frozen=True, slots=True)
class _Segment:
    descend: bool
    selectors: tuple[_Selector, ...]

    def takes(self, step: str | int) -> bool:
        return any(selector is None or selector == step for selector in self.selectors)


@dataclass(frozen=True, slots=True)
class JSONPath:
    """One path. ``text`` is as it was written. Immutable, thread-safe."""

    text: str
    segments: tuple[_Segment, ...]

    @classmethod
    def parse(cls, text: str) -> JSONPath:
        """Reads a path such as ``$.customer.cards[*].number`` or ``$..['api key']``.

        Raises:
            ValueError: it is no path, or it says what this subset cannot (slices, filters, indexes from the end); the
                message has the position.
        """
        return cls(text, tuple(_Reader(text).read()))

    def matches(self, place: Place, *, within: bool = False) -> bool:
        """Whether the member at ``place`` is one of those that the path names.

        Args:
            within: or lies, at any depth, within one.
        """
        segments = self.segments
        end = len(segments)
        states = {0}
        for step in place:
            if within and end in states:
                return True
            states = {
                following
                for state in states
                if state < end
                for following in (
                    *((state,) if segments[state].descend else ()),
                    *((state + 1,) if segments[state].takes(step) else ()),
                )
            }
            if not states:
                return False
        return end in states

    @property
    def names(self) -> tuple[str, ...]:
        """Names of which one is on the way to whatever the path names, the nearest to it; ``()`` for none."""
        for segment in reversed(self.segments):
            names = tuple(selector for selector in segment.selectors if isinstance(selector, str))
            if len(names) == len(segment.selectors):
                return names
        return ()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def _fail(self, why: str) -> ValueError:
        return ValueError(f"{why} at character {self._at + 1}")

    def _next(self, token: str) -> bool:
        if self._text.startswith(token, self._at):
            self._at += len(token)
            return True
        return False

    def _blank(self) -> None:
        found = _BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def read(self) -> list[_Segment]:
        if not self._next("$"):
            raise self._fail("a path begins with $")
        segments: list[_Segment] = []
        while self._at < len(self._text):
            self._blank()
            if self._at == len(self._text):
                raise self._fail("white space may not end a path")
            if self._next(".."):
                segments.append(_Segment(True, self._bracket() if self._next("[") else (self._name(),)))
            elif self._next("."):
                segments.append(_Segment(False, (self._name(),)))
            elif self._next("["):
                segments.append(_Segment(False, self._bracket()))
            else:
                raise self._fail("expected . or [")
        return segments

    def _name(self) -> _Selector:
        if self._next("*"):
            return None
        found = _SHORTHAND.match(self._text, self._at)
        if not found:
            raise self._fail("expected a name (others than letters, digits and _ in brackets and quotes)")
        self._at = found.end()
        return found[0]

    def _bracket(self) -> tuple[_Selector, ...]:
        selectors: list[_Selector] = []
        while True:
            self._blank()
            selectors.append(self._selector())
            self._blank()
            if self._next("]"):
                return tuple(selectors)
            if not self._next(","):
                raise self._fail("expected , or ] (slices and filters are not supported)")

    def _selector(self) -> _Selector:
        for quote in "'\"":
            if self._next(quote):
                return self._quoted(quote)
        if self._next("*"):
            return None
        found = _INDEX.match(self._text, self._at)
        if not found:
            raise self._fail("expected a name in quotes, an index or * (slices and filters are not supported)")
        if found[0].startswith("-"):
            raise self._fail("indexes from the end are not supported")
        if int(found[0]) > _MOST:
            raise self._fail("the index is too large")
        self._at = found.end()
        return int(found[0])

    def _quoted(self, quote: str) -> str:
        parts: list[str] = []
        while True:
            ch = self._text[self._at : self._at + 1]
            if not ch or ch < " ":
                raise self._fail("the name is not closed")
            self._at += 1
            if ch == quote:
                return "".join(parts)
            parts.append(self._escape(quote) if ch == "\\" else ch)

    def _escape(self, quote: str) -> str:
        ch = self._text[self._at : self._at + 1]
        if ch == "u":
            found = re.compile(
                r"u(?:([Dd][89ABab][0-9A-Fa-f]{2})\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})|((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4}))"
            ).match(self._text, self._at)
            if not found:
                raise self._fail("no such escape")
            self._at = found.end()
            if found[3]:
                return chr(int(found[3], 16))
            return chr(0x10000 + ((int(found[1], 16) - 0xD800) << 10) + int(found[2], 16) - 0xDC00)
        if ch and (ch == quote or ch in _ESCAPES):
            self._at += 1
            return quote if ch == quote else _ESCAPES[ch]
        raise self._fail("no such escape")
