"""Who may open tokens, how often anyone may make or open them, and the record of each attempt."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from ..errors import TokenError
from ..model import Context

__all__ = ["Access", "Limit", "MayOpen", "Operation", "RateLimit", "anyone", "by_role"]

Operation: TypeAlias = Literal["tokenize", "detokenize"]

#: Whether the context may see values of an entity in clear.
MayOpen: TypeAlias = Callable[[Context, str], bool]
#: Asked before anything is made or opened, with the number of values; raises :class:`TokenError` to refuse.
Limit: TypeAlias = Callable[[Operation, str, int, Context], None]


@dataclass(frozen=True, slots=True)
class Access:
    """One attempt to open the tokens of a payload. Holds no value and no token.

    Attributes:
        operation: ``"detokenize"``.
        tenant: of the tokenizer.
        entities: how many tokens of each entity.
        context: who asked.
        allowed: whether the values were handed out.
        reason: why not; empty otherwise.
    """

    operation: Operation
    tenant: str
    entities: Mapping[str, int]
    context: Context
    allowed: bool
    reason: str = ""


def anyone(context: Context, entity: str) -> bool:
    """Everybody may open everything: for batch jobs that are guarded elsewhere."""
    return True


def by_role(table: Mapping[str, Collection[str]]) -> MayOpen:
    """Opens an entity for the roles that ``table`` lists under it, and every entity for those under ``"*"``.

    >>> may_open = by_role({"credit_card": {"fraud"}, "*": {"privacy-officer"}})
    >>> may_open(Context(roles=("fraud",)), "credit_card"), may_open(Context(roles=("fraud",)), "us_ssn")
    (True, False)
    """
    known = MappingProxyType({entity: frozenset(roles) for entity, roles in table.items()})
    everything = known.get("*", frozenset())

    def may_open(context: Context, entity: str) -> bool:
        roles = frozenset(context.roles)
        return bool(roles & everything or roles & known.get(entity, frozenset()))

    return may_open


class RateLimit:
    """A :data:`Limit`: so many values a second for each actor and operation, with a burst (a token bucket).

    Thread-safe. Remembers the actors of late only (``actors`` of them), so that inventing names fills no memory;
    whoever is forgotten starts with a full burst.

    Args:
        rate: values a second.
        burst: values at once.
        by: the attribute of the context that names the actor; those without one share one allowance.
        actors: how many are remembered.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        rate: float,
        burst: int,
        *,
        by: str = "user",
        actors: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not (rate > 0 and burst >= 1 and actors >= 1):
            raise TokenError("a rate limit has a positive rate, a burst and room for one actor at least")
        self._rate = rate
        self._burst = burst
        self._by = by
        self._actors = actors
        self._clock = clock
        self._left: OrderedDict[tuple[str, str | None], tuple[float, float]] = OrderedDict()
        self._guard = threading.Lock()

    def __call__(self, operation: Operation, entity: str, count: int, context: Context) -> None:
        who = getattr(context, self._by, None) if self._by != "roles" else None
        actor = (operation, None if who is None else str(who))
        with self._guard:
            now = self._clock()
            left, since = self._left.pop(actor, (float(self._burst), now))
            left = min(float(self._burst), left + (now - since) * self._rate)
            enough = count <= left
            self._left[actor] = (left - count if enough else left, now)
            if len(self._left) > self._actors:
                self._left.popitem(last=False)
        if not enough:
            raise TokenError(f"{operation}: more values than the rate limit lets through now")
