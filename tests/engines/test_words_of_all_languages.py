"""Context words with accents and of other scripts, in keys, in texts, and through the whole inspection."""

from __future__ import annotations

import json

import pytest

import dlpcore
from dlpcore.rules.words import normalize, spellings

INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))


def found(payload: object) -> set[str]:
    return {f.entity or f.rule for f in INSPECTOR.inspect(json.dumps(payload, ensure_ascii=False)).findings}


@pytest.mark.parametrize(
    ("word", "cut"),
    [("cédula", "c_dula"), ("número_nacional", "n_mero_nacional"), ("führerschein", "f_hrerschein"), ("паспорт", None)],
)
def test_an_accent_cuts_a_word(word: str, cut: str | None) -> None:
    assert normalize(word) == cut


def test_a_word_of_another_script_is_spelled_in_each_case() -> None:
    assert spellings("серия_и_номер") == ("серия и номер".encode(), "Серия и номер".encode(), "СЕРИЯ И НОМЕР".encode())


@pytest.mark.parametrize(
    ("payload", "entity"),
    [
        ({"cédula": "1.012.345.678"}, "co_cedula"),
        ({"note": "Паспорт 45 04 123456 выдан ОВД"}, "ru_passport"),
        ({"note": "身份证号:11010519491231002X"}, "cn_resident_id"),
        ({"note": "주민등록번호 900101-1234567"}, "kr_rrn"),
        ({"text": "Fødselsnummer: 29029600013"}, "no_fodselsnummer"),
    ],
)
def test_a_word_in_the_language_of_the_country_is_enough(payload: dict[str, str], entity: str) -> None:
    assert entity in found(payload)


def test_without_a_word_they_are_digits() -> None:
    assert not found({"note": "45 04 123456", "n": "1.012.345.678"})


@pytest.mark.parametrize("holder", ["value", "number", "no"])
def test_a_key_that_only_holds_is_named_by_the_key_around_it(holder: str) -> None:
    assert "uk_utr" in found({"utr": {holder: "1233641795"}})  # it could be a Unix time as well
    assert "phone" in found({"phone": {holder: "030 901820"}})


def test_any_other_key_is_not() -> None:
    assert not found({"phone": {"created": "030 901820"}})
