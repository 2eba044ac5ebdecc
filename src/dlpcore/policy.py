"""The policy: ordered rules, the first that matches a finding decides it; the verdict takes the strongest action."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .errors import PolicyError
from .model import Action, Finding, Kind, Severity, Skipped

__all__ = ["BALANCED", "Policy", "PolicyRule", "decide", "named"]


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule: what is given must match; what is empty matches everything.

    Attributes:
        id: stable name, shown in ``finding.policy_rule``.
        action: what to do with a finding that matches.
        kinds, families: any of these.
        severity: this or above.
    """

    id: str
    action: Action
    kinds: frozenset[Kind] = frozenset()
    families: frozenset[str] = frozenset()
    severity: Severity = Severity.LOW

    def matches(self, finding: Finding) -> bool:
        return (
            (not self.kinds or finding.kind in self.kinds)
            and (not self.families or finding.family in self.families)
            and finding.severity >= self.severity
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """An ordered set of rules, and what becomes of an inspection that was cut short."""

    name: str
    rules: tuple[PolicyRule, ...]
    incomplete: Action = Action.BLOCK


BALANCED = Policy(
    "balanced",
    (
        PolicyRule("covert-channels", Action.BLOCK, frozenset({Kind.COVERT_CHANNEL}), severity=Severity.MEDIUM),
        PolicyRule("ambiguous-structure", Action.BLOCK, frozenset({Kind.STRUCTURE}), severity=Severity.HIGH),
        PolicyRule("odd-structure", Action.FLAG, frozenset({Kind.STRUCTURE}), severity=Severity.LOW),
        PolicyRule("denied", Action.BLOCK, frozenset({Kind.SENSITIVE_DATA}), frozenset({"deny-list"})),
        PolicyRule("secrets", Action.REDACT, frozenset({Kind.SENSITIVE_DATA}), frozenset({"secrets"})),
        PolicyRule(
            "regulated-data",
            Action.REDACT,
            frozenset({Kind.SENSITIVE_DATA}),
            frozenset({"financial", "identity", "health"}),
            Severity.HIGH,
        ),
        PolicyRule("malware", Action.BLOCK, frozenset({Kind.YARA}), severity=Severity.HIGH),
        PolicyRule("yara", Action.FLAG, frozenset({Kind.YARA}), severity=Severity.MEDIUM),
        PolicyRule("personal-data", Action.FLAG, frozenset({Kind.SENSITIVE_DATA}), severity=Severity.LOW),
        PolicyRule("destinations", Action.FLAG, frozenset({Kind.DESTINATION}), severity=Severity.LOW),
    ),
)

_NAMED = {BALANCED.name: BALANCED}


def named(policy: str | Policy) -> Policy:
    """A policy, or the built-in one of that name.

    Raises:
        PolicyError: there is none of that name.
    """
    if isinstance(policy, Policy):
        return policy
    if policy not in _NAMED:
        raise PolicyError(f"no policy named {policy!r}; there is: {', '.join(sorted(_NAMED))}")
    return _NAMED[policy]


def decide(
    policy: Policy, findings: Iterable[Finding], skipped: tuple[Skipped, ...], *, cut_short: bool
) -> tuple[Action, list[Finding], tuple[str, ...]]:
    """Applies the policy: each finding with its action, the strongest action, and why.

    ``cut_short``: ``first_match`` ended the inspection, which is no failure of it.
    """
    decided: list[Finding] = []
    strongest = Action.ALLOW
    reasons: dict[str, None] = {}
    for finding in findings:
        action, rule_id = Action.ALLOW, None
        if finding.severity != Severity.INFO:  # what is info never acts
            for rule in policy.rules:
                if rule.matches(finding):
                    action, rule_id = rule.action, rule.id
                    break
        decided.append(finding.replace(action=action, policy_rule=rule_id) if rule_id else finding)
        if action > Action.ALLOW:
            reasons.setdefault(f"{action}: {finding.rule} ({rule_id})")
        strongest = max(strongest, action, key=lambda a: a.rank)
    if skipped and not cut_short and policy.incomplete > Action.ALLOW:
        strongest = max(strongest, policy.incomplete, key=lambda a: a.rank)
        reasons.setdefault(f"{policy.incomplete}: the inspection is incomplete ({skipped[0].what}: {skipped[0].why})")
    return strongest, decided, tuple(reasons)
