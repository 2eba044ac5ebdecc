"""A slow and obvious reading of RFC 8259: what the native pass is compared with.

One function a production of the grammar, byte by byte. It accepts, or refuses with the offset of the first byte that
no JSON text could have there, and records tokens, gaps and the JSON Pointer of each token on its way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["Parse", "Refused", "Token", "parse", "unescape"]

WHITE = b" \t\n\r"  # RFC 8259 section 2
Step = bytes | int


class Refused(Exception):
    """The document is not JSON; ``offset`` is its first byte that cannot stand there (its size: it ends too early)."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"not JSON at byte {offset}")
        self.offset = offset


@dataclass(frozen=True)
class Token:
    """A string, key or number; content without quotes."""

    start: int
    end: int
    kind: str
    path: tuple[Step, ...]
    keys: tuple[tuple[int, int], ...]  # content of its own and the enclosing keys, nearest first


@dataclass
class Parse:
    """What was read of a document; ``gaps`` are (start, end, class) between all neighbouring tokens."""

    data: bytes
    at: int = 0
    tokens: list[Token] = field(default_factory=list)
    gaps: list[tuple[int, int, str]] = field(default_factory=list)
    places: list[tuple[int, int, tuple[Step, ...]]] = field(default_factory=list)  # (start, end, path) of every token
    duplicates: list[tuple[int, int]] = field(default_factory=list)  # (key, first key of the same name)
    lone: list[int] = field(default_factory=list)  # offsets of escapes that are half a pair
    max_depth: int = 0

    def white(self) -> tuple[int, int]:
        start = self.at
        while self.at < len(self.data) and self.data[self.at] in WHITE:
            self.at += 1
        return start, self.at

    def gap(self, name: str) -> None:
        self.gaps.append((*self.white(), name))

    def is_next(self, any_of: bytes) -> bool:
        return self.at < len(self.data) and self.data[self.at] in any_of

    def take(self, byte: bytes, path: tuple[Step, ...]) -> None:
        if not self.is_next(byte):
            raise Refused(self.at)
        self.places.append((self.at, self.at + 1, path))
        self.at += 1


def parse(data: bytes) -> Parse:
    """Reads a whole document.

    Raises:
        Refused: it is not JSON.
    """
    p = Parse(data)
    if data.startswith(b"\xef\xbb\xbf"):  # section 8.1: may be ignored
        p.at = 3
    p.gap("lead")
    _value(p, (), (), 0)
    p.gap("tail")
    if p.at < len(data):
        raise Refused(p.at)
    return p


def _value(p: Parse, path: tuple[Step, ...], keys: tuple[tuple[int, int], ...], depth: int) -> None:
    if p.is_next(b"{"):
        _object(p, path, keys, depth + 1)
    elif p.is_next(b"["):
        _array(p, path, keys, depth + 1)
    elif p.is_next(b'"'):
        _string(p, "string", path, keys)
    elif p.is_next(b"-0123456789"):
        start = p.at
        _number(p)
        p.tokens.append(Token(start, p.at, "number", path, keys))
        p.places.append((start, p.at, path))
    else:
        for literal in (b"true", b"false", b"null"):
            if p.data.startswith(literal, p.at):
                p.places.append((p.at, p.at + len(literal), path))
                p.at += len(literal)
                break
        else:
            raise Refused(p.at)


def _object(p: Parse, path: tuple[Step, ...], keys: tuple[tuple[int, int], ...], depth: int) -> None:
    p.max_depth = max(p.max_depth, depth)
    p.take(b"{", path)
    gap = p.white()
    if p.is_next(b"}"):
        p.gaps.append((*gap, "empty"))
        p.take(b"}", path)
        return
    p.gaps.append((*gap, "open"))
    seen: dict[bytes, int] = {}
    while True:
        if not p.is_next(b'"'):
            raise Refused(p.at)
        start, end, name = _string(p, "key", path, keys)
        if name in seen:
            p.duplicates.append((start, seen[name]))
        seen.setdefault(name, start)
        member = (*path, name)
        p.gap("before-colon")
        p.take(b":", member)
        p.gap("after-colon")
        _value(p, member, ((start, end), *keys), depth)
        gap = p.white()
        if p.is_next(b"}"):
            p.gaps.append((*gap, "close"))
            p.take(b"}", path)
            return
        p.gaps.append((*gap, "before-comma"))
        p.take(b",", path)
        p.gap("after-comma-object")


def _array(p: Parse, path: tuple[Step, ...], keys: tuple[tuple[int, int], ...], depth: int) -> None:
    p.max_depth = max(p.max_depth, depth)
    p.take(b"[", path)
    gap = p.white()
    if p.is_next(b"]"):
        p.gaps.append((*gap, "empty"))
        p.take(b"]", path)
        return
    p.gaps.append((*gap, "open"))
    index = 0
    while True:
        _value(p, (*path, index), keys, depth)
        gap = p.white()
        if p.is_next(b"]"):
            p.gaps.append((*gap, "close"))
            p.take(b"]", path)
            return
        p.gaps.append((*gap, "before-comma"))
        p.take(b",", path)
        p.gap("after-comma-array")
        index += 1


def _number(p: Parse) -> None:
    """Section 6. A refusal is at the first byte that the grammar does not allow."""
    if p.is_next(b"-"):
        p.at += 1
    if p.is_next(b"0"):
        p.at += 1
    else:
        _digits(p)
    if p.is_next(b"."):
        p.at += 1
        _digits(p)
    if p.is_next(b"eE"):
        p.at += 1
        if p.is_next(b"+-"):
            p.at += 1
        _digits(p)


def _digits(p: Parse) -> None:
    if not p.is_next(b"0123456789"):
        raise Refused(p.at)
    while p.is_next(b"0123456789"):
        p.at += 1


def _string(p: Parse, kind: str, path: tuple[Step, ...], keys: tuple[tuple[int, int], ...]) -> tuple[int, int, bytes]:
    """Section 7, and RFC 3629 inside. Returns the content's span and the decoded content."""
    opening = p.at
    p.at += 1
    start = p.at
    units: list[tuple[int, int]] = []  # escaped code units beside each other: (offset, unit)
    while not p.is_next(b'"'):
        if p.at == len(p.data) or p.data[p.at] < 0x20:
            raise Refused(p.at)
        byte = p.data[p.at]
        if byte == 0x5C:
            units.append(_escape(p))
            continue
        _flush(p, units)
        if byte < 0x80:
            p.at += 1
        else:
            _sequence(p)
    _flush(p, units)
    end = p.at
    p.at += 1
    name = unescape(p.data[start:end])
    if kind == "key":
        path = (*path, name)
    p.tokens.append(Token(start, end, kind, path, keys))
    p.places.append((opening, p.at, path))
    return start, end, name


def _escape(p: Parse) -> tuple[int, int]:
    start = p.at
    p.at += 1
    if p.is_next(b'"\\/bfnrt'):
        p.at += 1
        return start, -1
    if not p.is_next(b"u"):
        raise Refused(p.at)
    p.at += 1
    for _ in range(4):
        if not p.is_next(b"0123456789abcdefABCDEF"):
            raise Refused(p.at)
        p.at += 1
    return start, int(p.data[start + 2 : start + 6], 16)


def _flush(p: Parse, units: list[tuple[int, int]]) -> None:
    """Which of neighbouring escapes are halves without the other half."""
    i = 0
    while i < len(units):
        offset, unit = units[i]
        if 0xD800 <= unit <= 0xDBFF and i + 1 < len(units) and 0xDC00 <= units[i + 1][1] <= 0xDFFF:
            i += 2
            continue
        if 0xD800 <= unit <= 0xDFFF:
            p.lone.append(offset)
        i += 1
    units.clear()


def _sequence(p: Parse) -> None:
    """One multi-byte character, as Python's own strict decoder has it. A refusal is at its first byte."""
    for size in (2, 3, 4):
        try:
            if len(p.data[p.at : p.at + size].decode("utf-8")) == 1:
                p.at += size
                return
        except UnicodeDecodeError:
            continue
    raise Refused(p.at)


_ESCAPES = re.compile(rb'\\(?:u([0-9A-Fa-f]{4})|(["\\/bfnrt]))')
_PLAIN = {b"b": "\b", b"f": "\f", b"n": "\n", b"r": "\r", b"t": "\t"}


def unescape(content: bytes) -> bytes:
    """The decoded content of a string whose escapes are whole, pairs of surrogates joined; half ones stay (WTF-8)."""
    out = ""
    at = 0
    for escape in _ESCAPES.finditer(content):
        out += content[at : escape.start()].decode("utf-8", "surrogatepass")
        out += chr(int(escape[1], 16)) if escape[1] else _PLAIN.get(escape[2], escape[2].decode())
        at = escape.end()
    out += content[at:].decode("utf-8", "surrogatepass")
    return (
        out.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass").encode("utf-8", "surrogatepass")
    )
