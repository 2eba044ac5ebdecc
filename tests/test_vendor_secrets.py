"""Secrets in vendors' formats: made from the descriptions of the formats, found in every dress, by the whole engine."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from itertools import islice
from pathlib import Path

import dlpcore
from benchmarks.detection import Tally, measure, vendor_secrets
from dlpcore.rules import builtin

INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))
FORMATS = tomllib.loads(Path(vendor_secrets.__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def test_every_described_format_has_a_rule() -> None:
    rules = {rule.id: rule for rule in builtin().rules}
    assert len(FORMATS) >= 250
    for name, table in FORMATS.items():
        assert rules[name].family == "secrets" and table["formats"], name


def test_two_rules_do_not_say_the_same() -> None:
    """The same pattern beside the same names would be one format counted twice."""
    seen: dict[tuple[str, str], str] = {}
    for rule in builtin().rules:
        if rule.family == "secrets":
            for name in rule.context.keys or ("",):
                assert seen.setdefault((rule.pattern, name), rule.id) == rule.id, (rule.id, name)


def test_found_in_every_dress_and_near_misses_left_alone() -> None:
    # A stride that no dress divides: all of them, each time of other rules.
    rows = measure(islice(vendor_secrets.cases(600, seed=5), 0, None, 7), INSPECTOR)
    families: dict[str, Tally] = defaultdict(Tally)
    for (family, label), tally in rows.items():
        families[family].add(tally)
        if tally.positives:
            assert tally.found >= 0.9 * tally.positives, (label, tally.missed[:5])
    assert families["secrets"].pointers >= 0.99 * families["secrets"].found
    assert families["secrets"].found >= 0.97 * families["secrets"].positives
    assert families["near misses"].false <= 0.06 * families["near misses"].negatives
