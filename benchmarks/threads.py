"""What an inspection costs beside a busy Python thread, and how inspections scale over two threads.

    python benchmarks/threads.py

A call on a small payload holds the interpreter's lock; one on a larger one gives it up, unless that made it wait too
long before (native/ffi/turns.h). How much two threads can gain depends on what the machine has to spare, so each row
has a control beside it, timed in turn: two threads of SHA-256 from the standard library, which gives the lock up too.
"""

from __future__ import annotations

import hashlib
import json
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import dlpcore

SIZES = (2_000, 16_000, 64_000, 256_000, 1_000_000)


class Row(NamedTuple):
    """One payload: microseconds alone, multiples of that, and throughput of two threads against one."""

    what: str
    size: int
    alone: float
    beside: float
    two: float
    control: float


def document(size: int) -> bytes:
    """A clean document that ends in the native pass."""
    record = {"id": 1, "label": "record", "tags": ["alpha", "beta"], "note": "nothing to see here, move along"}
    return json.dumps([record] * (size // len(json.dumps(record)) + 1), separators=(",", ":")).encode()


def mixed(size: int) -> bytes:
    """The same with ten cards in it, whatever its size, and a member in every record that makes a rule look."""
    records = json.loads(document(size))
    for n in range(10):
        records[n * len(records) // 10]["card"] = f"41111111111111{n:02}" if n else "4111111111111111"
    return json.dumps(records, separators=(",", ":")).encode()


@contextmanager
def _busy() -> Iterator[None]:
    stop: list[bool] = []

    def work() -> None:
        n = 0
        while not stop:
            n += 1

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.append(True)
        thread.join()


def _mean(call: Callable[[], object], seconds: float) -> float:
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 20:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.fmean(times)


def _wall(call: Callable[[], object], calls: int, threads: int) -> float:
    ready = threading.Barrier(threads + 1)

    def work() -> None:
        ready.wait()
        for _ in range(calls):
            call()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    ready.wait()
    start = time.perf_counter()
    for worker in workers:
        worker.join()
    return time.perf_counter() - start


def _scaling(call: Callable[[], object], control: Callable[[], object], calls: int, rounds: int) -> tuple[float, float]:
    ones, twos, control_ones, control_twos = [], [], [], []
    for _ in range(rounds):
        ones.append(_wall(call, calls, 1))
        twos.append(_wall(call, calls, 2))
        control_ones.append(_wall(control, calls, 1))
        control_twos.append(_wall(control, calls, 2))
    return 2 * min(ones) / min(twos), 2 * min(control_ones) / min(control_twos)


def _as_long(seconds: float) -> Callable[[], object]:
    """SHA-256 of as many bytes as take that long, so that both switch threads as often."""
    block = bytes(65536)
    took = min(_mean(lambda: hashlib.sha256(block), 0.02) for _ in range(5))
    block = bytes(max(4096, int(len(block) * seconds / took)))
    return lambda: hashlib.sha256(block)


def measure(rounds: int = 7, seconds: float = 1.0) -> list[Row]:
    """All payloads; ``rounds`` of scaling, ``seconds`` beside the busy thread."""
    inspector = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None, max_bytes=None))
    rows = []
    for what, make, sizes in (("clean", document, SIZES), ("ten cards", mixed, SIZES[-1:])):
        for size in sizes:
            payload = make(size)
            assert bool(inspector.inspect(payload).findings) == (make is mixed)

            def call(payload: bytes = payload) -> object:
                return inspector.inspect(payload)

            alone = min(_mean(call, seconds / 5) for _ in range(3))
            with _busy():
                beside = _mean(call, seconds)
            control = _as_long(alone)
            two, most = _scaling(call, control, max(8, int(0.08 / alone)), rounds)
            rows.append(Row(what, len(payload), alone * 1e6, beside / alone, two, most))
    return rows


def table(rows: list[Row]) -> str:
    lines = [
        "| payload | bytes | alone, µs | beside a busy thread | two threads | SHA-256 on two |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        costs = f"{row.size:,} | {row.alone:,.1f} | {row.beside:.1f} ×"
        lines.append(f"| {row.what} | {costs} | {row.two:.2f} × | {row.control:.2f} × |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(measure()))
