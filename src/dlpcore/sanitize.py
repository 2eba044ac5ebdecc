"""Sanitizing: one canonical form of a document, so that a writer's freedoms carry nothing."""

from __future__ import annotations

from . import _native
from .document import GRAMMAR_SAFE, first_error
from .model import Limits

__all__ = ["canonical"]


def canonical(payload: bytes, *, duplicates: str, limits: Limits) -> bytes:
    """The document in its canonical form: no white space outside strings, no byte order mark.

    Raises:
        ParseError: it is not JSON, or a key is repeated and ``duplicates`` is ``"error"``.
    """
    if duplicates != "error":
        raise NotImplementedError('sanitize(duplicates=...) other than "error" comes with the key.duplicate channel')
    error = first_error(payload, allow=GRAMMAR_SAFE - {"duplicate-key"})
    if error is not None:
        raise error
    return _native.compact(payload)
