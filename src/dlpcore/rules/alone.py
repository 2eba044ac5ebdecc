"""Forms that are rare enough to be looked at without a word beside them: what ``context.alone`` of a rule may name.

Each is also a shape of the native pass, so a rule that names one is tried wherever it occurs. A value has the form when
the form is the value but for a short head (a country's letters) and a short tail (a check letter).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["FORMS", "has_form"]

_MORE = rb"(?![ ./+-]?[0-9])"
_BEHIND = rb"(?![ ./+-]?[0-9]|[0-9A-Za-z]{2})"

FORMS: Mapping[str, re.Pattern[bytes]] = MappingProxyType(
    {
        # A word of upper-case letters and digits, four digits at least.
        "code": re.compile(rb"(?<![0-9A-Za-z])(?=[0-9]*[A-Z])(?=(?:[A-Z]*[0-9]){4})[0-9A-Z]{8,22}(?![0-9A-Za-z])"),
        # Nine to fifteen digits in groups. Not: a date, one decimal point, an IPv4 address, a year and a number (as
        # ids of vulnerabilities are), the seconds of a time.
        "grouped": re.compile(
            rb"(?<![0-9A-Za-z])(?<![0-9][ ./+:-])(?!(?:19|20)[0-9]{2}-[0-9]{5,7}" + _MORE + rb")"
            rb"(?!(?:19|20)[0-9]{2}[-/.][0-9]{2}[-/.][0-9]{2}(?![0-9]))"
            rb"(?![0-9]{1,15}" + _MORE + rb")(?![0-9]{1,15}\.[0-9]{1,15}" + _MORE + rb")"
            rb"(?![0-9]{1,3}(?:\.[0-9]{1,3}){3}" + _MORE + rb")"
            rb"[0-9](?:[ ./+-]?[0-9]){8,14}" + _BEHIND
        ),
        # An address of a wallet: base 58 in both cases, with a digit.
        "base58": re.compile(
            rb"(?<![0-9A-Za-z])(?=[0-9A-Z]{0,34}[a-z])(?=[0-9a-z]{0,34}[A-Z])(?=[A-Za-z]{0,34}[0-9])"
            rb"[13DLTXr][1-9A-HJ-NP-Za-km-z]{25,34}(?![0-9A-Za-z])"
        ),
        # Digits with a date where the registers of France and of China have it.
        "dated": re.compile(
            rb"(?<![0-9A-Za-z])(?:[12][0-9]{2}(?:0[1-9]|1[0-2]|[23][0-9]|4[0-2]|[5-9][0-9])[0-9]{10}"
            rb"|[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx])(?![0-9A-Za-z])"
        ),
    }
)
_HEAD, _TAIL = 4, 2


def has_form(name: str, text: bytes, start: int, end: int) -> bool:
    """Whether ``text[start:end]``, in its place, has the form of this name."""
    form = FORMS[name]
    for at in range(start, min(start + _HEAD, end) + 1):
        match = form.match(text, at)
        if match is not None:
            return match.end() <= end <= match.end() + _TAIL
    return False
