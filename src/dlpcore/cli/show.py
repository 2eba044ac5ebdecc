"""Renders the bytes around a span so that nothing in them stays hidden, and nothing sensitive shows.

White space becomes ``·`` ``→`` ``␍`` ``␊``, other invisible characters their escapes. Values that a finding covers
become its rule and masked preview. A long run is cut to its first characters and counts: all of it is the message.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.text import Text

from ..model import Finding, Kind, Span, is_invisible, printable
from .inputs import Data

__all__ = ["Mask", "masks", "shown"]

_CONTEXT = 24
#: Of a longer span, this much of either end is shown.
_ENDS = 64
#: A run of white space or invisible characters is spelled out up to here: at Dolus's rate, a mark and half a byte.
_RUN = 8
_VISIBLE = {" ": "·", "\t": "→", "\r": "␍", "\n": "␊"}
# Invisible, though Unicode calls them marks, letters, symbols or spaces: joiners and selectors, fillers, blank Braille,
# and every space but U+0020 (UAX #44, Default_Ignorable_Code_Point and White_Space).
_ALSO_INVISIBLE = re.compile(
    "[\u00a0\u034f\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200a\u202f\u205f\u2800\u3000\u3164"
    "\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_NOT_WHITE = re.compile(rb"[^ \t\r\n]")
_STRUCTURE = "dim"
_HIDDEN = "bold magenta"
_MASKED = "bold yellow"


class Mask(NamedTuple):
    """Bytes that may not be seen, and what stands in their place."""

    start: int
    end: int
    label: str


def masks(data: Data, findings: Iterable[Finding]) -> list[Mask]:
    """What may not be seen of a payload with these findings: disjoint, ascending.

    Every finding but one on the form alone covers a value, or an encoding of one. White space is left to be cut.
    """
    found: list[Mask] = []
    for finding in findings:
        if not finding.provenance and finding.kind in (Kind.COVERT_CHANNEL, Kind.STRUCTURE):
            continue
        label = printable(finding.rule)
        if finding.provenance:
            label = f"{label} in {printable(finding.provenance[0])}"
        elif finding.preview:
            label = f"{label} {printable(finding.preview)}"
        found += [Mask(*_trimmed(data, piece), label) for piece in finding.spans if not _is_white(data, piece)]
    found.sort()
    disjoint: list[Mask] = []
    for mask in found:
        if disjoint and mask.start < disjoint[-1].end:
            disjoint[-1] = disjoint[-1]._replace(end=max(disjoint[-1].end, mask.end))
        else:
            disjoint.append(mask)
    return disjoint


def shown(data: Data, span: Span, hidden: Sequence[Mask]) -> Text:
    """The bytes of ``span`` and a little around it as visible text, without those that ``hidden`` covers."""
    start, end = span
    before, after = _boundary(data, max(0, start - _CONTEXT)), _boundary(data, min(len(data), end + _CONTEXT))
    if end - start > 2 * _ENDS and not _is_white(data, span):
        pieces = [(before, _boundary(data, start + _ENDS)), (_boundary(data, end - _ENDS), after)]
    else:
        pieces = [(before, after)]
    result = Text()
    if before > 0:
        result.append("…", style=_STRUCTURE)
    for number, piece in enumerate(pieces):
        if number:
            result.append(f" ⟨{piece[0] - pieces[0][1]:,} bytes⟩ ", style=_STRUCTURE)
        _piece(result, data, piece, hidden)
    if after < len(data):
        result.append("…", style=_STRUCTURE)
    return result


def _boundary(data: Data, offset: int) -> int:
    """The nearest offset at or before that does not cut a character of UTF-8."""
    for back in range(min(4, offset + 1)):
        if offset - back >= len(data) or data[offset - back] & 0xC0 != 0x80:
            return offset - back
    return offset


def _trimmed(data: Data, span: Span) -> Span:
    """``span`` without the white space at its ends: that is to be seen, and is no part of a value."""
    start, end = span
    first = _NOT_WHITE.search(data, start, end)
    while end > start and data[end - 1] in b" \t\r\n":
        end -= 1
    return (first.start() if first else start, end)


def _is_white(data: Data, span: Span) -> bool:
    return _NOT_WHITE.search(data, *span) is None


def _piece(result: Text, data: Data, piece: Span, hidden: Sequence[Mask]) -> None:
    at, end = piece
    for mask in hidden:
        if mask.end <= at or mask.start >= end:
            continue
        _visible(result, data[at : max(at, mask.start)])
        result.append(f"⟨{mask.label}⟩", style=_MASKED)
        at = mask.end
    if at < end:
        _visible(result, data[at:end])


def _visible(result: Text, data: bytes) -> None:
    """Appends ``data`` as text, runs of the unseen in a colour and cut."""
    text = data.decode("utf-8", "backslashreplace")
    run: list[str] = []
    for ch in text:
        if ch in _VISIBLE or is_invisible(ch) or _ALSO_INVISIBLE.match(ch):
            run.append(ch)
            continue
        _run(result, run)
        run = []
        result.append(ch)
    _run(result, run)


def _run(result: Text, run: list[str]) -> None:
    if not run:
        return
    result.append("".join(map(_spell, run[:_RUN])), style=_HIDDEN)
    rest = Counter(map(_spell, run[_RUN:]))
    if rest:
        counts = " ".join(f"{count:,}×{symbol}" for symbol, count in sorted(rest.items())[:8])
        result.append(f"⟨{rest.total():,} more: {counts}⟩", style=_STRUCTURE)


def _spell(ch: str) -> str:
    return _VISIBLE.get(ch) or (f"\\u{ord(ch):04x}" if ord(ch) < 0x10000 else f"\\U{ord(ch):08x}")
