"""The check of rules: the built-in set passes, and each kind of mistake is named."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import pytest

from dlpcore.engines.compiled import linear
from dlpcore.rulecheck import Report, check
from dlpcore.rules import Anchor, Example, Rule, RuleSet, YaraSource, builtin, load

RULESET = builtin()


def _email(**changes: object) -> RuleSet:
    rule = RULESET.get("email")
    assert rule is not None
    return RuleSet(rules=(replace(rule, **changes),))  # type: ignore[arg-type]


@functools.cache
def _report() -> Report:
    return check(RULESET)


def test_the_built_in_rules_pass() -> None:
    report = _report()
    assert report.problems == () and report.ok
    assert report.rules == len(RULESET.rules) and report.yara >= 10 and report.examples >= 6 * report.rules


def test_no_built_in_rule_is_ungated() -> None:
    assert _report().ungated == ()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"examples": ()}, "has 0 examples"),
        ({"negatives": ()}, "has 0 negative examples"),
        ({"compliance": ("ISO:1",)}, "closed list"),
        ({"anchor": Anchor(literals=((b"zzzz", False),))}, "does not trigger the anchor"),
        ({"examples": (Example(b"no address", "text"),) * 3}, "not found at all"),
        ({"examples": (Example(b"to jane@example.com", "text"),) * 3}, "with another span"),
        ({"examples": (Example(b"{", "json"),) * 3}, "not JSON"),
        ({"negatives": (Example(b"jane@example.com", "text"),) * 3}, "a negative example is found"),
    ],
)
def test_each_mistake_is_named(changes: dict[str, object], says: str) -> None:
    problems = check(_email(**changes)).problems
    assert problems and any(says in problem.message for problem in problems)
    assert all(problem.rule == "email" and problem.file for problem in problems)


def test_ids_are_unique() -> None:
    rule = RULESET.rules[0]
    assert any("used twice" in problem.message for problem in check(RuleSet(rules=(rule, rule))).problems)


def test_an_ungated_rule_has_its_price() -> None:
    (price,) = check(_email(anchor=Anchor(always=True))).ungated
    assert price.rule == "email" and price.kind == "pattern" and price.ns_per_kb > 0


def _yara(text: str, examples: int = 3, negatives: int = 3) -> RuleSet:
    good, bad = (Example(b"abcd", "bytes"),) * examples, (Example(b"wxyz", "bytes"),) * negatives
    return RuleSet(yara=(YaraSource("test", text, good, bad, "test.yar"),))


@pytest.mark.parametrize(
    ("ruleset", "says"),
    [
        (_yara('rule r { strings: $a = "abcd" condition: $a }', examples=1), "has 1 examples"),
        (_yara('rule r { strings: $a = "efgh" condition: $a }'), "an example is not found"),
        (_yara("rule r { condition: true }"), "a negative example is found"),
        (_yara('rule r { strings: $a = "abcd" condition: $a } rule s { condition: false }'), "no example is found"),
        (_yara("rule r { condition: }"), "is not YARA"),
    ],
)
def test_each_mistake_in_yara_is_named(ruleset: RuleSet, says: str) -> None:
    assert any(says in problem.message for problem in check(ruleset).problems)


def test_a_good_yara_file() -> None:
    report = check(_yara('rule r { strings: $a = "abcd" condition: $a }'))
    assert report.ok and report.yara == 1 and report.ungated == ()


def test_rules_are_values() -> None:
    assert isinstance(hash(RULESET.rules[0]), int) and isinstance(RULESET.rules[0], Rule)


def _own(tmp_path: Path, pattern: str, anchor: str = "") -> RuleSet:
    examples = "".join(f"[[{kind}]]\ntext = '{text}'\n" for kind, text in [("examples", "abcd12")] * 3)
    path = tmp_path / "own.toml"
    path.write_text(
        'id = "own"\ntitle = "own"\nentity = "own"\nfamily = "identity"\nseverity = "low"\n'
        f"references = ['https://example.com']\n[match]\npattern = '{pattern}'\nstrength = 0.7\n{anchor}\n{examples}"
        + "[[negatives]]\ntext = 'x'\n"
        * 3,
        encoding="utf-8",
    )
    return load(path)


@pytest.mark.parametrize(
    ("pattern", "gate", "literals", "engine", "linear"),
    [
        ("abcd[0-9]{2}", "literals", ("abcd",), "re2", True),
        ("[a-d]{4}[0-9]{2}", "", (), "re2", True),
        ("(?<![a-z])abcd[0-9]{2}", "literals", ("abcd",), "regex", False),
        (r"abcd\d\d$", "literals", ("abcd",), "regex", False),
        (r"\A\s*abcd\d\d\Z", "literals", ("abcd",), "re2", True),
    ],
)
def test_the_price_of_a_users_rule(
    tmp_path: Path, pattern: str, gate: str, literals: tuple[str, ...], engine: str, linear: bool
) -> None:
    pytest.importorskip("re2")
    report = check(_own(tmp_path, pattern))
    (price,) = report.prices
    assert report.ok and "re2" in report.engines
    assert (price.gate, price.literals, price.engine, price.linear) == (gate, literals, engine, linear)
    assert price.ns_per_kb > 0 and price.opens == (not gate) and report.ungated == (() if gate else (price,))


def test_engines_that_disagree_are_named(tmp_path: Path) -> None:
    """One byte of Latin-1 has case for RE2: such a pattern must never be handed to it."""
    assert linear("(?i)\\xc3\\xa9") in (None, False)
    rule = _own(tmp_path, "(?i)abcd(?:12|\\xc3\\xa9)").rules[0]
    assert check(RuleSet(rules=(rule,))).prices[0].engine == "regex"


def test_a_gate_that_opens_on_everything_is_seen(tmp_path: Path) -> None:
    (price,) = check(_own(tmp_path, "abcd12", '[match.anchor]\nliterals = ["abcd", "http"]')).prices
    assert price.gate == "literals" and price.opens
