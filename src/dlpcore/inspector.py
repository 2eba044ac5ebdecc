"""The inspector: rules and policy compiled once; inspects payloads and makes them safe."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from ._native import records
from .document import Document, first_error
from .engines.anchors import Anchors
from .engines.lists import ListEngine
from .engines.pattern import PatternEngine
from .engines.recognizers import RecognizerEngine
from .engines.yara import YaraEngine
from .errors import Blocked, DLPError, EditError, InputError, MissingExtra, ParseError
from .inspection import CUT_SHORT, ROOT, Engine, FirstMatch, Inspection, conclude
from .model import Action, Context, Finding, Kind, Limits, Recognizer, Severity, Skipped, Span, Verdict
from .policy import BULK, Policy, Redaction, Ruler, check, named, names, vocabulary
from .redact import Fixed, Replace, Request, Splice, apply, emptied_by, replacing, splice, stronger
from .rules import RuleSet, builtin, load
from .rules.lists import Lists, load_lists
from .sanitize import canonical

if TYPE_CHECKING:
    from .tokenize import Tokenizer

__all__ = ["Inspector", "Tokenizers"]

_CLEAN = Verdict()
#: After an edit inside layers, what was to go is looked for: so often it is edited again, in the end by whole layers.
_ROUNDS = 4
#: Kinds of findings that have a value to edit.
_VALUES = frozenset({Kind.SENSITIVE_DATA, Kind.DESTINATION})


#: A tokenizer, several by the names that a policy's rules call their transforms, or none.
Tokenizers: TypeAlias = Union["Tokenizer", Mapping[str, "Tokenizer"], None]


class Inspector:
    """Inspects JSON payloads for covert channels and sensitive data, and makes them safe.

    Immutable and safe to share between threads once made; a call keeps its state to itself.

    Args:
        rules: a :class:`dlpcore.rules.RuleSet`, or paths of rule files or folders to use instead of the built-in
            rules; ``None`` for the built-in ones. Both together: ``dlpcore.rules.builtin() + dlpcore.rules.load(…)``.
        policy: the name of a ready policy, the path of a policy file (a path object, or a text that ends in ``.toml``),
            or a :class:`dlpcore.policy.Policy`.
        limits: bounds on each inspection.
        key: secret of the fingerprints and of the values in lists; random for this process if not given.
        lists: a :class:`dlpcore.rules.lists.Lists`, or paths of files of allow and deny lists.
        recognizers: objects of yours that look at every string; see :class:`dlpcore.Recognizer`.
        show_allowed: keep findings that a list allows, as ``info``, instead of counting them only.

    Raises:
        RuleError: a rule file or a list is wrong, or a list of values is under another key.
        PolicyError: there is no such policy, or it is wrong; ``file`` and ``line`` say where.
        MissingExtra: the policy has an expression, and the extra ``policy`` is not installed.
    """

    __slots__ = ("_always", "_engine", "_patient", "_rules")

    def __init__(
        self,
        rules: RuleSet | str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
        policy: str | os.PathLike[str] | Policy = "balanced",
        limits: Limits | None = None,
        key: bytes | None = None,
        *,
        lists: Lists | str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
        show_allowed: bool = False,
        recognizers: Sequence[Recognizer] = (),
    ) -> None:
        if rules is None:
            rules = builtin(examples=False)
        elif isinstance(rules, (str, os.PathLike)):
            rules = load(rules)
        elif not isinstance(rules, RuleSet):
            rules = load(*rules)
        self._rules = rules
        limits = limits or Limits()
        yara = YaraEngine(rules.yara)
        listed = ListEngine(_lists(lists), key)
        decides = named(policy)
        if not (isinstance(policy, str) and policy in names()):  # the ready ones are sound
            check(decides, vocabulary(rules, builtin(), lists=listed.names, recognizers=[r.name for r in recognizers]))
        patterns = (*rules.rules, *listed.rules)
        self._engine = Engine(
            key if key is not None else os.urandom(32),
            limits,
            Ruler(decides),
            PatternEngine(patterns),
            yara,
            Anchors(patterns, yara.gates, limits, listed),
            listed,
            show_allowed,
            RecognizerEngine(recognizers),
        )
        self._always = self._engine.always

        # what an edit is checked by may take its time: whoever edits, waits
        self._patient = dataclasses.replace(self._engine, limits=dataclasses.replace(limits, deadline=None))

    @property
    def rules(self) -> RuleSet:
        """The rules in use."""
        return self._rules

    @property
    def limits(self) -> Limits:
        """The limits in use."""
        return self._engine.limits

    @property
    def policy(self) -> Policy:
        """The policy in use."""
        return self._engine.policy

    def __repr__(self) -> str:
        engine = self._engine
        return f"<Inspector {len(self._rules.rules)} rules, {len(engine.yara.gates)} YARA rules, {engine.policy.name}>"

    def inspect(
        self,
        payload: Any,
        context: Context | Callable[[], Context] | None = None,
        *,
        media: str = "json",
        first_match: bool = False,
    ) -> Verdict:
        """Inspects one payload.

        Args:
            payload: bytes-like, or ``str`` (encoded as UTF-8 with surrogatepass; offsets then index that encoding).
                A writable buffer is copied first; a read-only one must stay alive as long as the verdict.
            context: who sends what where, for policies that ask; or what makes it, called only where one may ask.
            media: ``"json"``, or ``"text"`` for bytes that are not meant to be JSON.
            first_match: stop at the first finding that the policy acts on; the verdict then has ``complete=False``.

        Returns:
            The verdict. Synchronous, no I/O.

        Raises:
            InputError: the payload is not bytes-like, or ``media`` is unknown.
        """
        data = _bytes(payload)
        if media not in ("json", "text"):
            raise InputError(f'media must be "json" or "text", not {media!r}')
        engine = self._engine
        limits = engine.limits
        if limits.max_bytes is not None and len(data) > limits.max_bytes:
            why = Skipped("payload", f"{len(data)} bytes are more than max_bytes ({limits.max_bytes})")
            return conclude(engine.ruler, [], {}, (why,), _made(context), cut_short=False)
        if media == "text":
            scan = None
        else:
            scan = engine.anchors.prefilter.scan(data)
            if scan is None and not self._always:
                if engine.policy.canonical:
                    return conclude(engine.ruler, [], {}, (), _made(context), cut_short=False)
                return _CLEAN
        inspection = Inspection(engine, data, scan, first_match, _made(context))
        try:
            if media == "text":
                inspection.text(bytes(data), ROOT, (), 0)
            else:
                inspection.document(data, scan, ROOT, (), 0)
        except FirstMatch:
            inspection.cut_short = True
        return inspection.verdict()

    def inspect_records(
        self, payload: Any, context: Context | None = None, *, every: bool = False
    ) -> tuple[int, Iterator[tuple[Span, int, Verdict]]]:
        """Inspects each record of NDJSON as :meth:`inspect` does, at the least cost for those that are clean.

        A record is a line with its terminator and the blank lines behind it; those at the head are the first record's.
        So every byte of the payload is in exactly one record.

        Args:
            payload: bytes-like, or ``str``: whole records. A long log is given in pieces that end where a line begins.
            every: yield the clean records too.

        Returns:
            How many records there are, and an iterator over all of them that may not be clean: their bytes in the
            payload (half open), the number of line feeds before them, and their verdict, made when it is asked for.

        Raises:
            InputError: the payload is not bytes-like.
        """
        data = _bytes(payload)
        engine = self._engine
        most = engine.limits.max_bytes
        if self._always or engine.policy.canonical:
            listed = records(data)
            count = len(listed)
        else:
            most = len(data) if most is None else most
            count, listed = engine.anchors.prefilter.records(data, most=most, every=every)
        return count, (
            ((each.start, each.end), each.feeds, self.inspect(data[each.start : each.end], context))
            if each.said
            else ((each.start, each.end), each.feeds, _CLEAN)
            for each in listed
        )

    def redact(
        self,
        payload: Any,
        verdict: Verdict | None = None,
        *,
        context: Context | None = None,
        how: Redaction | None = None,
    ) -> bytes:
        """The payload with every sensitive-data finding above ``info`` redacted, whatever its action.

        Args:
            verdict: of this very payload; inspected now if not given.
            how: what takes the place of each value; as the policy says if not given.

        Returns:
            The edited bytes; identical outside the findings. What was found in a layer is redacted inside it; what was
            hidden goes with what hid it.

        Raises:
            InputError: the verdict is of another payload.
            ParseError: the result would not be JSON any more (nothing is returned).
            EditError: a value cannot be taken out of what it is hidden in (nothing is returned).
        """
        data = bytes(_bytes(payload))
        if verdict is None:
            verdict = self.inspect(data, context)
        else:
            _same_payload(data, verdict)
        chosen = [f for f in verdict.findings if f.kind == Kind.SENSITIVE_DATA and f.severity > Severity.INFO]
        return self._edited(data, self._redactions(chosen, how))

    def sanitize(
        self,
        payload: Any,
        *,
        keep_style: bool = False,
        unicode: str = "report",
        duplicates: str = "error",
        keys: str = "keep",
    ) -> bytes:
        """The document in its canonical form: the same value, without a choice of white space, escape or number left.

        Args:
            keep_style: keep the one of five styles of white space that most of the document is written in.
            unicode: ``"report"`` keeps strings as they are; ``"strip"`` removes what the unicode channels report.
            duplicates: ``"error"``, or which of a repeated key's members stays: ``"first"`` or ``"last"``.
            keys: ``"keep"``, ``"sorted"`` by UTF-16 code units, or ``"jcs"`` (all of RFC 8785, numbers too).

        Raises:
            ParseError: the payload is not JSON, or repeats a key while ``duplicates`` is ``"error"``.
            InputError: an argument is none of those.
        """
        return canonical(
            bytes(_bytes(payload)),
            keep_style=keep_style,
            unicode=unicode,
            duplicates=duplicates,
            keys=keys,
            limits=self._engine.limits,
        )

    def enforce(
        self,
        payload: Any,
        verdict: Verdict,
        *,
        tokenizer: Tokenizers = None,
        context: Context | None = None,
    ) -> bytes:
        """The payload as the policy lets it leave: redacted, tokenized and sanitized in one go.

        Args:
            verdict: of this very payload.
            tokenizer: makes the tokens; by the name of its transform where the policy names several.
            context: handed to the tokenizer.

        Returns:
            The bytes that may leave; the payload itself where the policy changes nothing.

        Raises:
            Blocked: the policy decided to block, or an edit failed and the policy is to fail closed; it carries the
                verdict. Nothing is returned then.
            InputError: the verdict is of another payload or ended at the first match, or the policy tokenizes and there
                is no such tokenizer.
        """
        data = bytes(_bytes(payload))
        _same_payload(data, verdict)
        if verdict.action == Action.BLOCK:
            raise Blocked(verdict)
        if any(skipped == CUT_SHORT for skipped in verdict.skipped):
            raise InputError("the verdict ended at the first match: inspect the whole payload to enforce")
        if verdict.action <= Action.FLAG:
            return data
        acting = [f for f in verdict.findings if f.action > Action.FLAG]
        requests = self._redactions([f for f in acting if f.action == Action.REDACT and f.kind in _VALUES], None)
        tokenized = [f for f in acting if f.action == Action.TOKENIZE]
        try:
            fixed = self._tokenizations(data, tokenized, tokenizer, context)
            result = self._edited(data, requests, fixed, tokenized)
            if verdict.action == Action.SANITIZE:
                result = self._sanitized(result, [f.rule for f in acting if f.action == Action.SANITIZE])
        except (MissingExtra, InputError) as error:
            if not isinstance(error, ParseError):
                raise
            return self._failed(data, verdict, error)
        except DLPError as error:
            return self._failed(data, verdict, error)
        return result

    def _failed(self, data: bytes, verdict: Verdict, error: DLPError) -> bytes:
        """What leaves when an edit failed: nothing, or the payload as it came."""
        if self.policy.failure == "open":
            return data
        raise Blocked(verdict, f"an edit failed: {error}") from error

    def _redactions(self, findings: Iterable[Finding], how: Redaction | None) -> list[Request]:
        ways: dict[str | None, Replace] = {}
        requests: list[Request] = []
        for finding in findings:
            if finding.rule.startswith(BULK):
                continue  # its members have findings of their own
            by = finding.policy_rule
            if by not in ways:
                rule = self.policy.rule(by)
                ways[by] = replacing(how or (rule.redact if rule is not None else None) or self.policy.redact)
            requests.append((finding, ways[by]))
        return requests

    def _tokenizations(
        self, data: bytes, findings: Iterable[Finding], tokenizer: Tokenizers, context: Context | None
    ) -> list[Fixed]:
        groups: dict[str, list[Finding]] = {}
        for finding in findings:
            if not finding.rule.startswith(BULK):
                rule = self.policy.rule(finding.policy_rule)
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
        self, data: bytes, requests: list[Request], fixed: Sequence[Fixed] = (), tokenized: Sequence[Finding] = ()
    ) -> bytes:
        """The payload with the edits; where there are layers in it, what was to go is looked for in the result."""
        if not requests and not fixed:
            return data
        edited = [*(finding for finding, _ in requests), *tokenized]
        limits = self._engine.limits

        def anew(payload: bytes, /, *, unicode: str, duplicates: str, keys: str) -> bytes:
            return canonical(payload, unicode=unicode, duplicates=duplicates, keys=keys, limits=limits)

        result = splice(data, requests, canonical=anew, fixed=fixed)
        if not any(finding.inner or finding.provenance for finding in edited):
            return result
        gone = {(finding.rule, finding.fingerprint) for finding in edited if finding.fingerprint}
        for turn in range(_ROUNDS):
            left = [finding for finding in self._found(result) if (finding.rule, finding.fingerprint) in gone]
            if not left:
                return result
            again: list[Request] = [(finding, replacing(Redaction())) for finding in left]
            result = splice(result, again, canonical=anew, whole_layers=turn + 2 >= _ROUNDS)
        raise EditError("a value that must go is still there, hidden in what cannot be written again")

    def _found(self, data: bytes) -> list[Finding]:
        """What there is in edited bytes, before any policy."""
        scan = self._patient.anchors.prefilter.scan(data)
        if scan is None and not self._patient.always:
            return []
        inspection = Inspection(self._patient, data, scan, False)
        inspection.document(data, scan, ROOT, (), 0)
        return inspection.merged()

    def _sanitized(self, data: bytes, rules: Iterable[str]) -> bytes:
        """The canonical form as the policy asks for it, and as much more as empties the channels that were found."""
        asked = self.policy.sanitize
        options = {"unicode": asked.unicode, "duplicates": asked.duplicates, "keys": asked.keys}
        for rule in rules:
            needed = emptied_by(rule)
            if needed is None:
                raise EditError(f"sanitizing does not take away {rule}")
            options = stronger(options, needed)
        return self.sanitize(data, keep_style=asked.keep_style, **options)

    def tokenize(
        self, payload: Any, tokenizer: Tokenizer, verdict: Verdict | None = None, *, context: Context | None = None
    ) -> bytes:
        """The payload with a token in place of every sensitive-data finding above ``info``, whatever its action.

        Args:
            tokenizer: makes the tokens (:mod:`dlpcore.tokenize`).
            verdict: of this very payload; inspected now if not given.
            context: what tokens are bound to, and who counts against a rate limit.

        Returns:
            The edited bytes; identical outside the findings. :meth:`detokenize` gives the payload back byte for byte.

        Raises:
            InputError: the verdict is of another payload.
            ParseError: the payload is not JSON, or the result would not be (nothing is returned).
            TokenError: a value has no token, or lies in a covert channel; nothing is stored then.
        """
        from .tokenize.payload import replacements

        data = bytes(_bytes(payload))
        if verdict is None:
            verdict = self.inspect(data, context)
        else:
            _same_payload(data, verdict)
        chosen = [f for f in verdict.findings if f.kind == Kind.SENSITIVE_DATA and f.severity > Severity.INFO]
        return _spliced(data, replacements(data, chosen, tokenizer, context))

    def detokenize(
        self,
        payload: Any,
        tokenizer: Tokenizer,
        *,
        context: Context | None = None,
        fields: Mapping[str, str] | None = None,
        kid: str | None = None,
        unknown: str = "error",
    ) -> bytes:
        """The payload with the values back in place of their tokens.

        Args:
            context: who asks; the tokenizer's ``may_open`` decides whether they may, and its ``audit`` is told.
            fields: name of a member to entity: those whose values are format-preserving tokens, which show nowhere
                else.
            kid: the key of those, where neither their scheme says it nor the key ring has one key only.
            unknown: ``"error"``, or ``"keep"`` to leave what looks like a token and does not open.

        Raises:
            ParseError: the payload is not JSON, or the result would not be (nothing is returned).
            TokenError: a token does not open, or this context may not see its value; no value is handed out then.
        """
        from .tokenize.payload import originals

        data = bytes(_bytes(payload))
        return _spliced(data, originals(data, tokenizer, context, fields=fields, kid=kid, unknown=unknown))


def _spliced(data: bytes, edits: Sequence[tuple[int, int, bytes]]) -> bytes:
    if not edits:
        return data
    result = apply(data, [Splice(*edit) for edit in edits])
    if (error := first_error(result)) is not None:
        raise error
    return result


def _lists(lists: Lists | str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> Lists:
    if isinstance(lists, Lists):
        return Lists() + lists
    return load_lists(lists) if isinstance(lists, (str, os.PathLike)) else load_lists(*lists)


def _made(context: Context | Callable[[], Context] | None) -> Context | None:
    return context if context is None or isinstance(context, Context) else context()


def _bytes(payload: Any) -> bytes | memoryview:
    if type(payload) is bytes:
        return payload
    if isinstance(payload, str):
        return payload.encode("utf-8", "surrogatepass")
    try:
        view = memoryview(payload)
    except TypeError:
        raise InputError(f"a payload must be bytes-like or str, not {type(payload).__name__}") from None
    if not view.readonly or not view.c_contiguous:
        return view.tobytes()
    return view.cast("B") if view.nbytes and (view.format != "B" or view.ndim != 1) else view


def _same_payload(data: bytes, verdict: Verdict) -> None:
    for finding in verdict.findings:
        document = finding.document
        if isinstance(document, Document) and document.payload != data:
            raise InputError("the verdict is of another payload")
