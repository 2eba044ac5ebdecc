"""The edits that a verdict asks for: made, written, and looked for once more in what was written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, Union

from .engine import Engine
from .errors import Blocked, DLPError, EditError, InputError, MissingExtra, ParseError
from .inspection import CUT_SHORT, ROOT, Inspection
from .model import Action, Context, Finding, Kind, Severity, Verdict
from .policy import BULK, Redaction
from .redact import Fixed, Replace, Request, Splice, emptied_by, replacing, splice, stronger
from .sanitize import canonical

if TYPE_CHECKING:
    from .tokenize import Tokenizer

__all__ = ["Tokenizers", "enforced", "redacted", "sensitive"]

#: After an edit inside layers, what was to go is looked for: so often it is edited again, in the end by whole layers.
_ROUNDS = 4
#: Kinds of findings that have a value to edit.
_VALUES = frozenset({Kind.SENSITIVE_DATA, Kind.DESTINATION})

#: A tokenizer, several by the names that a policy's rules call their transforms, or none.
Tokenizers: TypeAlias = Union["Tokenizer", Mapping[str, "Tokenizer"], None]


def sensitive(verdict: Verdict) -> list[Finding]:
    """The findings that are values, and not only said to be there."""
    return [f for f in verdict.findings if f.kind == Kind.SENSITIVE_DATA and f.severity > Severity.INFO]


def redacted(engine: Engine, data: bytes, findings: Iterable[Finding], how: Redaction | None) -> bytes:
    """The payload with these findings redacted; as the policy says where ``how`` is not given.

    Raises:
        ParseError: the result would not be JSON any more.
        EditError: a value cannot be taken out of what it is hidden in.
    """
    return _edited(engine, data, _redactions(engine, findings, how))


def enforced(engine: Engine, data: bytes, verdict: Verdict, tokenizer: Tokenizers, context: Context | None) -> bytes:
    """The payload as the policy lets it leave; raises what :meth:`dlpcore.Inspector.enforce` raises."""
    if verdict.action == Action.BLOCK:
        raise Blocked(verdict)
    if any(skipped == CUT_SHORT for skipped in verdict.skipped):
        raise InputError("the verdict ended at the first match: inspect the whole payload to enforce")
    if verdict.action <= Action.FLAG:
        return data
    acting = [f for f in verdict.findings if f.action > Action.FLAG]
    values = [f for f in acting if f.action == Action.REDACT and f.kind in _VALUES]
    tokenized = [f for f in acting if f.action == Action.TOKENIZE]
    try:
        fixed = _tokenizations(engine, data, tokenized, tokenizer, context)
        result = _edited(engine, data, _redactions(engine, values, None), fixed, tokenized)
        if verdict.action == Action.SANITIZE:
            result = _sanitized(engine, result, [f.rule for f in acting if f.action == Action.SANITIZE])
    except (MissingExtra, InputError) as error:
        if not isinstance(error, ParseError):
            raise
        return _failed(engine, data, verdict, error)
    except DLPError as error:
        return _failed(engine, data, verdict, error)
    return result


def _failed(engine: Engine, data: bytes, verdict: Verdict, error: DLPError) -> bytes:
    """What leaves when an edit failed: nothing, or the payload as it came."""
    if engine.policy.failure == "open":
        return data
    raise Blocked(verdict, f"an edit failed: {error}") from error


def _redactions(engine: Engine, findings: Iterable[Finding], how: Redaction | None) -> list[Request]:
    policy = engine.policy
    ways: dict[str | None, Replace] = {}
    requests: list[Request] = []
    for finding in findings:
        if finding.rule.startswith(BULK):
            continue  # its members have findings of their own
        by = finding.policy_rule
        if by not in ways:
            rule = policy.rule(by)
            ways[by] = replacing(how or (rule.redact if rule is not None else None) or policy.redact)
        requests.append((finding, ways[by]))
    return requests


def _tokenizations(
    engine: Engine, data: bytes, findings: Iterable[Finding], tokenizer: Tokenizers, context: Context | None
) -> list[Fixed]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        if not finding.rule.startswith(BULK):
            rule = engine.policy.rule(finding.policy_rule)
            groups.setdefault((rule.transform if rule is not None else None) or "", []).append(finding)
    edits: list[Fixed] = []
    for name, group in groups.items():
        chosen = tokenizer.get(name) if isinstance(tokenizer, Mapping) else tokenizer
        if chosen is None:
            called = f" named {name!r}" if name else ""
            raise InputError(f"the policy tokenizes: enforce needs a tokenizer{called}")
        from .tokenize.payload import replacements

        edits += ((group[0], Splice(*edit)) for edit in replacements(data, group, chosen, context))
    return edits


def _edited(
    engine: Engine,
    data: bytes,
    requests: list[Request],
    fixed: Sequence[Fixed] = (),
    tokenized: Sequence[Finding] = (),
) -> bytes:
    """The payload with the edits; where there are layers in it, what was to go is looked for in the result."""
    if not requests and not fixed:
        return data
    edited = [*(finding for finding, _ in requests), *tokenized]

    def anew(payload: bytes, /, *, unicode: str, duplicates: str, keys: str) -> bytes:
        return canonical(payload, unicode=unicode, duplicates=duplicates, keys=keys, limits=engine.limits)

    result = splice(data, requests, canonical=anew, fixed=fixed)
    if not any(finding.inner or finding.provenance for finding in edited):
        return result
    gone = {(finding.rule, finding.fingerprint) for finding in edited if finding.fingerprint}
    for turn in range(_ROUNDS):
        left = [finding for finding in _found(engine.patient, result) if (finding.rule, finding.fingerprint) in gone]
        if not left:
            return result
        again: list[Request] = [(finding, replacing(Redaction())) for finding in left]
        result = splice(result, again, canonical=anew, whole_layers=turn + 2 >= _ROUNDS)
    raise EditError("a value that must go is still there, hidden in what cannot be written again")


def _found(engine: Engine, data: bytes) -> list[Finding]:
    """What there is in edited bytes, before any policy."""
    scan = engine.anchors.prefilter.scan(data)
    if scan is None and not engine.always:
        return []
    inspection = Inspection(engine, data, scan, False)
    inspection.document(data, scan, ROOT, (), 0)
    return inspection.merged()


def _sanitized(engine: Engine, data: bytes, rules: Iterable[str]) -> bytes:
    """The canonical form as the policy asks for it, and as much more as empties the channels that were found."""
    asked = engine.policy.sanitize
    options = {"unicode": asked.unicode, "duplicates": asked.duplicates, "keys": asked.keys}
    for rule in rules:
        needed = emptied_by(rule)
        if needed is None:
            raise EditError(f"sanitizing does not take away {rule}")
        options = stronger(options, needed)
    return canonical(data, keep_style=asked.keep_style, limits=engine.limits, **options)
