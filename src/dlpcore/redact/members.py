"""Takes members of objects and elements of arrays out of a document, with the comma that goes with them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from .. import _native
from ..model import Span

__all__ = ["extent", "removals"]

_BLANK: Final = b" \t\r\n"
_SPACE: Final = re.compile(rb"[ \t\r\n]*")
#: A string, a bracket, or another value.
_PART: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]|[^,:{}\[\]"\s]+')


def extent(data: bytes, tokens: _native.Tokens, index: int) -> Span | None:
    """The member (name and value) or array element of a token; ``None`` where the token is the whole document."""
    token = tokens[index]
    quote = token.kind != "number"
    start, end = token.start - quote, token.end + quote
    if token.kind == "key":
        return start, _value_end(data, _after(data, _after(data, end) + 1))
    before = _before(data, start)
    if before < 0 or data[before] not in b":,[":
        return None
    if data[before] == 0x3A:  # the token before a value is its name
        start = tokens[index - 1].start - 1
    return start, end


def removals(data: bytes, extents: Iterable[Span]) -> list[Span]:
    """What to delete so that these members are gone and the rest is JSON as it was; disjoint, ascending."""
    runs: list[Span] = []
    for start, end in sorted(extents, key=lambda span: (span[0], -span[1])):
        if runs and end <= runs[-1][1]:
            continue  # inside one that goes
        if runs:
            comma = _after(data, runs[-1][1])
            if comma < start and _after(data, comma + 1) == start:
                runs[-1] = (runs[-1][0], end)  # neighbours go together
                continue
        runs.append((start, end))
    result: list[Span] = []
    for start, end in runs:
        after, before = _after(data, end), _before(data, start)
        if after < len(data) and data[after] == 0x2C:
            end = _after(data, after + 1)
        elif before >= 0 and data[before] == 0x2C:
            start = before
        result.append((start, end))
    return result


def _after(data: bytes, offset: int) -> int:
    match = _SPACE.match(data, offset)
    assert match is not None  # it matches nothing at all, too
    return match.end()


def _before(data: bytes, offset: int) -> int:
    """The offset of the last byte before ``offset`` that is not blank; -1 where there is none."""
    offset -= 1
    while offset >= 0 and data[offset] in _BLANK:
        offset -= 1
    return offset


def _value_end(data: bytes, offset: int) -> int:
    depth = 0
    for match in _PART.finditer(data, offset):
        part = match.group()
        depth += (part in (b"{", b"[")) - (part in (b"}", b"]"))
        if not depth:
            return match.end()
    return len(data)
