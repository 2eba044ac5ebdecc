"""E-mail addresses, telephone numbers, network addresses, and what only a field name makes personal."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from . import Case
from .people import Kind, cases_of, made, plain

__all__ = ["contact"]

_TLDS = "{com|org|net|co.uk|de|fr|io|com.br|co.jp|gov.au}"


def _phone(rng: random.Random, form: str) -> str:
    import phonenumbers

    region = rng.choice(
        ("US", "GB", "DE", "FR", "ES", "IT", "IN", "JP", "BR", "AU", "SE", "PL", "ZA", "MX", "NL", "CH")
    )
    number = phonenumbers.example_number_for_type(region, rng.choice((0, 1)))
    if number is None:
        number = phonenumbers.example_number(region)
    for _ in range(50):
        digits = str(number.national_number)
        changed = digits[:-4] + f"{rng.randrange(10_000):04}"
        candidate = phonenumbers.PhoneNumber(
            country_code=number.country_code,
            national_number=int(changed),
            italian_leading_zero=number.italian_leading_zero,
        )
        if phonenumbers.is_valid_number(candidate):
            number = candidate
            break
    styles = {
        "e164": phonenumbers.PhoneNumberFormat.E164,
        "international": phonenumbers.PhoneNumberFormat.INTERNATIONAL,
        "national": phonenumbers.PhoneNumberFormat.NATIONAL,
    }
    return str(phonenumbers.format_number(number, styles[form]))


def of(
    label: str, templates: tuple[str, ...], keys: str, names: str, bare: bool = False, broken: tuple[str, ...] = ()
) -> Kind:
    def written(forms: tuple[str, ...]) -> Callable[[random.Random], str]:
        # "@" is a letter to plain().
        return lambda rng: plain(*forms)(rng).replace("AT", "@")

    return Kind(
        label,
        written(templates),
        tuple(keys.split()),
        tuple(names.split("|")),
        bare,
        written(broken) if broken else None,
    )


KINDS: tuple[Kind, ...] = (
    of(
        "e-mail",
        (
            "{jane|j.doe|mary_jones|x42}{|+news|.smith}AT{example|mail.example|acme-corp|host12}." + _TLDS,
            "{JANE|Bob}.DoeATExample.COM",
            "o'brienATexample.ie",
        ),
        "email userEmail contact",
        "e-mail|write to",
        True,
        (
            "libAT{12}.#.#",
            "janeATlocalhost",
            "{jane|bob}AT{example|host}",
            "gitATgithub.com:acme/tool.git",
            "AT{angular|types}/core",
            "iconAT2x.png",
            "jane(at)example.com",
        ),
    ),
    Kind(
        "phone +",
        lambda rng: _phone(rng, rng.choice(("e164", "international"))),
        ("phone", "phoneNumber", "mobile", "contactPhone"),
        ("call me at", "Tel:", "phone"),
        True,
        plain("+##", "+0#########", "+1 23#", "+999#########", "+1415555"),
    ),
    Kind(
        "phone national",
        lambda rng: _phone(rng, "national"),
        ("phone", "telefon", "mobileNumber", "phone_number"),
        ("Tel.", "my phone number is", "mobile:", "Telefon"),
        False,
    ),
    of(
        "phone US",
        ("({234}1{234}) {3456}##-####", "{234}1{234}-{3456}##-####", "{234}1{234}.{3456}##.####"),
        "phone workPhone fax",
        "call|phone",
        True,
        ("{4}15-#55", "415-555-26##-11-22-33"),
    ),
    of(
        "IPv4",
        ("{23|51|93|104|185}.1{0123}#.{123}#.1#", "192.168.{12}.1#", "10.{12}#.3.4#"),
        "ip clientIp remote_addr",
        "from|IP address",
        True,
        ("{2|3}.{1}#.256.3##", "1.2.3", "300.1.1.1#", "1.2.3.4.5.6", "127.0.0.1", "v10.2.#.1"),
    ),
    of(
        "IPv6",
        (
            "2606:4700:{123}##a::{abc}#{ef}",
            "2a02:{1234}##:{1234}##:1::{12}#",
            "2001:db8:{1234}##::{12}#a",
            "fe80::{12}#ff:fe23:4567:890a",
        ),
        "ip ipv6 clientIp",
        "from|address",
        True,
        ("std::vector::size", "12:30:4#", "a::b::c", "::"),
    ),
    of(
        "MAC",
        ("00:1b:63:84:4#:e{123}", "00-1B-63-84-4#-E{123}"),
        "mac macAddress bssid",
        "MAC|device",
        True,
        ("00:1b:63:84:4#", "01:00:5e:00:00:fb", "00:1g:63:84:45:e6"),
    ),
    of("MAC bare", ("001b6384{4}#e{123}", "001b.6384.4#e{123}"), "mac macAddress", "MAC address"),
    Kind("first name", made("en_US", "first_name"), ("firstName", "first_name", "givenName"), ("first name",)),
    Kind("last name", made("de_DE", "last_name"), ("lastName", "surname", "familyName"), ("surname",)),
    Kind(
        "street", made("en_US", "street_address"), ("street", "streetAddress", "address", "addressLine1"), ("address",)
    ),
    of("coordinates", ("{1234}#.######", "-{1234}#.#####"), "latitude longitude lat lng", "latitude"),
)


def contact(count: int, seed: int = 17) -> Iterator[Case]:
    """Each kind in a member with its name, in a sentence, in an object, and alone where its form suffices."""
    rng = random.Random(seed)
    for kind in KINDS:
        for case in cases_of(rng, kind, max(8, count // 6), "contact"):
            # Names, streets and coordinates are personal by their field alone.
            if kind.label in ("first name", "last name", "street") and (case.key is None or case.path):
                continue
            yield case
