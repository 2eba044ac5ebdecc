"""Tables of personal data: by their head, and only with rows under it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlpcore.validators.documents import personal_table


@pytest.mark.parametrize(
    "head",
    ["id,first_name,last_name,email", "Name;E-Mail;Telefon", "email\tssn\tname", "user_id|Full Name|Date of Birth"],
)
def test_heads_about_persons(head: str) -> None:
    delimiter = next(d for d in ",;\t|" if d in head)
    row = delimiter.join(["x"] * (head.count(delimiter) + 1))
    assert personal_table(f"{head}\n{row}\n{row}".encode()) > 0.0
    assert personal_table(f"{head}\n{row}".encode()) == 0.0
    assert personal_table(f"{head}\nno table\nat all".encode()) == 0.0


@pytest.mark.parametrize(
    "head", ["id,version,license", "name,size,date", "email,name", "a sentence, with commas, and name"]
)
def test_other_heads(head: str) -> None:
    row = ",".join(["x"] * (head.count(",") + 1))
    assert personal_table(f"{head}\n{row}\n{row}".encode()) == 0.0


@given(st.binary(min_size=1, max_size=300))
def test_any_bytes(value: bytes) -> None:
    assert 0.0 <= personal_table(value) <= 1.0
