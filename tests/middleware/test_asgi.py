"""The ASGI middleware by its protocol: what an application and a server see, also where one of them misbehaves."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import pytest

import dlpcore
from dlpcore.middleware.asgi import DLPMiddleware
from tests.middleware.protocols import CARD, CLEAN, DIRTY, HIDDEN, INSPECTOR, LENIENT, SMALL, Client, Message, Scope
from tests.middleware.protocols import asgi_answering as answering


def wrapped(app: Any, **options: Any) -> DLPMiddleware:
    options.setdefault("inspector", INSPECTOR)
    return DLPMiddleware(app, **options)


def test_clean_traffic_is_untouched() -> None:
    seen: list[Any] = []
    dlp = wrapped(answering(CLEAN[:3], CLEAN[3:], seen=seen, content_type="application/json", etag='"e"'))
    client = Client(dlp, [CLEAN[:4], CLEAN[4:]]).run()
    assert (client.status, client.answer) == (200, CLEAN)
    assert client.headers == {"content-type": "application/json", "etag": '"e"'}
    scope, body = seen[0]
    assert body == CLEAN and scope["state"]["dlpcore"].action == "allow"
    assert dict(dlp.coverage.snapshot()) == {**dict.fromkeys(dlp.coverage.NAMES, 0), "inspected": 2}


def test_a_request_is_redacted_and_its_length_mended() -> None:
    seen: list[Any] = []
    body = gzip.compress(DIRTY, mtime=0)
    headers = {"content-type": "application/json", "content-encoding": "gzip", "content-length": str(len(body))}
    Client(wrapped(answering(CLEAN, seen=seen)), [body], headers=headers).run()
    scope, got = seen[0]
    assert CARD.encode() not in got and json.loads(got)
    assert dict(scope["headers"]) == {b"content-type": b"application/json", b"content-length": str(len(got)).encode()}
    assert scope["state"]["dlpcore"].findings[0].rule == "credit-card"


@pytest.mark.parametrize("body", [HIDDEN, b'{"a": 1} trailing'])
def test_a_blocked_request_never_arrives(body: bytes) -> None:
    seen: list[Any] = []
    client = Client(wrapped(answering(CLEAN, seen=seen)), [body]).run()
    assert seen == [] and client.status == 403
    assert client.headers["content-type"] == "application/problem+json"
    answer = json.loads(client.answer)
    assert answer["status"] == 403 and answer["rules"]


def test_a_blocked_request_echoes_nothing() -> None:
    secret = "ghp_nM5KqzAWospggrfyw7DRpBbXv9yNH8fwzXl5"
    body = json.dumps({"t": secret}).encode() + b" trailing"
    client = Client(wrapped(answering(CLEAN)), [body]).run()
    assert client.status == 403
    assert not any(secret[i : i + 6].encode() in client.answer for i in range(len(secret) - 6))


def test_a_response_is_redacted() -> None:
    app = answering(
        DIRTY, content_type="application/json", content_length=str(len(DIRTY)), etag='"1"', digest="sha-256=x"
    )
    client = Client(wrapped(app), [CLEAN]).run()
    assert client.status == 200 and CARD.encode() not in client.answer
    assert client.headers == {"content-type": "application/json", "content-length": str(len(client.answer))}


def test_a_blocked_response_is_replaced_and_says_nothing_of_it() -> None:
    client = Client(wrapped(answering(HIDDEN[:50], HIDDEN[50:], content_type="application/json")), [CLEAN]).run()
    assert client.status == 403 and json.loads(client.answer) == {
        "type": "about:blank", "title": "Blocked by the data loss prevention policy", "status": 403,
        "detail": "The response held what must not be sent.",
    }  # fmt: skip


def test_a_range_that_would_change_is_blocked() -> None:
    app = answering(DIRTY, status=206, content_type="application/json", content_range="bytes 0-31/900")
    assert Client(wrapped(app), [CLEAN]).run().status == 403


@pytest.mark.parametrize(("status", "method"), [(204, "POST"), (304, "GET"), (200, "HEAD")])
def test_answers_without_a_body_keep_their_headers(status: int, method: str) -> None:
    app = answering(status=status, content_length="900", etag='"e"')
    client = Client(wrapped(app), [b""], method=method).run()
    assert (client.status, client.headers) == (status, {"content-length": "900", "etag": '"e"'})


def test_events_leave_one_by_one_until_one_is_blocked() -> None:
    sent_so_far: list[int] = []
    events = [b"data: " + CLEAN + b"\n\n", b"data: " + DIRTY + b"\n\n", b"data: " + HIDDEN + b"\n\n", b"data: late\n\n"]

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        await receive()
        headers = [(b"content-type", b"text/event-stream"), (b"content-length", b"9999")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for event in events:
            await send({"type": "http.response.body", "body": event, "more_body": True})
            sent_so_far.append(len(client.sent))
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    client = Client(wrapped(app), [b""], method="GET", headers={})
    client.run()
    assert sent_so_far == [2, 3, 4, 4]  # the start, then each event at once, then the end
    assert client.headers == {"content-type": "text/event-stream"}
    assert client.answer.startswith(events[0]) and CARD.encode() not in client.answer
    assert HIDDEN not in client.answer and b"late" not in client.answer


def test_a_streamed_request_is_cut_at_its_blocked_record() -> None:
    got: list[bytes] = []

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError("the client left")
            got.append(message["body"])
            more = message["more_body"]

    client = Client(
        wrapped(app), [CLEAN + b"\n" + CLEAN[:3], CLEAN[3:] + b"\n", HIDDEN + b"\n", CLEAN],
        headers={"content-type": "application/x-ndjson"},
    ).run()  # fmt: skip
    assert got == [CLEAN + b"\n", CLEAN + b"\n"]
    assert client.status == 403


def test_a_streamed_request_that_is_clean() -> None:
    seen: list[Any] = []
    lines = [CLEAN + b"\n", CLEAN]
    client = Client(wrapped(answering(CLEAN, seen=seen)), lines, headers={"content-type": "application/x-ndjson"}).run()
    assert (seen[0][1], client.status) == (b"".join(lines), 200)


@pytest.mark.parametrize("inspector", [SMALL, LENIENT], ids=["strict", "lenient"])
def test_over_the_limit(inspector: dlpcore.Inspector) -> None:
    seen: list[Any] = []
    body = [b'["' + b"x" * 600, b"x" * 600, b"x" * 600 + b'"]']
    client = Client(wrapped(answering(CLEAN, seen=seen), inspector=inspector), body)
    client.run()
    if inspector is SMALL:
        assert (client.status, seen, client.received) == (413, [], 2)  # the third was not even read
    else:
        scope, got = seen[0]
        assert (client.status, got) == (200, b"".join(body)) and not scope["state"]["dlpcore"].complete
    client = Client(wrapped(answering(*body), inspector=inspector), [CLEAN]).run()
    assert client.status == (403 if inspector is SMALL else 200)
    assert inspector is SMALL or client.answer == b"".join(body)


def test_undecodable() -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip, compress"}
    dlp = wrapped(answering(CLEAN))
    assert Client(dlp, [CLEAN], headers=headers).run().status == 415
    assert dlp.coverage.snapshot()["undecodable"] == 1


def test_chunks_that_never_end_do_not_grow() -> None:
    client = Client(wrapped(answering(CLEAN), inspector=SMALL), [b" " * 100] * 1000).run()
    assert client.status == 413 and client.received <= 11


def test_the_client_leaves_in_the_middle() -> None:
    seen: list[Any] = []
    client = Client(wrapped(answering(CLEAN, seen=seen)), [CLEAN[:3]], leave=True).run()
    assert seen == [] and client.sent == []


def test_after_the_body_the_application_sees_the_client_leave() -> None:
    last: list[Message] = []

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        await receive()
        last.append(await receive())

    Client(wrapped(app), [CLEAN]).run()
    assert last == [{"type": "http.disconnect"}]


@pytest.mark.parametrize("after", [False, True])
def test_an_application_that_raises(after: bool) -> None:
    async def app(scope: Scope, receive: Any, send: Any) -> None:
        if after:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": DIRTY, "more_body": True})
        raise LookupError("of the application")

    client = Client(wrapped(app), [CLEAN])
    with pytest.raises(LookupError):
        client.run()
    assert client.sent == []  # the server answers with its own error; nothing half inspected has left


def test_a_response_is_not_sent_by_path() -> None:
    seen: list[Any] = []
    extensions = {"http.response.pathsend": {}, "http.response.zerocopysend": {}, "tls": {}}
    Client(wrapped(answering(CLEAN, seen=seen)), [CLEAN], extensions=extensions).run()
    assert seen[0][0]["extensions"] == {"tls": {}}


def test_exempt_routes_are_counted_and_cannot_be_climbed_out_of() -> None:
    dlp = wrapped(answering(CLEAN), exempt=("/static/**", "/health", "/v/*/raw"))
    paths = {
        "/static/a/b": 200,
        "/health": 200,
        "/healthz": 403,
        "/v/1/raw": 200,
        "/v/1/2/raw": 403,
        "/static/../x": 403,
    }
    assert {path: Client(dlp, [HIDDEN], path=path).run().status for path in paths} == paths
    assert dlp.coverage.snapshot()["exempt"] == 3 and dlp.coverage.snapshot()["blocked"] == 3


def test_context_and_verdicts_are_told() -> None:
    told: list[tuple[dlpcore.Verdict, dlpcore.Context]] = []
    dlp = wrapped(
        answering(DIRTY, content_type="application/json"),
        context=lambda scope: dlpcore.Context(user="u-1", roles=("agent",)),
        on_verdict=lambda verdict, context: told.append((verdict, context)),
    )
    Client(dlp, [DIRTY]).run()
    (_, request), (_, response) = told
    assert (request.user, request.roles, request.ip, request.endpoint) == ("u-1", ("agent",), "192.0.2.1", "/x")
    assert (request.method, request.direction, request.content_type) == ("POST", "request", "application/json")
    assert response.direction == "response" and response.time


def test_a_hook_that_raises_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def hook(verdict: object, context: object) -> None:
        raise RuntimeError(CARD)

    assert Client(wrapped(answering(CLEAN), on_verdict=hook), [DIRTY]).run().status == 200
    assert "RuntimeError" in caplog.text and CARD not in caplog.text


def test_large_bodies_are_inspected_off_the_loop() -> None:
    import threading

    threads: set[str] = set()

    def hook(verdict: object, context: object) -> None:
        threads.add(threading.current_thread().name)

    big = json.dumps({"card": CARD, "pad": "x" * 70_000}).encode()
    assert Client(wrapped(answering(CLEAN), on_verdict=hook), [big]).run().status == 200
    assert threads and threading.main_thread().name not in threads


def test_lifespan_and_other_scopes_pass() -> None:
    seen: list[Any] = []

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send))

    scope: Scope = {"type": "lifespan"}
    asyncio.run(wrapped(app)(scope, print, print))  # type: ignore[arg-type]
    assert seen == [(scope, print, print)]


@pytest.mark.parametrize("options", [{"exempt": "static/**"}, {"max_bytes": 0}, {"offload": -1}, {"max_bytes": True}])
def test_wrong_options(options: dict[str, Any]) -> None:
    with pytest.raises(dlpcore.InputError):
        wrapped(answering(), **options)


@pytest.mark.parametrize("side", ["request", "response"])
@pytest.mark.parametrize("form", ["text", "bytes"])
def test_web_socket_messages(side: str, form: str) -> None:
    def message(data: bytes) -> Message:
        kind = "receive" if side == "request" else "send"
        return {"type": f"websocket.{kind}", form: data.decode() if form == "text" else data}

    incoming = [{"type": "websocket.connect"}]
    if side == "request":
        incoming += [message(CLEAN), message(DIRTY), message(HIDDEN), message(CLEAN)]
    got: list[Message] = []
    sent: list[Message] = []

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        if side == "request":
            while (last := await receive())["type"] == "websocket.receive":
                got.append(last)
            got.append(last)
        else:
            for data in (CLEAN, DIRTY, HIDDEN, CLEAN):
                await send(message(data))

    async def receive() -> Message:
        return incoming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/ws", "headers": [], "client": None}
    asyncio.run(wrapped(app)(scope, receive, send))
    passed = got if side == "request" else sent[1:]
    assert passed[0] == message(CLEAN) and CARD not in str(passed[1]) and len(passed) == 3
    closing = {"type": "websocket.close", "code": 1008}
    assert sent[-1] == closing
    if side == "request":
        assert got[-1] == {"type": "websocket.disconnect", "code": 1008} and len(incoming) == 1
