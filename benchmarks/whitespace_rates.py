"""How the white space channels fare: false positives on honest documents, detection and recovery of hidden messages.

    python benchmarks/whitespace_rates.py ../shared/corpora

Thresholds were chosen on the documents whose name hashes to an even number; both halves are reported. Messages are
text of 1 to 16 bytes, hidden by the writers of tests/embedders in the documents of machine/, as they are and minified.
A cell reads found/recovered/tried; recovered: byte for byte among the candidates (at most eight a channel).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dlpcore import _native
from dlpcore.covert import ChannelReport
from dlpcore.covert.whitespace import detect, wanted
from tests.embedders import whitespace as embed

PREFILTER = _native.Prefilter()
LETTERS = b"abcdefghijklmnopqrstuvwxyz ABCDEFGHIJ0123456789=:-."


def reports(payload: bytes) -> list[ChannelReport]:
    scan = PREFILTER.scan(payload)
    if scan is None or not wanted(len(payload), scan):
        return []
    return detect(payload, scan, PREFILTER, 1 << 20)


def false_positives(folder: Path) -> None:
    for half in (0, 1):
        files = [f for f in sorted(folder.glob("**/*.json")) if zlib.crc32(f.name.encode()) % 2 == half]
        payloads = [f.read_bytes() for f in files]
        priced = [sum(r.bits for r in reports(p)) for p in payloads]
        found = [f.name for f, p in zip(files, payloads, strict=True) if any(r.found for r in reports(p))]
        name = "chosen on" if half == 0 else "held out"
        print(
            f"{folder.name:10} {name:10} {len(files):4} documents, {sum(b == 0 for b in priced):4} of 0 bits, "
            f"most {max(priced, default=0):5.1f} bits, false positives: {len(found)} {found or ''}"
        )


def rates(name: str, write, covers: list[bytes], randomness: random.Random) -> None:
    cells = []
    for size in (1, 2, 4, 8, 16):
        found = recovered = tried = 0
        for cover in covers:
            message = bytes(randomness.choices(LETTERS, k=size))
            try:
                payload = write(cover, message)
            except ValueError:  # too small for it
                continue
            result = reports(payload)
            tried += 1
            found += any(r.found for r in result)
            recovered += any(c.data == message for r in result for c in r.candidates)
        cells.append(f"{found:4}/{recovered}/{tried}")
    print(f"{name:48}" + "".join(f"{cell:>15}" for cell in cells), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path, help="a folder with machine/ and human/ below it")
    parser.add_argument("--covers", type=int, default=40, help="documents to hide each message in")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for part in ("machine", "human"):
        false_positives(options.corpora / part)
    randomness = random.Random(options.seed)
    files = sorted((options.corpora / "machine").glob("**/*.json"))
    randomness.shuffle(files)
    pretty = [f.read_bytes() for f in files[: options.covers]]
    compact = [json.dumps(json.loads(p), separators=(",", ":")).encode() for p in pretty]
    print(f"{'found/recovered/tried, by bytes of message':48}" + "".join(f"{n:>15}" for n in (1, 2, 4, 8, 16)))
    for table, covers, dress in (
        (embed.ANY, pretty, "pretty"),
        (embed.PRETTY, pretty, "pretty"),
        (embed.ANY, compact, "compact"),
        (embed.COMPACT, compact, "compact"),
    ):
        for name, write in table.items():
            rates(f"{name} [{dress}]", write, covers, randomness)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
