"""Sanitizing: one canonical form of a document, so that a writer's freedoms carry nothing (docs/sanitize.md)."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Final

from . import _native
from .document import GRAMMAR_SAFE, first_error, line_column
from .errors import InputError, ParseError
from .model import Limits

__all__ = ["canonical"]

_CHOICES: Final = {
    "unicode": ("report", "strip"),
    "duplicates": ("error", "first", "last"),
    "keys": ("keep", "sorted", "jcs"),
}
#: A style may make a document so many times larger (deep nesting, many members): beyond it is compact.
_STYLE_GROWTH: Final = 8
_STYLE_ROOM: Final = 1 << 16
#: A string, a bracket, or another value.
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]|[^,:{}\[\]"\s]+')
_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def canonical(
    payload: bytes,
    *,
    keep_style: bool = False,
    unicode: str = "report",
    duplicates: str = "error",
    keys: str = "keep",
    limits: Limits | None = None,
) -> bytes:
    """The document in its canonical form: compact, minimal escapes, the shortest form of each number.

    Args:
        payload: a document of RFC 8259; a byte order mark is dropped.
        keep_style: keep the style (compact, spaced, indent of 2, 4 or a tab) that most gaps have.
        unicode: ``"report"`` keeps every code point; ``"strip"`` removes what the unicode channels report.
        duplicates: ``"error"``, ``"first"`` or ``"last"``: what becomes of a repeated key.
        keys: ``"keep"``, ``"sorted"`` by UTF-16 code units, or ``"jcs"`` (RFC 8785 whole).
        limits: none of them is needed: time and memory grow with the size alone.

    Raises:
        ParseError: it is not JSON, a key is repeated and ``duplicates`` is ``"error"``, or a number or string has no
            form in RFC 8785 and ``keys`` is ``"jcs"``.
        InputError: an argument is none of those.
    """
    for name, value in (("unicode", unicode), ("duplicates", duplicates), ("keys", keys)):
        if value not in _CHOICES[name]:
            raise InputError(f"sanitize: {name} must be one of {', '.join(_CHOICES[name])}")
    error = first_error(payload, allow=GRAMMAR_SAFE - ({"duplicate-key"} if duplicates == "error" else set()))
    if error is not None:
        raise error
    if keys == "jcs" and (error := _outside_jcs(payload)) is not None:
        raise error
    style = _native.style_of(payload) if keep_style and keys != "jcs" else "compact"
    text = _written(payload, "compact")
    if unicode == "strip":
        text = _stripped(text)
    if unicode == "strip" and duplicates == "error":
        error = first_error(text, allow=GRAMMAR_SAFE - {"duplicate-key"})  # keys may have become the same
        if error is not None:
            raise error
    if duplicates != "error" or keys != "keep":
        text = _members(text, duplicates, keys)
    if style == "compact":
        return text
    return _native.canonical(text, style, _STYLE_GROWTH * len(text) + _STYLE_ROOM) or text


def _written(payload: bytes, style: str) -> bytes:
    text = _native.canonical(payload, style)
    assert text is not None  # without a limit there is always one
    return text


# --- strings ----------------------------------------


def _stripped(text: bytes) -> bytes:
    """Every string without what the unicode channels report."""
    neutral: Callable[[bytes], bytes] = importlib.import_module("dlpcore.covert.unicode").neutral

    def one(match: re.Match[bytes]) -> bytes:
        raw = match.group()[1:-1]
        if raw.isascii() and b"\\u" not in raw:
            return match.group()
        before = _native.unescape(raw)[0]
        after = neutral(before)
        return match.group() if after == before else _quoted(after)

    return _written(_STRING.sub(one, text), "compact")


def _quoted(text: bytes) -> bytes:
    quoted = json.dumps(text.decode("utf-8", "surrogatepass"), ensure_ascii=False)
    return _SURROGATE.sub(lambda m: f"\\u{ord(m.group()):04x}", quoted).encode()


# --- members ----------------------------------------


#: A container is the list of its texts and of the containers in it: copied out once, at the end.
_Parts = list["bytes | _Parts"]


def _members(text: bytes, duplicates: str, keys: str) -> bytes:
    """The document with the members of each object sorted, and one of those with the same key; no recursion."""
    done: _Parts = []
    stack: list[tuple[bytes, _Parts]] = []
    for token in _tokens(text):
        if token in (b"{", b"["):
            stack.append((token, done))
            done = []
        elif token in (b"}", b"]"):
            bracket, outer = stack.pop()
            outer.append(_object(done, duplicates, keys) if bracket == b"{" else _array(done))
            done = outer
        else:
            done.append(_es6(token) if keys == "jcs" else token)
    return _joined(done)


def _joined(parts: _Parts) -> bytes:
    out: list[bytes] = []
    waiting = [iter(parts)]
    while waiting:
        for part in waiting[-1]:
            if not isinstance(part, bytes):
                waiting.append(iter(part))
                break
            out.append(part)
        else:
            waiting.pop()
    return b"".join(out)


def _tokens(text: bytes) -> Iterator[bytes]:
    return (match.group() for match in _TOKEN.finditer(text))


def _array(values: _Parts) -> _Parts:
    parts: _Parts = [b"["]
    for value in values:
        parts += (value, b",")
    parts[-1 if values else 1 :] = [b"]"]
    return parts


def _object(found: _Parts, duplicates: str, keys: str) -> _Parts:
    members: dict[bytes, bytes | _Parts] = {}
    for name, value in zip(found[::2], found[1::2], strict=True):
        assert isinstance(name, bytes)  # a key is a string
        if duplicates == "last" or name not in members:
            members[name] = value
    parts: _Parts = [b"{"]
    for name in members if keys == "keep" else sorted(members, key=_utf16):
        parts += (name, b":", members[name], b",")
    parts[-1 if members else 1 :] = [b"}"]
    return parts


def _utf16(name: bytes) -> bytes:
    """Big-endian UTF-16 compares as its code units do (RFC 8785 section 3.2.3)."""
    text: str = json.loads(name)
    return text.encode("utf-16-be", "surrogatepass")


def _es6(token: bytes) -> bytes:
    """A number as the double that ECMAScript reads, in its shortest text (RFC 8785 section 3.2.2.3)."""
    if not _is_number(token):
        return token
    value = float(token)
    # repr gives the shortest digits that read back as the same double, as ECMAScript does; only the layout differs
    return _written(repr(value).encode(), "compact") if value else b"0"


def _is_number(token: bytes) -> bool:
    return token[:1].isdigit() or token[:1] == b"-"


def _outside_jcs(payload: bytes) -> ParseError | None:
    """The first number that no double holds, or half of a surrogate pair: RFC 8785 has no text for them."""
    for match in _TOKEN.finditer(payload):
        token, code = match.group(), ""
        if _is_number(token) and float(token) in (float("inf"), float("-inf")):
            code = "non-finite"
        elif token[:1] == b'"' and b"\\u" in token and _SURROGATE.search(json.loads(token)):
            code = "lone-surrogate"
        if code:
            return ParseError(code, match.start(), *line_column(payload, match.start()))
    return None
