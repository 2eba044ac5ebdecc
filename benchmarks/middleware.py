"""What the ASGI middleware costs a small service: throughput and latency under load, with and without it.

    python benchmarks/middleware.py [--seconds 2] [--rounds 15] [--style spaced]

A FastAPI echo under uvicorn with JSON bodies of 2 KB is loaded by ``wrk`` over loopback, with one thread and eight
connections: without the middleware, with it on both directions, and, where presidio-analyzer is installed, with a
middleware that asks its pattern recognizers. Every server is a process of its own, all run throughout, and each round
loads them in turn for a short while, so that what else the machine does falls on all of them. Ratios are medians of
the rounds' own ratios. Of the processor's time a server says how much a request took: that has no share of the
client's, and does not change with what else runs.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SCRIPT = 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = [==[%s]==]\n'
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


STYLES = {"compact": (",", ":"), "spaced": (", ", ": ")}


def body(style: str = "compact") -> str:
    """A record of an order, 2 KB, with nothing in it to find; compact, or spaced as Python's json writes it."""
    lines = [
        {"line": i, "sku": f"AB-{1000 + i}", "title": "a chair of oak with a round seat", "quantity": i % 3 + 1}
        for i in range(22)
    ]
    order = {"order": 5182, "state": "packed", "priority": "normal", "lines": lines}
    return json.dumps(order, separators=STYLES[style])


def create_app() -> object:
    """The application that uvicorn serves, wrapped as ``$DLPCORE_BENCH`` says."""
    from fastapi import FastAPI, Request
    from fastapi.responses import Response

    app = FastAPI()

    async def echo(request: Request) -> Response:
        await request.json()
        return Response(await request.body(), media_type="application/json")

    echo.__annotations__ = {"request": Request}
    app.add_api_route("/echo", echo, methods=["POST"], response_model=None)
    kind = os.environ["DLPCORE_BENCH"]
    if kind == "dlpcore":
        import dlpcore
        from dlpcore.middleware.asgi import DLPMiddleware

        return DLPMiddleware(app, inspector=dlpcore.Inspector())
    if kind == "presidio":
        return _Presidio(app)
    return app


class _Presidio:
    """What one would write by hand: the text of the body through the pattern recognizers, both ways."""

    def __init__(self, app: object) -> None:
        from presidio_analyzer import RecognizerRegistry

        registry = RecognizerRegistry()
        registry.load_predefined_recognizers()
        self.recognizers = [r for r in registry.recognizers if hasattr(r, "patterns") and r.supported_language == "en"]
        self.app = app

    def look(self, body: bytes) -> None:
        text = body.decode()
        for recognizer in self.recognizers:
            recognizer.analyze(text, recognizer.supported_entities, None)

    async def __call__(self, scope: dict, receive, send) -> None:  # type: ignore[no-untyped-def,type-arg]
        if scope["type"] != "http":
            await self.app(scope, receive, send)  # type: ignore[operator]
            return
        message = await receive()
        self.look(message["body"])
        replay = [message]

        async def received() -> object:
            return replay.pop() if replay else await receive()

        async def sent(message: dict) -> None:  # type: ignore[type-arg]
            if message["type"] == "http.response.body" and message.get("body"):
                self.look(message["body"])
            await send(message)

        await self.app(scope, received, sent)  # type: ignore[operator]


@contextlib.contextmanager
def served(kind: str) -> Iterator[tuple[str, int]]:
    """The address of a server, and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", "middleware:create_app", "--port", str(port)]
    environment = {**os.environ, "DLPCORE_BENCH": kind}
    server = subprocess.Popen(
        [*command, "--log-level", "critical"], cwd=Path(__file__).parent, env=environment
    )  # fmt: skip
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/echo", server.pid
    finally:
        server.terminate()
        server.wait(20)


def processor_time(pid: int) -> float:
    """Seconds that a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(url: str, pid: int, script: str, seconds: int) -> tuple[float, float, float]:
    """Requests per second, the 99th percentile and the processor's time for one, in microseconds."""
    before = processor_time(pid)
    command = ["wrk", "-t1", "-c8", "--timeout", "30s", f"-d{seconds}s", "--latency", "-s", script, url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    took = processor_time(pid) - before
    if re.search(r"Non-2xx|Socket errors", text):
        raise SystemExit(f"the server did not answer as it should:\n{text}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    latency = re.search(r"99%\s+([\d.]+)(us|ms|s)", text)
    count = re.search(r"(\d+) requests in", text)
    assert rate and latency and count
    if count[1] == "0":
        raise SystemExit(f"no answer in {seconds} seconds: give the loads more --seconds")
    return float(rate[1]), float(latency[1]) * UNITS[latency[2]], took / int(count[1]) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=2, help="of each load")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--style", choices=STYLES, default="compact", help="how the bodies are written")
    parser.add_argument("--without-presidio", action="store_true")
    arguments = parser.parse_args()
    kinds = ["none", "dlpcore"]
    if importlib.util.find_spec("presidio_analyzer") and not arguments.without_presidio:
        kinds.append("presidio")
    rounds: list[dict[str, tuple[float, float, float]]] = []
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file, contextlib.ExitStack() as stack:
        file.write(SCRIPT % body(arguments.style))
        file.flush()
        servers = {kind: stack.enter_context(served(kind)) for kind in kinds}
        for url, pid in servers.values():
            load(url, pid, file.name, 5)  # warm: the first request compiles patterns
        for turn in range(arguments.rounds):
            order = kinds if turn % 2 else kinds[::-1]
            rounds.append({kind: load(*servers[kind], file.name, arguments.seconds) for kind in order})
    print("| middleware | requests/s | of none | p99 ms | times none | processor µs | more than none |")
    print("|---|---|---|---|---|---|---|")
    for kind in kinds:
        rate, p99, cost = (statistics.median(column) for column in zip(*(each[kind] for each in rounds), strict=True))
        of_none, times_none, _ = (
            statistics.median(each[kind][i] / each["none"][i] for each in rounds) for i in range(3)
        )
        more = statistics.median(each[kind][2] - each["none"][2] for each in rounds)
        print(f"| {kind} | {rate:.0f} | {of_none:.2f} | {p99 * 1e3:.2f} | {times_none:.2f} | {cost:.0f} | {more:.0f} |")


if __name__ == "__main__":
    main()
