"""Turns a payload and its verdict into what the page says of it: plain values, bounded, without any markup.

An entry can be pickled, so that it can be made in the process that inspected. Without ``reveal`` no matched and no
recovered byte is in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ...model import Action, Candidate, Finding, Kind, Severity, Verdict, keyed_fingerprint, printable
from ..captures import Message, endpoint
from ..inputs import Data, Payload
from ..window import ENDS, RUN, Mask, Piece, masks, pieces, window
from .contents import View, kind_of, view

__all__ = ["Describer", "Entry", "Recovered", "Row", "Window", "short"]

#: Of one finding, this many pieces are shown: a channel may have thousands.
_WINDOWS: Final = 3
#: Longer texts lose their middle: hosts, paths and pointers are as long as somebody likes.
_TEXT: Final = 240
_REASONS: Final = 12
_SKIPPED: Final = 20
_CHANNELS: Final = 12
_REVEALED_RUN: Final = 256
_REVEALED_ENDS: Final = 256
_REVEALED_VALUE: Final = 512
#: A part of a path that may be a credential: long, with letters and digits.
_TOKEN: Final = re.compile(r"(?=[^/]*\d)[\w~.%-]{16,}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Window:
    """Some bytes of the payload: where, and their pieces."""

    where: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Recovered:
    """A decoding of a message: what it is, how it was read, and, only if it may be seen, what it says."""

    size: int
    kind: str
    digest: str
    decoders: tuple[str, ...]
    score: float
    view: View | None


@dataclass(frozen=True, slots=True)
class Row:
    """A finding, as the page has it."""

    kind: str
    rule: str
    title: str
    entity: str
    family: str
    severity: str
    confidence: float
    action: str
    decided_by: str
    shadow: str
    pointer: str
    in_key: bool
    spans: tuple[str, ...]
    more_spans: int
    preview: str
    value: tuple[Piece, ...]
    fingerprint: str
    provenance: tuple[str, ...]
    reasons: tuple[str, ...]
    compliance: tuple[str, ...]
    bits: float
    windows: tuple[Window, ...]
    recovered: tuple[Recovered, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A payload, as the page has it. ``place`` is its endpoint, or its file."""

    name: str
    label: str
    place: str
    action: Action
    shadow: str
    risk: float
    size: int
    complete: bool
    skipped: tuple[str, ...]
    reasons: tuple[str, ...]
    channels: tuple[tuple[str, float], ...]
    rows: tuple[Row, ...]
    #: Findings of severity info that are not listed.
    unlisted: int


def short(text: str, most: int = _TEXT) -> str:
    """``text`` with its unseen characters escaped, and without its middle where it is too long."""
    text = printable(text if len(text) <= 4 * most else f"{text[: 2 * most]}…{text[-2 * most :]}")
    return text if len(text) <= most else f"{text[: most // 2]}…{text[-most // 2 :]}"


class Describer:
    """Makes entries.

    Args:
        inspector: looks at what is shown of URLs, which nothing else inspects.
        key: of the digests of recovered messages.
        verbose: list findings of severity info as well.
        reveal: show values and messages.
    """

    def __init__(self, inspector: Any, key: bytes, *, verbose: bool, reveal: bool) -> None:
        self._inspector = inspector
        self._titles = {rule.id: rule.title for rule in inspector.rules.rules}
        self._key = key
        self._verbose = verbose
        self._reveal = reveal
        self._paths: dict[str, str] = {}

    def entry(self, payload: Payload, verdict: Verdict, found: Sequence[Finding]) -> Entry:
        """``found``: all findings whose values may not be seen, also those that the verdict leaves out."""
        listed = [f for f in verdict.findings if self._verbose or f.severity > Severity.INFO]
        hidden = [] if self._reveal else masks(payload.data, found)
        blank = not (verdict.complete or self._reveal)
        channels = sorted(((c, b) for c, b in verdict.capacity.items() if b >= 1.0), key=lambda each: -each[1])
        message = payload.message
        line = "" if payload.line is None else f":{payload.line}"
        return Entry(
            name=short(f"{payload.source.name}{line}"),
            label=self._label(message),
            place=self.file(payload.source.name) if message is None else self.endpoint(endpoint(message)),
            action=verdict.action,
            shadow="" if verdict.shadow is None else str(verdict.shadow),
            risk=verdict.risk,
            size=len(payload.data),
            complete=verdict.complete,
            skipped=_few([f"{s.what}: {s.why}" for s in verdict.skipped], _SKIPPED),
            reasons=_few(verdict.reasons, _REASONS),
            channels=tuple((short(channel, 60), bits) for channel, bits in channels[:_CHANNELS]),
            rows=tuple(self._row(f, payload.data, hidden, blank=blank) for f in listed),
            unlisted=len(verdict.findings) - len(listed),
        )

    @staticmethod
    def file(name: str) -> str:
        """A file, fit to be seen."""
        return short(name)

    def endpoint(self, name: str) -> str:
        """An endpoint, fit to be seen."""
        if self._reveal:
            return short(name)
        head, slash, path = name.partition("/")
        return short(head + self._path(slash + path))

    def _label(self, message: Message | None) -> str:
        if message is None:
            return ""
        return short(message.label if self._reveal else replace(message, path=self._path(message.path)).label)

    def _path(self, path: str) -> str:
        """A path without what may be a credential or a person in it: no rule looked at it so far."""
        if path not in self._paths:
            if len(self._paths) >= 10_000:
                self._paths.clear()
            # Cut between two parts, so that half a value is never what is looked at, nor what is shown.
            cut = path if len(path) <= _TEXT else f"{path[:_TEXT].rpartition('/')[0]}/…"
            cut = "/".join("*" if _TOKEN.fullmatch(part) else part for part in cut.split("/"))
            text = json.dumps(cut).encode()
            for mask in reversed(masks(text, filter(_is_value, self._inspector.inspect(text).findings))):
                text = text[: mask.start] + b"*" + text[mask.end :]
            self._paths[path] = text.decode()[1:-1]  # escapes are left: no cut breaks them
        return self._paths[path]

    def _row(self, finding: Finding, data: Data, hidden: Sequence[Mask], *, blank: bool) -> Row:
        run, ends = (_REVEALED_RUN, _REVEALED_ENDS) if self._reveal else (RUN, ENDS)
        seen = finding.spans[:_WINDOWS]
        value = finding.matched if self._reveal and finding.kind == Kind.SENSITIVE_DATA else None
        return Row(
            kind=str(finding.kind),
            rule=short(finding.rule, 80),
            title=short(self._titles.get(finding.rule, ""), 120),
            entity=short(finding.entity or "", 80),
            family=short(finding.family or "", 80),
            severity=str(finding.severity),
            confidence=finding.confidence,
            action=str(finding.action),
            decided_by=short(finding.policy_rule or "", 80),
            shadow="" if finding.shadow is None else str(finding.shadow),
            pointer="" if finding.pointer is None else short(finding.pointer) or "(root)",
            in_key=finding.in_key,
            spans=tuple(f"{start:,}–{end:,}" for start, end in seen),
            more_spans=len(finding.spans) - len(seen),
            preview=short(finding.preview or "", 80),
            value=() if value is None else tuple(pieces([(_decoded(value[:_REVEALED_VALUE]), True)], run=run)),
            fingerprint=finding.fingerprint or "",
            provenance=tuple(short(step, 80) for step in finding.provenance),
            reasons=_few(finding.reasons, _REASONS),
            compliance=_few(finding.compliance, _REASONS),
            bits=finding.capacity_bits,
            windows=tuple(
                Window(
                    f"{start:,}–{end:,}",
                    tuple(window(data, (start, end), hidden, run=run, ends=ends, blank=blank)),
                )
                for start, end in seen
            ),
            recovered=tuple(self._recovered(c, first=not n) for n, c in enumerate(finding.candidates)),
        )

    def _recovered(self, candidate: Candidate, *, first: bool) -> Recovered:
        data = candidate.data or b""
        return Recovered(
            size=len(data),
            kind=kind_of(data),
            digest=keyed_fingerprint(self._key, "recovered", data),
            decoders=tuple(short(step, 40) for step in candidate.decoders),
            score=candidate.score,
            view=view(data) if self._reveal and first else None,
        )


def _is_value(finding: Finding) -> bool:
    return finding.kind == Kind.SENSITIVE_DATA and finding.severity > Severity.INFO


def _decoded(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")


def _few(texts: Sequence[str], most: int) -> tuple[str, ...]:
    few = tuple(short(text) for text in texts[:most])
    return few if len(texts) <= most else (*few, f"and {len(texts) - most:,} more")
