"""What the web middlewares share: options, exempt routes, the coverage count, problem answers, and mended headers.

References: RFC 9110 (HTTP semantics), RFC 9457 (problem details), RFC 9530 (digest fields).
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import orjson

from ..errors import InputError
from ..inspector import Inspector, Tokenizers
from ..model import Action, Context, Verdict
from ._body import BodyGate, Outcome, Trouble
from ._coding import codings

__all__ = ["Coverage", "Headers", "Options", "mended", "problem", "routes"]

_LOG = logging.getLogger("dlpcore.middleware")
#: Field names in lower case, and values.
Headers: TypeAlias = list[tuple[str, str]]

#: Fields that describe bytes which are no longer the ones that leave.
_OF_THE_BYTES: Final = frozenset(
    {"content-length", "etag", "content-md5", "digest", "content-digest", "repr-digest", "signature", "signature-input",
     "accept-ranges", "last-modified"}
)  # fmt: skip
_STATUS: Final = {Trouble.TOO_LARGE: 413, Trouble.UNDECODABLE: 415}


class Coverage:
    """Counts what was inspected and what was not, since the middleware was made. Thread-safe.

    ``inspected``, ``blocked`` and ``changed`` count bodies and web socket messages; ``exempt`` counts requests of
    exempt routes; ``too-large``, ``undecodable`` and ``failed`` count bodies that were not inspected (wholly).
    """

    NAMES: Final = ("inspected", "blocked", "changed", "exempt", *(str(each) for each in Trouble))

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(self.NAMES, 0)

    def count(self, name: str) -> None:
        with self._lock:
            self._counts[name] += 1

    def body(self, outcome: Outcome) -> None:
        """Counts a body by what became of it."""
        with self._lock:
            self._counts["inspected" if outcome.trouble is None else outcome.trouble] += 1
            self._counts["blocked"] += outcome.blocked
            self._counts["changed"] += outcome.changed

    def snapshot(self) -> Mapping[str, int]:
        """The counts as they are now."""
        with self._lock:
            return MappingProxyType(dict(self._counts))


@dataclass(frozen=True)
class Options:
    """How a middleware works; each is described at the middlewares.

    Raises:
        InputError: a pattern or a size is wrong.
    """

    inspector: Inspector
    requests: bool
    responses: bool
    exempt: tuple[str, ...]
    tokenizer: Tokenizers
    on_verdict: Callable[[Verdict, Context], None] | None
    max_bytes: int | None
    offload: int

    def __post_init__(self) -> None:
        for pattern in self.exempt:
            if not pattern.startswith("/"):
                raise InputError(f"an exempt route must begin with '/', not be {pattern!r}")
        for name, least in (("max_bytes", 1), ("offload", 0)):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
                raise InputError(f"{name} must be a whole number of at least {least}, not {value!r}")

    def is_exempt(self, path: str) -> bool:
        """Whether a route pattern matches: ``*`` within a segment, ``**`` over segments.

        A path that climbs (``/static/../admin``) is not exempt: which route it means is for the application to say.
        """
        return (
            bool(self.exempt)
            and ".." not in path.split("/")
            and any(_route(pattern).fullmatch(path) for pattern in self.exempt)
        )

    def gate(self, headers: Headers, context: Callable[[str | None], Context]) -> BodyGate:
        """The gate of a body with these header fields; ``context`` makes the context from their content type."""
        content_type = ""
        coded: list[str] = []
        for name, value in headers:
            if name == "content-type":
                content_type = content_type or value
            elif name == "content-encoding":
                coded.append(value)
        made = context(content_type or None)
        tell = None if self.on_verdict is None else lambda verdict, _: self.tell(verdict, made)
        return BodyGate(
            self.inspector,
            context=made,
            content_type=content_type,
            codings=codings(coded) if coded else (),
            tokenizer=self.tokenizer,
            on_verdict=tell,
            max_bytes=self.max_bytes,
        )

    def tell(self, verdict: Verdict, context: Context) -> None:
        """Hands a verdict to ``on_verdict``, whose failure is not the traffic's."""
        if self.on_verdict is None or (verdict.action == Action.ALLOW and not verdict.findings and verdict.complete):
            return
        try:
            self.on_verdict(verdict, context)
        except Exception as error:  # only its type: its text may hold anything
            _LOG.error("on_verdict failed: %s", type(error).__name__)


_ROUTES: dict[str, re.Pattern[str]] = {}


def _route(pattern: str) -> re.Pattern[str]:
    known = _ROUTES.get(pattern)
    if known is None:
        parts = re.split(r"(\*\*|\*)", pattern)
        source = "".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)
        known = _ROUTES[pattern] = re.compile(source, re.DOTALL)
    return known


def mended(headers: Headers, gate: BodyGate, length: int | None) -> Headers:
    """The header fields of a body that was changed, or that leaves decoded.

    Args:
        length: of what leaves; ``None`` for a stream.
    """
    dropped = set(_OF_THE_BYTES)
    if gate.decoded:
        dropped.add("content-encoding")
    kept = [(name, value) for name, value in headers if name not in dropped]
    if length is not None:
        kept.append(("content-length", str(length)))
    return kept


def problem(outcome: Outcome, direction: str) -> tuple[int, Headers, bytes]:
    """The answer in place of what is blocked: RFC 9457, and no byte of what was found.

    Rules, families and counts are named for requests only: to whom a response would go, it must not say what was in it.
    """
    status = 403
    title = "Blocked by the data loss prevention policy"
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": status}
    if outcome.trouble is not None:
        if direction == "request":
            status = _STATUS.get(outcome.trouble, 403)
        body["detail"] = f"The {direction} could not be inspected: {outcome.why}."
        body["status"] = status
    elif direction == "request":
        rules = sorted({f.rule for v in outcome.verdicts for f in v.findings if f.action > "flag"})
        body["detail"] = "The request holds what must not be sent."
        body["rules"] = rules
    else:
        body["detail"] = "The response held what must not be sent."
    data = orjson.dumps(body)
    headers = [
        ("content-type", "application/problem+json"),
        ("content-length", str(len(data))),
        ("cache-control", "no-store"),
    ]
    return status, headers, data


def routes(patterns: Iterable[str] | str) -> tuple[str, ...]:
    """Route patterns as a tuple: one alone may be given as it is."""
    return (patterns,) if isinstance(patterns, str) else tuple(patterns)
