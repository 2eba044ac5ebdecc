"""The registry of validators and vetoes: what every entry promises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlpcore.rules import builtin
from dlpcore.validators import DEFAULT_VETOES, VALIDATORS, VETOES

_VALUES = st.one_of(
    st.binary(max_size=60),
    st.from_regex(rb"\A[0-9A-Z .:/@-]{1,40}\Z"),
    st.from_regex(rb"\A[0-9]{1,20}\Z"),
    st.sampled_from([example.data for rule in builtin().rules for example in rule.examples]),
)


@pytest.mark.parametrize("name", sorted(VALIDATORS))
@given(value=_VALUES)
def test_a_validator_takes_any_bytes_and_gives_a_strength(name: str, value: bytes) -> None:
    assert 0.0 <= VALIDATORS[name].check(value) <= 1.0


@pytest.mark.parametrize("name", sorted(VETOES))
@given(text=_VALUES, data=st.data(), named=st.booleans())
def test_a_veto_takes_any_span(name: str, text: bytes, data: st.DataObject, named: bool) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    if start < end:
        assert VETOES[name].check(text, start, end, named=named) in (True, False)


def test_every_validator_is_used_by_a_rule() -> None:
    used = {name for rule in builtin().rules for name in rule.validators}
    assert used == set(VALIDATORS)


def test_the_default_vetoes_exist() -> None:
    assert set(DEFAULT_VETOES) <= set(VETOES)
