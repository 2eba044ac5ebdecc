"""The layout of a document: what each gap holds beyond what its writer's own style puts there.

Theory of operation. A pretty printer is a rule: a line end and an indent for each level behind a bracket or comma, one
habit at a colon. The rule is fitted by description length: of a few line ends, units of indent and inline habits, those
that leave the least to be told. What is left of a gap when the rule's text is taken off is its *deviation*, the part
that a message could have been written with, whatever style the cover is in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from .. import _native
from .channel import Late, in_time

__all__ = ["PLACES", "Deviation", "deviations", "digits", "lengths"]

_BREAKING: Final = frozenset(("open", "close", "after-comma-object", "after-comma-array"))
_COMMAS: Final = ("after-comma-object", "after-comma-array")
#: Line ends behind a bracket, and behind a comma, where some writers leave a space.
_LINES: Final = tuple((end, tail + end) for end in (b"\n", b"\r\n") for tail in (b"", b" "))
_UNITS: Final = (b"", b" ", b"  ", b"   ", b"    ", b"      ", b"        ", b"\t")
_INLINE: Final = (b"", b" ", b"\t", b"  ")
_RARE: Final = 8  # for a tab or two spaces as a habit
#: Gaps that the rule is fitted on.
_SAMPLE: Final = 4096
#: Deeper levels are indented as this one, for the fit and for the rule.
_DEEPEST: Final = 64

_ALL: Final = ("open", "close", "empty", "before-colon", "after-colon", "before-comma", *_COMMAS)
#: Places that a writer may have chosen for its digits, the narrowest first: classes of gaps.
PLACES: Final = (
    *(frozenset((klass,)) for klass in _ALL),
    frozenset(_COMMAS),
    frozenset(("before-colon", "after-colon")),
    frozenset(("open", "close")),
    frozenset(("after-colon", *_COMMAS)),
    frozenset(("open", *_COMMAS)),
    frozenset(("open", "close", *_COMMAS)),
    frozenset(("open", "after-colon", *_COMMAS)),
    frozenset(("open", "close", "empty", "after-colon", *_COMMAS)),
    frozenset(_ALL),
)


class Deviation(NamedTuple):
    """What one gap has beyond the rule.

    Attributes:
        klass: the class of the gap.
        broken: whether the rule puts a line end here.
        text: what stands there besides; of what is missing or fits no rule, what stands instead.
        misfit: whether the rule's text is not in the gap.
    """

    klass: str
    broken: bool
    text: bytes
    misfit: bool


def deviations(classes: Sequence[str], texts: Sequence[bytes], late: Late = in_time) -> list[Deviation]:
    """The deviation of each gap of a document, in order, up to the deadline."""
    depths, habits = _nesting(classes)
    inline, lines, unit = _rule(classes, texts, depths, habits)
    found: list[Deviation] = []
    for at, (klass, text, depth, name) in enumerate(zip(classes, texts, depths, habits, strict=True)):
        if at % _SAMPLE == 0 and late():
            break
        habit = inline.get(name, b"")
        best = _taken(text, habit, b"")
        broken = False
        if lines is not None and klass in _BREAKING:
            other = _taken(text, lines[klass in _COMMAS], unit * depth)
            if other[0] <= best[0] and (b"\n" in text or b"\r" in text):
                best, broken = other, True
        found.append(Deviation(klass, broken, best[1], best[2]))
    return found


def _nesting(classes: Sequence[str]) -> tuple[list[int], list[str]]:
    """How deep the line is that each gap begins, if it begins one; and what shares one habit: a pair of brackets."""
    depths: list[int] = []
    habits: list[str] = []
    brackets: list[str] = []
    for at, klass in enumerate(classes):
        if klass == "open":
            brackets.append("braces" if classes[at + 1 : at + 2] == ["before-colon"] else "brackets")
            habits.append(brackets[-1])
        elif klass == "close":
            habits.append(brackets.pop() if brackets else klass)
        else:
            habits.append(klass)
        depths.append(min(len(brackets), _DEEPEST))
    return depths, habits


def _taken(text: bytes, head: bytes, tail: bytes) -> tuple[int, bytes, bool]:
    """A gap without the rule's text: what it costs to tell the rest, the rest, whether the rule's text is missing."""
    base = head + tail
    if text == base:
        return 0, b"", False
    extra = len(text) - len(base)
    if extra > 0:
        if text.startswith(base):
            return 1 + extra, text[len(base) :], False
        if text.endswith(base):
            return 1 + extra, text[:extra], False
        if text.startswith(head) and text.endswith(tail):
            return 1 + extra, text[len(head) : len(head) + extra], False
    elif base.startswith(text):  # something is missing at its end
        return 2 - extra, b"-" + base[len(text) :], True
    if head and text.startswith(head):
        return 2 + len(text) - len(head), text[len(head) :], True
    return 2 + len(text), text, True


def _rule(
    classes: Sequence[str], texts: Sequence[bytes], depths: Sequence[int], habits: Sequence[str]
) -> tuple[dict[str, bytes], tuple[bytes, bytes] | None, bytes]:
    """The inline habits, the line ends (``None`` for a document on one line), the unit of indent."""
    counts = Counter(zip(classes[:_SAMPLE], habits[:_SAMPLE], depths[:_SAMPLE], texts[:_SAMPLE], strict=True))
    flat: dict[str, Counter[bytes]] = {}
    breaking: list[tuple[bool, int, bytes, int]] = []
    apart = 0  # what a rule of lines would have to tell of the gaps that do not break
    for (klass, habit, depth, text), n in counts.items():
        broken = b"\n" in text or b"\r" in text
        if klass in _BREAKING and broken:
            breaking.append((klass in _COMMAS, depth, text, n))
        elif klass in _BREAKING:
            apart += n
        if klass not in _BREAKING or not broken:
            flat.setdefault(habit, Counter())[text] += n
    inline = {habit: _habit(found) for habit, found in flat.items()}
    best = sum((1 + len(text)) * n for _, _, text, n in breaking)
    lines: tuple[bytes, bytes] | None = None
    unit = b""
    for ends in _LINES:
        for step in _UNITS:
            cost = apart
            for comma, depth, text, n in breaking:
                cost += _taken(text, ends[comma], step * depth)[0] * n
                if cost >= best:
                    break
            if cost < best:
                best, lines, unit = cost, ends, step
    return inline, lines, unit


def _habit(found: Counter[bytes]) -> bytes:
    def told(base: bytes) -> tuple[int, int]:
        rare = _RARE if base in _INLINE[2:] else 0
        return rare + sum(_taken(text, base, b"")[0] * n for text, n in found.items()), len(base)

    return min(_INLINE, key=told)


def digits(kinds: Sequence[bytes], *, most: int = 4) -> bytes | None:
    """Texts as digits, the shorter the lower; ``None`` where they are fewer than two kinds, or more than ``most``."""
    seen = sorted(set(kinds), key=lambda text: (len(text), text))
    if not 2 <= len(seen) <= most:
        return None
    place = {text: index for index, text in enumerate(seen)}
    return bytes(place[text] for text in kinds)


def lengths(values: Sequence[int]) -> Iterator[tuple[bytes, str]]:
    """Numbers, a gap each, as bytes, as nibbles or as groups of three bits."""
    high = max(values, default=0)
    if 16 <= high <= 255:
        yield bytes(values), "unary"
    if 4 <= high <= 15:
        pairs = zip(values[::2], [*values[1::2], 0], strict=False)
        yield bytes(first << 4 | second for first, second in pairs), "nibbles"
    if 4 <= high <= 7:
        bits = bytes(value >> shift & 1 for value in values for shift in (2, 1, 0))
        yield _native.decode_symbols(bits, _BINARY, 1, 8, False, len(bits)).data, "octal"


_BINARY: Final = bytes((0, 1, *([255] * 254)))
