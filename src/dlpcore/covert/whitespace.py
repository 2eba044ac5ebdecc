"""The white space channels (family A): price by the native census, evidence and recovery where it is above zero."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Final

from .. import _native
from ..model import Candidate, Span
from .channel import MAX_SPANS, ChannelReport, Late, in_time, severity_of
from .layout import PLACES, Deviation, deviations, digits, lengths
from .ranking import decode
from .recovery import recover

__all__ = ["CHANNELS", "detect", "wanted"]

_LF: Final = ord("\n")

#: Streams of the census by channel.
_STREAMS: Final[dict[str, tuple[str, ...]]] = {
    "whitespace.separators": (
        "before-colon",
        "after-colon",
        "before-comma",
        "after-comma-object",
        "after-comma-array",
    ),
    "whitespace.gaps": ("open", "close", "empty", "break", "break-close"),
    "whitespace.indent": ("indent-open", "indent", "indent-close"),
    "whitespace.line-endings": ("line-end",),
    "whitespace.line-tails": ("line-tail",),
    "whitespace.blank-lines": ("blank-lines",),
}
CHANNELS: Final = ("whitespace.trailing", "whitespace.leading", *_STREAMS)
#: Bits from which a channel is a finding by itself (docs/channels.md says how they were chosen).
_THRESHOLD: Final[dict[str, float]] = {
    "whitespace.trailing": 8.0,
    "whitespace.leading": 8.0,
    "whitespace.separators": 24.0,
    "whitespace.gaps": 26.0,
    "whitespace.indent": 20.0,
    "whitespace.line-endings": 14.0,
    "whitespace.line-tails": 14.0,
    "whitespace.blank-lines": 30.0,
}
#: In a document of lines, people break one member over lines and not the next: it weighs less.
_BREAK_WEIGHT: Final = 0.25
#: Below this price, or where no channel reached its threshold among more gaps than this, the gaps are not read again:
#: what little could be hidden among so many is priced and not searched for.
_LOOK: Final = 8.0
_FEW_GAPS: Final = 4096
#: Gaps read again at the most, from the first on; a reason says so.
_MAX_GAPS: Final = 1 << 14
#: Units of work for a gap.
_GAP: Final = 1_500

#: Beginnings of a message that are tried among choices; and sets of places.
_MARKS: Final = 3
#: The score of a candidate that beats chance by ten bits: it is evidence, whatever the price.
_CERTAIN: Final = 1.0 / (1.0 + 2.0**-10)
#: That of one that is likelier than not: enough where all channels together reach their threshold.
_LIKELIER: Final = 0.5
_MAX_PLACES: Final = 6
#: Gaps by which is told what is usual.
_SAMPLE: Final = 1 << 13
#: Gaps that are read as choices of sets of places, from the first on.
_MAX_CHOICES: Final = 1 << 13

_READER: Final = _native.Prefilter(max_gaps=_MAX_GAPS)
_ZERO_SPANS: Final = ((0, 0),)


def wanted(size: int, scan: _native.Scan) -> bool:
    """Whether there is white space that costs anything."""
    return any(scan.stream_bits) or scan.lead_end > 0 or scan.tail_start < size


def detect(
    payload: bytes | memoryview,
    scan: _native.Scan,
    prefilter: _native.Prefilter,
    limit: int,
    late: Late = in_time,
) -> list[ChannelReport]:
    """Reports of every white space channel whose price is above zero."""
    reports: list[ChannelReport] = []
    size = len(payload)
    for channel, start, end in (
        ("whitespace.leading", 0, scan.lead_end),
        ("whitespace.trailing", scan.tail_start, size),
    ):
        if start == 0 and bytes(payload[:3]) == b"\xef\xbb\xbf":
            start = 3
        if end > start and scan.tail_start > scan.lead_end:
            report = _run(channel, payload, start, end, limit)
            if report:
                reports.append(report)
    bits = dict(zip(_native.STREAMS, scan.stream_bits, strict=True))
    novel = dict(zip(_native.STREAMS, scan.novel_bits, strict=True))
    priced: dict[str, float] = {}
    for channel, streams in _STREAMS.items():
        total = sum(bits[s] - (novel[s] if channel == "whitespace.separators" else 0.0) for s in streams)
        if channel == "whitespace.gaps":
            total += sum(novel[s] for s in _STREAMS["whitespace.separators"])
        if total > 0.0:
            priced[channel] = total
    if not priced:
        return reports
    choices = dict(zip(_native.STREAMS, scan.stream_n, strict=True))
    weighed = dict(priced)
    if choices["line-end"] * 20 > sum(choices[s] for s in _STREAMS["whitespace.separators"]):
        weighed["whitespace.gaps"] = weighed.get("whitespace.gaps", 0.0) - (1.0 - _BREAK_WEIGHT) * (
            bits["break"] + bits["break-close"]
        )
    reached = any(weighed[c] >= _THRESHOLD[c] for c in priced)
    if sum(priced.values()) < _LOOK or (not reached and sum(scan.stream_n) > _FEW_GAPS) or late():
        for channel, price in priced.items():
            threshold = _THRESHOLD[channel] + price - weighed[channel]
            reports.append(ChannelReport(channel, price, threshold, _ZERO_SPANS, weight=weighed[channel] / price))
        return reports
    gaps = _gaps(payload)
    late(_GAP * len(gaps))
    evidence = _Evidence(payload, gaps, late)
    partly = (f"only the first {_MAX_GAPS} gaps were read again",) if len(gaps) >= _MAX_GAPS else ()
    pooled = sum(max(0.0, weight) / _THRESHOLD[channel] for channel, weight in weighed.items()) >= 1.0
    most = max(priced, key=lambda channel: weighed[channel] / _THRESHOLD[channel])
    for channel, price in priced.items():
        threshold = _THRESHOLD[channel] + price - weighed[channel]
        spans = evidence.spans(channel)
        sure = price >= threshold
        together = channel == most and (sure or pooled)
        places = (channel, "") if channel == most else (channel,)
        candidates = decode(
            chain.from_iterable(map(evidence.choices, places)),
            limit,
            sure=sure or together,
            runs=chain.from_iterable(map(evidence.runs, places)),
            others=chain.from_iterable(map(evidence.numbers, places)),
            marks=_MARKS,
            late=late,
        )
        reports.append(
            ChannelReport(
                channel,
                price,
                threshold,
                spans,
                candidates,
                severity_of(candidates),
                (f"{price:.1f} bits could be hidden in {', '.join(_STREAMS[channel])} choices", *partly),
                weighed[channel] / price,
                speaks=any(c.score >= (_LIKELIER if together else _CERTAIN) for c in candidates),
            )
        )
    return reports


def _run(channel: str, payload: bytes | memoryview, start: int, end: int, limit: int) -> ChannelReport | None:
    """A run before or behind the document: all of it beyond a final line end is a choice."""
    run = bytes(payload[start : min(end, start + limit * 8 + 64)])
    if channel == "whitespace.trailing" and run in (b"\n", b"\r\n"):
        return None
    honest = len(run) < 4 and not run.strip(b"\r\n")  # templating engines leave some line ends
    bits = (1.0 if honest else 2.0) * (end - start)
    candidates: tuple[Candidate, ...] = ()
    if end - start >= 4:
        # a run of its own is a message, whatever it says: the best readings are kept
        candidates = recover(run, limit, tool="dolus", minimum=-20.0)
    reason = (
        f"{end - start} white space characters {'behind' if channel.endswith('trailing') else 'before'} the document"
    )
    reasons: tuple[str, ...] = (reason,)
    if any(len(c.data or b"") >= limit for c in candidates):
        reasons += (f"recovered up to max_recovered ({limit} bytes)",)
    severity = severity_of(candidates)
    threshold = _THRESHOLD[channel]
    return ChannelReport(channel, bits, threshold, ((start, end),), candidates, severity, reasons)


def _gaps(payload: bytes | memoryview) -> Sequence[_native.Gap]:
    scan = _READER.scan(payload, _native.O_GAPS | _native.O_NO_PREFILTER)
    return () if scan is None else scan.gaps


class _Evidence:
    """The gaps of a document, read again once something in them has a price."""

    def __init__(self, payload: bytes | memoryview, gaps: Sequence[_native.Gap], late: Late) -> None:
        classes = _native.GAP_CLASSES
        inner = [g for g in gaps if classes[g.klass] not in ("lead", "tail")]
        self._gaps = inner
        self._text = [bytes(payload[g.start : g.start + g.length]) for g in inner]
        self._class = [classes[g.klass] for g in inner]
        self._late = late

    def runs(self, channel: str) -> Iterator[tuple[bytes, str]]:
        """White space that ends with the message it says, with the tool that may have written it.

        The channel ``""`` is all of them together, for the one that is priced highest.
        """
        if channel == "":
            if not any(d.broken for d in self._deviations):
                yield b"".join(self._text), "jsmug"
            extra = [d.text for d in self._deviations if d.text and not d.misfit]
            yield b"".join(extra), "jsmug"
            for text in sorted(extra, key=len, reverse=True)[:2]:
                if len(text) >= 4:
                    yield text, "dolus"
        elif channel == "whitespace.line-tails":
            tails = [text[: _first_break(text)] for text in self._text if _broken(text)]
            yield b"".join(tails), ""
            # where a line ends, so does a group of blanks
            yield b"".join(tail + b"\t" if tail[-1:] == b" " else tail for tail in tails), "snow"

    def choices(self, channel: str) -> Iterator[bytes]:
        """Choices as digits, which go on behind their message."""
        if channel == "":
            for chosen in self._places:
                if sum(bool(d.text) for d in chosen) >= 2:
                    yield from _digits([d.text for d in chosen])
        elif channel == "whitespace.separators":
            colons, commas = ("after-colon",), ("after-comma-object", "after-comma-array")
            for names in (colons, commas, colons + commas, ("before-colon",), ("before-comma",)):
                pairs = zip(self._text, self._class, strict=True)
                yield from _digits([b" " * len(text) for text, klass in pairs if klass in names and not _broken(text)])
        elif channel == "whitespace.line-endings":
            yield bytes(end for text in self._text for end in _eols(text))
        elif channel == "whitespace.line-tails":
            yield bytes(_kind(text[: _first_break(text)]) for text in self._text if _broken(text))
        elif channel == "whitespace.indent":
            indents = [t[_last_break(t) :] for t in self._text if _broken(t)]
            yield bytes(1 if b"\t" in t else 0 for t in indents)
            yield from _digits([b" " * (len(t) % 2) for t in indents])
            yield from _digits([b" " * len(t) for t in indents])
        elif channel == "whitespace.blank-lines":
            yield from _digits([b"\n" * (len(_line_ends(t)) - 1) for t in self._text if _broken(t)])

    def numbers(self, channel: str) -> Iterator[tuple[bytes, str]]:
        """Lengths as numbers, a gap each, up to the last that is not nought."""
        if channel == "":
            for chosen in self._places:
                yield from lengths(_up_to_last([0 if d.misfit else len(d.text) for d in chosen]))
            yield from lengths([len(d.text) - 1 for d in self._deviations if d.text and not d.misfit])
        elif channel == "whitespace.blank-lines":
            yield from lengths(_up_to_last([len(_line_ends(t)) - 1 for t in self._text if _broken(t)]))

    @cached_property
    def _deviations(self) -> list[Deviation]:
        return deviations(self._class, self._text, self._late)

    @cached_property
    def _places(self) -> list[list[Deviation]]:
        """Sets of gaps that a writer may have gone through, those first that hold what deviates and little else."""
        sets: list[tuple[int, list[Deviation]]] = []
        looked = self._deviations[:_MAX_CHOICES]
        everything = sum(1 for d in looked if d.text)
        used = {d.klass for d in looked if d.text}
        for place in PLACES:
            if not place & used:
                continue
            inside = [d for d in looked if d.klass in place]
            for chosen in (inside, [d for d in inside if d.broken], [d for d in inside if not d.broken]):
                odd = sum(1 for d in chosen if d.text)
                if 2 * odd > everything and (not sets or all(len(other) != len(chosen) for _, other in sets)):
                    sets.append((100 * (everything - odd) + len(chosen), chosen))
        sets.sort(key=lambda item: item[0])
        return [chosen for _, chosen in sets[:_MAX_PLACES]]

    def spans(self, channel: str) -> tuple[Span, ...]:
        """Gaps that differ from what is usual in their place."""
        usual: dict[object, dict[object, int]] = {}
        sample = zip(self._text[:_SAMPLE], self._class, strict=False)
        for feature in (self._feature(channel, text, klass) for text, klass in sample):
            if feature is not None:
                counts = usual.setdefault(feature[0], {})
                counts[feature[1]] = counts.get(feature[1], 0) + 1
        common = {place: max(counts, key=counts.__getitem__) for place, counts in usual.items()}
        found: list[Span] = []
        for gap, text, klass in zip(self._gaps, self._text, self._class, strict=True):
            feature = self._feature(channel, text, klass) if gap.length else None
            if feature is not None and common.setdefault(*feature) != feature[1]:
                found.append((gap.start, gap.start + gap.length))
                if len(found) >= MAX_SPANS:
                    break
        if not found:
            found = [(g.start, g.start + g.length) for g in self._gaps if g.length][:MAX_SPANS]
        return tuple(found) or _ZERO_SPANS

    @staticmethod
    def _feature(channel: str, text: bytes, klass: str) -> tuple[object, object] | None:
        broken = _broken(text)
        if channel == "whitespace.separators":
            return (klass, text) if klass in _STREAMS[channel] and not broken else None
        if channel == "whitespace.gaps":
            return (klass, _plain(text))
        if not broken:
            return None
        if channel == "whitespace.line-endings":
            return (0, tuple(_eols(text)))
        if channel == "whitespace.line-tails":
            return (klass, text[: _first_break(text)])
        if channel == "whitespace.indent":
            return (0, b"\t" in text[_last_break(text) :] or len(text[_last_break(text) :]) % 2)
        return (0, len(_line_ends(text)))


def _broken(text: bytes) -> bool:
    return b"\n" in text or b"\r" in text


def _plain(text: bytes) -> bool:
    """Nothing, one space, or one line end and an indent of one kind."""
    if text in (b"", b" "):
        return True
    body = text.removeprefix(b"\r\n") if text.startswith(b"\r\n") else text.removeprefix(b"\n")
    return len(body) < len(text) and (not body.strip(b" ") or not body.strip(b"\t"))


_LINE_END = re.compile(rb"\r\n|[\r\n]")
_EOL = {b"\n": 0, b"\r\n": 1, b"\r": 2}


def _line_ends(text: bytes) -> list[bytes]:
    return _LINE_END.findall(text)


def _eols(text: bytes) -> list[int]:
    """What ends each of its lines, as a digit."""
    return [_EOL[end] for end in _line_ends(text)]


def _first_break(text: bytes) -> int:
    return len(text) - len(text.lstrip(b" \t"))


def _last_break(text: bytes) -> int:
    return len(text.rstrip(b" \t"))


def _kind(tail: bytes) -> int:
    return 0 if not tail else 1 if tail == b" " else 2 if tail == b"\t" else 3


def _digits(kinds: list[bytes]) -> Iterator[bytes]:
    """Choices as symbols, in the order of their size; only where there are two to four of them."""
    found = digits(kinds)
    if found is not None:
        yield found


def _up_to_last(values: list[int]) -> list[int]:
    last = max((at for at, value in enumerate(values) if value), default=-1)
    return values[: last + 1]
