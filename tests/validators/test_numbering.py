"""The joined numbering plans say of a number what libphonenumber says, or leave it open."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlpcore.validators.network import phone_international
from dlpcore.validators.numbering import is_certain

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def valid(number: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return False


def numbers(region: str) -> list[str]:
    examples = (phonenumbers.example_number_for_type(region, kind) for kind in range(11))
    return [phonenumbers.format_number(each, phonenumbers.PhoneNumberFormat.E164) for each in examples if each]


def test_nearly_all_that_is_valid_is_certain() -> None:
    every = [number for region in REGIONS for number in numbers(region)]
    certain = sum(is_certain(number.encode()) for number in every)
    assert certain > 0.97 * len(every)
    assert all(phone_international(number.encode()) == 0.8 for number in every[::10])


@given(st.data())
def test_what_is_certain_is_valid(data: st.DataObject) -> None:
    number = list(data.draw(st.sampled_from(numbers(data.draw(st.sampled_from(REGIONS))))))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(1, len(number) - 1))
        number[at] = data.draw(st.sampled_from("0123456789"))
    text = "".join(number)
    assert valid(text) or not is_certain(text.encode())


@pytest.mark.parametrize("text", [b"", b"+", b"+0", b"+999123456", b"+1", b"+44 (0)20 7946 0018", b"+800 1234 5678"])
def test_what_it_does_not_know_it_leaves_open(text: bytes) -> None:
    assert not is_certain(text)
