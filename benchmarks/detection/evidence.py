"""Values and their look-alikes under every kind of evidence: the material on which confidence is calibrated. Seeded.

Each kind has a generator of real values, and one of look-alikes as they stand in machine data: of the same shape or one
beside it, right by chance where chance has it. Both stand under names that say what the real one is, that say nothing,
or something else, in the shares of ``_REAL`` and ``_OTHER``: judgements, the one thing here that cannot be measured.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from stdnum import luhn
from stdnum.br import cpf
from stdnum.gb import nhs
from stdnum.nl import bsn
from stdnum.us import rtn

from . import DIGITS, LOWER, NEUTRAL, UPPER, Case, alnum
from .generic_secrets import chosen_password, random_secret

__all__ = ["cases"]

Make = Callable[[random.Random], str]


class Kind(NamedTuple):
    """Family, name; real values; look-alikes; names of the own key, of the key around; words beside; other names."""

    family: str
    name: str
    real: Make
    other: Make
    keys: tuple[str, ...]
    around: tuple[str, ...]
    words: tuple[str, ...]
    other_keys: tuple[str, ...]


#: Shares of evidence: own key, key around, word beside, nothing, a name of something else.
_REAL = (50, 10, 20, 18, 2)
_OTHER = (2, 3, 3, 52, 40)
_OTHERS_PER_REAL = 3


def _digits(rng: random.Random, size: int, first: str = "123456789") -> str:
    return rng.choice(first) + alnum(rng, size - 1, DIGITS)


def _card(rng: random.Random) -> str:
    body = rng.choice(("4", "51", "53", "55", "2221", "6011", "37")) + alnum(rng, 15, DIGITS)
    body = body[: 14 if body.startswith("37") else 15]
    return body + luhn.calc_check_digit(body)


def _grouped(text: str, sizes: tuple[int, ...], mark: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(text[at : at + size])
        at += size
    return mark.join(part for part in parts if part)


def _iban(rng: random.Random) -> str:
    country, body = rng.choice(
        (("DE", _digits(rng, 18)), ("NL", alnum(rng, 4, UPPER) + _digits(rng, 10)), ("FR", _digits(rng, 23)))
    )
    number = int("".join(str(int(c, 36)) for c in body + country + "00"))
    return f"{country}{98 - number % 97:02}{body}"


def _ssn(rng: random.Random) -> str:
    area = rng.choice([n for n in range(1, 900) if n != 666])
    return f"{area:03}-{rng.randrange(1, 100):02}-{rng.randrange(1, 10000):04}"


def _grouped_number(rng: random.Random) -> str:
    sizes = rng.choice(((3, 2, 4), (3, 3, 4), (2, 3, 4), (4, 2, 4), (3, 2, 5), (3, 4, 4)))
    return "-".join(alnum(rng, size, DIGITS) for size in sizes)


def _dotted(rng: random.Random) -> str:
    return ".".join(str(rng.randrange(30)) for _ in range(rng.choice((2, 3, 3, 4, 5))))


def _nhs(rng: random.Random) -> str:
    while not nhs.is_valid(text := _digits(rng, 10, "4679")):
        pass
    return text


def _bsn(rng: random.Random) -> str:
    while not bsn.is_valid(text := _digits(rng, 9)):
        pass
    return text


def _cpf(rng: random.Random) -> str:
    while not cpf.is_valid(text := _digits(rng, 9) + alnum(rng, 2, DIGITS)):
        pass
    return _grouped(text, (3, 3, 3), ".") + "-" + text[9:] if rng.random() < 0.6 else text


def _aba(rng: random.Random) -> str:
    body = f"{rng.choice([*range(1, 13), *range(21, 33)]):02}" + alnum(rng, 6, DIGITS)
    return body + rtn.calc_check_digit(body)


def _phone(rng: random.Random) -> str:
    return rng.choice(
        (
            f"+44 20 7946 0{rng.randrange(1000):03}",
            f"+49 30 {rng.randrange(1_000_000, 9_999_999)}",
            f"+1 212 {rng.randrange(200, 999)} {rng.randrange(10000):04}",
        )
    )


def _email(rng: random.Random) -> str:
    first, last, domain = (alnum(rng, rng.randrange(3, 9), LOWER) for _ in range(3))
    return f"{first}.{last}@{domain}.{rng.choice(('com', 'org', 'de', 'co.uk'))}"


def _not_email(rng: random.Random) -> str:
    return rng.choice(
        (
            f"git@{alnum(rng, 6, LOWER)}.com:team/app.git",
            f"@{alnum(rng, 5, LOWER)}/core@1.{rng.randrange(9)}.0",
            f"{alnum(rng, 6, LOWER)}@{alnum(rng, 6, LOWER)}.local",
            f"{alnum(rng, 6, LOWER)}@v1.{rng.randrange(9)}.3",
        )
    )


def _ipv4(rng: random.Random) -> str:
    first = rng.choice((5, 23, 46, 81, 93, 145, 185, 213))
    return f"{first}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def _birth(rng: random.Random) -> str:
    return f"{rng.randrange(1935, 2015)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"


def _nino(rng: random.Random) -> str:
    return rng.choice(("AB", "CE", "JK", "PW", "SR")) + alnum(rng, 6, DIGITS) + rng.choice("ABCD")


def _code(rng: random.Random) -> str:
    return alnum(rng, 2, UPPER) + alnum(rng, 6, DIGITS) + alnum(rng, 1, UPPER)


def _identifier(rng: random.Random) -> str:
    words = ("orders", "service", "main", "token", "public", "session", "build", "cache", "v2", "eu", "prod", "west")
    return rng.choice("-_.").join(rng.sample(words, rng.randrange(2, 5)))


def _hash(rng: random.Random) -> str:
    return rng.choice(
        (f"{rng.getrandbits(160):040x}", f"{rng.getrandbits(128):032x}", alnum(rng, 22), _identifier(rng))
    )


_NUMBERS = (
    "id",
    "order_id",
    "number",
    "serial",
    "article",
    "tracking",
    "sequence",
    "ref",
    "total",
    "count",
    "barcode",
    "offset",
)
KINDS = (
    Kind(
        "financial",
        "card",
        lambda r: _grouped(_card(r), (4, 4, 4, 4), r.choice(("", "", " ", "-"))),
        lambda r: _grouped(_digits(r, 16), (4, 4, 4, 4), r.choice(("", "", " ", "-"))),
        ("card", "cardNumber", "pan", "credit_card"),
        ("card", "payment_card"),
        ("card", "credit card", "visa"),
        _NUMBERS,
    ),
    Kind(
        "financial",
        "iban",
        lambda r: _grouped(_iban(r), (4,) * 7, r.choice(("", " "))),
        lambda r: alnum(r, 2, UPPER) + _digits(r, 20),
        ("iban", "IBAN", "account_iban"),
        ("iban",),
        ("IBAN",),
        _NUMBERS,
    ),
    Kind(
        "financial",
        "routing number",
        _aba,
        lambda r: _digits(r, 9),
        ("routing_number", "aba", "routingNumber"),
        ("aba",),
        ("routing number", "ABA"),
        _NUMBERS,
    ),
    Kind(
        "identity",
        "ssn",
        _ssn,
        _grouped_number,
        ("ssn", "social_security_number"),
        ("ssn",),
        ("SSN", "social security"),
        ("part_number", "order", "sku", "id", "serial"),
    ),
    Kind(
        "identity",
        "nhs",
        _nhs,
        lambda r: _digits(r, 10),
        ("nhs_number", "nhsNumber"),
        ("nhs_number",),
        ("NHS number",),
        _NUMBERS,
    ),
    Kind(
        "identity", "bsn", _bsn, lambda r: _digits(r, 9), ("bsn", "burgerservicenummer"), ("bsn",), ("BSN",), _NUMBERS
    ),
    Kind("identity", "cpf", _cpf, lambda r: _digits(r, 11), ("cpf", "cpf_number"), ("cpf",), ("CPF",), _NUMBERS),
    Kind(
        "identity",
        "nino",
        _nino,
        _code,
        ("nino", "national_insurance_number"),
        ("nino",),
        ("national insurance",),
        ("code", "batch", "sku", "id", "lot"),
    ),
    Kind(
        "identity",
        "birth date",
        _birth,
        _birth,
        ("birth_date", "dateOfBirth", "dob"),
        ("birth_date",),
        ("born", "date of birth"),
        ("created", "date", "release_date", "due", "published"),
    ),
    Kind(
        "contact",
        "phone",
        _phone,
        lambda r: f"+{r.randrange(10**9)}",
        ("phone", "mobile", "telephone"),
        ("phone",),
        ("call", "phone"),
        ("offset", "delta", "id", "diff", "score"),
    ),
    Kind(
        "contact",
        "email",
        _email,
        _not_email,
        ("email", "mail"),
        ("email",),
        ("mail", "email"),
        ("repository", "remote", "package", "id", "ref"),
    ),
    Kind(
        "contact",
        "ipv4",
        _ipv4,
        _dotted,
        ("ip", "client_ip", "remote_addr"),
        ("ip",),
        ("address", "from"),
        ("version", "agent_version", "release", "oid", "section"),
    ),
    Kind(
        "secrets",
        "password",
        chosen_password,
        _identifier,
        ("password", "db_password", "passwd"),
        ("password",),
        ("password:", "password ="),
        ("username", "status", "title", "name", "branch"),
    ),
    Kind(
        "secrets",
        "secret",
        random_secret,
        _hash,
        ("api_key", "client_secret", "access_token"),
        ("secrets",),
        ("api_key:", "token ="),
        ("sha", "etag", "cursor", "next_page_token", "id", "checksum", "cache_key"),
    ),
)
_SENTENCES = ("{} {} was given", "the {} {} is in the ticket", "{} {}", "please note {} {} for later")
_PLAIN = ("see {} for more", "it is {} now", "{} was given", "as of {} nothing changed")


def _dressed(rng: random.Random, kind: Kind, text: str, find: str | None, shares: tuple[int, ...]) -> Case:
    evidence = rng.choices(("own", "around", "word", "none", "other"), shares)[0]
    label = kind.name
    if evidence == "own":
        return Case(kind.family, label, text, find, rng.choice(kind.keys))
    if evidence == "around":
        return Case(
            kind.family,
            label,
            text,
            find,
            rng.choice(("value", "number", "current", "text")),
            path=(rng.choice(kind.around),),
        )
    if evidence == "word":
        return Case(
            kind.family, label, rng.choice(_SENTENCES).format(rng.choice(kind.words), text), find, rng.choice(NEUTRAL)
        )
    if evidence == "other":
        return Case(kind.family, label, text, find, rng.choice(kind.other_keys))
    if rng.random() < 0.4:
        return Case(kind.family, label, rng.choice(_PLAIN).format(text), find, rng.choice(NEUTRAL))
    return Case(kind.family, label, text, find, rng.choice(NEUTRAL))


def cases(count: int, seed: int = 21) -> Iterator[Case]:
    """``count`` real values of each kind, three times as many look-alikes."""
    rng = random.Random(seed)
    for _ in range(count):
        for kind in KINDS:
            real = kind.real(rng)
            yield _dressed(rng, kind, real, real, _REAL)
            for _ in range(_OTHERS_PER_REAL):
                yield _dressed(rng, kind, kind.other(rng), None, _OTHER)
