"""The addon in a real mitmdump on loopback, between a real client and a real server.

mitmproxy pins what it needs too narrowly to share an environment with the other tests' libraries: ``DLPCORE_MITMDUMP``
names the program of an environment in which dlpcore is installed too.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import shutil
import socket
import socketserver
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

import httpx
import pytest

MITMDUMP = os.environ.get("DLPCORE_MITMDUMP") or shutil.which("mitmdump")
pytestmark = [
    pytest.mark.subprocess,
    pytest.mark.skipif(not MITMDUMP, reason="no mitmdump: name one in DLPCORE_MITMDUMP"),
]
CARD = "4111 1111 1111 1111"
CLEAN = b'{"id":7,"name":"caf\xc3\xa9"}'
DIRTY = json.dumps({"id": 7, "card": CARD}).encode()
HIDDEN = b'{"id":7}' + bytes(random.Random(1).choice(b" \t") for _ in range(600))
JSON = {"content-type": "application/json"}


class _Echo(BaseHTTPRequestHandler):
    got: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append(body)
        body = DIRTY if self.path == "/leak" else HIDDEN if self.path == "/hidden" else body
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, list[bytes]]]:
    got: list[bytes] = []
    serving = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Echo,), {"got": got}))
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}", got
    serving.shutdown()
    thread.join()
    serving.server_close()


def _proxy(folder: Path, *options: str) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = folder / "dlp.py"
    script.write_text("from dlpcore.integrations.mitmproxy import addons\n")
    command = [str(MITMDUMP), "-q", "-s", str(script), "--listen-host", "127.0.0.1", "-p", str(port)]
    command += ["--set", f"confdir={folder}", *options]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process, f"http://127.0.0.1:{port}"
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise AssertionError(process.communicate()[0].decode())


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.communicate(timeout=20)


def test_requests_and_responses(tmp_path: Path, server: tuple[str, list[bytes]]) -> None:
    url, got = server
    saved = tmp_path / "saved.flow"
    process, proxy = _proxy(tmp_path, "-w", str(saved), "--set", "dlpcore_exempt=/exempt/**")
    try:
        with httpx.Client(proxy=proxy, trust_env=False, timeout=20) as client:
            assert client.post(url, content=CLEAN, headers=JSON).content == CLEAN
            assert client.post(url, content=DIRTY, headers=JSON).json()["id"] == 7 and CARD.encode() not in got[-1]
            leaked = client.post(url + "/leak", content=CLEAN, headers=JSON)
            assert leaked.json()["id"] == 7 and CARD not in leaked.text
            assert client.post(url + "/exempt/a?b", content=DIRTY, headers=JSON).content == DIRTY
            before = len(got)
            refused = client.post(url, content=HIDDEN, headers=JSON)
            assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
            assert refused.json()["rules"] and len(got) == before
            hidden = client.post(url + "/hidden", content=CLEAN, headers=JSON)
            assert hidden.status_code == 403 and "rules" not in hidden.json()
    finally:
        _stop(process)
    flows = saved.read_bytes()
    assert b"7:dlpcore" in flows and b"credit-card" in flows  # the verdict is saved with its flow


def test_shadow_mode_only_says(tmp_path: Path, server: tuple[str, list[bytes]]) -> None:
    url, got = server
    process, proxy = _proxy(tmp_path, "--set", "dlpcore_mode=shadow")
    try:
        with httpx.Client(proxy=proxy, trust_env=False, timeout=20) as client:
            for body in (DIRTY, HIDDEN):
                assert client.post(url, content=body, headers=JSON).content == body and got[-1] == body
    finally:
        _stop(process)


def _events(proxy: str, url: str, held: threading.Event) -> bytes:
    """The stream as it comes through the proxy; the server goes on when the first event has arrived."""
    got = b""
    with httpx.Client(proxy=proxy, trust_env=False, timeout=20) as client, client.stream("GET", url) as answer:
        assert answer.status_code == 200 and "content-length" not in answer.headers
        for piece in answer.iter_raw():
            got += piece
            held.set()
    return got


class _Streaming(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    held: threading.Event

    def do_GET(self) -> None:
        events = [b"data: " + CLEAN + b"\n\n", b"data: " + DIRTY + b"\n\n", b"data: late"]
        if self.path == "/cut":
            events[1:2] = [b"data: " + HIDDEN + b"\n\n"]
        packed = self.path == "/packed"
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        if packed:
            self.send_header("content-encoding", "gzip")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        coder = zlib.compressobj(wbits=31)
        for index, event in enumerate(events):
            if packed:
                event = coder.compress(event) + coder.flush(zlib.Z_FINISH if index == 2 else zlib.Z_SYNC_FLUSH)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            assert index or self.held.wait(20), "the first event was held back"
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *args: object) -> None:
        pass


def test_streams_leave_event_by_event(tmp_path: Path) -> None:
    held = threading.Event()
    serving = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Streaming,), {"held": held}))
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    saved = tmp_path / "saved.flow"
    process, proxy = _proxy(tmp_path, "-w", str(saved))
    try:
        url = f"http://127.0.0.1:{serving.server_port}"
        for path in ("/", "/packed"):
            held.clear()
            got = _events(proxy, url + path, held)
            first, second, last = got.split(b"\n\n")
            assert (first, last) == (b"data: " + CLEAN, b"data: late")
            assert json.loads(second[6:])["id"] == 7 and CARD.encode() not in second
        held.clear()
        assert _events(proxy, url + "/cut", held) == b"data: " + CLEAN + b"\n\n"
    finally:
        _stop(process)
        serving.shutdown()
        thread.join()
        serving.server_close()
    assert b"credit-card" in saved.read_bytes()


def test_what_mitmproxy_streams_is_not_called_clean(tmp_path: Path, server: tuple[str, list[bytes]]) -> None:
    """Where the policy lets pass what is not inspected it leaves as it is; where it blocks that, nothing leaves."""
    url, got = server
    saved = tmp_path / "saved.flow"
    streaming = ("--set", "stream_large_bodies=1k")
    body = json.dumps({"card": CARD, "pad": "x" * 5000}).encode()
    process, proxy = _proxy(tmp_path, "-w", str(saved), *streaming, "--set", "dlpcore_mode=shadow")
    try:
        with httpx.Client(proxy=proxy, trust_env=False, timeout=20) as client:
            assert client.post(url, content=body, headers=JSON).content == body
    finally:
        _stop(process)
    assert b"mitmproxy streamed the body" in saved.read_bytes()
    before = len(got)
    process, proxy = _proxy(tmp_path, *streaming)
    try:
        with httpx.Client(proxy=proxy, trust_env=False, timeout=20) as client, pytest.raises(httpx.HTTPError):
            client.post(url, content=CLEAN, headers=JSON).raise_for_status()
    finally:
        _stop(process)
    assert len(got) == before


def test_with_a_wrong_option_nothing_leaves(tmp_path: Path, server: tuple[str, list[bytes]]) -> None:
    url, got = server
    before = len(got)
    process, proxy = _proxy(tmp_path, "--set", "dlpcore_policy=no-such-policy")
    try:
        with httpx.Client(proxy=proxy, trust_env=False, timeout=20) as client, pytest.raises(httpx.HTTPError):
            client.post(url, content=CLEAN, headers=JSON).raise_for_status()
    finally:
        _stop(process)
    assert len(got) == before


class _Socket(socketserver.StreamRequestHandler):
    """A web socket server (RFC 6455) that sends back each short text message."""

    def handle(self) -> None:
        key = b""
        while line := self.rfile.readline().strip():
            name, _, value = line.partition(b":")
            key = value.strip() if name.lower() == b"sec-websocket-key" else key
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        self.wfile.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        while (opcode := (frame := _frame(self.rfile))[0]) == 1:
            self.wfile.write(bytes([0x80 | opcode]) + _length(frame[1], 0) + frame[1])


def _length(data: bytes, mask: int) -> bytes:
    return bytes([mask | len(data)]) if len(data) < 126 else bytes([mask | 126]) + len(data).to_bytes(2)


def _frame(stream: BinaryIO) -> tuple[int, bytes]:
    head = stream.read(2)
    if len(head) < 2:
        return 8, b""
    size = head[1] & 127
    size = int.from_bytes(stream.read(2)) if size == 126 else size
    mask = stream.read(4) if head[1] & 128 else bytes(4)
    return head[0] & 15, bytes(byte ^ mask[i % 4] for i, byte in enumerate(stream.read(size)))


def test_web_socket_messages(tmp_path: Path) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Socket) as serving:
        serving.daemon_threads = True
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        process, proxy = _proxy(tmp_path, "--mode", f"reverse:http://127.0.0.1:{serving.server_address[1]}")
        try:
            with socket.create_connection(("127.0.0.1", int(proxy.rpartition(":")[2])), 20) as client:
                stream = client.makefile("rwb")
                key = base64.b64encode(bytes(16))
                stream.write(
                    b"GET / HTTP/1.1\r\nHost: shop.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
                )
                stream.flush()
                assert b" 101 " in stream.readline()
                while stream.readline().strip():
                    pass
                for body in (CLEAN, HIDDEN, DIRTY):  # the second is dropped: nothing comes back for it
                    stream.write(b"\x81" + _length(body, 0x80) + bytes(4) + body)
                stream.flush()
                assert _frame(stream) == (1, CLEAN)
                redacted = _frame(stream)[1]
                assert json.loads(redacted)["id"] == 7 and CARD.encode() not in redacted
        finally:
            _stop(process)
            serving.shutdown()
            thread.join()
