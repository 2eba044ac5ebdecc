"""The anchors of all rules, compiled into the native prefilter; and the way back from a trigger to its rules."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence

from .. import _native
from ..model import Limits
from ..rules import Rule
from ..rules.demand import Demand, of_literal, of_rule
from .lists import ListEngine
from .yara import Gate

__all__ = ["Anchors"]

#: Shapes that are always looked for: layers have no rule of their own.
_BUILT_IN = ("layer",)
#: Targets that are looked at as a whole, so that no token needs to be marked for them.
_WHOLE = frozenset({"document", "text"})


class Anchors:
    """Which rules a hit of the prefilter calls. Immutable, thread-safe.

    Attributes:
        prefilter: the compiled literals, words and shapes.
        yara_always: whether some YARA rule has no literal that gates it, so that every text must be scanned.
        document_always: the rules on whole documents that nothing gates.
        fields_always: whether a denied field has no name that could be looked for.
    """

    __slots__ = (
        "_fields",
        "_layer",
        "_rules",
        "_turned",
        "_values",
        "_yara",
        "document_always",
        "fields_always",
        "prefilter",
        "yara_always",
    )

    def __init__(
        self, rules: Sequence[Rule], gates: Iterable[Gate], limits: Limits, lists: ListEngine | None = None
    ) -> None:
        by_shape: dict[str, list[Rule]] = {}
        by_literal: dict[tuple[bytes, bool], list[Rule]] = {}
        by_word: dict[bytes, list[Rule]] = {}
        self.document_always = tuple(rule for rule in rules if rule.anchor.always and rule.targets <= _WHOLE)
        for rule in rules:
            anchor = rule.anchor
            for shape in anchor.shapes:
                by_shape.setdefault(shape, []).append(rule)
            for literal in anchor.literals:
                by_literal.setdefault(literal, []).append(rule)
            for word in anchor.words:
                by_word.setdefault(word.replace("_", "").encode(), []).append(rule)
            if anchor.always and not rule.targets <= _WHOLE:
                by_shape.setdefault("always", []).append(rule)
        gated: set[tuple[bytes, bool]] = set()
        self.yara_always = False
        for gate in gates:
            self.yara_always = self.yara_always or gate.always
            gated.update(gate.literals)
        secret = {literal for rule in rules if rule.family == "secrets" for literal in rule.anchor.literals}
        turned = {(text, nocase) for literal, nocase in secret for text in _turned(literal)} - {*by_literal, *gated}
        named = set(lists.field_literals) if lists else set()
        self.fields_always = bool(lists and lists.fields_always)
        lengths = lists.lengths if lists else frozenset()
        literals = sorted({*by_literal, *gated, *turned, *named})
        words = sorted(by_word)
        shapes = sorted({*by_shape, *_BUILT_IN, *(("always",) if lengths else ())})
        table: list[tuple[Rule, ...]] = [tuple(by_shape.get(shape, ())) for shape in _native.SHAPES]
        table += [tuple(by_literal.get(literal, ())) for literal in literals]
        table += [tuple(by_word[word]) for word in words]
        self._rules = tuple(table)
        first = len(_native.SHAPES)
        asked: list[set[Demand]] = [{of_rule(rule) for rule in called} for called in table]
        for i, literal in enumerate(literals):
            # A literal of YARA, or a turned one, is wanted whatever stands around it.
            free = literal in gated or literal in turned or literal in named
            asked[first + i] = set() if free else {of_literal(rule) for rule in by_literal[literal]}
        always = _native.SHAPES.index("always")
        asked[always] |= {bounds for length in lengths for bounds in _of_length(length)}
        raw = gated | {each for each, rules in by_literal.items() if any("document" in rule.targets for rule in rules)}
        marked = [(literal, nocase | 2 * ((literal, nocase) in raw)) for literal, nocase in literals]
        self.prefilter = _native.Prefilter(
            marked, words, shapes, asked, max_depth=limits.max_depth, max_candidates=limits.max_candidates
        )
        self._yara = frozenset(first + i for i, literal in enumerate(literals) if literal in gated)
        self._turned = frozenset(first + i for i, literal in enumerate(literals) if literal in turned)
        self._fields = frozenset(first + i for i, literal in enumerate(literals) if literal in named)
        self._values = frozenset((always,) if lengths else ())
        self._layer = self._turned | {_native.SHAPES.index("layer")}

    @property
    def always(self) -> bool:
        """Whether something looks at every document, whatever the prefilter saw."""
        return self.yara_always or self.fields_always or bool(self.document_always)

    def rules(self, triggers: Iterable[int]) -> list[Rule]:
        """The rules that any of the triggers calls, each once, in a stable order."""
        called: dict[str, Rule] = {}
        for trigger in triggers:
            for rule in self._rules[trigger]:
                called.setdefault(rule.id, rule)
        return list(called.values())

    def calls_yara(self, triggers: Iterable[int]) -> bool:
        """Whether a required literal of a YARA rule is among the triggers."""
        return not self._yara.isdisjoint(triggers)

    def calls_fields(self, triggers: Iterable[int]) -> bool:
        """Whether a name of a denied field is among the triggers."""
        return not self._fields.isdisjoint(triggers)

    def calls_values(self, triggers: Iterable[int]) -> bool:
        """Whether the text is as long as a denied value."""
        return not self._values.isdisjoint(triggers)

    def calls_only_values(self, triggers: Sequence[int]) -> bool:
        """Whether nothing but its length speaks for the text."""
        return len(triggers) == 1 and triggers[0] in self._values and not self._rules[triggers[0]]

    def calls_layers(self, triggers: Iterable[int]) -> bool:
        """Whether the text may be an encoded layer."""
        return not self._layer.isdisjoint(triggers)

    def calls_turned(self, triggers: Iterable[int]) -> bool:
        """Whether a literal of a rule was seen backwards, or with its letters rotated by thirteen."""
        return not self._turned.isdisjoint(triggers)


def _of_length(length: int) -> Iterator[Demand]:
    """Texts of this length; and those of so many digits with what people put between them, which is not hashed."""
    yield Demand(length=length, most=length)
    if length >= 6:
        yield Demand(length=length + 1, digits=length, most=2 * length + 2)


def _turned(literal: bytes) -> tuple[bytes, ...]:
    if len(literal) < 4:
        return ()
    return literal[::-1], codecs.encode(literal.decode("latin-1"), "rot13").encode("latin-1")
