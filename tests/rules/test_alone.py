"""Forms that need no word beside them: what has one, and what a machine writes instead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlpcore.rules.alone import FORMS, has_form


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("code", b"RSSMRA85T10A562S"),
        ("code", b"12345678Z"),
        ("code", b"S1234567D"),
        ("grouped", b"390.533.447-05"),
        ("grouped", b"811228-9874"),
        ("grouped", b"131052-308T"),
        ("grouped", b"CHE-116.281.710"),
        ("grouped", b"756.9217.0769.85"),
        ("dated", b"11010519491231002X"),
        ("dated", b"184127645108946"),
    ],
)
def test_a_number_has_its_form(name: str, text: bytes) -> None:
    assert has_form(name, text, 0, len(text))
    framed = b"(" + text + b")"
    assert has_form(name, framed, 1, len(framed) - 1)


@pytest.mark.parametrize(
    "text",
    [
        b"2026-11-22",
        b"2026-11-22 15:20:18",
        b"123456789",
        b"1234567.8901234",
        b"192.168.100.100",
        b"8f14e45f-ceea-467f-a0e6-9c2b1f0d7d3b",
        b"d41d8cd98f00b204e9800998ecf8427e",
        b"01ARZ3NDEKTSV4RRFFQ69G5FAV",
        b"v1.22.333",
        b"1700000000000",
        b"HTTP_STATUS",
        b"ORDER123",
    ],
)
def test_what_machines_write_has_none(text: bytes) -> None:
    assert not any(form.search(text) for form in FORMS.values())


@given(st.text("0123456789 -./+ABx", max_size=40), st.sampled_from(sorted(FORMS)), st.data())
def test_a_value_with_a_form_lies_on_that_form(text: str, name: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    if has_form(name, text.encode(), start, end):
        assert FORMS[name].search(text.encode())
