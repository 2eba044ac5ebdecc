"""Validators and vetoes by the names that rule files use.

A validator looks at the matched value alone and says how strongly it speaks for a finding: 0.0 is a refusal, more
is the probability that a chance match would have failed. A veto looks at the value in its place and says what
else it is. Both are pure functions of bytes; neither keeps or shows what it saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from . import code, dates, documents, financial, identity, network, secrets, tokens
from .vetoes import DEFAULT_VETOES, VETOES, Veto

__all__ = ["DEFAULT_VETOES", "VALIDATORS", "VETOES", "Validator", "Veto"]


class Check(Protocol):
    """``value`` → strength: 0.0 refuses, up to 1.0 is certain."""

    def __call__(self, value: bytes, /) -> float: ...


class Validator(NamedTuple):
    """A check with the words that explain it (they complete "the value …")."""

    check: Check
    reason: str


VALIDATORS: Mapping[str, Validator] = MappingProxyType(
    {
        "card": Validator(financial.card, "has a card network's prefix and length, and valid check digits (Luhn)"),
        "iban": Validator(financial.iban, "has its country's length and valid check digits (mod 97)"),
        "bic": Validator(financial.bic, "has the structure and country code of a BIC"),
        "aba": Validator(financial.aba, "has a Federal Reserve prefix and a valid check digit"),
        "bitcoin": Validator(financial.bitcoin, "has a valid address checksum"),
        "us-ssn": Validator(identity.us_ssn, "is in the ranges that were issued"),
        "us-itin": Validator(identity.us_itin, "is in the ranges that were issued"),
        "uk-nino": Validator(identity.uk_nino, "has a prefix that was issued"),
        "uk-nhs": Validator(identity.uk_nhs, "has a valid check digit (mod 11, weak)"),
        "de-tax-id": Validator(identity.de_tax_id, "has a valid check digit and digit pattern"),
        "fr-nir": Validator(identity.fr_nir, "has a valid check (mod 97)"),
        "es-dni": Validator(identity.es_dni, "has a valid check letter"),
        "es-nie": Validator(identity.es_nie, "has a valid check letter"),
        "it-codice-fiscale": Validator(identity.it_codice_fiscale, "has a valid check character and date"),
        "nl-bsn": Validator(identity.nl_bsn, "has a valid check digit (mod 11, weak)"),
        "br-cpf": Validator(identity.br_cpf, "has two valid check digits (mod 11)"),
        "br-cnpj": Validator(identity.br_cnpj, "has two valid check digits (mod 11)"),
        "in-aadhaar": Validator(identity.in_aadhaar, "has a valid check digit (Verhoeff)"),
        "in-pan": Validator(identity.in_pan, "has a holder type that exists"),
        "birth-date": Validator(dates.birth_date, "is a date that a living person can be born on"),
        "passport": Validator(identity.passport, "has digits enough for a document number"),
        "email-domain": Validator(network.email_domain, "has a domain under a public suffix"),
        "phone-international": Validator(network.phone_international, "is a valid number of its country's plan"),
        "phone-us": Validator(network.phone_us, "is a valid number of the North American plan"),
        "phone-digits": Validator(network.phone_digits, "has as many digits as a telephone number"),
        "ipv4-public": Validator(network.ipv4_public, "is a globally routable address"),
        "ipv6-public": Validator(network.ipv6_public, "is a globally routable address"),
        "mac": Validator(network.mac, "is an address of one device"),
        "jwt": Validator(tokens.jwt, "has a header that decodes to a JOSE header"),
        "pem": Validator(tokens.pem, "has a body of base64"),
        "mixed": Validator(tokens.mixed, "mixes character classes as generated tokens do"),
        "issued": Validator(tokens.issued, "is as varied as tokens drawn at random are"),
        "basic-credentials": Validator(tokens.basic_credentials, "decodes to a name, a colon and a password"),
        "generated-secret": Validator(secrets.generated_secret, "is as random as a generated secret"),
        "personal-table": Validator(documents.personal_table, "has columns about persons, and rows under them"),
        **{name: Validator(check, "has many lines of that structure") for name, check in code.SOURCES.items()},
        "password": Validator(secrets.password, "could be a password"),
        "mixed-password": Validator(secrets.mixed_password, "mixes letters with digits or marks as passwords do"),
    }
)
