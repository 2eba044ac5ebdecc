"""``dlpcore rules``: the rules that are looked for, and whether rule files are sound."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ..model import printable
from .session import chosen_rules

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from ..rulecheck import Price, Report
    from ..rules import Rule

__all__ = ["rules"]

_layout = click.option("--format", "layout", type=click.Choice(["text", "json"]), default="text", help="Default: text.")


@click.group()
def rules() -> None:
    """List the rules, and check rule files.

    \b
      dlpcore rules list --family financial
      dlpcore rules check                    the built-in rules
      dlpcore rules check my-rules/          your own, together with the built-in ones
      dlpcore rules check gitleaks.toml      what was carried over, what was not, and what each rule costs

    A PATH is a file or a folder of files: rules of ours (TOML), YARA, a gitleaks configuration (TOML), or Presidio's
    recognizers (YAML).
    """


_no_builtin = click.option("--no-builtin", is_flag=True, help="Only those in PATHs.")


@rules.command("list")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(exists=True))
@click.option("--family", metavar="NAME", help="Only the rules of this family, such as financial or secrets.")
@_no_builtin
@_layout
def list_rules(paths: tuple[str, ...], family: str | None, no_builtin: bool, layout: str) -> None:
    """List the built-in rules, and those in PATHs.

    JSON has more of each: its entity, kind, compliance tags and references.
    """
    loaded = chosen_rules(paths, builtin=not no_builtin)
    chosen = sorted(
        (rule for rule in loaded.rules if family in (None, rule.family)), key=lambda rule: (rule.family, rule.id)
    )
    if family is not None and not chosen:
        known = ", ".join(sorted({rule.family for rule in loaded.rules}))
        raise click.UsageError(f"no rule is of the family '{printable(family)}'; there are: {known}")
    sources = sorted(source.name for source in loaded.yara) if family is None else []
    if layout == "json":
        for rule in chosen:
            click.echo(json.dumps(_as_dict(rule)))
        for name in sources:
            click.echo(json.dumps({"engine": "yara", "id": name}))
        return
    _table(chosen, sources)


def _as_dict(rule: Rule) -> dict[str, object]:
    return {
        "engine": rule.engine,
        "id": rule.id,
        "title": rule.title,
        "entity": rule.entity,
        "family": rule.family,
        "kind": str(rule.kind),
        "severity": str(rule.severity),
        "compliance": list(rule.compliance),
        "references": list(rule.references),
    }


def _table(chosen: list[Rule], yara: list[str]) -> None:
    from rich.table import Table
    from rich.text import Text

    from .report import SEVERITY_COLOURS, output_console

    console = output_console()
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in ("family", "rule", "severity"):
        table.add_column(name, no_wrap=True)
    table.add_column("what it finds", overflow="fold")
    for rule in chosen:
        table.add_row(
            Text(rule.family),
            Text(printable(rule.id), style="bold"),
            Text(str(rule.severity), style=SEVERITY_COLOURS[rule.severity]),
            Text(printable(rule.title)),
        )
    console.print(table)
    if yara:
        console.print(Text(f"\nYARA: {', '.join(map(printable, yara))}"))
    console.print(Text(f"\n{len(chosen)} rules, {len(yara)} YARA files", style="dim"))


@rules.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(exists=True))
@_no_builtin
@_layout
def check_rules(paths: tuple[str, ...], no_builtin: bool, layout: str) -> None:
    """Check the built-in rules, together with those in PATHs.

    Every rule has examples and negative examples; all are tried in every engine; all compile together; identifiers are
    unique, and tags are of the closed list.

    Each rule of yours is listed with what it costs: what must have been seen before it is tried, whether its time is
    linear whatever the input, and nanoseconds for each KB that it is tried on. One that has to be tried on everything
    is sound, but each payload pays for it.

    Exit status: 0 if all are sound, 2 otherwise.
    """
    from ..rulecheck import check

    outcome = check(chosen_rules(paths, builtin=not no_builtin))
    if layout == "json":
        ungated = [dataclasses.asdict(price) for price in outcome.ungated]
        click.echo(json.dumps({**dataclasses.asdict(outcome), "ungated": ungated, "ok": outcome.ok}))
    else:
        _print_outcome(outcome)
    click.get_current_context().exit(0 if outcome.ok else 2)


def _print_outcome(outcome: Report) -> None:
    from rich.text import Text

    from .report import output_console

    console = output_console()
    for problem in outcome.problems:
        place = ":".join(str(part) for part in (problem.file, problem.line) if part is not None)
        line = Text.assemble(
            (printable(place), "bold"), ": " if place else "", printable(f"{problem.rule}: {problem.message}")
        )
        console.print(line, soft_wrap=True)
    if outcome.prices:
        console.print(_prices(outcome.prices))
    for price in outcome.ungated:
        text = f"{price.rule} ({price.kind}) is tried on everything: {price.ns_per_kb:,.0f} ns for each KB"
        console.print(Text.assemble(("⚠ ", "yellow"), printable(text)), soft_wrap=True)
    count = len(outcome.problems)
    found = "no problem" if not count else f"{count} problem{'' if count == 1 else 's'}"
    glyph = Text("✓ ", "green") if outcome.ok else Text("✗ ", "bold red")
    text = (
        f"{outcome.rules} rules, {outcome.yara} YARA rules, {outcome.examples} examples in {', '.join(outcome.engines)}"
    )
    console.print(Text.assemble(glyph, f"{text}: {found}"), soft_wrap=True)


def _prices(prices: Sequence[Price]) -> Table:
    """What each rule costs, the dearest last, where the eye is."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("rule", overflow="fold", ratio=3, min_width=20)
    table.add_column("tried where", overflow="fold", ratio=4)
    table.add_column("engine", no_wrap=True)
    table.add_column("linear", no_wrap=True)
    table.add_column("ns/KB", justify="right", no_wrap=True)
    for price in sorted(prices, key=lambda each: (not each.gate, each.opens, each.ns_per_kb)):
        table.add_row(
            Text(printable(price.rule), style="bold"),
            _gate(price),
            Text(price.engine),
            Text("yes", "green") if price.linear else Text("?" if price.linear is None else "no", "yellow"),
            Text(f"{price.ns_per_kb:,.0f}"),
        )
    return table


def _gate(price: Price) -> Text:
    from rich.text import Text

    if not price.gate:
        return Text("everything", "yellow")
    shown = [printable(literal) for literal in price.literals[:4]]
    if len(price.literals) > 4:
        shown.append(f"{len(price.literals) - 4} more")
    others = [part for part in price.gate.split("+") if part != "literals"]
    return Text(", ".join([*shown, *others]), "yellow" if price.opens else "")
