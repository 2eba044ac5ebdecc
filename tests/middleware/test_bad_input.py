"""What is wrong with the traffic or with the inspection is never the end of the service, and never passes as clean."""

from __future__ import annotations

import asyncio
import gzip
import io
import itertools
import json
import tracemalloc
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlpcore
from dlpcore.middleware._options import Settings
from dlpcore.middleware.asgi import DLPMiddleware as ASGI
from dlpcore.middleware.wsgi import DLPMiddleware as WSGI
from tests.middleware.protocols import (
    CARD,
    CLEAN,
    DIRTY,
    HIDDEN,
    INSPECTOR,
    LENIENT,
    SMALL,
    Answer,
    Client,
    Environ,
    Message,
    Scope,
    asgi_answering,
    wsgi_answering,
)

MULTIPART = b'--XyZ\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
BOMB = gzip.compress(b" " * 1_000_000 + b"1", mtime=0)
TWICE = gzip.compress(gzip.compress(DIRTY, mtime=0), mtime=0)


def asked(side: str, inspector: Any, body: bytes, headers: dict[str, str], seen: list[Any]) -> tuple[int, bytes]:
    """Status and body of the answer to one request, under ASGI or WSGI; the application notes what it saw."""
    if side == "asgi":
        app = ASGI(asgi_answering(CLEAN, seen=seen, content_type="application/json"), inspector=inspector)
        client = Client(app, [body[:7], body[7:]], headers=headers).run()
        return client.status, client.answer
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    wrapped = WSGI(wsgi_answering(CLEAN, seen=seen, content_type="application/json"), inspector=inspector)
    answer = Answer(wrapped, body, validate=False, **environ)
    return answer.status, answer.body


BAD = {
    "over the limit": (b'["' + b"x" * 1200 + b'"]', {"content-type": "application/json"}, 413),
    "a bomb": (BOMB, {"content-type": "application/json", "content-encoding": "gzip"}, 413),
    "a coding nobody knows": (CLEAN, {"content-type": "application/json", "content-encoding": "zip, gzip"}, 415),
    "a broken coding": (CLEAN, {"content-type": "application/json", "content-encoding": "gzip"}, 415),
    "a broken multipart": (MULTIPART, {"content-type": "multipart/form-data; boundary=XyZ"}, 415),
    "a charset nobody knows": (CLEAN, {"content-type": "application/json; charset=x-none"}, 415),
    "a type without end": (CLEAN, {"content-type": "application/json; a=" + '"' * 5000}, 415),
    "a line without end": (b"data: " + b"x" * 2000, {"content-type": "text/event-stream"}, 413),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("side", ["asgi", "wsgi"])
def test_the_policy_decides_on_what_cannot_be_inspected(side: str, name: str) -> None:
    body, headers, status = BAD[name]
    seen: list[Any] = []
    got, text = asked(side, SMALL, body, headers, seen)
    # an application that reads a streamed request is told that the client has gone
    assert (got, seen) == (status, []) and json.loads(text)["status"] == status
    got, text = asked(side, LENIENT, body, headers, seen)
    assert (got, text) == (200, CLEAN)
    assert [each[1] for each in seen] == [body]  # whole, and once


@pytest.mark.parametrize("side", ["asgi", "wsgi"])
def test_two_codings_are_undone(side: str) -> None:
    seen: list[Any] = []
    headers = {"content-type": "application/json", "content-encoding": "gzip, gzip"}
    assert asked(side, INSPECTOR, TWICE, headers, seen)[0] == 200
    assert CARD.encode() not in seen[0][1] and json.loads(seen[0][1])


class _Failing:
    """An inspector with a fault."""

    def __init__(self, inner: dlpcore.Inspector) -> None:
        self.policy, self.limits = inner.policy, inner.limits

    def inspect(self, *_: object, **__: object) -> dlpcore.Verdict:
        raise RuntimeError(CARD)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-ndjson"])
@pytest.mark.parametrize("side", ["asgi", "wsgi"])
def test_an_inspector_that_fails(side: str, content_type: str, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[Any] = []
    got, text = asked(side, _Failing(SMALL), CLEAN, {"content-type": content_type}, seen)
    assert (got, seen) == (403, []) and b"RuntimeError" in text
    assert asked(side, _Failing(LENIENT), CLEAN, {"content-type": content_type}, seen) == (200, CLEAN)
    assert [each[1] for each in seen] == [CLEAN]
    assert "RuntimeError" in caplog.text and CARD not in caplog.text


@pytest.mark.parametrize("side", ["asgi", "wsgi"])
def test_a_context_that_fails_is_a_failed_inspection(side: str) -> None:
    def context(_: Any) -> dlpcore.Context:
        raise RuntimeError(CARD)

    seen: list[Any] = []
    if side == "asgi":
        app = ASGI(asgi_answering(CLEAN, seen=seen), inspector=INSPECTOR, context=context)
        got, text = (client := Client(app, [DIRTY]).run()).status, client.answer
    else:
        wrapped = WSGI(
            wsgi_answering(CLEAN, seen=seen, content_type="text/plain"), inspector=INSPECTOR, context=context
        )
        got, text = (answer := Answer(wrapped, DIRTY)).status, answer.body
    assert (got, seen) == (403, []) and CARD.encode() not in text


def test_an_event_of_ten_megabytes_is_not_held() -> None:
    """Where the policy lets it pass unseen, what comes behind it is inspected again."""
    peak = 0

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        nonlocal peak
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        tracemalloc.start()
        for piece in (b"data: one\n\ndata: ", *[b"x" * 65536] * 160, b"\n\ndata: " + DIRTY + b"\n\n"):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            passed[0] += sum(len(m.get("body", b"")) for m in client.sent)
            passed[1] += sum(m.get("body", b"").count(CARD.encode()) for m in client.sent)
            client.sent.clear()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    for inspector, least in ((LENIENT, 160 * 65536), (SMALL, len(b"data: one\n\n"))):
        passed = [0, 0]
        client = Client(ASGI(app, inspector=inspector), [b""], method="GET")
        client.run()
        assert least <= passed[0] < least + 1000 and passed[1] == 0 and peak < 1_000_000


@pytest.mark.parametrize("side", ["asgi", "wsgi"])
def test_chunks_that_never_end(side: str) -> None:
    read = 0

    class Endless(io.RawIOBase):
        def read(self, size: int | None = -1) -> bytes:
            nonlocal read
            read += size or 0
            return b" " * (size or 0)

    if side == "wsgi":
        environ = {"wsgi.input": Endless(), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
        answer = Answer(WSGI(wsgi_answering(CLEAN), inspector=SMALL), b"", validate=False, **environ)
        assert answer.status == 413 and read <= 1 << 17
    else:
        client = Client(ASGI(asgi_answering(CLEAN), inspector=SMALL), [b" " * 100] * 1000).run()
        assert client.status == 413 and client.received <= 11


def test_a_stream_is_not_read_without_end_under_wsgi() -> None:
    line = b'{"pad": "' + b"x" * 100 + b'"}\n'
    body = DIRTY + b"\n" + line * 2000
    for inspector, status in ((SMALL, 413), (LENIENT, 200)):
        seen: list[Any] = []
        dlp = WSGI(wsgi_answering(CLEAN, seen=seen, content_type="text/plain"), inspector=inspector, max_bytes=300)
        stream = io.BytesIO(body)
        environ = {"wsgi.input": stream, "CONTENT_TYPE": "application/x-ndjson", "CONTENT_LENGTH": str(len(body))}
        assert Answer(dlp, b"", validate=False, **environ).status == status
        assert stream.tell() <= 1 << 16 if status == 413 else seen[0][1].endswith(line)
    environ, got = seen[0]
    assert len(got) == len(body) == int(environ["CONTENT_LENGTH"]) and not environ["dlpcore.verdict"].complete
    assert CARD.encode() not in got  # what was inspected before there was too much


def test_a_packed_stream_arrives_unpacked() -> None:
    seen: list[Any] = []
    lines = CLEAN + b"\n" + DIRTY + b"\n"
    packed = gzip.compress(lines, mtime=0)
    headers = {"content-type": "application/x-ndjson", "content-encoding": "gzip", "content-length": str(len(packed))}
    Client(ASGI(asgi_answering(CLEAN, seen=seen), inspector=INSPECTOR), [packed], headers=headers).run()
    scope, got = seen[0]
    assert got.startswith(CLEAN) and CARD.encode() not in got and len(got) == len(lines)
    assert scope["headers"] == [(b"content-type", b"application/x-ndjson")]


def test_a_client_that_left_before_the_answer() -> None:
    """What the server raises then reaches the application, and nothing is sent twice."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)
        raise OSError("the client has gone")

    client = Client(ASGI(asgi_answering(CLEAN, content_type="application/json"), inspector=INSPECTOR), [CLEAN])
    client._send = send  # type: ignore[method-assign]
    with pytest.raises(OSError, match="gone"):
        client.run()
    assert [m["type"] for m in sent] == ["http.response.start"]


def test_a_server_that_stops_in_the_middle_closes_the_application() -> None:
    closed: list[bool] = []

    def app(environ: Environ, start_response: Any) -> Iterator[bytes]:
        try:
            start_response("200 OK", [("Content-Type", "text/event-stream")])
            while True:
                yield b"data: again\n\n"
        finally:
            closed.append(True)

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": io.BytesIO()}
    answer: Any = WSGI(app, inspector=INSPECTOR)(environ, lambda *_: print)
    assert [next(iter(answer)), next(iter(answer))] == [b"data: again\n\n"] * 2
    answer.close()
    assert closed == [True]


@pytest.mark.parametrize("early", [True, False])
def test_an_application_that_raises_under_wsgi(early: bool) -> None:
    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        if not early:
            start_response("200 OK", [("Content-Type", "application/json")])(DIRTY[:10])
        raise LookupError("of the application")

    started: list[Any] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": io.BytesIO()}
    with pytest.raises(LookupError):
        WSGI(app, inspector=INSPECTOR)(environ, lambda *each: started.append(each))
    assert started == []


class _Written:
    """A response whose application writes all of it, and what leaves of it meanwhile."""

    def __init__(self, inspector: Any, content_type: str, pieces: Iterable[bytes], last: list[bytes]) -> None:
        self.status = ""
        self.written: list[bytes] = []
        self.most = 0

        def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
            write = start_response("200 OK", [("Content-Type", content_type)])
            tracemalloc.start()
            for piece in pieces:
                write(piece)
            self.most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return last

        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": io.BytesIO()}
        answer: Any = WSGI(app, inspector=inspector)(environ, self._start)
        self.early = sum(map(len, self.written))
        self.body = b"".join([*self.written, *answer])
        answer.close()

    def _start(self, status: str, headers: Any, exc_info: Any = None) -> Any:
        self.status = status
        return self._write

    def _write(self, data: bytes) -> None:
        self.written = [b"".join([*self.written, data])] if len(data) < 1000 else [*self.written, data]


def test_what_is_written_does_not_heap_up() -> None:
    got = _Written(SMALL, "application/json", (b"x" * 10_000 for _ in range(500)), [b"late"])
    assert got.status.startswith("403") and got.early == 0 and got.most < 200_000
    got = _Written(LENIENT, "application/json", (b"x" * 10_000 for _ in range(50)), [b"late"])
    assert got.status.startswith("200") and got.body == b"x" * 500_000 + b"late" and got.early == 500_000


def test_a_stream_that_is_written_leaves_record_by_record() -> None:
    lines = [CLEAN + b"\n", DIRTY + b"\n", CLEAN + b"\n"]
    got = _Written(INSPECTOR, "application/x-ndjson", lines, [CLEAN + b"\n"])
    assert got.early == len(lines[0]) * 2 + len(lines[1])
    assert got.body.startswith(lines[0]) and got.body.endswith(lines[0] * 2) and CARD.encode() not in got.body
    got = _Written(INSPECTOR, "application/x-ndjson", [CLEAN + b"\n", HIDDEN + b"\n", CLEAN + b"\n"], [CLEAN])
    assert got.body == CLEAN + b"\n"


def test_an_error_page_in_place_of_what_was_written() -> None:
    def app(environ: Environ, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])(HIDDEN)
        try:
            raise LookupError
        except LookupError as error:
            start_response("500 Oops", [("Content-Type", "text/plain")], (type(error), error, error.__traceback__))
        return [b"sorry"]

    answer = Answer(WSGI(app, inspector=INSPECTOR), CLEAN)
    assert (answer.status, answer.body) == (500, b"sorry")


@pytest.mark.parametrize("order", [["start", "body", "body"], ["body"]])
def test_a_body_out_of_turn_does_not_leave(order: list[str]) -> None:
    async def app(scope: Scope, receive: Any, send: Any) -> None:
        for each in order:
            rest = {"status": 200, "headers": [(b"content-type", b"application/json")]} if each == "start" else {}
            await send({"type": f"http.response.{each}", "body": CLEAN, **rest})

    client = Client(ASGI(app, inspector=INSPECTOR), [CLEAN])
    with pytest.raises(RuntimeError, match="before its start or after its end"):
        client.run()
    assert sum(m["type"] == "http.response.body" for m in client.sent) == order.count("start")


@pytest.mark.parametrize("body", [DIRTY, CLEAN])
def test_digests_and_validators_hold_or_go(body: bytes) -> None:
    told = {
        "etag": '"1"', "content_digest": "sha-256=:x:", "repr_digest": "sha-256=:x:", "content_md5": "x",
        "last_modified": "Mon, 01 Jan 2024 00:00:00 GMT", "accept_ranges": "bytes", "x_other": "stays",
    }  # fmt: skip
    app = asgi_answering(body, content_type="application/json", **told)
    got = Client(ASGI(app, inspector=INSPECTOR), [CLEAN]).run().headers
    kept = {"content-type": "application/json", "x-other": "stays"}
    if body == CLEAN:
        assert got == {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in told.items()}}
    else:
        assert got == {**kept, "content-length": str(len(Client(ASGI(app, inspector=INSPECTOR), [CLEAN]).run().answer))}


def test_one_length_only() -> None:
    app = asgi_answering(DIRTY, content_type="application/json", transfer_encoding="chunked")
    got = Client(ASGI(app, inspector=INSPECTOR), [CLEAN]).run().headers
    assert "content-length" in got and "transfer-encoding" not in got


# --- the quick look and the gate are the same -------------------------------------------------------------------------

BODIES = [
    b"",
    CLEAN,
    DIRTY,
    HIDDEN,
    b'{"a":',
    b"[1]",
    b"null",
    b'{"mail": "ada@example.org"}',
    b'"\\ud800"',
    b"x" * 2000,
]


@given(
    st.sampled_from(BODIES),
    st.sampled_from(["", "application/json", "application/json; charset=utf-8", "application/problem+json", "TEXT/json",
                     "application/json; charset=utf-16", "text/plain", "application/x-ndjson"]),
    st.sampled_from([SMALL, LENIENT]),
    st.lists(st.integers(1, 700), max_size=3),
)  # fmt: skip
def test_one_piece_or_several_make_no_difference(
    body: bytes, content_type: str, inspector: dlpcore.Inspector, cuts: list[int]
) -> None:
    edges = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    pieces = [body[a:b] for a, b in itertools.pairwise(edges)] or [b""]
    results = []
    for chunks in ([body], pieces):
        seen: list[Any] = []
        app = ASGI(asgi_answering(*chunks, seen=seen, content_type=content_type), inspector=inspector)
        headers = {"content-type": content_type} if content_type else {}
        client = Client(app, [*chunks, b""] if chunks is pieces else chunks, headers=headers)
        client.run()
        told = [(s["state"].get("dlpcore"), got) for s, got in seen]
        results.append((client.status, client.answer, [(v and v.action, g) for v, g in told], app.coverage.snapshot()))
    assert results[0] == results[1]


def test_the_state_is_the_requests_own() -> None:
    """What stands around the middleware sees what the application put there, and the verdict."""
    seen: list[Any] = []
    client = Client(ASGI(asgi_answering(CLEAN, seen=seen), inspector=INSPECTOR), [CLEAN], state={"pool": 1})
    before = dict(client.scope)
    client.run()
    assert seen[0][0]["state"] is client.scope["state"] and client.scope["state"]["dlpcore"].action == "allow"
    assert client.scope == before
    client = Client(ASGI(asgi_answering(CLEAN, seen=seen), inspector=INSPECTOR), [CLEAN]).run()
    assert "state" not in client.scope and "dlpcore" in seen[1][0]["state"]


# --- exempt routes ----------------------------------------------------------------------------------------------------


def _matches(pattern: str, path: str) -> bool:
    """The slow and obvious way: every place where a star may end."""
    if not pattern:
        return not path
    if pattern.startswith("**"):
        return any(_matches(pattern[2:], path[i:]) for i in range(len(path) + 1))
    if pattern[0] == "*":
        end = path.find("/") if "/" in path else len(path)
        return any(_matches(pattern[1:], path[i:]) for i in range(end + 1))
    return path[:1] == pattern[0] and _matches(pattern[1:], path[1:])


@given(st.text("ab/*", max_size=8), st.text("ab/", max_size=9))
def test_route_patterns(pattern: str, path: str) -> None:
    settings = Settings(inspector=INSPECTOR, exempt="/" + pattern)
    assert settings.is_exempt("/" + path) == _matches("/" + pattern, "/" + path)


def test_a_long_path_is_not_exempt() -> None:
    settings = Settings(inspector=INSPECTOR, exempt="/**/a/**/a/**/b")
    assert settings.is_exempt("/x/a/a/y/a/z/b") and not settings.is_exempt("/a" * 500)
    assert not settings.is_exempt("/x/a/y/a/" + "b" * 5000 + "/b")


def test_large_bodies_leave_the_loop_free() -> None:
    """While a body is inspected in a thread, the loop goes on."""
    ticks = 0

    async def both() -> None:
        nonlocal ticks
        body = json.dumps([{"card": CARD, "n": i} for i in range(2000)]).encode()
        client = Client(ASGI(asgi_answering(CLEAN), inspector=INSPECTOR), [body])
        task = asyncio.ensure_future(client.app(client.scope, client._receive, client._send))
        while not task.done():
            ticks += 1
            await asyncio.sleep(0)
        await task

    asyncio.run(both())
    assert ticks > 3
