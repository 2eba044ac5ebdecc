"""One web socket under ASGI: each message is a body of its own."""

from __future__ import annotations

from functools import partial
from typing import Final

from ._asgi import Core, Message, Receive, Scope, Send
from ._options import Late

__all__ = ["Socket"]

_POLICY_VIOLATION: Final = 1008  # RFC 6455 section 7.4.1


class Socket:
    """Carries the messages of one web socket through gates."""

    __slots__ = ("_closed", "_core", "_receive", "_scope", "_send")

    def __init__(self, core: Core, scope: Scope, receive: Receive, send: Send) -> None:
        self._core = core
        self._scope = scope
        self._receive = receive
        self._send = send
        self._closed = False

    async def run(self) -> None:
        """Runs the application; returns when it does."""
        try:
            await self._core.app(self._scope, self._incoming, self._outgoing)
        except Exception:
            if not self._closed:
                raise  # what follows from our closing is no error of the application

    async def _incoming(self) -> Message:
        if self._closed:
            return _gone()
        message = await self._receive()
        if message["type"] != "websocket.receive" or not self._core.settings.requests:
            return message
        passed = await self._message(message, "request")
        return passed if passed is not None else _gone()

    async def _outgoing(self, message: Message) -> None:
        if self._closed:
            return
        if message["type"] == "websocket.send" and self._core.settings.responses:
            passed = await self._message(message, "response")
            if passed is not None:
                await self._send(passed)
            return
        await self._send(message)

    async def _message(self, message: Message, direction: str) -> Message | None:
        """The message as it may pass; ``None``, and the socket closed, where it may not."""
        text = message.get("text")
        data = message.get("bytes") or b"" if text is None else text.encode("utf-8", "surrogatepass")
        core = self._core
        gate = core.settings.gate("", [], Late(partial(core.context_of, self._scope, direction, "")))
        out = gate.feed(data)
        out += await core.finished(gate)
        outcome = gate.outcome
        core.coverage.body(outcome)
        if outcome.blocked:
            self._closed = True
            await self._send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return None
        if not outcome.changed:
            return message
        if text is None:
            return {**message, "bytes": out}
        return {**message, "text": out.decode("utf-8", "surrogatepass")}


def _gone() -> Message:
    return {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}
