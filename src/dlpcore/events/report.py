"""What an audit log says in the end: who got to see which data (access review), and what a breach notice has to name.

Data went out in clear where a finding's action was ``allow`` or ``flag`` in a payload that was not blocked, or where
tokens were opened. Values are counted by their fingerprints, so that one value seen a thousand times is one value;
that needs inspectors with the same key. Where a group had more fingerprints than an event holds, the count says "at
least".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from ..errors import EventError
from .record import BULK, MOST_FINGERPRINTS

__all__ = ["Selection", "access_review", "breach_report"]

_OUT: Final = frozenset({"allow", "flag"})
NOBODY: Final = "(unknown)"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events a report is on.

    Attributes:
        since, until: RFC 3339 times or dates, half open.
        actor: the user.
        endpoint: the endpoint, or with ``*`` at its end the start of it.
    """

    since: str | None = None
    until: str | None = None
    actor: str | None = None
    endpoint: str | None = None

    def __post_init__(self) -> None:
        for moment in (self.since, self.until):
            if moment is not None:
                _moment(moment)

    def of(self, events: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """The events that are meant."""
        since = None if self.since is None else _moment(self.since)
        until = None if self.until is None else _moment(self.until)
        for event in events:
            if "context" not in event:
                continue  # a line that the log wrote itself
            moment = _moment(str(event["time"]))
            context = event["context"]
            if (since is not None and moment < since) or (until is not None and moment >= until):
                continue
            if self.actor is not None and context.get("user") != self.actor:
                continue
            if self.endpoint is not None and not _matches(str(context.get("endpoint", "")), self.endpoint):
                continue
            yield event


@dataclass(slots=True)
class _Tally:
    events: int = 0
    values: int = 0
    fingerprints: set[str] = field(default_factory=set)
    bounded: bool = False
    first: str = ""
    last: str = ""

    def add(self, event: Mapping[str, Any], count: int, fingerprints: Iterable[str]) -> None:
        self.events += 1
        self.values += count
        marks = list(fingerprints)
        self.fingerprints.update(marks)
        self.bounded = self.bounded or not marks or len(marks) >= MOST_FINGERPRINTS
        moment = str(event["time"])
        self.first = min(self.first or moment, moment)
        self.last = max(self.last, moment)

    def to_dict(self) -> dict[str, Any]:
        return {
            "events": self.events,
            "values": self.values,
            "distinct": len(self.fingerprints),
            "at_least": self.bounded,
            "first": self.first,
            "last": self.last,
        }


def breach_report(events: Iterable[Mapping[str, Any]], selection: Selection | None = None) -> dict[str, Any]:
    """What went out in clear: distinct values by entity, actor and endpoint, with first and last time. JSON-ready.

    ``events`` are those of :func:`~dlpcore.events.audit.read`.
    """
    by: dict[str, dict[str, _Tally]] = {"entity": {}, "actor": {}, "endpoint": {}, "destination": {}}
    payloads: set[str] = set()
    compliance: set[str] = set()
    stopped = _Tally()
    seen = incomplete = 0
    for event in (selection or Selection()).of(events):
        seen += 1
        incomplete += not event.get("complete", True)
        context = event["context"]
        for entity, count, fingerprints, tags, out in _values(event):
            if not out:
                stopped.add(event, count, fingerprints)
                continue
            payloads.add(str(event["uid"]))
            compliance.update(tags)
            keys = {
                "entity": entity,
                "actor": context.get("user", NOBODY),
                "endpoint": context.get("endpoint", NOBODY),
                "destination": context.get("destination", NOBODY),
            }
            marks = [f"{entity}:{mark}" for mark in fingerprints]
            for name, value in keys.items():
                by[name].setdefault(str(value), _Tally()).add(event, count, marks)
    return {
        "events": seen,
        "incomplete_inspections": incomplete,
        "payloads_with_data_in_clear": len(payloads),
        "compliance": sorted(compliance),
        **{f"by_{name}": {k: tally.to_dict() for k, tally in sorted(table.items())} for name, table in by.items()},
        "stopped": stopped.to_dict(),
    }


def access_review(events: Iterable[Mapping[str, Any]], selection: Selection | None = None) -> list[dict[str, Any]]:
    """Who was let see what: a row for each role, entity and endpoint. JSON-ready.

    ``in_clear`` are values that went out as they were, ``opened`` those whose tokens were opened, ``refused`` those
    whose were not, ``protected`` those that were masked, tokenized or blocked. Someone with several roles counts in
    each.
    """
    rows: dict[tuple[str, str, str], dict[str, int]] = {}
    for event in (selection or Selection()).of(events):
        context = event["context"]
        endpoint = str(context.get("endpoint", NOBODY))
        for entity, count, _, _, out in _values(event):
            if event["operation"] == "detokenize":
                column = "opened" if out else "refused"
            else:
                column = "in_clear" if out else "protected"
            for role in context.get("roles") or (NOBODY,):
                row = rows.setdefault((str(role), entity, endpoint), {})
                row[column] = row.get(column, 0) + count
    columns = ("in_clear", "opened", "refused", "protected")
    return [
        {"role": role, "entity": entity, "endpoint": endpoint, **{c: row.get(c, 0) for c in columns}}
        for (role, entity, endpoint), row in sorted(rows.items())
    ]


def _values(event: Mapping[str, Any]) -> Iterator[tuple[str, int, list[str], list[str], bool]]:
    """Entity, count, fingerprints, tags, and whether they went out in clear."""
    if event["operation"] == "detokenize":
        for entity, count in event["entities"].items():
            yield entity, int(count), [], [], bool(event["allowed"])
        return
    for group in event["observed"]:
        if group["kind"] == "sensitive-data" and not group["rule"].startswith(BULK):
            out = bool(event["allowed"]) and group["action"] in _OUT
            yield group["entity"] or group["rule"], group["count"], group["fingerprints"], group["compliance"], out


def _matches(endpoint: str, pattern: str) -> bool:
    return endpoint.startswith(pattern[:-1]) if pattern.endswith("*") else endpoint == pattern


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise EventError("a time is written as in RFC 3339: 2026-11-22 or 2026-11-22T04:05:06Z") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
