"""Encoded layers (family E): what a text holds in base-N, escapes, tokens, URIs or compressed, one step at a time.

Theory of operation. A layer is honest by itself; what it holds is inspected like the payload. A text is a layer as a
whole (``whole``), or holds layers between other words, or is written with escapes (``parts``). Base-N is believed when
its bytes read as something: the head of a format, JSON, or text; short ones only if they are mostly letters and digits,
since any word of eight letters is base64 of some bytes. Some readings are always possible (escapes that any URL has,
text written backwards, rotated letters): they are *tentative*, a layer only if a rule finds something inside.
The native prefilter (native/src/layers.c) asks the same questions first, more loosely.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .. import _native
from ..model import Span
from .archives import START, deflate_start, unpack, zlib_start
from .budget import Budget
from .encodings import BASE85, ESCAPES, from_base16, from_base32, from_base64, from_hex_pairs, node_id, rot13
from .plausible import magic

__all__ = ["Layer", "parts", "peel", "whole"]

_BASE64 = re.compile(rb"[A-Za-z0-9+/_\-]{6,}={0,6}")
_RUN = re.compile(
    rb"[A-Za-z0-9+/_\-]{8}[A-Za-z0-9+/_\-\r\n]*={0,6}"
    rb"|[A-Za-z0-9+/_\-]{6}(?:==|[A-Za-z0-9+/_\-]=)(?![A-Za-z0-9+/_\-])"
)
_PATH_RUN = re.compile(
    rb"[A-Za-z0-9+_\-]{8}[A-Za-z0-9+_\-\r\n]*={0,6}|[A-Za-z0-9+_\-]{6}(?:==|[A-Za-z0-9+_\-]=)(?![A-Za-z0-9+/_\-])"
)
_PIECE = re.compile(rb"[A-Za-z0-9]{8,}={0,6}")
_BASE16 = re.compile(rb"(?:[0-9A-Fa-f]{2}){4,}")
_BASE32 = re.compile(rb"(?:[A-Z2-7]{7,}|[a-z2-7]{16,}|(?=[a-z]*[2-7])[a-z2-7]{7,})={0,6}")
#: What begins like a word and may be none: thirteen small letters and digits, or sixteen small letters.
_LOW32 = re.compile(rb"(?=[a-z]*[2-7])[a-z2-7]{13,}|[a-z2-7]{16,}")
_BASE85 = re.compile(rb"[!-~]{5,}")
_BACKWARD64 = re.compile(rb"={1,2}[A-Za-z0-9+/_\-\r\n]{6,}|[A-Za-z0-9+/_\-\r\n]{12,}")
_DATA_URI = re.compile(rb"data:[\w.+/;=\-\"]{0,200}?(;base64)?,", re.IGNORECASE)
_URI_END = re.compile(rb"[\s\"'<>)]")
#: RFC 7519: two or three parts, the first a JSON object (so that it starts with eyJ); the signature may be absent.
_JWT = re.compile(rb"eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?")
#: Text shorter than this must consist of letters and digits for the most part.
_SHORT = 12
_MIN_TEXT = 4
#: A shorter run that begins with eight small letters is a word.
_LONG = 40
#: What part of UTF-16 without a mark must be Latin-1.
_LATIN = 0.75
_CONTROLS = bytes(range(0x20, 0x7F)) + b"\t\n\r\x0b\x0c" + bytes(range(0x80, 0x100))
#: Letters, digits, blanks; of what is not ASCII, the alphabets (two bytes in UTF-8).
_GOOD = re.compile(rb"[A-Za-z0-9 ]+|[\xc2-\xdf][\x80-\xbf]")
_SMALL = b"abcdefghijklmnopqrstuvwxyz"
_LETTERS = _SMALL + _SMALL.upper() + b" "
_PLAIN = _LETTERS + b"0123456789"
_VARIED = re.compile(rb"[A-Z2-7]{7}=|.*[0-9].*|(?=.*[a-z]).+[A-Z].*", re.DOTALL)
_WORD = re.compile(rb".(?:[a-z_\-]{7}|[a-z_\-]*$)", re.DOTALL)
_PACKED = ("gzip", "bzip2", "xz", "zstd", "zip")


class Layer(NamedTuple):
    """One decoding step.

    Attributes:
        name: its id without ``layer.``.
        data: what it gave.
        span: where in the text it stands; ``None`` for all of it.
        tentative: whether it counts only if something is found inside.
    """

    name: str
    data: bytes
    span: Span | None = None
    tentative: bool = False


def _is_text(data: bytes) -> bool:
    return (
        len(data) >= _MIN_TEXT and not data.translate(None, _CONTROLS) and _native.utf8_valid_prefix(data) == len(data)
    )


def _mostly_words(data: bytes) -> bool:
    return _is_text(data) and 4 * len(_GOOD.sub(b"", data)) <= len(data)


def _reads(data: bytes, *, thin: bool = False, digits: bool = False) -> bool:
    """Whether decoded bytes mean something.

    ``thin``: much else decodes to text from so few digits, so only letters and blanks do, and ``digits``.
    """
    if _is_text(data):
        if len(data) >= _SHORT:
            return True
        if thin:
            return not data.translate(None, _PLAIN if digits or len(data) >= 8 else _LETTERS)
        return _mostly_words(data)
    return magic(data) is not None or data[:2] == b"MZ" or _compressed(data) is not None or _utf16(data) is not None


def _utf16(data: bytes) -> tuple[str, bytes] | None:
    """The encoding and the text of UTF-16 (RFC 2781): with a mark of its order, or mostly of Latin-1 without one."""
    if len(data) % 2 or len(data) < 2 * _MIN_TEXT:
        return None
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        name = "utf-16"
    else:
        name = "utf-16-le" if data[0] else "utf-16-be"
        high = data[1::2] if data[0] else data[::2]
        if high.count(0) < _LATIN * len(high):
            return None
    try:
        text = data.decode(name).encode()
    except UnicodeError:
        return None
    return (name, text) if _is_text(text) and (len(text) >= _SHORT or _mostly_words(text)) else None


def _compressed(data: bytes) -> str | None:
    """Whether data without a head that says much is a zlib or deflate stream of something."""
    for name, start in (("zlib", zlib_start(data)), ("deflate", deflate_start(data))):
        if start is None:
            continue
        if name == "zlib" and len(start) >= 16:
            return name
        cut = 4 if len(start) >= START else 1  # the last character may be cut
        if magic(start) is not None or any(_mostly_words(start[: len(start) - k]) for k in range(cut)):
            return name
    return None


def _base_n(run: bytes) -> tuple[str, bytes] | None:
    """A run of digits of base 16, 32 or 64."""
    bare = run.rstrip(b"=").removeprefix(b"0x")
    if (
        (len(bare) < _LONG and _WORD.match(bare) and not _LOW32.fullmatch(bare))
        or (len(bare) < 12 and bare.isdigit())
        or len(set(bare)) == 1
    ):
        return None
    unwrapped = bare.translate(None, b"\r\n")
    if _BASE16.fullmatch(unwrapped):
        data = from_base16(unwrapped)
        if data is not None and _reads(data, thin=len(unwrapped) < 24 and unwrapped.isdigit()):
            return "base16", data
        if len(unwrapped) >= 20:  # a hash: of base 64, one run in 10^9 has hex digits alone
            return None
    if _BASE32.fullmatch(unwrapped):
        data = from_base32(unwrapped)
        if data is not None and _reads(data):
            return "base32", data
    data = from_base64(unwrapped)
    if data is not None and _reads(data):
        return "base64", data
    return None


def _encoded(run: bytes, span: Span | None, budget: Budget) -> Layer | None:
    if len(run.rstrip(b"=")) < 8 and (not _VARIED.fullmatch(run) or (run[-1:] != b"=" and not run.isalnum())):
        return None  # a word or an id, such as NEE-268
    found = _base_n(run)
    if found is None or not budget.affords(len(found[1]), f"layer.{found[0]}"):
        return None
    return Layer(*found, span, found[0] == "base64" and node_id(found[1]))


def _packed(data: bytes) -> str | None:
    """The compression that bytes are in."""
    name = magic(data)
    if name in _PACKED:
        return name
    return None if _is_text(data) else _compressed(data)


def whole(data: bytes, budget: Budget) -> Iterator[Layer]:
    """The layer that the bytes are as a whole; the members, for an archive. Nothing more is to be seen in them."""
    packed = _packed(data)
    if packed is not None:
        for out in unpack(data, packed, budget):
            yield Layer(packed, out)
        return
    wide = _utf16(data) if b"\0" in data[:2] or data[:2] in (b"\xff\xfe", b"\xfe\xff") else None
    if wide is not None and budget.affords(len(wide[1]), f"layer.{wide[0]}"):
        yield Layer(*wide)
        return
    text = data.strip()
    if len(text) >= 8 and text[:1] + text[-1:] in (b"{}", b"[]"):
        yield Layer("json-string", data)
        return
    token = _JWT.fullmatch(text)
    if token is not None:
        yield from _jwt(token[0], None, budget)
        return
    uri = _DATA_URI.match(text[:256])
    if uri is not None and not _URI_END.search(text):
        found = _data_uri(text[uri.end() :], uri[1] is not None, None, budget)
        if found is not None:
            yield found
            return
    if _BASE64.fullmatch(text.translate(None, b"\r\n")):
        found = _encoded(text, None, budget)
        if found is not None:
            yield found
            return
    pairs = from_hex_pairs(text) if (len(text) >= 9 and not text.isalnum()) or text[:2] == b"0x" else None
    if pairs is not None and _reads(pairs, thin=len(pairs) < _SHORT and pairs.hex().isdigit()):
        if budget.affords(len(pairs), "layer.base16"):
            yield Layer("base16", pairs)
        return
    yield from _base85(text, budget)


def _base85(text: bytes, budget: Budget) -> Iterator[Layer]:
    """The alphabets overlap: what reads in two of them is given in both."""
    text = text.translate(None, b"\r\n")
    if not _BASE85.fullmatch(text) or not text[:5].translate(None, _SMALL) or text.isdigit() or text.isalpha():
        return
    for decode in BASE85:
        data = decode(text)
        if data and _reads85(data) and budget.affords(len(data), "layer.base85"):
            yield Layer("base85", data)


def _reads85(data: bytes) -> bool:
    """Nearly every word is base 85 of something: a stream must be long, and what is short must be words."""
    if not 0x1F <= data[0] < 0x7F:  # the first digit says so much
        return False
    if _is_text(data):
        return _reads(data, thin=True, digits=True)
    if magic(data) is not None:
        return True
    return zlib_start(data) is not None if len(data) < 51 else _compressed(data) is not None


def _jwt(token: bytes, span: Span | None, budget: Budget) -> Iterator[Layer]:
    for part in token.split(b".")[:2]:
        data = from_base64(part)
        if data is not None and data[:1] == b"{" and budget.affords(len(data), "layer.jwt"):
            yield Layer("jwt", data, span)


def _data_uri(body: bytes, is_base64: bool, span: Span | None, budget: Budget) -> Layer | None:
    """RFC 2397: base64, or else percent-encoded."""
    decoded = ESCAPES[0].decode(body)
    data = decoded[0] if decoded else body
    if is_base64:
        data = from_base64(data) or b""
    return Layer("data-uri", data, span) if data and budget.affords(len(data), "layer.data-uri") else None


def parts(text: bytes, budget: Budget, *, turned: bool = True) -> Iterator[Layer]:
    """Layers inside a text that is more than they are, and readings of the text as a whole that leave it a text.

    ``turned``: whether to read it backwards and with its letters rotated too.
    """
    taken = 0
    found: Layer | None
    for match in _JWT.finditer(text):
        yield from _jwt(match[0], match.span(), budget)
    for match in _DATA_URI.finditer(text):
        if match.start() < taken:
            continue
        end = _URI_END.search(text, match.end())
        taken = end.start() if end else len(text)
        found = _data_uri(text[match.end() : taken], match[1] is not None, (match.start(), taken), budget)
        if found is not None:
            yield found
    path = b"://" in text[2:9]
    for match in (_PATH_RUN if path else _RUN).finditer(text):
        found = _encoded(match[0], match.span(), budget)
        if found is not None:
            yield found
            continue
        for piece in _PIECE.finditer(match[0]):
            if piece.end() - piece.start() < len(match[0]):
                start = match.start() + piece.start()
                found = _encoded(piece[0], (start, start + len(piece[0])), budget)
                if found is not None:
                    yield found
    for escapes in ESCAPES:
        decoded = escapes.decode(text)
        if decoded is not None and budget.affords(len(decoded[0]), f"layer.{escapes.name}"):
            yield Layer(escapes.name, decoded[0], None, not decoded[1])
    shape = text.strip()
    certain = _BACKWARD64.fullmatch(shape) is not None and _reads(from_base64(shape[::-1]) or b"")
    backward = certain or shape[:1] in (b"}", b"]") or b"@" in shape
    if (turned or backward) and budget.affords(2 * len(text), "layer.reversed"):
        yield Layer("reversed", shape[::-1], None, not certain)
        if turned:
            yield Layer("rot13", rot13(text), None, True)


def peel(text: bytes, budget: Budget, *, turned: bool = True) -> Iterator[Layer]:
    """The layers of a text: what it is as a whole, or else what is in it."""
    any_whole = False
    for layer in whole(text, budget):
        any_whole = True
        yield layer
    if not any_whole or layer.name == "json-string":  # what only looks like JSON may hold other layers
        yield from parts(text, budget, turned=turned)
