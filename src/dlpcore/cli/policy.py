"""``dlpcore policy``: the ready policies, whether a policy file is sound, and what a change of policy would change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ..model import Finding, Verdict, printable
from .inputs import Payload
from .options import input_options
from .session import Session, chosen_rules

if TYPE_CHECKING:
    from ..policy import Policy

__all__ = ["policy"]

_layout = click.option("--format", "layout", type=click.Choice(["text", "json"]), default="text", help="Default: text.")


@click.group()
def policy() -> None:
    """List, show and check policies, and compare what two of them decide.

    \b
      dlpcore policy list
      dlpcore policy show pci > mine.toml       to begin with a ready one
      dlpcore policy check mine.toml
      dlpcore policy diff balanced mine.toml captures/
    """


@policy.command("list")
@_layout
def list_policies(layout: str) -> None:
    """List the ready policies."""
    from ..policy import named, names

    for name in names():
        ready = named(name)
        if layout == "json":
            click.echo(json.dumps({"name": name, "title": ready.title, "rules": len(ready.rules)}))
        else:
            click.echo(f"{name:15} {ready.title}")


@policy.command("show")
@click.argument("name")
def show_policy(name: str) -> None:
    """Write the file of a ready policy."""
    from ..policy import named, ready_text

    named(name)  # says which there are
    click.echo(ready_text(name), nl=False)


@policy.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--rules",
    "rule_paths",
    multiple=True,
    metavar="PATH",
    type=click.Path(exists=True),
    help="Rules of your own that the policy names. May be repeated.",
)
def check_policy(files: tuple[Path, ...], rule_paths: tuple[str, ...]) -> None:
    """Check policy files: every field, name, pattern and expression, and that every rule can be reached.

    Exit status: 0 if all are sound, 2 otherwise.
    """
    from ..errors import DLPError
    from ..policy import check, load, vocabulary

    known = vocabulary(chosen_rules(rule_paths, builtin=True))
    wrong = 0
    for file in files:
        try:
            read = load(file)
            check(read, known)
        except DLPError as error:
            wrong = 2
            click.echo(f"✗ {printable(str(error))}")
        else:
            click.echo(f"✓ {printable(str(file))}: {len(read.rules)} rules{_ways(read)}")
    click.get_current_context().exit(wrong)


def _ways(read: Policy) -> str:
    """What there is to know of a sound policy in a line."""
    ways = []
    if read.shadow:
        ways.append("shadow mode")
    elif shadow := sum(rule.shadow for rule in read.rules):
        ways.append(f"{shadow} in shadow mode")
    if expressions := sum(rule.when is not None for rule in read.rules):
        ways.append(f"{expressions} with an expression")
    ways.append(f"incomplete inspections: {read.incomplete}")
    return "".join(f", {way}" for way in ways)


class _Change(NamedTuple):
    finding: Finding
    old: str
    new: str


@policy.command("diff")
@click.argument("old")
@click.argument("new")
@input_options
@_layout
def diff_policies(
    old: str,
    new: str,
    layout: str,
) -> None:
    """Say which verdicts on payloads would change from policy OLD to policy NEW, and by which rules.

    OLD and NEW are names of ready policies or policy files.

    Exit status: 0 if no verdict changes, 1 if one does, 2 if something was wrong.
    """
    session = Session(policy=old)
    other = session.inspector_with(new)
    total = changed = 0
    with session.progress:
        for payload in session.payloads():
            before = session.inspect(payload)
            after = other.inspect(payload.data, session.context)
            total += 1
            changes = list(_changes(before, after))
            if before.action == after.action and not changes:
                continue
            changed += 1
            session.status = max(session.status, 1)
            with session.progress.aside():
                _print(payload, before, after, changes, layout)
    if layout == "text":
        click.echo(f"{changed:,} of {total:,} verdicts change")
    session.close()


def _print(payload: Payload, before: Verdict, after: Verdict, changes: list[_Change], layout: str) -> None:
    if layout == "json":
        listed = [{"rule": c.finding.rule, "pointer": c.finding.pointer, "old": c.old, "new": c.new} for c in changes]
        line = {"file": payload.source.name, "line": payload.line, "old": before.action, "new": after.action}
        click.echo(json.dumps({**line, "findings": listed}))
        return
    click.echo(f"{printable(payload.name)}: {before.action} → {after.action}")
    for change in changes:
        where = printable(change.finding.pointer or "")
        click.echo(f"  {printable(change.finding.rule)}{' ' if where else ''}{where}: {change.old} → {change.new}")
    if not changes:  # what is not about a finding: incomplete, signed, canonical
        click.echo(f"  {printable('; '.join((after if after.reasons else before).reasons))}")


def _changes(before: Verdict, after: Verdict) -> Iterator[_Change]:
    """Findings that are decided otherwise; those on bulk records may be of one policy alone."""
    old, new = _by_place(before), _by_place(after)
    for place, finding in {**new, **old}.items():
        said, says = _said(old.get(place)), _said(new.get(place))
        if said != says:
            yield _Change(finding, said, says)


def _by_place(verdict: Verdict) -> dict[tuple[object, ...], Finding]:
    return {(f.rule, f.spans, f.provenance, f.fingerprint): f for f in verdict.findings}


def _said(finding: Finding | None) -> str:
    if finding is None:
        return "no finding"
    by = f" ({finding.policy_rule})" if finding.policy_rule else ""
    shadow = "" if finding.shadow is None else f" [shadow: {finding.shadow}]"
    return f"{finding.action}{by}{shadow}"
