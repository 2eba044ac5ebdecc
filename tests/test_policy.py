"""The built-in policy, finding by finding."""

from __future__ import annotations

import pytest

import dlpcore
from dlpcore import Action, Finding, Kind, Severity, Skipped
from dlpcore.document import Document
from dlpcore.policy import BALANCED, Policy, PolicyRule, decide, named

ORIGIN = Document(b"", None, b"k")


def finding(kind: Kind, severity: str, family: str | None = None) -> Finding:
    return Finding(kind=kind, rule="r", severity=Severity(severity), family=family, spans=((0, 0),), origin=ORIGIN)


@pytest.mark.parametrize(
    ("found", "action"),
    [
        (finding(Kind.COVERT_CHANNEL, "info"), "allow"),
        (finding(Kind.COVERT_CHANNEL, "medium"), "block"),
        (finding(Kind.STRUCTURE, "info"), "allow"),
        (finding(Kind.STRUCTURE, "medium"), "flag"),
        (finding(Kind.STRUCTURE, "high"), "block"),
        (finding(Kind.LAYER, "info"), "allow"),
        (finding(Kind.SENSITIVE_DATA, "low", "secrets"), "redact"),
        (finding(Kind.SENSITIVE_DATA, "critical", "secrets"), "redact"),
        (finding(Kind.SENSITIVE_DATA, "high", "financial"), "redact"),
        (finding(Kind.SENSITIVE_DATA, "medium", "financial"), "flag"),
        (finding(Kind.SENSITIVE_DATA, "high", "identity"), "redact"),
        (finding(Kind.SENSITIVE_DATA, "high", "health"), "redact"),
        (finding(Kind.SENSITIVE_DATA, "high", "contact"), "flag"),
        (finding(Kind.SENSITIVE_DATA, "info", "secrets"), "allow"),
        (finding(Kind.DESTINATION, "low"), "flag"),
        (finding(Kind.YARA, "high"), "block"),
        (finding(Kind.YARA, "medium"), "flag"),
        (finding(Kind.YARA, "low"), "allow"),
    ],
)
def test_balanced(found: Finding, action: str) -> None:
    strongest, (decided,), reasons, _ = decide(BALANCED, [found], (), cut_short=False)
    assert strongest == decided.action == action
    assert (decided.policy_rule is None) == (action == "allow")
    assert bool(reasons) == (action != "allow")


def test_the_first_rule_that_matches_decides_and_the_strongest_action_wins() -> None:
    policy = Policy(
        "p",
        (
            PolicyRule("a", Action.FLAG, families=frozenset({"secrets"})),
            PolicyRule("b", Action.BLOCK, kinds=frozenset({Kind.SENSITIVE_DATA})),
        ),
    )
    secret, card = (finding(Kind.SENSITIVE_DATA, "high", f) for f in ("secrets", "financial"))
    strongest, decided, _, _ = decide(policy, [secret, card], (), cut_short=False)
    assert [f.policy_rule for f in decided] == ["a", "b"]
    assert strongest == "block"


def test_an_incomplete_inspection_blocks_unless_it_was_cut_short() -> None:
    skipped = (Skipped("yara", "timed out"),)
    assert decide(BALANCED, [], skipped, cut_short=False)[0] == "block"
    assert decide(BALANCED, [], skipped, cut_short=True)[0] == "allow"


def test_unknown_policies_are_named() -> None:
    with pytest.raises(dlpcore.PolicyError, match="balanced"):
        named("no such")
    with pytest.raises(dlpcore.PolicyError):
        dlpcore.Inspector(policy="no such")
