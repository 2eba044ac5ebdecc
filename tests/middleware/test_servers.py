"""Both middlewares around real frameworks, served by real servers on loopback, asked by a real client."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import dlpcore
from dlpcore.middleware.asgi import DLPMiddleware as ASGI
from dlpcore.middleware.wsgi import DLPMiddleware as WSGI

CARD = "4111 1111 1111 1111"
CLEAN = b'{"id":7,"name":"caf\xc3\xa9"}'
DIRTY = json.dumps({"id": 7, "card": CARD}).encode()
HIDDEN = b'{"id":7}' + bytes(random.Random(1).choice(b" \t") for _ in range(600))
EVENTS = [b"data: " + CLEAN + b"\n\n", b"data: " + DIRTY + b"\n\n", b"data: bye\n\n"]
INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))

# Every framework has the same three routes: /echo gives the body back, /leak answers with a card, /events streams.


def starlette() -> Any:
    from starlette.applications import Starlette
    from starlette.responses import Response, StreamingResponse
    from starlette.routing import Route

    async def echo(request: Any) -> Any:
        return Response(await request.body(), media_type="application/json")

    async def leak(request: Any) -> Any:
        return Response(DIRTY, media_type="application/json")

    async def events(request: Any) -> Any:
        return StreamingResponse(_events(), media_type="text/event-stream")

    routes = [Route("/echo", echo, methods=["POST"]), Route("/leak", leak), Route("/events", events)]
    return Starlette(routes=routes)


async def _events() -> AsyncIterator[bytes]:
    for event in EVENTS:
        yield event
        await asyncio.sleep(0)


def fastapi() -> Any:
    from fastapi import FastAPI, Request
    from fastapi.responses import Response, StreamingResponse

    app = FastAPI()

    async def echo(request: Request) -> Response:
        return Response(await request.body(), media_type="application/json")

    async def leak() -> dict[str, Any]:
        return {"id": 7, "card": CARD}

    async def events() -> StreamingResponse:
        return StreamingResponse(_events(), media_type="text/event-stream")

    echo.__annotations__["request"] = Request
    app.add_api_route("/echo", echo, methods=["POST"], response_model=None)
    app.add_api_route("/leak", leak, response_model=None)
    app.add_api_route("/events", events, response_model=None)
    return app


def litestar() -> Any:
    from litestar import Litestar, Request, Response, get, post
    from litestar.response import Stream

    async def echo(request: Any) -> Any:
        return Response(await request.body(), media_type="application/json", status_code=200)

    async def leak() -> Any:
        return Response(DIRTY, media_type="application/json")

    async def events() -> Any:
        return Stream(_events(), media_type="text/event-stream")

    echo.__annotations__.update({"request": Request, "return": Response})
    leak.__annotations__["return"] = Response
    events.__annotations__["return"] = Stream
    return Litestar([post("/echo")(echo), get("/leak")(leak), get("/events")(events)])


def quart() -> Any:
    from quart import Quart, Response, request

    app = Quart(__name__)

    async def echo() -> Any:
        return Response(await request.get_data(), mimetype="application/json")

    async def leak() -> Any:
        return Response(DIRTY, mimetype="application/json")

    async def events() -> Any:
        return Response(_events(), mimetype="text/event-stream")

    app.add_url_rule("/echo", view_func=echo, methods=["POST"])
    app.add_url_rule("/leak", view_func=leak)
    app.add_url_rule("/events", view_func=events)
    return app


def _django() -> None:
    import sys
    import types

    from django.conf import settings
    from django.http import HttpResponse, StreamingHttpResponse
    from django.urls import path

    if settings.configured:
        return

    def echo(request: Any) -> Any:
        return HttpResponse(request.body, content_type="application/json")

    def leak(request: Any) -> Any:
        return HttpResponse(DIRTY, content_type="application/json")

    def events(request: Any) -> Any:
        streaming: Any = _events() if hasattr(request, "scope") else iter(EVENTS)
        return StreamingHttpResponse(streaming, content_type="text/event-stream")

    urls = types.ModuleType("dlpcore_test_urls")
    urls.urlpatterns = [path("echo", echo), path("leak", leak), path("events", events)]  # type: ignore[attr-defined]
    sys.modules[urls.__name__] = urls
    settings.configure(ROOT_URLCONF=urls.__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="of the test", LOGGING_CONFIG=None)


def django_asgi() -> Any:
    _django()
    from django.core.asgi import get_asgi_application

    return get_asgi_application()


def django_wsgi() -> Any:
    _django()
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def flask() -> Any:
    from flask import Flask, Response, request

    app = Flask(__name__)
    app.add_url_rule(
        "/echo", "echo", lambda: Response(request.get_data(), mimetype="application/json"), methods=["POST"]
    )
    app.add_url_rule("/leak", "leak", lambda: Response(DIRTY, mimetype="application/json"))
    app.add_url_rule("/events", "events", lambda: Response(iter(EVENTS), mimetype="text/event-stream"))
    return app


def _listening() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    return listener


def _reachable(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise AssertionError("the server did not start")


@contextlib.contextmanager
def uvicorn_server(app: Any, *, ws: Any = "none") -> Iterator[int]:
    import uvicorn

    listener = _listening()
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws=ws))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
    thread.start()
    try:
        _reachable(listener.getsockname()[1])
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextlib.contextmanager
def waitress_server(app: Any) -> Iterator[int]:
    import waitress

    listener = _listening()
    server = waitress.create_server(app, sockets=[listener], threads=2)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.close()
        server.task_dispatcher.shutdown()
        thread.join(5)


SERVED: dict[str, tuple[Callable[[], Any], Any, Any]] = {
    "starlette": (starlette, ASGI, uvicorn_server),
    "fastapi": (fastapi, ASGI, uvicorn_server),
    "litestar": (litestar, ASGI, uvicorn_server),
    "quart": (quart, ASGI, uvicorn_server),
    "django asgi": (django_asgi, ASGI, uvicorn_server),
    "django wsgi": (django_wsgi, WSGI, waitress_server),
    "flask": (flask, WSGI, waitress_server),
}
pytestmark = pytest.mark.filterwarnings("ignore")  # what frameworks and servers say of each other


@pytest.fixture(scope="module", params=SERVED)
def served(request: pytest.FixtureRequest) -> Iterator[tuple[httpx.Client, Any]]:
    make, middleware, serve = SERVED[request.param]
    app = middleware(make(), inspector=INSPECTOR)
    with serve(app) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as client:
        yield client, app


JSON = {"content-type": "application/json"}


def test_clean_bodies_come_back_as_they_were(served: tuple[httpx.Client, Any]) -> None:
    client, _ = served
    for _ in range(3):
        answer = client.post("/echo", content=CLEAN, headers=JSON)
        assert (answer.status_code, answer.content) == (200, CLEAN)


def test_cards_are_redacted_both_ways(served: tuple[httpx.Client, Any]) -> None:
    client, _ = served
    for answer in (client.post("/echo", content=DIRTY, headers=JSON), client.get("/leak")):
        assert answer.status_code == 200 and CARD not in answer.text and answer.json()["id"] == 7


def test_a_compressed_request(served: tuple[httpx.Client, Any]) -> None:
    client, _ = served
    headers = {**JSON, "content-encoding": "gzip"}
    answer = client.post("/echo", content=gzip.compress(DIRTY, mtime=0), headers=headers)
    assert CARD not in answer.text and answer.json()["id"] == 7


def test_a_chunked_request(served: tuple[httpx.Client, Any]) -> None:
    client, _ = served
    answer = client.post("/echo", content=iter([DIRTY[:9], DIRTY[9:]]), headers=JSON)
    assert CARD not in answer.text and answer.json()["id"] == 7


def test_hidden_messages_are_blocked(served: tuple[httpx.Client, Any]) -> None:
    client, app = served
    before = app.coverage.snapshot()["blocked"]
    answer = client.post("/echo", content=HIDDEN, headers=JSON)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert app.coverage.snapshot()["blocked"] == before + 1


def test_events_are_redacted_one_by_one(served: tuple[httpx.Client, Any]) -> None:
    client, _ = served
    with client.stream("GET", "/events") as answer:
        text = b"".join(answer.iter_raw())
    assert text.startswith(EVENTS[0]) and text.endswith(EVENTS[2]) and CARD.encode() not in text


def test_a_large_body(served: tuple[httpx.Client, Any]) -> None:
    client, _ = served
    body = json.dumps({"rows": [{"id": i, "note": "x" * 50} for i in range(5000)]}).encode()
    assert client.post("/echo", content=body, headers=JSON).content == body


def test_a_missing_route_is_the_applications_answer(served: tuple[httpx.Client, Any]) -> None:
    client, _ = served
    assert client.get("/nothing-here").status_code == 404


GUNICORN = """
from wsgiref.util import FileWrapper

import dlpcore
from dlpcore.middleware.wsgi import DLPMiddleware

def plain(environ, start_response):
    stream = environ["wsgi.input"]
    if environ["PATH_INFO"] == "/file":
        start_response("200 OK", [("Content-Type", "application/json")])
        return environ.get("wsgi.file_wrapper", FileWrapper)(open(%r, "rb"), 64)
    body = stream.read()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]

app = DLPMiddleware(plain, inspector=dlpcore.Inspector(limits=dlpcore.Limits(deadline=None)))
"""


@pytest.mark.subprocess
def test_under_gunicorn(tmp_path: Path) -> None:
    """Its file wrapper sends files past the application, and its chunked input ends without a length."""
    (tmp_path / "card.json").write_bytes(DIRTY)
    (tmp_path / "served.py").write_text(GUNICORN % str(tmp_path / "card.json"))
    listener = _listening()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--log-level",
        "error",
        "-b",
        f"fd://{listener.fileno()}",
        "served:app",
    ]
    server = subprocess.Popen(command, cwd=tmp_path, pass_fds=[listener.fileno()])
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=url, timeout=20, trust_env=False) as client:
            assert client.post("/", content=CLEAN, headers=JSON).content == CLEAN
            answers = [
                client.post("/", content=DIRTY, headers=JSON),
                client.post("/", content=iter([DIRTY[:9], DIRTY[9:]]), headers=JSON),
                client.get("/file"),
            ]
            assert all(a.status_code == 200 and CARD not in a.text and a.json()["id"] == 7 for a in answers)
            assert client.post("/", content=HIDDEN, headers=JSON).status_code == 403
    finally:
        server.terminate()
        server.wait(10)
        listener.close()
