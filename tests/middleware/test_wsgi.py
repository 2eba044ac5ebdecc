"""The WSGI middleware by its protocol (PEP 3333), with the standard library's validator on both sides of it."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any
from wsgiref.util import FileWrapper

import pytest

import dlpcore
from dlpcore.middleware.wsgi import DLPMiddleware
from tests.middleware.protocols import CARD, CLEAN, DIRTY, HIDDEN, INSPECTOR, LENIENT, SMALL, Answer, Environ
from tests.middleware.protocols import wsgi_answering as answering


def wrapped(app: Any, **options: Any) -> DLPMiddleware:
    options.setdefault("inspector", INSPECTOR)
    return DLPMiddleware(app, **options)


JSON = {"content_type": "application/json"}


def test_clean_traffic_is_untouched() -> None:
    seen: list[Any] = []
    dlp = wrapped(answering(CLEAN[:3], CLEAN[3:], seen=seen, etag='"e"', **JSON))
    answer = Answer(dlp, CLEAN)
    assert (answer.status, answer.body) == (200, CLEAN)
    assert answer.headers == {"content-type": "application/json", "etag": '"e"'}
    assert seen[0][1] == CLEAN and seen[0][0]["dlpcore.verdict"].action == "allow"
    assert dlp.coverage.snapshot()["inspected"] == 2


def test_a_request_is_redacted() -> None:
    seen: list[Any] = []
    Answer(wrapped(answering(CLEAN, seen=seen, **JSON)), gzip.compress(DIRTY, mtime=0), HTTP_CONTENT_ENCODING="gzip")
    environ, body = seen[0]
    assert CARD.encode() not in body and json.loads(body)
    assert environ["CONTENT_LENGTH"] == str(len(body)) and "HTTP_CONTENT_ENCODING" not in environ


def test_a_chunked_request() -> None:
    seen: list[Any] = []
    app = wrapped(answering(CLEAN, seen=seen, **JSON))
    environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    Answer(app, DIRTY, validate=False, **environ)
    environ, body = seen[0]
    assert body and CARD.encode() not in body and "HTTP_TRANSFER_ENCODING" not in environ


def test_a_blocked_request_never_arrives() -> None:
    seen: list[Any] = []
    answer = Answer(wrapped(answering(CLEAN, seen=seen, **JSON)), HIDDEN)
    assert (answer.status, seen) == (403, []) and json.loads(answer.body)["rules"]


def test_a_response_is_redacted() -> None:
    answer = Answer(wrapped(answering(DIRTY, content_length=str(len(DIRTY)), etag="x", **JSON)), CLEAN)
    assert answer.status == 200 and CARD.encode() not in answer.body
    assert answer.headers == {"content-type": "application/json", "content-length": str(len(answer.body))}


def test_a_blocked_response_is_replaced() -> None:
    answer = Answer(wrapped(answering(HIDDEN, **JSON)), CLEAN)
    assert answer.status == 403 and "rules" not in json.loads(answer.body)


@pytest.mark.parametrize(("status", "method"), [("204 No Content", "POST"), ("304 Not Modified", "GET")])
def test_answers_without_a_body(status: str, method: str) -> None:
    answer = Answer(wrapped(answering(status=status, etag="x")), b"", REQUEST_METHOD=method)
    assert (str(answer.status), answer.headers) == (status[:3], {"etag": "x"})


def test_the_old_write_function() -> None:
    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        write = start_response("200 OK", [("Content-Type", "application/json")])
        write(DIRTY[:10])
        return [DIRTY[10:]]

    answer = Answer(wrapped(app), CLEAN)
    assert answer.status == 200 and CARD.encode() not in answer.body and json.loads(answer.body)


def test_a_generator_starts_late_and_is_closed() -> None:
    closed: list[bool] = []

    def app(environ: Environ, start_response: Any) -> Iterator[bytes]:
        try:
            start_response("200 OK", [("Content-Type", "text/event-stream")])
            yield b"data: one\n\ndata: "
            yield HIDDEN + b"\n\n"
            yield b"data: late\n\n"
        finally:
            closed.append(True)

    dlp = wrapped(app)
    answer = Answer(dlp, b"", REQUEST_METHOD="GET")
    assert answer.chunks == [b"data: one\n\n"] and closed == [True]
    assert dlp.coverage.snapshot()["blocked"] == 1


def test_a_file_is_not_handed_to_the_server() -> None:
    file = io.BytesIO(DIRTY)

    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        assert "wsgi.file_wrapper" not in environ
        return FileWrapper(file, 5)

    answer = Answer(wrapped(app), CLEAN, **{"wsgi.file_wrapper": FileWrapper})
    assert CARD.encode() not in answer.body and file.closed


def test_an_error_after_start_response() -> None:
    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        import sys

        start_response("200 OK", [("Content-Type", "application/json")])
        try:
            raise LookupError
        except LookupError:
            start_response("500 Oops", [("Content-Type", "text/plain")], sys.exc_info())
        return [b"sorry"]

    answer = Answer(wrapped(app), CLEAN)
    assert (answer.status, answer.body) == (500, b"sorry")


def test_an_application_that_raises_while_it_answers() -> None:
    def app(environ: Environ, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        yield DIRTY[:10]
        raise LookupError("of the application")

    chunks: list[bytes] = []
    with pytest.raises(LookupError):
        chunks.append(Answer(wrapped(app), CLEAN).body)
    assert chunks == []


@pytest.mark.parametrize("inspector", [SMALL, LENIENT], ids=["strict", "lenient"])
def test_over_the_limit(inspector: dlpcore.Inspector) -> None:
    seen: list[Any] = []
    body = b'["' + b"x" * 200_000 + b'"]'
    answer = Answer(wrapped(answering(CLEAN, seen=seen, **JSON), inspector=inspector), body)
    if inspector is SMALL:
        assert (answer.status, seen) == (413, [])
    else:
        assert (answer.status, seen[0][1]) == (200, body) and not seen[0][0]["dlpcore.verdict"].complete
    answer = Answer(wrapped(answering(body[:700], body[700:], b"", **JSON), inspector=inspector), CLEAN)
    assert answer.status == (403 if inspector is SMALL else 200)
    assert inspector is SMALL or answer.body == body


@pytest.mark.parametrize("read", ["read", "readline", "lines", "pieces"])
def test_what_passes_unseen_is_read_in_any_way(read: str) -> None:
    body = (b"x" * 99 + b"\n") * 2000

    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        stream = environ["wsgi.input"]
        if read == "read":
            got = stream.read()
        elif read == "lines":
            got = b"".join(stream)
        else:
            got = b""
            while part := stream.readline() if read == "readline" else stream.read(70_001):
                got += part
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"same" if got == body else b"other"]

    assert Answer(wrapped(app, inspector=LENIENT), body, validate=False, CONTENT_TYPE="text/plain").body == b"same"


def test_half_a_body_is_not_handed_on_as_a_whole_one() -> None:
    seen: list[Any] = []
    answer = Answer(wrapped(answering(CLEAN, seen=seen, **JSON)), b"half a text", CONTENT_LENGTH="99")
    assert (answer.status, seen) == (400, [])


def test_exempt_routes_and_context() -> None:
    told: list[Any] = []
    dlp = wrapped(
        answering(CLEAN, **JSON),
        exempt="/app/static/**",
        context=lambda environ: dlpcore.Context(user="u-1"),
        on_verdict=lambda verdict, context: told.append(context),
    )
    assert Answer(dlp, HIDDEN, SCRIPT_NAME="/app", PATH_INFO="/static/a").status == 200
    assert Answer(dlp, HIDDEN, SCRIPT_NAME="/app", PATH_INFO="/x").status == 403
    assert [(c.user, c.ip, c.endpoint, c.direction) for c in told] == [("u-1", "192.0.2.1", "/app/x", "request")]
    assert dlp.coverage.snapshot()["exempt"] == 1
