"""One-way replacements: pseudonyms, shifted dates, numbers in buckets. Nothing opens them."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from ..errors import TokenError
from .grammar import PSEUDONYM, write
from .sealed import Domain
from .value import Form

__all__ = ["Bucket", "DateShift", "Pseudonym"]


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """HMAC-SHA256 of the value, cut to ``size`` bytes: equal values are equal, and there is no way back.

    Where the value has few possibilities, whoever can submit payloads can try them all (docs/tokenization.md).
    """

    size: int = 16

    def __post_init__(self) -> None:
        if not 12 <= self.size <= 32:
            raise TokenError("a pseudonym has 12 to 32 bytes")

    def make(self, domain: Domain, raw: bytes, form: Form, bound: bytes) -> bytes:
        return write(PSEUDONYM, domain.kid, domain.entity, domain.mac(b"pseudonym", bound + b"\0" + raw)[: self.size])


_DATES: Final = {
    # Order of the three numbers; what follows (a time) stays as it is.
    "iso": re.compile(r"(?P<y>\d{4})(?P<s>[-/.]?)(?P<m>\d\d)(?P=s)(?P<d>\d\d)(?!\d)"),
    "dmy": re.compile(r"(?P<d>\d\d)(?P<s>[-/.])(?P<m>\d\d)(?P=s)(?P<y>\d{4})(?!\d)"),
    "mdy": re.compile(r"(?P<m>\d\d)(?P<s>[-/.])(?P<d>\d\d)(?P=s)(?P<y>\d{4})(?!\d)"),
}


@dataclass(frozen=True, slots=True)
class DateShift:
    """Moves a date by 1 to ``days`` days back or forth, by the same number for everything of one tenant and binding.

    So intervals stay true: bind the tokenizer to what names the person or record (``bind=("attributes.patient",)``),
    and each gets a shift of its own. All entities are shifted alike.

    Args:
        days: the furthest shift.
        order: ``"iso"`` (year first, with or without separators), ``"dmy"`` or ``"mdy"``. What follows the date stays.
    """

    days: int = 182
    order: str = "iso"

    def __post_init__(self) -> None:
        if self.order not in _DATES:
            raise TokenError(f"the order of a date is one of {', '.join(_DATES)}")
        if not 1 <= self.days <= 36_500:
            raise TokenError("a date is shifted by 1 to 36500 days")

    def make(self, domain: Domain, raw: bytes, form: Form, bound: bytes) -> bytes:
        try:
            text = raw.decode("ascii")
            found = _DATES[self.order].match(text)
            if found is None or (form is Form.NUMBER and found.end() != len(text)):
                raise ValueError
            day = datetime.date(int(found["y"]), int(found["m"]), int(found["d"]))
            number = int.from_bytes(domain.mac(b"shift", bound)[:8], "big") % (2 * self.days)
            day += datetime.timedelta(days=number - self.days if number < self.days else number - self.days + 1)
        except (ValueError, OverflowError):
            raise TokenError(f"the value is no date of order {self.order}") from None
        parts = {"y": f"{day.year:04}", "m": f"{day.month:02}", "d": f"{day.day:02}"}
        order = {"iso": "ymd", "dmy": "dmy", "mdy": "mdy"}[self.order]
        return (found["s"].join(parts[p] for p in order) + text[found.end() :]).encode()


@dataclass(frozen=True, slots=True)
class Bucket:
    """The bucket of a number: a number becomes the lower end, text becomes ``"30-39"``.

    Args:
        width: of each bucket, a positive whole number; buckets start at multiples of it.
        top: from here on there is one bucket (``"90+"``), as for ages over 89 (45 CFR 164.514(b)(2)(i)(C)).
    """

    width: int = 10
    top: int | None = None

    def __post_init__(self) -> None:
        if self.width < 1:
            raise TokenError("a bucket has a width of 1 or more")

    def make(self, domain: Domain, raw: bytes, form: Form, bound: bytes) -> bytes:
        try:
            number = Decimal(raw.decode("ascii"))
            if not number.is_finite() or abs(number) >= 10**18:
                raise InvalidOperation
        except (InvalidOperation, UnicodeDecodeError):
            raise TokenError("the value is no number that a bucket can hold") from None
        if self.top is not None and number >= self.top:
            return str(self.top).encode() if form is Form.NUMBER else f"{self.top}+".encode()
        low = int(number // self.width) * self.width
        if low > number:  # // of a Decimal cuts toward zero
            low -= self.width
        return str(low).encode() if form is Form.NUMBER else f"{low}-{low + self.width - 1}".encode()
