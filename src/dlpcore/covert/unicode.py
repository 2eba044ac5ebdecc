"""The unicode channels (family C): price by the native second pass, recovery by symbols.py; and a neutral text.

The native pass (native/src/unicode.c) knows which characters no honest writer puts where they stand. What it gives is
priced already; here it becomes reports, with the spans of the characters and what they decode to.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from .. import _native
from ..model import Candidate, Span
from . import symbols
from .channel import MAX_SPANS, ChannelReport, Late, in_time, severity_of

__all__ = ["CHANNELS", "detect", "neutral", "wanted"]


class _Channel(NamedTuple):
    """Threshold: bits of evidence from which the channel is a finding by itself."""

    kind: int
    threshold: float
    what: str


_CHANNELS: Final[dict[str, _Channel]] = {
    "unicode.zero-width": _Channel(_native.U_ZERO_WIDTH, 8.0, "invisible characters"),
    "unicode.variation-selectors": _Channel(_native.U_VARIATION, 12.0, "variation selectors without their base"),
    "unicode.tags": _Channel(_native.U_TAG, 8.0, "tag characters outside flags"),
    "unicode.bidi": _Channel(_native.U_BIDI, 8.0, "direction marks outside right-to-left text"),
    "unicode.spaces": _Channel(_native.U_SPACE, 16.0, "spaces of another kind"),
    "unicode.confusables": _Channel(_native.U_CONFUSABLE, 18.0, "letters of another script inside words"),
    "unicode.normal-form": _Channel(_native.U_NORMAL_FORM, 16.0, "letters decomposed among composed ones"),
    "unicode.private": _Channel(_native.U_PRIVATE, 14.0, "characters that nobody has defined"),
    "text.space-runs": _Channel(_native.U_SPACE_RUN, 24.0, "doubled or trailing spaces"),
}
CHANNELS: Final = tuple(_CHANNELS)
#: From this evidence on a carrier is decoded even below its threshold.
_LOOK: Final = 12.0
#: How much likelier than chance a decoding must be that alone makes a finding of a price below its threshold.
_SURE: Final = 24.0
#: Records and choices kept of one payload; beyond them characters are only counted and priced.
_CAP: Final = 1 << 17


def wanted(size: int, scan: _native.Scan) -> bool:
    """Whether the census saw a character of these channels, or spaces enough to say a byte."""
    return bool(scan.census & (_native.C_UNICODE | _native.C_SPACE_RUN))


def detect(
    payload: bytes | memoryview,
    scan: _native.Scan,
    prefilter: _native.Prefilter,
    limit: int,
    late: Late = in_time,
) -> list[ChannelReport]:
    """Reports of every unicode channel whose price is above zero."""
    found = _native.unicode_scan(payload, min(_CAP, limit * 16 + 1024))
    reports: list[ChannelReport] = []
    for name, channel in _CHANNELS.items():
        bits = found.bits[channel.kind]
        if bits <= 0.0:
            continue
        own = found.chars.of(channel.kind)
        spans = _spans(own)
        candidates: tuple[Candidate, ...] = ()
        reasons: tuple[str, ...] = (f"{found.counts[channel.kind]} {channel.what}",)
        evidence = min(found.evidence[channel.kind], bits)
        if found.seen > len(found.chars) and found.counts[channel.kind] > len(own):
            reasons += (f"only the first {len(own)} are decoded",)
        if evidence >= min(channel.threshold, _LOOK) and not late():
            minimum = symbols.ANY if evidence >= channel.threshold else _SURE
            candidates = _recover(name, own, found, limit, minimum, late)
            if name == "unicode.zero-width" and symbols.is_stegcloak(own.codes):
                reasons += ("the alphabet of StegCloak, which encrypts: opaque without its password",)
        severity = severity_of(candidates)
        threshold = channel.threshold + bits - evidence
        reports.append(ChannelReport(name, bits, threshold, spans, candidates, severity, reasons, evidence / bits))
    return reports


def _recover(
    name: str, own: _native.Characters, found: _native.UnicodeScan, limit: int, minimum: float, late: Late
) -> tuple[Candidate, ...]:
    if name == "unicode.zero-width":
        # direction marks are digits of some alphabets
        both = found.chars.of(_native.U_ZERO_WIDTH, _native.U_BIDI)
        more = symbols.invisibles(both, limit, minimum, late) if len(both) > len(own) else ()
        return symbols.best((*more, *symbols.invisibles(own, limit, minimum, late)))
    if name == "unicode.bidi":
        return symbols.invisibles(own, limit, minimum, late)
    if name == "unicode.tags":
        return symbols.tags(own, limit, minimum)
    if name == "unicode.variation-selectors":
        return symbols.variation_selectors(own, limit, minimum, late)
    if name == "unicode.private":
        return symbols.private(own, limit, minimum, late)
    stream = found.choices[_CHANNELS[name].kind]
    if name == "unicode.spaces":
        return symbols.best((*symbols.choices(stream, limit, minimum, late), *symbols.spaces(own, limit, minimum)))
    if name == "unicode.confusables":
        return symbols.lookalikes(stream, limit, minimum, late)
    return symbols.choices(stream, limit, minimum, late)


def _spans(chars: Iterable[_native.UnicodeChar]) -> tuple[Span, ...]:
    """Runs of characters as one span each."""
    spans: list[Span] = []
    for c in chars:
        if spans and spans[-1][1] == c.offset:
            spans[-1] = (spans[-1][0], c.offset + c.length)
        elif len(spans) == MAX_SPANS:
            break
        else:
            spans.append((c.offset, c.offset + c.length))
    return tuple(spans) or ((0, 0),)


def neutral(text: bytes, *, spaces: bool = False) -> bytes:
    """A decoded text without what these channels could say: every detector prices it at zero.

    Characters that their neighbours explain stay: emoji, and what Persian, Indic, Hebrew, Arabic and other scripts are
    written with. Letters are composed (UAX #15), look-alikes become the letters of their word's script, odd spaces
    become U+0020.

    Args:
        text: UTF-8, WTF-8 for lone surrogates.
        spaces: whether doubled and trailing U+0020 go too (``text.space-runs``).
    """
    for _ in range(8):
        found = _native.unicode_scan(text, 1 << 62, text=True)
        parts: list[bytes] = []
        at = 0
        for c in sorted(found.chars):
            if c.offset < at or (c.kind == _native.U_SPACE_RUN and not spaces):
                continue
            parts.append(text[at : c.offset])
            if c.instead:
                parts.append(chr(c.instead).encode())
            at = c.offset + c.length
        if not parts:
            return text
        parts.append(text[at:])
        text = b"".join(parts)
    return text
