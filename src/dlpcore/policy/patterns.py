"""Patterns of policy conditions: names with wildcards, networks, windows of time. Compiled once, linear to match."""

from __future__ import annotations

import datetime
import ipaddress
import re
import zoneinfo
from collections.abc import Callable, Sequence
from typing import Final

__all__ = ["any_of", "glob", "network", "window"]

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")


def glob(text: str, any_character: str = ".") -> str:
    """A regular expression: ``*`` is any characters, ``?`` one, all else itself. Runs of ``*`` are one."""
    parts = [re.escape(part) for part in re.split(r"\*+", text)]
    body = f"{any_character}*".join(parts)
    return body.replace(r"\?", any_character)


def any_of(texts: Sequence[str], *, ignore_case: bool = False) -> Callable[[str | None], bool]:
    """Whether a text is one of these names or is matched by one of these globs; ``None`` never is."""
    if ignore_case:
        texts = [text.lower() for text in texts]
    plain = frozenset(text for text in texts if "*" not in text and "?" not in text)
    # a glob of many stars could take long on a long text: each part is searched for once, from left to right
    globs = [_Glob(text) for text in texts if text not in plain]

    def matches(text: str | None) -> bool:
        if text is None:
            return False
        if ignore_case:
            text = text.lower()
        return text in plain or any(each.matches(text) for each in globs)

    return matches


class _Glob:
    """A glob matched greedily part by part, which is linear for each part and right: any first fit is right."""

    __slots__ = ("_head", "_middle", "_tail")

    def __init__(self, text: str) -> None:
        parts = [re.compile(glob(part), re.DOTALL) for part in re.split(r"\*+", text)]
        self._head = parts[0]
        self._middle = parts[1:-1]
        self._tail = re.compile(f"{parts[-1].pattern}\\Z", re.DOTALL) if len(parts) > 1 else None

    def matches(self, text: str) -> bool:
        if self._tail is None:
            return self._head.fullmatch(text) is not None
        found = self._head.match(text)
        for part in self._middle:
            if found is None:
                return False
            found = part.search(text, found.end())
        if found is None:
            return False
        return self._tail.search(text, found.end()) is not None


def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """A network or single address.

    Raises:
        ValueError: it is neither.
    """
    return ipaddress.ip_network(text)


def window(text: str) -> Callable[[float], bool]:
    """A window of time: days, hours, zone, each of them optional, such as ``"mon-fri 22:00-06:00 Europe/Berlin"``.

    The zone is UTC where none is named. Hours that pass midnight belong to the day that they begin on.

    Raises:
        ValueError: it is none.
    """
    days: frozenset[int] = frozenset(range(7))
    begin, end = 0, 24 * 60
    zone: datetime.tzinfo = datetime.UTC
    words = text.split()
    if not words:
        raise ValueError("an empty window of time")
    if words[0][:3].lower() in _DAYS:
        days = _days(words.pop(0).lower())
    if words and (hours := _HOURS.fullmatch(words[0])):
        words.pop(0)
        begin, end = (60 * int(hours[i]) + int(hours[i + 1]) for i in (1, 3))
        if begin == end or end > 24 * 60:
            raise ValueError("hours that never come")
    if words:
        try:
            zone = zoneinfo.ZoneInfo(words.pop(0))
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("a zone that is not known here") from None
    if words:
        raise ValueError("a window of time is days, hours and zone, in this order")

    def within(time: float) -> bool:
        local = datetime.datetime.fromtimestamp(time, zone)
        day, minute = local.weekday(), 60 * local.hour + local.minute
        if begin < end:
            return day in days and begin <= minute < end
        return (minute >= begin and day in days) or (minute < end and (day - 1) % 7 in days)

    return within


def _days(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in _DAYS or (last and last not in _DAYS):
            raise ValueError("days are mon, tue, wed, thu, fri, sat, sun")
        day, until = _DAYS.index(first), _DAYS.index(last or first)
        found.add(day)
        while day != until:
            day = (day + 1) % 7
            found.add(day)
    return frozenset(found)
