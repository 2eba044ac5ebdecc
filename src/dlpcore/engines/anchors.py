"""The anchors of all rules, compiled into the native prefilter; and the way back from a trigger to its rules."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .. import _native
from ..model import Limits
from ..rules.tables import Shape, Tables

if TYPE_CHECKING:
    from ..rules import Rule

__all__ = ["Anchors", "Called"]

_LAYER = _native.SHAPES.index("layer")
_ALWAYS = _native.SHAPES.index("always")


class Called(NamedTuple):
    """What the triggers of one token call.

    Attributes:
        rules: each once, in their own order.
        of_kind: those that look at tokens of a kind, in the order of ``_native.KINDS``.
        documents: those that look at the whole document.
        yara: a required literal of a YARA rule is among them.
        fields: so is a name of a denied field.
        values: the text is as long as a denied value; ``only_values``: nothing else speaks for it.
        layers: the text may be an encoded layer.
        turned: a literal of a rule was seen backwards, or with its letters rotated by thirteen.
    """

    rules: tuple[Rule, ...]
    of_kind: tuple[tuple[Rule, ...], ...]
    documents: tuple[Rule, ...]
    yara: bool
    fields: bool
    values: bool
    only_values: bool
    layers: bool
    turned: bool


#: Combinations of triggers that are remembered. An attacker can make many; what comes again fills it again.
_MOST_CALLED, _LONGEST_CALL = 4096, 64


class Anchors:
    """Which rules a hit of the prefilter calls. Immutable but for what it
    remembers, which is safe to fill twice; thread-safe.

    Args:
        tables: of the rules.
        rule: the rule of a position; asked once for each that a trigger calls.
        limits: of depth and candidates.
        by_length: whether values of certain lengths are denied.
        fields_always: whether a denied field has no name that could be looked for.

    Attributes:
        prefilter: the compiled literals, words and shapes.
        yara_always: whether some YARA rule has no literal that gates it, so that every text must be scanned.
        document_always: the rules on whole documents that nothing gates.
        fields_always: as given.
        always: whether something looks at every document, whatever the prefilter saw.
    """

    __slots__ = (
        "_called",
        "_fields",
        "_first_rule",
        "_layer",
        "_numbers",
        "_offsets",
        "_rule",
        "_turned",
        "_values",
        "_yara",
        "always",
        "document_always",
        "fields_always",
        "prefilter",
        "yara_always",
    )

    def __init__(
        self,
        tables: Tables,
        rule: Callable[[int], Rule],
        limits: Limits,
        *,
        by_length: bool = False,
        fields_always: bool = False,
    ) -> None:
        self._called: dict[tuple[int, ...], Called] = {}
        by_name = {shape.name: shape for shape in tables.shapes}
        shapes = [by_name.get(name, Shape(name, b"", b"")) for name in _native.SHAPES]
        self.prefilter = _native.Prefilter.packed(
            tables.literals,
            tables.literal_offsets,
            tables.flags,
            tables.words,
            tables.word_offsets,
            by_name,
            b"".join(shape.demands for shape in shapes) + tables.demands,
            _chained((len(shape.demands) // _native.DEMAND_SIZE for shape in shapes), tables.demand_offsets),
            programs=(tables.code, tables.code_offsets, tables.sets),
            max_depth=limits.max_depth,
            max_candidates=limits.max_candidates,
        )
        self._numbers = memoryview(b"".join(shape.rules for shape in shapes) + tables.rules).cast("I")
        self._offsets = memoryview(_chained((len(shape.rules) // 4 for shape in shapes), tables.rule_offsets)).cast("I")
        self._rule = rule
        self.document_always = tuple(map(rule, tables.document_always))
        self.yara_always = tables.yara_always
        self.fields_always = fields_always
        self.always = self.yara_always or fields_always or bool(self.document_always)
        first = len(shapes)
        self._yara = frozenset(first + i for i in tables.gating)
        self._turned = frozenset(first + i for i in tables.turned)
        self._fields = frozenset(first + i for i in tables.named)
        self._values = frozenset((_ALWAYS,) if by_length else ())
        self._layer = self._turned | {_LAYER}
        self._first_rule = len(self._offsets) - 1

    def _rules_of(self, trigger: int) -> Sequence[int]:
        """The numbers of the rules of one trigger; a rule is its own behind the words."""
        if trigger >= self._first_rule:
            return (trigger - self._first_rule,)
        return self._numbers[self._offsets[trigger] : self._offsets[trigger + 1]]

    def rules(self, triggers: Iterable[int]) -> list[Rule]:
        """The rules that any of the triggers calls, each once, in their own order."""
        return [self._rule(number) for number in sorted({n for each in triggers for n in self._rules_of(each)})]

    def opens(self, triggers: Iterable[int]) -> tuple[bool, bool]:
        """Whether the triggers of a document call for denied fields, and for YARA."""
        seen = set(triggers)
        fields = self.fields_always or not self._fields.isdisjoint(seen)
        return fields, self.yara_always or not self._yara.isdisjoint(seen)

    def called(self, triggers: tuple[int, ...]) -> Called:
        """What the triggers of one token call."""
        if len(triggers) > _LONGEST_CALL:
            triggers = tuple(dict.fromkeys(triggers))
        known = self._called.get(triggers)
        if known is not None:
            return known
        rules = tuple(self.rules(triggers))
        values = not self._values.isdisjoint(triggers)
        found = Called(
            rules,
            tuple(tuple(rule for rule in rules if kind in rule.targets) for kind in _native.KINDS),
            tuple(rule for rule in rules if "document" in rule.targets),
            yara=not self._yara.isdisjoint(triggers),
            fields=not self._fields.isdisjoint(triggers),
            values=values,
            only_values=values and len(triggers) == 1 and not rules,
            layers=not self._layer.isdisjoint(triggers),
            turned=not self._turned.isdisjoint(triggers),
        )
        if len(triggers) <= _LONGEST_CALL:
            if len(self._called) >= _MOST_CALLED:
                self._called.clear()
            self._called[triggers] = found
        return found


def _chained(lengths: Iterable[int], offsets: bytes) -> bytes:
    """Offsets of things of these lengths, then of those that have offsets already."""
    chained = array("I", (0,))
    for length in lengths:
        chained.append(chained[-1] + length)
    before = chained[-1]
    chained.extend(before + offset for offset in memoryview(offsets).cast("I")[1:])
    return chained.tobytes()
