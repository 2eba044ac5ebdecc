"""Renders a verdict as text: a line on the payload, its findings as a table, capacities, and what was not inspected."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..model import Action, Finding, Severity, Span, Verdict, printable
from .inputs import Data, Payload
from .show import drawn
from .traffic import Traffic
from .window import Mask, masks

__all__ = ["SEVERITY_COLOURS", "endpoints", "output_console", "report", "summary"]

_GLYPHS = {Action.ALLOW: ("✓", "green"), Action.BLOCK: ("✗", "bold red")}
_SOME_ACTION = ("⚠", "yellow")
SEVERITY_COLOURS = {
    Severity.INFO: "dim",
    Severity.LOW: "cyan",
    Severity.MEDIUM: "yellow",
    Severity.HIGH: "red",
    Severity.CRITICAL: "bold red",
}
_DONE = {
    Action.ALLOW: "clean",
    Action.FLAG: "flagged",
    Action.TOKENIZE: "to tokenize",
    Action.REDACT: "to redact",
    Action.SANITIZE: "to sanitize",
    Action.BLOCK: "blocked",
}
#: Of one finding, this many pieces are shown: a channel may have thousands.
_PIECES_SHOWN = 3
_PIPE_WIDTH = 140
#: Rows of the table of endpoints; a path that holds a name makes an endpoint of each.
_ENDPOINTS_SHOWN = 100
#: Longer pointers lose their middle: deep nesting makes them as long as it likes.
_POINTER_SHOWN = 100


def output_console(file: TextIO | None = None) -> Console:
    """Standard output for text: colours at a terminal only (not with NO_COLOR), no markup, wrapped.

    With ``file``, what standard output would get is written there.
    """
    at_terminal = sys.stdout.isatty()
    # Into a pipe or file, lines keep one width whatever the terminal behind it has.
    width = None if at_terminal else int(os.environ.get("COLUMNS") or _PIPE_WIDTH)
    forced = True if at_terminal and file is not None else None
    return Console(
        file=file, force_terminal=forced, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False
    )


def _glyph(action: Action) -> Text:
    return Text(*_GLYPHS.get(action, _SOME_ACTION))


def report(
    console: Console, payload: Payload, verdict: Verdict, shown: Sequence[Finding] | None, *, verbose: bool
) -> None:
    """Print ``verdict`` of ``payload``.

    ``shown``: print the bytes around each finding too, without the values of these findings.
    """
    listed = [f for f in verdict.findings if verbose or f.severity > Severity.INFO]
    console.print(_headline(payload, verdict, len(listed)), soft_wrap=True)
    # With findings that act, each row says what was decided; without, only the reasons do.
    if verbose or not any(f.action > Action.ALLOW for f in listed):
        for reason in verdict.reasons:
            _print(console, Text(printable(reason), style="dim"))
    if listed:
        _print(console, _table(listed))
    capacity = {channel: bits for channel, bits in verdict.capacity.items() if bits >= 1.0}
    if capacity and (verbose or verdict.action > Action.ALLOW):
        parts = ", ".join(f"{channel} {bits:,.0f}" for channel, bits in sorted(capacity.items(), key=lambda i: -i[1]))
        _print(console, Text.assemble(("bits that could be hidden  ", "dim"), printable(parts)))
    for skipped in verdict.skipped:
        _print(console, Text.assemble(("not inspected  ", "yellow"), printable(f"{skipped.what}: {skipped.why}")))
    hidden = len(verdict.findings) - len(listed)
    if hidden:
        _print(console, Text(f"{hidden} more of severity info (-v lists them)", style="dim"))
    if shown is not None:
        _pieces(console, listed, payload.data, masks(payload.data, shown), blank=not verdict.complete)


def _print(console: Console, what: Text | Table, indent: int = 2) -> None:
    console.print(Padding(what, (0, 0, 0, indent), expand=False))


def _headline(payload: Payload, verdict: Verdict, listed: int) -> Text:
    line = Text.assemble(
        _glyph(verdict.action),
        " ",
        (printable(payload.name), "bold"),
        "  ",
        (str(verdict.action), _glyph(verdict.action).style),
    )
    line.append(f"  risk {verdict.risk:.2f}  {len(payload.data):,} bytes  {listed} finding{'' if listed == 1 else 's'}")
    if not verdict.complete:
        line.append("  incomplete", style="yellow")
    return line


def _table(findings: list[Finding]) -> Table:
    # Two lines a finding, so that it reads well in 80 columns too: what, where and how on one, why on the next.
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_header=False)
    table.add_column("severity", no_wrap=True)
    table.add_column("action", no_wrap=True)
    table.add_column("confidence", no_wrap=True)
    table.add_column("finding", overflow="fold")
    for finding in findings:
        action = _glyph(finding.action).style if finding.action > Action.ALLOW else "dim"
        what = Text.assemble((printable(finding.rule), "bold"), "  ", _where(finding))
        if finding.provenance:
            what.append(f"  in {printable(' → '.join(finding.provenance))}", style="magenta")
        why = _why(finding)
        if why:
            what.append(f"\n{why}", style="dim")
        severity = Text(str(finding.severity), style=SEVERITY_COLOURS[finding.severity])
        table.add_row(severity, Text(str(finding.action), style=action), f"{finding.confidence:.2f}", what)
    return table


def _where(finding: Finding) -> str:
    start, end = finding.span
    place = f"{start:,}–{end:,}"
    if len(finding.spans) > 1:
        place += f" and {len(finding.spans) - 1} more"
    if finding.pointer is None:
        return f"bytes {place}"
    pointer = printable(finding.pointer) or "(root)"
    if len(pointer) > _POINTER_SHOWN:
        pointer = f"{pointer[: _POINTER_SHOWN // 2]}…{pointer[-_POINTER_SHOWN // 2 :]}"
    return f"{pointer}{' (name)' if finding.in_key else ''} {place}"


def _why(finding: Finding) -> str:
    parts = [printable(finding.preview)] if finding.preview else []
    parts += [printable(reason) for reason in finding.reasons]
    if finding.capacity_bits:
        parts.append(f"{finding.capacity_bits:,.0f} bits")
    if finding.recovered is not None:
        best = finding.candidates[0]
        parts.append(f"recovered {len(finding.recovered):,} bytes ({printable(' → '.join(best.decoders))})")
    return "; ".join(parts)


def _pieces(console: Console, listed: list[Finding], data: Data, hidden: Sequence[Mask], *, blank: bool) -> None:
    """Each span once, under the names of all findings that have it: a card in a message lies where the message lies."""
    by_spans: dict[tuple[Span, ...], list[str]] = {}
    for finding in listed:
        rules = by_spans.setdefault(finding.spans, [])
        if finding.rule not in rules:
            rules.append(finding.rule)
    for spans, rules in by_spans.items():
        for start, end in spans[:_PIECES_SHOWN]:
            heading = Text.assemble(("▸ ", "dim"), printable(", ".join(rules)), (f"  {start:,}–{end:,}", "dim"))
            _print(console, heading)
            _print(console, drawn(data, (start, end), hidden, blank=blank), indent=4)
        more = len(spans) - _PIECES_SHOWN
        if more > 0:
            _print(console, Text(f"and {more:,} more pieces", style="dim"), indent=4)


def endpoints(traffic: Traffic) -> None:
    """The table of captured traffic, worst first; nothing where no message was captured."""
    if not traffic.endpoints:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("endpoint", overflow="fold")
    table.add_column("payloads", justify="right")
    table.add_column("worst")
    table.add_column("covert bits", justify="right")
    table.add_column("findings", overflow="fold")
    ordered = sorted(traffic.endpoints.items(), key=lambda item: (-item[1].worst.rank, -item[1].payloads))
    for name, sums in ordered[:_ENDPOINTS_SHOWN]:
        found = ", ".join(f"{count} {printable(entity)}" for entity, count in sums.entities.most_common(6))
        bits = f"{sums.covert_bits:,.0f}" if sums.covert_bits else ""
        worst = Text(str(sums.worst), style=_glyph(sums.worst).style)
        table.add_row(printable(name), f"{sums.payloads:,}", worst, bits, found)
    console = output_console()
    console.print()
    console.print(table)
    if rest := ordered[_ENDPOINTS_SHOWN:]:
        payloads = sum(sums.payloads for _, sums in rest)
        text = f"and {len(rest):,} more endpoints with {payloads:,} payloads, none of them worse: {rest[0][1].worst}"
        console.print(Text(text, style="dim"))
    console.print()


def summary(counts: Counter[Action]) -> None:
    """The last line after several payloads."""
    parts = [f"{counts[action]:,} {_DONE[action]}" for action in sorted(counts, reverse=True)]
    output_console().print(Text(f"{counts.total():,} payloads: {', '.join(parts)}", style="bold"))
