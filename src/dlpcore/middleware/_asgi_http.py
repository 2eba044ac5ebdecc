"""One request and its response under ASGI.

Most bodies are one whole JSON document in one message, with nothing in it to find: those are looked at and handed on
as they are. All others go through a gate.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from ..model import Context, Verdict
from ._asgi import Core, Message, Receive, Scope, Send, described, fields, raw
from ._body import BodyGate, Outcome
from ._exchange import incomplete, mended, problem
from ._options import is_clean, is_quick

__all__ = ["Exchange"]

#: Answers by which an application would let the server send what the middleware cannot see.
_UNSEEN: Final = ("http.response.pathsend", "http.response.zerocopysend")
_BODYLESS: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class Exchange:
    """Carries one request to the application, and its response back."""

    # What most requests never change stands here, and costs them nothing.
    _replay: Message | None = None  # the request, until the application asks for it
    _request: BodyGate | None = None  # of a stream
    _ended = False  # all records of a streamed request were received
    _cut = False  # a streamed request was: the application was told that the client had gone
    _start: Message | None = None  # of the response, until it is known what leaves
    _started = False  # the response has
    _silent = False  # nothing more of the response leaves
    _bodyless = False  # the response has no body to look at
    _response: BodyGate | None = None
    _types = ("", "")  # of request and response
    _contexts: tuple[Context | None, Context | None] = (None, None)

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

    async def run(self) -> None:
        """Runs the application, unless its request is blocked; returns when it does."""
        core = self._core
        settings = core.settings
        receive = self._receive
        if settings.requests:
            content_type, coded = described(self._scope["headers"])
            self._types = (content_type, "")
            first: Message | None = None
            verdict: Verdict | None = None
            if not coded and is_quick(content_type):
                first = await receive()
                if first["type"] == "http.request" and not first.get("more_body", False):
                    verdict = settings.glance(first.get("body", b""), content_type, self._request_context)
            if verdict is not None and is_clean(verdict):
                core.coverage.count("inspected")
                self._scope["state"]["dlpcore"] = verdict
                self._replay = first
                receive = self._next_replayed
            else:
                gate = settings.gate(content_type, coded, self._request_context)
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
            await core.app(self._scope, receive, self._forward if settings.responses else self._count)
        except Exception:
            if not self._cut:
                raise  # else it is of our own making
        if self._cut and not self._started:
            assert self._request is not None
            await self._refuse(self._request.outcome, "request")

    def _request_context(self) -> Context:
        made, other = self._contexts
        if made is None:
            made = self._core.context_of(self._scope, "request", self._types[0])
            self._contexts = (made, other)
        return made

    def _response_context(self) -> Context:
        other, made = self._contexts
        if made is None:
            made = self._core.context_of(self._scope, "response", self._types[1])
            self._contexts = (other, made)
        return made

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
        start = self._start
        if kind == "http.response.start":
            leaves = self._begin(message)
            if leaves is not None:
                await self._open(leaves)
        elif kind != "http.response.body" or self._bodyless:
            await self._send(message)
        elif start is None:
            if self._response is None:
                raise RuntimeError("the application sent http.response.body before its start or after its end")
            await self._pass(self._response, message.get("body", b""), message.get("more_body", False))
        elif self._response is None:
            known: Verdict | None = None
            settings = self._core.settings
            if not message.get("more_body", False):
                known = settings.glance(message.get("body", b""), self._types[1], self._response_context)
            if known is not None and is_clean(known):
                self._core.coverage.count("inspected")
                await self._open(start)
                await self._send(message)
            else:
                self._response = settings.gate(self._types[1], [], self._response_context)
                await self._body(start, self._response, message, known)
        else:
            await self._body(start, self._response, message, None)

    def _begin(self, message: Message) -> Message | None:
        """The start of the response if it may leave at once; else it is kept."""
        status = message["status"]
        if status in _BODYLESS or self._scope["method"] == "HEAD":
            self._bodyless = True
            return message
        self._start = message
        content_type, coded = described(message.get("headers", ()))
        self._types = (self._types[0], content_type)
        if not coded and is_quick(content_type):
            return None
        gate = self._response = self._core.settings.gate(content_type, coded, self._response_context)
        if gate.streams and not gate.blocked:
            return {**message, "headers": raw(mended(fields(message), gate, None))}
        return None

    async def _open(self, message: Message) -> None:
        self._start = None
        self._started = True
        await self._send(message)

    async def _body(self, start: Message, gate: BodyGate, message: Message, known: Verdict | None) -> None:
        """A piece of a body that leaves as a whole, behind ``start``; ``known`` is the verdict on it, if it is all."""
        more = message.get("more_body", False)
        out = gate.feed(message.get("body", b""))
        if gate.trouble is None:
            if more:
                return
            out = gate.finish(known) if known is not None else await self._core.finished(gate)
        outcome = gate.outcome
        self._core.coverage.body(outcome)
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
        self._start = None
        await self._send({"type": "http.response.start", "status": status, "headers": raw(headers)})
        await self._send({"type": "http.response.body", "body": body})
