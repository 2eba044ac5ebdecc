"""Whole inspections of hostile documents against a clean one of the same size, and both as they grow.

    python benchmarks/hostile.py [bytes, 1000000 unless told] [largest of the curve, 100000000 unless told]

The documents are those of ``linear.py``, aimed at the native pass, and of ``hostile_documents.py``, at what is behind
it. Times are of the processor, so that other work on the machine counts less; what is compiled when it is first needed
is compiled before. The work that the size allows ends most of them, and the deadline of the default limits some sooner:
both are told as incomplete.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from hostile_documents import HOSTILE
from linear import DOCUMENTS

import dlpcore

ALL: dict[str, Callable[[int], bytes]] = DOCUMENTS | HOSTILE

WITHOUT = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None, max_bytes=None))
DEFAULT = dlpcore.Inspector()
ROW = b'{"id":%d,"name":"item","tags":["red","blue"],"active":true,"note":"plain text of some words"}'
SHOWN = 24
CURVE = (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
GROWING = ("duplicate keys", "literals", "CR, LF and blanks", "digits")


def clean(size: int) -> bytes:
    rows = [ROW % (i % 997) for i in range(1000)]
    body = b",".join(rows)
    return b"[" + b",".join([body] * (size // len(body)) or rows[: max(1, size // len(rows[0]))]) + b"]"


def cost(inspector: dlpcore.Inspector, data: bytes) -> tuple[float, dlpcore.Verdict]:
    """Seconds of one inspection, the least of a few where they are short."""
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        verdict = inspector.inspect(data)
        best = min(best, time.process_time() - start)
        if best > 0.2:
            break
    return best, verdict


def table(size: int) -> None:
    honest = clean(size)
    base = cost(WITHOUT, honest)[0] / len(honest)
    print(f"{size} bytes: clean {base * 1e9:.1f} ns a byte; hostile documents as multiples of it (*: incomplete)")
    print(f"{'':34}no deadline    default")
    rows: list[tuple[str, list[tuple[float, dlpcore.Verdict]]]] = []
    for name, make in ALL.items():
        data = make(size)
        DEFAULT.inspect(data)
        rows.append((name, [(seconds / len(data) / base, said) for seconds, said in both(data)]))
    rows.sort(key=lambda row: -row[1][0][0])
    for name, cells in rows[:SHOWN]:
        said = (f"{ratio:10.1f}{' ' if verdict.complete else '*'}" for ratio, verdict in cells)
        print(f"{name:34}{''.join(said)}")
    for at, what in enumerate(("as they are", "default limits")):
        ratios = sorted(cells[at][0] for _, cells in rows)
        print(f"{what}: median {ratios[len(ratios) // 2]:.1f}, worst {ratios[-1]:.1f}, of {len(ratios)} documents")


def both(data: bytes) -> list[tuple[float, dlpcore.Verdict]]:
    """Without a deadline, and with the default limits."""
    return [cost(inspector, data) for inspector in (WITHOUT, DEFAULT)]


def curve(largest: int) -> None:
    sizes = [size for size in CURVE if size <= largest]
    print(f"\n{'ns a byte':28}" + "".join(f"{size:>12,}" for size in sizes))
    makers: dict[str, Callable[[int], bytes]] = {"clean": clean} | {name: DOCUMENTS[name] for name in GROWING}
    for name, make in makers.items():
        most = largest if name == "clean" else largest // 10
        cells = [cost(WITHOUT, data := make(size))[0] / len(data) * 1e9 for size in sizes if size <= most]
        print(f"{name:28}" + "".join(f"{cell:12.1f}" for cell in cells), flush=True)


def main() -> int:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    table(size)
    curve(int(sys.argv[2]) if len(sys.argv) > 2 else CURVE[-1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
