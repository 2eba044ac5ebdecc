"""The ASGI middleware before clients as they are out there: web sockets of another library, and a browser."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlpcore.middleware.asgi import DLPMiddleware
from tests.middleware.protocols import CARD, CLEAN, DIRTY, HIDDEN, INSPECTOR
from tests.middleware.test_servers import uvicorn_server

CHROMIUM = os.environ.get("DLPCORE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
#: What the page does with fetch(), EventSource and WebSocket, and reports.
PAGE = """<!doctype html><meta charset="utf-8"><title>asks</title><script>
const asked = async (body) => {
  const answer = await fetch("/echo", {method: "POST", body, headers: {"content-type": "application/json"}});
  return [answer.status, answer.headers.get("content-type"), await answer.text()];
};
const events = () => new Promise((resolve) => {
  const got = [], source = new EventSource("/events");
  source.onmessage = (event) => got.push(event.data);
  source.onerror = () => { source.close(); resolve(got); };
});
const socket = () => new Promise((resolve) => {
  const got = [], opened = new WebSocket(`ws://${location.host}/ws`);
  opened.onopen = () => BODIES.forEach((body) => opened.send(body));
  opened.onmessage = (event) => got.push(event.data);
  opened.onclose = (event) => resolve([got, event.code]);
});
const BODIES = %s;
(async () => {
  const out = {fetched: [], events: await events(), socket: await socket()};
  for (const body of BODIES) out.fetched.push(await asked(body));
  await fetch("/report", {method: "POST", body: JSON.stringify(out)});
})();
</script>"""


REPORTED: queue.Queue[Any] = queue.Queue()


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Echoes what is posted or said, streams three events, and serves the page."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    if scope["path"] == "/report":
        REPORTED.put(json.loads(body))
    pieces, kind = [body], b"application/json"
    if scope["path"] == "/page":
        pieces = [(PAGE % json.dumps([CLEAN.decode(), DIRTY.decode(), HIDDEN.decode()])).encode()]
        kind = b"text/html; charset=utf-8"
    elif scope["path"] == "/events":
        pieces, kind = [b"data: " + each + b"\n\n" for each in (CLEAN, DIRTY, HIDDEN)], b"text/event-stream"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
    for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with uvicorn_server(
        DLPMiddleware(app, inspector=INSPECTOR, exempt=("/page", "/report")), ws="websockets-sansio"
    ) as number:
        yield number


def _redacted(text: str) -> bool:
    return CARD not in text and set(json.loads(text)) == {"card"}


def test_web_sockets(port: int) -> None:
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    with connect(f"ws://127.0.0.1:{port}/ws", proxy=None) as socket:
        socket.send(CLEAN.decode())
        assert socket.recv(10) == CLEAN.decode()
        socket.send(DIRTY.decode())
        assert _redacted(str(socket.recv(10)))
        socket.send(HIDDEN.decode())
        with contextlib.suppress(ConnectionClosed):
            raise AssertionError(f"something came back: {len(socket.recv(10))} characters")
    assert socket.close_code == 1008


@pytest.mark.slow
@pytest.mark.subprocess
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium: install one or name it in DLPCORE_CHROMIUM")
def test_a_browser(port: int, tmp_path: Path) -> None:
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-proxy-server"]
    command += [f"--user-data-dir={tmp_path}", "--remote-debugging-port=0", f"http://127.0.0.1:{port}/page"]
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        out = REPORTED.get(timeout=120)
    finally:
        browser.terminate()
        browser.wait(20)
    clean, dirty, hidden = out["fetched"]
    assert clean == [200, "application/json", CLEAN.decode()]
    assert dirty[:2] == [200, "application/json"] and _redacted(dirty[2])
    assert hidden[:2] == [403, "application/problem+json"] and json.loads(hidden[2])["rules"]
    assert out["events"][0] == CLEAN.decode() and _redacted(out["events"][1]) and len(out["events"]) == 2
    (said, told), code = out["socket"]
    assert said == CLEAN.decode() and _redacted(told) and code == 1008
