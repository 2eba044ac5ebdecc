"""The ASGI middleware: requests, responses and web socket messages through the inspector.

Pure ASGI 3 (https://asgi.readthedocs.io/en/latest/specs/www.html), for any framework and server.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from http import HTTPStatus
from typing import Any, TypeAlias

from ..inspector import Inspector, Tokenizers
from ..model import Action, Context, Skipped, Verdict
from ._body import BodyGate, Outcome
from ._exchange import Coverage, Headers, Options, mended, problem, routes

__all__ = ["DLPMiddleware"]

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_POLICY_VIOLATION = 1008  # RFC 6455 section 7.4.1
#: Answers by which an application would let the server send what the middleware cannot see.
_UNSEEN = ("http.response.pathsend", "http.response.zerocopysend")
_NOBODY = Context()
_DISCONNECT: Message = {"type": "http.disconnect"}


class DLPMiddleware:
    """Inspects what goes through an ASGI application, and lets leave what the inspector's policy lets.

    A blocked request is answered with 403 (413 or 415 where it could not be inspected) and never reaches the
    application; a blocked response is replaced by 403; a stream (server-sent events, NDJSON, JSON sequences) ends at
    its first blocked record; a web socket is closed with 1008. The application finds the verdict on its request in
    ``scope["state"]["dlpcore"]`` (of a stream it is not known beforehand).

    Bodies are looked at, whatever their type is called. Not looked at: URLs, header fields, and exempt routes.

    Args:
        app: the application.
        inspector: what inspects; the policy lives on it, also what becomes of a body that cannot be inspected.
        requests, responses: which directions to inspect.
        exempt: route patterns that are let through unseen, such as ``"/health"`` or ``"/static/**"`` (``*`` stays
            within a segment). They are counted.
        context: gives the context of a scope (users, roles); address, endpoint, method and direction are added.
        tokenizer: for policies that tokenize.
        on_verdict: called with each verdict that is not clean and its context, for events and metrics; from another
            thread where the body is large. What it raises is logged by its type, and nothing else happens.
        max_bytes: bytes that a body, or a record of a stream, may have; the inspector's limits if not given.
        offload: bodies of at least so many bytes are inspected in a thread, so that the event loop goes on.

    Attributes:
        coverage: counts of what was and what was not inspected.

    Raises:
        InputError: an argument is wrong.
    """

    def __init__(
        self,
        app: App,
        *,
        inspector: Inspector,
        requests: bool = True,
        responses: bool = True,
        exempt: Iterable[str] | str = (),
        context: Callable[[Scope], Context] | None = None,
        tokenizer: Tokenizers = None,
        on_verdict: Callable[[Verdict, Context], None] | None = None,
        max_bytes: int | None = None,
        offload: int = 64 * 1024,
    ) -> None:
        self.app = app
        self.coverage = Coverage()
        self._context = context
        self._options = Options(
            inspector, requests, responses, routes(exempt), tokenizer, on_verdict, max_bytes, offload
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if self._options.is_exempt(scope["path"]):
            self.coverage.count("exempt")
            await self.app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await _Socket(self, scope, receive, send).run()
        else:
            await _Exchange(self, scope, receive, send).run()

    def _context_of(self, scope: Scope, direction: str, content_type: str | None = None) -> Context:
        given = self._context(scope) if self._context is not None else _NOBODY
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
            content_type=content_type,
            time=given.time if given.time is not None else time.time(),
            attributes=given.attributes,
        )


class _Exchange:
    """One request and its response."""

    def __init__(self, middleware: DLPMiddleware, scope: Scope, receive: Receive, send: Send) -> None:
        self._middleware = middleware
        self._options = middleware._options
        self._receive = receive
        self._send = send
        extensions = scope.get("extensions")
        self._scope: Scope = dict(scope)
        if extensions:
            self._scope["extensions"] = {k: v for k, v in extensions.items() if k not in _UNSEEN}
        self._scope["state"] = dict(scope.get("state") or {})
        self._replay: list[Message] = []
        self._request: BodyGate | None = None
        self._response: BodyGate | None = None
        self._start: Message | None = None
        self._started = False
        self._ended = False
        self._silent = False
        self._size = 0
        self._cut = False

    async def run(self) -> None:
        receive = self._receive
        if self._options.requests:
            headers = _headers(self._scope)
            gate = self._options.gate(headers, partial(self._middleware._context_of, self._scope, "request"))
            self._request = gate
            if gate.streams:
                receive = self._next_records
            else:
                if not await self._read(gate):
                    return
                receive = self._next_replayed
        try:
            await self._middleware.app(self._scope, receive, self._forward if self._options.responses else self._count)
        except Exception:
            if not self._cut:
                raise  # else it is of our own making: the application was told that the client had gone
        if self._cut and not self._started:
            assert self._request is not None
            await self._refuse(self._request.outcome, "request")

    # --- the request -----------------------------------------------------------------------------------------------

    async def _read(self, gate: BodyGate) -> bool:
        """Reads a whole body and decides; whether the application is to be called."""
        chunks: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return False  # there is nobody to answer, and nothing whole to inspect
            chunk = message.get("body", b"")
            more = message.get("more_body", False)
            chunks.append(chunk)
            size += len(chunk)
            passed = gate.feed(chunk)
            if gate.outcome.trouble is not None:
                # The policy has decided already: what is not read yet is refused, or passes as it is.
                return await self._untested(gate, passed, more)
        out = await self._finished(gate, size)
        outcome = gate.outcome
        self._middleware.coverage.body(outcome)
        self._scope["state"]["dlpcore"] = outcome.verdict
        if outcome.blocked:
            await self._refuse(outcome, "request")
            return False
        if outcome.changed:
            self._mend_request(gate, len(out))
        self._replay = [{"type": "http.request", "body": out, "more_body": False}]
        return True

    async def _untested(self, gate: BodyGate, passed: bytes, more: bool) -> bool:
        outcome = gate.outcome
        self._middleware.coverage.body(outcome)
        self._scope["state"]["dlpcore"] = _incomplete(outcome)
        if outcome.blocked:
            await self._refuse(outcome, "request")
            return False
        self._replay = [{"type": "http.request", "body": passed, "more_body": more}]
        return True

    async def _finished(self, gate: BodyGate, size: int) -> bytes:
        if size >= self._options.offload:
            return await _in_thread(gate.finish)
        return gate.finish()

    def _mend_request(self, gate: BodyGate, length: int | None) -> None:
        self._scope["headers"] = _raw(mended(_headers(self._scope), gate, length))

    async def _next_replayed(self) -> Message:
        if self._replay:
            return self._replay.pop(0)
        return await self._receive()

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
            if not more and not gate.outcome.blocked:
                out += gate.finish()
            if gate.outcome.blocked:
                self._silent = self._ended = self._cut = True
                self._middleware.coverage.body(gate.outcome)
                return _DISCONNECT
            if not more:
                self._ended = True
                self._middleware.coverage.body(gate.outcome)
            if out or not more:
                return {"type": "http.request", "body": out, "more_body": more}
        return _DISCONNECT if self._cut else await self._receive()

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
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif message["type"] == "http.response.body":
            await self._body(message)
        else:
            await self._send(message)

    async def _begin(self, message: Message) -> None:
        status = message["status"]
        headers = _headers(message)
        bodyless = self._scope["method"] == "HEAD" or status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        if bodyless or status < HTTPStatus.OK:
            self._started = True
            await self._send(message)
            return
        gate = self._response = self._options.gate(
            headers, partial(self._middleware._context_of, self._scope, "response")
        )
        self._start = message
        if gate.streams and not gate.outcome.blocked:
            await self._open({**message, "headers": _raw(mended(headers, gate, None))})

    async def _open(self, message: Message) -> None:
        self._started = True
        await self._send(message)

    async def _body(self, message: Message) -> None:
        gate = self._response
        if gate is None:
            await self._send(message)
            return
        more = message.get("more_body", False)
        chunk = message.get("body", b"")
        if self._started:
            await self._pass(gate, chunk, more)
            return
        assert self._start is not None
        self._size += len(chunk)
        out = gate.feed(chunk)
        outcome = gate.outcome
        if outcome.trouble is not None and not outcome.blocked:
            self._middleware.coverage.body(outcome)
            await self._open(self._start)
            await self._send({"type": "http.response.body", "body": out, "more_body": more})
            return
        if not more and not outcome.blocked:
            out = await self._finished(gate, self._size)
            outcome = gate.outcome
        if outcome.blocked or (outcome.changed and self._start["status"] == HTTPStatus.PARTIAL_CONTENT):
            # a range of something else cannot change its length
            self._middleware.coverage.body(outcome)
            await self._refuse(outcome, "response")
        elif not more:
            self._middleware.coverage.body(outcome)
            start = self._start
            if outcome.changed:
                start = {**start, "headers": _raw(mended(_headers(start), gate, len(out)))}
            await self._open(start)
            await self._send({**message, "body": out})

    async def _pass(self, gate: BodyGate, chunk: bytes, more: bool) -> None:
        """Records of a stream, or the rest of a body that passes unseen."""
        whole = not gate.streams
        out = gate.feed(chunk)
        if not more and not gate.outcome.blocked:
            out += gate.finish()
        blocked = gate.outcome.blocked
        if blocked or not more:
            if not whole:
                self._middleware.coverage.body(gate.outcome)
            self._silent = blocked
        if out or blocked or not more:
            await self._send({"type": "http.response.body", "body": out, "more_body": more and not blocked})

    async def _refuse(self, outcome: Outcome, direction: str) -> None:
        status, headers, body = problem(outcome, direction)
        self._silent = self._started = True
        await self._send({"type": "http.response.start", "status": status, "headers": _raw(headers)})
        await self._send({"type": "http.response.body", "body": body})


class _Socket:
    """One web socket: each message is a body of its own."""

    def __init__(self, middleware: DLPMiddleware, scope: Scope, receive: Receive, send: Send) -> None:
        self._middleware = middleware
        self._options = middleware._options
        self._scope = scope
        self._receive = receive
        self._send = send
        self._closed = False

    async def run(self) -> None:
        try:
            await self._middleware.app(self._scope, self._incoming, self._outgoing)
        except Exception:
            if not self._closed:
                raise  # what follows from our closing is no error of the application

    async def _incoming(self) -> Message:
        if self._closed:
            return {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}
        message = await self._receive()
        if message["type"] != "websocket.receive" or not self._options.requests:
            return message
        passed = await self._message(message, "request")
        return passed or {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}

    async def _outgoing(self, message: Message) -> None:
        if self._closed:
            return
        if message["type"] == "websocket.send" and self._options.responses:
            passed = await self._message(message, "response")
            if passed is not None:
                await self._send(passed)
            return
        await self._send(message)

    async def _message(self, message: Message, direction: str) -> Message | None:
        """The message as it may pass; ``None``, and the socket closed, where it may not."""
        text = message.get("text")
        data = message.get("bytes") or b"" if text is None else text.encode("utf-8", "surrogatepass")
        gate = self._options.gate([], partial(self._middleware._context_of, self._scope, direction))
        out = gate.feed(data)
        if len(data) >= self._options.offload:
            out += await _in_thread(gate.finish)
        else:
            out += gate.finish()
        outcome = gate.outcome
        self._middleware.coverage.body(outcome)
        if outcome.blocked:
            self._closed = True
            await self._send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return None
        if not outcome.changed:
            return message
        if text is None:
            return {**message, "bytes": out}
        return {**message, "text": out.decode("utf-8", "surrogatepass")}


async def _in_thread(work: Callable[[], bytes]) -> bytes:
    """In a thread where the loop is asyncio's; in place under another."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return work()
    return await loop.run_in_executor(None, work)


def _headers(message: Message) -> Headers:
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in message.get("headers", ())]


def _raw(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _incomplete(outcome: Outcome) -> Verdict:
    return Verdict(Action.FLAG, (), False, (Skipped("body", outcome.why),), {}, (outcome.why,))
