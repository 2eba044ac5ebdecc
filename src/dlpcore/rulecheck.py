"""Checks a rule set as a whole: examples, negatives, every engine, anchors, tags, and what each rule costs."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .engines.anchors_reference import triggered
from .engines.compiled import compile_pattern, linear
from .engines.pattern import Match, PatternEngine
from .engines.subjects_reference import subjects, text_subject
from .engines.yara import YaraEngine
from .errors import RuleError
from .rules.compliance import TAGS
from .rules.schema import Example, Note, Rule, RuleSet, YaraSource
from .rules.yara_gate import read_gates
from .views import Subject

__all__ = ["Price", "Problem", "Report", "check"]

#: Examples, and negative examples, that a rule needs at the least.
MIN_EXAMPLES = 3
#: Text over which an ungated rule is timed: what a rule that matches nothing costs on ordinary text.
_SAMPLE = b'{"id":184467,"name":"Jane","url":"https://example.com/a/b?c=d","note":"the quick brown fox, 12:30"}\n' * 64
_ROUNDS = 5
#: Seconds for one rule on the sample: a pattern that stalls on ordinary text is shown with that price.
_PATIENCE = 1.0
_Engine: TypeAlias = Literal["re", "regex", "re2"]
_ENGINES: tuple[_Engine, ...] = ("re", "regex", "re2")
#: Rules from here must prove themselves; the formats of others have no examples.
_WITH_EXAMPLES = ("builtin", "user")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a rule. ``rule`` is its id (a YARA file's name), ``file`` and ``line`` where to look."""

    rule: str
    message: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What a rule costs.

    Attributes:
        rule: its id; ``kind`` is ``"pattern"`` or ``"yara"``.
        ns_per_kb: nanoseconds for each KB of text that it is tried on, measured here and now on text where it finds
            nothing. A rule with a gate pays it only where the gate opens; one without, on everything.
        gate: what must have been seen before it is tried: ``"literals"``, ``"shapes"`` and ``"words"``, joined by
            ``+``; empty for nothing.
        literals: the literals among them, as text.
        engine: what runs it: ``"re"``, ``"regex"``, ``"re2"`` or ``"yara"``.
        linear: whether its time is linear in the text whatever the text is, because RE2 can run it; ``None`` for YARA
            and where RE2 is not installed.
        opens: whether its gate opens on that ordinary text, so that it is tried on nearly everything all the same.
    """

    rule: str
    kind: str
    ns_per_kb: float
    gate: str = ""
    literals: tuple[str, ...] = ()
    engine: str = ""
    linear: bool | None = None
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of :func:`check`.

    Attributes:
        rules: sensitive-data rules checked; ``yara`` YARA rules; ``examples`` examples of both kinds tried.
        engines: the engines that the examples were tried in.
        problems: what is wrong, in the order of the rules; empty if all is well.
        prices: what each rule costs that did not come with dlpcore, and each that nothing gates.
        notes: what was not carried over from files of foreign rules.
    """

    rules: int
    yara: int
    examples: int
    engines: tuple[str, ...]
    problems: tuple[Problem, ...]
    prices: tuple[Price, ...]
    notes: tuple[Note, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong. An ungated rule is not wrong, only dear."""
        return not self.problems

    @property
    def ungated(self) -> tuple[Price, ...]:
        """The rules that are tried on everything."""
        return tuple(price for price in self.prices if not price.gate)


def check(ruleset: RuleSet) -> Report:
    """Checks every rule of ``ruleset``. Pure but for a clock, which the prices need."""
    problems = [*_check_set(ruleset)]
    engines = {name: PatternEngine(ruleset.rules, force=name) for name in _ENGINES}
    re2 = linear("a") is not None
    for rule in ruleset.rules:
        problems += _check_rule(rule, engines, re2=re2)
    for source in ruleset.yara:
        problems += _check_yara(source)
    problems += _compile_together(ruleset)
    return Report(
        rules=len(ruleset.rules),
        yara=sum(len(read_gates(source.text)) for source in ruleset.yara),
        examples=sum(len(rule.examples) + len(rule.negatives) for rule in ruleset.rules)
        + sum(len(source.examples) + len(source.negatives) for source in ruleset.yara),
        engines=("re", "regex", "yara", *(("re2",) if re2 else ())),
        problems=tuple(problems),
        prices=tuple(_prices(ruleset)),
        notes=ruleset.notes,
    )


def _check_set(ruleset: RuleSet) -> Iterator[Problem]:
    seen: set[str] = set()
    for rule in ruleset.rules:
        if rule.id in seen:
            yield Problem(rule.id, "the id is used twice", rule.file)
        seen.add(rule.id)
    names: set[str] = set()
    for source in ruleset.yara:
        for gate in read_gates(source.text):
            if gate.rule in names:
                yield Problem(gate.rule, "the YARA rule name is used twice", source.file)
            names.add(gate.rule)


def _check_rule(rule: Rule, engines: Mapping[_Engine, PatternEngine], *, re2: bool) -> Iterator[Problem]:
    if rule.origin in _WITH_EXAMPLES:
        yield from _check_counts(rule.id, rule)
    for tag in rule.compliance:
        if tag not in TAGS:
            yield Problem(rule.id, f"the compliance tag {tag!r} is not in the closed list", rule.file)
    # A pattern that uses features of regex is tried there alone; a plain one must mean the same in both.
    names: list[_Engine] = ["regex"] if rule.engine == "regex" else ["re", "regex"]
    if re2 and _both_kinds(rule) and linear(rule.pattern):
        names.append("re2")
    for example, wanted in _both(rule):
        try:
            looked_at = list(_subjects(example))
        except ValueError:
            yield Problem(rule.id, "the example is not JSON", rule.file, example.line)
            continue
        found = {name: _find(engines[name], rule, looked_at) for name in names}
        if len({tuple(each) for each in found.values()}) > 1:
            yield Problem(rule.id, f"{' and '.join(names)} disagree about an example", rule.file, example.line)
        hits = found[names[0]]
        if wanted:
            yield from _check_example(rule, example, hits, looked_at)
        elif hits:
            yield Problem(rule.id, "a negative example is found", rule.file, example.line)


def _check_counts(name: str, rule: Rule | YaraSource) -> Iterator[Problem]:
    for what, examples in (("examples", rule.examples), ("negative examples", rule.negatives)):
        if len(examples) < MIN_EXAMPLES:
            yield Problem(name, f"has {len(examples)} {what}; {MIN_EXAMPLES} are needed", rule.file)


def _both_kinds(rule: Rule) -> bool:
    return bool(rule.examples or rule.negatives)


def _both(rule: Rule | YaraSource) -> Iterator[tuple[Example, bool]]:
    yield from ((example, True) for example in rule.examples)
    yield from ((example, False) for example in rule.negatives)


def _subjects(example: Example) -> Iterator[Subject]:
    if example.form == "json":
        yield from subjects(example.data)
    else:
        # A text stands for a string of a document and for a payload that is not JSON: a rule must see both.
        yield Subject(example.data, "string")
        yield text_subject(example.data)


Hit = tuple[int, int, int]


def _find(engine: PatternEngine, rule: Rule, looked_at: Sequence[Subject]) -> list[Hit]:
    """What ``rule`` finds, as (index of the subject, start, end)."""
    hits: list[Hit] = []
    for index, subject in enumerate(looked_at):
        matches: list[Match] = engine.match(subject, [rule])[0]
        hits += [(index, match.start, match.end) for match in matches]
    return hits


def _check_example(rule: Rule, example: Example, hits: list[Hit], looked_at: list[Subject]) -> Iterator[Problem]:
    good = [
        index
        for index, start, end in hits
        if looked_at[index].text[start:end] == (looked_at[index].text if example.find is None else example.find)
    ]
    if not good:
        what = "with another span" if hits else "at all"
        yield Problem(rule.id, f"an example is not found {what}", rule.file, example.line)
    elif example.form == "text":
        # The string and the text: each kind of subject that the rule aims at.
        for index, subject in enumerate(looked_at):
            if subject.kind in rule.targets and index not in good:
                yield Problem(rule.id, f"an example is not found as a {subject.kind}", rule.file, example.line)
    for index in good:
        if not triggered(rule.anchor, looked_at[index]):
            yield Problem(
                rule.id, "an example does not trigger the anchor: it would be missed", rule.file, example.line
            )
            break


def _check_yara(source: YaraSource) -> Iterator[Problem]:
    yield from _check_counts(source.name, source)
    engine = YaraEngine([source])
    try:
        engine.compile()
    except RuleError as error:
        yield Problem(source.name, error.message, source.file, error.line)
        return
    gates = {gate.rule: gate for gate in engine.gates}
    matched: set[str] = set()
    for example, wanted in _both(source):
        found = set()
        for decoded in (False, True):
            found |= {match.rule for match in engine.match(example.data, decoded=decoded)[0]}
        if wanted and not found:
            yield Problem(source.name, "an example is not found", source.file, example.line)
        if not wanted and found:
            yield Problem(source.name, "a negative example is found", source.file, example.line)
        for name in found:
            gate = gates[name]
            lowered = example.data.lower()
            seen = (literal in (lowered if nocase else example.data) for literal, nocase in gate.literals)
            if not gate.always and not any(seen):
                yield Problem(
                    name, "an example does not trigger the gate: it would be missed", source.file, example.line
                )
        matched |= found if wanted else set()
    for name in gates.keys() - matched:
        yield Problem(name, "no example is found by this rule", source.file)


def _compile_together(ruleset: RuleSet) -> Iterator[Problem]:
    try:
        YaraEngine(ruleset.yara).compile()
    except RuleError as error:
        yield Problem("yara", error.message, error.file, error.line)


def _prices(ruleset: RuleSet) -> Iterator[Price]:
    for rule in ruleset.rules:
        if rule.anchor.always or rule.origin != "builtin":
            yield _price(rule)
    for source in ruleset.yara:
        scanner = YaraEngine([source])
        if source.origin == "builtin" and not any(gate.always for gate in scanner.gates):
            continue
        try:
            each = _timed(functools.partial(scanner.match, _SAMPLE)) / max(1, len(scanner.gates))
        except RuleError:
            continue  # said already, as a problem
        for gate in scanner.gates:
            if gate.always or source.origin != "builtin":
                seen = any(_seen(literal, nocase) for literal, nocase in gate.literals)
                texts = tuple(literal.decode("utf-8", "backslashreplace") for literal, _ in gate.literals)
                yield Price(gate.rule, "yara", each, "" if gate.always else "literals", texts, "yara", None, seen)


def _price(rule: Rule) -> Price:
    anchor = rule.anchor
    parts = (("literals", anchor.literals), ("shapes", anchor.shapes), ("words", anchor.words))
    subject = Subject(_SAMPLE, next(iter(sorted(rule.targets))), ())
    return Price(
        rule.id,
        "pattern",
        _timed(functools.partial(PatternEngine([rule]).match, subject, timeout=_PATIENCE)),
        "" if anchor.always else "+".join(name for name, value in parts if value),
        tuple(literal.decode("utf-8", "backslashreplace") for literal, _ in anchor.literals),
        compile_pattern(rule.pattern, rule.engine).engine,
        linear(rule.pattern),
        anchor.always or any(_seen(literal, nocase) for literal, nocase in anchor.literals),
    )


def _seen(literal: bytes, nocase: bool) -> bool:
    return literal in (_SAMPLE.lower() if nocase else _SAMPLE)


def _timed(run: Callable[[], object]) -> float:
    """Nanoseconds for each KB of the sample; the best of some rounds, after one that compiles."""
    run()
    best = float("inf")
    for _ in range(_ROUNDS):
        begun = time.perf_counter_ns()
        run()
        best = min(best, time.perf_counter_ns() - begun)
    return best / (len(_SAMPLE) / 1024)
