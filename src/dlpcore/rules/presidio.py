"""Reads Presidio's recognizers from YAML: their patterns, deny lists and context words become rules of ours.

Theory of operation. A recognizer of type ``custom`` is data: each of its patterns becomes a rule whose strength is the
pattern's score, and its deny list one more. Presidio adds to the score where a context word stands near; a pattern
that scores under :data:`ALONE` is found here only where one does, since that is what such scores are for. Recognizers
of type ``predefined`` are Presidio's code and not in the file; each is a :class:`Note`, as is all else without a
counterpart.

Source: https://microsoft.github.io/presidio/analyzer/recognizer_registry_provider/ and
https://microsoft.github.io/presidio/tutorial/08_no_code/
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Iterator
from typing import Any

import regex

from ..errors import MissingExtra, RuleError
from ..model import Severity
from .literals import required
from .schema import Anchor, Note, Rule, RuleContext, RuleSet
from .words import normalize, split

__all__ = ["ALONE", "read"]

#: Presidio's own least score of what context words confirm (``min_score_with_context_similarity``).
ALONE = 0.4
_MOST_NODES = 200_000
_SLUG = re.compile(r"[^a-z0-9]+")
_DEFAULT_FLAGS = re.DOTALL | re.MULTILINE | re.IGNORECASE
_LETTERS = ((re.DOTALL, "s"), (re.MULTILINE, "m"), (re.IGNORECASE, "i"))
_KNOWN = frozenset(
    {
        "name",
        "type",
        "enabled",
        "supported_language",
        "supported_languages",
        "supported_entity",
        "supported_entities",
        "patterns",
        "context",
        "deny_list",
        "deny_list_score",
        "global_regex_flags",
        "version",
        "country_code",
    }
)
#: Family and severity by the entity's name, as Presidio lists them; the rest is of family ``identity``, ``medium``.
_ENTITIES: tuple[tuple[str, str, Severity], ...] = (
    (r"CREDIT_CARD|IBAN|CRYPTO|BANK|ROUTING|SWIFT|ACCOUNT", "financial", Severity.HIGH),
    (r"EMAIL|PHONE|URL|IP_ADDRESS|MAC_ADDRESS|ADDRESS|LOCATION", "contact", Severity.LOW),
    (r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", "secrets", Severity.HIGH),
    (r"MEDICAL|HEALTH|PATIENT|NHS|MEDICARE|DIAGNOS", "health", Severity.HIGH),
    (r"SSN|PASSPORT|LICENSE|TAX|NATIONAL|ITIN|NIF|NRIC|PESEL", "identity", Severity.HIGH),
)


class _Mapping(dict[str, Any]):
    """A mapping of the file that knows its line."""

    line: int = 1


def read(text: str, file: str) -> RuleSet:
    """The rules of a YAML file, with a note for all that could not be carried over.

    Raises:
        MissingExtra: the extra ``yaml`` is not installed.
        RuleError: it is not YAML, or no list of recognizers, or a recognizer contradicts the format.
    """
    data = _parse(text, file)
    if isinstance(data, _Mapping) and isinstance(data.get("recognizer_registry"), _Mapping):
        data = data["recognizer_registry"]
    if not isinstance(data, _Mapping) or not isinstance(data.get("recognizers"), list):
        raise RuleError("has no list of recognizers: only Presidio's YAML is read", file=file, line=1)
    return _Reader(file, data).read()


def _parse(text: str, file: str) -> Any:
    try:
        yaml = importlib.import_module("yaml")
    except ImportError:
        raise MissingExtra("YAML files need PyYAML: pip install 'dlpcore[yaml]'") from None
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        return _Builder(loader, file).plain(node) if node is not None else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "cannot be read"
        raise RuleError(f"is not YAML: {reason}", file=file, line=mark.line + 1 if mark else None) from None
    except RecursionError:
        raise RuleError("is nested too deeply", file=file) from None


class _Builder:
    """Nodes of YAML as values, with lines; aliases are counted each time, so that a small file stays small."""

    def __init__(self, loader: Any, file: str) -> None:
        self._loader = loader
        self._file = file
        self._left = _MOST_NODES

    def plain(self, node: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise RuleError("has too many values", file=self._file)
        if node.id == "mapping":
            result = _Mapping()
            result.line = node.start_mark.line + 1
            for key, value in node.value:
                result[str(self.plain(key))] = self.plain(value)
            return result
        if node.id == "sequence":
            return [self.plain(each) for each in node.value]
        return self._loader.construct_object(node)


class _Reader:
    def __init__(self, file: str, top: _Mapping) -> None:
        self._file = file
        self._top = top
        self._notes: list[Note] = []
        self._rules: dict[str, Rule] = {}

    def _note(self, message: str, rule: str | None, line: int) -> None:
        self._notes.append(Note(message, rule, self._file, line))

    def _error(self, message: str, line: int) -> RuleError:
        return RuleError(message, file=self._file, line=line)

    def read(self) -> RuleSet:
        top = self._top
        flags = top.get("global_regex_flags", int(_DEFAULT_FLAGS))
        if not isinstance(flags, int) or flags & ~int(_DEFAULT_FLAGS):
            raise self._error("global_regex_flags: only DOTALL, MULTILINE and IGNORECASE (26 together)", top.line)
        if top.get("supported_languages"):
            self._note("languages are not told apart: the rules run on every text", None, top.line)
        for index, recognizer in enumerate(top["recognizers"]):
            if isinstance(recognizer, str):
                self._note("is predefined in Presidio's code: not carried over", recognizer, top.line)
            elif isinstance(recognizer, _Mapping):
                self._recognizer(recognizer, flags, index)
            else:
                raise self._error("recognizers must be names or mappings", top.line)
        return RuleSet(rules=tuple(self._rules.values()), notes=tuple(self._notes))

    def _recognizer(self, data: _Mapping, flags: int, index: int) -> None:
        name = str(data.get("name") or f"recognizer {index + 1}")
        if data.get("enabled") is False:
            self._note("is not enabled: not carried over", name, data.line)
            return
        if data.get("type") == "predefined" or not (data.get("patterns") or data.get("deny_list")):
            self._note("is predefined in Presidio's code: not carried over", name, data.line)
            return
        for key in sorted(set(data) - _KNOWN):
            self._note(f"{key} is unknown here and ignored", name, data.line)
        entities = data.get("supported_entity") or data.get("supported_entities")
        entity = entities[0] if isinstance(entities, list) and entities else entities
        if not isinstance(entity, str) or not entity.strip():
            raise self._error(f"{name}: supported_entity is missing", data.line)
        if isinstance(entities, list) and len(entities) > 1:
            self._note(f"has several entities; all is reported as {entity}", name, data.line)
        own = data.get("global_regex_flags", flags)
        if not isinstance(own, int) or own & ~int(_DEFAULT_FLAGS):
            raise self._error(f"{name}: global_regex_flags: only DOTALL, MULTILINE and IGNORECASE", data.line)
        context = self._context(data, name)
        for pattern in self._list(data, "patterns", name):
            self._pattern(pattern, name, entity, own, context, data.line)
        if data.get("deny_list"):
            self._deny_list(data, name, entity, context)

    def _list(self, data: _Mapping, key: str, name: str) -> list[Any]:
        value = data.get(key) or []
        if not isinstance(value, list):
            raise self._error(f"{name}: {key} must be a list", data.line)
        return value

    def _context(self, data: _Mapping, name: str) -> tuple[str, ...]:
        """The context words of all languages, as ours are written."""
        words = [*self._list(data, "context", name)]
        for language in self._list(data, "supported_languages", name):
            if isinstance(language, _Mapping):
                words += self._list(language, "context", name)
        found: dict[str, None] = {}
        for word in words:
            ours = "_".join(part.decode() for part in split(str(word).encode())) if str(word).isascii() else ""
            if ours and normalize(ours):
                found.setdefault(ours)
            else:
                self._note(f"context word {str(word)!r} is not one to four words of ASCII: ignored", name, data.line)
        return tuple(found)

    def _pattern(self, data: Any, name: str, entity: str, flags: int, context: tuple[str, ...], line: int) -> None:
        if not isinstance(data, _Mapping) or not isinstance(data.get("regex"), str):
            raise self._error(f"{name}: a pattern needs a regex", getattr(data, "line", line))
        score = self._score(data.get("score", 0.0), name, data.line)
        label = str(data.get("name") or "")
        try:
            pattern, engine = _translated(data["regex"], flags)
        except ValueError as error:
            self._note(f"pattern {label!r} {error}: not carried over", name, data.line)
            return
        literals = required(pattern)
        self._add(name, label, entity, pattern, engine, score, context, literals)

    def _score(self, score: object, name: str, line: int) -> float:
        if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
            raise self._error(f"{name}: a score is a number between 0 and 1", line)
        return float(score)

    def _deny_list(self, data: _Mapping, name: str, entity: str, context: tuple[str, ...]) -> None:
        entries = sorted({str(entry) for entry in self._list(data, "deny_list", name) if str(entry)}, key=len)
        score = self._score(data.get("deny_list_score", 1.0), name, data.line)
        forms: dict[str, None] = {}
        for entry in reversed(entries):
            # Bytes know the case of ASCII alone; other letters are listed in the usual ones.
            for form in (entry,) if entry.isascii() else (entry, entry.lower(), entry.upper(), entry.title()):
                forms.setdefault(_escaped(form))
        # A boundary is the same as look-around where each entry begins (ends) with a word's character; RE2 has it.
        begins, ends = (all(_is_word(entry[edge]) for entry in entries) for edge in (0, -1))
        before = r"\b" if begins else "(?<![0-9A-Za-z_])"
        behind = r"\b" if ends else "(?![0-9A-Za-z_])"
        pattern = f"(?i){before}(?:{'|'.join(forms)}){behind}"
        usable = all(len(entry.encode()) >= 3 for entry in entries)
        literals = tuple(
            sorted(
                {
                    (entry.lower().encode(), True) if entry.isascii() else (form.encode(), False)
                    for entry in entries
                    for form in (entry, entry.lower(), entry.upper(), entry.title())
                }
            )
        )
        self._add(name, "deny list", entity, pattern, "auto", score, context, literals if usable else ())

    def _add(
        self,
        name: str,
        label: str,
        entity: str,
        pattern: str,
        engine: str,
        score: float,
        words: tuple[str, ...],
        literals: tuple[tuple[bytes, bool], ...],
    ) -> None:
        weak = score < ALONE and bool(words)
        # Where the context is needed anyway, it is the anchor: it is seen more rarely than digits are.
        anchor = Anchor(words=words) if weak and not literals else Anchor(literals=literals, always=not literals)
        family, severity = _family(entity)
        identity = ".".join(part for part in ("presidio", _slug(name), _slug(label)) if part)
        for number in range(2, len(self._rules) + 3):
            if identity not in self._rules:
                break
            identity = f"{identity.rstrip('0123456789').rstrip('-')}-{number}"
        self._rules[identity] = Rule(
            id=identity,
            title=f"{entity} ({label or name})",
            entity=_slug(entity).replace("-", "_") or "presidio",
            family=family,
            severity=severity,
            pattern=pattern,
            strength=score,
            engine=engine,
            targets=frozenset(("string", "number", "key", "text")),
            vetoes=(),
            threshold=0.0,
            context=RuleContext(keys=words, required=weak),
            anchor=anchor,
            references=("https://microsoft.github.io/presidio/",),
            file=self._file,
            overlapping=False,
            origin="presidio",
        )


def _is_word(ch: str) -> bool:
    return ch == "_" or (ch.isascii() and ch.isalnum())


def _slug(text: str) -> str:
    return _SLUG.sub("-", text.lower()).strip("-")


def _family(entity: str) -> tuple[str, Severity]:
    for pattern, family, severity in _ENTITIES:
        if re.search(pattern, entity.upper()):
            return family, severity
    return "identity", Severity.MEDIUM


def _escaped(text: str) -> str:
    return "".join(_bytes_of(ch) if ch > "\x7f" else re.escape(ch) for ch in text)


def _bytes_of(ch: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in ch.encode("utf-8", "surrogatepass"))


def _translated(pattern: str, flags: int) -> tuple[str, str]:
    """A pattern over text as one over its UTF-8, and the engine that can read it.

    Raises:
        ValueError: it says something that bytes cannot.
    """
    head = re.match(r"\(\?([aimsux]+)\)", pattern)
    body = pattern[head.end() :] if head else pattern
    letters = {letter for bit, letter in _LETTERS if flags & bit} | set(head[1] if head else "")
    if "x" in letters:
        raise ValueError("uses the flag x")
    prefix = "".join(sorted(letters & set("ims")))
    result = (f"(?{prefix})" if prefix else "") + "".join(_over_bytes(body))
    for engine, module in (("auto", re), ("regex", regex)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", FutureWarning)
                module.compile(result.encode("ascii"))
        except (re.error, regex.error, FutureWarning, OverflowError):
            continue
        return result, engine
    raise ValueError("is not a pattern of re or regex over bytes")


def _over_bytes(pattern: str) -> Iterator[str]:
    at, in_class = 0, False
    while at < len(pattern):
        ch = pattern[at]
        if ch == "\\":
            if found := re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))").match(pattern, at):
                ch, at = chr(int(found[1] or found[2], 16)), found.end()
                if ch > "\x7f" and in_class:
                    raise ValueError("has a class of characters beyond ASCII")
                yield f"(?:{_bytes_of(ch)})" if ch > "\x7f" else re.escape(ch)
                continue
            if pattern[at + 1 : at + 2] in ("p", "P", "X", "N"):
                raise ValueError("has a class of Unicode")
            yield pattern[at : at + 2]
            at += 2
            continue
        if ch == "[" and not in_class:
            in_class = True
            # A bracket that closes at once is a member.
            head = re.compile(r"\[\^?\]?").match(pattern, at)
            yield head[0] if head else ch
            at = head.end() if head else at + 1
            continue
        if ch == "]" and in_class:
            in_class = False
        if ch > "\x7f":
            if in_class:
                raise ValueError("has a class of characters beyond ASCII")
            yield f"(?:{_bytes_of(ch)})"
        else:
            yield ch
        at += 1
