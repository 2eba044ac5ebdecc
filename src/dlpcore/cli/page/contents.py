"""Says what a recovered message is without showing it, and, on request, shows it as hex and as text. Bounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import orjson

from ...covert.plausible import magic
from ...model import is_invisible
from ..window import Piece, pieces

__all__ = ["HexRow", "View", "kind_of", "view"]

_ROW: Final = 16
#: Bytes of a message that are shown.
_MOST: Final = 1024
#: Unseen characters in a row that are spelled in a view: what they say is to be read here.
_RUN: Final = 256
#: Larger messages are not parsed only to be named.
_PARSED: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class HexRow:
    """Sixteen bytes: where they begin, as hex, and as ASCII with dots for the others."""

    offset: str
    hex: str
    text: str


@dataclass(frozen=True, slots=True)
class View:
    """The first bytes of a message. ``left_out``: how many follow."""

    rows: tuple[HexRow, ...]
    text: tuple[Piece, ...]
    left_out: int


def kind_of(data: bytes) -> str:
    """What sort of thing it is: ``JSON``, ``text``, the name of a file format, or ``bytes``."""
    if not data:
        return "nothing"
    if (name := magic(data)) is not None:
        return name
    if data[:1] in b'{["' and len(data) <= _PARSED:
        try:
            orjson.loads(data)
        except orjson.JSONDecodeError:
            pass
        else:
            return "JSON"
    try:
        text = data[:_PARSED].decode()
    except UnicodeDecodeError as error:
        if error.start < _PARSED - 3:  # the cut may have gone through a character, nothing else may be wrong
            return "bytes"
        text = data[: error.start].decode()
    return "bytes" if any(is_invisible(ch) for ch in text if ch not in "\t\r\n") else "text"


def view(data: bytes) -> View:
    """The message for a person to read."""
    shown = data[:_MOST]
    rows = tuple(
        HexRow(
            f"{at:06x}",
            " ".join(f"{byte:02x}" for byte in shown[at : at + _ROW]),
            "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in shown[at : at + _ROW]),
        )
        for at in range(0, len(shown), _ROW)
    )
    text = tuple(pieces([(shown.decode("utf-8", "backslashreplace"), True)], run=_RUN))
    return View(rows, text, len(data) - len(shown))
