"""The reference walk of a document."""

from __future__ import annotations

import pytest

from dlpcore.engines.subjects_reference import subjects
from dlpcore.views import Subject


def test_the_order_and_paths_of_a_document() -> None:
    assert list(subjects(b'{"a": {"b": ["x", 1.50]}, "a": 2e3}')) == [
        Subject(b"a", "key", ()),
        Subject(b"b", "key", (b"a",)),
        Subject(b"x", "string", (b"b", b"a")),
        Subject(b"1.5", "number", (b"b", b"a"), (b"x",)),
        Subject(b"a", "key", ()),
        Subject(b"2000", "number", (b"a",)),
    ]


@pytest.mark.parametrize(
    ("document", "text"),
    [(b"4.111111111111111e15", b"4111111111111111"), (b"1e999999", b"1e999999"), (b"-0.5", b"-0.5"), (b"100", b"100")],
)
def test_numbers(document: bytes, text: bytes) -> None:
    assert [subject.text for subject in subjects(document)] == [text]


def test_a_lone_surrogate_is_kept() -> None:
    assert [subject.text for subject in subjects(rb'"\ud800"')] == [b"\xed\xa0\x80"]
