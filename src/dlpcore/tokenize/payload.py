"""Tokens in a payload: which bytes to put where, in both directions.

What one direction replaces the other finds again, so that ``detokenize(tokenize(p)) == p`` byte for byte. For that,
text that only looks like a token, and that nobody of this tenant made, is sealed as well; a token that is one already
stays.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from .. import _native
from ..document import first_error
from ..errors import LimitError, TokenError
from ..model import Context, Finding, Span
from ..views import OffsetMap
from .grammar import PSEUDONYM, canonical_entity, find
from .tokenizer import Tokenizer
from .value import Form, Value

__all__ = ["Edit", "originals", "replacements"]

#: ``payload[start:end]`` becomes these bytes.
Edit: TypeAlias = tuple[int, int, bytes]

#: Covert channels whose carriers are characters of strings, or numbers: a token takes them along.
_IN_STRINGS: Final = ("structure.", "unicode.")
#: The entity of text that only looks like a token.
LITERAL: Final = "literal"
_TOKENS: Final = _native.Prefilter(max_candidates=1 << 31)
_BLANK: Final = b" \t\r\n"


class _Piece(NamedTuple):
    start: int
    end: int
    entity: str
    split: bool


def replacements(
    payload: bytes, findings: Iterable[Finding], tokenizer: Tokenizer, context: Context | None = None
) -> list[Edit]:
    """The edits that put tokens in place of findings, disjoint and in order. The payload must be JSON.

    A finding in a decoded layer takes the token of the layer's carrier as a whole; one that lies in several strings
    takes a token in each. What is a token already stays.

    Raises:
        ParseError: the payload is not JSON.
        TokenError: a finding lies in no string or number (what a covert channel carries has to be sanitized or
            redacted), a value has no token, or the vault fails; then nothing is stored.
        LimitError: the payload has too many members.
    """
    if (error := first_error(payload)) is not None:
        raise error
    pieces = list(_pieces(payload, findings, tokenizer, context))
    if not pieces:
        return []
    tokens = _members(payload)
    edits: list[Span] = []
    values: list[Value] = []
    at = 0
    for piece in pieces:
        while at < len(tokens) and tokens[at].end <= piece.start:
            at += 1
        inside = [token for token in _from(tokens, at, piece.end) if max(token.start, piece.start) < token.end]
        if not inside:
            raise TokenError("what lies between strings and numbers has no token: it is for sanitize or redact")
        for token in inside:
            number = token.kind == "number"
            whole = number or (piece.start <= token.start and piece.end >= token.end)
            span = (token.start, token.end) if whole else (max(piece.start, token.start), min(piece.end, token.end))
            if edits and edits[-1][1] > span[0]:
                continue  # two findings in one number
            form = Form.NUMBER if number else Form.PIECE if piece.split or len(inside) > 1 else Form.TEXT
            edits.append(span)
            values.append(Value(payload[slice(*span)], piece.entity, form, whole and token.kind != "key"))
    made = tokenizer.tokens(values, context=context)
    return [(start, end, data) for (start, end), data in zip(edits, made, strict=True)]


def originals(
    payload: bytes,
    tokenizer: Tokenizer,
    context: Context | None = None,
    *,
    fields: Mapping[str, str] | None = None,
    kid: str | None = None,
    unknown: str = "error",
) -> list[Edit]:
    """The edits that put values back in place of their tokens, disjoint and in order. The payload must be JSON.

    Args:
        fields: name of a member to entity: whose values are format-preserving tokens, which nothing else shows.
        kid: the key of those, if neither the scheme says it nor the ring has one key only.
        unknown: ``"error"``, or ``"keep"`` to leave what looks like a token and does not open.

    Raises:
        ParseError: the payload is not JSON.
        TokenError: a token does not open, or the context may not see it; nothing is handed out then.
    """
    if unknown not in ("error", "keep"):
        raise TokenError('detokenize: unknown is "error" or "keep"')
    if (error := first_error(payload)) is not None:
        raise error
    found = [token for token in find(payload) if token.prefix != PSEUDONYM]
    if unknown == "keep":
        found = [token for token, own in zip(found, tokenizer.own(found, context=context), strict=True) if own]
    edits: list[Edit] = []
    for token, (raw, form) in zip(found, tokenizer.open_tokens(found, context=context), strict=True):
        start, end = token.start, token.end
        if form is Form.NUMBER and _is_value(payload, start, end):
            start, end = start - 1, end + 1
        edits.append((start, end, raw))
    if fields:
        named = {name.encode(): canonical_entity(entity) for name, entity in fields.items()}
        taken = [start for start, _, _ in edits]
        formatted = [
            (token, named[name])
            for token in _members(payload)
            if token.kind != "key"
            and token.keys
            and (name := _native.unescape(payload[slice(*token.keys[0])])[0]) in named
            and not _holds(taken, token.start, token.end)
        ]
        values = tokenizer.open_formatted(
            [
                (payload[t.start : t.end], entity, Form.NUMBER if t.kind == "number" else Form.TEXT)
                for t, entity in formatted
            ],
            context=context,
            kid=kid,
        )
        edits += [(t.start, t.end, value) for (t, _), value in zip(formatted, values, strict=True)]
    return sorted(edits)


def _pieces(
    payload: bytes, findings: Iterable[Finding], tokenizer: Tokenizer, context: Context | None
) -> Iterator[_Piece]:
    """The findings, and heads of tokens that are none, disjoint and in order; of an overlap the entity of the first."""
    ranked: list[tuple[int, int, int, str, bool]] = []
    for rank, finding in enumerate(findings):
        if any("." in step and not step.startswith(_IN_STRINGS) for step in finding.provenance):
            raise TokenError("what a covert channel carries has no token: it is for sanitize or redact")
        entity = canonical_entity(finding.entity or finding.rule)
        ranked += [(start, end, rank, entity, len(finding.spans) > 1) for start, end in finding.spans]
    own: list[Span] = []
    found = list(find(payload))
    for token, is_own in zip(found, tokenizer.own(found, context=context) if found else (), strict=True):
        if is_own:
            own.append((token.start, token.end))
        elif token.prefix != PSEUDONYM:  # the other way leaves those alone
            ranked.append((token.start, token.end, len(ranked), LITERAL, True))
    ranked += [(start, end, len(ranked), LITERAL, True) for start, end in _escaped(payload)]
    ranked.sort()
    merged: list[tuple[int, int, int, str, bool]] = []
    for start, end, rank, entity, split in ranked:
        start, end = _around(own, start, end)
        if start == end:
            continue
        if merged and start < merged[-1][1]:
            first = merged[-1]
            if rank < first[2]:
                merged[-1] = (first[0], max(end, first[1]), rank, entity, split or first[4])
            else:
                merged[-1] = (first[0], max(end, first[1]), first[2], first[3], split or first[4])
            continue
        merged.append((start, end, rank, entity, split))
    for start, end, _, entity, split in merged:
        yield _Piece(start, end, entity, split)


def _escaped(payload: bytes) -> Iterator[Span]:
    """What reads as a token once its escapes are gone: another serializer would make a token of it."""
    if b"\\u00" not in payload:
        return
    for member in _members(payload):
        raw = payload[member.start : member.end]
        if b"\\u00" in raw:
            text, pairs = _native.unescape(raw)
            offsets = OffsetMap(pairs, member.start)
            yield from (
                span
                for token in find(text, escapes=False)
                if b"\\" in payload[slice(*(span := offsets.span(token.start, token.end)))]
            )


def _around(own: Sequence[Span], start: int, end: int) -> Span:
    """A span that cuts no token of ours: empty if it lies in one, and wide enough to hold those that it cuts."""
    at = bisect_left(own, (start + 1, 0)) - 1
    if at >= 0 and own[at][1] > start:
        if own[at][1] >= end:
            return start, start
        start = own[at][0]
    at = bisect_left(own, (end, 0)) - 1
    if at >= 0 and own[at][1] > end:
        end = own[at][1]
    return start, end


def _members(payload: bytes) -> tuple[_native.Token, ...]:
    """All strings, keys and numbers of a document."""
    layout = _TOKENS.scan(payload, _native.O_TOKENS | _native.O_NO_PREFILTER)
    if layout is None:
        return ()
    if "candidates" in layout.truncated:
        raise LimitError("tokenize: the payload has too many members to edit")
    return tuple(layout.tokens)


def _from(tokens: Sequence[_native.Token], at: int, end: int) -> Iterator[_native.Token]:
    while at < len(tokens) and tokens[at].start < end:
        yield tokens[at]
        at += 1


def _is_value(payload: bytes, start: int, end: int) -> bool:
    """Whether ``[start, end)`` is all of a string that is a value."""
    if payload[start - 1 : start] != b'"' or payload[end : end + 1] != b'"':
        return False
    run = start - 1
    while run and payload[run - 1] == 0x5C:
        run -= 1
    if (start - 1 - run) % 2:
        return False  # the quote is escaped, and so inside a string
    behind = end + 1
    while payload[behind : behind + 1] and payload[behind] in _BLANK:
        behind += 1
    return payload[behind : behind + 1] != b":"


def _holds(starts: Sequence[int], start: int, end: int) -> bool:
    at = bisect_left(starts, start)
    return at < len(starts) and starts[at] < end
