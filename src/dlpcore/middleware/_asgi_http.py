"""One request and its response under ASGI.

Most bodies are one whole JSON document in one message, with nothing in it to find: those are looked at and handed on
as they are. All others go through a gate.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from ..model import Verdict
from ._asgi import Core, Message, Receive, Scope, Send, described, fields, raw
from ._body import BodyGate, Outcome
from ._exchange import incomplete, mended, problem
from ._options import is_clean

__all__ = ["Exchange"]

#: Answers by which an application would let the server send what the middleware cannot see.
_UNSEEN: Final = ("http.response.pathsend", "http.response.zerocopysend")


class Exchange:
    """Carries one request to the application, and its response back."""

    __slots__ = (
        "_bodyless", "_core", "_cut", "_ended", "_receive", "_replay", "_request", "_response", "_scope", "_send",
        "_silent", "_start", "_started", "_type",
    )  # fmt: skip

    def __init__(self, core: Core, scope: Scope, receive: Receive, send: Send) -> None:
        self._core = core
        self._receive = receive
        self._send = send
        self._scope: Scope = {**scope}  # of the application alone; the state in it is the request's
        extensions = scope.get("extensions")
        if extensions and not extensions.keys().isdisjoint(_UNSEEN):
            self._scope["extensions"] = {k: v for k, v in extensions.items() if k not in _UNSEEN}
        if scope.get("state") is None:
            self._scope["state"] = {}
        self._replay: Message | None = None
        self._request: BodyGate | None = None  # of a stream
        self._ended = False  # all records of a streamed request were received
        self._cut = False  # a streamed request was: the application was told that the client had gone
        self._start: Message | None = None  # of the response, until it is known what leaves
        self._started = False  # the response has
        self._silent = False  # nothing more of the response leaves
        self._bodyless = False  # the response has no body to look at
        self._type = ""  # of a response that may need no gate
        self._response: BodyGate | None = None

    async def run(self) -> None:
        """Runs the application, unless its request is blocked; returns when it does."""
        core = self._core
        receive = self._receive
        if core.settings.requests:
            content_type, coded = described(self._scope["headers"])
            first: Message | None = None
            verdict: Verdict | None = None
            late = core.late(self._scope, "request", content_type)
            if core.settings.is_quick(content_type, coded):
                first = await self._receive()
                if first["type"] == "http.request" and not first.get("more_body", False):
                    verdict = core.settings.glance(first.get("body", b""), content_type, late)
            if verdict is not None and is_clean(verdict):
                core.coverage.count("inspected")
                self._scope["state"]["dlpcore"] = verdict
                self._replay = first
                receive = self._next_replayed
            else:
                gate = core.settings.gate(content_type, coded, late)
                if gate.streams:
                    self._request = gate
                    if not gate.passing:
                        self._scope["headers"] = raw(mended(fields(self._scope), gate, None))
                    receive = self._next_records
                elif await self._read(gate, first, verdict):
                    receive = self._next_replayed
                else:
                    return
        try:
            await core.app(self._scope, receive, self._forward if core.settings.responses else self._count)
        except Exception:
            if not self._cut:
                raise  # else it is of our own making
        if self._cut and not self._started:
            assert self._request is not None
            await self._refuse(self._request.outcome, "request")

    # --- the request -----------------------------------------------------------------------------------------------

    async def _read(self, gate: BodyGate, first: Message | None, known: Verdict | None) -> bool:
        """Reads a whole body and decides; whether the application is to be called.

        Args:
            first: its first message, where it was received already.
            known: the verdict on it, where that is known already.
        """
        more = True
        while more:
            message = first if first is not None else await self._receive()
            first = None
            if message["type"] == "http.disconnect":
                return False  # there is nobody to answer, and nothing whole to inspect
            more = message.get("more_body", False)
            passed = gate.feed(message.get("body", b""))
            if gate.trouble is not None:
                # The policy has decided already: what is not read yet is refused, or passes as it is.
                return await self._decided(gate, passed, more)
        out = gate.finish(known) if known is not None else await self._core.finished(gate)
        return await self._decided(gate, out, False)

    async def _decided(self, gate: BodyGate, out: bytes, more: bool) -> bool:
        outcome = gate.outcome
        self._core.coverage.body(outcome)
        self._scope["state"]["dlpcore"] = outcome.verdict if outcome.trouble is None else incomplete(outcome)
        if outcome.blocked:
            await self._refuse(outcome, "request")
            return False
        if outcome.changed:
            self._scope["headers"] = raw(mended(fields(self._scope), gate, len(out)))
        self._replay = {"type": "http.request", "body": out, "more_body": more}
        return True

    async def _next_replayed(self) -> Message:
        message, self._replay = self._replay, None
        return message if message is not None else await self._receive()

    async def _next_records(self) -> Message:
        """The next records of a streamed request that may pass."""
        gate = self._request
        assert gate is not None
        while not self._ended:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return message
            out = gate.feed(message.get("body", b""))
            more = message.get("more_body", False)
            if not more and not gate.blocked:
                out += gate.finish()
            if gate.blocked:
                self._silent = self._ended = self._cut = True
                self._core.coverage.body(gate.outcome)
                return {"type": "http.disconnect"}
            if not more:
                self._ended = True
                self._core.coverage.body(gate.outcome)
            if out or not more:
                return {"type": "http.request", "body": out, "more_body": more}
        return {"type": "http.disconnect"} if self._cut else await self._receive()

    # --- the response ----------------------------------------------------------------------------------------------

    async def _count(self, message: Message) -> None:
        """Sends on a response that nobody asked to inspect."""
        if self._silent:
            return
        self._started = self._started or message["type"] == "http.response.start"
        await self._send(message)

    async def _forward(self, message: Message) -> None:
        if self._silent:
            return
        kind = message["type"]
        if kind == "http.response.start":
            await self._begin(message)
        elif kind != "http.response.body" or self._bodyless:
            await self._send(message)
        elif self._start is not None:
            await self._body(self._start, message)
        elif self._response is not None:
            await self._pass(self._response, message.get("body", b""), message.get("more_body", False))
        else:
            raise RuntimeError("the application sent http.response.body before its start or after its end")

    async def _begin(self, message: Message) -> None:
        status = message["status"]
        if self._scope["method"] == "HEAD" or status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            self._bodyless = True
            await self._open(message)
            return
        self._start = message
        content_type, coded = described(message.get("headers", ()))
        settings = self._core.settings
        if settings.is_quick(content_type, coded):
            self._type = content_type
            return
        late = self._core.late(self._scope, "response", content_type)
        gate = self._response = settings.gate(content_type, coded, late)
        if gate.streams and not gate.blocked:
            await self._open({**message, "headers": raw(mended(fields(message), gate, None))})

    async def _open(self, message: Message) -> None:
        self._start = None
        self._started = True
        await self._send(message)

    async def _body(self, start: Message, message: Message) -> None:
        """A piece of a body that leaves as a whole, behind ``start``."""
        core = self._core
        more = message.get("more_body", False)
        chunk = message.get("body", b"")
        known: Verdict | None = None
        if self._response is None:
            late = core.late(self._scope, "response", self._type)
            known = None if more else core.settings.glance(chunk, self._type, late)
            if known is not None and is_clean(known):
                core.coverage.count("inspected")
                await self._open(start)
                await self._send(message)
                return
            self._response = core.settings.gate(self._type, [], late)
        gate = self._response
        out = gate.feed(chunk)
        if gate.trouble is None and not more:
            out = gate.finish(known) if known is not None else await core.finished(gate)
        elif gate.trouble is None:
            return
        outcome = gate.outcome
        core.coverage.body(outcome)
        if outcome.blocked or (outcome.changed and start["status"] == HTTPStatus.PARTIAL_CONTENT):
            # a range of something else cannot change its length
            await self._refuse(outcome, "response")
            return
        if outcome.changed:
            start = {**start, "headers": raw(mended(fields(start), gate, len(out)))}
        if not more:
            self._response = None
        await self._open(start)
        await self._send({**message, "body": out})

    async def _pass(self, gate: BodyGate, chunk: bytes, more: bool) -> None:
        """Records of a stream, or the rest of a body that passes unseen."""
        out = gate.feed(chunk)
        if not more and not gate.blocked:
            out += gate.finish()
        if gate.streams and (gate.blocked or not more):
            self._core.coverage.body(gate.outcome)
        self._silent = gate.blocked
        if not more:
            self._response = None
        if out or gate.blocked or not more:
            await self._send({"type": "http.response.body", "body": out, "more_body": more and not gate.blocked})

    async def _refuse(self, outcome: Outcome, direction: str) -> None:
        status, headers, body = problem(outcome, direction)
        self._silent = self._started = True
        await self._send({"type": "http.response.start", "status": status, "headers": raw(headers)})
        await self._send({"type": "http.response.body", "body": body})
