"""Applies a policy to what an inspection found: rules compiled once, candidates remembered by class of finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import PolicyError
from ..findings import in_order
from ..model import Action, Context, Finding, Kind, Severity, Skipped
from .bulk import bulk_findings, distinct
from .conditions import OfCall, OfClass, OfFinding, compile_conditions
from .expression import Expression, compile_expression, of_context, of_finding
from .schema import BULK, EDITS, Conditions, Policy, PolicyRule

__all__ = ["Decision", "Ruler", "decide"]

#: What each action can act on; every other one acts on all.
_VALUES = frozenset({Kind.SENSITIVE_DATA, Kind.DESTINATION})
_FORMS = frozenset({Kind.COVERT_CHANNEL, Kind.STRUCTURE})
ACTS_ON: Mapping[Action, frozenset[Kind]] = {
    Action.REDACT: _VALUES,
    Action.TOKENIZE: _VALUES,
    Action.SANITIZE: _FORMS,
}
#: What says that a payload is not JSON.
_NOT_JSON = Conditions(
    kinds=(str(Kind.STRUCTURE),),
    rules=("framing.encoding", "framing.trailing-data", "framing.nul", "framing.dialect", "structure.malformed"),
    severity=Severity.HIGH,
)
#: Attributes of a context that say that the sender vouches for the very bytes (RFC 9530, RFC 9421, RFC 3230).
_SIGNATURES = ("content-digest", "repr-digest", "digest", "signature", "signature-input")
_JOSE = ("application/jose", "application/jose+json", "application/jwt")
#: Classes of findings that are remembered; rules and severities are few, so that this is never reached.
_MOST_CLASSES = 4096
_NOBODY = Context()


class Decision(NamedTuple):
    """What a policy made of an inspection.

    Attributes:
        action: the strongest of all.
        findings: each with its action; bulk findings are new.
        reasons: sentences that explain the action.
        shadow: the strongest that rules in shadow mode would have taken.
    """

    action: Action
    findings: list[Finding]
    reasons: tuple[str, ...]
    shadow: Action | None


class _Compiled:
    """One rule, ready to be asked."""

    __slots__ = ("action", "id", "is_certain", "of_call", "of_class", "of_finding", "shadow", "unless", "when")

    def __init__(self, rule: PolicyRule, policy: Policy) -> None:
        self.id = rule.id
        self.action = rule.action
        self.shadow = rule.shadow or policy.shadow
        try:
            own = compile_conditions(
                Conditions(kinds=tuple(map(str, rule.kinds)), families=tuple(rule.families), severity=rule.severity)
            )
            where, self.unless = compile_conditions(rule.where), compile_conditions(rule.unless)
            self.when: Expression | None = None if rule.when is None else compile_expression(rule.when)
        except ValueError as error:
            raise PolicyError(f"rule {rule.id!r}: {error}", file=policy.file, line=rule.line) from None
        kinds = ACTS_ON.get(rule.action)
        self.of_class: list[OfClass] = [] if kinds is None else [lambda finding: finding.kind in kinds]
        self.of_class += own.of_class + where.of_class
        self.of_finding: list[OfFinding] = own.of_finding + where.of_finding
        self.of_call: list[OfCall] = own.of_call + where.of_call
        #: Whether it matches every finding of a class that it may match.
        self.is_certain = not (
            self.of_finding or self.of_call or self.unless.of_finding or self.unless.of_call or self.when
        )

    def may_match(self, finding: Finding) -> bool:
        return all(ask(finding) for ask in self.of_class) and not any(ask(finding) for ask in self.unless.of_class)

    def applies(self, context: Context) -> bool:
        return all(ask(context) for ask in self.of_call) and not any(ask(context) for ask in self.unless.of_call)

    def matches(self, finding: Finding, counts: Mapping[str, int]) -> bool:
        return all(ask(finding, counts) for ask in self.of_finding) and not any(
            ask(finding, counts) for ask in self.unless.of_finding
        )


class _Class(NamedTuple):
    """What a policy does with a class of findings; if it is ``certain``, then whatever the finding and the call."""

    rules: tuple[_Compiled, ...]
    certain: bool
    action: Action
    by: str | None
    reason: str


class Ruler:
    """A policy compiled. Immutable but for a memory of classes of findings, which is safe to fill twice.

    Raises:
        PolicyError: a pattern, network, window or expression of a rule is none.
        MissingExtra: a rule has an expression, and the extra ``policy`` is not installed.
    """

    __slots__ = ("_classes", "_counts", "_not_json", "_rules", "policy")

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._rules = [_Compiled(rule, policy) for rule in policy.rules]
        self._not_json: _Compiled | None = None
        if policy.not_json is not None:
            first = PolicyRule("not-json", policy.not_json, where=_NOT_JSON)
            self._not_json = _Compiled(first, policy)
            self._rules.insert(0, self._not_json)
        asked = (conditions for rule in policy.rules for conditions in (rule.where, rule.unless))
        expressions = any(rule.when is not None for rule in policy.rules)
        self._counts = expressions or any(conditions.count is not None for conditions in asked)
        self._classes: dict[tuple[object, ...], _Class] = {}

    def decide(
        self,
        findings: Sequence[Finding],
        skipped: tuple[Skipped, ...] = (),
        context: Context | None = None,
        *,
        cut_short: bool = False,
        jose: bool = False,
    ) -> Decision:
        """Gives each finding its action, and says which is the strongest, and why.

        The findings are written to: nobody else may hold them yet.

        Args:
            findings: of one inspection.
            skipped: what was not inspected.
            context: who sends what where.
            cut_short: ``first_match`` ended the inspection, which is no failure of it.
            jose: the payload is a JSON Web Signature (RFC 7515 section 7.2).
        """
        policy, context = self.policy, context or _NOBODY
        result = list(findings)
        if policy.bulk and (many := bulk_findings(policy.bulk, result)):
            result = in_order([*result, *many])
        call = _Call(context, distinct(result) if self._counts else {}, result, skipped)
        strongest = Action.ALLOW
        shadow: Action | None = None
        reasons: dict[str, None] = {}
        for finding in result:
            if finding.severity is Severity.INFO:  # what is info never acts
                continue
            of_class = self._class_of(finding)
            if of_class.certain:
                action, reason = of_class.action, of_class.reason
                finding.decide(action, of_class.by, None)
            else:
                self._rule(finding, of_class.rules, call)
                action, reason = finding.action, f"{finding.action}: {finding.rule} ({finding.policy_rule})"
                if finding.shadow is not None:
                    shadow = finding.shadow if shadow is None else max(shadow, finding.shadow)
            if action is not Action.ALLOW:
                reasons[reason] = None
                if action is not strongest and action > strongest:
                    strongest = action
        if policy.bulk:
            strongest = max(strongest, _spread(result, self))
        if skipped and not cut_short and policy.incomplete > Action.ALLOW:
            why = f"the inspection is incomplete ({skipped[0].what}: {skipped[0].why})"
            strongest, shadow = self._raised(strongest, shadow, policy.incomplete, why, reasons)
        if policy.canonical:
            why = "every payload leaves in canonical form"
            strongest, shadow = self._raised(strongest, shadow, Action.SANITIZE, why, reasons)
        if policy.signed == "block" and strongest in EDITS and (jose or _is_signed(context) or _in_jwt(result)):
            strongest, shadow = self._raised(strongest, shadow, Action.BLOCK, "what is signed is not edited", reasons)
        return Decision(strongest, result, tuple(reasons), shadow)

    @property
    def by_class(self) -> bool:
        """Whether what it decides of a complete inspection follows from what it decides for each finding by itself."""
        policy = self.policy
        return not (policy.bulk or policy.canonical or policy.signed == "block")

    def certain(self, finding: Finding) -> tuple[Action, str | None, str | None] | None:
        """What it decides for every finding of this one's class, by which rule, and the reason that a verdict names.

        ``None`` where that depends on the finding or the call.
        """
        if finding.severity is Severity.INFO:  # what is info never acts
            return Action.ALLOW, None, None
        of_class = self._class_of(finding)
        if not of_class.certain:
            return None
        return of_class.action, of_class.by, None if of_class.action is Action.ALLOW else of_class.reason

    def _raised(
        self, strongest: Action, shadow: Action | None, action: Action, why: str, reasons: dict[str, None]
    ) -> tuple[Action, Action | None]:
        """The strongest action with one that the policy as a whole asks for."""
        if self.policy.shadow and action > Action.FLAG:
            reasons.setdefault(f"{Action.FLAG}: {why}")
            return max(strongest, Action.FLAG), action if shadow is None else max(shadow, action)
        reasons.setdefault(f"{action}: {why}")
        return max(strongest, action), shadow

    def _rule(self, finding: Finding, rules: tuple[_Compiled, ...], call: _Call) -> None:
        action, by, shadow = Action.ALLOW, None, None
        for rule in rules:
            if not (rule.is_certain or call.matches(rule, finding)):
                continue
            if not rule.shadow:
                action, by = rule.action, rule.id
                break
            if shadow is None:  # it says what it would do, and the next rules decide
                shadow = rule.action
                action, by = min(rule.action, Action.FLAG), rule.id
        finding.decide(action, by, shadow)

    def _class_of(self, finding: Finding) -> _Class:
        """What is known of findings of this class: the rules that may match, up to the first that certainly does."""
        of_class = (
            finding.rule,
            finding.severity,
            finding.kind,
            finding.entity,
            finding.family,
            finding.compliance,
            bool(finding.provenance),
        )
        known = self._classes.get(of_class)
        if known is not None:
            return known
        found: list[_Compiled] = []
        for rule in self._rules:
            if rule is self._not_json and finding.provenance:
                continue
            if rule.may_match(finding):
                found.append(rule)
                if rule.is_certain and not rule.shadow:
                    break
        first = found[0] if found else None
        certain = first is None or (first.is_certain and not first.shadow)
        action, by = (first.action, first.id) if certain and first is not None else (Action.ALLOW, None)
        result = _Class(tuple(found), certain, action, by, f"{action}: {finding.rule} ({by})")
        if len(self._classes) < _MOST_CLASSES:
            self._classes[of_class] = result
        return result


class _Call:
    """What is asked once in a call, when it is first asked."""

    __slots__ = ("_applies", "_context", "_counts", "_findings", "_skipped", "_values")

    def __init__(
        self,
        context: Context,
        counts: Mapping[str, int],
        findings: Sequence[Finding],
        skipped: tuple[Skipped, ...],
    ) -> None:
        self._context = context
        self._counts = counts
        self._findings = findings
        self._skipped = skipped
        self._applies: dict[str, bool] = {}
        self._values: dict[str, Any] | None = None

    def matches(self, rule: _Compiled, finding: Finding) -> bool:
        applies = self._applies.get(rule.id)
        if applies is None:
            applies = self._applies[rule.id] = rule.applies(self._context)
        if not applies or not rule.matches(finding, self._counts):
            return False
        if rule.when is None:
            return True
        answer = rule.when({**self._known(), "finding": of_finding(finding)})
        # what cannot be evaluated must not open a door, nor leave one open
        return rule.action > Action.FLAG if answer is None else answer

    def _known(self) -> dict[str, Any]:
        if self._values is None:
            verdict = {
                "complete": not self._skipped,
                "findings": len(self._findings),
                "entities": dict(self._counts),
                "capacity_bits": sum(finding.capacity_bits for finding in self._findings),
            }
            self._values = {"verdict": verdict, "context": of_context(self._context)}
        return self._values


def _spread(findings: Sequence[Finding], ruler: Ruler) -> Action:
    """What a bulk finding is to be edited by, its members are; the strongest of these actions."""
    strongest = Action.ALLOW
    for bulk in findings:
        if not bulk.rule.startswith(BULK) or bulk.action not in EDITS:
            continue
        names = bulk.rule.removeprefix(BULK)
        for finding in findings:
            member = finding.kind == Kind.SENSITIVE_DATA and finding.severity > Severity.INFO
            if member and not finding.rule.startswith(BULK) and names in (finding.entity, finding.family):
                if finding.action < bulk.action:
                    finding.decide(bulk.action, bulk.policy_rule, finding.shadow)
                strongest = max(strongest, finding.action)
    return strongest


def _is_signed(context: Context) -> bool:
    media = (context.content_type or "").partition(";")[0].strip().lower()
    return media in _JOSE or any(name in context.attributes for name in _SIGNATURES)


def _in_jwt(findings: Sequence[Finding]) -> bool:
    return any("jwt" in finding.provenance and finding.action in EDITS for finding in findings)


def decide(
    policy: Policy,
    findings: Sequence[Finding],
    skipped: tuple[Skipped, ...] = (),
    context: Context | None = None,
    *,
    cut_short: bool = False,
) -> Decision:
    """:meth:`Ruler.decide` of a policy that is compiled for this one call."""
    return Ruler(policy).decide(findings, skipped, context, cut_short=cut_short)
