"""Checks of national numbers that python-stdnum knows: a table of its modules, with the strength of each check.

The names in rule files are ``stdnum:<module>``. A strength is the share of chance matches of the rule's own pattern
that the check refuses, rounded down: one digit modulo 11 is weak, a birth date with a check letter is not.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

__all__ = ["NATIONAL", "not_refused", "number", "tax_not_refused", "valid"]

#: Longest number of any module, separators included.
_MAX_LENGTH = 48
_WEAK, _LETTER, _TWO, _DATE, _STRONG, _MOD_97 = 0.25, 0.5, 0.5, 0.5, 0.7, 0.8
_DIGIT = "has a valid check digit (weak)"
_DIGITS = "has two valid check digits"
_CHARACTER = "has a valid check letter"
_BIRTH = "holds a date, and a valid check digit"
_REMAINDER = "has a valid check (mod 97)"
_FORM = "has the structure that is issued"

#: Module of python-stdnum → strength, and the words that explain it (they complete "the value …").
NATIONAL: Mapping[str, tuple[float, str]] = MappingProxyType(
    {
        "al.nipt": (_WEAK, _FORM),
        "ar.cuit": (_WEAK, _DIGIT),
        "at.tin": (_WEAK, _DIGIT),
        "at.vnr": (_WEAK, _DIGIT),
        "au.abn": (_MOD_97, "has valid check digits (mod 89)"),
        "au.acn": (_WEAK, _DIGIT),
        "au.tfn": (_WEAK, _DIGIT),
        "be.eid": (_MOD_97, _REMAINDER),
        "be.nn": (_MOD_97, _REMAINDER),
        "bg.egn": (_DATE, _BIRTH),
        "br.cnpj": (_TWO, _DIGITS),
        "br.cpf": (_TWO, _DIGITS),
        "by.unp": (_WEAK, _DIGIT),
        "ca.bc_phn": (_WEAK, _DIGIT),
        "ca.bn": (_WEAK, _DIGIT),
        "ca.sin": (_WEAK, _DIGIT),
        "ch.ssn": (_LETTER, "has a valid check digit (EAN-13) behind the country code 756"),
        "ch.uid": (_LETTER, _DIGIT),
        "cl.rut": (_LETTER, _DIGIT),
        "cn.uscc": (_STRONG, "has a valid check character (mod 31)"),
        "co.nit": (_WEAK, _DIGIT),
        "cr.cpf": (_WEAK, _FORM),
        "cu.ni": (_WEAK, "holds a birth date"),
        "cz.rc": (_DATE, _BIRTH),
        "de.idnr": (0.4, "has a valid check digit and digit pattern"),
        "de.stnr": (0.2, _FORM),
        "dk.cvr": (_WEAK, _DIGIT),
        "do.cedula": (_WEAK, _DIGIT),
        "do.rnc": (_WEAK, _DIGIT),
        "dz.nif": (_WEAK, _FORM),
        "ec.ci": (_WEAK, _DIGIT),
        "ec.ruc": (_WEAK, _DIGIT),
        "ee.ik": (_DATE, _BIRTH),
        "eg.tn": (_WEAK, _FORM),
        "es.cif": (_LETTER, "has a valid check character"),
        "es.dni": (_LETTER, _CHARACTER),
        "es.nie": (0.6, _CHARACTER),
        "eu.vat": (_LETTER, "satisfies the check of the member state that it names"),
        "fi.hetu": (_STRONG, "holds a birth date and a valid check character"),
        "fi.ytunnus": (_WEAK, _DIGIT),
        "fr.nif": (0.6, "has a valid check (mod 511)"),
        "fr.siren": (_WEAK, _DIGIT),
        "fr.siret": (_LETTER, "satisfies Luhn twice"),
        "gb.nhs": (_WEAK, _DIGIT),
        "gb.utr": (_WEAK, _DIGIT),
        "gb.vat": (0.4, _REMAINDER),
        "gh.tin": (_WEAK, _DIGIT),
        "gr.amka": (_DATE, _BIRTH),
        "gr.vat": (_WEAK, _DIGIT),
        "gt.nit": (_WEAK, _DIGIT),
        "hr.oib": (0.3, "has a valid check digit (mod 11,10)"),
        "hu.anum": (_WEAK, _DIGIT),
        "id.nik": (0.4, "holds a place and a birth date"),
        "id.npwp": (_WEAK, _DIGIT),
        "ie.pps": (_LETTER, _CHARACTER),
        "il.idnr": (_WEAK, _DIGIT),
        "imei": (0.3, "has a valid check digit (Luhn)"),
        "in_.aadhaar": (0.3, "has a valid check digit (Verhoeff)"),
        "in_.gstin": (_STRONG, "holds a state, a permanent account number and a valid check character"),
        "in_.pan": (0.4, "has a holder type that exists"),
        "in_.vid": (0.3, "has a valid check digit (Verhoeff)"),
        "is_.kennitala": (_DATE, _BIRTH),
        "isin": (0.6, "has a country or agency code and a valid check digit"),
        "it.codicefiscale": (_MOD_97, "has a valid check character and date"),
        "it.iva": (_WEAK, "has a valid check digit (Luhn, weak)"),
        "jp.cn": (_WEAK, _DIGIT),
        "jp.in_": (_WEAK, _DIGIT),
        "ke.pin": (_WEAK, _FORM),
        "kr.brn": (_WEAK, _DIGIT),
        "lei": (0.9, "has valid check digits (ISO 7064 mod 97-10)"),
        "lt.asmens": (_DATE, _BIRTH),
        "lv.pvn": (_WEAK, _DIGIT),
        "ma.ice": (_MOD_97, _REMAINDER),
        "md.idno": (_WEAK, _DIGIT),
        "mk.edb": (_WEAK, _DIGIT),
        "mu.nid": (_LETTER, _CHARACTER),
        "mx.curp": (_MOD_97, "holds a birth date, a state and a valid check digit"),
        "mx.rfc": (0.6, "holds a date"),
        "my.nric": (0.5, "holds a birth date and a birth place"),
        "nl.bsn": (_WEAK, _DIGIT),
        "no.fodselsnummer": (_STRONG, "holds a birth date and two valid check digits"),
        "no.orgnr": (_WEAK, _DIGIT),
        "nz.ird": (_WEAK, _DIGIT),
        "pe.cui": (_WEAK, _FORM),
        "pe.ruc": (_WEAK, _DIGIT),
        "pk.cnic": (_WEAK, _FORM),
        "pl.nip": (_WEAK, _DIGIT),
        "pl.pesel": (_DATE, _BIRTH),
        "pl.regon": (_WEAK, _DIGIT),
        "pt.cc": (_STRONG, "has a valid check digit"),
        "pt.nif": (_WEAK, _DIGIT),
        "py.ruc": (_WEAK, _DIGIT),
        "ro.cf": (_WEAK, _DIGIT),
        "ro.cnp": (_DATE, _BIRTH),
        "rs.pib": (_WEAK, _DIGIT),
        "ru.inn": (_WEAK, _DIGIT),
        "ru.ogrn": (_WEAK, _DIGIT),
        "se.orgnr": (_WEAK, "has a valid check digit (Luhn, weak)"),
        "se.personnummer": (_DATE, _BIRTH),
        "sg.uen": (0.6, "has the form of its kind and a valid check letter"),
        "si.emso": (_STRONG, _BIRTH),
        "sv.nit": (_WEAK, _DIGIT),
        "th.pin": (0.3, _DIGIT),
        "tn.mf": (_LETTER, _CHARACTER),
        "tr.tckimlik": (_TWO, _DIGITS),
        "tr.vkn": (_WEAK, _DIGIT),
        "tw.ubn": (_WEAK, _DIGIT),
        "ua.edrpou": (_WEAK, _DIGIT),
        "ua.rntrc": (_WEAK, _DIGIT),
        "us.ein": (0.2, "has a prefix that was issued"),
        "us.itin": (0.3, "is in the ranges that were issued"),
        "us.ptin": (0.3, _FORM),
        "uy.rut": (_WEAK, _DIGIT),
        "ve.rif": (0.4, _DIGIT),
        "vn.mst": (_WEAK, _DIGIT),
        "za.idnr": (_DATE, _BIRTH),
        "za.tin": (_WEAK, _DIGIT),
    }
)


@functools.cache
def number(name: str) -> Any:
    """A module of python-stdnum. There are some hundred small ones: each is read when its rule is first tried."""
    return importlib.import_module(f"stdnum.{name}")


def valid(module: str, strength: float, value: bytes) -> float:
    """``strength`` if this module of python-stdnum accepts the value, which may hold spaces and punctuation.

    A few modules look up the date and refuse birth dates to come. Thread-safe.
    """
    if len(value) > _MAX_LENGTH or not value.isascii():
        return 0.0
    try:
        check, text = number(module).is_valid, value.decode()
        # Not every module knows that people write its number with dots.
        return strength if check(text) or ("." in text and check(text.replace(".", ""))) else 0.0
    except (ValueError, LookupError, TypeError):
        # python-stdnum promises its own exceptions alone; a few modules let those of int() and strptime() through.
        return 0.0


#: Forms that are one country's alone, or that only numbers with check digits have, and the modules that know them.
_KNOWN: tuple[tuple[re.Pattern[bytes], tuple[str, ...]], ...] = tuple(
    (re.compile(form), modules)
    for form, modules in (
        (rb"\d{2}-\d{8}-\d", ("ar.cuit",)),
        (rb"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", ("br.cnpj",)),
        (rb"\d{14}", ("br.cnpj", "fr.siret", "sv.nit")),
        (rb"\d{2}-\d{7}", ("us.ein",)),
        (rb"\d{9}-\d|\d{3}\.\d{3}\.\d{3}-\d", ("co.nit",)),
        (rb"\d{2} \d{3} \d{3} \d{3}", ("au.abn", "de.idnr")),
        (rb"[VEJPG]-?\d{8}-\d", ("ve.rif",)),
        (rb"\d{3}\.\d{3}\.\d{3}-\d{2}", ("br.cpf",)),
        (rb"\d{1,2}\.\d{3}\.\d{3}-[\dKk]|\d{7,8}-[\dKk]", ("cl.rut", "py.ruc", "gt.nit", "fi.ytunnus")),
        (rb"\d-\d{4}-\d{5}-\d{2}-\d", ("th.pin",)),
        (rb"\d{13}", ("th.pin", "ro.cnp", "si.emso", "za.idnr", "md.idno", "mk.edb", "ec.ruc")),
        (rb"756\.\d{4}\.\d{4}\.\d{2}", ("ch.ssn",)),
        (rb"[A-Z]{4}\d{6}[HMX][A-Z]{5}[0-9A-Z]\d", ("mx.curp",)),
        (rb"[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]", ("it.codicefiscale",)),
        (rb"[XYZ]\d{7}[A-Z]|\d{8}[A-Z]", ("es.nie", "es.dni", "ie.pps", "sg.uen")),
        (rb"\d{2}[A-Z]{5}\d{4}[A-Z]\d[Z][0-9A-Z]", ("in_.gstin",)),
    )
)


#: Where tax numbers have eleven digits, they have check digits (other numbers of people do not: Nigeria).
_ELEVEN = (
    *(
        "ar.cuit",
        "au.abn",
        "be.nn",
        "br.cpf",
        "de.idnr",
        "do.cedula",
        "ee.ik",
        "hr.oib",
        "it.iva",
        "lt.asmens",
        "lv.pvn",
    ),
    *("no.fodselsnummer", "pe.ruc", "pl.pesel", "tr.tckimlik"),
)


def tax_not_refused(value: bytes) -> float:
    """As :func:`not_refused`, of a number that is called one of taxes."""
    if re.fullmatch(rb"\d{11}", value):
        return 0.4 if any(valid(module, 1.0, value) for module in _ELEVEN) else 0.0
    return not_refused(value)


def not_refused(value: bytes) -> float:
    """A number of any country, unless it has a form whose check digits are known, and wrong."""
    for form, modules in _KNOWN:
        if form.fullmatch(value):
            return 0.4 if any(valid(module, 1.0, value) for module in modules) else 0.0
    return 0.1
