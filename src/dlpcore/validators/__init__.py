"""Validators and vetoes by the names that rule files use.

A validator looks at the matched value alone and says how strongly it speaks for a finding: 0.0 is a refusal, more
is the probability that a chance match would have failed. A veto looks at the value in its place and says what
else it is. Both are pure functions of bytes; neither keeps or shows what it saw.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple, Protocol

from . import national
from .vetoes import DEFAULT_VETOES, VETOES, Veto

__all__ = ["DEFAULT_VETOES", "VALIDATORS", "VETOES", "Validator", "Veto"]


class Check(Protocol):
    """``value`` → strength: 0.0 refuses, up to 1.0 is certain."""

    def __call__(self, value: bytes, /) -> float: ...


class Validator(NamedTuple):
    """A check with the words that explain it (they complete "the value …").

    ``ahead``: whether it may pass on some head of a value, asked before it is asked of each; ``None`` if unknown.
    """

    check: Check
    reason: str
    ahead: Callable[[bytes], bool] | None = None


#: What a check of python-stdnum is called, before the name of its module.
_STDNUM: Final = "stdnum:"
#: The languages whose source is told from other text.
_LANGUAGES: Final = ("c", "go", "java", "javascript", "php", "python", "ruby", "rust", "shell", "sql")
#: Where each of our own checks is, ``module.function``, and the words that explain it.
_OWN: Final = {
    "card": ("financial.card", "has a card network's prefix and length, and valid check digits (Luhn)"),
    "iban": ("financial.iban", "has its country's length and valid check digits (mod 97)"),
    "bic": ("financial.bic", "has the structure and country code of a BIC"),
    "aba": ("financial.aba", "has a Federal Reserve prefix and a valid check digit"),
    "cusip": ("financial.cusip", "has a valid check digit (weak)"),
    "sedol": ("financial.sedol", "has a valid check digit (weak)"),
    "card-expiry": ("financial.card_expiry", "is a month and a year"),
    "base58-address": ("wallets.base58_address", "has a valid address checksum"),
    "bech32-address": ("wallets.bech32_address", "has a valid address checksum"),
    "ethereum": ("wallets.ethereum", "is in one case, or in the case of its checksum"),
    "ripple": ("wallets.ripple", "has a valid address checksum"),
    "monero": ("wallets.monero", "has a valid address checksum"),
    "stellar": ("wallets.stellar", "has a valid checksum"),
    "solana": ("wallets.solana", "is a public key of 32 bytes"),
    "wallet-key": ("wallets.wallet_key", "has a valid key checksum"),
    "extended-key": ("wallets.extended_key", "has a valid key checksum"),
    "seed-phrase": ("wallets.seed_phrase", "is of the words of BIP 39, with a valid checksum"),
    "us-ssn": ("identity.us_ssn", "is in the ranges that were issued"),
    "uk-nino": ("identity.uk_nino", "has a prefix that was issued"),
    "fr-nir": ("identity.fr_nir", "has a valid check (mod 97)"),
    "luhn": ("identity.luhn_digit", "has a valid check digit (Luhn, weak)"),
    "kr-rrn": ("identity.kr_rrn", "holds a birth date"),
    "sg-nric": ("identity.sg_nric", "has a valid check letter"),
    "hk-identity-card": ("identity.hk_identity_card", "has a valid check digit (mod 11)"),
    "tw-identity-card": ("identity.tw_identity_card", "has a valid check digit"),
    "pl-identity-card": ("identity.pl_identity_card", "has a valid check digit"),
    "de-health-insurance": ("identity.de_health_insurance", "has a valid check digit"),
    "de-pension-insurance": ("identity.de_pension_insurance", "holds a birth date and a valid check digit"),
    "dk-cpr": ("identity.dk_cpr", "holds a birth date"),
    "hu-taj": ("identity.hu_taj", "has a valid check digit (weak)"),
    "hu-tax-id": ("identity.hu_tax_id", "has a valid check digit (mod 11, weak)"),
    "ru-snils": ("identity.ru_snils", "has two valid check digits (mod 101)"),
    "kz-iin": ("identity.kz_iin", "holds a birth date and a valid check digit"),
    "eg-national-id": ("identity.eg_national_id", "holds a birth date and a governorate"),
    "cn-resident-id": ("identity.cn_resident_id", "holds a birth date and a valid check (mod 11-2)"),
    "ae-emirates-id": ("identity.ae_emirates_id", "holds a year of birth and a valid check digit"),
    "kw-civil-id": ("identity.kw_civil_id", "holds a birth date and a valid check digit"),
    "ir-national-code": ("identity.ir_national_code", "has a valid check digit (mod 11, weak)"),
    "lu-national-id": ("identity.lu_national_id", "holds a birth date and two valid check digits"),
    "passport": ("travel.passport", "has digits enough for a document number"),
    "machine-readable-zone": ("travel.machine_readable_zone", "has valid check digits (ICAO 9303)"),
    "uk-driving-licence": ("travel.uk_driving_licence", "holds a birth date as a driver number does"),
    "vin": ("travel.vin", "has the alphabet of a vehicle number"),
    "npi": ("health.npi", "has a valid check digit (Luhn, weak)"),
    "dea": ("health.dea", "has a valid check digit"),
    "mbi": ("health.mbi", "has the alphabet of each of its places"),
    "au-medicare": ("health.au_medicare", "has a valid check digit (weak)"),
    "ca-health-number": ("health.ca_health_number", "has a valid check digit, or a birth date (weak)"),
    "nz-nhi": ("health.nz_nhi", "has a valid check character"),
    "not-refused": ("national.not_refused", "has no check digits that are known to be wrong"),
    "tax-not-refused": ("national.tax_not_refused", "has no check digits that are known to be wrong"),
    "birth-date": ("dates.birth_date", "is a date that a living person can be born on"),
    "email-domain": ("network.email_domain", "has a domain under a public suffix"),
    "phone-international": ("network.phone_international", "is a valid number of its country's plan"),
    "phone-us": ("network.phone_us", "is a valid number of the North American plan"),
    "phone-digits": ("network.phone_digits", "has as many digits as a telephone number"),
    "ipv4-public": ("network.ipv4_public", "is a globally routable address"),
    "ipv6-public": ("network.ipv6_public", "is a globally routable address"),
    "ipv4-internal": ("network.ipv4_internal", "is an address of an internal network"),
    "ipv6-internal": ("network.ipv6_internal", "is an address of an internal network"),
    "mac": ("network.mac", "is an address of one device"),
    "jwt": ("tokens.jwt", "has a header that decodes to a JOSE header"),
    "pem": ("tokens.pem", "has a body of base64"),
    "mixed": ("tokens.mixed", "mixes character classes as generated tokens do"),
    "basic-credentials": ("tokens.basic_credentials", "decodes to a name, a colon and a password"),
    "generated-secret": ("secrets.generated_secret", "is as random as a generated secret"),
    "issued": ("tokens.issued", "is as varied as tokens drawn at random are"),
    "personal-table": ("documents.personal_table", "has columns about persons, and rows under them"),
    **{f"{language}-source": (f"code.{language}", "has many lines of that structure") for language in _LANGUAGES},
    "password": ("secrets.password", "could be a password"),
    "mixed-password": ("secrets.mixed_password", "mixes letters with digits or marks as passwords do"),
}


class _Validators(Mapping[str, Validator]):
    """Validators by name; the module of one, and what that needs, is loaded when it is first asked for."""

    def __init__(self) -> None:
        self._loaded: dict[str, Validator] = {}
        self._names = dict.fromkeys((*_OWN, *(f"{_STDNUM}{module}" for module in national.NATIONAL)))

    def __getitem__(self, name: str) -> Validator:
        known = self._loaded.get(name)
        if known is None:  # two threads may both load it; either result is the same
            known = self._loaded[name] = _load(name)
        return known

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _load(name: str) -> Validator:
    if name.startswith(_STDNUM):
        number = name.removeprefix(_STDNUM)
        strength, reason = national.NATIONAL[number]
        return Validator(functools.partial(national.valid, number, strength), reason)
    place, reason = _OWN[name]
    module, _, function = place.partition(".")
    loaded = importlib.import_module(f".{module}", __name__)
    if name == "email-domain":
        loaded.suffixes()  # loaded, as all that is prepared, in no payload's time
    check = loaded.SOURCES[name] if module == "code" else getattr(loaded, function)
    return Validator(check, reason, loaded.card_ahead if name == "card" else None)


#: Our own checks, and ``stdnum:<module>`` for each number of python-stdnum that a rule uses.
VALIDATORS: Final[Mapping[str, Validator]] = _Validators()
