"""Checks of national identity, tax and health numbers. Check digits by python-stdnum, which cites the standards."""

from __future__ import annotations

import re

from stdnum.br import cnpj, cpf
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.in_ import aadhaar, pan
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.us import itin

__all__ = [
    "br_cnpj",
    "br_cpf",
    "de_tax_id",
    "es_dni",
    "es_nie",
    "fr_nir",
    "in_aadhaar",
    "in_pan",
    "it_codice_fiscale",
    "nl_bsn",
    "passport",
    "uk_nhs",
    "uk_nino",
    "us_itin",
    "us_ssn",
]


def _text(value: bytes) -> str:
    return value.decode("ascii", "replace")


def us_ssn(value: bytes) -> float:
    """Area, group and serial as the SSA issues them.

    Numbers that were printed in advertisements and textbooks have the form of a real one and count as one.
    """
    digits = re.sub(rb"[ .-]", b"", value)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    never = area in (b"000", b"666") or area >= b"900" or group == b"00" or serial == b"0000"
    return 0.0 if never or len(digits) != 9 else 0.3


def us_itin(value: bytes) -> float:
    """9xx with a group that the IRS assigns."""
    return 0.3 if itin.is_valid(_text(re.sub(rb"[ .-]", b"", value))) else 0.0


#: HMRC NIM39110: letters that no prefix has, and prefixes that are not allocated.
_NINO_NEVER = frozenset(("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"))


def uk_nino(value: bytes) -> float:
    """National Insurance number by the allocation rules of HMRC (it has no check digit)."""
    text = _text(value).replace(" ", "").upper()
    if not re.fullmatch(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]", text):
        return 0.0
    return 0.0 if text[:2] in _NINO_NEVER else 0.4


def uk_nhs(value: bytes) -> float:
    """Mod 11: one ten-digit number in eleven passes, so this alone is no evidence."""
    return 0.25 if nhs.is_valid(_text(value)) else 0.0


def de_tax_id(value: bytes) -> float:
    """Identifikationsnummer (§ 139b AO): ISO 7064 mod 11,10 and one digit that occurs two or three times."""
    return 0.4 if idnr.is_valid(_text(re.sub(rb"[ /]", b"", value))) else 0.0


def fr_nir(value: bytes) -> float:
    """Numéro d'inscription au répertoire: sex, year, month, place, order and a mod 97 key."""
    text = _text(re.sub(rb"[ .-]", b"", value)).upper()
    month = text[3:5]
    plausible = month.isdigit() and (1 <= int(month) <= 12 or 20 <= int(month) <= 42 or int(month) >= 50)
    return 0.8 if plausible and nir.is_valid(text) else 0.0


def es_dni(value: bytes) -> float:
    """Eight digits and the letter that their remainder by 23 gives."""
    return 0.5 if dni.is_valid(_text(value)) else 0.0


def es_nie(value: bytes) -> float:
    """X, Y or Z, seven digits and the check letter of the DNI."""
    return 0.6 if nie.is_valid(_text(value)) else 0.0


def it_codice_fiscale(value: bytes) -> float:
    """Sixteen characters with a birth date and a check character inside (D.M. 23 December 1976)."""
    return 0.8 if codicefiscale.is_valid(_text(value)) else 0.0


def nl_bsn(value: bytes) -> float:
    """The eleven test: weak, one number in eleven passes."""
    return 0.25 if bsn.is_valid(_text(value)) else 0.0


def br_cpf(value: bytes) -> float:
    """Two mod 11 digits: one number in a hundred passes."""
    return 0.5 if cpf.is_valid(_text(value)) else 0.0


def br_cnpj(value: bytes) -> float:
    """Two mod 11 digits over the company and branch number."""
    return 0.5 if cnpj.is_valid(_text(value)) else 0.0


def in_aadhaar(value: bytes) -> float:
    """Verhoeff: one number in ten passes."""
    return 0.3 if aadhaar.is_valid(_text(re.sub(rb"[ -]", b"", value))) else 0.0


def in_pan(value: bytes) -> float:
    """Permanent account number: the fourth letter is the type of holder (it has no public check)."""
    return 0.4 if pan.is_valid(_text(value)) else 0.0


def passport(value: bytes) -> float:
    """Six to nine characters of which most are digits (ICAO Doc 9303 leaves the rest to the state)."""
    digits = sum(48 <= byte <= 57 for byte in value)
    return 0.3 if digits >= 5 or digits == len(value) else 0.0
