"""What speaks against a match beside vetoes: too little entropy, or an allowlist of the rule."""

from __future__ import annotations

import math
import time
from collections import Counter
from typing import Any

from ..rules.schema import Allowlist, Rule
from .compiled import Compiled, compile_pattern

__all__ = ["Filters", "shannon"]


def shannon(data: bytes) -> float:
    """Bits per byte, by the frequencies of the bytes in ``data`` themselves (Shannon, 1948)."""
    size = len(data)
    return -sum(count / size * math.log2(count / size) for count in Counter(data).values()) if size else 0.0


class Filters:
    """The filters of one rule, compiled. Immutable, thread-safe."""

    __slots__ = ("_allowlists", "_entropy")

    def __init__(self, rule: Rule) -> None:
        self._entropy = rule.entropy
        self._allowlists = tuple(_Compiled(each) for each in rule.allowlists)

    def __bool__(self) -> bool:
        return bool(self._entropy or self._allowlists)

    def refuse(
        self,
        text: bytes,
        match: tuple[int, int],
        value: tuple[int, int],
        lines: dict[tuple[int, int, int, int], bool],
        deadline: float | None,
    ) -> bool:
        """Whether a match is none after all.

        Args:
            match, value: half-open offsets into ``text``.
            lines: what was found about lines of this text, by this rule: kept by the caller, because one line may hold
                many matches.
            deadline: of the monotonic clock.

        Raises:
            TimeoutError: an allowlist's pattern took too long.
        """
        secret = text[slice(*value)]
        if self._entropy and shannon(secret) <= self._entropy:
            return True
        return any(
            each.holds(index, text, match, secret, lines, deadline) for index, each in enumerate(self._allowlists)
        )


class _Compiled:
    __slots__ = ("_patterns", "_what")

    def __init__(self, what: Allowlist) -> None:
        self._what = what
        self._patterns = tuple(compile_pattern(pattern, "auto") for pattern in what.patterns)

    def holds(
        self,
        index: int,
        text: bytes,
        match: tuple[int, int],
        secret: bytes,
        lines: dict[tuple[int, int, int, int], bool],
        deadline: float | None,
    ) -> bool:
        what = self._what
        tests: list[bool] = []
        if what.stopwords:
            lowered = secret.decode("utf-8", "replace").lower()
            tests.append(any(word in lowered for word in what.stopwords))
        if self._patterns:
            for number, compiled in enumerate(self._patterns):
                if what.target == "line":
                    start, end = _line(text, *match)
                    key = (index, number, start, end)
                    if key not in lines:
                        lines[key] = _found(compiled, text[start:end], deadline)
                    found = lines[key]
                else:
                    found = _found(compiled, secret if what.target == "value" else text[slice(*match)], deadline)
                if found:
                    break
            tests.append(found)
        return bool(tests) and (all(tests) if what.all else any(tests))


def _line(text: bytes, start: int, end: int) -> tuple[int, int]:
    """The line, or lines, of a match; a line end that the match took along is no reason to take the next one too."""
    while end > start and text[end - 1] in b"\r\n":
        end -= 1
    behind = text.find(b"\n", end)
    return text.rfind(b"\n", 0, start) + 1, behind if behind >= 0 else len(text)


def _found(compiled: Compiled, text: bytes, deadline: float | None) -> bool:
    pattern: Any = compiled.pattern
    if not compiled.timed or deadline is None:
        return pattern.search(text) is not None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return pattern.search(text, timeout=left) is not None
