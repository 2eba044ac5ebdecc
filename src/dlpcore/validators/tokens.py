"""Checks of the structure of credentials: JWT, PEM, HTTP Basic, generated tokens."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

__all__ = ["basic_credentials", "decode_base64", "issued", "jwt", "mixed", "pem"]


def decode_base64(data: bytes) -> bytes | None:
    """The bytes behind base64 of either alphabet, padded or not (RFC 4648); ``None`` if it is none."""
    stripped = data.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(stripped + b"=" * (-len(stripped) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _object(part: bytes) -> dict[str, Any] | None:
    decoded = decode_base64(part)
    if decoded is None:
        return None
    try:
        value = json.loads(decoded)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def jwt(value: bytes) -> float:
    """A JWS (RFC 7515) whose header and claims are JSON objects, or a JWE (RFC 7516) whose header is one.

    ``alg: none`` and tokens that lost their signature count: what they claim is as sensitive.
    """
    parts = value.split(b".")
    header = _object(parts[0])
    if header is None or not header.keys() & {"alg", "enc", "typ"}:
        return 0.0
    if "enc" in header:
        return 0.9 if len(parts) == 5 else 0.0
    return 0.9 if len(parts) in (2, 3) and _object(parts[1]) is not None else 0.0


_PEM_LINE = re.compile(rb"-----[A-Z0-9 ]+-----")


def pem(value: bytes) -> float:
    """Under the head stands base64, at least as much as the shortest key (Ed25519) needs, and not filler."""
    body = _PEM_LINE.sub(b"", value)
    characters = re.sub(rb"\\[nrt]|[^A-Za-z0-9+/]", b"", body)
    return 0.9 if len(characters) >= 40 and len(set(characters)) >= 12 else 0.0


def mixed(value: bytes) -> float:
    """At least two classes of characters, and enough different ones: words and filler are refused."""
    tail = value[-40:]
    classes = sum(bool(re.search(pattern, tail)) for pattern in (rb"[a-z]", rb"[A-Z]", rb"[0-9]"))
    return 0.5 if classes >= 2 and len(set(tail)) >= min(10, len(tail) // 2) else 0.0


_COUNTING = re.compile(rb"(?i:1234567|abcdefg|76543210|qwerty|deadbeef)")


def issued(value: bytes) -> float:
    """A token that a service drew at random: letters and digits, as varied as its length lets expect, not counting up.

    For tokens whose form is common (hexadecimal, base 62, UUID). A digit is asked for because a text without one
    is not searched for them; of 20 random letters and digits, 3 in 100 have none.
    """
    if not re.search(rb"[0-9]", value) or not re.search(rb"[A-Za-z]", value) or _COUNTING.search(value):
        return 0.0
    characters = set(value.lower()) - set(b"-_./+=:")
    return 0.5 if len(characters) >= min(8, len(value) // 2) else 0.0


def basic_credentials(value: bytes) -> float:
    """RFC 7617: base64 of user-id, colon, password."""
    decoded = decode_base64(value)
    if decoded is None or b":" not in decoded:
        return 0.0
    try:
        text = decoded.decode("utf-8")
    except UnicodeDecodeError:
        return 0.0
    return 0.8 if text.isprintable() and not text.endswith(":") else 0.0
