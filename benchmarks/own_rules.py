"""What lists, imported rules and ``first_match`` cost or save, as a multiple of the same inspection without them.

    python benchmarks/own_rules.py ../shared/corpora/machine

Each round times both over all documents, in turn; the table gives the median of the ratios round by round, and both as
multiples of ``orjson.loads`` of the same bytes. The answers are checked: an addition that finds nothing must change no
action; one that stops early must come to the same decision.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

import dlpcore
from dlpcore.rules import RuleSet, builtin, load
from dlpcore.rules.jsonpath import JSONPath
from dlpcore.rules.lists import Entry, Lists, digest, key_id

KEY = bytes(range(32))
WITHOUT = dlpcore.Limits(deadline=None)
GATED = "[[rules]]\nid = 'own'\nregex = '''\\bzq7_[0-9a-f]{32}\\b'''\nkeywords = ['zq7_']\n"
UNGATED = "[[rules]]\nid = 'own'\nregex = '''\\b[a-z]{3}[0-9]_[0-9a-f]{32}\\b'''\n"


def seconds(call: Callable[[bytes], object], documents: list[bytes]) -> float:
    start = time.perf_counter()
    for document in documents:
        call(document)
    return time.perf_counter() - start


def compare(
    name: str, plain: Callable[[bytes], object], other: Callable[[bytes], object], documents: list[bytes], rounds: int
) -> None:
    seconds(other, documents)
    plains, others, parses = [], [], []
    for _ in range(rounds):
        parses.append(seconds(orjson.loads, documents))
        plains.append(seconds(plain, documents))
        others.append(seconds(other, documents))
    ratio = statistics.median(b / a for a, b in zip(plains, others, strict=True))
    parse = min(parses)
    print(
        f"{name:46} {len(documents):4} docs {sum(map(len, documents)) / 1e3:7.0f} KB   {ratio:6.2f} × the same without"
        f"   ({min(plains) / parse:6.2f} → {min(others) / parse:6.2f} × orjson.loads)"
    )


def values(*lengths: int) -> Lists:
    texts = ["".join(chr(0x61 + (i * 7 + n) % 26) for i in range(n)).encode() for n in lengths]
    entry = Entry(id="d", values=frozenset(digest(KEY, text) for text in texts))
    return Lists(deny=(entry,), key_id=key_id(KEY))


def imported(text: str) -> RuleSet:
    with TemporaryDirectory() as folder:
        path = Path(folder, "config.toml")
        path.write_text(text, encoding="utf-8")
        return load(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a folder of JSON documents, such as captured webhooks")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    documents = [orjson.dumps(json.loads(file.read_bytes())) for file in sorted(options.folder.glob("**/*.json"))]
    if not documents:
        print(f"no *.json below {options.folder}", file=sys.stderr)
        return 2
    base = dlpcore.Inspector(limits=WITHOUT)
    clean = [d for d in documents if not base.inspect(d).findings]
    additions = {
        "deny list: one value of 14 bytes": dlpcore.Inspector(limits=WITHOUT, lists=values(14), key=KEY),
        "deny list: values of 9 to 24 bytes": dlpcore.Inspector(limits=WITHOUT, lists=values(*range(9, 25)), key=KEY),
        "deny list: a field": dlpcore.Inspector(
            limits=WITHOUT, lists=Lists(deny=(Entry(id="d", fields=(JSONPath.parse("$..zq7_field"),)),))
        ),
        "gitleaks rule, gated": dlpcore.Inspector(builtin() + imported(GATED), limits=WITHOUT),
        "gitleaks rule, ungated": dlpcore.Inspector(builtin() + imported(UNGATED), limits=WITHOUT),
    }
    print(f"dlpcore {dlpcore.__version__}; {len(clean)} clean documents of {len(documents)}, minified")
    for name, inspector in additions.items():
        assert not any(inspector.inspect(d).action > "allow" for d in clean)
        compare(name, base.inspect, inspector.inspect, clean, options.rounds)
    hits = [b'{"payload":' + d + b',"card":"4111111111111111"}' for d in clean]
    many = [b'{"cards":[' + b",".join([b'"4111111111111111"'] * 200) + b'],"payload":' + d + b"}" for d in clean[:40]]

    def first(document: bytes) -> object:
        return base.inspect(document, first_match=True)

    for name, these in (("first_match, one card", hits), ("first_match, 200 cards", many)):
        for document in these:
            assert base.inspect(document).action == base.inspect(document, first_match=True).action == "redact"
        compare(name, base.inspect, first, these, options.rounds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
