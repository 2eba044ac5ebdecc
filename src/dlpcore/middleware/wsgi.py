"""The WSGI middleware: requests and responses through the inspector (PEP 3333)."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Unpack

from ..inspector import Inspector
from ..model import Context
from ._body import Outcome
from ._exchange import Coverage, Headers, described, incomplete, mended, problem
from ._options import Late, Options, Settings
from ._wsgi_input import Chained, Short, chunks
from ._wsgi_output import App, Environ, Response, StartResponse, status_line

__all__ = ["DLPMiddleware"]


class DLPMiddleware:
    """Inspects what goes through a WSGI application, and lets leave what the inspector's policy lets.

    A blocked request is answered with 403 (413 or 415 where it could not be inspected) and never reaches the
    application; a blocked response is replaced by 403; a stream (server-sent events, NDJSON, JSON sequences) ends at
    its first blocked record; a request with fewer bytes than it declared is answered with 400. The application finds
    the verdict on its request in ``environ["dlpcore.verdict"]``.

    Request bodies are read whole before the application is called, streams too: one of more than ``max_bytes`` is one
    that cannot be inspected. Not looked at: URLs, header fields, exempt routes.

    Args:
        app: the application.
        inspector: what inspects; the policy lives on it, also what becomes of a body that cannot be inspected.
        context: gives the context of an environ (users, roles); address, endpoint, method and direction are added.
            Called only where a policy may ask for it; an error in it is a failed inspection.
        options: :class:`dlpcore.middleware.Options`.

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
        context: Callable[[Environ], Context] | None = None,
        **options: Unpack[Options],
    ) -> None:
        self.app = app
        self.coverage = Coverage()
        self._context = context
        self._settings = Settings(inspector=inspector, **options)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "") or "/"
        if self._settings.is_exempt(path):
            self.coverage.count("exempt")
            return self.app(environ, start_response)
        environ = dict(environ)  # the server may look into its own afterwards
        if self._settings.requests:
            try:
                refused = self._request(environ, path)
            except Short:  # half a body must not reach the application as a whole one; most likely nobody is there
                start_response(status_line(400), [("content-type", "text/plain"), ("content-length", "0")])
                return []
            if refused is not None:
                status, headers, body = problem(refused, "request")
                start_response(status_line(status), headers)
                return [body]
        if not self._settings.responses:
            return self.app(environ, start_response)
        # a file handed to the server would leave unseen
        environ.pop("wsgi.file_wrapper", None)
        late = partial(self._late, environ, path, "response")
        return Response(self.app, environ, start_response, self._settings, self.coverage, late)

    def _late(self, environ: Environ, path: str, direction: str, content_type: str) -> Late:
        return Late(partial(self._made, environ, path, direction, content_type))

    def _made(self, environ: Environ, path: str, direction: str, content_type: str) -> Context:
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
            content_type=content_type or None,
            time=given.time if given.time is not None else time.time(),
            attributes=given.attributes,
        )

    def _request(self, environ: Environ, path: str) -> Outcome | None:
        """Reads, decides and replaces the body; the outcome where it is blocked."""
        headers = _fields(environ)
        content_type, coded = described(headers)
        gate = self._settings.gate(content_type, coded, self._late(environ, path, "request", content_type))
        passed: list[bytes] = []
        read = 0
        for chunk in chunks(environ):
            read += len(chunk)
            passed.append(gate.feed(chunk))
            if gate.streams and read > self._settings.limit and not gate.blocked:
                passed.append(gate.abandon())  # what has no end cannot be read to its end
            if gate.blocked or gate.passing:
                break
        else:
            passed.append(gate.finish())
        outcome = gate.outcome
        self.coverage.body(outcome)
        if outcome.blocked:
            return outcome
        environ["dlpcore.verdict"] = outcome.verdict if outcome.trouble is None else incomplete(outcome)
        body = b"".join(passed)
        if gate.passing:
            # The policy lets pass what is not inspected: what was read, then what was not.
            environ["wsgi.input"] = Chained(body, environ.get("wsgi.input") or io.BytesIO())
            if outcome.changed and "content-length" in dict(headers):
                environ["CONTENT_LENGTH"] = str(int(environ["CONTENT_LENGTH"]) - read + len(body))
            return None
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


def _fields(environ: Environ) -> Headers:
    headers: Headers = []
    for name, value in environ.items():
        if name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value:
            headers.append((name.lower().replace("_", "-"), value))
        elif name.startswith("HTTP_"):
            headers.append((name[5:].lower().replace("_", "-"), value))
    return headers
