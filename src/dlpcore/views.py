"""Views: the texts that the rules search, with the way back from their offsets to the payload."""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from . import _native
from .model import Span

__all__ = [
    "Carrier",
    "Chained",
    "OffsetMap",
    "Offsets",
    "Shift",
    "Subject",
    "TextView",
    "folded",
    "siblings_of",
    "subject",
    "subject_of",
    "text_view",
]


@dataclass(slots=True, unsafe_hash=True)
class Subject:
    """One piece of text that a rule looks at. Not to be changed once made.

    Attributes:
        text: decoded UTF-8 (WTF-8 for lone surrogates) of a string or key; exact text of a number; raw text.
        kind: ``"string"``, ``"number"``, ``"key"``, or ``"text"`` for what is not JSON.
        path: decoded key names, nearest first: the member's own key, then the enclosing ones.
        names: what the members beside it call it (``{"name": "password", "value": …}``), in their order, decoded.
            Of a list of two, the first calls the second.
        siblings: the names beside its own in the same object, looked up when asked for; in a payload those at most
            4 KB away.
    """

    text: bytes
    kind: str
    path: tuple[bytes, ...] = ()
    names: tuple[bytes, ...] = ()
    siblings: Callable[[], frozenset[bytes]] = field(default=frozenset, compare=False, repr=False)


class Carrier:
    """What held bytes that were decoded or recovered: the way back for edits. Shows no byte in its repr.

    Attributes:
        parent: the carrier of the bytes that it lies in; ``None`` for the payload itself.
        spans: the pieces of the parent's bytes that it is written in.
        step: name of the encoding (``"base64"``), or of the covert channel (``"whitespace.trailing"``).
        covert: whether it is a covert channel, which is not written again but taken away.
        data: what it held.
    """

    __slots__ = ("covert", "data", "parent", "spans", "step")

    def __init__(
        self, parent: Carrier | None, spans: tuple[Span, ...], step: str, data: bytes, covert: bool = False
    ) -> None:
        self.parent = parent
        self.spans = spans
        self.step = step
        self.data = data
        self.covert = covert

    def __repr__(self) -> str:
        return f"<Carrier {self.step}, {len(self.data)} bytes>"


#: Longest integer that a number in another form is written out as; the native pass marks no longer one.
_INTEGER_DIGITS = 64


class OffsetMap:
    """Offsets of a decoded text back to the payload.

    ``pairs`` are (offset in the text, offset in the payload), ascending: between two pairs of equal distances bytes
    are the same; otherwise an escape stands there, whose bytes belong together.
    """

    __slots__ = ("_decoded", "_raw")

    def __init__(self, pairs: Sequence[tuple[int, int]], base: int = 0) -> None:
        self._decoded = [decoded for decoded, _ in pairs]
        self._raw = [raw + base for _, raw in pairs]

    def span(self, start: int, end: int) -> Span:
        """The payload's bytes that hold the text's ``[start, end)``, whole escapes included."""
        return self._at(start, False), self._at(end, True)

    def _at(self, offset: int, is_end: bool) -> int:
        i = bisect_right(self._decoded, offset) - 1
        if is_end and i > 0 and self._decoded[i] == offset:
            # an end that falls on a boundary belongs to what stands before it
            while i > 0 and self._decoded[i - 1] == offset:
                i -= 1
            return self._raw[i]
        if i + 1 >= len(self._decoded):
            return self._raw[-1]
        if self._decoded[i + 1] - self._decoded[i] == self._raw[i + 1] - self._raw[i]:
            return self._raw[i] + offset - self._decoded[i]
        return self._raw[i + 1] if is_end and offset > self._decoded[i] else self._raw[i]


class Shift:
    """Offsets of a text that stands in the payload byte for byte, from ``base`` on."""

    __slots__ = ("base",)

    def __init__(self, base: int) -> None:
        self.base = base

    def span(self, start: int, end: int) -> Span:
        """The payload's bytes that hold ``[start, end)``."""
        return self.base + start, self.base + end


class Chained(NamedTuple):
    """Offsets of a view of a view: through the inner map, then the outer one."""

    inner: OffsetMap
    outer: OffsetMap | Shift

    def span(self, start: int, end: int) -> Span:
        """The payload's bytes that hold ``[start, end)``."""
        return self.outer.span(*self.inner.span(start, end))


def _number(text: bytes) -> bytes:
    """The exact digits of a number that is an integer written otherwise (4.1e15); else the text as it stands."""
    if not (b"." in text or b"e" in text or b"E" in text):
        return text
    try:
        value = Decimal(text.decode("ascii"))
    except (ArithmeticError, UnicodeDecodeError):
        return text
    if not value or not 0 <= value.adjusted() < _INTEGER_DIGITS:
        return text
    whole, _, fraction = format(value, "f").partition(".")
    return text if fraction.strip("0") else whole.encode()


#: How far from a member the names beside it are looked for, in bytes before and behind.
_REACH = 4096
_PIECE = re.compile(rb'"((?:[^"\\]|\\.)*)"([ \t\r\n]*:)?|[{}\[\]]')
_BRACE = re.compile(rb"[{}\[\]]")


def _names(members: bytes) -> Iterator[bytes]:
    """The names of the members of one object, up to its end, from between two of its members on."""
    depth = 0
    for piece in _PIECE.finditer(members):
        if piece[1] is not None:
            if piece[2] and not depth:
                yield piece[1]
        elif piece[0] in b"{[":
            depth += 1
        elif depth:
            depth -= 1
        else:
            return


def siblings_of(payload: bytes | memoryview, start: int, end: int) -> Callable[[], frozenset[bytes]]:
    """What looks up the names beside the value at ``[start, end)`` of a payload."""
    return functools.partial(_siblings, payload, start, end)


def _siblings(payload: bytes | memoryview, start: int, end: int) -> frozenset[bytes]:
    before = bytes(payload[max(0, start - _REACH) : start])
    after = bytes(payload[end + 1 : end + _REACH])
    opened = depth = 0
    for brace in reversed(list(_BRACE.finditer(before))):
        depth += 1 if brace[0] in b"}]" else -1
        if depth < 0:
            opened = brace.end()
            break
    return frozenset(_names(before[opened:])) | frozenset(_names(after))


#: The way back from a text.
Offsets: TypeAlias = OffsetMap | Shift | Chained


def subject(payload: bytes | memoryview, token: _native.Token) -> tuple[Subject, OffsetMap | Shift]:
    """The text of a token as rules see it, and the map back."""
    return subject_of(payload, *token)


def subject_of(
    payload: bytes | memoryview,
    start: int,
    end: int,
    kind: str,
    flags: int,
    keys: Sequence[Span],
    names: Sequence[Span] = (),
) -> tuple[Subject, OffsetMap | Shift]:
    """As :func:`subject`, of a token that is not one object."""
    text = payload[start:end] if type(payload) is bytes else bytes(payload[start:end])
    offsets: OffsetMap | Shift
    if kind == "number" and (number := _number(text)) is not text:
        text, offsets = number, OffsetMap([(0, 0), (len(number), len(text))], start)
    elif flags & _native.F_ESCAPED and kind in _ESCAPED:
        text, pairs = _native.unescape(text)
        offsets = OffsetMap(pairs, start)
    else:
        offsets = Shift(start)
    path = tuple([_name(payload, first, last) for first, last in keys])
    called = tuple([_name(payload, first, last) for first, last in names]) if names else ()
    return Subject(text, kind, path, called, siblings_of(payload, start, end)), offsets


#: Kinds of tokens that may hold escapes.
_ESCAPED = frozenset(("string", "key"))


def _name(payload: bytes | memoryview, start: int, end: int) -> bytes:
    raw = bytes(payload[start:end])
    return _native.unescape(raw)[0] if b"\\" in raw else raw


def folded(text: bytes) -> tuple[bytes, list[tuple[int, int]]] | None:
    """A decoded text as a reader takes it, where that differs; ``None`` where it does not.

    Invisible characters are gone, and full width and mathematical forms, digits of other scripts, odd spaces and the
    look-alikes of ASCII (UTS #39) are that ASCII.

    Returns:
        The folded text, and pairs (offset in it, offset in ``text``) as :class:`OffsetMap` takes them.
    """
    if text.isascii():
        return None
    view, pairs = _native.fold(text)
    return None if len(view) == len(text) else (view, pairs)  # every change shortens


@dataclass(frozen=True, slots=True)
class TextView:
    """The strings and numbers of a document, unescaped, one a line, each behind its key and ``": "``."""

    text: bytes
    offsets: OffsetMap


def text_view(payload: bytes | memoryview, tokens: Sequence[_native.Token]) -> TextView:
    """Builds the text view from all tokens of a document, in order."""
    parts: list[bytes] = []
    pairs: list[tuple[int, int]] = []
    at = 0
    for i, token in enumerate(tokens):
        raw = bytes(payload[token.start : token.end])
        text, own = (raw, [(0, 0), (len(raw), len(raw))]) if token.kind == "number" else _native.unescape(raw)
        pairs.extend((at + decoded, token.start + offset) for decoded, offset in own)
        follows = i + 1 < len(tokens) and token.kind == "key" and tokens[i + 1].kind != "key"
        separator = b": " if follows else b"\n"
        parts += (text, separator)
        at += len(text) + len(separator)
    return TextView(b"".join(parts), OffsetMap(pairs or [(0, 0)]))
