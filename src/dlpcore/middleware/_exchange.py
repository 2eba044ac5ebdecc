"""What the web middlewares say and count: coverage, problem answers, and header fields of bodies that changed.

References: RFC 9110 (HTTP semantics), RFC 9457 (problem details), RFC 9530 (digest fields).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import orjson

from ..model import Action, Skipped, Verdict
from ._body import BodyGate, Outcome, Trouble

__all__ = ["Coverage", "Headers", "described", "incomplete", "mended", "problem"]

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


def described(headers: Headers) -> tuple[str, list[str]]:
    """The content type, ``""`` where there is none, and the fields of ``Content-Encoding``."""
    content_type = ""
    coded: list[str] = []
    for name, value in headers:
        if name == "content-type":
            content_type = content_type or value
        elif name == "content-encoding":
            coded.append(value)
    return content_type, coded


def mended(headers: Headers, gate: BodyGate, length: int | None) -> Headers:
    """The header fields of a body that was changed, or that leaves decoded.

    Args:
        length: of what leaves, in one piece; ``None`` for a stream.
    """
    dropped = set(_OF_THE_BYTES)
    if gate.decoded:
        dropped.add("content-encoding")
    if length is not None:
        dropped.add("transfer-encoding")  # beside a length it would be two lengths
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


def incomplete(outcome: Outcome) -> Verdict:
    """The verdict on a body that could not be inspected."""
    action = Action.BLOCK if outcome.blocked else Action.FLAG
    return Verdict(action, (), False, (Skipped("body", outcome.why),), {}, (outcome.why,))
