"""Encoded layers (family E): base64, base16, JSON in a string, data URIs, gzip and zlib, decoded one step at a time.

A layer is honest by itself; what it holds is inspected like the payload. A string is taken for a layer only if its
bytes read as one: the head of a known format, JSON, or text. Decompression stops at its allowance, and says so.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from typing import NamedTuple

from .. import _native
from .budget import Budget
from .plausible import magic

__all__ = ["Layer", "peel"]

_BASE64 = re.compile(rb"[A-Za-z0-9+/_\-\r\n]{8,}={0,2}[\r\n]*")
_BASE16 = re.compile(rb"(?:[0-9A-Fa-f]{2}){8,}")
_DATA_URI = re.compile(rb"data:[\w.+/;=\-\"]{0,200}?(;base64)?,", re.IGNORECASE)
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
#: Shorter decoded text says too little to be worth a look.
_MIN_TEXT = 8


class Layer(NamedTuple):
    """One decoding step: its id without ``layer.``, and what it gave."""

    name: str
    data: bytes


def _is_text(data: bytes) -> bool:
    if len(data) < _MIN_TEXT or _native.utf8_valid_prefix(data) != len(data):
        return False
    return not data.translate(None, bytes(range(0x20, 0x7F)) + b"\t\n\r\x0b\x0c" + bytes(range(0x80, 0x100)))


def _means_something(data: bytes) -> bool:
    return magic(data) is not None or data[:2] == b"MZ" or _zlib_head(data) or _is_text(data)


def _zlib_head(data: bytes) -> bool:
    """RFC 1950 section 2.2: method 8, window, and a check over both bytes."""
    return len(data) > 6 and data[0] & 0x0F == 8 and data[0] >> 4 <= 7 and (data[0] << 8 | data[1]) % 31 == 0


def _base64(text: bytes) -> bytes | None:
    text = text.translate(_TO_STANDARD, b"\r\n").rstrip(b"=")
    if len(text) % 4 == 1:
        return None
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return None


def _inflate(data: bytes, name: str, budget: Budget) -> Layer | None:
    """RFC 1950 and RFC 1952, bounded; what is over the allowance is noted as skipped."""
    allowance = budget.allowance(len(data))
    inflater = zlib.decompressobj(wbits=31 if name == "gzip" else 15)
    out = bytearray()
    rest = data
    try:
        while True:
            out += inflater.decompress(rest, max(1, allowance - len(out)))
            if inflater.eof:
                following = inflater.unused_data
                if name != "gzip" or following[:2] != b"\x1f\x8b":  # RFC 1952 2.2: members follow one another
                    break
                rest, inflater = following, zlib.decompressobj(wbits=31)
                continue
            if len(out) >= allowance:
                budget.skip(f"layer.{name}", f"expands past {allowance} bytes")
                break
            if not inflater.unconsumed_tail:
                budget.skip(f"layer.{name}", "the stream ends early")
                break
            rest = inflater.unconsumed_tail
    except zlib.error:
        if not out:
            return None
        budget.skip(f"layer.{name}", "the stream is damaged")
    budget.spend(len(out))
    return Layer(name, bytes(out)) if out else None


def peel(data: bytes, budget: Budget) -> Layer | None:
    """Takes one layer off, or gives ``None`` where there is none that means something."""
    if data[:2] == b"\x1f\x8b":
        return _inflate(data, "gzip", budget)
    if _zlib_head(data) and not _is_text(data):
        return _inflate(data, "zlib", budget)
    text = data.strip()
    if len(text) >= 2 and text[:1] + text[-1:] in (b"{}", b"[]"):
        return Layer("json-string", data)
    uri = _DATA_URI.match(text[:256])
    if uri is not None and uri.group(1):
        decoded = _base64(text[uri.end() :])
        if decoded:
            budget.spend(len(decoded))
            return Layer("data-uri", decoded)
    if len(text) >= 16 and _BASE16.fullmatch(text):
        decoded = binascii.unhexlify(text)
        if _means_something(decoded):
            budget.spend(len(decoded))
            return Layer("base16", decoded)
    if len(text) >= 8 and _BASE64.fullmatch(text):
        decoded = _base64(text)
        if decoded is not None and _means_something(decoded):
            budget.spend(len(decoded))
            return Layer("base64", decoded)
    return None
