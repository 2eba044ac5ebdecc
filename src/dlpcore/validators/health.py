"""Checks of the numbers of patients, prescribers and drugs."""

from __future__ import annotations

import re

from stdnum import luhn

from . import national

__all__ = ["au_medicare", "ca_health_number", "dea", "mbi", "npi", "nz_nhi"]


def npi(value: bytes) -> float:
    """National Provider Identifier (45 CFR 162.406): Luhn with the issuer 80840 before it; one in ten passes."""
    text = value.decode("ascii", "replace")
    return 0.3 if re.fullmatch(r"[12]\d{9}", text) and luhn.is_valid("80840" + text) else 0.0


def dea(value: bytes) -> float:
    """DEA registration (21 CFR 1301): d1 + d3 + d5 + 2 (d2 + d4 + d6) ends in d7."""
    text = value.decode("ascii", "replace").upper()
    if not re.fullmatch(r"[ABCDEFGHJKLMPRSTUX][A-Z9]\d{7}", text):
        return 0.0
    d = [int(ch) for ch in text[2:]]
    return 0.5 if (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 == d[6] else 0.0


_MBI_LETTER = "[AC-HJKMNP-RT-Y]"
_MBI = re.compile(rf"[1-9]{_MBI_LETTER}(?:\d|{_MBI_LETTER})\d{_MBI_LETTER}(?:\d|{_MBI_LETTER})\d{_MBI_LETTER}{{2}}\d\d")


def mbi(value: bytes) -> float:
    """Medicare Beneficiary Identifier: eleven places, each with its own alphabet (CMS; no check digit)."""
    return 0.6 if _MBI.fullmatch(value.decode("ascii", "replace").upper().replace("-", "")) else 0.0


def au_medicare(value: bytes) -> float:
    """Medicare card: weights 1-3-7-9 over eight digits, mod 10; then the issue, and perhaps the person."""
    text = re.sub(rb"[ /-]", b"", value).decode("ascii", "replace")
    if not re.fullmatch(r"[2-6]\d{9,10}", text) or text[9] == "0":
        return 0.0
    total = sum(int(digit) * weight for digit, weight in zip(text[:8], (1, 3, 7, 9, 1, 3, 7, 9), strict=True))
    return 0.3 if total % 10 == int(text[8]) else 0.0


def ca_health_number(value: bytes) -> float:
    """Ten digits of Ontario (Luhn, perhaps with a version) or of British Columbia (mod 11); or a name and a birth date
    of Québec, where women's months have 50 added."""
    text = re.sub(rb"[- ]", b"", value).decode("ascii", "replace")
    if text[:1].isdigit():
        return (
            0.3
            if luhn.is_valid(text[:10]) or (len(text) == 10 and national.valid("ca.bc_phn", 1.0, text.encode()))
            else 0.0
        )
    if len(text) < 10 or not text[6:10].isdigit():
        return 0.0
    return 0.4 if 1 <= int(text[6:8]) % 50 <= 12 and 1 <= int(text[8:10]) <= 31 else 0.0


_NHI = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def nz_nhi(value: bytes) -> float:
    """National Health Index (HISO 10046): AAANNNC, or AAANNAX from 2022, with its check (mod 11, mod 23)."""
    text = value.decode("ascii", "replace").upper()
    if not re.fullmatch(rf"[{_NHI}]{{3}}\d\d(?:\d\d|[{_NHI}]{{2}})", text):
        return 0.0
    values = [_NHI.index(ch) + 1 if ch.isalpha() else int(ch) for ch in text]
    total = sum(n * weight for n, weight in zip(values[:6], range(7, 1, -1), strict=True))
    if text[6].isdigit():
        rest = total % 11
        return 0.4 if rest and (11 - rest) % 10 == values[6] else 0.0
    return 0.4 if 23 - total % 23 == values[6] else 0.0
