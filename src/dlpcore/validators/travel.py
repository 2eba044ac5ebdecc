"""Checks of travel documents, driving licences and vehicles: the check digits of ICAO Doc 9303 and ISO 3779."""

from __future__ import annotations

import re

__all__ = ["machine_readable_zone", "passport", "uk_driving_licence", "vin"]

_WEIGHTS = (7, 3, 1)


def _check_digit(text: str) -> int:
    """ICAO Doc 9303 part 3, section 4.9: digits, letters from 10, the filler ``<`` as 0; weights 7-3-1, mod 10."""
    return sum((0 if ch == "<" else int(ch, 36)) * _WEIGHTS[i % 3] for i, ch in enumerate(text)) % 10


def passport(value: bytes) -> float:
    """Six to twelve characters of which most are digits (ICAO Doc 9303 leaves the rest to the state)."""
    digits = sum(48 <= byte <= 57 for byte in value)
    return 0.3 if digits >= 5 or digits == len(value) else 0.0


#: Lines of the three sizes (ICAO Doc 9303 parts 4 to 6): where a field starts and ends, and where its check digit is.
_LINES = {
    44: ((0, 9, 9), (13, 19, 19), (21, 27, 27)),  # TD3, second line
    36: ((0, 9, 9), (13, 19, 19), (21, 27, 27)),  # TD2, second line
}
_TD1 = ((0, 6, 6), (8, 14, 14))


def machine_readable_zone(value: bytes) -> float:
    """The last lines of a machine-readable zone: every check digit of its line of numbers is right."""
    lines = [line for line in value.decode("ascii", "replace").split() if line]
    for line in lines:
        fields = _LINES.get(len(line)) or (_TD1 if len(line) == 30 else ())
        if fields and all(
            line[at].isdigit() and _check_digit(line[start:end]) == int(line[at]) for start, end, at in fields
        ):
            return 0.9
    return 0.0


def uk_driving_licence(value: bytes) -> float:
    """Driver number (DVLA): surname, birth date split over six digits, initials, a tie breaker and two letters."""
    text = value.decode("ascii", "replace").upper().replace(" ", "")
    match = re.fullmatch(r"[A-Z]{1,5}9{0,4}\d(\d\d)(\d\d)\d[A-Z9]{2}[0-9A-Z][A-Z]{2}", text)
    if match is None or len(text) != 16:
        return 0.0
    month, day = int(match[1]) % 50, int(match[2])
    return 0.6 if 1 <= month <= 12 and 1 <= day <= 31 else 0.0


_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def vin(value: bytes) -> float:
    """A vehicle identification number (ISO 3779); its check digit (49 CFR 565.15) is asked of North America alone."""
    text = value.decode("ascii", "replace").upper()
    if not re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", text):
        return 0.0
    total = sum((_VIN_VALUES[ch] if ch.isalpha() else int(ch)) * w for ch, w in zip(text, _VIN_WEIGHTS, strict=True))
    return 0.6 if "0123456789X"[total % 11] == text[8] else 0.2
