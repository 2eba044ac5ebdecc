"""The pattern engine: rules against subjects, with validators, vetoes and context weighed into a confidence.

Theory of operation. A rule's pattern proposes spans; its validators refuse or strengthen one; its vetoes say what
else one is; the keys on the subject's path and the words beside the span speak for or against it. After a refused
span the search goes on one byte further, so that a false start swallows no true value; since patterns have
bounded length, the work stays linear in the text.
"""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple

from ..model import Skipped
from ..rules.alone import has_form
from ..rules.schema import Rule
from ..rules.words import Vocabulary, grams, split
from ..validators import VALIDATORS, VETOES
from ..validators.published import published
from ..views import Subject, folded
from .compiled import compile_heads, compile_pattern
from .confidence import (
    AGAINST,
    CHANCE_OF,
    COMPANY,
    COMPANY_OF,
    ENCLOSING_KEY,
    OUTER_KEY,
    OWN_KEY,
    STRONG,
    WORD,
    combine,
)
from .filters import Filters

__all__ = ["SHOWN", "Match", "PatternEngine", "Whole", "key_words"]


class Match(NamedTuple):
    """A value that a rule found: half-open byte offsets into the subject's text. No reason holds a byte of it.

    ``named``: a key or a word speaks for it; ``unopposed``: none speaks against it; ``shown``: its vendor shows it to
    everybody.
    """

    rule: Rule
    start: int
    end: int
    confidence: float
    reasons: tuple[str, ...]
    named: bool = False
    unopposed: bool = True
    shown: bool = False


class Whole(NamedTuple):
    """What a rule asks of a plain text that is all one value, at a place of which the keys are known.

    A plain text is short ASCII. The pattern proposes it; the rule's validators, and those of its vetoes that look at a
    value by itself, judge it.

    Attributes:
        search: the pattern's; of its match ``group`` is the value.
        formed: whether a text has a form that needs no name; ``None`` where no form is asked for.
        key: how strongly the keys speak for the rule.
        named: whether they name this very value.
        opposed: whether they speak against it.
        reasons: of a match.
        by_word: only a word beside it could speak for it, and a text without letters holds none.
        by_rest: something else is to be asked, so that only :meth:`PatternEngine.match` knows.
        no_role: its keys are not those of such a value, so that it is none.
    """

    rule: Rule
    search: Any
    group: int
    formed: Callable[[bytes], bool] | None
    key: float
    named: bool
    opposed: bool
    reasons: tuple[str, ...]
    by_word: bool
    by_rest: bool
    no_role: bool


class _Evidence(NamedTuple):
    strength: float = 0.0
    reason: str = ""
    own: bool = False


class _TimeUp(Exception):
    pass


_NO_EVIDENCE = _Evidence()
_ALNUM = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
#: ``name = ``, ``"name": '`` and their like at the end of a text.
_ASSIGNED = re.compile(rb"([A-Za-z0-9_.-]{1,64})[\"'\\\]]{0,4}[ \t]{0,8}(?:=>|:=|==?|:)[ \t]{0,8}[\"'`\\]{0,4}\Z")
#: Own keys that say only that this is the value of what the key around them names: {"passport": {"number": "…"}}.
_HOLDERS = frozenset(
    (b"value", b"val", b"number", b"no", b"num", b"nr", b"raw", b"text", b"content", b"data", b"plain", b"#text", b"$")
)
_SHORT = 256
#: Places where a match may begin after which the time and the work are looked at.
_FEW = 256
#: The reason of a finding that is an example of its vendor.
SHOWN: Final = "its vendor shows it in documentation"
#: Paths of keys that are remembered; few documents have as many.
_MOST_PATHS = 512
_SEPARATOR = re.compile(rb"[ \-./]")
#: Units of work (covert/budget.py): for a byte that a pattern is tried at, one passed by without, a place where it may
#: begin, a match to be judged, and a byte of that.
_SEARCH, _FIND, _BEGUN, _PROPOSED, _JUDGED = 25.0, 6.0, 2_500.0, 10_000.0, 800.0


class PatternEngine:
    """Applies rules to subjects. Immutable and thread-safe; a pattern is compiled when it is first used.

    Args:
        rules: those that :meth:`match` tries where it is given none.
        force: run every pattern with this engine instead of the rule's own (``rules check`` compares them).
    """

    __slots__ = ("_force", "_paths", "_prepared", "rules")

    def __init__(self, rules: Sequence[Rule] = (), *, force: Literal["re", "regex", "re2"] | None = None) -> None:
        self.rules = tuple(rules)
        self._force = force
        self._prepared: dict[str, _Prepared] = {}
        self._paths: dict[tuple[bytes, ...], _Path] = {}

    def match(
        self,
        subject: Subject,
        rules: Iterable[Rule] | None = None,
        *,
        timeout: float | None = None,
        on_compiled: Callable[[float], None] | None = None,
        works: Callable[[float], bool] | None = None,
    ) -> tuple[list[Match], list[Skipped]]:
        """What ``rules`` (default: the engine's) find in ``subject``, in the order of the rules, then of the text.

        Matches of one rule do not overlap; those of different rules may.

        Args:
            timeout: seconds for all of them; a rule that is not done by then is a :class:`Skipped`, with what it found
                dropped. What is compiled when it is first used does not count.
            on_compiled: told how many seconds that took.
            works: told how much work a long text is, and each match of a pattern in one; whether there may be so much.
        """
        matches: list[Match] = []
        skipped: list[Skipped] = []
        kind, text = subject.kind, subject.text
        # In a short text the pattern is asked sooner than the words around it can be cut.
        short = len(text) <= _SHORT
        path: _Path | None = None
        deadline = None if timeout is None else time.monotonic() + timeout
        for rule in self.rules if rules is None else rules:
            if kind not in rule.targets:
                continue
            prepared = self._prepared.get(rule.id)
            if prepared is None or prepared.rule is not rule:
                begun = time.monotonic()
                prepared = self._prepare(rule)
                took = time.monotonic() - begun
                deadline = None if deadline is None else deadline + took
                if on_compiled is not None:
                    on_compiled(took)
            first: Any = None
            if not short and prepared.heads is False:
                begun = time.monotonic()
                prepared.find_heads()
                took = time.monotonic() - begun
                deadline = None if deadline is None else deadline + took
                if on_compiled is not None:
                    on_compiled(took)
            if not short and works is not None and not works(len(text) * (_FIND if prepared.heads else _SEARCH)):
                skipped.append(Skipped(rule.id, "timed out"))
                continue
            if short and prepared.search is not None and (first := prepared.search(text)) is None:
                continue
            if path is None:
                path = self._path(subject.path, subject.names)
            try:
                prepared.match(subject, path, deadline, first, matches, None if short else works)
            except (_TimeUp, TimeoutError):
                skipped.append(Skipped(rule.id, "timed out"))
        return matches, skipped

    def whole(self, rule: Rule, kind: str, keys: tuple[bytes, ...]) -> Whole | None:
        """What a rule asks of texts of a kind at these keys that are all one value; ``None`` where it never matches."""
        return self._prepare(rule).whole(kind, self._path(keys, ()))

    def may_stall(self, rule: Rule) -> bool:
        """Whether the rule's pattern is one that must be given a time to end in."""
        return self._prepare(rule).search is None

    def match_one(self, subject: Subject, rule: Rule) -> list[Match]:
        """What one rule that cannot stall finds, as :meth:`match`, without a limit of time."""
        prepared = self._prepare(rule)
        matches: list[Match] = []
        if subject.kind in rule.targets and (first := prepared.search(subject.text)) is not None:
            prepared.match(subject, self._path(subject.path, subject.names), None, first, matches, None)
        return matches

    def _prepare(self, rule: Rule) -> _Prepared:
        prepared = self._prepared.get(rule.id)
        if prepared is None or prepared.rule is not rule:
            # Two threads may both do this; either result is the same.
            prepared = self._prepared[rule.id] = _Prepared(rule, self._force or rule.engine)
        return prepared

    def _path(self, keys: tuple[bytes, ...], names: tuple[bytes, ...]) -> _Path:
        """What the keys on a path say. They come again from payload to payload, so the last few hundred are kept."""
        if names:  # those are values, which are not kept
            return _Path(keys, names).shares(self._path(keys, ()))
        known = self._paths.get(keys)
        if known is None:
            known = _Path(keys, ())
            if sum(map(len, keys)) <= _SHORT:
                if len(self._paths) >= _MOST_PATHS:
                    self._paths.clear()
                self._paths[keys] = known
        return known


def key_words(key: bytes) -> frozenset[bytes]:
    """Everything a context word could equal in a key, as it is written and as a reader takes it."""
    read = None if key.isascii() else folded(key)
    present = grams(split(key))
    return present if read is None else present | grams(split(read[0]))


class _Path:
    """The words of the keys on a path, and of names beside it, cut once for all rules; what they said to each rule."""

    __slots__ = ("_named", "_words", "keys", "names", "said")

    def __init__(self, keys: tuple[bytes, ...], names: tuple[bytes, ...]) -> None:
        self.keys = keys
        self.names = names
        self.said: dict[str, tuple[_Evidence, str | None]] = {}
        self._words: list[frozenset[bytes]] | None = None
        self._named: list[frozenset[bytes]] | None = None

    @property
    def words(self) -> list[frozenset[bytes]]:
        if self._words is None:
            self._words = [key_words(key) for key in self.keys]
        return self._words

    def shares(self, other: _Path) -> _Path:
        """This, with the words of the same keys that another path has cut."""
        self._words = other.words
        return self

    @property
    def named(self) -> list[frozenset[bytes]]:
        if self._named is None:
            self._named = [key_words(name) for name in self.names]
        return self._named


class _Prepared:
    """A rule with its pattern compiled and its words looked up."""

    __slots__ = (
        "_against",
        "_ahead",
        "_beside",
        "_beside_against",
        "_checks",
        "_filtered",
        "_filters",
        "_groups",
        "_keys",
        "_overlapping",
        "_pattern",
        "_phrases",
        "_reads_beside",
        "_reasons",
        "_roles",
        "_roles_against",
        "_siblings",
        "_timed",
        "_vetoes",
        "_vetoes_inside",
        "heads",
        "rule",
        "search",
    )

    def __init__(self, rule: Rule, engine: str) -> None:
        self.rule = rule
        compiled = compile_pattern(rule.pattern, engine)
        self._timed = compiled.timed
        self._pattern: Any = compiled.pattern
        self.heads: Any = False  # made when the first long text comes
        self.search: Any = None if compiled.timed else compiled.pattern.search
        named = compiled.pattern.groupindex
        # RE2 names its groups in bytes.
        value = named.get("value") or named.get(b"value")
        self._groups: tuple[int, ...] = rule.groups or ((value,) if value else ())
        self._overlapping = rule.overlapping
        self._filters = Filters(rule)
        self._filtered = bool(self._filters)
        validators = [VALIDATORS[name] for name in rule.validators]
        self._checks = tuple(each.check for each in validators)
        self._ahead = tuple(each.ahead for each in validators if each.ahead is not None)
        self._reasons = (f"looks like: {rule.title}", *(f"the value {each.reason}" for each in validators))
        vetoes = [VETOES[name] for name in rule.vetoes]
        self._vetoes = tuple(each.check for each in vetoes)
        self._vetoes_inside = tuple(each.check for each in vetoes if not each.around)
        context = rule.context
        self._keys = Vocabulary(context.keys)
        self._against = Vocabulary(context.keys_against)
        self._beside = Vocabulary(context.words + context.keys)
        self._beside_against = Vocabulary(context.words_against)
        self._siblings = frozenset(name.encode() for name in context.siblings)
        self._roles = frozenset(word.encode() for word in context.roles)
        self._roles_against = frozenset(word.encode() for word in context.roles_against)
        self._phrases = context.phrases
        self._reads_beside = bool(self._beside or self._beside_against or self._phrases)

    def find_heads(self) -> None:
        """Where matches may begin, for long texts."""
        self.heads = compile_heads(self.rule.pattern) if isinstance(self._pattern, re.Pattern) else None

    def whole(self, kind: str, path: _Path) -> Whole | None:
        rule, context = self.rule, self.rule.context
        key, against = path.said.get(rule.id) or self._asked(path)
        unnamed = context.required and not key.strength
        if kind == "number" and unnamed and not context.alone:
            return None
        forms = context.alone if unnamed else ()
        return Whole(
            rule,
            self.search,
            self._groups[0] if self._groups else 0,
            (lambda text: any(has_form(name, text, 0, len(text)) for name in forms)) if forms else None,
            key.strength,
            key.own,
            against is not None,
            self._reasons_of(key, None, against),
            by_word=unnamed and not forms,
            by_rest=not self._is_simple(),
            no_role=bool(context.roles) and not self._has_role(Subject(b"", kind, path.keys), 0, 0),
        )

    def _is_simple(self) -> bool:
        """Whether :class:`Whole` says all that is asked of a text that is all one value."""
        context = self.rule.context
        parser: Any = importlib.import_module("re._parser")
        words = (*context.words, *context.keys)
        return (
            not self._filtered
            and not self._siblings
            and self._overlapping
            and len(self._groups) < 2
            and parser.parse(self.rule.pattern.encode()).getwidth()[0] > 0
            and all(any("a" <= letter <= "z" for letter in word) for word in words)
            and not any(phrase.isascii() for phrase in self._phrases)
        )

    def match(
        self,
        subject: Subject,
        path: _Path,
        deadline: float | None,
        proposed: Any,
        matches: list[Match],
        works: Callable[[float], bool] | None,
    ) -> None:
        """Adds what there is to ``matches``. ``proposed``: the first match of the pattern, if it was asked already."""
        rule, text = self.rule, subject.text
        key, against_key = path.said.get(rule.id) or self._asked(path)
        if (
            rule.context.required
            and not rule.context.alone
            and not key.strength
            and (
                subject.kind == "number"
                or not (self._beside.may_be_in(text) or any(phrase in text for phrase in self._phrases))
            )
        ):
            return
        found: list[Match] = []
        position = refused_to = refused = floor = 0
        lines: dict[tuple[int, int, int, int], bool] = {}
        if proposed is None:
            proposed = self._next(text, 0, deadline, works)
        while proposed is not None:
            if works is not None and not works(_PROPOSED + _JUDGED * (proposed.end() - proposed.start())):
                raise _TimeUp
            for start, end in self._spans(proposed) if rule.shorter else (proposed.span(self._value(proposed)),):
                if start < 0:
                    continue
                if self._filtered and self._filters.refuse(text, proposed.span(), (start, end), lines, deadline):
                    continue
                if start < position:
                    continue
                match = self._judge(subject, start, end, key, against_key)
                if match is None:
                    if self._checks and start >= refused_to:
                        refused, refused_to = refused + 1, end
                    continue
                found.append(match)
                floor = position = refused_to = max(end, start + 1)
                break
            # Every place where the pattern matches; overlapping ones too, unless the rule is read as another tool does.
            # What starts before the end of the last accepted value is not searched again.
            behind = proposed.start() + 1 if self._overlapping else max(proposed.end(), proposed.start() + 1)
            proposed = self._next(text, max(behind, floor), deadline, works)
        if len(found) >= COMPANY_OF or refused >= CHANCE_OF:
            found = self._in_company(found, text, refused)
        matches += found

    def _next(self, text: bytes, position: int, deadline: float | None, works: Callable[[float], bool] | None) -> Any:
        """The first match from ``position`` on."""
        if position > len(text):
            return None
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise _TimeUp
        if self.heads and len(text) - position > _SHORT:
            return self._at_heads(text, position, deadline, works)
        if self._timed and left is not None:
            return self._pattern.search(text, position, timeout=left)
        return self._pattern.search(text, position)

    def _at_heads(
        self, text: bytes, position: int, deadline: float | None, works: Callable[[float], bool] | None
    ) -> Any:
        """The same by asking only where one of the texts stands that each match begins with."""
        match = self._pattern.match
        for tried, head in enumerate(self.heads.finditer(text, position), 1):
            if tried % _FEW == 0 and (
                (works is not None and not works(_FEW * _BEGUN))
                or (deadline is not None and time.monotonic() > deadline)
            ):
                raise _TimeUp
            if (found := match(text, head.start())) is not None:
                return found
        return None

    def _in_company(self, found: list[Match], text: bytes, refused: int) -> list[Match]:
        """Matches weighed by what stands in the same text: others of their kind, or look-alikes that were refused."""
        different = len({text[match.start : match.end] for match in found})
        if different >= COMPANY_OF:
            reason = "several different ones stand together"
            return [
                match._replace(
                    confidence=1.0 - (1.0 - match.confidence) * (1.0 - COMPANY), reasons=(*match.reasons, reason)
                )
                if match.unopposed
                else match
                for match in found
            ]
        if refused < CHANCE_OF * max(1, different):
            return found
        reason = "most of its look-alikes in this text are none"
        least = self.rule.threshold  # never less: what stands beside a value must not hide it
        return [
            match
            if match.named
            else match._replace(confidence=max(least, match.confidence * AGAINST), reasons=(*match.reasons, reason))
            for match in found
        ]

    def _spans(self, match: Any) -> Iterator[tuple[int, int]]:
        """The span that the pattern proposes, then its shorter heads at separators."""
        group = self._value(match)
        start, end = match.span(group)
        yield start, end
        if start < 0:
            return
        text: bytes = match.string
        if self._ahead and not all(ahead(text[start:end]) for ahead in self._ahead):
            return
        cuts = [start + cut.start() for cut in _SEPARATOR.finditer(text[start:end])]
        for cut in reversed(cuts):
            if not self._is_valid(text[start:cut]):  # sooner asked than the pattern
                continue
            head = self._pattern.fullmatch(text, match.start(), cut)
            if head is not None and head.span(group) == (start, cut):
                yield start, cut

    def _is_valid(self, value: bytes) -> bool:
        return all(check(value) > 0.0 for check in self._checks)

    def _value(self, match: Any) -> int:
        """The group that is the value: of several, the first that holds something."""
        if len(self._groups) == 1:
            return self._groups[0]
        for group in self._groups:
            start, end = match.span(group)
            if 0 <= start < end:
                return group
        return 0

    def _judge(self, subject: Subject, start: int, end: int, key: _Evidence, against_key: str | None) -> Match | None:
        rule, text = self.rule, subject.text
        value = text[start:end]
        strengths: list[float] = []
        for check in self._checks:
            strength = check(value)
            if strength <= 0.0:
                return None
            strengths.append(strength)
        against: str | None = None
        evidence = key
        named = key.own
        alone = end - start == len(text)
        if not alone and self._reads_beside and subject.kind != "number":
            beside, against = self._words(text, start, end)
            named = named or beside.strength > 0.0
            if beside.strength > key.strength:
                evidence = beside
        for veto in self._vetoes_inside if alone else self._vetoes:
            if veto(text, start, end, named=named):
                return None
        context = rule.context
        if not evidence.strength:
            if context.required and not any(has_form(name, text, start, end) for name in context.alone):
                return None
            if subject.kind == "number" and not rule.bare and max(strengths, default=0.0) < STRONG:
                return None
        if self._siblings and not self._siblings <= subject.siblings():
            return None
        if context.roles and not self._has_role(subject, start, end):
            return None
        reasons = self._reasons_of(evidence, against, against_key)
        opposed = (against is not None) + (against_key is not None)
        confidence = combine(rule.strength, strengths, evidence.strength, opposed)
        if confidence < rule.threshold:
            return None
        shown = rule.family == "secrets" and published(value) is not None
        if shown:
            reasons = (*reasons, SHOWN)
        return Match(rule, start, end, confidence, reasons, evidence.strength > 0.0, not opposed, shown)

    def _reasons_of(self, evidence: _Evidence, against: str | None, against_key: str | None) -> tuple[str, ...]:
        reasons = (*self._reasons, evidence.reason) if evidence.reason else self._reasons
        if against is not None:
            reasons = (*reasons, f"a word beside it speaks against it ({against})")
        if against_key is not None:
            reasons = (*reasons, f"its key speaks against it ({against_key})")
        return reasons

    def _has_role(self, subject: Subject, start: int, end: int) -> bool:
        """Whether the nearest word of a role before the span speaks for the rule; without one, its bare name does."""
        text = subject.text
        before = _whole_words(text, max(0, start - self.rule.context.distance), start)
        if (role := self._role(before)) is not None:
            return role
        if (assigned := _ASSIGNED.search(before)) is not None:
            return self._beside.is_all_of(assigned[1])
        for key in (*subject.path[:1], *subject.names, *subject.path[1:]):
            if (role := self._role(key)) is not None:
                return role
        own = (*subject.path[:1], *subject.names)
        return start == 0 and end == len(text) and any(map(self._keys.is_all_of, own))

    def _role(self, text: bytes) -> bool | None:
        """What the last word of a role in ``text`` says; ``None`` if there is none."""
        for word in reversed(split(text)):
            if word in self._roles_against:
                return False
            if word in self._roles:
                return True
        return None

    def _asked(self, path: _Path) -> tuple[_Evidence, str | None]:
        """The nearest key that speaks for the rule, and the word of the own key that speaks against it."""
        against = _first(self._against, self._decisive(path)) if self._against else None
        found = self._key(path), against
        path.said[self.rule.id] = found
        return found

    def _key(self, path: _Path) -> _Evidence:
        """The nearest key that speaks for the rule. The word named is the rule's, never the payload's."""
        if not self._keys:
            return _NO_EVIDENCE
        keys = path.words
        if keys and (word := self._keys.find(keys[0])):
            return _Evidence(OWN_KEY, f"its key says so ({word})", own=True)
        if word := _first(self._keys, path.named):
            return _Evidence(ENCLOSING_KEY, f"a name beside it says so ({word})", own=True)
        held = bool(keys) and path.keys[0].lower() in _HOLDERS
        for level, present in enumerate(keys[1:], 1):
            if not self.rule.context.enclosing and not (held and level == 1):
                break
            if not (word := self._keys.find(present)):
                continue
            if level == 1:
                return _Evidence(ENCLOSING_KEY, f"the key around it says so ({word})", own=held)
            return _Evidence(OUTER_KEY, f"a key further out says so ({word})")
        return _NO_EVIDENCE

    def _decisive(self, path: _Path) -> list[frozenset[bytes]]:
        """The own key, and of the names beside it those that speak for the rule; all of them where none does."""
        speaking = [present for present in path.named if self._keys.find(present)]
        return [*path.words[:1], *(speaking or path.named)]

    def _words(self, text: bytes, start: int, end: int) -> tuple[_Evidence, str | None]:
        """Words before and after the span that speak for the rule, and one that speaks against it."""
        distance = self.rule.context.distance
        before = _whole_words(text, max(0, start - distance), start)
        after = _whole_words(text, end, min(len(text), end + distance))
        word = next((each.decode() for each in self._phrases if each in before or each in after), None)
        against: str | None = None
        if any(words.may_be_in(part) for words in (self._beside, self._beside_against) for part in (before, after)):
            present = grams(split(before)) | grams(split(after))
            word = self._beside.find(present) or word
            against = self._beside_against.find(present)
        evidence = _Evidence(WORD, f"a word beside it says so ({word})") if word else _NO_EVIDENCE
        return evidence, against


def _first(words: Vocabulary, named: Iterable[frozenset[bytes]]) -> str | None:
    """The first of the words in the first key or name that has one."""
    return next(filter(None, map(words.find, named)), None)


def _whole_words(text: bytes, low: int, high: int) -> bytes:
    """``text[low:high]`` without the words that its edges cut: half a word is not that word."""
    while 0 < low < high and text[low - 1] in _ALNUM and text[low] in _ALNUM:
        low += 1
    while low < high < len(text) and text[high - 1] in _ALNUM and text[high] in _ALNUM:
        high -= 1
    return text[low:high]
