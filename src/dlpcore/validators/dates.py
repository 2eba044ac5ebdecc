"""Checks of dates about persons. No clock: the bounds are constants, so that a verdict depends on its input alone."""

from __future__ import annotations

import datetime
import re

__all__ = ["birth_date"]

_YEAR_FIRST = re.compile(rb"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})")
_YEAR_LAST = re.compile(rb"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_FIRST_YEAR, _LAST_YEAR = 1900, 2099


def birth_date(value: bytes) -> float:
    """ISO 8601, or day and month in either order before the year, within the years of the living."""
    if match := _YEAR_FIRST.match(value):
        year, month, day = (int(part) for part in match.groups())
        return 0.3 if _exists(year, month, day) else 0.0
    if match := _YEAR_LAST.fullmatch(value):
        first, second, year = (int(part) for part in match.groups())
        return 0.3 if _exists(year, first, second) or _exists(year, second, first) else 0.0
    return 0.0


def _exists(year: int, month: int, day: int) -> bool:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return False
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True
