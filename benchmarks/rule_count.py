"""What more rules cost on clean documents: the native pass looks for all of them at once.

    python benchmarks/rule_count.py [FOLDER of JSON documents]

35 rules, 400, and all, evenly taken out of the built-in ones, are timed on the same documents in turn: generated
records of 1-4 KB, or those of the folder, minified, in which no rule finds anything.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

import dlpcore
from dlpcore.rules import RuleSet, builtin

COUNTS = (35, 400)


class Row(NamedTuple):
    """A number of rules, multiples of ``orjson.loads``, and of the inspection with the fewest."""

    rules: int
    ratio: float
    more: float


def some(rules: RuleSet, count: int) -> RuleSet:
    """Every n-th rule, so that each family and kind of anchor is there; YARA's rules always."""
    every = rules.rules
    return RuleSet(rules=tuple(every[i * len(every) // count] for i in range(count)), yara=rules.yara)


def measure(documents: Sequence[bytes], seconds: float = 6.0) -> list[Row]:
    limits = dlpcore.Limits(deadline=None)
    rules = builtin(examples=False)
    counts = [count for count in COUNTS if count < len(rules.rules)] + [len(rules.rules)]
    inspectors = [dlpcore.Inspector(some(rules, count), limits=limits) for count in counts]
    clean = [each for each in documents if not inspectors[-1].inspect(each).findings]
    assert clean
    calls = [orjson.loads, *(inspector.inspect for inspector in inspectors)]
    least = [[float("inf")] * len(calls) for _ in clean]
    end = time.perf_counter() + seconds
    rounds = 0
    while rounds < 3 or time.perf_counter() < end:
        for at, document in enumerate(clean):
            for turn in range(len(calls)):
                which = (turn + rounds) % len(calls)
                start = time.perf_counter()
                calls[which](document)
                least[at][which] = min(least[at][which], time.perf_counter() - start)
        rounds += 1
    parse, *ours = (sum(column) for column in zip(*least, strict=True))
    return [Row(count, cost / parse, cost / ours[0]) for count, cost in zip(counts, ours, strict=True)]


def table(rows: list[Row]) -> str:
    lines = [f"| rules | of `orjson.loads` | of that with {rows[0].rules} |", "|--:|--:|--:|"]
    return "\n".join(lines + [f"| {row.rules} | {row.ratio:.2f} | {row.more:.2f} |" for row in rows])


def main() -> int:
    if len(sys.argv) > 1:
        files = sorted(Path(sys.argv[1]).glob("**/*.json"))
        documents = [orjson.dumps(json.loads(file.read_bytes())) for file in files]
    else:
        from compare.documents import generated

        documents = generated(quick=False)[0].documents
    print(table(measure(documents)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
