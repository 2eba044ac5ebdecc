"""The text of tokens: how one is written, and how it is found again inside any JSON string.

::

    token   = prefix "_" kid "_" type "_" size "_" body
    prefix  = "tok" (sealed: the value is inside) / "tokv" (the vault has it) / "tokp" (pseudonym: one way)
    kid     = %x61-7A *15(%x61-7A / DIGIT)            ; the id of the key
    type    = %x61-7A *62(%x61-7A / DIGIT / "-")      ; the entity, "_" written as "-"
    size    = 1*7DIGIT                                ; characters in the body
    body    = *(ALPHA / DIGIT / "-" / "_")            ; base64url without padding (RFC 4648 section 5)

All of it is ASCII that JSON never escapes, so that a token survives every serializer. Its own size ends it, so that
letters may follow; and no part but the size may start with a digit, so that text in front of a token never forms
another one with it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

__all__ = ["PSEUDONYM", "SEALED", "VAULT", "Token", "canonical_entity", "find", "parse", "write"]

SEALED: Final = "tok"
VAULT: Final = "tokv"
PSEUDONYM: Final = "tokp"

_HEAD = re.compile(rb"(tok[vp]?)_([a-z][a-z0-9]{0,15})_([a-z][a-z0-9-]{0,62})_([1-9][0-9]{0,6})_")
_BODY = re.compile(rb"[A-Za-z0-9_-]*")
_NOT_A_NAME = re.compile(r"[^a-z0-9]+")


class Token(NamedTuple):
    """What stands at ``[start, end)``: a token, or with ``body`` ``None`` the head of one that is broken off."""

    start: int
    end: int
    prefix: str
    kid: str
    entity: str
    body: bytes | None


@lru_cache(maxsize=1024)
def canonical_entity(entity: str) -> str:
    """The name of an entity as tokens know it: small letters, digits, and single ``_`` between them."""
    name = _NOT_A_NAME.sub("_", entity.lower()).strip("_")[:60].rstrip("_")
    return name if name[:1].isalpha() else f"x_{name}".rstrip("_")


def write(prefix: str, kid: str, entity: str, body: bytes) -> bytes:
    """A token. ``entity`` is canonical."""
    text = base64.urlsafe_b64encode(body).rstrip(b"=")
    return f"{prefix}_{kid}_{entity.replace('_', '-')}_{len(text)}_".encode() + text


def parse(token: bytes) -> Token | None:
    """The token that all of ``token`` is; ``None`` for anything else."""
    head = _HEAD.match(token)
    if head is None:
        return None
    found = _token(token, head)
    return found if found.body is not None and found.end == len(token) else None


def find(text: bytes, *, escapes: bool = True) -> Iterator[Token]:
    """The tokens and heads of tokens in a JSON text, in order and disjoint.

    ``escapes``: a backslash starts an escape, so that ``\\tok_`` is a tab and no token.
    """
    at = 0
    while (head := _HEAD.search(text, at)) is not None:
        if escapes and _escaped(text, head.start()):
            at = head.start() + 1
            continue
        token = _token(text, head)
        yield token
        at = token.end


def _token(text: bytes, head: re.Match[bytes]) -> Token:
    end = head.end() + int(head[4])
    body: bytes | None = None
    if end <= len(text) and _BODY.fullmatch(text, head.end(), end):
        raw = text[head.end() : end]
        body = _decoded(raw)
    if body is None:
        end = head.end()
    return Token(head.start(), end, head[1].decode(), head[2].decode(), head[3].decode().replace("-", "_"), body)


def _decoded(text: bytes) -> bytes | None:
    """Only what :func:`write` writes: the unused bits of the last character are zero (RFC 4648 section 3.5)."""
    if len(text) % 4 == 1:
        return None
    body = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    return body if base64.urlsafe_b64encode(body).rstrip(b"=") == text else None


def _escaped(text: bytes, at: int) -> bool:
    run = at
    while run and text[run - 1] == 0x5C:
        run -= 1
    return (at - run) % 2 == 1
