"""What a scan costs beside a busy Python thread, and how it scales over two threads.

    python benchmarks/threads.py

Payloads at or below 32 KB hold the GIL, larger ones release it inside the native call (native/ffi/build.py). Beside one
busy thread, a call that gives the GIL up waits for a thread switch to get it back; one that holds it does not.
"""

from __future__ import annotations

import json
import statistics
import threading
import time

import dlpcore


def document(size: int) -> bytes:
    record = {"id": 1, "name": "a record", "tags": ["alpha", "beta"], "note": "nothing to see here, move along"}
    return json.dumps([record] * (size // len(json.dumps(record)) + 1), separators=(",", ":")).encode()


def mean(inspector: dlpcore.Inspector, payload: bytes, calls: int) -> float:
    times = []
    for _ in range(calls):
        start = time.perf_counter()
        inspector.inspect(payload)
        times.append(time.perf_counter() - start)
    return statistics.fmean(times)


def beside_a_busy_thread(inspector: dlpcore.Inspector, payload: bytes, calls: int) -> float:
    stop = threading.Event()

    def busy() -> None:
        n = 0
        while not stop.is_set():
            n += 1

    thread = threading.Thread(target=busy, daemon=True)
    thread.start()
    try:
        return mean(inspector, payload, calls)
    finally:
        stop.set()
        thread.join()


def wall(inspector: dlpcore.Inspector, payload: bytes, calls: int, threads: int) -> float:
    def work() -> None:
        for _ in range(calls):
            inspector.inspect(payload)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - start


def main() -> None:
    inspector = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None, max_bytes=None))
    print(f"{'payload':>10} {'alone, µs':>10} {'beside busy, µs':>16} {'ratio':>7} {'two threads / one':>18}")
    for size in (2_000, 30_000, 64_000, 1_000_000):
        payload = document(size)
        assert not inspector.inspect(payload).findings
        calls = max(20, 20_000_000 // size // 10)
        alone = min(mean(inspector, payload, calls) for _ in range(3))
        beside = beside_a_busy_thread(inspector, payload, calls)
        one = min(wall(inspector, payload, calls, 1) for _ in range(3))
        two = min(wall(inspector, payload, calls, 2) for _ in range(3))
        costs = f"{alone * 1e6:>10.1f} {beside * 1e6:>16.1f} {beside / alone:>7.1f}"
        print(f"{len(payload):>10} {costs} {2 * one / two:>18.2f}")


if __name__ == "__main__":
    main()
