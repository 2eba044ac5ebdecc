"""What rules without an anchor cost, and what the search for them would cost on hyperscan, RE2 and ``re``.

    python benchmarks/ungated.py [FOLDER of JSON documents]

One such rule, ten and fifty, each of another prefix of letters, are added to the built-in ones; the same patterns run
over the raw bytes as one set. Records are generated, or are those of the folder, minified, without a finding. All take
turns on each document; the figures are sums of minima, as multiples of ``orjson.loads``. A matcher that is not
installed is named as missing.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson

import dlpcore
from dlpcore.rules import RuleSet, builtin, load

COUNTS = (1, 10, 50)
Call = Callable[[bytes], object]


def patterns(count: int) -> list[str]:
    """No literal in any of them: a class of letters, a digit, and 32 hexadecimal digits."""
    return [rf"\b[{chr(0x61 + n % 26)}-z]{{{2 + n // 26}}}[0-9]_[0-9a-f]{{32}}\b" for n in range(count)]


def rules(count: int) -> RuleSet:
    """Read from a file of gitleaks, as users would bring them."""
    text = "".join(f"[[rules]]\nid = 'own-{n}'\nregex = '''{each}'''\n" for n, each in enumerate(patterns(count)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config.toml")
        path.write_text(text, encoding="utf-8")
        return load(path)


def _hyperscan(count: int) -> Call:
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[each.encode() for each in patterns(count)],
        ids=list(range(count)),
        flags=[hyperscan.HS_FLAG_SINGLEMATCH] * count,
    )
    return lambda document: database.scan(document, match_event_handler=lambda *_: None)


def _re2(count: int) -> Call:
    import re2

    options = re2.Options()
    options.encoding = options.Encoding.LATIN1
    chosen = re2.Set.SearchSet(options)
    for each in patterns(count):
        chosen.Add(each.encode())
    chosen.Compile()
    call: Call = chosen.Match
    return call


def _re(count: int) -> Call:
    return re.compile("|".join(patterns(count)).encode()).search


def documents() -> list[bytes]:
    if len(sys.argv) > 1:
        return [orjson.dumps(json.loads(file.read_bytes())) for file in sorted(Path(sys.argv[1]).glob("**/*.json"))]
    from compare.documents import generated

    return generated(quick=True)[0].documents


def main() -> int:
    limits = dlpcore.Limits(deadline=None)
    built_in = builtin(examples=False)
    calls: dict[str, Call] = {
        "orjson.loads": orjson.loads,
        "dlpcore, built-in rules": dlpcore.Inspector(built_in, limits=limits).inspect,
    }
    for count in COUNTS:
        calls[f"dlpcore, and {count} without an anchor"] = dlpcore.Inspector(
            built_in + rules(count), limits=limits
        ).inspect
        for name, make in (("hyperscan", _hyperscan), ("RE2", _re2), ("re", _re)):
            try:
                calls[f"{name}, {count} on the raw bytes"] = make(count)
            except ImportError as error:
                print(f"missing: {error}")
    inspect = calls["dlpcore, built-in rules"]
    clean = [each for each in documents() if not inspect(each).findings]  # type: ignore[attr-defined]
    least = {name: [float("inf")] * len(clean) for name in calls}
    end = time.perf_counter() + 20
    rounds = 0
    while rounds < 3 or time.perf_counter() < end:
        for at, document in enumerate(clean):
            for name, call in calls.items():
                start = time.perf_counter()
                call(document)
                least[name][at] = min(least[name][at], time.perf_counter() - start)
        rounds += 1
    parse = sum(least["orjson.loads"])
    print(f"{len(clean)} documents, {sum(map(len, clean)) / 1e3:.0f} KB, {rounds} rounds\n")
    print("| | of `orjson.loads` |\n|---|--:|")
    for name, times in least.items():
        print(f"| {name} | {sum(times) / parse:.2f} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
