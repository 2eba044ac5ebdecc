"""The inspector: rules and policy compiled once; inspects payloads and makes them safe."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import _native
from ._native import records
from .engine import compile_engine
from .errors import InputError
from .model import Context, Limits, Recognizer, Skipped, Span, Verdict

if TYPE_CHECKING:
    from .editing import Tokenizers
    from .policy import Policy, Redaction
    from .rules import RuleSet
    from .rules.lists import Lists
    from .tokenize import Tokenizer

__all__ = ["Inspector"]

_CLEAN = Verdict()


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
        show_layers: a finding of kind ``layer`` for each encoding that was decoded, even where nothing was found in it.

    Raises:
        RuleError: a rule file or a list is wrong, or a list of values is under another key.
        PolicyError: there is no such policy, or it is wrong; ``file`` and ``line`` say where.
        MissingExtra: the policy has an expression, and the extra ``policy`` is not installed.
    """

    __slots__ = (
        "_engine",
        "_first_pass",
        "_inspected",
        "_is_clean",
        "_longest",
        "_max_bytes",
        "_scan",
    )

    def __init__(
        self,
        rules: RuleSet | str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
        policy: str | os.PathLike[str] | Policy = "balanced",
        limits: Limits | None = None,
        key: bytes | None = None,
        *,
        lists: Lists | str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
        show_allowed: bool = False,
        show_layers: bool = False,
        recognizers: Sequence[Recognizer] = (),
    ) -> None:
        limits = limits or Limits()
        engine = compile_engine(
            rules,
            policy,
            limits,
            key,
            lists=lists,
            show_allowed=show_allowed,
            show_layers=show_layers,
            recognizers=recognizers,
        )
        self._engine = engine
        self._scan = engine.anchors.prefilter.scan
        self._max_bytes = limits.max_bytes
        #: Whether a payload of which the scan says nothing is clean.
        self._is_clean = not engine.always and not engine.canonical
        # Of small payloads; where something is to be done whatever the pass says, none is small enough.
        longest = sys.maxsize if limits.max_bytes is None else limits.max_bytes
        self._longest = longest if self._is_clean else -1
        self._first_pass = engine.anchors.prefilter.first_pass(self._longest)
        # Of suspicious payloads; made when the first one comes.
        self._inspected: Callable[..., Verdict] | None = None

    @property
    def rules(self) -> RuleSet:
        """The rules in use."""
        return self._engine.rules

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
        return f"<Inspector {len(engine.rules.rules)} rules, {len(engine.yara.gates)} YARA rules, {engine.policy.name}>"

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
        if media == "json" and (seen := self._first_pass(payload)) is not False:
            if seen is None:
                return _CLEAN
            if type(seen) is Verdict:
                if not first_match:
                    return seen
            elif len(seen) > len(_native.QUIET):  # choices that cost a little, and nothing else
                return Verdict(capacity=_native.capacity(seen))
            elif len(seen) > 2:  # records of the pass, and no more
                return self._suspicious(payload, _native.said(seen), context, first_match=first_match)
            elif not first_match:
                records, found = seen
                return self._suspicious(payload, _native.said(records), context, found=found)
        data = payload if type(payload) is bytes else _bytes(payload)
        as_text = media == "text"
        if not as_text and media != "json":
            raise InputError(f'media must be "json" or "text", not {media!r}')
        if self._max_bytes is not None and len(data) > self._max_bytes:
            from .inspection import conclude

            why = Skipped("payload", f"{len(data)} bytes are more than max_bytes ({self._max_bytes})")
            return conclude(self._engine.ruler, [], {}, (why,), _made(context), cut_short=False)
        scan = None
        if not as_text:
            scan = self._scan(data, _native.O_SETTLE)
            if scan is None and self._is_clean:
                return _CLEAN
        return self._suspicious(data, scan, context, as_text=as_text, first_match=first_match)

    def _suspicious(
        self,
        data: bytes | memoryview,
        scan: _native.Scan | _native.Hits | None,
        context: Context | Callable[[], Context] | None,
        *,
        as_text: bool = False,
        first_match: bool = False,
        found: Sequence[Any] | None = None,
    ) -> Verdict:
        inspected = self._inspected or self._load()
        return inspected(
            self._engine, data, scan, _made(context), as_text=as_text, first_match=first_match, found=found
        )

    def _load(self) -> Callable[..., Verdict]:
        """Loads what clean traffic does without. Two threads may both do it; either result is the same."""
        from .inspection import inspected
        from .straight import Straight

        engine = self._engine
        if (
            self._is_clean
            and engine.lists is None
            and engine.recognizers is None
            and Straight.suits(engine.ruler, engine.limits)
        ):
            straight = Straight(engine.anchors, engine.patterns, engine.ruler, engine.key)
            self._first_pass = engine.anchors.prefilter.first_pass(self._longest, straight.given())
        self._inspected = inspected
        return inspected

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
        most = self._max_bytes
        if not self._is_clean:
            listed = records(data)
            count = len(listed)
        else:
            most = len(data) if most is None else most
            count, listed = self._engine.anchors.prefilter.records(data, most=most, every=every)
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
        from .editing import redacted, sensitive

        return redacted(self._engine, data, sensitive(verdict), how)

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
        from .sanitize import canonical

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
        from .editing import enforced

        return enforced(self._engine, data, verdict, tokenizer, context)

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
        from .editing import sensitive
        from .tokenize.payload import replacements

        data = bytes(_bytes(payload))
        if verdict is None:
            verdict = self.inspect(data, context)
        else:
            _same_payload(data, verdict)
        return _spliced(data, replacements(data, sensitive(verdict), tokenizer, context))

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
    from .document import first_error
    from .redact import Splice, apply

    result = apply(data, [Splice(*edit) for edit in edits])
    if (error := first_error(result)) is not None:
        raise error
    return result


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
    from .document import Document

    for finding in verdict.findings:
        document = finding.document
        if isinstance(document, Document) and document.payload != data:
            raise InputError("the verdict is of another payload")
