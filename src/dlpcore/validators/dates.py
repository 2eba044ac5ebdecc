"""Checks of dates about persons. No clock: the bounds are constants, so that a verdict depends on its input alone."""

from __future__ import annotations

import datetime
import re

__all__ = ["birth_date"]

_YEAR_FIRST = re.compile(rb"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})")
_YEAR_LAST = re.compile(rb"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(rb"(?:(\d{1,2})\.? ?)?([A-Za-z]{3})[A-Za-z]{0,6}\.?,? ?(?:(\d{1,2})(?:st|nd|rd|th)?,? )?(\d{4})")
_FIRST_YEAR, _LAST_YEAR = 1900, 2099


def birth_date(value: bytes) -> float:
    """ISO 8601, day and month in either order before the year, or an English month; within the years of the living."""
    if match := _YEAR_FIRST.match(value):
        year, month, day = (int(part) for part in match.groups())
        return 0.3 if _exists(year, month, day) else 0.0
    if match := _YEAR_LAST.fullmatch(value):
        first, second, year = (int(part) for part in match.groups())
        return 0.3 if _exists(year, first, second) or _exists(year, second, first) else 0.0
    if (match := _NAMED.fullmatch(value)) and match[2].decode().lower() in _MONTHS:
        day, month = int(match[1] or match[3] or 0), _MONTHS.index(match[2].decode().lower()) + 1
        return 0.3 if _exists(int(match[4]), month, day) else 0.0
    return 0.0


def _exists(year: int, month: int, day: int) -> bool:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return False
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True
