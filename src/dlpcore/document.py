"""A payload together with what the native pass said of it; answers where things are, when asked.

A document keeps a reference to the payload (never a copy) for as long as a finding of it lives.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from . import _native
from .errors import ParseError
from .model import Finding, Span, keyed_fingerprint

__all__ = ["GRAMMAR_SAFE", "Document", "first_error", "line_column", "places"]

#: Errors that do not touch the grammar: the document is JSON all the same.
GRAMMAR_SAFE = frozenset({"byte-order-mark", "lone-surrogate", "duplicate-key", "depth"})
_PLAIN = _native.Prefilter(max_errors=4096)

_STEPS_AT_ONCE = 1 << 20


def line_column(payload: bytes | memoryview, offset: int) -> tuple[int, int]:
    """1-based line and column (in bytes) of an offset; CR, LF and CRLF end a line."""
    head = bytes(payload[:offset])
    lines = head.count(b"\n") + head.count(b"\r") - head.count(b"\r\n")
    return lines + 1, offset - max(head.rfind(b"\n"), head.rfind(b"\r"))


def first_error(payload: bytes, *, allow: frozenset[str] = GRAMMAR_SAFE) -> ParseError | None:
    """The first error of the payload that is not in ``allow``, or ``None`` for JSON."""
    scan = _PLAIN.scan(payload, _native.O_NO_PREFILTER)
    if scan is None:
        return None
    for error in scan.errors:
        if error.code not in allow:
            return ParseError(error.code, error.offset, *line_column(payload, error.offset))
    if scan.errors_seen > len(scan.errors):  # all that were kept are allowed; what was not kept is unknown
        last = scan.errors[-1]
        return ParseError("too-many-errors", last.offset, *line_column(payload, last.offset))
    return None


def places(payload: bytes | memoryview, offsets: Sequence[int], deepest: int) -> Iterator[tuple[str | int, ...]]:
    """The place of each member at one of the ascending ``offsets``: names and indexes from the root on.

    ``deepest`` is the nesting of the payload: it bounds how many are computed in one pass.
    """
    payload = bytes(payload)
    most = max(1, _STEPS_AT_ONCE // (deepest + 1))
    for begin in range(0, len(offsets), most):
        for steps in _native.pointers(payload, offsets[begin : begin + most]):
            yield tuple(
                step
                if isinstance(step, int)
                else _native.unescape(payload[slice(*step)])[0].decode("utf-8", "surrogatepass")
                for step in steps
            )


class Document:
    """One payload under inspection, or one that was inspected.

    Thread safety: pointers are computed by whoever asks first; two threads that ask at once do the same work twice
    and store equal results.
    """

    __slots__ = ("_findings", "_key", "_offsets", "_pointers", "_reach", "_secrets", "payload", "scan")

    def __init__(self, payload: bytes | memoryview, scan: _native.Scan | _native.Hits | None, key: bytes) -> None:
        self.payload = payload
        self.scan = scan
        self._key = key
        self._findings: Sequence[Finding] = ()
        self._offsets: list[int] = []
        self._pointers: dict[int, str | None] = {}
        self._secrets: list[tuple[int, int, str]] = []
        self._reach: list[tuple[int, str]] = []

    def holds(self, findings: Sequence[Finding]) -> None:
        """Announces what was found: one pass gives the pointers of all, and none shows what was found in a key."""
        self._findings = findings

    def _announced(self) -> None:
        findings, self._findings = self._findings, ()
        if findings:
            self.wants_pointers(f.spans[0][0] for f in findings)
            self.hide_in_pointers((f.spans[0], f.fingerprint or "") for f in findings if f.in_key)

    def wants_pointers(self, offsets: Iterable[int]) -> None:
        """Announces offsets whose pointers may be asked for, so that one pass serves all of them."""
        self._offsets = sorted({*self._offsets, *offsets})

    def hide_in_pointers(self, spans: Iterable[tuple[Span, str]]) -> None:
        """Marks byte ranges of keys that pointers must show as a fingerprint."""
        self._secrets = sorted({*self._secrets, *((start, end, shown) for (start, end), shown in spans)})
        # Of the secrets up to each, the one that reaches furthest: it may cover keys behind a shorter one.
        self._reach = list(accumulate(((end, shown) for _, end, shown in self._secrets), max))

    def fingerprint(self, entity: str, value: bytes) -> str:
        return keyed_fingerprint(self._key, entity, value)

    def pointer(self, offset: int) -> str | None:
        """RFC 6901 pointer of the member at a byte offset; ``None`` before and behind the document."""
        if self._findings:
            self._announced()
        if offset not in self._pointers:
            self.wants_pointers((offset,))
            missing = [o for o in self._offsets if o not in self._pointers]
            if len(missing) > (most := self._at_once()):
                at = missing.index(offset)
                missing = missing[at : at + most]
            found = _native.pointers(self.payload, missing)
            for where, steps in zip(missing, found, strict=True):
                self._pointers[where] = self._render(where, steps)
        return self._pointers[offset]

    def _at_once(self) -> int:
        """How many pointers one pass may compute: deep nesting makes each of them long."""
        deepest = self.scan.max_depth if self.scan is not None else 0
        return max(1, _STEPS_AT_ONCE // (deepest + 1))

    def _render(self, offset: int, steps: list[tuple[int, int] | int]) -> str | None:
        scan = self.scan
        if scan is not None and not steps and (offset < scan.lead_end or offset >= scan.tail_start):
            return None
        return "".join(f"/{step if isinstance(step, int) else self._segment(*step)}" for step in steps)

    def _segment(self, start: int, end: int) -> str:
        hidden = self._hidden(start, end)
        if hidden is not None:
            return f"[{hidden}]"
        text, _ = _native.unescape(bytes(self.payload[start:end]))
        return text.decode("utf-8", "replace").replace("~", "~0").replace("/", "~1")

    def _hidden(self, start: int, end: int) -> str | None:
        at = bisect_left(self._secrets, (start, 0, ""))
        if at and self._reach[at - 1][0] > start:
            return self._reach[at - 1][1]
        if at < len(self._secrets) and self._secrets[at][0] < end:
            return self._secrets[at][2]
        return None
