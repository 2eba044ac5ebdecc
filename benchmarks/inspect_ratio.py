"""What a full inspection costs, as a multiple of ``orjson.loads`` of the same bytes in the same run.

    python benchmarks/inspect_ratio.py ../shared/corpora/machine

Each round times both over all documents, in turn; the table gives the ratio of the minima and the median of the
ratios round by round. The answers are checked: what is called clean must be clean. Documents are taken as they are
and minified. Absolute times depend on the machine; only the ratios are meant.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson

import dlpcore


def seconds(call: Callable[[bytes], object], documents: list[bytes]) -> float:
    start = time.perf_counter()
    for document in documents:
        call(document)
    return time.perf_counter() - start


def compare(name: str, call: Callable[[bytes], object], documents: list[bytes], rounds: int) -> None:
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(seconds(orjson.loads, documents))
        ours.append(seconds(call, documents))
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    size = sum(map(len, documents))
    print(
        f"{name:44} {len(documents):4} docs {size / 1e3:8.0f} KB   ratio of minima {min(ours) / min(theirs):6.2f}   "
        f"median of ratios {statistics.median(ratios):6.2f}"
    )


def one_hit(document: bytes) -> bytes:
    """The document with a card number in its middle: as a member of a wrapper."""
    return b'{"payload":' + document + b',"card":"4111111111111111"}'


def records(size: int) -> bytes:
    """A list of orders of about this many bytes, as services exchange them: nothing in it is anybody's."""
    draw = random.Random(size)
    rows: list[dict[str, object]] = []
    while len(orjson.dumps(rows)) < size:
        rows.append(
            {
                "id": draw.randrange(10**6),
                "sku": f"{draw.choice(('alpha', 'bravo', 'delta', 'gamma'))}-{draw.randrange(1000)}",
                "status": draw.choice(("shipped", "pending", "returned")),
                "quantity": draw.randrange(20),
                "unit_price": round(draw.uniform(1, 100), 2),
                "currency": "EUR",
                "active": draw.random() < 0.5,
                "note": None,
                "updated_at": f"2026-0{draw.randrange(1, 9)}-1{draw.randrange(9)}T0{draw.randrange(9)}:00:00Z",
            }
        )
    return orjson.dumps({"items": rows})


#: Ten values that rules of several families find.
TEN = {
    "card": "4111111111111111",
    "cards": ["5555555555554444", "378282246310005"],
    "ssn": "536-22-8146",
    "iban": "DE89370400440532013000",
    "email": "jane.doe@example.com",
    "contact": "j_doe@example.org",
    "phone": "+1 415 555 2671",
    "ip": "93.184.215.14",
    "key": "AKIAIOSFODNN7EXAMPLE",
}


def ten_hits(document: bytes) -> bytes:
    """The document in a wrapper with ten findings."""
    return b'{"payload":' + document + b',"found":' + orjson.dumps(TEN) + b"}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder of JSON documents, such as captured webhooks")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--lanes", type=int, help="0: without SIMD, 1: SSE2 or NEON, 2: AVX2; else the best")
    options = parser.parse_args()
    files = sorted(options.folder.glob("**/*.json"))
    if not files:
        print(f"no *.json below {options.folder}", file=sys.stderr)
        return 2
    inspector = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))
    if options.lanes is not None and not inspector._engine.anchors.prefilter.use_lanes(options.lanes):
        print(f"this machine has no lanes {options.lanes}", file=sys.stderr)
        return 2
    pretty = [file.read_bytes() for file in files]
    minified = [orjson.dumps(json.loads(document)) for document in pretty]
    clean = [d for d in minified if not inspector.inspect(d).findings]
    clean_pretty = [d for d in pretty if not inspector.inspect(d).findings]
    small = [d for d in clean if len(d) <= 8192]
    hits = [one_hit(d) for d in clean]
    for document in hits:
        assert {f.rule for f in inspector.inspect(document).findings} >= {"credit-card"}
    print(
        f"dlpcore {dlpcore.__version__}, {inspector!r}; orjson {orjson.__version__}; Python {platform.python_version()}"
    )
    print(f"{len(clean)} of {len(minified)} minified documents have no finding")
    compare("minified, no finding", inspector.inspect, clean, options.rounds)
    if small:
        compare("minified, no finding, up to 8 KB", inspector.inspect, small, options.rounds)
    compare("as captured (pretty-printed), no finding", inspector.inspect, clean_pretty, options.rounds)
    compare("minified, all", inspector.inspect, minified, options.rounds)
    compare("minified, one card added", inspector.inspect, hits, options.rounds)
    tens = [ten_hits(d) for d in clean if len(d) <= 8192]
    for document in tens:
        assert len(inspector.inspect(document).findings) >= 10
    if tens:
        compare("minified, ten findings added, up to 8 KB", inspector.inspect, tens, options.rounds)
    for size in (1024, 2048, 4096):
        document = records(size)
        assert not inspector.inspect(document).findings
        compare(f"records, {size} bytes, no finding", inspector.inspect, [document] * 100, options.rounds)
    document = records(2048)
    compare("records, 2048 bytes, one card", inspector.inspect, [one_hit(document)] * 100, options.rounds)
    assert len(inspector.inspect(ten_hits(document)).findings) >= 10
    compare("records, 2048 bytes, ten findings", inspector.inspect, [ten_hits(document)] * 100, options.rounds)
    tiny = [b'{"id":1,"name":"abcd"}'] * 2000
    compare("22 bytes", inspector.inspect, tiny, options.rounds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
