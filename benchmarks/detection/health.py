"""Numbers and codes of health care: made after their public descriptions, and near misses of those with a check.

NPI: CMS, check digit by ISO 7812 over 80840. MBI: CMS, the eleven positions. DEA: the registrant's check digit.
Medicare: Services Australia. NHI: HISO 10046. Health card of Ontario: Luhn. ICD, ATC, NDC: WHO and FDA.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from stdnum import luhn

from . import Case
from .people import Kind, cases_of, fill, free, of

__all__ = ["health"]

#: Letters of an MBI, and of an NHI: none that reads like a digit.
_MBI = "{ACDEFGHJKMNPQRTUVWXY}"
_NHI = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def _npi(rng: random.Random, off: int = 0) -> str:
    digits = fill(rng, "{12}########")
    return f"{digits}{(int(luhn.calc_check_digit('80840' + digits)) + off) % 10}"


def _mbi(rng: random.Random) -> str:
    either = _MBI[:-1] + "0123456789}"
    text = fill(rng, f"{{123456789}}{_MBI}{either}#{_MBI}{either}#{_MBI}{_MBI}##")
    return text if rng.random() < 0.5 else f"{text[:4]}-{text[4:7]}-{text[7:]}"


def _no_mbi(rng: random.Random) -> str:
    text = _mbi(rng)
    return text[0] + rng.choice("BILOSZ") + text[2:]


def _dea(rng: random.Random, off: int = 0) -> str:
    text = fill(rng, "{ABFGM}@######")
    odd, even = (sum(map(int, text[2 + at :: 2])) for at in (0, 1))
    return f"{text}{(odd + 2 * even + off) % 10}"


def _medicare(rng: random.Random, off: int = 0) -> str:
    digits = fill(rng, "{23456}#######")
    check = sum(int(d) * w for d, w in zip(digits, (1, 3, 7, 9, 1, 3, 7, 9), strict=True)) + off
    text = f"{digits}{check % 10}{rng.randrange(1, 10)}"
    return text if rng.random() < 0.5 else f"{text[:4]} {text[4:9]} {text[9]}"


def _nhi(rng: random.Random, off: int = 0) -> str:
    while True:
        text = "".join(rng.choice(_NHI) for _ in range(3)) + fill(rng, "###")
        values = [_NHI.index(ch) + 1 if ch in _NHI else int(ch) for ch in text]
        rest = sum(value * weight for value, weight in zip(values, range(7, 1, -1), strict=True)) % 11
        if rest:
            return f"{text}{((11 - rest) % 10 + off) % 10}"


def _ontario(rng: random.Random) -> str:
    digits = fill(rng, "{123456789}########")
    digits += luhn.calc_check_digit(digits)
    return f"{digits[:4]}-{digits[4:7]}-{digits[7:]}-{fill(rng, '@@')}"


_KINDS = (
    Kind(
        "US NPI",
        _npi,
        ("npi", "providerNpi", "billing_provider_npi"),
        ("NPI", "provider NPI:"),
        False,
        lambda r: _npi(r, 3),
    ),
    Kind("US MBI", _mbi, ("mbi", "medicareNumber", "beneficiaryId"), ("MBI", "Medicare number:"), True, _no_mbi),
    Kind("US DEA", _dea, ("dea", "deaNumber", "prescriber_dea"), ("DEA number", "DEA:"), False, lambda r: _dea(r, 4)),
    Kind(
        "AU Medicare",
        _medicare,
        ("medicareNumber", "medicare_card"),
        ("Medicare card",),
        False,
        lambda r: _medicare(r, 5),
    ),
    Kind("NZ NHI", _nhi, ("nhi", "nhiNumber"), ("NHI number", "NHI:"), False, lambda r: _nhi(r, 3)),
    of("CA BC PHN", "ca.bc_phn", ("9#########",), "phn personalHealthNumber", "PHN|personal health number"),
    Kind(
        "CA Ontario health card", _ontario, ("healthCard", "ohipNumber", "health_card_number"), ("OHIP", "health card")
    ),
    free(
        "ICD-10",
        ("{AEIJKM}{12}#.#", "{S}{02}#.###A", "{EIJ}{12}#"),
        "icd10 icdCode diagnosis_code",
        "ICD-10|diagnosis code",
    ),
    free("ICD-11", ("{25}A1#", "{89}B{234}#.#"), "icd11 icd11Code", "ICD-11"),
    free("ATC", ("{ACN}0{1279}A{ABX}0#",), "atc atcCode", "ATC code|ATC"),
    free("US NDC", ("####-####-##", "#####-###-##", "#####-####-#"), "ndc ndcCode nationalDrugCode", "NDC|NDC code"),
    free(
        "record number",
        ("######", "########", "MRN-#######", "{H}#######"),
        "mrn medicalRecordNumber patient_mrn",
        "MRN|medical record number",
    ),
    free(
        "insurance member",
        ("{XYZ}{ABC}{W}#########", "W#########", "#########01"),
        "healthInsuranceId insuranceMemberId health_plan_id",
        "health insurance ID|health plan ID",
    ),
    free("medical licence", ("{AGC}######", "MD######"), "medicalLicenseNumber medical_license", "medical license"),
)


def health(count: int, seed: int = 13) -> Iterator[Case]:
    """Each kind in a member with its name, in a sentence, inside an object with its name; near misses the same way."""
    rng = random.Random(seed)
    for kind in _KINDS:
        yield from cases_of(rng, kind, max(8, count // 12), "health")
