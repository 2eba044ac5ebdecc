"""What both halves of the ASGI middleware stand on: types of messages, one middleware's parts, header fields, threads.

Source: https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..model import Context
from ._body import BodyGate
from ._exchange import Coverage, Headers
from ._options import Settings

__all__ = ["App", "Core", "Message", "Receive", "Scope", "Send", "described", "fields", "raw"]

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_NOBODY = Context()


@dataclass(frozen=True, slots=True)
class Core:
    """The parts of one middleware."""

    app: App
    settings: Settings
    coverage: Coverage
    context: Callable[[Scope], Context] | None

    def context_of(self, scope: Scope, direction: str, content_type: str) -> Context:
        """The context of a body."""
        given = self.context(scope) if self.context is not None else _NOBODY
        client = scope.get("client")
        return Context(
            user=given.user,
            device=given.device,
            client=given.client,
            roles=given.roles,
            ip=given.ip or (client[0] if client else None),
            endpoint=given.endpoint or scope["path"],
            method=given.method or scope.get("method"),
            direction=direction,
            destination=given.destination,
            content_type=content_type or None,
            time=given.time if given.time is not None else time.time(),
            attributes=given.attributes,
        )

    async def finished(self, gate: BodyGate) -> bytes:
        """``gate.finish()``, for a large body in a thread where the loop is asyncio's, and in place under another."""
        offload = self.settings.offload
        if offload is None or len(gate) < offload:
            return gate.finish()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return gate.finish()
        return await loop.run_in_executor(None, gate.finish)


def described(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, list[str]]:
    """The content type, ``""`` where there is none, and the fields of ``Content-Encoding``."""
    content_type = ""
    coded: list[str] = []
    for name, value in headers:
        size = len(name)
        if size == 12:
            if not content_type and name.lower() == b"content-type":
                content_type = value.decode("latin-1")
        elif size == 16 and name.lower() == b"content-encoding":
            coded.append(value.decode("latin-1"))
    return content_type, coded


def fields(message: Message) -> Headers:
    """Header fields as text."""
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in message.get("headers", ())]


def raw(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Header fields as ASGI wants them."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
