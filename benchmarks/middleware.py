"""What the ASGI middleware costs a small service: throughput and latency under load, with and without it.

    python benchmarks/middleware.py [--seconds 5] [--rounds 3]

A FastAPI echo under uvicorn with JSON bodies of 2 KB is loaded by ``wrk`` over loopback: in turn without the
middleware, with it on both directions, and, where presidio-analyzer is installed, with a middleware that asks its
pattern recognizers. Every server is a process of its own. The ratios are of the medians over rounds; wrk and the
servers share the cores of the machine, so that the ratios are those of a machine that has nothing to spare.
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


def body() -> str:
    """A record of an order, 2 KB, with nothing in it to find."""
    lines = [
        {"line": i, "sku": f"AB-{1000 + i}", "title": "a chair of oak with a round seat", "quantity": i % 3 + 1}
        for i in range(22)
    ]
    return json.dumps({"order": 5182, "state": "packed", "priority": "normal", "lines": lines})


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
    """What one would write by hand: each string of the body through the pattern recognizers, both ways."""

    def __init__(self, app: object) -> None:
        from presidio_analyzer import RecognizerRegistry

        registry = RecognizerRegistry()
        registry.load_predefined_recognizers()
        self.recognizers = [r for r in registry.recognizers if hasattr(r, "patterns") and r.supported_language == "en"]
        self.app = app

    def look(self, node: object) -> None:
        if isinstance(node, dict):
            for value in node.values():
                self.look(value)
        elif isinstance(node, list):
            for value in node:
                self.look(value)
        elif isinstance(node, str):
            for recognizer in self.recognizers:
                recognizer.analyze(node, recognizer.supported_entities, None)

    async def __call__(self, scope: dict, receive, send) -> None:  # type: ignore[no-untyped-def,type-arg]
        if scope["type"] != "http":
            await self.app(scope, receive, send)  # type: ignore[operator]
            return
        message = await receive()
        self.look(json.loads(message["body"]))
        replay = [message]

        async def received() -> object:
            return replay.pop() if replay else await receive()

        async def sent(message: dict) -> None:  # type: ignore[type-arg]
            if message["type"] == "http.response.body" and message.get("body"):
                self.look(json.loads(message["body"]))
            await send(message)

        await self.app(scope, received, sent)  # type: ignore[operator]


@contextlib.contextmanager
def served(kind: str) -> Iterator[str]:
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
        yield f"http://127.0.0.1:{port}/echo"
    finally:
        server.terminate()
        server.wait(20)


def load(url: str, script: str, seconds: int) -> tuple[float, float]:
    """Requests per second, and the 99th percentile in seconds."""
    command = ["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", "-s", script, url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if re.search(r"Non-2xx|Socket errors", text):
        raise SystemExit(f"the server did not answer as it should:\n{text}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    latency = re.search(r"99%\s+([\d.]+)(us|ms|s)", text)
    assert rate and latency
    return float(rate[1]), float(latency[1]) * UNITS[latency[2]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5, help="of each load")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    kinds = ["none", "dlpcore"]
    if importlib.util.find_spec("presidio_analyzer"):
        kinds.append("presidio")
    results: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file, contextlib.ExitStack() as stack:
        file.write(SCRIPT % body())
        file.flush()
        urls = {kind: stack.enter_context(served(kind)) for kind in kinds}
        for kind, url in urls.items():
            load(url, file.name, 1)  # warm
            print(f"{kind} is warm", file=sys.stderr)
        for _ in range(arguments.rounds):
            for kind, url in urls.items():
                results[kind].append(load(url, file.name, arguments.seconds))
    base = [statistics.median(column) for column in zip(*results["none"], strict=True)]
    print("| middleware | requests/s | of none | p99 ms | times none |\n|---|---|---|---|---|")
    for kind, rows in results.items():
        rate, p99 = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"| {kind} | {rate:.0f} | {rate / base[0]:.2f} | {p99 * 1e3:.2f} | {p99 / base[1]:.2f} |")


if __name__ == "__main__":
    main()
