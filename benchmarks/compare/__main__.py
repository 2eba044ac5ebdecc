"""Compares dlpcore with parsers, data-loss tools and matchers in one run, and writes down what came out.

    ./scripts/bench [--quick] [--webhooks FOLDER] [--bodies FOLDER] [--large FOLDER]

A full run takes some minutes and writes benchmarks/history/DATE.md and .json, docs/performance.svg, and the parts
between the marks in README.md and docs/performance.md. A quick one writes nothing and prints the same. No captured
document is kept: only figures leave this program.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

import dlpcore

from .. import rule_count, size, threads
from . import report
from .documents import Group, adversarial, bodies, generated, large, webhooks
from .peers import BASE, Peer, disagreements, peers
from .timing import costs, latencies, sample

ROOT = Path(__file__).resolve().parents[2]
TINY = b'{"id":1,"ok":"abcd"}'


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def groups(options: argparse.Namespace) -> tuple[list[Group], list[str]]:
    found, absent = generated(options.quick), []
    for name, what, read in (
        ("webhooks", "captured webhooks", lambda folder: webhooks(folder, options.quick)),
        ("bodies", "captured API bodies", lambda folder: bodies(folder, options.quick)),
        ("large", "large documents such as canada.json", large),
    ):
        folder = getattr(options, name)
        if folder is None:
            absent.append(f"{what} (`--{name} FOLDER`)")
            continue
        read_now = [group for group in read(folder) if group.documents]
        if not read_now:
            raise SystemExit(f"scripts/bench: no *.json below {folder}")
        found += read_now
    return found, absent


def checked(group: Group, inspector: dlpcore.Inspector) -> tuple[Group, int]:
    """The group without the documents that are not what it says, and how many those were."""
    verdicts = [inspector.inspect(document) for document in group.documents]
    if group.findings is not None:
        for verdict in verdicts:
            found = [each for each in verdict.findings if each.kind == "sensitive-data"]
            if len(found) != group.findings or not verdict.complete:
                raise SystemExit(
                    f"{group.title}: {len(found)} findings in place of {group.findings}: "
                    f"{sorted(each.rule for each in found)}"
                )
    if not group.clean:
        return group, 0
    clean = [
        document
        for document, verdict in zip(group.documents, verdicts, strict=True)
        if all(finding.severity == "info" for finding in verdict.findings)
    ]
    if 2 * len(clean) < len(group.documents):
        raise SystemExit(f"{group.title}: only {len(clean)} of {len(group.documents)} are clean")
    return group._replace(documents=clean), len(group.documents) - len(clean)


def timed(group: Group, everybody: list[Peer], seconds: float) -> dict[str, Any]:
    """Each peer's cost and latency on the group's documents, the slow ones' on a sample of them."""
    fast = {peer.name: peer.call for peer in everybody if peer.fast}
    found = costs(fast, BASE, group.documents, seconds)
    waits = latencies(fast, group.documents, seconds / 2)
    result = {
        name: {
            "ratio": cost.ns / found[BASE].ns,
            "us": cost.ns / len(group.documents) / 1000,
            "rounds": cost.rounds,
            "sample": len(group.documents),
            **waits[name]._asdict(),
        }
        for name, cost in found.items()
    }
    for peer in everybody:
        if peer.fast or not group.everyone:
            continue
        documents = sample(peer.call, group.documents, seconds / 12)
        pair = {BASE: fast[BASE], peer.name: peer.call}
        both = costs(pair, BASE, documents, seconds / 4)
        result[peer.name] = {
            "ratio": both[peer.name].ns / both[BASE].ns,
            "us": both[peer.name].ns / len(documents) / 1000,
            "rounds": both[peer.name].rounds,
            "sample": len(documents),
            **latencies({peer.name: peer.call}, documents, seconds / 12)[peer.name]._asdict(),
        }
    return result


def tiny(inspector: dlpcore.Inspector) -> dict[str, Any]:
    """The fixed cost of a call: what 20 bytes take, and their parsing."""

    def best(call: Callable[[bytes], object]) -> float:
        start = time.perf_counter_ns()
        for _ in range(2000):
            call(TINY)
        return (time.perf_counter_ns() - start) / 2_000_000

    ours, theirs = zip(*((best(inspector.inspect), best(orjson.loads)) for _ in range(60)), strict=True)
    return {"bytes": len(TINY), "us": min(ours), "orjson_us": min(theirs), "ratio": min(ours) / min(theirs)}


def worst(inspector: dlpcore.Inspector, quick: bool) -> list[dict[str, Any]]:
    """Inputs of 1 MB that are made to cost, the worst first; of 100 KB where those took more than a second already."""

    def cost(document: bytes) -> float:
        gc.collect()
        times = []
        while len(times) < 3 and (not times or times[-1] < 150_000_000):
            start = time.perf_counter_ns()
            inspector.inspect(document)
            times.append(time.perf_counter_ns() - start)
        return min(times) / len(document)

    sizes = (100_000,) if quick else (100_000, 1_000_000)
    clean = {amount: min(cost(size.document(amount)) for _ in range(3)) for amount in sizes}
    makers = {amount: adversarial(amount) for amount in sizes}
    rows = []
    for what in makers[sizes[0]]:
        for amount in sizes:
            ns = cost(makers[amount][what]())
            row = {"what": what, "size": amount, "ns": ns, "ratio": ns / clean[amount]}
            if ns * amount > 1e9:
                break
        rows.append(row)
    return sorted(rows, key=lambda row: -row["ratio"])


def machine() -> dict[str, Any]:
    """What the figures were made on; no name of it."""
    cpu = platform.processor() or platform.machine()
    lines: Iterator[str] = iter(())
    if (info := Path("/proc/cpuinfo")).exists():
        lines = (line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line)
    return {
        "cpu": next(lines, cpu),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


def run(options: argparse.Namespace) -> dict[str, Any]:
    began = time.monotonic()
    about = machine()
    everybody, missing = peers(say)
    mine = next(peer for peer in everybody if peer.name == report.OURS)
    if not all(mine.claims.values()):
        raise SystemExit(f"dlpcore misses what was planted: {mine.claims}")
    inspector = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None, max_bytes=None))
    found, absent = groups(options)
    result: dict[str, Any] = {
        "date": datetime.date.today().isoformat(),
        "machine": about,
        "missing": [each._asdict() for each in missing],
        "not_measured": absent,
        "groups": [],
    }
    for group in found:
        group, left_out = checked(group, inspector)
        seconds = options.seconds if group.everyone or len(group.documents) > 1 else options.seconds / 2
        timings = timed(group, everybody, seconds)
        say(f"{time.monotonic() - began:5.0f} s  {group.title}: {timings[report.OURS]['ratio']:.2f} of {BASE}")
        result["groups"].append(
            {
                "title": group.title,
                "gate": group.gate,
                "aim": group.aim,
                "everyone": group.everyone,
                "clean": group.clean,
                "documents": len(group.documents),
                "left_out": left_out,
                "bytes": sum(map(len, group.documents)),
                "peers": timings,
            }
        )
    result["tiny"] = tiny(inspector)
    result["adversarial"] = worst(inspector, options.quick)
    say(f"{time.monotonic() - began:5.0f} s  adversarial inputs")
    result["sizes"] = [row._asdict() for row in size.measure(1_000_000 if options.quick else size.SIZES[-1])]
    result["rules"] = [row._asdict() for row in rule_count.measure(found[0].documents, 2.0 if options.quick else 8.0)]
    say(f"{time.monotonic() - began:5.0f} s  sizes and numbers of rules")
    rounds, beside = (3, 0.4) if options.quick else (7, 1.0)
    result["threads"] = [row._asdict() for row in threads.measure(rounds, beside)]
    say(f"{time.monotonic() - began:5.0f} s  threads")
    # asked behind the timing: what was timed is what found it
    result["peers"] = [
        {key: getattr(peer, key) for key in ("name", "version", "what", "fast", "claims")} for peer in everybody
    ]
    sampled = [document for group in found if group.everyone for document in group.documents[::9]]
    result["disagreements"] = disagreements(everybody, sampled)
    result["agreed_on"] = len(sampled)
    about["load_after"] = os.getloadavg()[0]
    return result


def write(result: dict[str, Any]) -> None:
    history = ROOT / "benchmarks" / "history"
    history.mkdir(exist_ok=True)
    (history / f"{result['date']}.md").write_text(f"# {result['date']}\n\n{report.page(result)}", encoding="utf-8")
    data = orjson.dumps(result, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    (history / f"{result['date']}.json").write_bytes(data)
    (ROOT / "docs" / "performance.svg").write_text(report.chart(result), encoding="utf-8")
    for name, part in (("README.md", report.summary(result)), ("docs/performance.md", report.page(result, 3))):
        path = ROOT / name
        path.write_text(report.put(path.read_text(encoding="utf-8"), part), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="two minutes, fewer documents; nothing is written")
    parser.add_argument("--webhooks", type=Path, help="folder of captured webhooks")
    parser.add_argument("--bodies", type=Path, help="folder of other captured API bodies")
    parser.add_argument("--large", type=Path, help="folder of large documents (canada.json and its like)")
    parser.add_argument("--no-write", action="store_true", help="print only")
    options = parser.parse_args()
    options.seconds = 2.0 if options.quick else 6.0
    result = run(options)
    print(report.page(result))
    if not (options.quick or options.no_write):
        write(result)
        say("written: benchmarks/history, docs/performance.svg, README.md, docs/performance.md")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
