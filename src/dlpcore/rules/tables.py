"""What the native prefilter looks for on behalf of rules, and which rules each of its triggers calls: as flat data.

Everything is computed from rules alone and kept as bytes, so that the tables of the built-in rules can be made when the
package is built and handed to the native code as they are (:mod:`.pack`).
"""

from __future__ import annotations

import codecs
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from .demand import Demand
    from .literals import Literal
    from .schema import Rule
    from .yara_gate import Gate

__all__ = ["LAYER", "WHOLE", "Shape", "Tables", "compiled"]

#: Shape of an encoded layer, which is always looked for: layers have no rule of their own.
LAYER: Final = "layer"
#: Targets that are looked at as a whole, so that no token needs to be marked for them.
WHOLE: Final = frozenset({"document", "text"})
_ALWAYS: Final = "always"
#: Flags of a literal beside case: it matters across strings too; only where a word starts, or where one ends.
_ACROSS, _STARTS_WORD, _ENDS_WORD = 2, 4, 8


class Shape(NamedTuple):
    """A shape that the native pass knows: what texts must be made of for it to count, and the rules that it calls."""

    name: str
    demands: bytes
    rules: bytes


class Tables(NamedTuple):
    """Triggers and what they call. Numbers are unsigned, 4 bytes each, in the byte order of the machine.

    A list of things of different lengths is one run of bytes and the offset of each thing, with that of the end.

    Attributes:
        shapes: those that are looked for.
        literals, literal_offsets: sorted; offsets in bytes.
        flags: a byte for each literal: 1, case is ignored; 2, it matters across strings too; 4 and 8, only where a word
            starts, or where one ends.
        words, word_offsets: context words without their separators, sorted; offsets in bytes.
        demands, demand_offsets: of each literal, then of each word (:class:`.demand.Demand`); offsets in demands.
        code, code_offsets, sets: the programs of the rules (:mod:`.programs`), offsets in numbers; 32 bytes a set.
        rules, rule_offsets: positions of the rules that each literal, then each word, calls; offsets in numbers.
        gating, turned, named: indexes of the literals of YARA rules, of those that are written backwards or rotated,
            and of those that name a denied field.
        document_always: positions of the rules on whole documents that nothing gates.
        yara_always: whether some YARA rule has no literal that gates it, so that every text must be scanned.
    """

    shapes: tuple[Shape, ...]
    literals: bytes
    literal_offsets: bytes
    flags: bytes
    words: bytes
    word_offsets: bytes
    demands: bytes
    demand_offsets: bytes
    code: bytes
    code_offsets: bytes
    sets: bytes
    rules: bytes
    rule_offsets: bytes
    gating: tuple[int, ...]
    turned: tuple[int, ...]
    named: tuple[int, ...]
    document_always: tuple[int, ...]
    yara_always: bool


def compiled(
    rules: Sequence[Rule],
    gates: Iterable[Gate] = (),
    *,
    names: Iterable[Literal] = (),
    lengths: Collection[int] = (),
) -> Tables:
    """The tables of these rules, whose positions in the sequence are the numbers that the tables name.

    Args:
        gates: of YARA rules.
        names: of denied fields.
        lengths: of denied values, in bytes.
    """
    from .bounds import starts_words
    from .demand import of_literal, of_rule, of_turned, read
    from .programs import merged

    by_shape: dict[str, list[int]] = {LAYER: []}
    by_literal: dict[Literal, list[int]] = {}
    by_word: dict[bytes, list[int]] = {}
    for number, rule in enumerate(rules):
        anchor = rule.anchor
        for shape in anchor.shapes:
            by_shape.setdefault(shape, []).append(number)
        for literal in anchor.literals:
            by_literal.setdefault(literal, []).append(number)
        for word in anchor.words:
            by_word.setdefault(word.replace("_", "").encode(), []).append(number)
        if anchor.always and not rule.targets <= WHOLE:
            by_shape.setdefault(_ALWAYS, []).append(number)
    if lengths:
        by_shape.setdefault(_ALWAYS, [])
    yara_always = False
    gating: set[Literal] = set()
    for gate in gates:
        yara_always = yara_always or gate.always
        gating.update(gate.literals)
    secret = {literal for rule in rules if rule.family == "secrets" for literal in rule.anchor.literals}
    named = set(names)
    begins = [starts_words(rule, read(rule).openings) for rule in rules]
    starting = {each for each, called in by_literal.items() if all(begins[number] for number in called)}
    starting -= {*gating, *named}
    turned: dict[Literal, int] = {}
    of_turns: dict[Literal, set[Literal]] = {}
    for plain, nocase in secret:
        for text, edge in _turned(plain):
            of_turns.setdefault((text, nocase), set()).add((plain, nocase))
            bound = edge if (plain, nocase) in starting else 0
            turned[text, nocase] = turned.get((text, nocase), bound) & bound
    for known in (*by_literal, *gating):
        turned.pop(known, None)
    literals = sorted({*by_literal, *gating, *turned, *named})
    words = sorted(by_word)

    def by_itself(number: int, demand: Demand) -> Demand:
        """The rest of what a rule of documents matches may stand in other tokens."""
        return demand if "document" in rules[number].targets else demand._replace(rule=number + 1)

    of_rules = [by_itself(number, of_rule(rule)) for number, rule in enumerate(rules)]
    of_literals: dict[int, Demand] = {}

    def at_literal(number: int) -> Demand:
        if number not in of_literals:
            of_literals[number] = by_itself(number, of_literal(rules[number]))
        return of_literals[number]

    def demanded(called: Iterable[int], of: Callable[[int], Demand] = of_rules.__getitem__) -> list[Demand]:
        return sorted({of(number) for number in called})

    def of_shape(name: str, called: list[int]) -> Shape:
        asked = demanded(called)
        if name == _ALWAYS:
            asked = sorted({*asked, *(bounds for length in lengths for bounds in _of_length(length))})
        return Shape(name, _rows(asked), array("I", called).tobytes())

    def wanted(each: Literal) -> list[Demand]:
        if each in gating or each in named:
            return []  # a literal of YARA, or a field's name, is wanted whatever stands around it
        if each in turned:
            return sorted({of_turned(rules[number]) for back in of_turns[each] for number in by_literal[back]})
        return demanded(by_literal[each], at_literal)

    demands = [wanted(each) for each in literals]
    demands += [demanded(by_word[word]) for word in words]
    calls = [by_literal.get(literal, []) for literal in literals] + [by_word[word] for word in words]
    codes, sets = merged(read(rule).program for rule in rules)
    raw = gating | {each for each, those in by_literal.items() if any("document" in rules[n].targets for n in those)}
    return Tables(
        shapes=tuple(of_shape(name, by_shape[name]) for name in sorted(by_shape)),
        literals=b"".join(text for text, _ in literals),
        literal_offsets=_offsets(len(text) for text, _ in literals),
        flags=bytes(
            each[1] | (_ACROSS if each in raw else 0) | (_STARTS_WORD if each in starting else turned.get(each, 0))
            for each in literals
        ),
        words=b"".join(words),
        word_offsets=_offsets(map(len, words)),
        demands=b"".join(map(_rows, demands)),
        demand_offsets=_offsets(map(len, demands)),
        code=b"".join(array("I", each).tobytes() for each in codes),
        code_offsets=_offsets(map(len, codes)),
        sets=b"".join(sets),
        rules=b"".join(array("I", each).tobytes() for each in calls),
        rule_offsets=_offsets(map(len, calls)),
        gating=tuple(i for i, literal in enumerate(literals) if literal in gating),
        turned=tuple(i for i, literal in enumerate(literals) if literal in turned),
        named=tuple(i for i, literal in enumerate(literals) if literal in named),
        document_always=tuple(
            number for number, rule in enumerate(rules) if rule.anchor.always and rule.targets <= WHOLE
        ),
        yara_always=yara_always,
    )


def _offsets(lengths: Iterable[int]) -> bytes:
    return array("I", accumulate(lengths, initial=0)).tobytes()


def _rows(demands: Iterable[Demand]) -> bytes:
    """Each as a ``dlp_demand``: its fields in their order."""
    return b"".join(array("I", map(int, each)).tobytes() for each in demands)


def _of_length(length: int) -> Iterator[Demand]:
    """Texts of this length; and those of so many digits with what people put between them, which is not hashed."""
    from .demand import Demand

    yield Demand(length=length, most=length)
    if length >= 6:
        yield Demand(length=length + 1, digits=length, most=2 * length + 2)


def _turned(literal: bytes) -> tuple[tuple[bytes, int], ...]:
    """A literal backwards, and rotated; with the edge of a word that it has if the literal starts one."""
    if len(literal) < 4:
        return ()
    rotated = codecs.encode(literal.decode("latin-1"), "rot13").encode("latin-1")
    return (literal[::-1], _ENDS_WORD), (rotated, _STARTS_WORD)
