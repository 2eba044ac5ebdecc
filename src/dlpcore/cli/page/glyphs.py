"""Names and short signs for characters that leave no ink: what stands for them on the page, and what they are.

Source: the Unicode Character Database, NameAliases.txt (abbreviations), and the names list of its charts.
"""

from __future__ import annotations

import unicodedata
from itertools import groupby
from typing import Final, NamedTuple

__all__ = ["Glyph", "glyph", "name", "runs"]


class Glyph(NamedTuple):
    """What is drawn for a character: a ``sign`` of its own, or the letters of a label; and what it is."""

    sign: str
    name: str
    is_label: bool


#: Signs that every font has; control pictures (U+2400) are in few.
_SIGNS: Final = {" ": "·", "\t": "→"}
_ABBREVIATIONS: Final = (
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL",
    "BS", "HT", "LF", "VT", "FF", "CR", "SO", "SI",
    "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB",
    "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
)  # fmt: skip
_CONTROLS: Final = {
    "\0": "NULL",
    "\b": "BACKSPACE",
    "\t": "TAB",
    "\n": "LINE FEED",
    "\v": "LINE TABULATION",
    "\f": "FORM FEED",
    "\r": "CARRIAGE RETURN",
    "\u001b": "ESCAPE",
    "\u007f": "DELETE",
    "\u0085": "NEXT LINE",
}
_LABELS: Final = {
    "\u007f": "DEL",
    "\u00a0": "NBSP",
    "\u0085": "NEL",
    "\u00ad": "SHY",
    "\u034f": "CGJ",
    "\u061c": "ALM",
    "\u115f": "HCF",
    "\u1160": "HJF",
    "\u180e": "MVS",
    "\u2000": "NQ",
    "\u2001": "MQ",
    "\u2002": "ENSP",
    "\u2003": "EMSP",
    "\u2007": "FSP",
    "\u2009": "THSP",
    "\u200a": "HSP",
    "\u200b": "ZWSP",
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u2028": "LS",
    "\u2029": "PS",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u202f": "NNBSP",
    "\u205f": "MMSP",
    "\u2060": "WJ",
    "\u2061": "ƒ()",
    "\u2062": "×",
    "\u2063": "SEP",
    "\u2064": "+",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\u2800": "BRAILLE",
    "\u3000": "IDSP",
    "\u3164": "HF",
    "\ufeff": "ZWNBSP",
    "\uffa0": "HWHF",
}


def name(ch: str) -> str:
    """``U+200B ZERO WIDTH SPACE``."""
    return f"U+{ord(ch):04X} {_CONTROLS.get(ch) or unicodedata.name(ch, _class_of(ch))}"


def glyph(ch: str) -> Glyph:
    """What stands for a character that cannot be seen."""
    code = ord(ch)
    if sign := _SIGNS.get(ch):
        return Glyph(sign, name(ch), False)
    if code < 0x20:
        return Glyph(_ABBREVIATIONS[code], name(ch), True)
    return Glyph(_LABELS.get(ch) or _label(code), name(ch), True)


def runs(text: str) -> list[tuple[str, int]]:
    """Equal characters beside one another, as the character and how many they are."""
    return [(ch, len(list(same))) for ch, same in groupby(text)]


def _label(code: int) -> str:
    if 0xFE00 <= code <= 0xFE0F:
        return f"VS{code - 0xFE00 + 1}"
    if 0xE0100 <= code <= 0xE01EF:
        return f"VS{code - 0xE0100 + 17}"
    if 0xE0020 < code < 0xE007F:
        return f"TAG {chr(code - 0xE0000)}"
    return f"{code:04X}"


def _class_of(ch: str) -> str:
    match unicodedata.category(ch):
        case "Cc":
            return "(control)"
        case "Co":
            return "(private use)"
        case "Cs":
            return "(surrogate)"
        case _:
            return "(not assigned)"
