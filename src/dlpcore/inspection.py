"""One inspection: the stages that turn the bytes of a payload into findings, under one budget."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _native, covert
from .covert.budget import BYTE, LAYER, PEELED, RECORD, TOKEN, TRIGGER, YARA, Budget
from .covert.layers import Layer, peel, whole
from .document import GRAMMAR_SAFE, Document, line_column, places
from .engine import Engine
from .findings import merge
from .model import Action, Candidate, Context, Finding, Kind, Severity, Skipped, Span, Verdict
from .straight import Record, findings
from .views import Carrier, Chained, OffsetMap, Offsets, Subject, folded, subject, subject_of, text_view

if TYPE_CHECKING:
    from .engines.anchors import Anchors
    from .engines.lists import ListEngine
    from .engines.pattern import Match
    from .policy import Ruler
    from .rules import Rule

__all__ = ["CUT_SHORT", "ROOT", "FirstMatch", "Inspection", "conclude", "inspected", "is_jose"]

#: What a verdict has skipped that ended at the first match.
CUT_SHORT = Skipped("inspection", "first_match ended it")
#: Channels that are findings of kind ``structure``.
_STRUCTURAL = ("structure.", "key.duplicate")
#: Layers that undo themselves.
_TURNS = frozenset({"reversed", "rot13"})
#: Bits over all channels from which they are a finding together, where none is alone.
_POOLED = 40.0
#: Errors by the finding that reports them; the rest is ``structure.malformed``.
_STRUCTURE: dict[str, tuple[str, Severity]] = {
    "empty": ("structure.empty", Severity.INFO),
    "byte-order-mark": ("framing.encoding", Severity.INFO),
    "not-utf8": ("framing.encoding", Severity.HIGH),
    "invalid-utf8": ("framing.encoding", Severity.HIGH),
    "trailing-data": ("framing.trailing-data", Severity.HIGH),
    "nul": ("framing.nul", Severity.HIGH),
    "comment": ("framing.dialect", Severity.HIGH),
    "trailing-comma": ("framing.dialect", Severity.HIGH),
    "single-quotes": ("framing.dialect", Severity.HIGH),
    "unquoted-key": ("framing.dialect", Severity.HIGH),
    "non-finite": ("framing.dialect", Severity.HIGH),
    "duplicate-key": ("key.duplicate", Severity.HIGH),
    "lone-surrogate": ("structure.lone-surrogate", Severity.MEDIUM),
    "depth": ("structure.depth", Severity.MEDIUM),
}
_MALFORMED = ("structure.malformed", Severity.HIGH)
_TRUNCATED = {
    "candidates": ("rules", "more candidates than max_candidates; the rest was not matched"),
    "errors": ("errors", "more errors than are kept; the rest is counted only"),
    "keys": ("key.duplicate", "more keys open at once than are compared"),
    "depth": ("nesting", "deeper than max_depth; keys below it are not used as context"),
}
#: Members that a JSON Web Signature has beside its payload.
_JWS = ("signature", "signatures")
#: Tails of what was not looked at do not matter to the verdict: only errors beyond the kept ones are counted.
_HARMLESS = frozenset({"errors"})


_NUMBER = _native.KINDS.index("number")


class FirstMatch(Exception):
    """``first_match`` has its finding."""


class _Place(NamedTuple):
    """Where the bytes under inspection lie in the payload: by offsets, or as a whole in these spans."""

    spans: tuple[Span, ...] | None
    in_key: bool = False
    carrier: Carrier | None = None
    region: Span = (0, 0)

    def locate(self, span: Span) -> tuple[Span, ...]:
        return (span,) if self.spans is None else self.spans

    def inner(self, span: Span) -> tuple[tuple[Carrier, Span], ...]:
        """Where a span lies in decoded bytes, for edits."""
        return () if self.carrier is None else ((self.carrier, span),)

    def holds(self, span: Span) -> bool:
        return self.spans is not None and any(start <= span[0] and span[1] <= end for start, end in self.spans)

    def of(self, whole: Span, in_key: bool, offsets: Offsets) -> Callable[[Span | None], _Place]:
        """The places of the parts of the text of a token that is ``whole``; ``None`` is all of it."""
        in_key = in_key or self.in_key

        def place(part: Span | None) -> _Place:
            region = whole if part is None else offsets.span(*part)
            return _Place(self.locate(region), in_key, self.carrier, region)

        return place

    def into(self, step: str, data: bytes) -> _Place:
        """The place of what the bytes in ``region`` hold."""
        carrier = Carrier(self.carrier, (self.region,), step, data)
        return _Place(self.spans, self.in_key, carrier, (0, len(data)))


ROOT = _Place(None)


class _Marked:
    """What the prefilter marked in one document or text, and what the first look at it left to do."""

    __slots__ = ("calls", "escaped", "fields", "layers", "whole", "yara")

    def __init__(self, scan: _native.Scan | _native.Hits, anchors: Anchors) -> None:
        self.calls: Iterable[_native.Called]
        if isinstance(scan, _native.Scan):
            self.calls, triggers = scan.by_token()
        else:
            self.calls, triggers = scan.calls, list(scan.outside)
            for each in scan.calls:
                triggers += each[6]
        self.fields, self.yara = anchors.opens(triggers)
        self.whole = {rule.id: rule for rule in anchors.document_always} if anchors.document_always else {}
        self.layers: list[tuple[bytes, bool, Callable[[Span | None], _Place]]] = []
        self.escaped = False


def conclude(
    ruler: Ruler,
    findings: list[Finding],
    capacity: dict[str, float],
    skipped: tuple[Skipped, ...],
    context: Context | None,
    *,
    cut_short: bool,
    allowed: int = 0,
    jose: bool = False,
) -> Verdict:
    """The verdict on what was found, as the policy decides it."""
    decision = ruler.decide(findings, skipped, context, cut_short=cut_short, jose=jose)
    if cut_short:
        skipped = (*skipped, CUT_SHORT)
    found = tuple(decision.findings)
    return Verdict(decision.action, found, not skipped, skipped, capacity, decision.reasons, allowed, decision.shadow)


def inspected(
    engine: Engine,
    data: bytes | memoryview,
    scan: _native.Scan | _native.Hits | None,
    context: Context | None,
    *,
    as_text: bool,
    first_match: bool,
    found: Iterable[Record] | None = None,
) -> Verdict:
    """The verdict on a payload that the prefilter did not end: ``scan`` is what it said, ``None`` for nothing.

    ``found``: what rules find in its tokens, where they were asked already.
    """
    if scan is None and not as_text and not engine.always:  # clean, and the policy has a say even so
        return conclude(engine.ruler, [], {}, (), context, cut_short=False)
    inspection = Inspection(engine, data, scan, first_match, context)
    try:
        if as_text:
            inspection.text(bytes(data), ROOT, (), 0)
        else:
            inspection.document(data, scan, ROOT, (), 0, found)
    except FirstMatch:
        inspection.cut_short = True
    return inspection.verdict()


class Inspection:
    """The state of one call."""

    __slots__ = (
        "_allowed",
        "_budget",
        "_context",
        "_document",
        "_engine",
        "_first_match",
        "_payload",
        "capacity",
        "cut_short",
        "findings",
    )

    def __init__(
        self,
        engine: Engine,
        payload: bytes | memoryview,
        scan: _native.Scan | _native.Hits | None,
        first_match: bool,
        context: Context | None = None,
    ) -> None:
        self._engine = engine
        self._context = context
        self._payload = payload
        self._document = Document(payload, scan, engine.key)
        _ = engine.patterns, engine.ruler  # loaded now if they are not: that is no payload's time
        self._budget = Budget(engine.limits, time.monotonic, len(payload))
        self._first_match = first_match
        self._allowed = 0
        self.findings: list[Finding] = []
        self.capacity: dict[str, float] = {}
        self.cut_short = False

    @property
    def _endpoint(self) -> str | None:
        return self._context.endpoint if self._context is not None else None

    def merged(self) -> list[Finding]:
        """What was found, each value once, without what a list allows."""
        # What is allowed goes first: it must not cover what is not.
        lists = self._engine.lists
        return merge(self.findings if lists is None else self._listed(lists, self.findings))

    def verdict(self) -> Verdict:
        findings = self.merged()
        self._document.holds(findings)
        ruler = self._engine.ruler
        return conclude(
            ruler,
            findings,
            self.capacity,
            tuple(self._budget.skipped),
            self._context,
            cut_short=self.cut_short,
            allowed=self._allowed,
            jose=ruler.policy.signed == "block" and is_jose(self._payload),
        )

    def _listed(self, lists: ListEngine, findings: list[Finding]) -> list[Finding]:
        """The findings that no list allows, and those of a deny list whose further conditions hold."""
        found: dict[int, tuple[str | int, ...]] = {}

        def place_of(finding: Finding) -> Callable[[], tuple[str | int, ...]]:
            def place() -> tuple[str | int, ...]:
                if not found:
                    offsets = sorted({each.span[0] for each in findings})
                    deepest = self._document.scan.max_depth if self._document.scan is not None else 0
                    found.update(zip(offsets, places(self._payload, offsets, deepest), strict=True))
                return found[finding.span[0]]

            return place

        kept: list[Finding] = []
        for finding in findings:
            place = place_of(finding)
            if (entry := lists.entry(finding.rule)) is not None:
                # A denied field was found by its place, in the document that it is in.
                asks = place if entry.values or entry.patterns else None
                if lists.holds(finding.rule, self._endpoint, asks):
                    kept.append(finding)
                continue
            by, skipped = lists.allowed(
                finding.kind, finding.rule, finding.matched, self._endpoint, place, lambda: self._budget.seconds_left
            )
            for skip in skipped:
                self._budget.skip(*skip)
            if by is None:
                kept.append(finding)
                continue
            self._allowed += 1
            if self._engine.show_allowed:
                reasons = (f"allowed by list {by}", *finding.reasons)
                kept.append(finding.replace(severity=Severity.INFO, reasons=reasons))
        return kept

    # --- what is inspected -------------------------------------------------------------------------------------

    def document(
        self,
        data: bytes | memoryview,
        scan: _native.Scan | _native.Hits | None,
        place: _Place,
        provenance: tuple[str, ...],
        depth: int,
        found: Iterable[Record] | None = None,
    ) -> None:
        """A JSON document: the payload, or one found inside it. ``found``: by rules in its tokens, if already asked."""
        if isinstance(scan, _native.Hits):
            self._quiet(scan.quiet)
            marked = _Marked(scan, self._engine.anchors)
            self._tokens(data, marked, place, provenance, "document", found)
            self._deeper(data, marked, place, provenance, depth, "document")
            return
        if scan is None:
            self._always(data, place, provenance, "document")
            return
        for what in scan.truncated:
            if what in _TRUNCATED and what not in _HARMLESS:
                self._budget.skip(*_TRUNCATED[what])
        broken = any(e.code not in GRAMMAR_SAFE for e in scan.errors)
        if scan.errors:
            self._structure(data, scan, place, provenance)
        marked = _Marked(scan, self._engine.anchors)
        if self._first_match:  # the cheapest stage goes first; else what is hidden has the first claim to the limits
            self._tokens(data, marked, place, provenance, "document")
        self._covert(data, scan, place, provenance, depth)
        if any(e.code == "not-utf8" for e in scan.errors):
            self._transcoded(bytes(data), place, provenance, depth)
        if not self._first_match:
            self._tokens(data, marked, place, provenance, "document", found)
        self._deeper(data, marked, place, provenance, depth, "document")
        if broken and not (len(scan.errors) == 1 and scan.errors[0].code == "empty"):
            self.text(bytes(data), place, provenance, depth)

    def text(self, data: bytes, place: _Place, provenance: tuple[str, ...], depth: int) -> None:
        """Bytes that are not JSON, or not only: one text."""
        scan = self._engine.anchors.prefilter.scan_text(data)
        if scan is None:
            self._always(data, place, provenance, "text")
            return
        for what in scan.truncated:
            if what in _TRUNCATED and what not in _HARMLESS:
                self._budget.skip(*_TRUNCATED[what])
        marked = _Marked(scan, self._engine.anchors)
        self._tokens(data, marked, place, provenance, "text")
        self._deeper(data, marked, place, provenance, depth, "text")

    def _always(self, data: bytes | memoryview, place: _Place, provenance: tuple[str, ...], kind: str) -> None:
        """What looks at everything, where the prefilter saw nothing."""
        anchors = self._engine.anchors
        if anchors.document_always:
            self._whole(bytes(data), place, provenance, list(anchors.document_always), kind)
        if anchors.fields_always and kind == "document":
            self._denied_fields(bytes(data), place, provenance)
        if anchors.yara_always:
            self._yara(data, place, provenance, escaped=False)
        if self._engine.recognizers:
            self._recognize(data, place, provenance, kind)

    def decoded(self, data: bytes, place: _Place, provenance: tuple[str, ...], depth: int) -> None:
        """Bytes that were recovered or decoded: another layer, a document, or text."""
        if depth >= self._engine.limits.max_layers:
            self._budget.skip("layers", f"deeper than max_layers ({self._engine.limits.max_layers})")
            return
        if not self._budget.works(LAYER + BYTE * len(data)) or self._budget.late("layers"):
            return
        head = data.lstrip(b" \t\r\n")[:1]
        if head in (b"{", b"["):
            scan = self._engine.anchors.prefilter.scan(data, _native.O_SETTLE)
            if scan is None or all(e.code in GRAMMAR_SAFE for e in scan.errors):
                self.document(data, scan, place, (*provenance, "json"), depth)
                return
        if self._layers(whole(data, self._budget), lambda _: place, provenance, depth):
            return
        self.text(data, place, provenance, depth)

    # --- stages ------------------------------------------------------------------------------------------------

    def _structure(
        self, data: bytes | memoryview, scan: _native.Scan, place: _Place, provenance: tuple[str, ...]
    ) -> None:
        by_rule: dict[tuple[str, Severity], list[_native.ScanError]] = {}
        for error in scan.errors:
            if error.code == "duplicate-key":
                continue  # the key.duplicate channel reports it, with what it hides
            by_rule.setdefault(_STRUCTURE.get(error.code, _MALFORMED), []).append(error)
        for (rule, severity), errors in by_rule.items():
            spans: set[Span] = set()
            reasons: list[str] = []
            for error in errors:
                end = min(error.offset + 1, len(data))
                if error.code == "duplicate-key":
                    spans.add((error.length, min(error.length + 1, len(data))))
                elif error.code in ("trailing-data", "not-utf8"):
                    end = len(data)
                spans.add((error.offset, max(end, error.offset)))
                if len(reasons) < 8:
                    line, column = line_column(data, error.offset)
                    reasons.append(f"{error.code} at byte {error.offset} (line {line}, column {column})")
            if len(errors) > len(reasons):
                reasons.append(f"and {len(errors) - len(reasons)} more")
            located = tuple(sorted(spans)) if place.spans is None else place.spans
            self._add(
                kind=Kind.STRUCTURE,
                rule=rule,
                severity=severity,
                spans=located,
                reasons=tuple(reasons),
                provenance=provenance,
            )

    def _covert(
        self, data: bytes | memoryview, scan: _native.Scan, place: _Place, provenance: tuple[str, ...], depth: int
    ) -> None:
        reports = self._channels(data, scan)
        pooled = sum(r.bits * r.weight for r in reports if not r.found)
        if scan.quiet is not None:
            pooled += scan.quiet[-1]
            if pooled < _POOLED:
                self._quiet(scan.quiet)
            elif (full := self._engine.anchors.prefilter.scan(data, _native.O_NO_PREFILTER)) is not None:
                reports = self._channels(data, full)
                pooled = sum(r.bits * r.weight for r in reports if not r.found)
        for report in reports:
            self.capacity[report.channel] = self.capacity.get(report.channel, 0.0) + report.bits
            severity = report.severity if report.found else Severity.INFO
            spans = report.spans if place.spans is None else place.spans

            def hidden(data: bytes, spans: tuple[Span, ...] = spans, report: covert.ChannelReport = report) -> _Place:
                carrier = Carrier(place.carrier, report.spans, report.channel, data, covert=True)
                return _Place(spans, place.in_key, carrier, (0, len(data)))

            for view in report.views:
                if view.data is not None and not self._budget.late(report.channel):
                    inner = (*provenance, report.channel, *view.decoders)
                    self.decoded(view.data, hidden(view.data), inner, depth + 1)
            if not report.found and not report.candidates:
                continue  # a price, and nothing read
            self._add(
                kind=Kind.STRUCTURE if report.channel.startswith(_STRUCTURAL) else Kind.COVERT_CHANNEL,
                rule=report.channel,
                severity=severity,
                spans=spans,
                reasons=report.reasons,
                provenance=provenance,
                capacity_bits=report.bits,
                candidates=report.candidates,
                confidence=_confidence(report),
            )
            for candidate in report.candidates:
                if candidate.data is not None and not self._budget.late(report.channel):
                    inner = (*provenance, report.channel, *candidate.decoders)
                    self.decoded(candidate.data, hidden(candidate.data), inner, depth + 1)
        if pooled >= _POOLED:
            spans = tuple(sorted({s for r in reports for s in r.spans}))[:64]
            self._add(
                kind=Kind.COVERT_CHANNEL,
                rule="capacity.pooled",
                severity=Severity.MEDIUM,
                spans=spans if place.spans is None else place.spans,
                reasons=(f"{pooled:.1f} bits over channels that are each below their threshold",),
                provenance=provenance,
                capacity_bits=pooled,
                candidates=tuple(c for r in reports if not r.found for c in r.candidates)[: covert.MAX_CANDIDATES],
            )

    def _channels(self, data: bytes | memoryview, scan: _native.Scan) -> list[covert.ChannelReport]:
        engine = self._engine
        reports: list[covert.ChannelReport] = []
        for family in covert.FAMILIES:
            late: covert.Late = partial(self._budget.late, family.name)
            if family.wanted(len(data), scan) and not late():
                reports += family.detect(data, scan, engine.anchors.prefilter, engine.limits.max_recovered, late)
        return reports

    def _quiet(self, quiet: tuple[float, ...] | None) -> None:
        """Prices that the native pass took without anything to report."""
        if quiet is not None:
            for channel, bits in _native.capacity(quiet).items():
                self.capacity[channel] = self.capacity.get(channel, 0.0) + bits

    def _transcoded(self, data: bytes, place: _Place, provenance: tuple[str, ...], depth: int) -> None:
        spans = ((0, len(data)),) if place.spans is None else place.spans
        for encoding in _encodings(data):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            recoded = text.encode("utf-8", "surrogatepass")
            inner = _Place(spans, place.in_key, place.carrier, (0, len(data))).into(encoding, recoded)
            self.decoded(recoded, inner, (*provenance, encoding), depth + 1)
            return

    def _tokens(
        self,
        data: bytes | memoryview,
        marked: _Marked,
        place: _Place,
        provenance: tuple[str, ...],
        kind: str,
        found: Iterable[Record] | None = None,
    ) -> None:
        """The rules on what the prefilter marked; notes what :meth:`_deeper` has to look at."""
        anchors, lists, budget = self._engine.anchors, self._engine.lists, self._budget
        for finding in findings(self._document, found) if found is not None else ():
            self._keep(finding)
        for start, end, kind_at, flags, keys, names, triggers in marked.calls:
            called = anchors.called(triggers)
            budget.work_left -= TOKEN + TRIGGER * len(triggers)
            if budget.late("rules") or self._full():
                break
            if (
                called.only_values
                and kind_at != _NUMBER
                and not flags & (_native.F_ESCAPED | _native.F_INVALID)
                and lists is not None
                and lists.denied_value(bytes(data[start:end])) is None
            ):
                continue  # a string like most others, but for its length
            if flags & _native.F_ESCAPED and (anchors.yara_always or called.yara):
                marked.escaped = True
            if found is not None and not (called.layers or called.documents):
                continue
            what, offsets = subject_of(data, start, end, _native.KINDS[kind_at], flags, keys, names)
            rules = called.of_kind[kind_at] if found is None else ()
            if called.documents and kind == "document":
                marked.whole.update((rule.id, rule) for rule in called.documents)
            if rules:
                self._rules(what, offsets, place, provenance, rules)
                if flags & _native.F_FOLD and (view := folded(what.text)) is not None:
                    read = Subject(view[0], what.kind, what.path, what.names, what.siblings)
                    self._rules(read, Chained(OffsetMap(view[1]), offsets), place, provenance, rules)
            if called.values:
                self._denied_value(what, offsets, place, provenance)
            if called.layers:
                marked.layers.append((what.text, called.turned, place.of((start, end), what.kind == "key", offsets)))

    def _deeper(
        self,
        data: bytes | memoryview,
        marked: _Marked,
        place: _Place,
        provenance: tuple[str, ...],
        depth: int,
        kind: str,
    ) -> None:
        """What costs more than rules on marked tokens: whole documents, layers, YARA, recognizers; the dearest last."""
        if marked.fields and kind == "document":
            self._denied_fields(bytes(data), place, provenance)
        if marked.whole:
            self._whole(bytes(data), place, provenance, list(marked.whole.values()), kind)
        for text, turned, locate in marked.layers:
            if not self._budget.works(LAYER + PEELED * len(text)) or self._budget.late("layers") or self._full():
                break
            self._layers(peel(text, self._budget, turned=turned), locate, provenance, depth)
        if marked.yara:
            self._yara(data, place, provenance, escaped=marked.escaped)
        if self._engine.recognizers:
            self._recognize(data, place, provenance, kind)

    def _recognize(self, data: bytes | memoryview, place: _Place, provenance: tuple[str, ...], kind: str) -> None:
        """What the caller plugged in, on each string: it costs what it costs, up to the deadline."""
        recognizers = self._engine.recognizers
        if recognizers is None:
            return
        if kind == "document":
            texts: Iterable[tuple[Subject, Offsets]] = (
                subject(data, token)
                for token in self._all_tokens(data, "recognizers")
                if token.kind == "string" and token.end > token.start
            )
        else:
            raw = bytes(data)
            texts = ((Subject(raw, "text"), OffsetMap([(0, 0), (len(raw), len(raw))])),) if raw else ()
        for what, offsets in texts:
            if self._budget.late("recognizers"):
                return
            found, skipped = recognizers.run(what, lambda: self._budget.late("recognizers"))
            for skip in skipped:
                self._budget.skip(*skip)
            for name, start, end, said in found:
                self._add(
                    kind=Kind.SENSITIVE_DATA,
                    rule=f"recognizer.{name}",
                    entity=said.entity,
                    family=said.family,
                    severity=said.severity,
                    confidence=said.score,
                    reasons=(f"the recognizer {name} says so",),
                    spans=place.locate(span := offsets.span(start, end)),
                    inner=place.inner(span),
                    value=what.text[start:end],
                    in_key=place.in_key,
                    provenance=provenance,
                )

    def _rules(
        self,
        what: Subject,
        offsets: Offsets,
        place: _Place,
        provenance: tuple[str, ...],
        rules: Sequence[Rule],
    ) -> None:
        budget = self._budget
        patterns = self._engine.patterns
        matches, skipped = patterns.match(
            what, rules, timeout=budget.seconds_left, on_compiled=budget.grant, works=budget.works
        )
        for skip in skipped:
            budget.skip(*skip)
        for match in matches:
            span = offsets.span(match.start, match.end)
            self._found(match, what, place, span, what.kind == "key", provenance)

    def _found(
        self, match: Match, what: Subject, place: _Place, span: Span, in_key: bool, provenance: tuple[str, ...]
    ) -> None:
        rule, value = match.rule, what.text[match.start : match.end]
        self._keep(
            Finding(
                kind=rule.kind,
                rule=rule.id,
                entity=rule.entity,
                family=rule.family,
                severity=min(rule.severity, Severity.LOW) if match.shown else rule.severity,
                confidence=match.confidence,
                reasons=match.reasons,
                spans=(span,) if place.spans is None else place.spans,
                inner=() if place.carrier is None else ((place.carrier, span),),
                origin=self._document,
                value=value,
                in_key=in_key or place.in_key,
                provenance=provenance,
                compliance=rule.compliance,
            )
        )
        if (lists := self._engine.lists) is not None and (denied := lists.denied_value(value)) is not None:
            self._denied(lists, denied, value, place, span, in_key, provenance)

    def _denied_value(self, what: Subject, offsets: Offsets, place: _Place, provenance: tuple[str, ...]) -> None:
        """A string, key or number that is as long as a denied value."""
        lists = self._engine.lists
        if lists is not None and (rule := lists.denied_value(what.text)) is not None:
            span = offsets.span(0, len(what.text))
            self._denied(lists, rule, what.text, place, span, what.kind == "key", provenance)

    def _denied_fields(self, data: bytes, place: _Place, provenance: tuple[str, ...]) -> None:
        """Every string and number that stands in a denied field, or below one."""
        lists = self._engine.lists
        if lists is None:
            return
        tokens = [token for token in self._all_tokens(data, "deny list") if token.kind != "key"]
        scan = self._document.scan
        deepest = scan.max_depth if scan is not None and not provenance else self._engine.limits.max_depth
        for token, where in zip(tokens, places(data, [token.start for token in tokens], deepest), strict=True):
            if token.start == token.end or (rule := lists.denied_field(where, self._endpoint)) is None:
                continue
            if self._budget.late("deny list"):
                return
            what, _ = subject(data, token)
            self._denied(lists, rule, what.text, place, (token.start, token.end), False, provenance)

    def _denied(
        self,
        lists: ListEngine,
        rule: str,
        value: bytes,
        place: _Place,
        span: Span,
        in_key: bool,
        provenance: tuple[str, ...],
    ) -> None:
        entry = lists.entry(rule)
        if entry is not None:
            self._add(
                kind=Kind.SENSITIVE_DATA,
                rule=rule,
                entity=entry.entity,
                family=lists.family,
                severity=entry.severity,
                reasons=("on the deny list",),
                spans=place.locate(span),
                inner=place.inner(span),
                value=value,
                in_key=in_key or place.in_key,
                provenance=provenance,
            )

    def _whole(self, data: bytes, place: _Place, provenance: tuple[str, ...], rules: list[Rule], kind: str) -> None:
        """The rules that look at keys and values together, on the bytes and on their other readings."""
        if self._budget.late("rules"):
            return
        views: list[tuple[bytes, Offsets]] = [(data, OffsetMap([(0, 0), (len(data), len(data))]))]
        tokens: Sequence[_native.Token] = ()
        if kind == "document":
            tokens = self._all_tokens(data, "rules")
            unescaped = text_view(data, tokens)
            views.append((unescaped.text, unescaped.offsets))
            if (view := folded(unescaped.text)) is not None:
                views.append((view[0], Chained(OffsetMap(view[1]), unescaped.offsets)))
        elif (view := folded(data)) is not None:
            views.append((view[0], OffsetMap(view[1])))
        seen: set[tuple[str, Span]] = set()
        budget, patterns = self._budget, self._engine.patterns
        for text, offsets in views:
            what = Subject(text, kind)
            matches, skipped = patterns.match(
                what, rules, timeout=budget.seconds_left, on_compiled=budget.grant, works=budget.works
            )
            for skip in skipped:
                budget.skip(*skip)
            for match in matches:
                span = offsets.span(match.start, match.end)
                if (match.rule.id, span) in seen:
                    continue
                seen.add((match.rule.id, span))
                at = bisect_right(tokens, span[0], key=attrgetter("start")) - 1
                in_key = at >= 0 and tokens[at].kind == "key" and span[0] < tokens[at].end
                self._found(match, what, place, span, in_key, provenance)

    def _all_tokens(self, data: bytes | memoryview, what: str) -> Sequence[_native.Token]:
        """Every string, key and number of a document, as far as ``max_candidates`` allows."""
        full = self._engine.anchors.prefilter.scan(data, _native.O_TOKENS | _native.O_NO_PREFILTER)
        if full is None:
            return ()
        self._budget.works(RECORD * len(full.tokens))
        if "candidates" in full.truncated:
            self._budget.skip(what, "more members than max_candidates; the rest of the text view was left out")
        return full.tokens

    def _layers(
        self,
        layers: Iterator[Layer],
        locate: Callable[[Span | None], _Place],
        provenance: tuple[str, ...],
        depth: int,
    ) -> bool:
        """Inspects what is inside the layers of a text; whether it was one as a whole."""
        if depth >= self._engine.limits.max_layers:
            self._budget.skip("layers", f"deeper than max_layers ({self._engine.limits.max_layers})")
            return False
        any_whole = False
        for layer in layers:
            if self._budget.late("layers"):
                break
            if layer.name in _TURNS and layer.name in provenance:
                continue  # turned twice it is what it was
            place, inner = locate(layer.span), (*provenance, layer.name)
            below = place.into(layer.name, layer.data)
            if layer.name == "json-string":
                scan = self._engine.anchors.prefilter.scan(layer.data, _native.O_SETTLE)
                if scan is not None and any(e.code not in GRAMMAR_SAFE for e in scan.errors):
                    continue
                any_whole = True
                before = len(self.findings)
                if scan is not None:
                    self.document(layer.data, scan, below, (*provenance, "json"), depth + 1)
                self._layer_finding(layer.name, layer.data, place, provenance, before)
                break
            before = len(self.findings)
            self.decoded(layer.data, below, inner, depth + 1)
            if not layer.tentative:
                any_whole = any_whole or layer.span is None
                self._layer_finding(layer.name, layer.data, place, provenance, before)
            else:
                inside = {(f.kind, f.rule) for f in self.findings[before:] if f.severity > Severity.INFO}
                # where a URL goes to does not change by its escapes
                if any(kind == Kind.DESTINATION for kind, _ in inside):
                    said = [f for f in self.findings[:before] if f.kind == Kind.DESTINATION and place.holds(f.span)]
                    inside -= {(f.kind, f.rule) for f in said}
                if inside:
                    self._layer_finding(layer.name, layer.data, place, provenance, before)
                else:
                    del self.findings[before:]
        return any_whole

    def _layer_finding(self, name: str, data: bytes, place: _Place, provenance: tuple[str, ...], before: int) -> None:
        """A layer in which something was found, since there were ``before`` findings; any, where they are asked for."""
        if len(self.findings) == before and not self._engine.show_layers:
            return
        if 2 * len(self.findings) >= self._engine.limits.max_findings:
            return  # what says nothing by itself must not take the room of what does
        self._add(
            kind=Kind.LAYER,
            rule=f"layer.{name}",
            severity=Severity.INFO,
            spans=place.locate((0, len(self._payload))),
            provenance=provenance,
            in_key=place.in_key,
            candidates=(Candidate(data, (name,), 1.0),),
        )

    def _yara(
        self,
        data: bytes | memoryview,
        place: _Place,
        provenance: tuple[str, ...],
        *,
        escaped: bool,
    ) -> None:
        """YARA over the bytes, and once more over their unescaped text where that differs."""
        if self._budget.late("yara"):
            return
        begun = time.monotonic()
        yara = self._engine.yara
        yara.compile()
        self._budget.grant(time.monotonic() - begun)
        views: list[tuple[bytes, OffsetMap]] = [(bytes(data), OffsetMap([(0, 0), (len(data), len(data))]))]
        if escaped:
            view = text_view(data, self._all_tokens(data, "yara"))
            views.append((view.text, view.offsets))
        seen: set[str] = set()
        for text, offsets in views:
            if not self._budget.works(LAYER + YARA * len(text)):
                return
            matches, skipped = yara.match(text, timeout=self._budget.seconds_left, decoded=bool(provenance))
            for skip in skipped:
                self._budget.skip(*skip)
            for match in matches:
                if match.rule in seen:
                    continue
                seen.add(match.rule)
                reason = match.meta.get("description")
                self._add(
                    kind=Kind.YARA,
                    rule=match.rule,
                    severity=match.severity,
                    spans=place.locate(offsets.span(match.start, match.end)),
                    reasons=(str(reason),) if reason else (),
                    provenance=provenance,
                    in_key=place.in_key,
                )

    # --- the outcome ---------------------------------------------------------------------------------------------

    def _add(self, **attributes: Any) -> None:
        self._keep(Finding(origin=self._document, **attributes))

    def _keep(self, finding: Finding) -> None:
        if self._full():
            return
        self.findings.append(finding)
        if self._first_match and self._counts(finding) and self._decided(finding) > Action.ALLOW:
            raise FirstMatch

    def _full(self) -> bool:
        """Whether a finding more would be dropped: then there is no use in looking for one."""
        if len(self.findings) < self._engine.limits.max_findings:
            return False
        self._budget.skip("findings", f"more than max_findings ({self._engine.limits.max_findings})")
        return True

    def _decided(self, finding: Finding) -> Action:
        return self._engine.ruler.decide((finding,), (), self._context, cut_short=True).action

    def _counts(self, finding: Finding) -> bool:
        """Whether the lists leave a finding as it is; what they count is counted in the end."""
        lists = self._engine.lists
        if lists is None:
            return True
        before = self._allowed
        kept = self._listed(lists, [finding])
        self._allowed = before
        return bool(kept) and kept[0] is finding


def is_jose(payload: bytes | memoryview) -> bool:
    """Whether a payload is a JSON Web Signature in its JSON form (RFC 7515 section 7.2)."""
    if bytes(payload[:64]).lstrip()[:1] != b"{":
        return False
    import orjson

    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return False
    return isinstance(document, dict) and "payload" in document and not document.keys().isdisjoint(_JWS)


def _confidence(report: covert.ChannelReport) -> float:
    priced = min(1.0, 0.5 * report.bits / report.threshold) if report.threshold else 1.0
    likeliest = max((c.score for c in report.candidates), default=0.0)
    return likeliest if likeliest >= 0.5 or not report.found else max(likeliest, priced)


def _encodings(data: bytes) -> Iterable[str]:
    """Encodings to try, by byte order mark, then by where the NULs of ASCII stand."""
    if data[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        yield "utf-32"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield "utf-16"
    zeros = tuple(byte == 0 for byte in data[:4])
    if zeros[:2] == (True, True):
        yield "utf-32-be"
    elif zeros[1:4] == (True, True, True):
        yield "utf-32-le"
    elif zeros[:1] == (True,):
        yield "utf-16-be"
    else:
        yield "utf-16-le"
