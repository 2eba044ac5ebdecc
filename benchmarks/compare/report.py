"""Turns results into markdown, for the history, docs/performance.md and the README, and puts it between their marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from .. import rule_count, size, threads
from .chart import Bar, draw

__all__ = ["chart", "page", "put", "summary"]

Result = dict[str, Any]
OURS = "dlpcore"
_KINDS = {
    "orjson": "parser", "msgspec": "parser", "json": "parser", "dlpcore": "ours", "dlpcore, scalar": "ours",
    "YARA": "matcher", "hyperscan": "matcher", "RE2": "matcher",
}  # fmt: skip


def _times(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    align = ["---", *("--:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, align, *rows))


def _machine(result: Result) -> str:
    machine = result["machine"]
    return (
        f"{result['date']}; {machine['cpu']}, {machine['cores']} cores, {machine['system']}; "
        f"Python {machine['python']}; load {machine['load_before']:.1f} before and {machine['load_after']:.1f} after"
    )


def _ratio(group: Result, name: str) -> str:
    peer = group["peers"].get(name)
    return "" if peer is None else _times(peer["ratio"])


def _asked(result: Result) -> str:
    """What the project asks of itself, and what was measured."""
    rows = []
    for group in result["groups"]:
        if group["gate"] is None:
            continue
        rows.append([_title(group), _ratio(group, OURS), str(group["gate"]), str(group["aim"])])
    clean = [group for group in result["groups"] if group["clean"]]
    tiny = result["tiny"]
    rows.append([f"a call on {tiny['bytes']} bytes, µs", f"{tiny['us']:.2f}", "1.0", "0.5"])
    rows += [[f"without SIMD, {_title(group)}", _ratio(group, "dlpcore, scalar"), "2.5", "1.5"] for group in clean]
    for group in clean:
        ours, theirs = group["peers"][OURS], group["peers"]["orjson"]
        if ours["p99"] and theirs["p99"]:
            rows.append([f"p99, of orjson's p99, {_title(group)}", _times(ours["p99"] / theirs["p99"]), "1.0", ""])
    if result.get("adversarial"):
        worst = result["adversarial"][0]
        rows.append(
            [
                f"worst adversarial {worst['size'] / 1000:,.0f} KB ({worst['what']}), of clean bytes",
                _times(worst["ratio"]),
                "30",
                "10",
            ]
        )
    for row in result.get("rules", [])[1:]:
        rows.append([f"{row['rules']} rules, of {result['rules'][0]['rules']}", _times(row["more"]), "1.10", ""])
    large = [row for row in result.get("threads", []) if row["size"] > 50_000 and row["what"] == "clean"]
    if large:
        rows.append(["two threads, 64 KB and more, the least", f"{min(r['two'] for r in large):.2f}", "1.7", ""])
        rows.append(
            ["beside a busy thread, the most", f"{max(row['beside'] for row in result['threads']):.1f}", "5.0", ""]
        )
    return _rows(["", "measured", "asked", "aim"], rows)


def _title(group: Result) -> str:
    return str(group["title"])


def _compared(result: Result) -> str:
    groups = [group for group in result["groups"] if group["everyone"]]
    names = [peer["name"] for peer in result["peers"]]
    rows = []
    for name in names:
        peer = next(each for each in result["peers"] if each["name"] == name)
        claims = ", ".join(f"{what}: {'found' if found else 'missed'}" for what, found in peer["claims"].items())
        rows.append([f"{name} {peer['version']}", *(_ratio(group, name) for group in groups), claims, peer["what"]])
    table = _rows(["", *(_title(group) for group in groups), "planted", "what it does"], rows)
    gone = "".join(f"\n\nMissing: {each['name']} ({each['why']})." for each in result["missing"])
    differ = result["disagreements"]
    agree = (
        f"\n\nThe matchers were asked for the patterns that they share on {result['agreed_on']} documents: "
        + ("; ".join(differ) if differ else "their answers are the same")
        + "."
    )
    return table + gone + agree


def _fast(result: Result) -> str:
    names = [peer["name"] for peer in result["peers"] if peer["fast"]]
    rows = [
        [
            _title(group),
            f"{group['documents']}" + (f" of {group['documents'] + group['left_out']}" if group["left_out"] else ""),
            f"{group['bytes'] / 1000:,.0f}",
            *(_ratio(group, name) for name in names),
        ]
        for group in result["groups"]
    ]
    return _rows(["", "documents", "KB", *names], rows)


def _latency(result: Result) -> str:
    def row(group: Result, name: str) -> list[str]:
        peer = group["peers"][name]
        figures = [_times(peer[key] / 1000) if peer[key] else "–" for key in ("p50", "p99", "p999")]
        return [_title(group), name, *figures]

    shown = _shown(result)
    rows = [row(group, name) for group in result["groups"] for name in ("orjson", OURS)]
    rows += [row(shown, name) for name in shown["peers"] if name not in ("orjson", OURS)]
    return _rows(["", "", "p50, µs", "p99", "p99.9"], rows)


def _worst(result: Result) -> str:
    rows = [
        [each["what"], f"{each['size'] / 1000:,.0f}", _times(each["ns"]), _times(each["ratio"])]
        for each in result["adversarial"][:8]
    ]
    return _rows(["", "KB", "ns a byte", "of clean bytes"], rows)


def page(result: Result, depth: int = 2) -> str:
    """Everything, with headings of this depth."""
    mark = "#" * depth
    parts = [
        f"{_machine(result)}. Ratios are to `orjson.loads` of the same bytes, of minima over rounds in turn.",
        f"{mark} Asked and measured",
        _asked(result),
        f"{mark} Compared with others",
        _compared(result),
        f"{mark} By kind of document",
        _fast(result),
        *(f"Not measured: {each}." for each in result["not_measured"]),
    ]
    if result.get("sizes"):
        rows = [size.Row(**row) for row in result["sizes"]]
        parts += [f"{mark} Against size", size.table(rows)]
    if result.get("rules"):
        parts += [
            f"{mark} Against the number of rules",
            rule_count.table([rule_count.Row(**row) for row in result["rules"]]),
        ]
    if result.get("threads"):
        parts += [f"{mark} Threads", threads.table([threads.Row(**row) for row in result["threads"]])]
    if result.get("adversarial"):
        parts += [f"{mark} Inputs that are made to cost", _worst(result)]
    parts += [f"{mark} Latency of single calls", _latency(result)]
    return "\n\n".join(parts) + "\n"


def _shown(result: Result) -> Result:
    """The group that the chart shows: clean webhooks where they were given, else clean records."""
    shown = [group for group in result["groups"] if group["everyone"] and group["clean"]]
    group: Result = shown[-1]
    return group


def chart(result: Result) -> str:
    group = _shown(result)
    bars = [Bar(name, peer["ratio"], _KINDS.get(name, "tool")) for name, peer in group["peers"].items()]
    bars.sort(key=lambda bar: bar.value)
    subtitle = f"Multiples of orjson.loads of the same bytes, logarithmic; {result['date']}, {result['machine']['cpu']}"
    return draw(f"Reading {_title(group)}", subtitle, bars)


def summary(result: Result) -> str:
    """The README's part: the chart, and what each kind of document costs."""
    group = _shown(result)
    rows = [
        [_title(each), _ratio(each, OURS), *(_ratio(each, name) for name in ("msgspec", "json"))]
        for each in result["groups"]
        if each["gate"] is not None
    ]
    tiny = result["tiny"]
    return (
        f"![What it costs to read {_title(group)}](docs/performance.svg)\n\n"
        f"{_machine(result)}. Multiples of `orjson.loads`; a call on {tiny['bytes']} bytes takes {tiny['us']:.2f} µs. "
        f"`./scripts/bench` repeats it, `docs/performance.md` has all of it.\n\n"
        + _rows(["", "dlpcore", "msgspec parses", "json parses"], rows)
    )


def put(text: str, part: str) -> str:
    """``text`` with the part between its marks.

    Raises:
        ValueError: it has no marks.
    """
    marked = re.compile(r"(<!-- bench:begin -->\n).*?(<!-- bench:end -->)", re.DOTALL)
    if not marked.search(text):
        raise ValueError("there are no marks <!-- bench:begin --> and <!-- bench:end -->")
    return marked.sub(lambda found: f"{found[1]}{part.rstrip()}\n{found[2]}", text, count=1)
