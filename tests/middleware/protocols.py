"""One request to a middleware by its protocol, without a server; and the bodies and inspectors of the tests.

Inspectors are made once: each takes longer than all the tests that use it.
"""

from __future__ import annotations

import asyncio
import io
import json
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import dlpcore
from dlpcore.policy import BALANCED

CARD = "4111 1111 1111 1111"
CLEAN = b'{"id": 7}'
DIRTY = json.dumps({"card": CARD}).encode()
HIDDEN = b'{"id":7}' + bytes(random.Random(1).choice(b" \t") for _ in range(600))
NO_DEADLINE = dlpcore.Limits(deadline=None)
INSPECTOR = dlpcore.Inspector(limits=NO_DEADLINE)
SMALL = dlpcore.Inspector(limits=dlpcore.Limits(max_bytes=1000, deadline=None))
LENIENT = dlpcore.Inspector(
    policy=type(BALANCED)("lenient", BALANCED.rules, incomplete=dlpcore.Action.FLAG),
    limits=dlpcore.Limits(max_bytes=1000, deadline=None),
)
Scope = dict[str, Any]
Message = dict[str, Any]
Environ = dict[str, Any]


class Client:
    """One request to an application, message by message."""

    def __init__(self, app: Any, body: list[bytes], *, leave: bool = False, **scope: Any) -> None:
        headers = scope.pop("headers", {"content-type": "application/json"})
        self.app = app
        self.scope: Scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/x",
            "raw_path": b"/x", "query_string": b"", "client": ("192.0.2.1", 9),
            "headers": [(k.encode(), v.encode()) for k, v in headers.items()], **scope,
        }  # fmt: skip
        self.body = list(body)
        self.leave = leave
        self.received = 0
        self.sent: list[Message] = []

    async def _receive(self) -> Message:
        self.received += 1
        if self.body:
            chunk = self.body.pop(0)
            return {"type": "http.request", "body": chunk, "more_body": bool(self.body) or self.leave}
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.sent.append(message)

    def run(self) -> Client:
        asyncio.run(asyncio.wait_for(self.app(self.scope, self._receive, self._send), 10))
        return self

    @property
    def status(self) -> int:
        starts = [m for m in self.sent if m["type"] == "http.response.start"]
        assert len(starts) == 1
        return int(starts[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        start = next(m for m in self.sent if m["type"] == "http.response.start")
        names = [k.decode() for k, _ in start["headers"]]
        assert len(set(names)) == len(names)
        return {k.decode(): v.decode() for k, v in start["headers"]}

    @property
    def answer(self) -> bytes:
        bodies = [m for m in self.sent if m["type"] == "http.response.body"]
        assert [m.get("more_body", False) for m in bodies] == [True] * (len(bodies) - 1) + [False]
        return b"".join(m.get("body", b"") for m in bodies)


def asgi_answering(
    *chunks: bytes, status: int = 200, seen: list[Any] | None = None, **headers: str
) -> Callable[[Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]:
    """An application that reads all, notes it in ``seen``, and answers with these chunks."""

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError("the client left")
            body += message["body"]
            more = message["more_body"]
        if seen is not None:
            seen.append((scope, body))
        raw = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return app


class Answer:
    """What a server got for one request."""

    def __init__(self, app: Any, body: bytes, *, validate: bool = True, **environ: Any) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.chunks: list[bytes] = []
        full: Environ = {
            "REQUEST_METHOD": "POST", "PATH_INFO": "/x", "SCRIPT_NAME": "", "QUERY_STRING": "",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)), "REMOTE_ADDR": "192.0.2.1", "wsgi.input": io.BytesIO(body), **environ,
        }  # fmt: skip
        setup_testing_defaults(full)
        result = (validator(app) if validate else app)(full, self._start)
        try:
            self.chunks += result
        finally:
            if hasattr(result, "close"):
                result.close()
        self.body = b"".join(self.chunks)

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        self.status = int(status[:3])
        self.headers = {name.lower(): value for name, value in headers}
        return self.chunks.append


def wsgi_answering(*chunks: bytes, status: str = "200 OK", seen: list[Any] | None = None, **headers: str) -> Any:
    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH")
        body = environ["wsgi.input"].read(int(length)) if length else b""
        if seen is not None:
            seen.append((environ, body))
        start_response(status, [(k.replace("_", "-"), v) for k, v in headers.items()])
        return list(chunks)

    return app
