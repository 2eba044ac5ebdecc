"""What one inspection may still spend on decoding: bytes, depth, time. Shared by everything under one payload."""

from __future__ import annotations

from collections.abc import Callable

from ..model import Limits, Skipped

__all__ = ["Budget"]


class Budget:
    """Counts down. What does not fit is noted in ``skipped``, never dropped in silence.

    ``now`` is a monotonic clock in seconds; it comes from the caller, so that the core reads no clock of its own.
    """

    __slots__ = ("_limit_seconds", "_now", "_started", "bytes_left", "limits", "skipped")

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        self.limits = limits
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

    def late(self, what: str) -> bool:
        """Whether the deadline has passed; then ``what`` is noted as skipped."""
        left = self.seconds_left
        if left is None or left > 0.0:
            return False
        self.skip(what, f"the deadline of {self._limit_seconds} s has passed")
        return True

    def allowance(self, encoded: int) -> int:
        """Bytes that a layer of ``encoded`` bytes may decode to."""
        return min(self.bytes_left, encoded * self.limits.max_expansion_ratio)

    def spend(self, size: int) -> None:
        self.bytes_left -= size

    def affords(self, size: int, what: str) -> bool:
        """Takes ``size`` decoded bytes off what is left; else notes ``what`` as skipped."""
        if size > self.bytes_left:
            self.skip(what, f"the layers of this payload hold more than {self.limits.max_expansion} bytes")
            return False
        self.bytes_left -= size
        return True
