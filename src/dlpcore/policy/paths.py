"""Paths to members, asked of a finding's pointer: JSON Pointers with wildcards, or JSONPaths (RFC 6901, RFC 9535)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from ..rules.jsonpath import JSONPath
from .patterns import glob

__all__ = ["Path", "compile_path"]

#: Whether a pointer is that of a member that the path names, or of one that lies in it.
Path: TypeAlias = Callable[[str], bool]


def compile_path(text: str) -> Path:
    """A path ready to be asked.

    Raises:
        ValueError: it is neither a pointer nor a path of names, indices and wildcards.
    """
    if text.startswith("$"):
        return _of_jsonpath(JSONPath.parse(text))
    if text and not text.startswith("/"):
        raise ValueError('a path begins with "/" (JSON Pointer) or "$" (JSONPath)')
    steps = "".join(map(_step, text.split("/")[1:]))
    pattern = re.compile(f"{steps}(?:/.*)?", re.DOTALL)
    return lambda pointer: pattern.fullmatch(pointer) is not None


def _step(step: str) -> str:
    return "(?:/[^/]*)*" if step == "**" else f"/{glob(step, any_character='[^/]')}"


def _of_jsonpath(path: JSONPath) -> Path:
    def matches(pointer: str) -> bool:
        names = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        if path.matches(names, within=True):
            return True
        # a pointer does not tell an index from a name of digits
        places = [int(name) if name.isascii() and name.isdigit() and len(name) < 16 else name for name in names]
        return places != names and path.matches(places, within=True)

    return matches
