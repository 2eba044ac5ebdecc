"""Writes the findings of a run as SARIF 2.1.0, which code scanners and editors read.

Source: Static Analysis Results Interchange Format (SARIF) Version 2.1.0, OASIS Standard. Results are written as they
come, and the rules that they name behind them, so that memory does not grow with the input. No value is in it, not
even masked: these files are uploaded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from ..events.version import VERSION
from ..model import Finding, Kind, Severity, printable
from .examine import Inspected
from .inputs import Data, Payload

if TYPE_CHECKING:
    from ..rules import RuleSet

__all__ = ["Sarif"]

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {
    Severity.INFO: "note",
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
#: GitHub orders security results by this number, 0.0 to 10.0.
_SCORES: Final = {
    Severity.INFO: "0.0",
    Severity.LOW: "3.0",
    Severity.MEDIUM: "5.5",
    Severity.HIGH: "8.0",
    Severity.CRITICAL: "9.5",
}
_KINDS: Final = {
    Kind.COVERT_CHANNEL: "Bits can be hidden here without changing what the document says.",
    Kind.STRUCTURE: "Another parser may read this differently.",
    Kind.LAYER: "Something encoded is here; what is inside was inspected.",
    Kind.SENSITIVE_DATA: "A value that is to be protected.",
    Kind.DESTINATION: "An address that data may be sent to.",
    Kind.YARA: "A YARA rule matched.",
}
#: § 3.11 gives braces and brackets a meaning in messages.
_PLAIN: Final = str.maketrans("{}[]", "()()")
#: Of one finding and of what was not inspected, this many are named; of the others the number is told.
_LOCATIONS: Final = 10
_NOTICES: Final = 1000
_SLICE: Final = 1 << 20


class Rendered(NamedTuple):
    """What there is of one payload: the rules that its results name, the results, and notifications."""

    rules: dict[str, dict[str, Any]]
    results: list[dict[str, Any]]
    notices: list[dict[str, Any]]


class Sarif:
    """One run. ``mark`` names a finding across runs (``None`` where no key is given, since nothing would be stable)."""

    def __init__(
        self,
        write: Callable[[str], object],
        rules: RuleSet,
        mark: Callable[[Finding, Data], str] | None = None,
        *,
        verbose: bool = False,
    ) -> None:
        self._write = write
        self._known = {rule.id: rule for rule in rules.rules}
        self._mark = mark
        self._verbose = verbose
        self._rules: list[dict[str, Any]] = []
        self._indexes: dict[str, int] = {}
        self._notices: list[dict[str, Any]] = []
        self._unsaid = 0
        self._first = True

    #: What is clean has no result.
    lists_clean: Final = False

    def begin(self) -> None:
        self._write(f'{{"$schema": "{_SCHEMA}", "version": "2.1.0", "runs": [{{"results": [')

    def render(self, inspected: Inspected) -> Rendered:
        """The findings of a verdict as results, and what was not inspected as notifications."""
        payload, verdict = inspected.payload, inspected.verdict
        listed = [f for f in verdict.findings if self._verbose or f.severity > Severity.INFO]
        lines = _lines(payload, (edge for f in listed for span in f.spans[:_LOCATIONS] for edge in _edges(span)))
        place = {"physicalLocation": {"artifactLocation": _artifact(payload)}}
        return Rendered(
            {finding.rule: self._rule(finding) for finding in listed},
            [self._result(payload, finding, lines) for finding in listed],
            [
                _notification(f"{payload.name}: not inspected: {skipped.what}: {skipped.why}", "warning", place)
                for skipped in verdict.skipped
            ],
        )

    def write(self, rendered: Rendered) -> None:
        """Writes results as they come; rules and notifications are kept for the end."""
        for rule, described in rendered.rules.items():
            if rule not in self._indexes:
                self._indexes[rule] = len(self._rules)
                self._rules.append(described)
        for result in rendered.results:
            result["ruleIndex"] = self._indexes[result["ruleId"]]
            self._write(("\n" if self._first else ",\n") + json.dumps(result))
            self._first = False
        for notice in rendered.notices:
            self._notice(notice)

    def wrong(self, text: str) -> None:
        """An input that could not be read."""
        self._notice(_notification(text, "error", None))

    def end(self, status: int) -> None:
        """``status``: the exit status of the run."""
        if self._unsaid:
            self._notices.append(_notification(f"{self._unsaid:,} more that are not listed", "warning", None))
        driver = {
            "name": "dlpcore",
            "semanticVersion": VERSION,
            "rules": self._rules,
        }
        invocation = {
            "executionSuccessful": status in (0, 1),
            "exitCode": status,
            "toolExecutionNotifications": self._notices,
        }
        self._write(f'\n], "tool": {json.dumps({"driver": driver})}, "invocations": {json.dumps([invocation])}}}]}}\n')

    def _notice(self, notice: dict[str, Any]) -> None:
        if len(self._notices) >= _NOTICES:
            self._unsaid += 1
            return
        self._notices.append(notice)

    def _result(self, payload: Payload, finding: Finding, lines: dict[int, int]) -> dict[str, Any]:
        result: dict[str, Any] = {
            "ruleId": finding.rule,
            "ruleIndex": -1,  # known when it is written
            "level": _LEVELS[finding.severity],
            "message": {"text": _message(self._title(finding), finding)},
            "locations": [_location(payload, finding, span, lines) for span in finding.spans[:_LOCATIONS]],
            "rank": round(100 * finding.confidence, 1),
            "properties": {
                "severity": str(finding.severity),
                "action": str(finding.action),
                "entity": finding.entity,
                "spans": len(finding.spans),
                "payloadOffset": finding.span[0],
                "capacityBits": round(finding.capacity_bits, 2),
            },
        }
        if self._mark is not None:
            result["partialFingerprints"] = {"dlpcore/v1": self._mark(finding, payload.data)}
        return result

    def _title(self, finding: Finding) -> str:
        rule = self._known.get(finding.rule)
        return finding.rule if rule is None else rule.title

    def _rule(self, finding: Finding) -> dict[str, Any]:
        rule = self._known.get(finding.rule)
        help_text = _KINDS[finding.kind]
        references = () if rule is None else rule.references
        text = "\n".join((help_text, *(f"See {reference}" for reference in references)))
        tags = [str(finding.kind), *filter(None, (finding.family,)), *finding.compliance, "security"]
        return {
            "id": finding.rule,
            "shortDescription": {"text": _plain(self._title(finding))},
            "fullDescription": {"text": _plain(f"{self._title(finding)}. {help_text}")},
            "help": {"text": _plain(text)},
            "defaultConfiguration": {"level": _LEVELS[finding.severity]},
            "properties": {
                "tags": list(dict.fromkeys(tags)),
                "security-severity": _SCORES[finding.severity],
            },
        }


def _notification(text: str, level: str, location: dict[str, Any] | None) -> dict[str, Any]:
    notice: dict[str, Any] = {"level": level, "message": {"text": _plain(text)}}
    if location is not None:
        notice["locations"] = [location]
    return notice


def _plain(text: str) -> str:
    return printable(text).translate(_PLAIN)


def _message(title: str, finding: Finding) -> str:
    parts = [title if title == finding.rule else f"{title} ({finding.rule})"]
    if finding.provenance:
        parts.append(f"in {' → '.join(finding.provenance)}")
    parts += finding.reasons
    if finding.capacity_bits:
        parts.append(f"{finding.capacity_bits:,.0f} bits")
    if finding.recovered is not None:
        parts.append(f"a message of {len(finding.recovered):,} bytes was recovered")
    return _plain("; ".join(parts))


def _artifact(payload: Payload) -> dict[str, Any]:
    path = payload.source.path
    if path is None:
        return {"uri": "stdin:", "description": {"text": "standard input"}}
    return {"uri": path.as_uri() if path.is_absolute() else quote(Path(path).as_posix(), safe="/")}


def _location(payload: Payload, finding: Finding, span: tuple[int, int], lines: dict[int, int]) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(payload)}
    if payload.start is not None:
        first, last = _edges(span)
        physical["region"] = {
            "startLine": lines[first],
            "endLine": lines[last],
            "byteOffset": payload.start + span[0],
            "byteLength": span[1] - span[0],
        }
    location: dict[str, Any] = {"physicalLocation": physical}
    logical: list[dict[str, Any]] = []
    if payload.message is not None:
        logical.append({"fullyQualifiedName": printable(payload.message.label), "kind": "resource"})
    if finding.pointer and span == finding.span:
        kind = "property" if finding.in_key else "value"
        logical.append({"fullyQualifiedName": printable(finding.pointer), "kind": kind})
    if logical:
        location["logicalLocations"] = logical
    return location


def _edges(span: tuple[int, int]) -> tuple[int, int]:
    """Offsets of the first and of the last byte."""
    return span[0], max(span[0], span[1] - 1)


def _lines(payload: Payload, offsets: Iterable[int]) -> dict[int, int]:
    """The line of the file (from 1) that each offset is on: one pass over the payload, whatever the findings."""
    if payload.start is None:
        return {}
    result: dict[int, int] = {}
    line, at = payload.line or 1, 0
    for offset in sorted(set(offsets)):
        while at < offset:
            piece = payload.data[at : min(offset, at + _SLICE)]
            line += piece.count(b"\n")
            at += len(piece)
        result[offset] = line
    return result
