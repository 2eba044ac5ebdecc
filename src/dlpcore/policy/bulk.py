"""Bulk records: many distinct values of one entity or family in a payload are a finding of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..model import Finding, Kind, Severity
from .schema import BULK, Bulk

__all__ = ["bulk_findings", "distinct"]

#: Pieces of a bulk finding that are named; its members have their own findings.
_MOST_SPANS = 64


def distinct(findings: Iterable[Finding]) -> Mapping[str, int]:
    """How many distinct values of each entity there are, told apart by their fingerprints."""
    seen: dict[str, set[str | None]] = {}
    for finding in findings:
        if finding.entity is not None and not finding.rule.startswith(BULK):
            seen.setdefault(finding.entity, set()).add(finding.fingerprint)
    return {entity: len(values) for entity, values in seen.items()}


def bulk_findings(asked: Sequence[Bulk], findings: Sequence[Finding]) -> list[Finding]:
    """A finding for each entity or family of which there are as many distinct values as one of these asks for."""
    groups: dict[str, list[Finding]] = {}
    entities = {name for each in asked for name in each.entities}
    families = {name for each in asked for name in each.families}
    for finding in findings:
        if finding.kind != Kind.SENSITIVE_DATA or finding.severity <= Severity.INFO:
            continue
        for name, wanted in ((finding.entity, entities), (finding.family, families)):
            if name is not None and name in wanted:
                groups.setdefault(name, []).append(finding)
    result: dict[str, Finding] = {}
    for each in sorted(asked, key=lambda bulk: (-bulk.severity.rank, bulk.count)):
        for name in (*each.entities, *each.families):
            members = groups.get(name, [])
            count = len({(member.entity, member.fingerprint) for member in members})
            if count >= each.count and name not in result:
                result[name] = _finding(name, count, each, members)
    return list(result.values())


def _finding(name: str, count: int, asked: Bulk, members: Sequence[Finding]) -> Finding:
    spans = sorted({span for member in members for span in member.spans})[:_MOST_SPANS]
    return members[0].replace(
        rule=f"{BULK}{name}",
        entity=name if name in asked.entities else None,
        severity=asked.severity,
        confidence=max(member.confidence for member in members),
        reasons=(f"{count} distinct values; {asked.count} or more are bulk records",),
        spans=tuple(spans),
        in_key=False,
        provenance=(),
        value=None,
        inner=(),
        compliance=tuple(dict.fromkeys(tag for member in members for tag in member.compliance)),
    )
