"""Checks of national numbers that python-stdnum does not know, or does not check as the issuer does."""

from __future__ import annotations

import datetime
import re

from stdnum import luhn, verhoeff
from stdnum.dk import cpr
from stdnum.fr import nir
from stdnum.kr import rrn

__all__ = [
    "ae_emirates_id",
    "cn_resident_id",
    "de_health_insurance",
    "de_pension_insurance",
    "dk_cpr",
    "eg_national_id",
    "fr_nir",
    "hk_identity_card",
    "hu_taj",
    "hu_tax_id",
    "ir_national_code",
    "kr_rrn",
    "kw_civil_id",
    "kz_iin",
    "lu_national_id",
    "luhn_digit",
    "pl_identity_card",
    "ru_snils",
    "sg_nric",
    "tw_identity_card",
    "uk_nino",
    "us_ssn",
]


def _bare(value: bytes) -> str:
    """Letters (upper case) and digits alone."""
    return re.sub(rb"[^0-9A-Za-z]", b"", value).decode().upper()


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def _date(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


def luhn_digit(value: bytes) -> float:
    """The check digit of ISO/IEC 7812-1 annex B: one number in ten passes."""
    return 0.3 if luhn.is_valid(_bare(value)) else 0.0


def us_ssn(value: bytes) -> float:
    """Area, group and serial as the SSA issues them.

    Numbers that were printed in advertisements and textbooks have the form of a real one and count as one.
    """
    digits = value.translate(None, b" .-")
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    never = area in (b"000", b"666") or area >= b"900" or group == b"00" or serial == b"0000"
    return 0.0 if never or len(digits) != 9 else 0.3


#: HMRC NIM39110: letters that no prefix has, and prefixes that are not allocated.
_NINO_NEVER = frozenset(("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"))


def uk_nino(value: bytes) -> float:
    """National Insurance number by the allocation rules of HMRC (it has no check digit)."""
    text = _bare(value)
    if not re.fullmatch(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]?", text):
        return 0.0
    return 0.0 if text[:2] in _NINO_NEVER else 0.4


def fr_nir(value: bytes) -> float:
    """Numéro d'inscription au répertoire: sex, year, month, place, order and a mod 97 key."""
    text = _bare(value)
    month = text[3:5]
    plausible = month.isdigit() and (1 <= int(month) <= 12 or 20 <= int(month) <= 42 or int(month) >= 50)
    return 0.8 if plausible and text[:1] in "1234578" and nir.is_valid(text) else 0.0


def kr_rrn(value: bytes) -> float:
    """Resident or foreign registration number: birth date and century digit.

    The check digit was given up in October 2020, so a number without it is only weaker.
    """
    text = _bare(value)
    if not re.fullmatch(r"\d{13}", text) or text[6] == "0":
        return 0.0
    century = {"9": 1800, "1": 1900, "2": 1900, "5": 1900, "6": 1900}.get(text[6], 1800 if text[6] == "0" else 2000)
    if not _date(century + int(text[:2]), int(text[2:4]), int(text[4:6])):
        return 0.0
    checked = rrn.calc_check_digit(text) == text[12]
    return 0.7 if checked else 0.3


#: Check letters of the Singapore series by remainder (Land Transport Authority's vehicle and ICA's NRIC practice).
_NRIC = {"S": (0, "JZIHGFEDCBA"), "T": (4, "JZIHGFEDCBA"), "F": (0, "XWUTRQPNMLK"), "G": (4, "XWUTRQPNMLK")} | {
    "M": (3, "XWUTRQPNJLK")
}


def sg_nric(value: bytes) -> float:
    """NRIC or FIN: a series letter, seven digits, a check letter (mod 11)."""
    text = _bare(value)
    if not re.fullmatch(r"[STFGM]\d{7}[A-Z]", text):
        return 0.0
    offset, letters = _NRIC[text[0]]
    return 0.6 if letters[(offset + _weighted(text[1:8], (2, 7, 6, 5, 4, 3, 2))) % 11] == text[8] else 0.0


def hk_identity_card(value: bytes) -> float:
    """One or two letters, six digits, a check digit or A (mod 11)."""
    text = _bare(value)
    if not re.fullmatch(r"[A-Z]{1,2}\d{6}[0-9A]", text):
        return 0.0
    padded = [36, *(int(ch, 36) for ch in text)] if len(text) == 8 else [int(ch, 36) for ch in text]
    return 0.4 if sum(n * weight for n, weight in zip(padded, range(9, 0, -1), strict=True)) % 11 == 0 else 0.0


#: What each letter of a household registration stands for, in the order of the alphabet.
_TW_PLACES = (10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33)


def tw_identity_card(value: bytes) -> float:
    """A letter of the place, the sex (8 and 9 for residents from abroad), eight digits, the last a check (mod 10)."""
    text = _bare(value)
    if not re.fullmatch(r"[A-Z][1289]\d{8}", text):
        return 0.0
    digits = f"{_TW_PLACES[ord(text[0]) - 65]}{text[1:]}"
    return 0.5 if _weighted(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)) % 10 == 0 else 0.0


def pl_identity_card(value: bytes) -> float:
    """Dowód osobisty: three letters, a check digit, five digits (weights 7-3-1)."""
    text = _bare(value)
    if not re.fullmatch(r"[A-Z]{3}\d{6}", text):
        return 0.0
    values = [int(ch, 36) for ch in text]
    return 0.4 if sum(n * w for n, w in zip(values, (7, 3, 1, 9, 7, 3, 1, 7, 3), strict=True)) % 10 == 0 else 0.0


def de_health_insurance(value: bytes) -> float:
    """Krankenversichertennummer (§ 290 SGB V): a letter, eight digits, a check digit (Luhn with 1-2)."""
    text = _bare(value)
    if not re.fullmatch(r"[A-Z]\d{9}", text):
        return 0.0
    return 0.5 if _crossed(f"{ord(text[0]) - 64:02}{text[1:9]}", (1, 2) * 5) == int(text[9]) else 0.0


def de_pension_insurance(value: bytes) -> float:
    """Versicherungsnummer (VKVV § 3): area, birth date, initial, serial and a check digit."""
    text = _bare(value)
    if not re.fullmatch(r"\d{8}[A-Z]\d{3}", text):
        return 0.0
    day, month = int(text[2:4]), int(text[4:6])
    if not (1 <= day <= 31 or 34 <= day <= 64) or not 1 <= month <= 12:
        return 0.0
    digits = f"{text[:8]}{ord(text[8]) - 64:02}{text[9:11]}"
    return 0.8 if _crossed(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)) == int(text[11]) else 0.0


def _crossed(digits: str, weights: tuple[int, ...]) -> int:
    """The last digit of the sum of the cross sums of the products."""
    return sum(sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(digits, weights, strict=True)) % 10


def dk_cpr(value: bytes) -> float:
    """CPR-nummer: birth date and serial. Since 2007 the mod 11 check is not kept, so a number without it is weaker."""
    text = _bare(value)
    if not re.fullmatch(r"\d{10}", text):
        return 0.0
    try:
        cpr.get_birth_date(text)
    except ValueError:  # stdnum's own errors are of this kind
        return 0.0
    return 0.5 if _weighted(text, (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0 else 0.25


def hu_taj(value: bytes) -> float:
    """Társadalombiztosítási azonosító jel (1996/XX.): weights 3 and 7, mod 10."""
    text = _bare(value)
    if not re.fullmatch(r"\d{9}", text):
        return 0.0
    return 0.25 if _weighted(text[:8], (3, 7) * 4) % 10 == int(text[8]) else 0.0


def hu_tax_id(value: bytes) -> float:
    """Adóazonosító jel (1996/XX.): 8, the day of birth from 1867, a serial and a mod 11 digit."""
    text = _bare(value)
    if not re.fullmatch(r"8\d{9}", text):
        return 0.0
    return 0.3 if _weighted(text[:9], tuple(range(1, 10))) % 11 == int(text[9]) else 0.0


def ru_snils(value: bytes) -> float:
    """Страховой номер индивидуального лицевого счёта: nine digits and a check of two (mod 101)."""
    text = _bare(value)
    if not re.fullmatch(r"\d{11}", text):
        return 0.0
    return 0.5 if _weighted(text[:9], tuple(range(9, 0, -1))) % 101 % 100 == int(text[9:]) else 0.0


def kz_iin(value: bytes) -> float:
    """ЖСН/ИИН: birth date, century and sex, serial and a mod 11 digit with a second row of weights."""
    text = _bare(value)
    if not re.fullmatch(r"\d{6}[1-6]\d{5}", text):
        return 0.0
    if not _date(1800 + (int(text[6]) - 1) // 2 * 100 + int(text[:2]), int(text[2:4]), int(text[4:6])):
        return 0.0
    check = _weighted(text[:11], tuple(range(1, 12))) % 11
    if check == 10:
        check = _weighted(text[:11], (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)) % 11
    return 0.5 if check == int(text[11]) else 0.0


def eg_national_id(value: bytes) -> float:
    """الرقم القومي: century, birth date and governorate (the rule of the check digit is not published)."""
    text = _bare(value)
    if not re.fullmatch(r"[23]\d{13}", text):
        return 0.0
    dated = _date((1700 + 100 * int(text[0])) + int(text[1:3]), int(text[3:5]), int(text[5:7]))
    return 0.5 if dated and (1 <= int(text[7:9]) <= 35 or text[7:9] == "88") else 0.0


#: First two digits of a place (GB/T 2260), with those of Taiwan, Hong Kong, Macao and residents from there.
_CN_PROVINCES = frozenset(
    (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83, 91)
)


def cn_resident_id(value: bytes) -> float:
    """居民身份证 (GB 11643-1999): place, birth date, serial, and a check character (ISO 7064 mod 11-2).

    The counties of a place come and go; a number keeps the one of its day, so only the province is looked at.
    """
    text = _bare(value)
    if not re.fullmatch(r"\d{17}[\dX]", text) or int(text[:2]) not in _CN_PROVINCES:
        return 0.0
    if not 1850 <= int(text[6:10]) <= 2099 or not _date(int(text[6:10]), int(text[10:12]), int(text[12:14])):
        return 0.0
    total = sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(text[:17]))
    return 0.9 if "10X98765432"[total % 11] == text[17] else 0.0


def ae_emirates_id(value: bytes) -> float:
    """784, the year of birth, seven digits and a Luhn digit."""
    text = _bare(value)
    if not re.fullmatch(r"784(?:19|20)\d{10}", text):
        return 0.0
    return 0.6 if luhn.is_valid(text) else 0.0


def kw_civil_id(value: bytes) -> float:
    """Century, birth date, serial and a mod 11 digit."""
    text = _bare(value)
    if not re.fullmatch(r"[23]\d{11}", text):
        return 0.0
    if not _date(1700 + 100 * int(text[0]) + int(text[1:3]), int(text[3:5]), int(text[5:7])):
        return 0.0
    return 0.5 if 11 - _weighted(text[:11], (2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11 == int(text[11]) else 0.0


def ir_national_code(value: bytes) -> float:
    """کد ملی: ten digits, the last mod 11."""
    text = _bare(value)
    if not re.fullmatch(r"\d{10}", text):
        return 0.0
    rest = _weighted(text[:9], tuple(range(10, 1, -1))) % 11
    return 0.25 if (rest if rest < 2 else 11 - rest) == int(text[9]) else 0.0


def lu_national_id(value: bytes) -> float:
    """Matricule: birth date, serial, and two check digits over the same eleven (Luhn, Verhoeff)."""
    text = _bare(value)
    if not re.fullmatch(r"\d{13}", text) or not 1850 <= int(text[:4]) <= 2099:
        return 0.0
    if not _date(int(text[:4]), int(text[4:6]), int(text[6:8])):
        return 0.0
    return 0.8 if luhn.is_valid(text[:12]) and verhoeff.is_valid(text[:11] + text[12]) else 0.0
