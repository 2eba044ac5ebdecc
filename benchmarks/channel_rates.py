"""Every covert channel: smallest message found, recovery, false positives. Prints the table of docs/channels.md.

    python benchmarks/channel_rates.py ../shared/corpora            a table to read
    python benchmarks/channel_rates.py ../shared/corpora --markdown the rows of docs/channels.md
    python benchmarks/channel_rates.py ../shared/corpora --variants writers that nothing was tuned for

Messages of text are hidden by the writers of tests/embedders in honest documents; a cell of the table to read is
found/recovered/best/tried: found above ``info``, recovered byte for byte among the candidates of any finding, recovered
as the best one. False
positives are counted over the documents whose name hashes to an even number (on which thresholds were chosen) and over
the others apart.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import dlpcore
from tests.embedders import choices, structure, unicode, variants, whitespace

SIZES = (1, 2, 4, 8, 16, 32)
LETTERS = b"abcdefghijklmnopqrstuvwxyz ABCDEFGHIJ0123456789=:-."
INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None, max_bytes=None))
Write = Callable[[bytes, bytes], bytes]


class Row(NamedTuple):
    name: str
    write: Write
    covers: list[bytes]


class Cell(NamedTuple):
    found: int
    recovered: int
    best: int
    tried: int


def hidden(findings: Iterable[dlpcore.Finding]) -> list[dlpcore.Finding]:
    """Covert findings above info, and the structural ones that carry something."""
    return [
        f
        for f in findings
        if f.severity > "info" and (f.kind == "covert-channel" or f.rule.startswith(("structure.", "key.duplicate")))
    ]


def cell(row: Row, size: int, randomness: random.Random) -> Cell:
    found = recovered = best = tried = 0
    for cover in row.covers:
        message = bytes(randomness.choices(LETTERS, k=size))
        try:
            payload = row.write(cover, message)
        except (ValueError, IndexError, StopIteration):
            continue  # the cover is too small for it
        if payload == cover:
            continue
        tried += 1
        findings = INSPECTOR.inspect(payload).findings
        found += bool(hidden(findings))
        recovered += any(c.data == message for f in findings for c in f.candidates)
        best += any(f.recovered == message for f in findings)
    return Cell(found, recovered, best, tried)


def rows(pretty: list[bytes], compact: list[bytes], prose: list[bytes], typed: list[bytes]) -> Iterator[Row]:
    for name, write in (whitespace.ANY | whitespace.PRETTY).items():
        yield Row(f"{name} (pretty)", write, pretty)
    for name, write in (whitespace.ANY | whitespace.COMPACT).items():
        yield Row(f"{name} (compact)", write, compact)
    for name, write in (choices.LOSSLESS | choices.OTHER).items():
        escaped = name.startswith("escape.hex-case")
        ascii_only = [json.dumps(json.loads(d), separators=(",", ":")).encode() for d in typed]
        yield Row(name, write, ascii_only if escaped else typed)
    for name, write in unicode.RUNS.items():
        yield Row(f"{name} (run)", write, compact)
    for name, write in unicode.SPREAD.items():
        yield Row(f"{name} (spread)", write, prose)
    for name, alone in structure.EMBEDDERS.items():
        yield Row(name, lambda cover, message, alone=alone: alone(message), compact)


def variant_rows(pretty: list[bytes], compact: list[bytes], typed: list[bytes]) -> Iterator[Row]:
    """Writers of other people: those of white space in each frame, the others plain and with a length."""

    def framed(write: Write, frame: str) -> Write:
        return lambda cover, message: write(cover, variants.FRAMES[frame](message))

    for name, write in variants.WHITE_SPACE.items():
        for frame in variants.FRAMES:
            yield Row(f"{name}, {frame} (pretty)", framed(write, frame), pretty)
            yield Row(f"{name}, {frame} (compact)", framed(write, frame), compact)
    for table, covers in ((variants.UNICODE, compact), (variants.KEYS, typed)):
        for name, write in table.items():
            for frame in ("plain", "length of a byte", "length of four bytes", "ended by NUL"):
                yield Row(f"{name}, {frame}", framed(write, frame), covers)


def prose_documents(randomness: random.Random, count: int) -> list[bytes]:
    """Documents of running text, for what hides between words and in letters."""
    words = "the quick account manager opened an order for each customer and closed it once peace of mind was restored"
    vocabulary = [*words.split(), "naïve", "café", "façade", "résumé", "coöperate", "déjà"]

    def notes() -> list[str]:
        return [" ".join(randomness.choices(vocabulary, k=90)) for _ in range(12)]

    return [json.dumps({"notes": notes()}, ensure_ascii=False).encode() for _ in range(count)]


def typed_documents(randomness: random.Random, count: int) -> list[bytes]:
    """Compact documents with what choices need: numbers of both types, escapes, non-ASCII text, hex and base64."""
    documents = []
    for _ in range(count):
        rows = [
            {
                "id": i,
                "count": randomness.randrange(1000),
                "ratio": round(randomness.uniform(0, 50), 2),
                "zero": 0,
                "url": "https://example.com/a/b/" + str(i),
                "text": "line one\nline two\tÀé € ünï",
                "hash": randomness.randbytes(16).hex(),
                "blob": base64.b64encode(randomness.randbytes(7)).decode(),
            }
            for i in range(80)
        ]
        documents.append(json.dumps({"rows": rows}, separators=(",", ":"), ensure_ascii=False).encode())
    return documents


def false_positives(folder: Path) -> None:
    for half, what in ((0, "chosen on"), (1, "held out")):
        files = [f for f in sorted(folder.glob("**/*.json")) if zlib.crc32(f.name.encode()) % 2 == half]
        wrong = {f.name: sorted({x.rule for x in hidden(INSPECTOR.inspect(f.read_bytes()).findings)}) for f in files}
        named = {name: rules for name, rules in wrong.items() if rules}
        print(f"{folder.name:10} {what:10} {len(files):4} documents, with a covert finding: {len(named)} {named or ''}")


def smallest(cells: dict[int, Cell]) -> str:
    """The smallest size from which on every message was found."""
    sizes = [n for n in cells if cells[n].tried]
    good = [n for n in sizes if all(cells[m].found == cells[m].tried for m in sizes if m >= n)]
    return f"{good[0]} B" if good else "–"


def share(cells: dict[int, Cell], field: str) -> str:
    tried = sum(c.tried for n, c in cells.items() if n >= 4)
    return f"{100 * sum(getattr(c, field) for n, c in cells.items() if n >= 4) / tried:.0f} %" if tried else "–"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path, help="a folder with machine/ and human/ below it")
    parser.add_argument("--covers", type=int, default=20, help="documents to hide each message in")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--markdown", action="store_true", help="print rows for docs/channels.md")
    parser.add_argument("--variants", action="store_true", help="the writers of tests/embedders/variants.py instead")
    parser.add_argument("--only", default="", help="only channels whose name holds this")
    options = parser.parse_args()
    randomness = random.Random(options.seed)
    files = sorted((options.corpora / "machine").glob("**/*.json"))
    randomness.shuffle(files)
    pretty = [f.read_bytes() for f in files[: options.covers]]
    compact = [json.dumps(json.loads(p), separators=(",", ":")).encode() for p in pretty]
    if options.markdown:
        print(
            "| channel / carrier | smallest always found | recovered, 4 B and more | as the best |\n|---|---|---|---|"
        )
    else:
        for part in ("machine", "human"):
            false_positives(options.corpora / part)
        print(f"{'found/recovered/best/tried, by bytes of message':52}" + "".join(f"{n:>15}" for n in SIZES))
    prose, typed = prose_documents(randomness, options.covers), typed_documents(randomness, options.covers)
    table = variant_rows(pretty, compact, typed) if options.variants else rows(pretty, compact, prose, typed)
    for row in table:
        if options.only not in row.name:
            continue
        cells = {size: cell(row, size, randomness) for size in SIZES}
        if options.markdown:
            rates = f"{share(cells, 'recovered')} | {share(cells, 'best')}"
            print(f"| {row.name} | {smallest(cells)} | {rates} |", flush=True)
        else:
            shown = (f"{c.found}/{c.recovered}/{c.best}/{c.tried}" for c in cells.values())
            print(f"{row.name:52}" + "".join(f"{text:>15}" for text in shown), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
