"""Checks of payment and account numbers. Check digits by python-stdnum, which cites the standards."""

from __future__ import annotations

import functools
import re

from .national import number

__all__ = ["NETWORKS", "aba", "bic", "card", "card_ahead", "card_expiry", "cusip", "iban", "sedol"]

_SEPARATORS = re.compile(rb"[ -]")

#: Networks by prefix range and lengths (ISO/IEC 7812; the networks' own BIN tables). The last column is the
#: strength: a network with many lengths and a wide range of prefixes is easily met by chance.
NETWORKS: tuple[tuple[int, int, tuple[int, ...], float], ...] = (
    (4, 4, (16,), 0.6),  # Visa
    (4, 4, (13, 19), 0.5),
    (51, 55, (16,), 0.6),  # Mastercard
    (2221, 2720, (16,), 0.6),  # Mastercard 2-series
    (34, 34, (15,), 0.7),  # American Express
    (37, 37, (15,), 0.7),
    (6011, 6011, (16, 19), 0.7),  # Discover
    (644, 649, (16, 19), 0.6),
    (65, 65, (16, 19), 0.6),
    (300, 305, (14,), 0.6),  # Diners Club
    (3095, 3095, (14,), 0.7),
    (36, 36, (14,), 0.6),
    (38, 39, (14,), 0.6),
    (3528, 3589, (16, 17, 18, 19), 0.6),  # JCB
    (62, 62, (16, 17, 18, 19), 0.5),  # UnionPay
    (2200, 2204, (16, 17, 18, 19), 0.6),  # Mir
    (60, 60, (16,), 0.5),  # RuPay
    (81, 82, (16,), 0.5),
    (508, 508, (16,), 0.5),
    (1, 1, (15,), 0.25),  # UATP
    (50, 50, (12, 13, 14, 15, 16, 17, 18, 19), 0.25),  # Maestro
    (56, 69, (12, 13, 14, 15, 16, 17, 18, 19), 0.25),
)


def _strengths() -> dict[int, tuple[float, ...]]:
    """For each length the strength of each of the 10,000 prefixes of four digits."""
    table: dict[int, list[float]] = {}
    for low, high, lengths, strength in NETWORKS:
        width = 10 ** (4 - len(str(low)))
        for length in lengths:
            row = table.setdefault(length, [0.0] * 10_000)
            for prefix in range(low * width, (high + 1) * width):
                row[prefix] = max(row[prefix], strength)
    return {length: tuple(row) for length, row in table.items()}


_STRENGTHS = _strengths()


#: A digit doubled, its own digits added up.
_DOUBLED = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))


def _luhn(digits: bytes) -> bool:
    """The check digit of ISO/IEC 7812-1 annex B: most of what a rule looks at here is asked this."""
    kept = digits[-1::-2]
    return (sum(kept) - 48 * len(kept) + sum(digits[-2::-2].translate(_DOUBLED))) % 10 == 0


@functools.lru_cache(maxsize=10_000)
def _lengths(prefix: int) -> tuple[int, ...]:
    """The lengths of the networks that have these first four digits."""
    return tuple(length for length, row in _STRENGTHS.items() if row[prefix])


def card_ahead(value: bytes) -> bool:
    """Whether some head of the value may be a card number: one question in place of one for each head."""
    digits = value.translate(None, b" -")
    if not digits.isdigit() or len(digits) < 4:
        return False
    return any(_luhn(digits[:length]) for length in _lengths(int(digits[:4])) if length < len(digits))


def card(value: bytes) -> float:
    """A payment card number: prefix and length of a network, Luhn (ISO/IEC 7812-1 annex B)."""
    plain = value.isdigit()
    digits = value if plain else value.translate(None, b" -")
    row = _STRENGTHS.get(len(digits))
    # The prefix is the cheaper question, and most numbers fail it.
    if row is None or not (plain or digits.isdigit()) or not (strength := row[int(digits[:4])]) or not _luhn(digits):
        return 0.0
    if plain:
        return strength
    # Groups as printed on a card (4-4-4-4, 4-6-5) are no coincidence.
    groups = [len(group) for group in _SEPARATORS.split(value)]
    printed = (len(groups) > 3 and groups[:3] == [4, 4, 4]) or groups in ([4, 6, 5], [4, 6, 4])
    return 0.75 if printed else strength


#: Whether a country's numbers are built so (``0`` a digit, ``A`` a letter): python-stdnum is asked once for each.
_structures: dict[tuple[bytes, bytes], bool] = {}
_MOST_STRUCTURES = 4096
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FORM = bytes.maketrans(b"0123456789" + _LETTERS, b"0" * 10 + b"A" * 26)
_IBAN_DIGITS = {ord(letter): str(value) for value, letter in enumerate(_LETTERS.decode(), 10)}


def iban(value: bytes) -> float:
    """An IBAN (ISO 13616): length and structure of its country, mod 97 (ISO/IEC 7064)."""
    text = value.translate(None, b" -").upper()
    if len(text) > 34 or not text.isalnum():
        return 0.0
    # The remainder first: python-stdnum asks it last, after the structure, which takes it far longer.
    if int((text[4:] + text[:4]).decode().translate(_IBAN_DIGITS)) % 97 != 1:
        return 0.0
    place = text[:2], text[4:].translate(_FORM)
    known = _structures.get(place)
    if known is None:
        known = number("iban").is_valid(text.decode(), check_country=False)
        if len(_structures) < _MOST_STRUCTURES:
            _structures[place] = known
    return 0.9 if known else 0.0


def bic(value: bytes) -> float:
    """A BIC (ISO 9362): four letters, a country, a location, perhaps a branch."""
    text = value.decode("ascii", "replace")
    return 0.3 if number("bic").is_valid(text) and text[4:6].upper() in _COUNTRIES.split(" ") else 0.0


def aba(value: bytes) -> float:
    """A US bank routing number: Federal Reserve prefix (ABA policy) and check digit 3-7-1."""
    text = value.decode("ascii", "replace")
    prefix = int(text[:2]) if text[:2].isdigit() else 99
    issued = prefix <= 12 or 21 <= prefix <= 32 or 61 <= prefix <= 72 or prefix == 80
    return 0.4 if issued and number("us.rtn").is_valid(text) else 0.0


def cusip(value: bytes) -> float:
    """A CUSIP (ANSI X9.6): eight characters and a check digit; one in ten passes."""
    return 0.3 if number("cusip").is_valid(value.decode("ascii", "replace")) else 0.0


def sedol(value: bytes) -> float:
    """A SEDOL (London Stock Exchange): six characters without vowels and a check digit."""
    return 0.3 if number("gb.sedol").is_valid(value.decode("ascii", "replace")) else 0.0


def card_expiry(value: bytes) -> float:
    """Month and year in either order, the year within the lives of cards."""
    numbers = [int(part) for part in re.findall(rb"\d+", value)]
    if len(value) == 4 and value.isdigit():
        numbers = [int(value[:2]), int(value[2:])]
    if len(numbers) != 2:
        return 0.0
    month, year = numbers if numbers[0] <= 12 else (numbers[1], numbers[0])
    return 0.3 if 1 <= month <= 12 and (15 <= year <= 60 or 2015 <= year <= 2060) else 0.0


#: ISO 3166-1 alpha-2, with XK (Kosovo) as SWIFT uses it.
_COUNTRIES = (
    "AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CC CD "
    "CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD "
    "GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI "
    "KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW "
    "MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB "
    "SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY "
    "UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
)
