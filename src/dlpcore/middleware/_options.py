"""How the web middlewares work: their options, routes that are exempt, and the gate and the quick look made of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, TypedDict

from ..editing import Tokenizers
from ..errors import InputError
from ..inspector import Inspector
from ..model import Action, Context, Verdict
from ._body import BodyGate, body_limit, is_json
from ._coding import codings

__all__ = ["Late", "Options", "Settings", "is_clean", "is_quick"]

_LOG = logging.getLogger("dlpcore.middleware")
_CLEAN: Final = Verdict()
_ALLOW: Final = Action.ALLOW
_MAX_PATH: Final = 1024


class Options(TypedDict, total=False):
    """Keyword arguments that both web middlewares take.

    Attributes:
        requests, responses: which directions to inspect; both if not given.
        exempt: route patterns that are let through unseen, such as ``"/health"`` or ``"/static/**"`` (``*`` stays
            within a segment). They are counted.
        tokenizer: for policies that tokenize.
        on_verdict: called with each verdict that is not clean and its context, for events and metrics; under ASGI from
            another thread where the body is large. What it raises is logged by its type, and nothing else happens.
        max_bytes: bytes that a body, or a record of a stream, may have; the inspector's limits if not given.
    """

    requests: bool
    responses: bool
    exempt: Iterable[str] | str
    tokenizer: Tokenizers
    on_verdict: Callable[[Verdict, Context], None] | None
    max_bytes: int | None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The options of one middleware, checked, with what follows from them. Immutable.

    Attributes:
        offload: bodies of at least so many bytes are not for the thread that carries them; ``None`` for no bound.
        limit: bytes that a body may have.

    Raises:
        InputError: a pattern or a size is wrong.
    """

    inspector: Inspector
    requests: bool = True
    responses: bool = True
    exempt: Iterable[str] | str = ()
    tokenizer: Tokenizers = None
    on_verdict: Callable[[Verdict, Context], None] | None = None
    max_bytes: int | None = None
    offload: int | None = None
    limit: int = field(init=False)
    _quick: int = field(init=False, repr=False)
    _routes: tuple[re.Pattern[str], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name, least in (("max_bytes", 1), ("offload", 0)):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
                raise InputError(f"{name} must be a whole number of at least {least}, not {value!r}")
        patterns = (self.exempt,) if isinstance(self.exempt, str) else tuple(self.exempt)
        limit = body_limit(self.inspector, self.max_bytes)
        found = {
            "limit": limit,
            "_quick": limit if self.offload is None else min(limit, self.offload - 1),
            "_routes": tuple(_route(pattern) for pattern in patterns),
        }
        for name, each in found.items():
            object.__setattr__(self, name, each)

    def is_exempt(self, path: str) -> bool:
        """Whether a route pattern matches: ``*`` within a segment, ``**`` over segments.

        A path that climbs (``/static/../admin``) is not exempt: which route it means is for the application to say.
        One of more than 1,024 characters is not either.
        """
        return (
            bool(self._routes)
            and len(path) <= _MAX_PATH
            and ".." not in path.split("/")
            and any(route.fullmatch(path) is not None for route in self._routes)
        )

    def glance(self, body: bytes, content_type: str, context: Callable[[], Context]) -> Verdict | None:
        """The verdict on a whole body whose type :func:`is_quick`, where a look at it is all that is needed.

        ``None`` where a gate is needed: without a type the body is to be sniffed, it is large, or the inspection
        failed.
        """
        if not body:
            return _CLEAN
        if not content_type or len(body) > self._quick:
            return None
        try:
            return self.inspector.inspect(body, context)
        except Exception:  # the gate tries again, and tells what it was
            return None

    def gate(self, content_type: str, coded: list[str], context: Callable[[], Context]) -> BodyGate:
        """The gate of a body of this type, with these ``Content-Encoding`` fields."""
        hook = self.on_verdict
        return BodyGate(
            self.inspector,
            context=context,
            content_type=content_type,
            codings=codings(coded) if coded else (),
            tokenizer=self.tokenizer,
            on_verdict=None if hook is None else lambda verdict, _: _tell(hook, verdict, context),
            max_bytes=self.max_bytes,
        )


class Late:
    """A context that is made when it is asked for, once: nobody asks for that of clean traffic."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], Context]) -> None:
        self._make = make
        self._made: Context | None = None

    def __call__(self) -> Context:
        if self._made is None:
            self._made = self._make()
        return self._made


def is_quick(content_type: str) -> bool:
    """Whether :meth:`Settings.glance` can say something of bodies of this type, where they are not coded."""
    return not content_type or is_json(content_type)


def is_clean(verdict: Verdict) -> bool:
    """Whether there is nothing to do, to keep or to tell."""
    return verdict.action is _ALLOW and not verdict.findings and verdict.complete


def _tell(hook: Callable[[Verdict, Context], None], verdict: Verdict, context: Callable[[], Context]) -> None:
    """Hands a verdict to ``on_verdict``, whose failure is not the traffic's."""
    if is_clean(verdict):
        return
    try:
        hook(verdict, context())
    except Exception as error:  # only its type: its text may hold anything
        _LOG.error("on_verdict failed: %s", type(error).__name__)


def _route(pattern: str) -> re.Pattern[str]:
    if not pattern.startswith("/"):
        raise InputError(f"an exempt route must begin with '/', not be {pattern!r}")
    first, *others = ("[^/]*?".join(map(re.escape, piece.split("*"))) for piece in pattern.split("**"))
    # What stands between two ** may be taken where it is first found: going back would find nothing more.
    between = "".join(f"(?>.*?{piece})" for piece in others[:-1])
    return re.compile(first + between + "".join(f".*{piece}" for piece in others[-1:]), re.DOTALL)
