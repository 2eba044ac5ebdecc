"""Redaction: findings masked by splices of the original bytes; everything else stays identical."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from . import _native
from .document import first_error
from .errors import LimitError
from .model import Finding, Kind, Severity, Span

__all__ = ["Splice", "apply", "redact", "splices"]

_MASK = b"*"
_LAYER_MASK = b"*" * 8


class Splice(NamedTuple):
    """``payload[start:end]`` becomes ``data``."""

    start: int
    end: int
    data: bytes


def apply(payload: bytes, edits: Iterable[Splice]) -> bytes:
    """Applies disjoint splices, in any order.

    Raises:
        ValueError: two of them overlap.
    """
    out: list[bytes] = []
    at = 0
    for edit in sorted(edits):
        if edit.start < at:
            raise ValueError("splices overlap")
        out += (payload[at : edit.start], edit.data)
        at = edit.end
    out.append(payload[at:])
    return b"".join(out)


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Overlapping and touching spans as one."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def _mask_of(raw: bytes) -> bytes:
    """A mask as long as the text that it hides, in characters."""
    text = raw
    if b"\\" in raw:
        text, _ = _native.unescape(raw)
    return _MASK * max(1, len(text.decode("utf-8", "replace")))


def splices(payload: bytes, findings: Iterable[Finding], *, is_json: bool = True) -> list[Splice]:
    """The edits that mask ``findings``, disjoint.

    A value in a string is masked by ``*``, as long as it was; in a number, the whole number becomes ``0``, so that its
    type stays; in a key, a fingerprint follows, so that keys stay distinct; what lies in a decoded layer masks the
    layer whole; what was recovered from white space takes that white space away. In a payload that is not JSON
    (``is_json`` false) there are no types to keep: everything is masked by ``*``.
    """
    plain: list[Span] = []
    keys: dict[Span, str] = {}
    blocks: list[Span] = []
    for finding in findings:
        if finding.provenance:
            blocks.extend(finding.spans)
        elif finding.in_key:
            for span in finding.spans:
                keys[span] = finding.fingerprint or ""
        else:
            plain.extend(finding.spans)
    spans = _joined([*plain, *keys, *blocks])
    if not spans:
        return []
    layout = _native.Prefilter(max_candidates=1 << 31).scan(payload, _native.O_TOKENS)
    tokens = layout.tokens if layout is not None else ()
    if layout is not None and "candidates" in layout.truncated:
        raise LimitError("redact: the payload has too many members to edit")
    broken = layout is not None and any(e.code in ("not-utf8",) for e in layout.errors)
    edits: list[Splice] = []
    index = 0
    for start, end in spans:
        at = start
        while index < len(tokens) and tokens[index].end <= start:
            index += 1
        k = index
        while at < end:
            while k < len(tokens) and tokens[k].end <= at:
                k += 1
            token = tokens[k] if k < len(tokens) and tokens[k].start < end else None
            if broken or token is None or token.start > at:
                stop = end if token is None or broken else min(end, token.start)
                edits.append(Splice(at, stop, _outside(payload[at:stop], broken)))
                at = stop
                continue
            stop = min(end, token.end)
            edit = _inside(payload, token, at, stop, keys, blocks, is_json)
            edits.append(edit)
            at = edit.end
    return _distinct(edits)


def _outside(raw: bytes, broken: bool) -> bytes:
    """Between tokens: white space goes; quotes and brackets stay; anything else is not JSON and is masked."""
    if not raw.strip(b" \t\r\n"):
        return b""
    if broken:
        return _MASK * len(raw)
    return bytes(b if b in b'"{}[],:' else _MASK[0] for b in raw)


def _inside(
    payload: bytes,
    token: _native.Token,
    start: int,
    end: int,
    keys: dict[Span, str],
    blocks: list[Span],
    is_json: bool,
) -> Splice:
    if token.kind == "number" and is_json:
        return Splice(token.start, token.end, b"0")
    if token.kind == "key":
        mark = next((shown for (s, e), shown in keys.items() if s < end and e > start), "")
        return Splice(start, end, _MASK * 4 + mark[:8].encode())
    if any(s <= start and e >= end for s, e in blocks):
        return Splice(start, end, _LAYER_MASK)
    return Splice(start, end, _mask_of(payload[start:end]))


def _distinct(edits: list[Splice]) -> list[Splice]:
    """One edit where two findings fell in one number."""
    result: list[Splice] = []
    for edit in sorted(edits):
        if result and edit.start < result[-1].end:
            continue
        result.append(edit)
    return result


def redact(payload: bytes, findings: Iterable[Finding]) -> bytes:
    """Masks every sensitive-data finding above ``info``. The result is parsed again before it is returned.

    Raises:
        ParseError: the payload was JSON and the result is not (nothing is returned then).
    """
    chosen = [f for f in findings if f.kind == Kind.SENSITIVE_DATA and f.severity > Severity.INFO]
    if not chosen:
        return payload
    is_json = first_error(payload) is None
    result = apply(payload, splices(payload, chosen, is_json=is_json))
    if is_json:
        error = first_error(result)
        if error is not None:
            raise error
    return result
