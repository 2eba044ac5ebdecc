"""What becomes of the middlewares under many requests of all kinds: every answer checked, and the memory of the server.

    python benchmarks/soak.py [--requests 200000] [--server uvicorn gunicorn]

Clean, dirty, chunked, compressed, broken and aborted bodies, forms and streams, both ways, go over loopback to a real
server with a middleware on both directions. What each answer must be is written here by hand, with the number of its
request in it, so that an answer to somebody else is a wrong one. Exit status 1 where one answer was wrong, where the
application saw what was blocked, or where the memory of the server grew by more than 5 % after the first fifth (of
20,000 requests or more: a short run is warming up all the time).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CARD = "4111 1111 1111 1111"
MASK = "*" * len(CARD)
MAX_BYTES = 32 * 1024
JSON = "application/json"
#: Blanks that are chosen freely: a message of 600 bits.
HIDDEN = "".join(random.Random(1).choice(" \t") for _ in range(600))


# --- the application --------------------------------------------------------------------------------------------------


def record(number: int, card: str) -> bytes:
    return json.dumps({"order": number, "state": "packed", "card": card}).encode()


def event(number: int, text: str) -> bytes:
    return f"data: {json.dumps({'order': number, 'card': text})}\n\n".encode()


def answer(kind: str, number: int) -> tuple[str, list[bytes]]:
    """Content type and pieces of what the application answers on its own."""
    if kind == "leak":
        body = record(number, CARD)
        return JSON, [body[:20], body[20:]]
    if kind == "hidden":
        return JSON, [record(number, "none"), HIDDEN.encode()]
    pieces = [event(number, "none"), event(number, CARD)]
    if kind == "cut":
        pieces.append(event(number, "none")[:-2] + HIDDEN.encode() + b"\n\n")
    if kind == "endless":
        pieces = pieces * 20
    pieces.append(event(number, "last"))
    return "text/event-stream", pieces


def _paused(pieces: list[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        time.sleep(PAUSE)


CALLS: Counter[str] = Counter()
#: Seconds between the events of an answer that nobody waits for.
PAUSE = 0.001


def create_asgi() -> object:
    """The application that uvicorn serves."""
    import dlpcore
    from dlpcore.middleware.asgi import DLPMiddleware

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise RuntimeError("there is no lifespan and no web socket here")
        _, name, kind, number = scope["path"].split("/")
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message.get("body", b""), message.get("more_body", False)
        CALLS[name] += 1
        headers = [pair for pair in scope["headers"] if pair[0] in (b"content-type", b"content-encoding")]
        pieces = [body]
        if kind == "raise":
            raise LookupError("of the application")
        if kind == "stats":
            pieces = [json.dumps({"calls": CALLS, "coverage": dict(wrapped.coverage.snapshot())}).encode()]
        elif kind != "echo":
            content_type, pieces = answer(kind, int(number))
            headers = [(b"content-type", content_type.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(PAUSE if kind == "endless" else 0)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    inspector = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))
    wrapped = DLPMiddleware(app, inspector=inspector, exempt="/stats/**", max_bytes=MAX_BYTES)
    return wrapped


def create_wsgi() -> object:
    """The application that gunicorn or waitress serves."""
    import dlpcore
    from dlpcore.middleware.wsgi import DLPMiddleware

    def app(environ: Any, start_response: Any) -> Any:
        _, name, kind, number = environ["PATH_INFO"].split("/")
        length = environ.get("CONTENT_LENGTH")
        body = environ["wsgi.input"].read(int(length)) if length else b""
        CALLS[name] += 1
        headers = [("Content-Type", environ.get("CONTENT_TYPE") or "text/plain")]
        if coding := environ.get("HTTP_CONTENT_ENCODING"):
            headers.append(("Content-Encoding", coding))
        if kind == "raise":
            raise LookupError("of the application")
        if kind == "stats":
            text = json.dumps({"calls": CALLS, "coverage": dict(wrapped.coverage.snapshot())}).encode()
            start_response("200 OK", [("Content-Type", JSON)])
            return [text]
        if kind != "echo":
            content_type, pieces = answer(kind, int(number))
            start_response("200 OK", [("Content-Type", content_type)])
            return _paused(pieces) if kind == "endless" else iter(pieces)
        start_response("200 OK", headers)
        return [body]

    inspector = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))
    wrapped = DLPMiddleware(app, inspector=inspector, exempt="/stats/**", max_bytes=MAX_BYTES)
    return wrapped


# --- the oracle -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A kind of request, and what must come back.

    Attributes:
        make: request body and expected answer for a request's number.
        status: expected; 0 where the client leaves, or the server hangs up.
        kind: what the application does.
        fields: more header fields.
        chunked: the body goes in chunks, cut at random.
        leaves: the client leaves before the end of the body (``"body"``) or of the answer (``"answer"``).
        seen: whether the application may see the request.
        raw: all bytes of the request, where it is not even HTTP.
        rare: comes one time where the others come six times: the server has long to look at it.
    """

    name: str
    make: Callable[[int], tuple[bytes, bytes | None]]
    status: int = 200
    kind: str = "echo"
    fields: tuple[str, ...] = (f"Content-Type: {JSON}",)
    chunked: bool = False
    leaves: str = ""
    seen: bool = True
    raw: bytes = b""
    rare: bool = False


def same(number: int) -> tuple[bytes, bytes | None]:
    return record(number, "none"), record(number, "none")


def masked(number: int) -> tuple[bytes, bytes | None]:
    return record(number, CARD), record(number, MASK)


def refused(body: Callable[[int], bytes]) -> Callable[[int], tuple[bytes, bytes | None]]:
    return lambda number: (body(number), None)


def fields(content_type: str, *more: str) -> tuple[str, ...]:
    return (f"Content-Type: {content_type}", *more)


GZIP = fields(JSON, "Content-Encoding: gzip")
BOMB = gzip.compress(b" " * 3_000_000 + b"1", mtime=0)
LINES = fields("application/x-ndjson")
PARTS = fields("multipart/form-data; boundary=XyZ")
FORM = fields("application/x-www-form-urlencoded")


def hidden(number: int) -> bytes:
    return record(number, "none") + HIDDEN.encode()


def large(number: int) -> bytes:
    return b'["%s"]' % (b"x" * (MAX_BYTES + number % 9))


def _part(number: int, card: str, end: bytes) -> bytes:
    return b'--XyZ\r\nContent-Disposition: form-data; name="card"\r\n\r\n%s\r\n--XyZ\r\n' % card.encode() + (
        b'Content-Disposition: form-data; name="order"\r\n\r\n%d\r\n--XyZ' % number + end
    )


def _packed(number: int, card: str) -> bytes:
    return gzip.compress(record(number, card), mtime=0)


CASES = [
    Case("empty", lambda n: (b"", b""), fields=()),
    Case("clean", same),
    Case("clean again", same),
    Case("clean chunked", same, chunked=True),
    Case("clean packed", lambda n: (_packed(n, "none"), _packed(n, "none")), fields=GZIP),
    Case("clean and long", lambda n: ((b := json.dumps({"order": n, "rows": ["a row"] * 2500}).encode()), b)),
    Case("dirty", masked),
    Case("dirty text", lambda n: (b"%d: card %s" % (n, CARD.encode()), b"%d: card %s" % (n, MASK.encode())),
         fields=fields("text/plain")),
    Case("dirty chunked", masked, chunked=True),
    Case("dirty packed", lambda n: (_packed(n, CARD), record(n, MASK)), fields=GZIP, chunked=True),
    Case("dirty form", lambda n: (b"order=%d&card=4111+1111+1111+1111" % n, b"order=%d&card=" % n + b"%2A" * 19),
         fields=FORM),
    Case("dirty parts", lambda n: (_part(n, CARD, b"--"), _part(n, MASK, b"--")), fields=PARTS),
    Case("dirty lines", lambda n: (record(n, "a") + b"\n" + record(n, CARD), record(n, "a") + b"\n" + record(n, MASK)),
         fields=LINES, chunked=True),
    Case("hidden", refused(hidden), status=403, seen=False, rare=True),
    Case("hidden chunked", refused(hidden), status=403, seen=False, rare=True, chunked=True),
    Case("broken", refused(lambda n: record(n, "none")[:-1]), status=403, seen=False),
    Case("broken gzip", refused(lambda n: b"\x1f\x8b\x08\0" + b"%d" % n), status=415, seen=False, fields=GZIP),
    Case("broken parts", refused(lambda n: _part(n, "none", b"")), status=415, seen=False, fields=PARTS),
    Case("bomb", refused(lambda n: BOMB), status=413, seen=False, fields=GZIP),
    Case("too large", refused(large), status=413, seen=False),
    Case("too large chunked", refused(large), status=413, seen=False, chunked=True),
    Case("leak", lambda n: (b"", record(n, MASK)), kind="leak", fields=()),
    Case("hidden answer", lambda n: (b"", None), kind="hidden", status=403, rare=True, fields=()),
    Case("events", lambda n: (b"", event(n, "none") + event(n, MASK) + event(n, "last")), kind="events", fields=()),
    Case("events cut", lambda n: (b"", event(n, "none") + event(n, MASK)), kind="cut", rare=True, fields=()),
    Case("raises", lambda n: (b"", b""), kind="raise", status=500, fields=()),
    Case("leaves in the body", refused(lambda n: record(n, CARD)), status=0, seen=False, leaves="body"),
    Case("leaves in a chunk", refused(lambda n: record(n, CARD)), status=0, seen=False, leaves="body", chunked=True),
    Case("leaves in the answer", lambda n: (b"", None), kind="endless", status=0, leaves="answer", rare=True,
         fields=()),
    Case("no chunks", refused(lambda n: b""), status=0, seen=False,
         raw=b"POST /no-chunks/echo/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
    Case("no http", refused(lambda n: b""), status=0, seen=False, raw=b"\x16\x03\x01\x02\0\x01\0\r\n\r\n"),
]  # fmt: skip


# --- the client -------------------------------------------------------------------------------------------------------


class Wrong(Exception):
    """An answer that is not what it must be."""


class Client:
    """One connection at a time, and the requests on it."""

    def __init__(self, port: int, seed: int) -> None:
        self._port = port
        self._random = random.Random(seed)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, case: Case, number: int) -> None:
        """Raises :class:`Wrong` where the answer is."""
        body, expected = case.make(number)
        fresh = self._writer is None
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 18)
        assert self._reader is not None
        pieces = list(self._pieces(case, number, body))
        if case.leaves == "body":
            pieces = [*pieces[:-1], pieces[-1][: len(pieces[-1]) // 2]]
        try:
            for piece in pieces:
                self._writer.write(piece)
                if len(pieces) > 1:
                    await self._writer.drain()
            if case.leaves:
                if case.leaves == "answer":
                    await self._reader.readexactly(200)
                self._leave(hard=self._random.random() < 0.5)
                return
            if case.raw:
                await self._reader.read()  # the server says what it thinks of that, and hangs up
                self._leave()
                return
            status, got, kept = await self._answer()
        except (OSError, asyncio.IncompleteReadError) as error:
            self._leave()
            if case.raw:
                return
            if not fresh and not case.leaves:  # an idle connection may be closed at any time
                await self.ask(case, number)
                return
            raise Wrong(f"{case.name}: {type(error).__name__}") from None
        if not kept or status >= 400:
            self._leave()
        if status != case.status:
            raise Wrong(f"{case.name}: status {status}, not {case.status}")
        if status == 500:  # each server says it in its own words
            if b"Internal Server Error" not in got or b"Lookup" in got:
                raise Wrong(f"{case.name}: {got[:200]!r}")
            return
        if expected is not None and got != expected:
            raise Wrong(f"{case.name}: {got[:200]!r}, not {expected[:200]!r}")
        if expected is None and (b'"status":%d' % status not in got or CARD.encode() in got):
            raise Wrong(f"{case.name}: {got[:200]!r} is no problem document")

    def _pieces(self, case: Case, number: int, body: bytes) -> Iterator[bytes]:
        if case.raw:
            yield case.raw
            return
        method = "POST" if body else "GET"
        head = [
            f"{method} /{case.name.replace(' ', '-')}/{case.kind}/{number} HTTP/1.1",
            "Host: localhost",
            *case.fields,
        ]
        if case.chunked:
            yield "\r\n".join([*head, "Transfer-Encoding: chunked", "\r\n"]).encode()
            while body:
                size = self._random.choice((1, 7, 40, 300, 9000))
                yield b"%x\r\n%s\r\n" % (len(body[:size]), body[:size])
                body = body[size:]
            yield b"0\r\n\r\n"
        elif body:
            yield "\r\n".join([*head, f"Content-Length: {len(body)}", "\r\n"]).encode() + body
        else:
            yield "\r\n".join([*head, "\r\n"]).encode()

    async def _answer(self) -> tuple[int, bytes, bool]:
        reader = self._reader
        assert reader is not None
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        named = dict(line.split(": ", 1) for line in head[1:] if line)
        status = int(head[0].split(" ")[1])
        kept = named.get("connection") != "close"
        if "content-length" in named:
            return status, await reader.readexactly(int(named["content-length"])), kept
        if named.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(await reader.readuntil(b"\r\n"), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readexactly(2)
            return status, body, kept
        return status, await reader.read(), False

    def _leave(self, *, hard: bool = False) -> None:
        if self._writer is not None:
            if hard:
                self._writer.transport.abort()
            self._writer.close()
        self._reader = self._writer = None


async def load(port: int, requests: int, connections: int, seen: Callable[[int], None]) -> list[str]:
    """All requests, each a case of its own number; the first wrong answers."""
    numbers = iter(range(requests))
    wrong: list[str] = []
    order = [case for case in CASES for _ in range(1 if case.rare else 6)]
    random.Random(requests).shuffle(order)

    async def one(seed: int) -> None:
        client = Client(port, seed)
        for number in numbers:
            try:
                await asyncio.wait_for(client.ask(order[number % len(order)], number), 60)
            except Wrong as error:
                wrong.append(f"request {number}: {error}")
            except TimeoutError:
                wrong.append(f"request {number}: {order[number % len(order)].name}: no answer in a minute")
                client = Client(port, seed)
            seen(number)

    await asyncio.gather(*(one(seed) for seed in range(connections)))
    return wrong


# --- the server -------------------------------------------------------------------------------------------------------


def command(server: str, port: int) -> list[str]:
    python = [sys.executable, "-m"]
    if server == "uvicorn":
        return [*python, "uvicorn", "--factory", "soak:create_asgi", "--port", str(port), "--log-level", "critical"]
    if server == "gunicorn":
        return [*python, "gunicorn", "soak:create_wsgi()", "-b", f"127.0.0.1:{port}", "-k", "gthread", "--threads", "8",
                "-w", "1", "--log-level", "critical"]  # fmt: skip
    return [*python, "waitress", "--call", "--listen", f"127.0.0.1:{port}", "--threads", "8", "soak:create_wsgi"]


@contextlib.contextmanager
def served(server: str) -> Iterator[tuple[int, int]]:
    """Its port, and the id of its process group."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command(server, port), cwd=Path(__file__).parent, stderr=log, stdout=log, start_new_session=True
        )
        try:
            for _ in range(1200):
                if process.poll() is not None:
                    log.seek(0)
                    raise SystemExit(f"{server} did not start: {log.read().decode()}")
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield port, process.pid
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def memory(group: int) -> int:
    """Resident bytes of all processes of a group."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ProcessLookupError):
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(stat[2]) == group:
                total += int(stat[21]) * os.sysconf("SC_PAGE_SIZE")
    return total


async def stats(port: int) -> Any:
    client = Client(port, 0)
    client._reader, client._writer = await asyncio.open_connection("127.0.0.1", port)
    client._writer.write(b"GET /stats/stats/0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    _, body, _ = await client._answer()
    client._leave()
    return json.loads(body)


def soak(server: str, requests: int, connections: int) -> bool:
    """Runs all requests against one server, prints what became of them, and says whether all was as it should be."""
    samples: list[int] = []
    done = 0
    every = max(1, requests // 200)

    def seen(_: int) -> None:
        nonlocal done
        done += 1
        if done % every == 0:
            samples.append(memory(group))
            if done % (every * 20) == 0:
                print(f"{server}: {done} requests, {samples[-1] >> 20} MiB", file=sys.stderr)

    with served(server) as (port, group):
        begun = time.monotonic()
        wrong = asyncio.run(load(port, requests, connections, seen))
        took = time.monotonic() - begun
        time.sleep(1)  # the last ones to leave are still being noticed
        told = asyncio.run(stats(port))
    unseen = {case.name.replace(" ", "-") for case in CASES if not case.seen}
    leaked = {name: count for name, count in told["calls"].items() if name in unseen}
    warm = samples[len(samples) // 5 :]
    growth = max(warm) / warm[0] - 1
    tenth = max(1, len(warm) // 10)
    drift = sum(warm[-tenth:]) / sum(warm[:tenth]) - 1
    row = [server, requests, f"{requests / took:.0f}", len(wrong), sum(leaked.values()), f"{warm[0] / 2**20:.1f}",
           f"{warm[-1] / 2**20:.1f}", f"{growth:+.1%}", f"{drift:+.1%}"]  # fmt: skip
    print("|", " | ".join(map(str, row)), "|", flush=True)
    print(f"coverage: {told['coverage']}", file=sys.stderr)
    for line in wrong[:10]:
        print(line, file=sys.stderr)
    if leaked:
        print(f"the application saw: {leaked}", file=sys.stderr)
    steady = growth <= 0.05 or requests < 20_000
    return not wrong and not leaked and steady


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=200_000, help="to each server")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument(
        "--server", nargs="*", choices=["uvicorn", "gunicorn", "waitress"], default=["uvicorn", "gunicorn"]
    )
    arguments = parser.parse_args()
    print("| server | requests | per second | wrong answers | blocked ones seen | MiB warm | MiB at the end | most | "
          "last tenth to first |\n|---|---|---|---|---|---|---|---|---|")  # fmt: skip
    good = [soak(server, arguments.requests, arguments.connections) for server in arguments.server]
    if not all(good):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
