"""The check of rules: the built-in set passes, and each kind of mistake is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dlpcore.rulecheck import check
from dlpcore.rules import Anchor, Example, Rule, RuleSet, YaraSource, builtin

RULESET = builtin()


def _email(**changes: object) -> RuleSet:
    rule = RULESET.get("email")
    assert rule is not None
    return RuleSet(rules=(replace(rule, **changes),))  # type: ignore[arg-type]


def test_the_built_in_rules_pass() -> None:
    report = check(RULESET)
    assert report.problems == () and report.ok
    assert report.rules == len(RULESET.rules) and report.yara >= 10 and report.examples >= 6 * report.rules


def test_no_built_in_rule_is_ungated() -> None:
    assert check(RULESET).ungated == ()


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
