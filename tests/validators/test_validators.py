"""Validators one by one: what passes, what does not, and how strongly."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban as stdnum_iban
from stdnum import luhn

from dlpcore.validators import VALIDATORS, financial
from dlpcore.validators.secrets import entropy

_HEX40 = b"b1f7c3e2a90d4856cc17fe0289ab34d5e6f70812"


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("card", b"4111 1111 1111 1111", b"4111 1111 1111 1112"),
        ("card", b"2223003122003222", b"2023003122003222"),
        ("card", b"501800000009", b"501800000008"),
        ("iban", b"DE89 3704 0044 0532 0130 00", b"DE89 3704 0044 0532 0130 01"),
        ("bic", b"DEUTDEFF", b"DEUTQQFF"),
        ("aba", b"021000021", b"991000021"),
        ("base58-address", b"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", b"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"),
        ("base58-address", b"TJCnKsPa7y5okkXvQAidZBzqx3QyQ6sxMW", b"TJCnKsPa7y5okkXvQAidZBzqx3QyQ6sxMv"),
        (
            "bech32-address",
            b"bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
            b"bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcs",
        ),
        ("ethereum", b"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", b"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"),
        ("ripple", b"rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", b"rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTi"),
        (
            "seed-phrase",
            b"legal winner thank year wave sausage worth useful legal winner thank yellow",
            b"legal winner thank year wave sausage worth useful legal winner thank thank",
        ),
        (
            "extended-key",
            b"xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
            b"xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHj",
        ),
        ("cusip", b"037833100", b"037833101"),
        ("sedol", b"0263494", b"0263495"),
        ("card-expiry", b"12/29", b"13/29"),
        ("cn-resident-id", b"11010519491231002X", b"110105194912310021"),
        ("kr-rrn", b"900101-1234567", b"901301-1234567"),
        ("sg-nric", b"S1234567D", b"S1234567E"),
        ("hk-identity-card", b"A123456(3)", b"A123456(4)"),
        ("tw-identity-card", b"A123456789", b"A123456788"),
        ("de-pension-insurance", b"15 070649 C 103", b"15 070649 C 104"),
        ("de-health-insurance", b"A123456780", b"A123456781"),
        ("ru-snils", b"112-233-445 95", b"112-233-445 96"),
        ("pl-identity-card", b"ABA300000", b"ABA400000"),
        ("ae-emirates-id", b"784-1984-1234567-4", b"784-1984-1234567-5"),
        (
            "machine-readable-zone",
            b"L898902C36UTO7408122F1204159ZE184226B<<<<<10",
            b"L898902C37UTO7408122F1204159ZE184226B<<<<<10",
        ),
        ("vin", b"1M8GDM9AXKP042788", b"1M8GDM9AXKPO42788"),
        ("npi", b"1234567893", b"1234567890"),
        ("dea", b"AB1234563", b"AB1234564"),
        ("mbi", b"1EG4-TE5-MK73", b"1EG4-TE5-MKI3"),
        ("au-medicare", b"2123 45670 1", b"2123 45671 1"),
        ("nz-nhi", b"ZZZ0016", b"ZZZ0017"),
        ("nz-nhi", b"ZBN77VL", b"ZBN77VM"),
        ("birth-date", b"19 May 1984", b"31 June 1984"),
        ("birth-date", b"March 3rd, 1984", b"March 1984"),
        ("not-refused", b"AB1234567", b"123.456.789-00"),
        ("not-refused", b"3-1005-00123-45-8", b"3-1005-00123-45-9"),
        ("ipv4-internal", b"192.168.0.17", b"127.0.0.1"),
        ("ipv6-internal", b"fe80::1", b"::1"),
        ("phone-digits", b"+4930901820", b"+999937494825"),
        ("dk-cpr", b"070761-4285", b"310261-4285"),
        ("stdnum:fi.hetu", b"131052-308T", b"131052-308U"),
        ("stdnum:br.cpf", b"390.533.447-05", b"390.533.447-06"),
        ("stdnum:es.dni", b"54.362.315-K", b"54.362.315-A"),
        ("us-ssn", b"123-45-6789", b"666-45-6789"),
        ("us-ssn", b"078-05-1120", b"078-00-1120"),
        ("uk-nino", b"JG 10 37 59 A", b"GB103759A"),
        ("birth-date", b"1984-07-19", b"1984-13-19"),
        ("birth-date", b"19/07/1984", b"31/02/1984"),
        ("birth-date", b"2000-02-29T00:00:00Z", b"2001-02-29"),
        ("email-domain", b"jane@example.co.uk", b"jane@example.notatld"),
        ("email-domain", b"jane@example.com", b"jane@co.uk"),
        ("email-domain", b"jane.doe@example.com", b"jane..doe@example.com"),
        ("phone-international", b"+44 20 7183 8750", b"+44 20"),
        ("phone-us", b"415-555-2671", b"015-555-267"),
        ("ipv4-public", b"93.184.216.34", b"192.168.0.1"),
        ("ipv6-public", b"2606:4700:4700::1111", b"fe80::1"),
        ("mac", b"00:1b:63:84:45:e6", b"01:00:5e:00:00:fb"),
        ("basic-credentials", base64.b64encode(b"jane:pass"), base64.b64encode(b"janepass")),
        ("issued", _HEX40, b"0123456789abcdef0123456789abcdef"),
        ("issued", b"8f14e45f-ceea-467f-a0e6-9c2b1f0d7d3b", b"00000000-0000-4000-8000-00000000000a"),
        ("issued", b"q8Zt3LmN0vXy7RbKd2Wp", b"qwZtxLmNavXynRbKdmWp"),
        ("generated-secret", _HEX40, b"0000000000000000000000000000000000000001"),
        ("generated-secret", b"8f14e45f-ceea-467f-a0e6-9c2b1f0d7d3b", b"20231231235959123456"),
        ("generated-secret", b"q8Zt3LmN0vXy7RbKd2Wp", b"thisIsTheNameOfOneField"),
        ("generated-secret", b"q8Zt3LmN0vXy7RbKd2Wp", b"https://example.com/q8Zt3LmN0"),
        ("generated-secret", b"q8Zt3LmN0vXy7RbKd2Wp", b"ec2_region_name"),
        ("password", b"hunter2!x", b"Enter the new password here"),
        ("password", b"Tr0ub4dor&3", b"required"),
        ("password", b"correcthorse", b"user.password.label"),
    ],
)
def test_good_and_bad(name: str, good: bytes, bad: bytes) -> None:
    assert VALIDATORS[name].check(good) > 0.0
    assert VALIDATORS[name].check(bad) == 0.0


def test_a_weak_checksum_is_weak_and_a_strong_one_strong() -> None:
    assert VALIDATORS["stdnum:gb.nhs"].check(b"9434765919") < 0.5
    assert VALIDATORS["iban"].check(b"DE89370400440532013000") >= 0.85


@given(st.integers(0, 10**19 - 1))
def test_a_card_satisfies_luhn(number: int) -> None:
    text = str(number)
    if VALIDATORS["card"].check(text.encode()):
        assert luhn.is_valid(text) and 12 <= len(text) <= 19


@given(st.from_regex(r"\A[A-Z]{2}[0-9]{2}[0-9A-Z]{8,30}\Z"))
def test_iban_agrees_with_stdnum(text: str) -> None:
    assert bool(VALIDATORS["iban"].check(text.encode())) == stdnum_iban.is_valid(text, check_country=False)


@given(st.binary(max_size=200))
def test_entropy_is_bounded(value: bytes) -> None:
    assert 0.0 <= entropy(value) <= 8.0


def test_a_key_without_signature_and_one_with_five_parts() -> None:
    def part(text: bytes) -> bytes:
        return base64.urlsafe_b64encode(text).rstrip(b"=")

    head, claims = part(b'{"alg":"none"}'), part(b'{"sub":"jane"}')
    check = VALIDATORS["jwt"].check
    assert check(head + b"." + claims) and check(head + b"." + claims + b".")
    assert check(b".".join([part(b'{"alg":"dir","enc":"A256GCM"}'), b"", b"aaaa", b"bbbb", b"cccc"]))
    assert not check(head + b"." + part(b"[1]")) and not check(part(b'{"a":1}') + b"." + claims)
    assert not check(part(b"[" * 5000) + b"." + claims)


@given(st.text("0123456789", min_size=1, max_size=24))
def test_our_luhn_is_that_of_the_standard(digits: str) -> None:
    assert financial._luhn(digits.encode()) == luhn.is_valid(digits)


@given(st.text("0123456789", min_size=1, max_size=19), st.sampled_from(["", " ", "-"]))
def test_a_card_ahead_is_one_that_some_head_is(digits: str, separator: str) -> None:
    value = separator.join(digits).encode()
    heads = (value[: len(separator) * k + k] for k in range(1, len(digits)))
    assert financial.card_ahead(value) == any(financial.card(head) > 0.0 for head in heads)
