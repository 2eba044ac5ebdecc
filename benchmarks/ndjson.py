"""``dlpcore inspect`` on NDJSON of API logs: its time against ``orjson.loads`` of each line, and its memory by size.

    python benchmarks/ndjson.py                 # 256 MB
    python benchmarks/ndjson.py --megabytes 1000 --memory 8 64 1000

The lines are made here, of five kinds (access logs, application logs, audit events, deliveries of webhooks with their
body as a string, exchanges with both bodies), 0.2 to 3 KB each, and none has a finding, which is checked. 16 MB of
them are distinct and come again. Both sides read the same file in a process of their own, in turn, and time themselves
without their start: ``for line in file: orjson.loads(line)``, and the command. The table gives the ratios of minima,
of time and of processors' time, which a busy machine disturbs less.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

import dlpcore

_DISTINCT = 16 << 20
_WORDS = (  # noqa: SIM905 - they are words
    "order invoice shipment parcel customer basket payment refund return label carrier warehouse shelf item variant "
    "size colour blue green wool cotton linen chair table lamp notebook pencil kettle summer winter sale voucher draft "
    "pending confirmed packed shipped delivered cancelled retry queued accepted rejected scheduled archived imported"
).split()
_HOSTS = ("api.example.com", "shop.example.com", "hooks.example.net", "internal.example.org")
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36",
    "python-httpx/0.27.2",
    "okhttp/4.12.0",
    "Shop/5.2 (iOS 18.1; Scale/3.00)",
)


def _words(rng: random.Random, least: int, most: int) -> str:
    return " ".join(rng.choices(_WORDS, k=rng.randint(least, most)))


def _hex(rng: random.Random, digits: int) -> str:
    return f"{rng.getrandbits(4 * digits):0{digits}x}"


def _uuid(rng: random.Random) -> str:
    h = _hex(rng, 32)
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"


def _time(rng: random.Random) -> str:
    second = rng.randrange(86400)
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.{rng.randrange(1000):03}"
    return f"2026-11-{rng.randint(1, 22):02}T{clock}Z"


def _item(rng: random.Random) -> dict[str, object]:
    return {
        "sku": f"{rng.choice(_WORDS)[:3].upper()}-{rng.randrange(1000)}",
        "name": _words(rng, 1, 4),
        "quantity": rng.randint(1, 9),
        "price": {"amount": rng.randrange(100, 99999), "currency": rng.choice(("EUR", "USD", "SEK"))},
        "in_stock": rng.random() < 0.8,
        "tags": rng.choices(_WORDS, k=rng.randint(0, 3)),
    }


def _order(rng: random.Random) -> dict[str, object]:
    return {
        "id": rng.randrange(10_000, 9_999_999),
        "status": rng.choice(_WORDS),
        "created": _time(rng),
        "items": [_item(rng) for _ in range(rng.randint(1, 6))],
        "note": None if rng.random() < 0.5 else _words(rng, 3, 12),
        "total": round(rng.random() * 900, 2),
        "express": rng.random() < 0.3,
    }


def _access(rng: random.Random) -> dict[str, object]:
    return {
        "time": _time(rng),
        "method": rng.choice(("GET", "POST", "PUT", "DELETE")),
        "host": rng.choice(_HOSTS),
        "path": f"/v1/{rng.choice(_WORDS)}s/{rng.randrange(1, 99999)}",
        "status": rng.choice((200, 200, 200, 201, 204, 304, 404, 500)),
        "bytes": rng.randrange(20, 90000),
        "duration_ms": round(rng.expovariate(0.05), 3),
        "user_agent": rng.choice(_AGENTS),
        "request_id": _uuid(rng),
    }


def _application(rng: random.Random) -> dict[str, object]:
    return {
        "timestamp": _time(rng),
        "level": rng.choice(("INFO", "INFO", "DEBUG", "WARN", "ERROR")),
        "logger": f"com.example.{rng.choice(_WORDS)}.{rng.choice(_WORDS).title()}Service",
        "message": _words(rng, 4, 16),
        "thread": f"worker-{rng.randint(1, 32)}",
        "trace_id": _hex(rng, 32),
        "span_id": _hex(rng, 16),
        "attributes": {
            rng.choice(_WORDS): rng.randrange(10_000),
            "attempt": rng.randint(1, 5),
            "cached": rng.random() < 0.5,
        },
    }


def _audit(rng: random.Random) -> dict[str, object]:
    version = f"{rng.randint(1, 9)}.{rng.randint(0, 30)}.0"
    changes = [
        {"field": rng.choice(_WORDS), "old": rng.choice(_WORDS), "new": _words(rng, 1, 3)}
        for _ in range(rng.randint(0, 5))
    ]
    return {
        "event": f"{rng.choice(_WORDS)}.{rng.choice(_WORDS)}",
        "at": rng.randrange(1_700_000_000, 1_790_000_000),
        "actor": {"type": "service", "name": f"{rng.choice(_WORDS)}-api", "version": version},
        "object": {"type": rng.choice(_WORDS), "id": _uuid(rng)},
        "changes": changes,
        "ok": True,
    }


def _delivery(rng: random.Random) -> dict[str, object]:
    body = json.dumps(_order(rng), separators=(",", ":"))
    return _access(rng) | {"request": {"content_type": "application/json", "body": body}, "attempt": rng.randint(1, 4)}


def _exchange(rng: random.Random) -> dict[str, object]:
    return {
        "ts": _time(rng),
        "service": f"{rng.choice(_WORDS)}s",
        "http": {k: v for k, v in _access(rng).items() if k in ("method", "host", "path", "status", "duration_ms")},
        "request": {"body": _order(rng)},
        "response": {"body": {"data": _order(rng), "meta": {"page": rng.randint(1, 40), "per_page": 50, "more": True}}},
    }


_KINDS = (_access, _application, _audit, _delivery, _exchange)


def lines(rng: random.Random) -> Iterator[bytes]:
    """Log lines as compact JSON, without end."""
    while True:
        yield orjson.dumps(rng.choice(_KINDS)(rng)) + b"\n"


def write(path: Path, size: int, inspector: dlpcore.Inspector) -> int:
    """Writes ``size`` bytes of clean lines (a line more or less) and returns how many were left out as not clean."""
    made: list[bytes] = []
    total = refused = 0
    for line in lines(random.Random(20261122)):
        if inspector.inspect(line).findings:
            refused += 1
            continue
        made.append(line)
        total += len(line)
        if total >= min(size, _DISTINCT):
            break
    block = b"".join(made)
    with path.open("wb") as stream:
        for _ in range(size // len(block)):
            stream.write(block)
        rest = size % len(block)
        stream.write(block[: block.rfind(b"\n", 0, rest) + 1])
    print(f"{len(made):,} distinct lines of {total / len(made):,.0f} bytes on average; {refused:,} more had a finding")
    return refused


# The processes that are timed print their seconds, those of processors (children's too), their peak of memory (KB; the
# largest of the processes), and what they counted.
_ORJSON = """
import resource, sys, time
import orjson
start, used = time.perf_counter(), time.process_time()
count = 0
with open(sys.argv[1], "rb") as stream:
    for line in stream:
        orjson.loads(line)
        count += 1
took, used = time.perf_counter() - start, time.process_time() - used
print(took, used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, count)
"""
_COMMAND = """
import contextlib, io, resource, sys, time
from dlpcore.cli import main
out = io.TextIOWrapper(io.BytesIO())
def timed(*arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start, used = time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(out):
        status = main(["inspect", "-q", *arguments])
    took, used = time.perf_counter() - start, time.process_time() - used
    assert status == 0, status
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, used + sum(getattr(children, t) - getattr(before, t) for t in ("ru_utime", "ru_stime"))
timed(sys.argv[2])  # one line: everything is loaded
start = timed(sys.argv[2])
took, used = (whole - each for whole, each in zip(timed(*sys.argv[3:], sys.argv[1]), start))
out.flush()
said = out.buffer.getvalue().decode().split()
count = int(said[-4].replace(",", "")) if said else 0
peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(took, used, peak, count)
"""


class Run(NamedTuple):
    seconds: float
    processor: float
    peak: int
    count: int


def run(code: str, *arguments: str | Path) -> Run:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, processor, peak, count = done.stdout.split()[-4:]
    return Run(float(seconds), float(processor), int(peak), int(count))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, nargs="*", default=[1, os.cpu_count() or 1])
    parser.add_argument("--memory", type=int, nargs="*", default=[8, 64, 256], metavar="MEGABYTES")
    options = parser.parse_args()
    inspector = dlpcore.Inspector(limits=dlpcore.Limits(max_bytes=None, deadline=None))
    print(
        f"dlpcore {dlpcore.__version__}, {inspector!r}; orjson {orjson.__version__}; Python {platform.python_version()}"
    )
    with tempfile.TemporaryDirectory() as folder:
        one, many = Path(folder, "one.ndjson"), Path(folder, "log.ndjson")
        one.write_bytes(b'{"id":7}\n')
        write(many, options.megabytes << 20, inspector)
        silent = sum(1 for line in many.open("rb") if inspector._engine.anchors.prefilter.scan(line) is None)
        print(f"{silent:,} lines end in the native pass")
        theirs: list[Run] = []
        ours: dict[int, list[Run]] = {jobs: [] for jobs in options.jobs}
        for _ in range(options.rounds):
            theirs.append(run(_ORJSON, many))
            for jobs, runs in ours.items():
                runs.append(run(_COMMAND, many, one, "--jobs", str(jobs)))
                assert runs[-1].count == theirs[-1].count, (runs[-1], theirs[-1])
        megabytes = many.stat().st_size / 1e6
        print(f"{'orjson.loads a line':28} {megabytes / min(each.seconds for each in theirs):6.0f} MB/s")
        for jobs, runs in ours.items():
            wall, processor = (
                min(getattr(each, what) for each in runs) / min(getattr(each, what) for each in theirs)
                for what in ("seconds", "processor")
            )
            print(
                f"{f'dlpcore inspect --jobs {jobs}':28} {megabytes / min(each.seconds for each in runs):6.0f} MB/s"
                f"   ratio of minima: time {wall:5.2f}, processors' time {processor:5.2f}"
                f"   peak of memory {max(each.peak for each in runs) / 1024:.0f} MB"
            )
        for size in options.memory:
            write(many, size << 20, inspector)
            peaks = [run(_COMMAND, many, one, "--jobs", str(jobs)).peak for jobs in options.jobs]
            print(f"{size:5} MB: peak of memory " + ", ".join(f"{peak / 1024:.0f} MB" for peak in peaks))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
