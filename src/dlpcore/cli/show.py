"""Draws a window of bytes at the terminal: white space as ``·`` ``→`` ``␍`` ``␊``, the other unseen as escapes."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from ..model import Span
from .inputs import Data
from .window import Mask, window

__all__ = ["drawn"]

_VISIBLE = {" ": "·", "\t": "→", "\r": "␍", "\n": "␊"}
_STRUCTURE = "dim"
_HIDDEN = "bold magenta"
_MASKED = "bold yellow"
#: Of the characters of a run that are not spelled, this many sorts are counted.
_SORTS = 8


def drawn(data: Data, span: Span, hidden: Sequence[Mask], *, blank: bool = False) -> Text:
    """The bytes of ``span`` and a little around it as visible text; arguments as :func:`.window.window` has them."""
    result = Text()
    for piece in window(data, span, hidden, blank=blank):
        match piece.kind:
            case "text":
                result.append(piece.text)
            case "unseen":
                result.append("".join(map(_spell, piece.text)), style=_HIDDEN)
            case "rest":
                counts = " ".join(f"{count:,}×{symbol}" for symbol, count in _counts(piece.rest)[:_SORTS])
                result.append(f"⟨{piece.text} more: {counts}⟩", style=_STRUCTURE)
            case "masked":
                result.append(f"⟨{piece.text}⟩", style=_MASKED)
            case "gap":
                result.append(f" ⟨{piece.text} bytes⟩ ", style=_STRUCTURE)
            case "edge":
                result.append("…", style=_STRUCTURE)
    return result


def _counts(rest: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted((_spell(ch), count) for ch, count in rest)


def _spell(ch: str) -> str:
    return _VISIBLE.get(ch) or (f"\\u{ord(ch):04x}" if ord(ch) < 0x10000 else f"\\U{ord(ch):08x}")
