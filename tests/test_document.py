"""Pointers of a document, lines and columns, and what pointers must not show."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlpcore import _native
from dlpcore.document import Document, line_column

SCAN = _native.Prefilter()


def document(data: bytes) -> Document:
    return Document(data, SCAN.scan(data), b"k" * 32)


def resolve(value: object, pointer: str) -> object:
    """RFC 6901 section 4, by the letter."""
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list):
            value = value[int(token)]
        else:
            assert isinstance(value, dict)
            value = value[token]
    return value


LEAVES = st.integers(10_000, 99_999)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3),
        st.dictionaries(st.text('a~/"\\é\n', max_size=4), inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
@settings(max_examples=200, deadline=None)
def test_the_pointer_of_a_value_leads_to_it(value: object, ascii_only: bool, indent: int | None) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    own = document(data)
    numbers = list(re.finditer(rb"(?<![0-9a-f])[0-9]{5}(?![0-9])", data))
    own.wants_pointers(found.start() for found in numbers)
    for found in numbers:
        pointer = own.pointer(found.start())
        assert pointer is not None
        assert resolve(value, pointer) == int(found[0])
        assert document(data).pointer(found.start()) == pointer  # asked for alone
        assert own.pointer(found.end() - 1) == pointer


@pytest.mark.parametrize(
    "key, segment",
    [
        ("a", "a"), ("", ""), ("a/b", "a~1b"), ("a~b", "a~0b"), ("~1", "~01"), ("a\\/b", "a~1b"), ("\\u002f", "~1"),
        ("\\u007e", "~0"), ("é", "é"), ("\\u00e9", "é"), ('\\"', '"'), ("\\\\", "\\"), (" ", " "), ("0", "0"),
    ],
)  # fmt: skip
def test_segments_are_decoded_and_escaped(key: str, segment: str) -> None:
    data = f'{{"{key}": 1}}'.encode()
    own = document(data)
    for at in (1, 2, len(data) - 2):  # the key's quote, its first byte, the value
        assert own.pointer(at) == "/" + segment


def test_places() -> None:
    data = b' {"a": [1, {"b": 2}]} '
    own = document(data)
    pointers = {at: own.pointer(at) for at in range(len(data) + 2)}
    assert pointers[0] is None and pointers[len(data) - 1] is None and pointers[len(data) + 1] is None
    assert pointers[1] == ""
    assert pointers[data.index(b'"a"')] == "/a"
    assert pointers[data.index(b"[")] == "/a"
    assert pointers[data.index(b"1")] == "/a/0"
    assert pointers[data.index(b'{"b')] == "/a/1"
    assert pointers[data.index(b'"b"')] == "/a/1/b"
    assert pointers[data.index(b"2")] == "/a/1/b"
    assert pointers[data.index(b"]")] == "/a"
    assert pointers[len(data) - 2] == ""


def test_secret_keys_are_hidden_and_others_are_not() -> None:
    data = b'{"000-12-3456": {"b": 1}, "c": 2, "x000-12-3456y": 3}'
    own = document(data)
    start = data.index(b"000")
    second = data.index(b"000", start + 1)
    own.hide_in_pointers([((second, second + 11), "other"), ((start, start + 11), "shown")])
    assert own.pointer(data.index(b"1}")) == "/[shown]/b"
    assert own.pointer(start) == "/[shown]"
    assert own.pointer(data.index(b"2,")) == "/c"
    assert own.pointer(len(data) - 2) == "/[other]"
    for at in range(len(data)):
        assert "12-3456" not in (own.pointer(at) or "")


def test_a_key_with_two_secrets_inside_is_hidden() -> None:
    data = b'{"0001 0002": 1}'
    own = document(data)
    own.hide_in_pointers([((2, 6), "one"), ((7, 11), "two")])
    assert own.pointer(14) in ("/[one]", "/[two]")


def test_long_spans_over_many_keys_hide_each() -> None:
    """A span that starts before a shorter one still hides the keys behind that one."""
    data = b'{"aaaa": 1, "bbbb": 2, "cccc": 3}'
    own = document(data)
    own.hide_in_pointers([((2, len(data) - 2), "long"), ((3, 4), "short")])
    for value in (b"1", b"2", b"3"):
        assert own.pointer(data.index(value)).startswith("/[")  # type: ignore[union-attr]


def test_deep_documents_have_pointers() -> None:
    deep = 100_000
    data = b'{"a":[' * (deep // 2) + b"1"
    own = document(data)
    own.wants_pointers(range(0, len(data), 1000))
    assert own.pointer(len(data) - 1) == "/a/0" * (deep // 2)
    assert own.pointer(0) == ""


@given(st.text("a\r\n", max_size=12))
def test_line_and_column(text: str) -> None:
    data = text.encode()
    lines = re.split(r"\r\n|\r|\n", text)
    at = 0
    for number, line in enumerate(lines, 1):
        for column in range(1, len(line) + 2):
            assert line_column(data, at + column - 1) == (number, column)
        at += len(line)
        at += 2 if text[at : at + 2] == "\r\n" else 1


def test_memoryviews() -> None:
    own = document(memoryview(b'{"a": [1]}'))  # type: ignore[arg-type]
    assert own.pointer(7) == "/a/0"
