"""Checks of e-mail domains, telephone numbers and network addresses."""

from __future__ import annotations

import functools
import ipaddress
import re
from typing import Any

from .numbering import is_certain

__all__ = [
    "email_domain",
    "ipv4_internal",
    "ipv4_public",
    "ipv6_internal",
    "ipv6_public",
    "mac",
    "phone_digits",
    "phone_international",
    "phone_us",
]

#: RFC 5321 section 4.5.3.1: octets of a local part and of a domain; RFC 1035: of a label.
_MAX_LOCAL, _MAX_DOMAIN = 64, 255
_LABELS = re.compile(rb"(?!-)[^.]{1,63}(?<!-)(?:\.(?!-)[^.]{1,63}(?<!-))*")


_DATE = re.compile(rb"(?:19|20)\d\d[-/. ]\d\d[-/. ]\d\d")


@functools.cache
def suffixes() -> Any:
    """The Public Suffix List: some thousand lines to read, which only a process that sees an address pays."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(only_icann=True, accept_unknown=False)


@functools.lru_cache(maxsize=256)
def _is_registered(domain: bytes) -> bool:
    """Whether a name stands under a public suffix; the hosts of addresses come again and again."""
    return suffixes().privatesuffix(domain.decode("ascii", "replace").lower()) is not None


def email_domain(value: bytes) -> float:
    """The part after the last ``@`` is a name under a suffix of the Public Suffix List, its labels well formed."""
    local, _, domain = value.rpartition(b"@")
    if not local or len(local) > _MAX_LOCAL or len(domain) > _MAX_DOMAIN:
        return 0.0
    if local.startswith(b".") or local.endswith(b".") or b".." in local:
        return 0.0
    if not _LABELS.fullmatch(domain):
        return 0.0
    return 0.6 if _is_registered(domain) else 0.0


def phone_international(value: bytes) -> float:
    """A number with its country code that the numbering plan of that country has (ITU-T E.164).

    A number of the right length in a range that is not assigned (as in films) needs a name beside it.
    """
    return _phone(value, None, valid=0.8, possible=0.2)


def phone_us(value: bytes) -> float:
    """Ten digits of the North American Numbering Plan; unassigned area codes need a name beside the number."""
    return _phone(value, "US", valid=0.35, possible=0.2)


def _phone(value: bytes, region: str | None, valid: float, possible: float) -> float:
    if is_certain(b"+1" + value if region else value[2:] if value.startswith(b"00") else value):
        return valid
    # Metadata of all countries: only the first telephone number of a process pays.
    import phonenumbers

    text = value.decode("ascii", "replace")
    if region is None and text.startswith("00"):
        text = f"+{text[2:]}"
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return 0.0
    if phonenumbers.is_valid_number(number):
        return valid
    return possible if phonenumbers.is_possible_number(number) else 0.0


def phone_digits(value: bytes) -> float:
    """Seven to fifteen digits (ITU-T E.164 section 6.1), and not a date; behind a ``+``, of a country that exists."""
    digits = len(value) - len(value.translate(None, b"0123456789"))
    if not 7 <= digits <= 15 or (digits == 8 and _DATE.fullmatch(value)):
        return 0.0
    if value.startswith(b"+"):
        return 0.3 if phone_international(value) else 0.0
    return 0.3


def ipv4_public(value: bytes) -> float:
    """Globally reachable by the IANA special-purpose registry (RFC 6890).

    What ends in 0 is seldom a host, and most often a version number, as are four small numbers: they need a name.
    """
    try:
        address = ipaddress.IPv4Address(value.decode("ascii", "replace"))
    except ValueError:
        return 0.0
    if not address.is_global or address.is_multicast:
        return 0.0
    return 0.4 if address.packed[-1] and not _like_a_version(address) else 0.2


def ipv6_public(value: bytes) -> float:
    """Globally reachable by the IANA special-purpose registry (RFC 6890); a zone id never is."""
    try:
        address = ipaddress.IPv6Address(value.decode("ascii", "replace"))
    except ValueError:
        return 0.0
    return 0.6 if address.is_global and not address.is_multicast else 0.0


def ipv4_internal(value: bytes) -> float:
    """Private, shared, link-local or for documentation (RFC 1918, 6598, 3927, 5737): it says where in a network."""
    try:
        address = ipaddress.IPv4Address(value.decode("ascii", "replace"))
    except ValueError:
        return 0.0
    silent = address.is_loopback or address.is_multicast or address.packed[0] in (0, 255) or address.packed[0] >= 240
    if address.is_global or silent:
        return 0.0
    return 0.3 if address.packed[-1] and not _like_a_version(address) else 0.15


def _like_a_version(address: ipaddress.IPv4Address) -> bool:
    """Four small numbers are the number of a release as often, unless they are one number (``8.8.8.8``)."""
    return max(address.packed) < 32 and len(set(address.packed)) > 1


def ipv6_internal(value: bytes) -> float:
    """Unique local, link-local or for documentation (RFC 4193, 4291, 3849)."""
    try:
        address = ipaddress.IPv6Address(value.decode("ascii", "replace"))
    except ValueError:
        return 0.0
    if address.is_global or address.is_loopback or address.is_multicast or not any(address.packed[:8]):
        return 0.0
    return 0.5


def mac(value: bytes) -> float:
    """An individual address (IEEE 802: the group bit is clear) that is not all zeros."""
    octets = re.findall(rb"[0-9A-Fa-f]{2}", value)
    if len(octets) != 6 or int(octets[0], 16) & 1:
        return 0.0
    return 0.4 if any(octet != b"00" for octet in octets) else 0.0
