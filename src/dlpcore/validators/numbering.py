"""Numbering plans of countries as one pattern each: whether an international telephone number is one that they have.

Theory of operation. The metadata of libphonenumber describes each plan by patterns of its kinds of numbers. Asked one
after the other they take longer than all else that is done for a finding, so those of a plan are joined once. What this
does not know for certain (short forms, prefixes of trunks, letters) is left to the library itself.
"""

from __future__ import annotations

import functools
import re
from typing import Any

__all__ = ["is_certain"]

_KINDS = (
    *("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "pager", "uan"),
    "voicemail",
)
_NOT_DIGITS = re.compile(rb"[^0-9]+")


def is_certain(value: bytes) -> bool:
    """Whether a number that begins with ``+`` is valid for sure; False leaves it open."""
    digits = _NOT_DIGITS.sub(b"", value).decode()
    if digits.startswith("0"):  # no country code does
        return False
    for length in (1, 2, 3):  # no country code begins another one (ITU-T E.164 annex D)
        plan = _plan(int(digits[:length] or 0))
        if plan is not None:
            national = digits[length:]
            trunk, numbers = plan
            return (trunk is None or trunk.match(national) is None) and numbers.fullmatch(national) is not None
    return False


@functools.cache
def _plan(country_code: int) -> tuple[re.Pattern[str] | None, re.Pattern[str]] | None:
    """The prefix that is dialled within the country, and its numbers, of every region that has the code."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    regions = COUNTRY_CODE_TO_REGION_CODE.get(country_code)
    if not regions or regions == ("001",):
        return None
    # The first region is the one whose rules a number is read by.
    metadata = [found for each in regions if (found := PhoneMetadata.metadata_for_region(each, None)) is not None]
    main = metadata[0]
    trunk = main.national_prefix_for_parsing
    numbers = "|".join(filter(None, map(_numbers, metadata)))
    return (re.compile(trunk) if trunk else None), re.compile(numbers or "(?!)")


def _numbers(metadata: Any) -> str:
    """The national numbers of one region: of a general form and of a kind, each with its lengths."""
    kinds = [_described(getattr(metadata, kind)) for kind in _KINDS]
    general = _described(metadata.general_desc)
    wanted = "|".join(filter(None, kinds))
    if not general or not wanted:
        return ""
    begins = f"(?={metadata.leading_digits})" if metadata.leading_digits else ""
    return rf"{begins}(?={general}\Z)(?:{wanted})"


def _described(description: Any) -> str:
    if description is None or not description.national_number_pattern:
        return ""
    pattern = f"(?:{description.national_number_pattern})"
    lengths = "|".join(rf"\d{{{length}}}\Z" for length in description.possible_length if length > 0)
    return f"(?={lengths}){pattern}" if lengths else pattern
