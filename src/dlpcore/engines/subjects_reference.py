"""The slow and obvious definition of a document's subjects, by the standard library's parser.

``rules check`` uses it for the examples, which need no native code; tests compare the native walk with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from ..rules.words import split
from ..views import Subject

__all__ = ["subjects", "text_subject"]

#: Digits of a number that is written out in full; beyond it the exponent form stays.
_MAX_DIGITS = 64
#: Last words of keys whose string says what another member is, and of keys whose value is so named.
_NAMING = frozenset(
    b"name key field type kind id label title header system attribute attr variable var parameter param property prop"
    b" option question".split()
)
_NAMED = frozenset(b"value values val number no num nr answer".split())
#: What else the key of a value may hold that a member beside it names: no name of its own.
_PLAIN = frozenset(
    b"string int integer double float bool boolean text raw plain default current new old data item element entry"
    b" setting config env environment sample example input output form custom user document identity identification"
    b" identifier contact tag metadata meta extra".split()
)
#: Bytes of a name, and members of either role that one object keeps.
_LONGEST_NAME, _KEPT = 128, 4


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
    yield from _walk(json.loads(document, **hooks), (), _Beside())


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class _Beside(NamedTuple):
    """Of a value: the keys beside its own, what the members beside it call it, and whether its key lets them."""

    keys: frozenset[bytes] = frozenset()
    names: tuple[bytes, ...] = ()
    named: bool = False


def _walk(value: Any, path: tuple[bytes, ...], beside: _Beside) -> Iterator[Subject]:
    if isinstance(value, _Number):
        yield Subject(value.encode(), "number", path, beside.names, lambda: beside.keys)
    elif isinstance(value, str):
        yield Subject(_bytes(value), "string", path, beside.names, lambda: beside.keys)
    elif isinstance(value, _Members):
        for (name, member), around in zip(value, _around(value, beside.names), strict=True):
            key = _bytes(name)
            yield Subject(key, "key", path)
            yield from _walk(member, (key, *path), around)
    elif isinstance(value, list):
        for at, element in enumerate(value):
            if at == 1 and len(value) == 2 and not beside.named and _is_name(value[0]) and isinstance(element, str):
                yield from _walk(element, path, _Beside(beside.keys, (_bytes(value[0]),)))
            else:
                names = beside.names if isinstance(element, str) else ()
                yield from _walk(element, path, _Beside(beside.keys, names))


def _around(members: _Members, outer: tuple[bytes, ...]) -> Iterator[_Beside]:
    """What stands beside each member of an object, whose own names are ``outer``.

    A member whose key ends with a word of :data:`_NAMED`, and has no name of its own, is called by the first four
    strings whose key ends with one of :data:`_NAMING`. Only by those before it is called what comes after four such
    values, or lies inside of one.
    """
    keys = frozenset(_bytes(name) for name, _ in members)
    names = [(at, _bytes(value)) for at, (name, value) in enumerate(members) if _names(name) and _is_name(value)]
    values = 0
    for at, (name, value) in enumerate(members):
        if not _is_named(name):
            yield _Beside(keys)
            continue
        scalar = isinstance(value, str)
        called = tuple(text for where, text in names[:_KEPT] if where < at or (scalar and values < _KEPT))
        yield _Beside(keys, (*outer, *called)[:_KEPT] if scalar else called, True)
        values += scalar


def _names(key: str) -> bool:
    return not _NAMING.isdisjoint(split(_bytes(key))[-1:])


def _is_named(key: str) -> bool:
    words = split(_bytes(key))
    return not _NAMED.isdisjoint(words[-1:]) and (_NAMED | _NAMING | _PLAIN).issuperset(words)


def _is_name(value: Any) -> bool:
    return type(value) is str and 0 < len(_bytes(value)) <= _LONGEST_NAME


def text_subject(text: bytes) -> Subject:
    """A text that is not JSON."""
    return Subject(text, "text")
