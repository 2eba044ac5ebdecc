"""What the command line holds in memory at the most: large documents, and logs of growing length.

    python benchmarks/memory.py [megabytes of the documents, 500 unless told]

Each row is a process of its own, ``dlpcore inspect`` of one file of synthetic data; the peak is its resident set as the
system counts it, with the file itself once. ``allowed`` is 1.2 times the payload and 8 MB; the exit status is 1 where
a document needs more, or where a log of eight times the length needs 8 MB more than a short one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

MB = 1_000_000
NOTE = "plain text of some words"
ROWS = [{"id": i % 997, "name": "item", "tags": ["red", "blue"], "active": True, "note": NOTE} for i in range(1000)]
COMPACT = json.dumps(ROWS, separators=(",", ":"))[1:-1].encode()
PRETTY = json.dumps(ROWS, indent=2)[2:-2].encode()
LINES = b"".join(json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in ROWS)
CARD = b'{"card":"4111 1111 1111 1111"}'
NAMED = json.dumps([{**row, "note": "tr\u00e8s joli \u2019"} for row in ROWS], separators=(",", ":"))[1:-1].encode()


def document(piece: bytes, tail: bytes = b"") -> Callable[[Path, int], None]:
    def write(path: Path, size: int) -> None:
        with path.open("wb") as file:
            file.write(b"[" + piece)
            for _ in range(size // (len(piece) + 1) - 1):
                file.write(b"," + piece)
            file.write(tail + b"]")

    return write


def log(path: Path, size: int) -> None:
    with path.open("wb") as file:
        for _ in range(size // len(LINES)):
            file.write(LINES)


DOCUMENTS = {
    "compact, clean": document(COMPACT),
    "pretty-printed, clean": document(b"\n  " + PRETTY.strip()),
    "escapes and accents": document(NAMED),
    "compact, a card at its end": document(COMPACT, b"," + CARD),
}


def peak(path: Path, *options: str) -> int:
    """Bytes, of a process that inspects this file."""
    command = [sys.executable, "-m", "dlpcore", "inspect", "-q", *options, str(path)]
    pid = subprocess.Popen(command, stdout=subprocess.DEVNULL).pid
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"{' '.join(command)} failed")
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> int:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    failed = False
    print(f"{'input':36}{'MB':>8}{'peak MB':>10}{'allowed':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for name, write in DOCUMENTS.items():
            path = Path(folder, "document.json")
            write(path, megabytes * MB)
            size = path.stat().st_size
            used, allowed = peak(path), 1.2 * size + 8 * MB
            failed |= used > allowed
            print(f"{name:36}{size / MB:8.0f}{used / MB:10.0f}{allowed / MB:10.0f}")
        first = 0
        for length in (megabytes // 8, megabytes):
            path = Path(folder, "log.ndjson")
            log(path, length * MB)
            used = peak(path, "--jobs", "1")
            first = first or used
            failed |= used > first + 8 * MB
            print(f"{'NDJSON':36}{path.stat().st_size / MB:8.0f}{used / MB:10.0f}{(first + 8 * MB) / MB:10.0f}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
