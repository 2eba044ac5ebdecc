"""What a full inspection costs a byte, from 1 KB to 100 MB: it must grow with the size and no faster.

    python benchmarks/size.py [LARGEST, in bytes]

The documents are arrays of clean records, one of them cut out of the other, so that a byte is a byte at every size.
Each round times ``orjson.loads`` of the same bytes and the inspection, in turn.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from typing import NamedTuple

import orjson

import dlpcore

SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
_WORDS = ("amber", "basket", "canvas", "garden", "hammer", "island", "kettle", "meadow", "pencil", "silver", "velvet")


class Row(NamedTuple):
    """Bytes, nanoseconds a byte, and multiples of ``orjson.loads``."""

    size: int
    ns: float
    ratio: float


def document(size: int) -> bytes:
    rng = random.Random(7)
    block = []
    for n in range(400):
        text = " ".join(rng.choices(_WORDS, k=rng.randint(3, 12)))
        block.append(orjson.dumps({"n": n % 97, "text": text, "open": n % 3 == 0, "size": rng.random()}))
    piece = b",".join(block)
    body = (piece + b",") * (size // (len(piece) + 1)) + piece
    return b"[" + body[: body.index(b"}", min(size, len(body) - 2)) + 1] + b"]"


def measure(largest: int = SIZES[-1]) -> list[Row]:
    inspector = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None, max_bytes=None))
    rows = []
    for size in (size for size in SIZES if size <= largest):
        payload = document(size)
        assert not inspector.inspect(payload).findings
        ours, theirs = [], []
        calls = max(1, 300_000 // size)
        for _ in range(3 if size >= SIZES[-1] else 9):
            for call, times in ((orjson.loads, theirs), (inspector.inspect, ours)):
                gc.disable()
                start = time.perf_counter_ns()
                for _ in range(calls):
                    call(payload)
                times.append((time.perf_counter_ns() - start) / calls)
                gc.enable()
        rows.append(Row(len(payload), min(ours) / len(payload), min(ours) / min(theirs)))
    return rows


def table(rows: list[Row]) -> str:
    lines = ["| bytes | ns a byte | of `orjson.loads` |", "|--:|--:|--:|"]
    return "\n".join(lines + [f"| {row.size:,} | {row.ns:.2f} | {row.ratio:.2f} |" for row in rows])


if __name__ == "__main__":
    print(table(measure(int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1])))
