"""``dlpcore audit``: whether a log holds, and what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..model import printable

__all__ = ["audit"]

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_key = click.option(
    "--key-file", type=click.Path(path_type=Path), metavar="FILE", help="The key file of a log that has a key."
)
_key_id = click.option("--key-id", metavar="ID", help="Which key of it. Default: the active one.")
_anchor = click.option("--anchor", metavar="LINE:PROOF", help="From an earlier verification: it must still be there.")


@click.group(short_help="Verify the log of decisions, and report from it.")
def audit() -> None:
    """Verify the log of decisions, and report from it."""


@audit.command()
@_file
@_key
@_key_id
@_anchor
def verify(file: Path, key_file: Path | None, key_id: str | None, anchor: str | None) -> None:
    """Check that no line of a log was changed, removed, added or moved; print the anchor to keep elsewhere.

    Lines cut off at the end show only against an anchor. Exit status 2 means that the log does not hold.
    """
    from ..events.audit import verify as verified

    result = verified(file, key=_read_key(key_file, key_id), anchor=anchor)
    click.echo(f"{result.lines:,} lines hold")
    click.echo(f"anchor {result.anchor}")
    if result.recovered:
        click.echo(f"{result.recovered:,} times a crash had left part of a line")
    if result.torn:
        click.echo(f"{result.torn:,} bytes of a last line without its end: a crash, or a writer at work")


@audit.command()
@_file
@_key
@_key_id
@_anchor
@click.option(
    "--kind", type=click.Choice(["breach", "access"]), default="breach", help="What to report. Default: breach."
)
@click.option("--since", metavar="TIME", help="From this time on (RFC 3339, or a date).")
@click.option("--until", metavar="TIME", help="Before this time.")
@click.option("--actor", metavar="USER", help="Of this user.")
@click.option("--endpoint", metavar="ENDPOINT", help="Of this endpoint, or with * at its end of all that start so.")
@click.option("--format", "layout", type=click.Choice(["text", "json"]), default="text", help="Default: text.")
def report(
    file: Path,
    key_file: Path | None,
    key_id: str | None,
    anchor: str | None,
    kind: str,
    since: str | None,
    until: str | None,
    actor: str | None,
    endpoint: str | None,
    layout: str,
) -> None:
    """Report from a log that holds: what went out in clear (breach), or who was let see what (access).

    \b
      dlpcore audit report --since 2026-11-01 --endpoint '/v1/*' audit.jsonl
      dlpcore audit report --kind access audit.jsonl
    """
    from ..events.audit import read
    from ..events.report import Selection, access_review, breach_report

    selection = Selection(since, until, actor, endpoint)
    events = read(file, key=_read_key(key_file, key_id), anchor=anchor)
    if kind == "breach":
        found = breach_report(events, selection)
        if layout == "text":
            _breach(found)
            return
        click.echo(json.dumps(found, indent=2))
        return
    rows = access_review(events, selection)
    if layout == "text":
        _table(("role", "entity", "endpoint", "in_clear", "opened", "refused", "protected"), rows)
        return
    click.echo(json.dumps(rows, indent=2))


def _read_key(path: Path | None, kid: str | None) -> bytes | None:
    if path is None:
        return None
    from ..events.audit import audit_key
    from ..tokenize import Keyring

    return audit_key(Keyring.from_file(path), kid)


def _breach(found: dict[str, Any]) -> None:
    click.echo(
        f"{found['events']:,} events, {found['incomplete_inspections']:,} of incomplete inspections; "
        f"{found['payloads_with_data_in_clear']:,} payloads let data out in clear; "
        f"{found['stopped']['values']:,} values were stopped"
    )
    if found["compliance"]:
        click.echo(f"concerns {', '.join(found['compliance'])}")
    for name in ("entity", "actor", "endpoint", "destination"):
        rows = [{name: key, **tally} for key, tally in found[f"by_{name}"].items()]
        for row in rows:
            row["distinct"] = f"{row['distinct']:,}{'+' if row['at_least'] else ''}"
        if rows:
            click.echo()
            _table((name, "events", "values", "distinct", "first", "last"), rows)


def _table(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    cells = [columns, *(tuple(printable(str(row[column])) for column in columns) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    for row in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
