"""What one inspection may still spend: decoded bytes, depth, time, work. Shared by everything under one payload.

Work is counted, not measured, so that a payload has the same verdict on every machine: one unit is about a nanosecond
where the prices below were taken. Most payloads never come near the bound. It is there for those that are written to
call as much as they can, and holds where there is no deadline too.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Final

from ..model import Limits, Skipped

__all__ = ["BYTE", "LAYER", "PEELED", "RECORD", "TOKEN", "TRIGGER", "YARA", "Budget"]

#: Units of work for any payload, whatever its size.
_AT_LEAST: Final = 45_000_000
#: Units: for a text that rules are tried on, for each trigger that called them, for a text that may be a layer or was
#: one; for a byte of the former, of what was decoded, and of what YARA reads; for a token that is copied.
TOKEN: Final = 6_000
TRIGGER: Final = 300
LAYER: Final = 15_000
PEELED: Final = 40
BYTE: Final = 10
YARA: Final = 20
RECORD: Final = 3_000


class Budget:
    """Counts down. What does not fit is noted in ``skipped``, never dropped in silence.

    ``now`` is a monotonic clock in seconds; it comes from the caller, so that the core reads no clock of its own.
    """

    __slots__ = ("_limit_seconds", "_now", "_started", "bytes_left", "limits", "skipped", "work_left")

    def __init__(self, limits: Limits, now: Callable[[], float], size: int = 0) -> None:
        """``size``: bytes of the payload, which the work is measured by."""
        self.limits = limits
        self.work_left: float = inf if limits.max_work is None else _AT_LEAST + limits.max_work * size
        self.bytes_left = limits.max_expansion
        self.skipped: dict[Skipped, None] = {}
        self._now = now
        self._started = now()
        self._limit_seconds = limits.deadline

    def skip(self, what: str, why: str) -> None:
        """Notes something that was not inspected; the same note once."""
        self.skipped.setdefault(Skipped(what, why))

    @property
    def seconds_left(self) -> float | None:
        """Until the deadline; ``None`` for no deadline; never negative."""
        if self._limit_seconds is None:
            return None
        return max(0.0, self._limit_seconds - (self._now() - self._started))

    def grant(self, seconds: float) -> None:
        """Gives back time that was not spent on this payload: on what is compiled once for all of them."""
        self._started += seconds

    def works(self, units: float) -> bool:
        """Takes ``units`` of work off what is left; once there is none, that is noted as skipped."""
        self.work_left -= units
        if self.work_left >= 0:
            return True
        self.skip("budget", f"more work than max_work ({self.limits.max_work} a byte) allows; the rest was left out")
        return False

    def late(self, what: str, work: float = 0.0) -> bool:
        """Whether the deadline has passed, and then ``what`` is noted as skipped, or there is no ``work`` left."""
        self.work_left -= work
        if self.work_left < 0:
            return not self.works(0)
        left = self.seconds_left
        if left is None or left > 0.0:
            return False
        self.skip(what, f"the deadline of {self._limit_seconds} s has passed")
        return True

    def allowance(self, encoded: int) -> int:
        """Bytes that a layer of ``encoded`` bytes may decode to."""
        allowed = min(self.bytes_left, encoded * self.limits.max_expansion_ratio)
        return allowed if self.work_left >= BYTE * allowed else max(0, int(self.work_left // BYTE))

    def spend(self, size: int) -> None:
        self.bytes_left -= size

    def affords(self, size: int, what: str) -> bool:
        """Takes ``size`` decoded bytes off what is left; else notes ``what`` as skipped."""
        if size > self.bytes_left:
            self.skip(what, f"the layers of this payload hold more than {self.limits.max_expansion} bytes")
            return False
        self.bytes_left -= size
        return True
