"""Splices replacements into a payload: in strings, names and numbers, and inside whatever encodings a value lies in.

Theory of operation. Each place of a finding is a span of the payload, or of the bytes that a layer of it held
(``finding.inner``). Layers form a tree; it is worked off from the innermost one. In one layer, places become splices;
places that overlap become one. Where the encoding keeps positions (percent, JSON in a string, …), splices move one
layer out as they are; where it does not (base64, gzip, …), the edited bytes are encoded anew, and they are a splice of
the layer outside. What cannot be written again is masked whole. What lies in a covert channel goes with the channel.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, Protocol, TypeAlias

from .. import _native
from ..document import GRAMMAR_SAFE, first_error
from ..errors import DLPError, LimitError
from ..model import Finding, Span
from ..views import Carrier, OffsetMap
from .channels import emptied_by, stronger
from .members import extent, removals
from .rewrite import SHARED, encoder, shift

__all__ = ["REMOVED", "Canonical", "Fixed", "Replace", "Request", "Splice", "apply", "splice"]

#: ``replace(finding, text, kind)`` gives the new text for a value, or ``None`` to remove its whole member. ``text`` is
#: decoded; ``kind`` is ``"string"``, ``"key"``, ``"number"`` or ``"text"`` (no JSON). For a number ``text`` is all of
#: it; what comes back and is no number becomes a string.
Replace: TypeAlias = Callable[[Finding, bytes, str], bytes | None]
Request: TypeAlias = tuple[Finding, Replace]
REMOVED: Final = None

_TOKENS: Final = _native.Prefilter(max_candidates=1 << 31, max_errors=4096)
_MASK: Final = b"*"
_NUMBER: Final = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_TO_ESCAPE: Final = re.compile(rb'["\\\x00-\x1f]')
_BLANK: Final = b" \t\r\n"


class Canonical(Protocol):
    """:func:`dlpcore.sanitize.canonical`."""

    def __call__(self, payload: bytes, /, *, unicode: str, duplicates: str, keys: str) -> bytes: ...


class Splice(NamedTuple):
    """``payload[start:end]`` becomes ``data``."""

    start: int
    end: int
    data: bytes


#: An edit that is ready, beside the requests, with a finding that it is for.
Fixed: TypeAlias = tuple[Finding, Splice]


class _Raw(bytes):
    """Bytes that stand in the document as they are: nothing of them is escaped."""


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


def splice(
    payload: bytes,
    requests: Iterable[Request],
    *,
    fixed: Iterable[Fixed] = (),
    canonical: Canonical | None = None,
    whole_layers: bool = False,
) -> bytes:
    """The payload with the value of each finding replaced; every byte outside of them is as it was.

    Strings are escaped as JSON asks for, and the result is parsed before it is returned. Of findings that overlap, the
    one with the stronger action decides. A value in a layer is replaced inside it, and the layer encoded anew.

    Args:
        payload: that the findings are of.
        requests: each finding with what replaces its value.
        fixed: edits that are ready, of the payload itself; each inside one string, or all of one number.
        canonical: how to write a document anew where a value was hidden in its form; without it, the places where it
            was hidden are masked.
        whole_layers: mask layers as a whole instead of writing them again.

    Raises:
        ParseError: the payload was JSON and the result would not be (nothing is returned then).
        LimitError: the payload has too many members to edit.
    """
    root = _Node(None, payload)
    nodes: dict[_Place, _Node] = {}
    root.wants.extend(_Want(edit.start, edit.end, finding, _constant(_Raw(edit.data))) for finding, edit in fixed)
    for finding, replace in requests:
        if not finding.provenance:
            root.wants.extend(_Want(start, end, finding, replace) for start, end in finding.spans)
        elif not finding.inner or whole_layers:
            root.wants.extend(_Want(start, end, finding, _blot) for start, end in finding.spans)
        if not whole_layers:
            for carrier, (start, end) in finding.inner:
                node = _node(carrier, root, nodes, finding)
                if node is not None:
                    node.wants.append(_Want(start, end, finding, replace))
        elif not finding.provenance and finding.inner:
            outer = (_outermost(carrier) for carrier, _ in finding.inner)
            root.wants.extend(_Want(start, end, finding, _blot) for each in outer for start, end in each.spans)
    was_json = root.is_json
    result = root.edited(canonical)
    if was_json and result is not payload:
        error = first_error(result)
        if error is not None:
            raise error
    return result


class _Want(NamedTuple):
    start: int
    end: int
    finding: Finding
    replace: Replace
    first: int = 0
    token: _native.Lexeme | None = None

    @property
    def rank(self) -> tuple[int, int]:
        return self.finding.action.rank, self.end - self.start


def _blot(finding: Finding, text: bytes, kind: str) -> bytes:
    """The mask of what is not a value but holds one."""
    if kind == "number":
        return b"0"
    mark = (finding.fingerprint or "")[:8].encode() if kind == "key" or finding.in_key else b""
    return _MASK * 8 + mark


def _constant(new: bytes) -> Replace:
    return lambda finding, text, kind: new


def _outermost(carrier: Carrier) -> Carrier:
    while carrier.parent is not None:
        carrier = carrier.parent
    return carrier


#: What tells layers apart: the one outside, where in it, in which encoding, and what it holds. Two readings may agree.
_Place: TypeAlias = tuple[int, tuple[Span, ...], str, bytes]


def _node(carrier: Carrier, root: _Node, nodes: dict[_Place, _Node], finding: Finding) -> _Node | None:
    """The node of a carrier, made with all that it lies in; ``None`` where a covert channel is on the way."""
    chain = [carrier]
    while (outer := chain[-1].parent) is not None:
        chain.append(outer)
    node = root
    for each in reversed(chain):
        if each.covert:
            node.covert.setdefault(each.step, []).extend(_Want(start, end, finding, _blot) for start, end in each.spans)
            return None
        place = (id(node), each.spans, each.step, each.data)
        below = nodes.get(place)
        if below is None:
            below = nodes[place] = _Node(each, each.data)
            node.children.append(below)
        node = below
    return node


class _Node:
    """The payload, or what one layer holds, with the edits in it."""

    __slots__ = ("carrier", "children", "covert", "data", "is_json", "tokens", "wants")

    def __init__(self, carrier: Carrier | None, data: bytes) -> None:
        self.carrier = carrier
        self.data = data
        self.wants: list[_Want] = []
        self.children: list[_Node] = []
        self.covert: dict[str, list[_Want]] = {}
        # a layer is a document only if it looks like one: a bare word or number is text
        looks = carrier is None or data.lstrip(_BLANK)[:1] in (b"{", b"[")
        self.tokens = _TOKENS.tokens(data) if looks else _native.Tokens(b"", frozenset(), True)
        if not self.tokens.complete:
            raise LimitError("redact: the payload has too many members to edit")
        self.is_json = looks and self.tokens.errors <= GRAMMAR_SAFE

    def edited(self, canonical: Canonical | None) -> bytes:
        """The bytes with all edits, those of the layers inside included."""
        edits, options = self.splices(canonical)
        data = apply(self.data, edits) if edits else self.data
        return canonical(data, **options) if options and canonical is not None else data

    def splices(self, canonical: Canonical | None) -> tuple[list[Splice], dict[str, str]]:
        """The edits, and how to write the document anew after them; empty for not at all."""
        archives: dict[Span, list[_Node]] = {}
        for child in self.children:
            assert child.carrier is not None
            if child.carrier.step in SHARED:
                archives.setdefault(child.carrier.spans[0], []).append(child)
            else:
                self.wants.extend(child.lifted(self, canonical))
        for members in archives.values():
            self.wants.append(self._packed(members, canonical))
        options: dict[str, str] = {}
        for channel, wants in self.covert.items():
            anew = emptied_by(channel) if canonical is not None and self.is_json else None
            if anew is None or channel.startswith("whitespace."):
                self.wants.extend(wants)  # white space is taken out where it stands; what carries is masked
            else:
                if channel == "key.duplicate":
                    anew["duplicates"] = "last"
                options = stronger(options, anew) if options else anew
        return self._spliced(), options

    def lifted(self, outer: _Node, canonical: Canonical | None) -> list[_Want]:
        """The same edits as places of the bytes outside."""
        assert self.carrier is not None
        (start, end), step = self.carrier.spans[0], self.carrier.step
        raw = outer.data[start:end]
        text, pairs = _native.unescape(raw) if outer.is_json else (raw, [(0, 0), (len(raw), len(raw))])
        edits, options = self.splices(canonical)
        finding = max((want for want in _all(self)), key=lambda want: want.rank).finding
        moves = None if options else shift(step, text, self.data)
        if moves is not None:
            back = OffsetMap(pairs, start)
            return [
                _Want(*back.span(*moves.span(edit.start, edit.end)), finding, _constant(moves.write(edit.data)))
                for edit in edits
            ]
        new = None
        encode = encoder(step, text, self.data)
        if encode is not None:
            try:
                data = apply(self.data, edits)
                new = encode(canonical(data, **options) if options and canonical is not None else data)
            except (DLPError, ValueError):
                new = None  # it cannot be written again: it is masked whole
        return [_Want(start, end, finding, _blot if new is None else _constant(new))]

    def _packed(self, members: list[_Node], canonical: Canonical | None) -> _Want:
        """An archive, or a token in parts, with the edits in each of its members, one after the other."""
        first = members[0].carrier
        assert first is not None
        start, end = first.spans[0]
        finding = max((want for member in members for want in _all(member)), key=lambda want: want.rank).finding
        text = self.data[start:end]
        for member in members:
            encode = encoder(first.step, text, member.data)
            if encode is None:
                return _Want(start, end, finding, _blot)
            try:
                text = encode(member.edited(canonical))
            except (DLPError, ValueError):
                return _Want(start, end, finding, _blot)
        return _Want(start, end, finding, _constant(text))

    # --- edits in these bytes ------------------------------------------------------------------------------

    def _spliced(self) -> list[Splice]:
        wants = self.wants if not self.is_json else list(map(self._widened, self.wants))
        wants = _disjoint(sorted(wants, key=lambda want: (want.start, -want.end)))
        edits: list[Splice] = []
        gone: list[Span] = []
        for want in wants:
            if gone and want.end <= gone[-1][1]:
                continue  # in a member that goes
            for piece in self._pieces(want):
                if isinstance(piece, Splice):
                    edits.append(piece)
                else:
                    gone.append(piece)
        if gone:
            out = removals(self.data, gone)
            edits = [edit for edit in edits if not any(start <= edit.start and edit.end <= end for start, end in out)]
            edits += (Splice(start, end, b"") for start, end in out)
        return edits

    def _widened(self, want: _Want) -> _Want:
        """The place with the first token that it reaches; a number is replaced as a whole."""
        start, end, finding, replace, _, _ = want
        index = self.tokens.reaching(start)
        token = self.tokens[index] if index < len(self.tokens) else None
        if token is not None and token.kind == "number" and token.start <= start and end <= token.end:
            start, end = token.start, token.end
        return _Want(start, end, finding, replace, index, token)

    def _pieces(self, want: _Want) -> Iterable[Splice | Span]:
        start, end = want.start, want.end
        if not self.is_json:
            raw = self.data[start:end]
            new = want.replace(want.finding, raw, "text") if raw.strip(_BLANK) else b""
            return (Splice(start, end, new or b""),)
        token = want.token
        if token is not None and token.start <= start and end <= token.end:
            return (self._in_token(want, token, want.first),)
        return self._across(want, want.first)

    def _in_token(self, want: _Want, token: _native.Lexeme, index: int) -> Splice | Span:
        start, end = want.start, want.end
        raw = self.data[start:end]
        text = _native.unescape(raw)[0] if token.kind != "number" else raw
        new = want.replace(want.finding, text, token.kind)
        if new is None:
            found = extent(self.data, self.tokens, index)
            if found is not None:
                return found
            quote = token.kind != "number"  # the document is nothing but this
            return Splice(token.start - quote, token.end + quote, b"null")
        if isinstance(new, _Raw):
            return Splice(start, end, bytes(new))
        if token.kind == "number":
            return Splice(start, end, new if _NUMBER.fullmatch(new) else b'"' + _escaped(new) + b'"')
        return Splice(start, end, _escaped(new))

    def _across(self, want: _Want, index: int) -> Iterable[Splice]:
        """A place that is more than one token: white space goes, brackets and quotes stay, each token is masked."""
        at = want.start
        while at < want.end:
            token = self.tokens[index] if index < len(self.tokens) else None
            stop = want.end if token is None else min(want.end, max(at, token.start))
            if stop > at and not self.data[at:stop].strip(_BLANK):
                yield Splice(at, stop, b"")
            at = stop
            if token is not None and at < want.end:
                stop = min(want.end, token.end)
                whole = token.kind == "number"
                new = _blot(want.finding, b"", token.kind)
                if token.kind == "key":  # several of one finding, which must stay apart
                    new += b"-%d" % index
                yield Splice(token.start if whole else at, token.end if whole else stop, new)
                at = max(stop, token.end if whole else stop)
                index += 1


def _all(node: _Node) -> Iterable[_Want]:
    yield from node.wants
    for wants in node.covert.values():
        yield from wants
    for child in node.children:
        yield from _all(child)


def _disjoint(wants: Iterable[_Want]) -> list[_Want]:
    """Overlapping places as one: by its own replacement if one covers all and decides, else masked."""
    result: list[_Want] = []
    for want in wants:
        if not result or want.start >= result[-1].end:
            result.append(want)
            continue
        held = result[-1]
        end = max(held.end, want.end)
        best = max(held, want, key=lambda each: each.rank)
        if (best.start, best.end) != (held.start, end):
            best = _Want(held.start, end, best.finding, _mask, held.first, held.token)
        result[-1] = best
    return result


def _mask(finding: Finding, text: bytes, kind: str) -> bytes:
    if kind == "number":
        return b"0"
    mask = _MASK * max(1, len(text.decode("utf-8", "replace")))
    return mask + (finding.fingerprint or "")[:8].encode() if kind == "key" or finding.in_key else mask


def _escaped(text: bytes) -> bytes:
    """Text as it stands in a JSON string (RFC 8259 section 7)."""
    if not text.isascii() and _native.utf8_valid_prefix(text) < len(text):
        # half a surrogate pair cannot be written but escaped
        return json.dumps(text.decode("utf-8", "surrogatepass"))[1:-1].encode()
    return _TO_ESCAPE.sub(lambda match: json.dumps(match[0].decode())[1:-1].encode(), text)
