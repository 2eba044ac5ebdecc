"""The response of one WSGI request: what the application writes or gives, through a gate, in its order.

PEP 3333 knows two ways for a body: the iterable that the application returns, and the ``write`` that start_response
gives it. What is written goes through the gate at once, so that nothing heaps up until the application returns.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from http import HTTPStatus
from typing import Any, TypeAlias

from ._body import BodyGate
from ._exchange import Coverage, described, mended, problem
from ._options import Late, Settings

__all__ = ["App", "Environ", "Response", "StartResponse", "status_line"]

Environ: TypeAlias = dict[str, Any]
StartResponse: TypeAlias = Callable[..., Any]
App: TypeAlias = Callable[[Environ, StartResponse], Iterable[bytes]]


def status_line(code: int) -> str:
    """The status as WSGI wants it."""
    return f"{code} {HTTPStatus(code).phrase}"


class Response:
    """Calls the application; iterated and closed by the server.

    Args:
        late: gives the context for a content type.
    """

    def __init__(
        self,
        app: App,
        environ: Environ,
        start_response: StartResponse,
        settings: Settings,
        coverage: Coverage,
        late: Callable[[str], Late],
    ) -> None:
        self._method = environ["REQUEST_METHOD"]
        self._start_response = start_response
        self._settings = settings
        self._coverage = coverage
        self._late = late
        self._status = ""
        self._headers: list[tuple[str, str]] = []
        self._exc_info: Any = None
        self._send: Callable[[bytes], object] | None = None  # the server's write, once the response has started
        self._gate: BodyGate | None = None
        self._bodyless = False
        self._counted = False
        self._chunks: Iterable[bytes] = app(environ, self._keep)
        self._output = self._run()

    def __iter__(self) -> Iterator[bytes]:
        return self._output

    def close(self) -> None:
        """Closes what the application gave, whatever became of it."""
        self._output.close()
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()

    def _keep(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        """PEP 3333's start_response: kept until it is known what leaves."""
        if exc_info is not None:
            if self._send is not None:
                try:
                    raise exc_info[1].with_traceback(exc_info[2])
                finally:
                    exc_info = None
            self._gate = None  # what was written before the error does not leave
        elif self._status:
            raise AssertionError("start_response was called twice")
        self._status, self._headers, self._exc_info = status, list(headers), exc_info
        return self._write

    def _start(self, headers: list[tuple[str, str]]) -> None:
        exc_info, self._exc_info = self._exc_info, None
        more = () if exc_info is None else (exc_info,)
        self._send = self._start_response(self._status, headers, *more)

    def _write(self, data: bytes) -> None:
        out = self._passed(data)
        if out and self._send is not None:
            self._send(out)

    def _run(self) -> Generator[bytes, None, None]:
        for chunk in self._chunks:
            if out := self._passed(chunk):
                yield out
            if self._gate is not None and self._gate.blocked:
                break
        if out := self._finished():
            yield out

    def _begin(self) -> None:
        """The first piece of the body is here, or its end: status and header fields are known."""
        if not self._status:
            raise AssertionError("the application did not call start_response")
        self._bodyless = self._method == "HEAD" or int(self._status[:3]) in (204, 304)
        if self._bodyless:
            self._start(self._headers)
            return
        headers = [(name.lower(), value) for name, value in self._headers]
        content_type, coded = described(headers)
        gate = self._gate = self._settings.gate(content_type, coded, self._late(content_type))
        if gate.streams and not gate.blocked:
            self._start(mended(headers, gate, None))

    def _passed(self, chunk: bytes) -> bytes:
        """What may leave now that the application gave this, after the start of the response."""
        if self._gate is None and not self._bodyless:
            self._begin()
        gate = self._gate
        if gate is None:
            return chunk
        out = gate.feed(chunk)
        if self._send is None and gate.trouble is not None and not gate.blocked:
            self._count(gate)
            self._start(self._headers)  # the policy lets pass what is not inspected
        return out

    def _finished(self) -> bytes:
        """What may leave now that there is no more, after the start of the response."""
        if self._gate is None and not self._bodyless:
            self._begin()
        gate = self._gate
        if gate is None:
            return b""
        out = gate.finish()
        outcome = gate.outcome
        self._count(gate)
        if self._send is not None:
            return out
        if outcome.blocked or (outcome.changed and int(self._status[:3]) == HTTPStatus.PARTIAL_CONTENT):
            # a range of something else cannot change its length
            status, headers, body = problem(outcome, "response")
            self._status = status_line(status)
            self._start(headers)
            return body
        headers = [(name.lower(), value) for name, value in self._headers]
        self._start(mended(headers, gate, len(out)) if outcome.changed else self._headers)
        return out

    def _count(self, gate: BodyGate) -> None:
        if not self._counted:
            self._counted = True
            self._coverage.body(gate.outcome)
