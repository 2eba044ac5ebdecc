"""Checks of whole documents: tables whose head names personal data."""

from __future__ import annotations

import re

__all__ = ["personal_table"]

#: Columns by what they say of a person; the strong ones are rarely about anything else.
_STRONG = re.compile(
    rb"ssn|social_?security.*|passport.*|national_?id.*|tax_?id|iban|card_?(?:number|no)|credit_?card.*|date_?of_?birth|dob"
    rb"|birth_?(?:date|day)|geburts(?:datum|tag)|salary|gehalt|diagnosis|mrn|patient_?(?:id|name|no)|blood_?(?:type|group)"
    rb"|medical_?record.*|bank_?account.*|driver_?licen[cs]e.*|religion|ethnicity"
)
_WEAK = re.compile(
    rb"(?:first|last|full|middle|sur|given|family|maiden|customer|contact|employee|user|nach|vor)?_?names?|e_?mail(?:_?address)?"
    rb"|(?:phone|mobile|tel|telephone|cell|fax|handy|telefon)(?:_?(?:number|no|nr|nummer))?|(?:home|street|postal|billing|shipping)?"
    rb"_?(?:address|adresse|street|strasse|anschrift)[12]?|(?:zip|postal|post)_?(?:code)?|plz|gender|sex|age|nationality|nom|prenom"
    rb"|apellidos?|nombre|correo|telefono|direccion|cognome|indirizzo"
)
_NOT_LETTERS = re.compile(rb"[^a-z0-9]+")
_DELIMITERS = (b",", b";", b"\t", b"|")
_MIN_ROWS = 2


def personal_table(value: bytes) -> float:
    """A head with three columns about persons (one strong column counts as two), and rows of as many columns.

    Commas inside quoted cells are not counted out: rows may have more, never fewer columns than the head.
    """
    lines = value.splitlines() or [b""]
    head = lines[0].lower()
    delimiter = max(_DELIMITERS, key=head.count)
    cells = [_NOT_LETTERS.sub(b"_", cell).strip(b"_") for cell in head.split(delimiter)]
    if len(cells) < 3 or any(len(cell) > 40 for cell in cells):
        return 0.0
    strong = sum(_STRONG.fullmatch(cell) is not None for cell in cells)
    weak = sum(_WEAK.fullmatch(cell) is not None for cell in cells)
    rows = sum(line.count(delimiter) >= len(cells) - 1 for line in lines[1:])
    if rows < _MIN_ROWS or 2 * strong + weak < 3 or weak + strong < 2:
        return 0.0
    return 0.7 if strong else 0.5
