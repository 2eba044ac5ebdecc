"""The fields of a rule file: their types, their defaults, and the line that an error belongs to."""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from collections.abc import Collection, Iterable
from typing import Any, Self, TypeVar

from ..errors import DLPError, RuleError
from ..model import Kind, Severity
from ..validators import DEFAULT_VETOES, VALIDATORS, VETOES
from .alone import FORMS
from .compliance import TAGS
from .literals import required
from .schema import SHAPES, Anchor, Example, Rule, RuleContext
from .vocabulary import WORD_LISTS
from .words import normalize, spellings

__all__ = ["Table", "read_examples", "read_rule"]

T = TypeVar("T")
_MISSING: Any = object()
_ID = re.compile(r"(?:destination\.)?[a-z0-9]+(?:-[a-z0-9]+)*")
_ENTITY = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
_TARGETS = ("string", "number", "key", "text", "document")
_KINDS = (Kind.SENSITIVE_DATA, Kind.DESTINATION)
#: Words of context are searched for this far from the value at the most: the price of a match is bounded by it.
MAX_DISTANCE = 256


class Table:
    """A TOML table that is taken apart key by key; what is left over at the end is an error."""

    #: What the table is of, in errors.
    what = "a rule file"

    def __init__(self, data: dict[str, Any], text: str, file: str, header: str = "", line: int = 1) -> None:
        self._data = dict(data)
        self._text = text
        self._header = header
        self._line = line
        self.file = file

    def error(self, message: str, key: str | None = None) -> DLPError:
        return RuleError(message, file=self.file, line=self.line_of(key))

    def line_of(self, key: str | None) -> int:
        """The line of ``key`` in this table, else that of the table's header: found by reading the file again."""
        if key is None:
            return self._line
        wanted = re.compile(rf"\s*\[*\s*(?:[a-z]+\.)*[\"']?{re.escape(key)}[\"']?\s*[\]=.]")
        for number, line in enumerate(self._text.split("\n")[self._line - 1 :], self._line):
            if wanted.match(line):
                return number
        return self._line

    def take(self, key: str, kind: type[T], default: T = _MISSING) -> T:
        """The value of ``key``, which must be of this type."""
        value = self._data.pop(key, _MISSING)
        if value is _MISSING:
            if default is _MISSING:
                raise self.error(f"{self._named(key)} is missing")
            return default
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.error(f"{self._named(key)} must be a {_NAMES[kind]}", key)
        return value

    def choice(self, key: str, allowed: Collection[str], default: str = _MISSING) -> str:
        value = self.take(key, str, default)
        if value not in allowed:
            raise self.error(f"{self._named(key)} must be one of {', '.join(sorted(allowed))}", key)
        return value

    def strings(self, key: str, allowed: Collection[str] | None = None) -> tuple[str, ...]:
        values = self.take(key, list, [])
        if not all(isinstance(value, str) and value for value in values):
            raise self.error(f"{self._named(key)} must be an array of strings", key)
        if allowed is not None:
            for value in values:
                if value not in allowed:
                    raise self.error(f"{self._named(key)}: {value!r} is not known", key)
        if len(set(values)) < len(values):
            raise self.error(f"{self._named(key)} names something twice", key)
        return tuple(values)

    def words(self, key: str) -> tuple[str, ...]:
        """Context words. Those with accents are written as they are, and kept as they will be cut."""
        return tuple(dict.fromkeys(self._word(key, value) for value in self._lists(key, self.strings(key))))

    def words_and_phrases(self, key: str) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
        """Context words, and apart from them the spellings of those that have no ASCII letters."""
        values = self._lists(key, self.strings(key))
        foreign = [value for value in values if not value.isascii() and normalize(value) is None]
        words = dict.fromkeys(self._word(key, value) for value in values if value not in foreign)
        return tuple(words), tuple(dict.fromkeys(form for value in foreign for form in spellings(value)))

    def _word(self, key: str, value: str) -> str:
        word = normalize(value)
        if word is None:
            raise self.error(f"{self._named(key)}: {value!r} is not one to four lower-case words joined by _", key)
        return word

    def _lists(self, key: str, values: tuple[str, ...]) -> tuple[str, ...]:
        """``values`` with each ``@name`` replaced by that list of words."""
        for value in values:
            if value.startswith("@") and value[1:] not in WORD_LISTS:
                raise self.error(f"{self._named(key)}: there is no list of words {value!r}", key)
        listed = (WORD_LISTS[value[1:]] if value.startswith("@") else (value,) for value in values)
        return tuple(dict.fromkeys(word for words in listed for word in words))

    def unit(self, key: str, default: float = _MISSING) -> float:
        value = self.take(key, float, default)
        if not 0.0 <= value <= 1.0:
            raise self.error(f"{self._named(key)} must be between 0 and 1", key)
        return value

    def has(self, key: str) -> bool:
        return key in self._data

    def names(self) -> tuple[str, ...]:
        return tuple(self._data)

    def table(self, key: str) -> Self:
        return type(self)(self.take(key, dict, {}), self._text, self.file, key, self.line_of(key))

    def tables(self, key: str) -> Iterable[Self]:
        values = self.take(key, list, [])
        if not values:
            return
        lines = [n for n, line in enumerate(self._text.split("\n"), 1) if re.match(rf"\s*\[\[\s*{key}\s*\]\]", line)]
        for index, value in enumerate(values):
            if not isinstance(value, dict):
                raise self.error(f"{self._named(key)} must be an array of tables", key)
            yield type(self)(
                value, self._text, self.file, key, lines[index] if index < len(lines) else self.line_of(key)
            )

    def finish(self) -> None:
        """Every key must have been taken by now."""
        for key in self._data:
            raise self.error(f"{self._named(key)} is not a field of {self.what}", key)

    def rest(self) -> list[str]:
        """The keys that were not taken: what a reader of foreign files ignores, and says so."""
        left = list(self._data)
        self._data.clear()
        return left

    def texts(self, key: str) -> tuple[str, ...]:
        """As :meth:`strings`, for files that are not ours: empty and repeated ones are passed over."""
        values = self.take(key, list, [])
        if not all(isinstance(value, str) for value in values):
            raise self.error(f"{self._named(key)} must be an array of strings", key)
        return tuple(dict.fromkeys(value for value in values if value))

    def _named(self, key: str) -> str:
        return f"{self._header}.{key}" if self._header else key


_NAMES: dict[type, str] = {str: "string", float: "number", int: "whole number", bool: "boolean", list: "array"} | {
    dict: "table"
}


def read_rule(top: Table, origin: str, *, compiles: bool = True) -> Rule:
    """A rule from the tables of its file; ``origin`` is ``"builtin"`` or ``"user"``.

    ``compiles``: whether the pattern is compiled to prove it sound; what was proved before need not be.
    """
    match, context_table = top.table("match"), top.table("context")
    identity = top.take("id", str)
    if not _ID.fullmatch(identity):
        raise top.error("id must be lower-case words joined by -", "id")
    kind = Kind(top.choice("kind", [str(kind) for kind in _KINDS], str(Kind.SENSITIVE_DATA)))
    if identity.startswith("destination.") != (kind == Kind.DESTINATION):
        raise top.error('an id starts with "destination." where, and only where, kind = "destination"', "id")
    context = _context(context_table)
    pattern = match.take("pattern", str)
    engine = match.choice("engine", ("re", "regex"), "re")
    if compiles:
        _check_pattern(match, pattern, engine)
    vetoes = match.strings("vetoes", VETOES) if match.has("vetoes") else DEFAULT_VETOES
    targets = match.strings("targets", _TARGETS) if match.has("targets") else ("string", "key", "text")
    if not targets:
        raise match.error("match.targets is empty", "targets")
    entity = top.take("entity", str)
    family = top.take("family", str)
    for key, value in (("entity", entity), ("family", family)):
        if not _ENTITY.fullmatch(value):
            raise top.error(f"{key} must be lower-case words joined by _", key)
    references = top.strings("references")
    if not references or not all(url.startswith("https://") for url in references):
        raise top.error("references must name at least one https:// page of a vendor or standard", "references")
    rule = Rule(
        id=identity,
        title=top.take("title", str),
        entity=entity,
        family=family,
        kind=kind,
        severity=Severity(top.choice("severity", [str(severity) for severity in Severity])),
        pattern=pattern,
        # Our own patterns are reviewed for the engine that they name; those of users run where no input can stall them.
        engine=engine if origin == "builtin" else "regex" if engine == "regex" else "auto",
        origin=origin,
        targets=frozenset(targets),
        validators=match.strings("validators", VALIDATORS),
        vetoes=vetoes,
        shorter=match.take("shorter", bool, False),
        strength=match.unit("strength"),
        threshold=match.unit("threshold", 0.5),
        context=context,
        anchor=_anchor(match, context, pattern),
        compliance=top.strings("compliance", TAGS),
        references=references,
        examples=read_examples(top, "examples"),
        negatives=read_examples(top, "negatives"),
        file=top.file,
    )
    for table in (match, context_table, top):
        table.finish()
    return rule


def _check_pattern(table: Table, pattern: str, engine: str) -> None:
    import regex

    try:
        with warnings.catch_warnings():
            # What re warns of ("possible nested set") is what regex reads differently.
            warnings.simplefilter("error", FutureWarning)
            compiled: Any = re.compile(pattern.encode()) if engine == "re" else regex.compile(pattern.encode())
    except (re.error, regex.error, FutureWarning) as error:
        raise table.error(f"match.pattern is not a pattern of {engine}: {error}", "pattern") from None
    if compiled.fullmatch(b"") is not None:
        raise table.error("match.pattern matches nothing at all (the empty string)", "pattern")


def _context(table: Table) -> RuleContext:
    words, phrases = table.words_and_phrases("words")
    context = RuleContext(
        keys=table.words("keys"),
        words=words,
        keys_against=table.words("keys_against"),
        words_against=table.words("words_against"),
        required=table.take("required", bool, False),
        enclosing=table.take("enclosing", bool, True),
        siblings=table.strings("siblings"),
        distance=table.take("distance", int, 40),
        roles=table.words("roles"),
        roles_against=table.words("roles_against"),
        phrases=phrases,
        alone=table.strings("alone", FORMS.keys() & set(SHAPES)),
    )
    for key in ("roles", "roles_against"):
        if any("_" in word for word in getattr(context, key)):
            raise table.error(f"context.{key} are single words", key)
    if context.roles_against and not context.roles:
        raise table.error("context.roles_against without context.roles", "roles_against")
    if not 0 <= context.distance <= MAX_DISTANCE:
        raise table.error(f"context.distance must be between 0 and {MAX_DISTANCE}", "distance")
    if context.required and not (context.keys or context.words or context.phrases):
        raise table.error("context is required, but no keys or words are named", "required")
    if context.alone and not context.required:
        raise table.error("context.alone says what needs no context where it is required", "alone")
    return context


def _anchor(match: Table, context: RuleContext, pattern: str) -> Anchor:
    table = match.table("anchor")
    literals: list[tuple[bytes, bool]] = []
    for key, nocase in (("literals", False), ("literals_nocase", True)):
        for literal in table.strings(key):
            if len(literal.encode()) < 3 or (nocase and not literal.isascii()):
                raise table.error(f"match.anchor.{key}: three bytes or more; without case only ASCII", key)
            literals.append((literal.lower().encode() if nocase else literal.encode(), nocase))
    shapes, words = table.strings("shapes", SHAPES), table.words("words")
    if context.required and not shapes and not words:
        # Nothing is found without its context, so the context is the anchor, and the forms that need none.
        words, shapes = tuple(dict.fromkeys(context.keys + context.words)), context.alone
        literals += [(phrase, False) for phrase in context.phrases if len(phrase) >= 3]
    table.finish()
    if not (literals or shapes or words):
        literals += required(pattern)
    return Anchor(tuple(literals), shapes, words, always=not (literals or shapes or words))


def read_examples(top: Table, key: str, *, yara: bool = False) -> tuple[Example, ...]:
    """The ``[[examples]]`` or ``[[negatives]]`` of a file; those of YARA files may also be hex or base64."""
    return tuple(_example(table, yara) for table in top.tables(key))


def _example(table: Table, yara: bool) -> Example:
    forms = [form for form in ("text", "json", "hex", "base64") if table.has(form)]
    allowed = ("text", "hex", "base64") if yara else ("text", "json")
    if len(forms) != 1 or forms[0] not in allowed:
        raise table.error(f"an example has exactly one of {', '.join(allowed)}")
    form = forms[0]
    value = table.take(form, str)
    try:
        data = {"hex": bytes.fromhex, "base64": _base64}.get(form, str.encode)(value)
    except (ValueError, binascii.Error):
        raise table.error(f"the example is not {form}", form) from None
    find = table.take("find", str).encode() if not yara and table.has("find") else None
    line = table.line_of(form)
    table.finish()
    return Example(data, "bytes" if form in ("hex", "base64") else form, find, line)


def _base64(value: str) -> bytes:
    return base64.b64decode("".join(value.split()), validate=True)
