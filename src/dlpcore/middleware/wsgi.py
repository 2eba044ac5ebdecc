"""The WSGI middleware: requests and responses through the inspector (PEP 3333)."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from http import HTTPStatus
from typing import Any, TypeAlias

from ..inspector import Inspector, Tokenizers
from ..model import Action, Context, Skipped, Verdict
from ._body import BodyGate, Outcome
from ._exchange import Coverage, Headers, Options, mended, problem, routes

__all__ = ["DLPMiddleware"]

Environ: TypeAlias = dict[str, Any]
StartResponse: TypeAlias = Callable[..., Any]
App: TypeAlias = Callable[[Environ, StartResponse], Iterable[bytes]]

_STEP = 1 << 16


class DLPMiddleware:
    """Inspects what goes through a WSGI application, and lets leave what the inspector's policy lets.

    A blocked request is answered with 403 (413 or 415 where it could not be inspected) and never reaches the
    application; a blocked response is replaced by 403; a stream (server-sent events, NDJSON, JSON sequences) ends at
    its first blocked record. The application finds the verdict on its request in ``environ["dlpcore.verdict"]``.

    Request bodies are read whole before the application is called. Not looked at: URLs, header fields, exempt routes.

    Args:
        app: the application.
        inspector: what inspects; the policy lives on it, also what becomes of a body that cannot be inspected.
        requests, responses: which directions to inspect.
        exempt: route patterns that are let through unseen, such as ``"/health"`` or ``"/static/**"`` (``*`` stays
            within a segment). They are counted.
        context: gives the context of an environ (users, roles); address, endpoint, method and direction are added.
        tokenizer: for policies that tokenize.
        on_verdict: called with each verdict that is not clean and its context, for events and metrics. What it raises
            is logged by its type, and nothing else happens.
        max_bytes: bytes that a body, or a record of a stream, may have; the inspector's limits if not given.

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
        context: Callable[[Environ], Context] | None = None,
        tokenizer: Tokenizers = None,
        on_verdict: Callable[[Verdict, Context], None] | None = None,
        max_bytes: int | None = None,
    ) -> None:
        self.app = app
        self.coverage = Coverage()
        self._context = context
        self._options = Options(inspector, requests, responses, routes(exempt), tokenizer, on_verdict, max_bytes, 0)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "") or "/"
        if self._options.is_exempt(path):
            self.coverage.count("exempt")
            return self.app(environ, start_response)
        environ = dict(environ)  # the server may look into its own afterwards
        if self._options.requests:
            refused = self._request(environ, path)
            if refused is not None:
                status, headers, body = problem(refused, "request")
                start_response(_status(status), headers)
                return [body]
        if not self._options.responses:
            return self.app(environ, start_response)
        # a file handed to the server would leave unseen
        environ.pop("wsgi.file_wrapper", None)
        return _Response(self, environ, path, start_response)

    def _context_of(self, environ: Environ, path: str, direction: str, content_type: str | None) -> Context:
        given = self._context(environ) if self._context is not None else Context()
        return Context(
            user=given.user,
            device=given.device,
            client=given.client,
            roles=given.roles,
            ip=given.ip or environ.get("REMOTE_ADDR"),
            endpoint=given.endpoint or path,
            method=given.method or environ.get("REQUEST_METHOD"),
            direction=direction,
            destination=given.destination,
            content_type=content_type,
            time=given.time if given.time is not None else time.time(),
            attributes=given.attributes,
        )

    def _request(self, environ: Environ, path: str) -> Outcome | None:
        """Reads, decides and replaces the body; the outcome where it is blocked."""
        headers = _request_headers(environ)
        gate = self._options.gate(headers, partial(self._context_of, environ, path, "request"))
        passed: list[bytes] = []
        source = _source(environ)
        for chunk in source:
            passed.append(gate.feed(chunk))
            if gate.outcome.trouble is not None:
                break
        else:
            passed.append(gate.finish())
        outcome = gate.outcome
        self.coverage.body(outcome)
        if outcome.blocked:
            return outcome
        if outcome.trouble is not None:
            # The policy lets pass what is not inspected: what was read, then what was not.
            why = (Skipped("body", outcome.why),)
            environ["dlpcore.verdict"] = Verdict(Action.FLAG, (), False, why, {}, (outcome.why,))
            environ["wsgi.input"] = _Chained(b"".join(passed), environ["wsgi.input"])
            return None
        environ["dlpcore.verdict"] = outcome.verdict
        body = b"".join(passed)
        environ["wsgi.input"] = io.BytesIO(body)
        if body or "CONTENT_LENGTH" in environ:
            environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        if outcome.changed or gate.decoded:
            kept = {name for name, _ in mended(headers, gate, len(body))}
            for name, _ in headers:
                if name not in kept:
                    environ.pop("HTTP_" + name.upper().replace("-", "_"), None)
        return None


class _Chained(io.RawIOBase):
    """Bytes that were read already, then the rest of the server's input."""

    def __init__(self, head: bytes, rest: Any) -> None:
        self._head = io.BytesIO(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            return self._head.read() + bytes(self._rest.read())
        data = self._head.read(size)
        return data if len(data) == size else data + bytes(self._rest.read(size - len(data)))

    def readline(self, size: int | None = -1) -> bytes:
        line = self._head.readline(-1 if size is None else size)
        if line.endswith(b"\n") or (size is not None and 0 <= size <= len(line)):
            return line
        left = () if size is None or size < 0 else (size - len(line),)
        return line + bytes(self._rest.readline(*left))


def _source(environ: Environ) -> Iterator[bytes]:
    """The body as the server gives it: so many bytes as are declared, or to its end where the server marks that."""
    stream = environ.get("wsgi.input")
    if stream is None:
        return
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdecimal():
        left = int(length)
        while left > 0:
            chunk = stream.read(min(left, _STEP))
            if not chunk:
                return
            left -= len(chunk)
            yield chunk
    elif environ.get("wsgi.input_terminated"):
        while chunk := stream.read(_STEP):
            yield chunk


def _request_headers(environ: Environ) -> Headers:
    headers: Headers = []
    for name, value in environ.items():
        if name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value:
            headers.append((name.lower().replace("_", "-"), value))
        elif name.startswith("HTTP_"):
            headers.append((name[5:].lower().replace("_", "-"), value))
    return headers


def _status(code: int) -> str:
    return f"{code} {HTTPStatus(code).phrase}"


class _Response:
    """The response of one request: iterated and closed by the server."""

    def __init__(self, middleware: DLPMiddleware, environ: Environ, path: str, start_response: StartResponse) -> None:
        self._middleware = middleware
        self._environ = environ
        self._path = path
        self._start_response = start_response
        self._status = ""
        self._headers: list[tuple[str, str]] = []
        self._exc_info: Any = None
        self._started = False
        self._gate: BodyGate | None = None
        self._written: list[bytes] = []
        self._chunks = middleware.app(environ, self._keep)
        self._output = self._run()

    def _keep(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        """PEP 3333's start_response: kept until it is known what leaves."""
        if exc_info is not None:
            if self._started:
                try:
                    raise exc_info[1].with_traceback(exc_info[2])
                finally:
                    exc_info = None
        elif self._status:
            raise AssertionError("start_response was called twice")
        self._status, self._headers, self._exc_info = status, list(headers), exc_info
        return self._written.append

    def __iter__(self) -> Iterator[bytes]:
        return self._output

    def close(self) -> None:
        """Closes what the application gave, whatever became of it."""
        self._output.close()
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()

    def _start(self, headers: list[tuple[str, str]]) -> None:
        self._started = True
        exc_info, self._exc_info = self._exc_info, None
        if exc_info is not None:
            self._start_response(self._status, headers, exc_info)
        else:
            self._start_response(self._status, headers)

    def _source(self) -> Iterator[bytes]:
        """All that the application writes or gives, in its order."""
        for chunk in self._chunks:
            while self._written:
                yield self._written.pop(0)
            yield chunk
        while self._written:
            yield self._written.pop(0)

    def _run(self) -> Generator[bytes, None, None]:
        coverage = self._middleware.coverage
        source = self._source()
        first = next(source, None)  # a generator calls start_response only when it is asked for its first piece
        pieces = _with_first(first, source)
        if not self._status:
            raise AssertionError("the application did not call start_response")
        code = int(self._status[:3])
        if self._environ["REQUEST_METHOD"] == "HEAD" or code in (204, 304):
            self._start(self._headers)
            yield from pieces
            return
        lowered = [(name.lower(), value) for name, value in self._headers]
        context = partial(self._middleware._context_of, self._environ, self._path, "response")
        gate = self._middleware._options.gate(lowered, context)
        if gate.streams and not gate.outcome.blocked:
            yield from self._stream(gate, lowered, pieces)
            coverage.body(gate.outcome)
            return
        passed: list[bytes] = []
        for chunk in pieces:
            passed.append(gate.feed(chunk))
            if gate.outcome.trouble is not None:
                break
        else:
            passed.append(gate.finish())
        outcome = gate.outcome
        coverage.body(outcome)
        if outcome.blocked or (outcome.changed and code == HTTPStatus.PARTIAL_CONTENT):
            status, headers, body = problem(outcome, "response")
            self._status = _status(status)
            self._start(headers)
            yield body
            return
        if outcome.trouble is not None:
            self._start(self._headers)
            yield from passed
            yield from pieces
            return
        body = b"".join(passed)
        self._start(mended(lowered, gate, len(body)) if outcome.changed else self._headers)
        if body:
            yield body

    def _stream(self, gate: BodyGate, headers: Headers, pieces: Iterator[bytes]) -> Iterator[bytes]:
        self._start(mended(headers, gate, None))
        for chunk in pieces:
            out = gate.feed(chunk)
            if out:
                yield out
            if gate.outcome.blocked:
                return
        if out := gate.finish():
            yield out


def _with_first(first: bytes | None, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first is not None:
        yield first
    yield from rest
