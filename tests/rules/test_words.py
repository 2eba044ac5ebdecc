"""Context words: the cutting of keys and texts, and what counts as a match."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlpcore.rules.words import Vocabulary, grams, normalize, split

_PARTS = st.lists(st.from_regex(r"[a-z]{2,6}", fullmatch=True), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (b"apiKey", [b"api", b"key"]),
        (b"APIKey", [b"api", b"key"]),
        (b"API_KEY", [b"api", b"key"]),
        (b"x-api.key", [b"x", b"api", b"key"]),
        (b"cvv2", [b"cvv2"]),
        (b"sha256Sum", [b"sha256Sum".lower()]),
        (b"customerSSN", [b"customer", b"ssn"]),
        ("prüf_nr".encode(), [b"pr", b"f", b"nr"]),
        (b"", []),
    ],
)
def test_split(key: bytes, words: list[bytes]) -> None:
    assert split(key) == words


@pytest.mark.parametrize("key", [b"api_key", b"apiKey", b"APIKey", b"apikey", b"X-Api-Key", b"myApiKeyId", b"apiKEY"])
def test_a_word_is_found_in_every_style(key: bytes) -> None:
    assert Vocabulary(["api_key"]).find(grams(split(key))) == "api_key"


@pytest.mark.parametrize("key", [b"classname", b"passnumber", b"assn", b"ssns", b"s_s_nx"])
def test_a_word_is_not_found_inside_another(key: bytes) -> None:
    assert Vocabulary(["ssn"]).find(grams(split(key))) is None


@given(_PARTS, _PARTS, _PARTS)
def test_a_run_of_words_is_found_between_others(before: list[str], word: list[str], after: list[str]) -> None:
    key = "_".join([*before, *word, *after]).encode()
    assert Vocabulary(["_".join(word)]).find(grams(split(key))) is not None


@given(_PARTS)
def test_camel_and_snake_are_the_same(parts: list[str]) -> None:
    camel = "".join(part.capitalize() for part in parts)
    assert split(camel.encode()) == split("_".join(parts).encode()) == [part.encode() for part in parts]


@given(st.binary(max_size=80))
def test_words_are_lower_case_alphanumerics_and_lose_none(text: bytes) -> None:
    words = split(text)
    assert all(re.fullmatch(rb"[a-z0-9]+", word) for word in words)
    assert b"".join(words) == re.sub(rb"[^a-z0-9]", b"", text.lower())


@given(st.text("aAbB_1 -", max_size=30), st.sampled_from(["a", "ab", "a_b", "ba", "b1", "a_b_a_b"]))
def test_the_cheap_test_loses_nothing(text: str, word: str) -> None:
    vocabulary = Vocabulary([word])
    if vocabulary.find(grams(split(text.encode()))):
        assert vocabulary.may_be_in(text.encode())


def test_normalize() -> None:
    assert normalize("api_key") == "api_key"
    for wrong in ("Api", "api-key", "", "_a", "a__b", "a_b_c_d_e"):
        assert normalize(wrong) is None
