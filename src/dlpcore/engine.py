"""What an inspector compiled, once: read by every inspection, changed by none.

Clean traffic needs the prefilter and nothing else. So what a suspicious payload asks for, the policy's rules, the
patterns and YARA, is made when the first one comes. What a caller passed in was read and found right by then.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .engines.anchors import Anchors
from .model import Limits, Recognizer
from .policy.known import READY
from .rules import pack
from .rules.tables import compiled

if TYPE_CHECKING:
    from .engines.lists import ListEngine
    from .engines.pattern import PatternEngine
    from .engines.recognizers import RecognizerEngine
    from .engines.yara import YaraEngine
    from .policy import Policy, Ruler
    from .rules import RuleSet
    from .rules.lists import Lists

__all__ = ["Engine", "compile_engine"]


class Engine:
    """Rules, policy and lists, ready to inspect. Immutable but for parts that are made when first asked for, each of
    which two threads may both make.

    Attributes:
        key: secret of the fingerprints.
        limits: bounds on each inspection.
        anchors: the prefilter, and what its triggers call.
        lists: allow and deny lists, if there are any.
        recognizers: those of the caller, if there are any.
        show_allowed: whether findings that a list allows are kept.
        show_layers: whether a layer is a finding even where nothing was found in it.
        canonical: whether every payload leaves in canonical form.
        always: whether something looks at every payload, whatever the prefilter saw.
    """

    def __init__(
        self,
        key: bytes,
        limits: Limits,
        anchors: Anchors,
        policy: Policy | str,
        rules: RuleSet | None,
        *,
        lists: ListEngine | None = None,
        recognizers: RecognizerEngine | None = None,
        show_allowed: bool = False,
        show_layers: bool = False,
    ) -> None:
        """``policy``: one that was read, or the name of a ready one; ``rules``: ``None`` for the built-in ones."""
        self.key = key
        self.limits = limits
        self.anchors = anchors
        self.lists = lists
        self.recognizers = recognizers
        self.show_allowed = show_allowed
        self.show_layers = show_layers
        self.canonical = READY[policy] if isinstance(policy, str) else policy.canonical
        self.always = anchors.always or recognizers is not None
        if self.always or show_layers:
            anchors.prefilter.call_every_layer()
        self._policy = policy
        self._rules = rules

    @functools.cached_property
    def rules(self) -> RuleSet:
        """The rules in use, without those of lists."""
        if self._rules is not None:
            return self._rules
        from .rules import builtin

        return builtin(examples=False)

    @functools.cached_property
    def ruler(self) -> Ruler:
        """The policy, compiled."""
        from .policy import Ruler, named

        return Ruler(named(self._policy))

    @property
    def policy(self) -> Policy:
        """The policy in use."""
        return self.ruler.policy

    @functools.cached_property
    def patterns(self) -> PatternEngine:
        """Tries the rules that the anchors call."""
        from .engines.pattern import PatternEngine

        return PatternEngine()

    @functools.cached_property
    def yara(self) -> YaraEngine:
        """The YARA rules."""
        from .engines.yara import YaraEngine

        prepared = pack.read() if self._rules is None else None
        return YaraEngine(self.rules.yara if prepared is None else prepared.yara())

    @functools.cached_property
    def patient(self) -> Engine:
        """The same without a bound on time or work: whoever edits, waits until what was written is checked."""
        limits = dataclasses.replace(self.limits, deadline=None, max_work=None)
        result = Engine(
            self.key,
            limits,
            self.anchors,
            self._policy,
            self._rules,
            lists=self.lists,
            recognizers=self.recognizers,
            show_allowed=self.show_allowed,
            show_layers=self.show_layers,
        )
        for name in ("ruler", "patterns", "yara"):
            result.__dict__[name] = getattr(self, name)
        return result


def compile_engine(
    rules: RuleSet | str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None,
    policy: str | os.PathLike[str] | Policy,
    limits: Limits,
    key: bytes | None,
    *,
    lists: Lists | str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    show_allowed: bool = False,
    show_layers: bool = False,
    recognizers: Sequence[Recognizer] = (),
) -> Engine:
    """The engine of an inspector; what :class:`dlpcore.Inspector` takes and raises, this takes and raises."""
    ruleset = None if rules is None else _rules(rules)
    listed = _lists(lists, key)
    seeing = _recognizers(recognizers)
    if not (isinstance(policy, str) and policy in READY):  # the ready ones are sound
        policy = _policy(policy, ruleset, listed, recognizers)
    if ruleset is None and listed is None and (prepared := pack.read()) is not None:
        anchors = Anchors(prepared.tables, prepared.rule, limits)
    else:
        anchors = _anchors(ruleset, listed, limits)
    key = key if key is not None else os.urandom(32)
    return Engine(
        key,
        limits,
        anchors,
        policy,
        ruleset,
        lists=listed,
        recognizers=seeing,
        show_allowed=show_allowed,
        show_layers=show_layers,
    )


def _rules(rules: RuleSet | str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> RuleSet:
    from .rules import RuleSet, load

    if isinstance(rules, RuleSet):
        return rules
    return load(rules) if isinstance(rules, (str, os.PathLike)) else load(*rules)


def _lists(
    lists: Lists | str | os.PathLike[str] | Sequence[str | os.PathLike[str]], key: bytes | None
) -> ListEngine | None:
    if isinstance(lists, Sequence) and not lists:
        return None
    from .engines.lists import ListEngine
    from .rules.lists import Lists, load_lists

    if isinstance(lists, Lists):
        return ListEngine(Lists() + lists, key)
    return ListEngine(load_lists(lists) if isinstance(lists, (str, os.PathLike)) else load_lists(*lists), key)


def _recognizers(recognizers: Sequence[Recognizer]) -> RecognizerEngine | None:
    if not recognizers:
        return None
    from .engines.recognizers import RecognizerEngine

    return RecognizerEngine(recognizers)


def _policy(
    policy: str | os.PathLike[str] | Policy,
    rules: RuleSet | None,
    lists: ListEngine | None,
    recognizers: Sequence[Recognizer],
) -> Policy:
    """The policy, known to be sound for these rules."""
    from .policy import Ruler, check, named, vocabulary
    from .rules import builtin

    result = named(policy)
    own = builtin(examples=False)
    sets = (own,) if rules is None else (rules, own)
    names = () if lists is None else lists.names
    check(result, vocabulary(*sets, lists=names, recognizers=[each.name for each in recognizers]))
    Ruler(result)  # a pattern or an expression of it may be wrong, or need what is not installed
    return result


def _anchors(rules: RuleSet | None, lists: ListEngine | None, limits: Limits) -> Anchors:
    """The anchors of rules that were read just now, or that lists add to."""
    from .rules import builtin
    from .rules.yara_gate import read_gates

    chosen = builtin(examples=False) if rules is None else rules
    patterns = (*chosen.rules, *(() if lists is None else lists.rules))
    gates = [gate for source in chosen.yara for gate in read_gates(source.text)]
    if lists is None:
        return Anchors(compiled(patterns, gates), patterns.__getitem__, limits)
    tables = compiled(patterns, gates, names=lists.field_literals, lengths=lists.lengths)
    always, by_length = lists.fields_always, bool(lists.lengths)
    return Anchors(tables, patterns.__getitem__, limits, by_length=by_length, fields_always=always)
