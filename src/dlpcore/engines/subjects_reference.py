"""The slow and obvious definition of a document's subjects, by the standard library's parser.

``rules check`` uses it for the examples, which need no native code; tests compare the native walk with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from ..views import Subject

__all__ = ["subjects", "text_subject"]

#: Digits of a number that is written out in full; beyond it the exponent form stays.
_MAX_DIGITS = 64


class _Number(str):
    """The exact decimal text of a JSON number."""


class _Members(list[tuple[str, Any]]):
    """An object's members, duplicates and order kept."""


def _number(text: str) -> _Number:
    """``text`` as plain digits where that is possible: ``4.1e3`` is ``4100``."""
    value = Decimal(text)
    _, digits, exponent = value.as_tuple()
    if isinstance(exponent, int) and exponent > -_MAX_DIGITS and len(digits) + max(exponent, 0) <= _MAX_DIGITS:
        plain = format(value, "f")
        return _Number(plain.rstrip("0").rstrip(".") if "." in plain else plain)
    return _Number(text)


def subjects(document: bytes) -> Iterator[Subject]:
    """The strings, keys and numbers of a JSON document, in the order of the document.

    Raises:
        ValueError: it is not JSON.
    """
    hooks: dict[str, Any] = {"parse_int": _number, "parse_float": _number, "object_pairs_hook": _Members}
    yield from _walk(json.loads(document, **hooks), (), frozenset())


def _walk(value: Any, path: tuple[bytes, ...], names: frozenset[bytes]) -> Iterator[Subject]:
    if isinstance(value, _Number):
        yield Subject(value.encode(), "number", path, lambda: names)
    elif isinstance(value, str):
        yield Subject(value.encode("utf-8", "surrogatepass"), "string", path, lambda: names)
    elif isinstance(value, _Members):
        present = frozenset(name.encode("utf-8", "surrogatepass") for name, _ in value)
        for name, member in value:
            key = name.encode("utf-8", "surrogatepass")
            yield Subject(key, "key", path)
            yield from _walk(member, (key, *path), present)
    elif isinstance(value, list):
        for element in value:
            yield from _walk(element, path, names)


def text_subject(text: bytes) -> Subject:
    """A text that is not JSON."""
    return Subject(text, "text")
