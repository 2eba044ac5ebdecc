"""Checks of secrets that have no format: how random a value is, and what a password never looks like."""

from __future__ import annotations

import math
import re
from collections import Counter

__all__ = ["entropy", "generated_secret", "password"]

_HEX = re.compile(rb"[0-9a-fA-F]+")
_UUID = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_.~=-]+")
_URL = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]{1,20}://|/[A-Za-z0-9._-]+/|\.{1,2}/|[A-Za-z]:\\|www\.")
_WORDS = re.compile(rb"[A-Za-z]+")
_TIME = re.compile(rb"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?|\d+(?:\.\d+){1,3}[A-Za-z0-9.-]*")
_REFERENCE = re.compile(rb"[$%#@&{<\[(*!^]{1,2}[A-Za-z_{(<\[$].*|arn:.*|vault:.*|secret[:/].*|env[:.].*", re.DOTALL)
_IDENTIFIER = re.compile(rb"[A-Za-z][a-z]*(?:[A-Z][a-z]+)+|[A-Za-z]{1,16}[0-9]{0,2}(?:[-_.][A-Za-z]{1,16}[0-9]{0,2})+")


def entropy(value: bytes) -> float:
    """Shannon entropy in bits a byte, of the value's own distribution."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values()) if total else 0.0


def _shows_what_it_is(value: bytes) -> bool:
    """URLs, paths, times, versions, references to a secret's place: all of them stand where secrets stand."""
    return any(each.match(value) for each in (_URL, _REFERENCE)) or _TIME.fullmatch(value) is not None


def generated_secret(value: bytes) -> float:
    """Random by the measure of its own alphabet.

    The bounds are those below which random strings of that length almost never fall: for hexadecimal digits
    about 3 bits, for base64 about 3.5 at 20 characters and lower for shorter ones.
    """
    if len(value) < 12 or _shows_what_it_is(value):
        return 0.0
    if _UUID.fullmatch(value):
        return 0.4
    bits = entropy(value)
    if _HEX.fullmatch(value):
        # Decimal digits alone are ids and times; a hexadecimal secret has 64 bits or more.
        if value.isdigit() or len(value) < 16:
            return 0.0
        return 0.5 if bits >= 2.8 else 0.0
    if not _BASE64.fullmatch(value):
        # Punctuation of the generators of passwords, no white space.
        return 0.4 if bits >= 3.2 and not re.search(rb"\s", value) and re.search(rb"\d", value) else 0.0
    if not re.search(rb"\d", value) and not (re.search(rb"[a-z]", value) and re.search(rb"[A-Z]", value)):
        return 0.0
    if _IDENTIFIER.fullmatch(value) or _is_words(value):
        return 0.0
    return 0.5 if bits >= min(3.5, math.log2(len(value)) - 0.75) else 0.0


def _is_words(value: bytes) -> bool:
    """Whether nearly all of it is words as people write them: parts of five letters and more in one case, with vowels.

    Random base64 breaks the case or the vowels every few characters.
    """
    parts = re.findall(rb"[A-Z]?[a-z]+|[A-Z]{2,}", value)
    spelled = sum(len(part) for part in parts if len(part) >= 4 and re.search(rb"[aeiouyAEIOUY]", part))
    return spelled * 4 >= len(value) * 3


#: What stands in a password's place in schemas, forms and examples: names of types, of states, of the field itself.
_NOT_PASSWORDS = frozenset(
    b"string password passwd passphrase secret token required optional disabled enabled default hidden encrypted "
    b"hashed plaintext text boolean integer number object array null none true false undefined unknown anonymous "
    b"invalid incorrect missing expired forgotten username current new old confirm change reset input prompt "
    b"unspecified protected private public never always credentials authentication".split()
)


def password(value: bytes) -> float:
    """A value that a person may have chosen: no sentence, no type name, no URL, no state of a form."""
    if not 4 <= len(value) <= 256 or _shows_what_it_is(value):
        return 0.0
    words = _WORDS.findall(value.lower())
    if value.count(b" ") >= 3 and len(words) > value.count(b" "):
        return 0.0
    if words and b"".join(words) == re.sub(rb"[\W_]", b"", value.lower()):
        # Letters alone: refused when all of its words are names of things, or when it is an identifier.
        if all(word in _NOT_PASSWORDS for word in words) or _IDENTIFIER.fullmatch(value):
            return 0.0
        if b" " in value or len(value) < 6:
            return 0.0
        return 0.2
    return 0.4
