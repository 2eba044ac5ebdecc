"""What a token stands for: the bytes, the class of data that they are, and how they stood in the document."""

from __future__ import annotations

import enum
from typing import NamedTuple

__all__ = ["Form", "Value"]


class Form(enum.IntEnum):
    """How a value stood in the document; kept in its token, so that it comes back as it was."""

    #: (A part of) the content of a string or of a key, with its escapes.
    TEXT = 0
    #: A number.
    NUMBER = 1
    #: A piece of a value that lies in several strings: one of few possible ones, so its token is never the same twice.
    PIECE = 2


class Value(NamedTuple):
    """One value to tokenize.

    Attributes:
        raw: its bytes in the document, escapes and all.
        entity: class of the data, canonical (see :func:`~dlpcore.tokenize.grammar.canonical_entity`).
        form: how it stood there.
        whole: whether it is all of its string.
    """

    raw: bytes
    entity: str
    form: Form = Form.TEXT
    whole: bool = True

    def __repr__(self) -> str:
        return f"<Value {self.entity}, {len(self.raw)} bytes, {self.form.name.lower()}>"
