"""What writers put around a message so that a reader knows where it ends: its length before it, a mark behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = ["Frame", "frames"]

#: Heads that say a length, with the bits by which one that fits beats chance.
_LENGTHS: Final = (
    (4, "big", 20.0),
    (4, "little", 20.0),
    (2, "big", 10.0),
    (2, "little", 10.0),
    (1, "big", 6.0),
)
#: NUL, end of text, end of transmission (ASCII), and the bytes that UTF-8 never has.
_ENDS: Final = b"\x00\x03\x04\xff\xfe"
_FILL: Final = b"\x00\xff"


class Frame(NamedTuple):
    """A part of decoded bytes: ``data[start:end]`` is the message; ``bits`` are what the frame says for it."""

    bits: float
    start: int
    end: int
    name: str


def frames(data: bytes, room: int) -> Iterator[Frame]:
    """The frames that decoded bytes may have.

    Args:
        data: the first bytes, or all, with the fill behind the message.
        room: how many bytes the carrier holds in all.
    """
    whole = len(data) >= room
    for width, order, bits in _LENGTHS:
        if len(data) <= width:
            continue
        said = int.from_bytes(data[:width], "big" if order == "big" else "little")
        for scale in (1, 8):  # in bytes or in bits
            size, odd = divmod(said, scale)
            if odd or not 2 <= size <= room - width or (scale == 8 and width == 1):
                continue
            end = width + size
            behind = data[end:]
            if (whole and not behind) or (behind and _is_fill(behind)) or (not whole and end >= len(data)):
                if _is_fill(data[end - 2 : end]) or _sparse(data[width:end]):
                    continue  # fill, some of which is taken for a length
                yield Frame(bits, width, end, f"length-{8 * width}{'' if order == 'big' else '-little'}")
    if data[:1] in _MARKED:
        return
    for mark in _ENDS:
        end = data.find(mark)
        if end >= 2:
            behind = data[end + 1 :]
            fits = not behind or _is_fill(behind)
            yield Frame(2.0 if fits else -6.0 - 2.0 * len(behind), 0, end, "")


_MARKED: Final = (b"", b"\x00", b"\xff")


def _sparse(data: bytes) -> bool:
    """Whether bytes are nearly all fill."""
    return len(data) > 2 and 4 * (data.count(0) + data.count(255)) > len(data)


def _is_fill(data: bytes) -> bool:
    """Whether only one byte follows, over and over: the carrier goes on without a message."""
    return data[:1] in (b"\x00", b"\xff") and not data.strip(data[:1])
