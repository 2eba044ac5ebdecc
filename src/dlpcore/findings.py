"""Findings put in order: what several rules said of the same bytes, once; the most severe first."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from .model import Finding, Kind, Span

__all__ = ["in_order", "merge"]

#: How many earlier findings of the same place one is held against: bounds the work on crowded input.
_WINDOW = 8
_DATA = (Kind.SENSITIVE_DATA, Kind.DESTINATION)


def _strength(finding: Finding) -> tuple[int, float]:
    return finding.severity.rank, finding.confidence


def _same_evidence(a: Finding, b: Finding) -> bool:
    """Whether one of two findings says nothing beside the other: same family, same way there, one covers the other."""
    return a.kind == b.kind and a.provenance == b.provenance and a.family == b.family


def _first_readings(findings: Iterable[Finding]) -> list[Finding]:
    """Says each value once.

    One carrier may have several readings that hold the same value: the best, which came first, says it. What is found
    in the text of a carrier itself needs no decoding: it is said by its own, narrower span.
    """
    findings = list(findings)
    if not any(finding.provenance for finding in findings):
        return findings
    direct: dict[tuple[str, str | None], list[tuple[Span, Finding]]] = {}
    for finding in findings:
        if not finding.provenance and finding.kind in _DATA:
            direct.setdefault((finding.rule, finding.fingerprint), []).append((finding.span, finding))
    for spans in direct.values():
        spans.sort(key=lambda each: each[0])
    seen: dict[tuple[str, tuple[Span, ...], str | None], Finding] = {}
    result: list[Finding] = []
    for finding in findings:
        if finding.provenance and finding.kind in _DATA:
            place = (finding.rule, finding.spans, finding.fingerprint)
            said = _held(finding.span, direct.get((finding.rule, finding.fingerprint), [])) or seen.get(place)
            if said is not None:
                said.absorb(finding)  # it may stand there twice: an edit must reach both
                continue
            seen[place] = finding
        result.append(finding)
    return result


def _held(carrier: Span, found: list[tuple[Span, Finding]]) -> Finding | None:
    """The first of the findings, ascending by span, that lies in the carrier."""
    at = bisect_left(found, (carrier[0], 0), key=lambda each: each[0])
    return found[at][1] if at < len(found) and found[at][0][1] <= carrier[1] else None


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """Drops what a stronger finding of the same family covers; order: severity, confidence, position.

    Linear after sorting: each finding is held against the last few that reach over its start.
    """
    findings = list(findings)
    if len(findings) < 2:
        return findings
    kept: list[Finding] = []
    active: list[int] = []
    dropped: set[int] = set()
    ordered = sorted(
        _first_readings(findings),
        key=lambda f: (f.spans[0][0], -f.spans[-1][1], -f.severity.rank, -f.confidence, f.rule),
    )
    for finding in ordered:
        start, end = finding.spans[0][0], finding.spans[-1][1]
        active = [i for i in active if kept[i].spans[-1][1] > start][-_WINDOW:]
        redundant = False
        if finding.kind in _DATA:
            for i in active:
                other = kept[i]
                if i in dropped or not _same_evidence(other, finding):
                    continue
                if other.spans[-1][1] >= end and _strength(other) >= _strength(finding):
                    if not redundant and (not finding.provenance or finding.within(other)):
                        redundant = True
                        other.absorb(finding)
                elif other.spans == finding.spans and _strength(other) < _strength(finding):
                    dropped.add(i)
                    finding.absorb(other)
        if not redundant:
            active.append(len(kept))
            kept.append(finding)
    result = [f for i, f in enumerate(kept) if i not in dropped]
    return in_order(result)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The most severe first, then the surest, then by position."""
    return sorted(findings, key=lambda f: (-f.severity.rank, -f.confidence, f.spans[0], f.rule, f.provenance))
