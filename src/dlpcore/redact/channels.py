"""What empties each covert channel: the options of the canonical form that leave its carriers no choice."""

from __future__ import annotations

from typing import Final

__all__ = ["emptied_by", "stronger"]

_STRENGTH: Final = ("error", "report", "keep", "first", "last", "strip", "sorted", "jcs")
_LOSSLESS: Final = ("whitespace.", "escape.", "framing.")
_NEUTRAL: Final = {"unicode": "report", "duplicates": "error", "keys": "keep"}


def emptied_by(channel: str) -> dict[str, str] | None:
    """How the canonical form is written so that nothing of a channel is left; ``None`` where it always leaves some."""
    if channel.startswith(("unicode.", "text.space-runs")):
        return {**_NEUTRAL, "unicode": "strip"}
    if channel == "key.order":
        return {**_NEUTRAL, "keys": "sorted"}
    if channel.startswith(_LOSSLESS) or channel in ("number.form", "key.duplicate", "capacity.pooled"):
        return dict(_NEUTRAL)
    return None


def stronger(one: dict[str, str], other: dict[str, str]) -> dict[str, str]:
    """Both wishes in one: of each option, the one that changes more."""
    return {name: max(value, other.get(name, value), key=_STRENGTH.index) for name, value in one.items()}
