"""The YARA engine: compiled sources, the literals that gate them, one scan a call."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import yara

from ..errors import RuleError
from ..model import Severity, Skipped
from ..rules.schema import YaraSource
from ..rules.yara_gate import Gate, read_gates

__all__ = ["Gate", "YaraEngine", "YaraMatch"]


class YaraMatch(NamedTuple):
    """A YARA rule that matched; the half-open span reaches from the first matched string to the end of the last.

    A rule that matched without any string (by a condition alone) spans all of the data.
    """

    rule: str
    severity: Severity
    start: int
    end: int
    meta: Mapping[str, str]


class YaraEngine:
    """Scans bytes with all rules of some sources. Immutable and thread-safe; compiled when first used."""

    __slots__ = ("__dict__", "_sources")

    def __init__(self, sources: Sequence[YaraSource]) -> None:
        self._sources = tuple(sources)

    @functools.cached_property
    def gates(self) -> tuple[Gate, ...]:
        """For each rule the literals of which one is present whenever it can match."""
        return tuple(gate for source in self._sources for gate in read_gates(source.text))

    @functools.cached_property
    def _compiled(self) -> Any:
        files = {source.name: source.file for source in self._sources}
        try:
            return yara.compile(
                sources={source.name: source.text for source in self._sources},
                externals={"decoded": False},
                includes=False,
            )
        except yara.Error as error:
            # "namespace(12): syntax error …" or, from older releases, "line 12: syntax error …"
            place = re.match(r"(?:(?P<name>.*?)\((?P<at>\d+)\)|line (?P<line>\d+)): ", str(error))
            name = place["name"] if place else None
            line = int(place["at"] or place["line"]) if place else None
            reason = str(error)[place.end() :] if place else str(error)
            file = files.get(name, name) if name else next(iter(files.values()), None)
            raise RuleError(f"is not YARA: {reason}", file=file, line=line) from None

    def compile(self) -> None:
        """Compiles now what the first :meth:`match` would compile.

        Raises:
            RuleError: a source is wrong.
        """
        if self._sources:
            _ = self._compiled

    def match(
        self, data: bytes, *, timeout: float | None = None, decoded: bool = False
    ) -> tuple[list[YaraMatch], list[Skipped]]:
        """The rules that match ``data``, by name.

        Args:
            timeout: seconds; YARA counts whole ones, so it is rounded up.
            decoded: whether ``data`` came out of a decoded layer or a recovered message (an external variable
                of the rules: the head of a file is news there, and not in a payload as sent).
        """
        if not self._sources:
            return [], []
        # 0 is "no limit" to YARA.
        seconds = 0 if timeout is None else max(1, -int(-timeout // 1))
        try:
            hits = self._compiled.match(data=data, timeout=seconds, externals={"decoded": decoded})
        except yara.TimeoutError:
            return [], [Skipped("yara", "timed out")]
        except yara.Error as error:
            if isinstance(error, yara.SyntaxError):
                raise
            return [], [Skipped("yara", "failed")]
        return sorted((self._result(hit, len(data)) for hit in hits), key=lambda each: each.rule), []

    @staticmethod
    def _result(hit: Any, size: int) -> YaraMatch:
        meta = MappingProxyType({str(key): str(value) for key, value in hit.meta.items()})
        spans = [
            (instance.offset, instance.offset + instance.matched_length)
            for string in hit.strings
            for instance in string.instances
        ]
        start = min((start for start, _ in spans), default=0)
        end = max((end for _, end in spans), default=size)
        try:
            severity = Severity(meta.get("severity", "medium"))
        except ValueError:
            severity = Severity.MEDIUM
        return YaraMatch(str(hit.rule), severity, start, end, meta)
