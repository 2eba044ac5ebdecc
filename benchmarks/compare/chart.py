"""Draws costs as bars on a logarithmic scale: one SVG, legible on a light page and on a dark one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

__all__ = ["Bar", "draw"]

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW, _BAR = 820, 150, 90, 64, 27, 17
#: Legible on both: the page behind is not ours to choose.
_STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #24292f }
.title { font-size: 15px; font-weight: 600 } .small { font-size: 12px; fill: #57606a }
.grid { stroke: #d0d7de } .one { stroke: #57606a; stroke-dasharray: 4 3 }
.ours { fill: #0969da } .parser { fill: #8c959f } .tool { fill: #bf8700 } .matcher { fill: #8250df }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 } .grid { stroke: #3d444d } .one { stroke: #9198a1 }
  .ours { fill: #4493f8 } .parser { fill: #7d8590 } .tool { fill: #d29922 } .matcher { fill: #ab7df8 }
}
"""
_LEGEND = {
    "ours": "dlpcore: all rules, all channels",
    "parser": "parsers",
    "matcher": "matchers, some of our patterns",
    "tool": "data-loss tools",
}


class Bar(NamedTuple):
    """A name, a multiple, and its kind: ``ours``, ``parser``, ``tool`` or ``matcher``."""

    name: str
    value: float
    kind: str


def _figure(value: float) -> str:
    return f"{value:,.0f} ×" if value >= 20 else f"{value:.1f} ×" if value >= 2 else f"{value:.2f} ×"


def draw(title: str, subtitle: str, bars: Sequence[Bar]) -> str:
    """The chart; bars in the order given."""
    low = min(0.1, *(10 ** math.floor(math.log10(bar.value)) for bar in bars))
    high = 10 ** math.ceil(math.log10(max(bar.value for bar in bars)))
    height = _TOP + _ROW * len(bars) + 58
    scale = (_WIDTH - _LEFT - _RIGHT) / math.log10(high / low)

    def x(value: float) -> float:
        return _LEFT + scale * math.log10(value / low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        f' role="img" aria-label="{escape(title, {chr(34): "&quot;"})}">',
        f"<style>{_STYLE}</style>",
        f'<text x="12" y="24" class="title">{escape(title)}</text>',
        f'<text x="12" y="44" class="small">{escape(subtitle)}</text>',
    ]
    bottom = _TOP + _ROW * len(bars)
    step = low
    while step <= high * 1.001:
        kind = "one" if abs(step - 1) < 1e-9 else "grid"
        parts.append(f'<line x1="{x(step):.1f}" x2="{x(step):.1f}" y1="{_TOP - 6}" y2="{bottom}" class="{kind}"/>')
        label = f"{step:g}" if step < 1000 else f"{step:,.0f}"
        parts.append(f'<text x="{x(step):.1f}" y="{bottom + 18}" text-anchor="middle" class="small">{label} ×</text>')
        step = float(f"{step * 10:.6g}")
    for row, bar in enumerate(bars):
        top = _TOP + row * _ROW
        weight = ' font-weight="600"' if bar.kind == "ours" else ""
        parts += [
            f'<text x="{_LEFT - 10}" y="{top + 13}" text-anchor="end"{weight}>{escape(bar.name)}</text>',
            f'<rect x="{_LEFT}" y="{top}" width="{max(1.0, x(bar.value) - _LEFT):.1f}" height="{_BAR}" rx="2"'
            f' class="{bar.kind}"/>',
            f'<text x="{_WIDTH - 12}" y="{top + 13}" text-anchor="end"{weight}>{_figure(bar.value)}</text>',
        ]
    at = 12.0
    for kind, words in _LEGEND.items():
        parts += [
            f'<rect x="{at:.0f}" y="{bottom + 32}" width="11" height="11" rx="2" class="{kind}"/>',
            f'<text x="{at + 17:.0f}" y="{bottom + 42}" class="small">{words}</text>',
        ]
        at += 17 + 6.6 * len(words) + 16
    return "\n".join([*parts, "</svg>"]) + "\n"
