"""The comparison of scripts/bench: documents hold what they say, the clock is fair, pages say what was measured."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import orjson
import pytest

import dlpcore
from benchmarks.compare import chart, documents, matchers, report, timing
from benchmarks.compare.__main__ import checked, timed, tiny
from benchmarks.compare.peers import Peer
from dlpcore.rules import builtin

ROOT = Path(__file__).parents[1]
GROUPS = documents.generated(quick=True)


@pytest.fixture(scope="module")
def inspector() -> dlpcore.Inspector:
    return dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.title)
def test_documents_hold_what_they_say(group: documents.Group, inspector: dlpcore.Inspector) -> None:
    kept, left_out = checked(group._replace(documents=group.documents[:12]), inspector)
    assert len(kept.documents) + left_out == len(group.documents[:12])
    assert not left_out
    assert all(json.loads(document) for document in kept.documents)


def test_what_does_not_fit_stops_the_run(inspector: dlpcore.Inspector) -> None:
    cards = GROUPS[2].documents[:2]
    with pytest.raises(SystemExit, match="1 findings in place of 2"):
        checked(documents.Group("two", cards, findings=2), inspector)
    with pytest.raises(SystemExit, match="only 0 of 2"):
        checked(documents.Group("clean", cards, clean=True), inspector)


def test_every_caller_reads_every_document_as_often() -> None:
    read: dict[str, Counter[bytes]] = {"a": Counter(), "b": Counter(), "c": Counter()}
    calls = {
        name: partial(lambda counts, document: counts.update((document,)), counts) for name, counts in read.items()
    }
    texts = [str(n).encode() for n in range(50)]
    found = timing.costs(calls, "a", texts, 0.01)
    assert {name: cost.rounds for name, cost in found.items()} == dict.fromkeys(calls, found["a"].rounds)
    assert found["a"].rounds >= 3
    assert read["b"] == read["c"] == Counter(dict.fromkeys(texts, found["a"].rounds))


def test_few_calls_have_no_rare_percentiles() -> None:
    found = timing.latencies({"a": bytes.decode}, [b"x"] * 150, 0.0)["a"]
    assert found.p99 is not None
    assert found.p99 >= found.p50 > 0
    assert found.p999 is None


def test_rewritten_patterns_match_no_less() -> None:
    rules = {rule.id: rule for rule in builtin().rules if not rule.context.required}
    rewritten = matchers.patterns(tuple(rules.values()))
    assert [pattern.rule for pattern in rewritten] == list(rules)
    assert sum(bool(pattern.source) for pattern in rewritten) > 0.9 * len(rules)
    for pattern in filter(lambda each: each.source, rewritten):
        rule = rules[pattern.rule]
        for example in (*rule.examples, *rule.negatives):
            if re.search(rule.pattern.encode(), example.data):
                assert re.search(pattern.source.encode(), example.data), pattern.rule


def test_pages_of_a_small_run(inspector: dlpcore.Inspector) -> None:
    everybody = [
        Peer("orjson", "3", "parses", orjson.loads, fast=True),
        Peer("json", "of Python", "parses", json.loads, fast=True),
        Peer("dlpcore", "0", "inspects", inspector.inspect, fast=True, finds={"card": lambda: True}),
        Peer("dlpcore, scalar", "0", "inspects", inspector.inspect, fast=True),
        Peer("slow", "1", "reads", lambda document: json.loads(document), finds={"card": lambda: False}),
    ]
    group = GROUPS[0]._replace(documents=GROUPS[0].documents[:3])
    fields = {key: getattr(group, key) for key in ("title", "gate", "aim", "everyone", "clean")}
    timings = timed(group, everybody, 0.05)
    assert timings["orjson"]["ratio"] == 1.0
    assert timings["slow"]["ratio"] > 0
    result = {
        "date": "2026-11-22",
        "machine": {"cpu": "A <CPU>", "cores": 2, "system": "S", "python": "3", "load_before": 0.0, "load_after": 0.0},
        "peers": [
            {**{key: getattr(peer, key) for key in ("name", "version", "what", "fast")}, "claims": peer.claims}
            for peer in everybody
        ],
        "missing": [{"name": "gone", "why": "No module named 'gone'"}],
        "not_measured": ["captured webhooks (`--webhooks FOLDER`)"],
        "disagreements": [],
        "agreed_on": 3,
        "groups": [{**fields, "documents": 3, "left_out": 0, "bytes": 9, "peers": timings}],
        "tiny": tiny(inspector),
    }
    page = report.page(result)
    assert "| slow 1 |" in page
    assert "card: missed" in page
    assert "Missing: gone (No module named 'gone')." in page
    assert "Not measured: captured webhooks" in page
    drawn = ElementTree.fromstring(report.chart(result))
    texts = [node.text for node in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"orjson", "dlpcore", "slow", "Reading clean records of 1–4 KB"} <= set(texts)
    for name in ("README.md", "docs/performance.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        once = report.put(text, report.summary(result))
        assert report.put(once, report.summary(result)) == once
        assert "clean records of 1–4 KB" in once


def test_bars_are_in_proportion_to_their_logarithms() -> None:
    svg = ElementTree.fromstring(
        chart.draw("t", "s", [chart.Bar(n, v, "tool") for n, v in zip("abc", (1, 10, 100), strict=True)])
    )
    bars = [node for node in svg.iter("{http://www.w3.org/2000/svg}rect") if node.get("height") == "17"]
    one, ten, hundred = (float(bar.get("width", "")) for bar in bars)
    assert hundred - ten == pytest.approx(ten - one, abs=0.2)
    with pytest.raises(ValueError, match="no marks"):
        report.put("nothing", "x")
