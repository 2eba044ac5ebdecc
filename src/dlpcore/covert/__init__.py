"""Covert channels: a module a family. Each prices what a writer's freedom could hide, and recovers it."""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from .. import _native
from . import escapes, keys, literals, numbers, structure, unicode, whitespace
from .channel import ChannelReport, Late
from .recovery import MAX_CANDIDATES

__all__ = ["FAMILIES", "MAX_CANDIDATES", "ChannelReport", "Family", "Late"]


class Wanted(Protocol):
    """Whether the census gives a family anything to look at: a test of a few numbers, no pass over the payload."""

    def __call__(self, size: int, scan: _native.Scan, /) -> bool: ...


class Detect(Protocol):
    """Reports of every channel of a family whose price is above zero.

    ``limit`` bounds the bytes recovered; once ``late`` says so, what is left is priced and not decoded.
    """

    def __call__(
        self,
        payload: bytes | memoryview,
        scan: _native.Scan,
        prefilter: _native.Prefilter,
        limit: int,
        late: Late = ...,
        /,
    ) -> list[ChannelReport]: ...


class Family(NamedTuple):
    """A family of channels: when to look, and what looks."""

    name: str
    wanted: Wanted
    detect: Detect


#: All families, in the order of CHANNELS: a new one is a module and a row here.
FAMILIES: Final = (
    Family("whitespace", whitespace.wanted, whitespace.detect),
    Family("escapes", escapes.wanted, escapes.detect),
    Family("numbers", numbers.wanted, numbers.detect),
    Family("keys", keys.wanted, keys.detect),
    Family("literals", literals.wanted, literals.detect),
    Family("unicode", unicode.wanted, unicode.detect),
    Family("structure", structure.wanted, structure.detect),
)
