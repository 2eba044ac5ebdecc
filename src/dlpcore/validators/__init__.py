"""Validators and vetoes by the names that rule files use.

A validator looks at the matched value alone and says how strongly it speaks for a finding: 0.0 is a refusal, more
is the probability that a chance match would have failed. A veto looks at the value in its place and says what
else it is. Both are pure functions of bytes; neither keeps or shows what it saw.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from . import (
    code,
    dates,
    documents,
    financial,
    health,
    identity,
    national,
    network,
    secrets,
    tokens,
    travel,
    wallets,
)
from .vetoes import DEFAULT_VETOES, VETOES, Veto

__all__ = ["DEFAULT_VETOES", "VALIDATORS", "VETOES", "Validator", "Veto"]


class Check(Protocol):
    """``value`` → strength: 0.0 refuses, up to 1.0 is certain."""

    def __call__(self, value: bytes, /) -> float: ...


class Validator(NamedTuple):
    """A check with the words that explain it (they complete "the value …")."""

    check: Check
    reason: str


_VALIDATORS = {
    "card": Validator(financial.card, "has a card network's prefix and length, and valid check digits (Luhn)"),
    "iban": Validator(financial.iban, "has its country's length and valid check digits (mod 97)"),
    "bic": Validator(financial.bic, "has the structure and country code of a BIC"),
    "aba": Validator(financial.aba, "has a Federal Reserve prefix and a valid check digit"),
    "cusip": Validator(financial.cusip, "has a valid check digit (weak)"),
    "sedol": Validator(financial.sedol, "has a valid check digit (weak)"),
    "card-expiry": Validator(financial.card_expiry, "is a month and a year"),
    "base58-address": Validator(wallets.base58_address, "has a valid address checksum"),
    "bech32-address": Validator(wallets.bech32_address, "has a valid address checksum"),
    "ethereum": Validator(wallets.ethereum, "is in one case, or in the case of its checksum"),
    "ripple": Validator(wallets.ripple, "has a valid address checksum"),
    "monero": Validator(wallets.monero, "has a valid address checksum"),
    "stellar": Validator(wallets.stellar, "has a valid checksum"),
    "solana": Validator(wallets.solana, "is a public key of 32 bytes"),
    "wallet-key": Validator(wallets.wallet_key, "has a valid key checksum"),
    "extended-key": Validator(wallets.extended_key, "has a valid key checksum"),
    "seed-phrase": Validator(wallets.seed_phrase, "is of the words of BIP 39, with a valid checksum"),
    "us-ssn": Validator(identity.us_ssn, "is in the ranges that were issued"),
    "uk-nino": Validator(identity.uk_nino, "has a prefix that was issued"),
    "fr-nir": Validator(identity.fr_nir, "has a valid check (mod 97)"),
    "luhn": Validator(identity.luhn_digit, "has a valid check digit (Luhn, weak)"),
    "kr-rrn": Validator(identity.kr_rrn, "holds a birth date"),
    "sg-nric": Validator(identity.sg_nric, "has a valid check letter"),
    "hk-identity-card": Validator(identity.hk_identity_card, "has a valid check digit (mod 11)"),
    "tw-identity-card": Validator(identity.tw_identity_card, "has a valid check digit"),
    "pl-identity-card": Validator(identity.pl_identity_card, "has a valid check digit"),
    "de-health-insurance": Validator(identity.de_health_insurance, "has a valid check digit"),
    "de-pension-insurance": Validator(identity.de_pension_insurance, "holds a birth date and a valid check digit"),
    "dk-cpr": Validator(identity.dk_cpr, "holds a birth date"),
    "hu-taj": Validator(identity.hu_taj, "has a valid check digit (weak)"),
    "hu-tax-id": Validator(identity.hu_tax_id, "has a valid check digit (mod 11, weak)"),
    "ru-snils": Validator(identity.ru_snils, "has two valid check digits (mod 101)"),
    "kz-iin": Validator(identity.kz_iin, "holds a birth date and a valid check digit"),
    "eg-national-id": Validator(identity.eg_national_id, "holds a birth date and a governorate"),
    "cn-resident-id": Validator(identity.cn_resident_id, "holds a birth date and a valid check (mod 11-2)"),
    "ae-emirates-id": Validator(identity.ae_emirates_id, "holds a year of birth and a valid check digit"),
    "kw-civil-id": Validator(identity.kw_civil_id, "holds a birth date and a valid check digit"),
    "ir-national-code": Validator(identity.ir_national_code, "has a valid check digit (mod 11, weak)"),
    "lu-national-id": Validator(identity.lu_national_id, "holds a birth date and two valid check digits"),
    "passport": Validator(travel.passport, "has digits enough for a document number"),
    "machine-readable-zone": Validator(travel.machine_readable_zone, "has valid check digits (ICAO 9303)"),
    "uk-driving-licence": Validator(travel.uk_driving_licence, "holds a birth date as a driver number does"),
    "vin": Validator(travel.vin, "has the alphabet of a vehicle number"),
    "npi": Validator(health.npi, "has a valid check digit (Luhn, weak)"),
    "dea": Validator(health.dea, "has a valid check digit"),
    "mbi": Validator(health.mbi, "has the alphabet of each of its places"),
    "au-medicare": Validator(health.au_medicare, "has a valid check digit (weak)"),
    "nz-nhi": Validator(health.nz_nhi, "has a valid check character"),
    "not-refused": Validator(national.not_refused, "has no check digits that are known to be wrong"),
    "birth-date": Validator(dates.birth_date, "is a date that a living person can be born on"),
    "email-domain": Validator(network.email_domain, "has a domain under a public suffix"),
    "phone-international": Validator(network.phone_international, "is a valid number of its country's plan"),
    "phone-us": Validator(network.phone_us, "is a valid number of the North American plan"),
    "phone-digits": Validator(network.phone_digits, "has as many digits as a telephone number"),
    "ipv4-public": Validator(network.ipv4_public, "is a globally routable address"),
    "ipv6-public": Validator(network.ipv6_public, "is a globally routable address"),
    "ipv4-internal": Validator(network.ipv4_internal, "is an address of an internal network"),
    "ipv6-internal": Validator(network.ipv6_internal, "is an address of an internal network"),
    "mac": Validator(network.mac, "is an address of one device"),
    "jwt": Validator(tokens.jwt, "has a header that decodes to a JOSE header"),
    "pem": Validator(tokens.pem, "has a body of base64"),
    "mixed": Validator(tokens.mixed, "mixes character classes as generated tokens do"),
    "basic-credentials": Validator(tokens.basic_credentials, "decodes to a name, a colon and a password"),
    "generated-secret": Validator(secrets.generated_secret, "is as random as a generated secret"),
    "issued": Validator(tokens.issued, "is as varied as tokens drawn at random are"),
    "personal-table": Validator(documents.personal_table, "has columns about persons, and rows under them"),
    **{name: Validator(check, "has many lines of that structure") for name, check in code.SOURCES.items()},
    "password": Validator(secrets.password, "could be a password"),
    "mixed-password": Validator(secrets.mixed_password, "mixes letters with digits or marks as passwords do"),
}

#: Our own checks, and ``stdnum:<module>`` for each number of python-stdnum that a rule uses.
VALIDATORS: Mapping[str, Validator] = MappingProxyType(
    _VALIDATORS
    | {
        f"stdnum:{module}": Validator(functools.partial(national.valid, module, strength), reason)
        for module, (strength, reason) in national.NATIONAL.items()
    }
)
