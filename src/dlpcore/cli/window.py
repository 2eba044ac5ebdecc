"""Takes the bytes around a span apart so that nothing in them stays hidden, and nothing sensitive shows.

The result is pieces, for the terminal (:mod:`.show`) and the report page to draw. Values that a finding covers are
masked pieces. A long run of white space or invisible characters is cut to its first characters and counts: all of it
is the message.
"""

from __future__ import annotations

import bisect
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Final, Literal, NamedTuple

from ..model import Finding, Kind, Span, is_invisible, printable
from .inputs import Data

__all__ = ["ENDS", "RUN", "Mask", "Piece", "is_unseen", "masks", "pieces", "window"]

_CONTEXT: Final = 24
#: Of a longer span, this much of either end is shown.
ENDS: Final = 64
#: A run of white space or invisible characters is spelled out up to here: at Dolus's rate, a mark and half a byte.
RUN: Final = 8
# Invisible, though Unicode calls them marks, letters, symbols or spaces: joiners and selectors, fillers, blank Braille,
# and every space (UAX #44, Default_Ignorable_Code_Point and White_Space).
_ALSO_INVISIBLE: Final = re.compile(
    "[ \u00a0\u034f\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200a\u202f\u205f\u2800\u3000\u3164"
    "\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_NOT_WHITE: Final = re.compile(rb"[^ \t\r\n]")
_WHITE: Final = " \t\r\n"
#: Visible ASCII at once; white space at once too where it is long, since a payload may be nothing else.
_TOKENS: Final = re.compile(f"[!-~]+|[{_WHITE}]{{256,}}|.", re.DOTALL)
_BLANKED: Final = re.compile("[0-9A-Za-z]|[^!-~]")
_SLICE: Final = 1 << 20
_BLANK: Final = "▒"


class Mask(NamedTuple):
    """Bytes that may not be seen, and what stands in their place."""

    start: int
    end: int
    label: str


class Piece(NamedTuple):
    """A part of a window.

    Attributes:
        kind: ``text`` can be seen as it is; ``unseen`` is characters to be spelled; ``rest`` those of a run that are
            not; ``masked`` a label in place of a value; ``edge`` where the payload goes on; ``gap`` a number of bytes.
        text: characters, a label, or a number; empty for ``edge``.
        inside: whether it is of the span, and not of what is around it.
        rest: of ``rest``, each character and how often it occurs.
    """

    kind: Literal["text", "unseen", "rest", "masked", "edge", "gap"]
    text: str
    inside: bool = False
    rest: tuple[tuple[str, int], ...] = ()


def is_unseen(ch: str) -> bool:
    """Whether a character must be spelled to be seen: white space, and all that leaves no ink of its own."""
    return is_invisible(ch) or _ALSO_INVISIBLE.match(ch) is not None


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


def window(
    data: Data, span: Span, hidden: Sequence[Mask], *, run: int = RUN, ends: int = ENDS, blank: bool = False
) -> list[Piece]:
    """The bytes of ``span`` and a little around it, without those that ``hidden`` (disjoint, ascending) covers.

    Args:
        run: this many characters of a run of unseen ones are spelled.
        ends: of a span of more than twice as many bytes, this many of either end are shown, unless it is white space.
        blank: show no letter and no digit: for payloads that were not inspected to the end, since nobody knows what
            else is in them.
    """
    start, end = span
    before, after = _boundary(data, max(0, start - _CONTEXT)), _boundary(data, min(len(data), end + _CONTEXT))
    if end - start > 2 * ends and not _is_white(data, span):
        parts = [(before, _boundary(data, start + ends)), (_boundary(data, end - ends), after)]
    else:
        parts = [(before, after)]
    edges = (_boundary(data, start), _boundary(data, end))
    result = [Piece("edge", "")] if before > 0 else []
    for number, part in enumerate(parts):
        if number:
            result.append(Piece("gap", f"{part[0] - parts[0][1]:,}", True))
        result += _part(data, part, hidden, edges, run, blank)
    if after < len(data):
        result.append(Piece("edge", ""))
    return result


def pieces(texts: Iterable[tuple[str, bool]], *, run: int = RUN, blank: bool = False) -> Iterator[Piece]:
    """Texts that follow one another, each with whether it is inside; a run may go over from one to the next."""
    unseen = _Run(run)
    for text, inside in texts:
        seen: list[str] = []
        for token in _TOKENS.findall(text):
            if not "!" <= token[0] <= "~" and (len(token) > 1 or is_unseen(token)):
                if seen:
                    yield Piece("text", "".join(seen), inside)
                    seen = []
                unseen.add(token, inside)
                continue
            yield from unseen.end()
            seen.append(_BLANKED.sub(_BLANK, token) if blank else token)
        if seen:
            yield Piece("text", "".join(seen), inside)
    yield from unseen.end()


class _Run:
    """Characters that must be spelled, one behind the other: the first of them, and counts of the rest."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._spelled: list[tuple[str, bool]] = []
        self._rest: Counter[str] = Counter()
        self._rest_inside = False

    def add(self, text: str, inside: bool) -> None:
        room = self._most - len(self._spelled)
        self._spelled += [(ch, inside) for ch in text[:room]]
        if len(text) > room:
            self._rest_inside |= inside
            text = text[room:]
            if len(text) == 1:
                self._rest[text] += 1
            else:
                self._rest.update({ch: text.count(ch) for ch in _WHITE if ch in text})

    def end(self) -> Iterator[Piece]:
        if not self._spelled:
            return
        for inside, stretch in groupby(self._spelled, lambda each: each[1]):
            yield Piece("unseen", "".join(ch for ch, _ in stretch), inside)
        if self._rest:
            yield Piece("rest", f"{self._rest.total():,}", self._rest_inside, tuple(sorted(self._rest.items())))
        self._spelled, self._rest, self._rest_inside = [], Counter(), False


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


def _part(data: Data, part: Span, hidden: Sequence[Mask], edges: Span, run: int, blank: bool) -> Iterator[Piece]:
    at, end = part
    first = bisect.bisect_right(hidden, at, key=lambda mask: mask.end)
    for number in range(first, len(hidden)):
        mask = hidden[number]
        if mask.start >= end:
            break
        yield from pieces(_texts(data, (at, max(at, mask.start)), edges), run=run, blank=blank)
        yield Piece("masked", mask.label, mask.start < edges[1] and mask.end > edges[0])
        at = mask.end
    if at < end:
        yield from pieces(_texts(data, (at, end), edges), run=run, blank=blank)


def _texts(data: Data, part: Span, edges: Span) -> Iterator[tuple[str, bool]]:
    """A part of the payload, cut where the span begins and ends."""
    cuts = [part[0], *(edge for edge in edges if part[0] < edge < part[1]), part[1]]
    for start, end in pairwise(cuts):
        inside = edges[0] <= start < edges[1]
        while start < end:
            stop = end if end - start <= _SLICE else _boundary(data, start + _SLICE)
            yield data[start:stop].decode("utf-8", "backslashreplace"), inside
            start = stop
