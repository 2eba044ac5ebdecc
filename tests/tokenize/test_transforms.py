"""One-way replacements: pseudonyms, shifted dates, buckets."""

from __future__ import annotations

import datetime
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlpcore import TokenError
from dlpcore.tokenize import Bucket, DateShift, Pseudonym
from dlpcore.tokenize.grammar import parse
from dlpcore.tokenize.sealed import Domain
from dlpcore.tokenize.value import Form

DOMAIN = Domain(bytes(32), "k1", "acme", "birth_date")


def test_a_pseudonym_is_equal_for_equal_values_alone() -> None:
    made = {Pseudonym().make(DOMAIN, raw, Form.TEXT, bound) for raw in (b"a", b"b") for bound in (b"", b"x")}
    assert len(made) == 4
    assert Pseudonym().make(DOMAIN, b"a", Form.TEXT, b"") in made
    token = parse(next(iter(made)))
    assert token is not None and token.prefix == "tokp" and token.body is not None and len(token.body) == 16
    with pytest.raises(TokenError):
        Pseudonym(8)


@given(
    st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)),
    st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)),
    st.binary(max_size=4),
)
def test_a_shift_keeps_intervals(one: datetime.date, two: datetime.date, bound: bytes) -> None:
    shifted = [
        datetime.date.fromisoformat(DateShift(30).make(DOMAIN, str(day).encode(), Form.TEXT, bound).decode())
        for day in (one, two)
    ]
    assert shifted[1] - shifted[0] == two - one
    assert 1 <= abs((shifted[0] - one).days) <= 30


def test_the_writing_of_a_date_stays() -> None:
    def at(text: bytes, order: str = "iso", form: Form = Form.TEXT) -> bytes:
        return DateShift(1, order).make(DOMAIN, text, form, b"")

    assert at(b"1970-02-03T04:05:06Z")[10:] == b"T04:05:06Z"
    assert at(b"19700203", form=Form.NUMBER).isdigit()
    assert at(b"03.02.1970", "dmy").endswith(b".02.1970")
    assert at(b"02/03/1970", "mdy").startswith(b"02/")


@pytest.mark.parametrize("text", [b"1970-02-30", b"yesterday", b"1970-2-3", b"\xff", b"9999-12-31", b"0001-01-01"])
def test_no_date(text: bytes) -> None:
    shift = DateShift(400)
    try:
        shift.make(DOMAIN, text, Form.TEXT, b"")
    except TokenError as error:
        assert text.decode("latin-1") not in str(error)
    else:
        assert text in (b"9999-12-31", b"0001-01-01")  # one of the two directions is there


@given(st.integers(-(10**6), 10**6), st.integers(1, 100))
def test_buckets(number: int, width: int) -> None:
    low = json.loads(Bucket(width).make(DOMAIN, str(number).encode(), Form.NUMBER, b""))
    assert low % width == 0 and low <= number < low + width
    assert Bucket(width).make(DOMAIN, str(number).encode(), Form.TEXT, b"") == f"{low}-{low + width - 1}".encode()


def test_buckets_of_ages() -> None:
    assert Bucket(10, top=90).make(DOMAIN, b"97", Form.TEXT, b"") == b"90+"
    assert Bucket(10, top=90).make(DOMAIN, b"97.5", Form.NUMBER, b"") == b"90"
    assert Bucket(10).make(DOMAIN, b"-0.5", Form.NUMBER, b"") == b"-10"
    for text in (b"x", b"NaN", b"1e400", b""):
        with pytest.raises(TokenError):
            Bucket(10).make(DOMAIN, text, Form.TEXT, b"")
