"""Allow and deny lists as data: their typed form, their files (TOML), and the keyed form of values.

A list may name values without holding them: an entry is a length and a keyed hash (BLAKE2b, RFC 7693) under a key that
is kept elsewhere. The name of that key is in the file, so that a list under another key is an error and not a list that
never matches.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
import warnings
from dataclasses import dataclass
from pathlib import Path

from ..errors import RuleError
from ..model import Severity
from .fields import Table
from .jsonpath import JSONPath

__all__ = ["Entry", "Lists", "canonical", "digest", "key_id", "load_lists"]

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ENTITY = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
_KEY_ID = re.compile(r"[0-9a-f]{16}")
_VALUE = re.compile(r"([1-9][0-9]{0,3}):([0-9a-f]{32})")
#: Bytes of a value that can be listed by its hash: whole strings of more are better listed by a pattern.
LONGEST = 1024
#: What people put between the digits of a number.
_SEPARATED = re.compile(rb"\+?[0-9](?:[ ./()-]?[0-9]){5,63}")
_BEGINS = frozenset(b"%d" % digit for digit in range(10)) | {b"+"}
_NOT_DIGITS = bytes(byte for byte in range(256) if not 0x30 <= byte <= 0x39)


def key_id(key: bytes) -> str:
    """The public name of a key (16 hex digits), which tells nothing of it."""
    return hashlib.blake2b(b"", key=key[:64], digest_size=8, person=b"dlpcore-listkey").hexdigest()


def canonical(value: bytes) -> bytes:
    """The form of a value that is hashed: numbers of six digits and more without what separates their digits."""
    if value[:1] not in _BEGINS or not _SEPARATED.fullmatch(value):
        return value
    return value.translate(None, _NOT_DIGITS)


def digest(key: bytes, value: bytes) -> str:
    """A value as an entry of a list: its length in bytes, ``:``, and 128 bits of BLAKE2b under ``key`` in hexadecimal.

    The hash is personalised: the fingerprints of a verdict and the values of a list cannot be compared.

    Raises:
        ValueError: it is empty, or longer than :data:`LONGEST`.
    """
    form = canonical(value)
    if not 0 < len(form) <= LONGEST:
        raise ValueError(f"a listed value has 1 to {LONGEST} bytes")
    keyed = hashlib.blake2b(form, key=key[:64], digest_size=16, person=b"dlpcore-list")
    return f"{len(form)}:{keyed.hexdigest()}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list. All conditions that are given must hold; of each, any one.

    Attributes:
        id: name of the entry, unique in all lists in use.
        values: from :func:`digest`.
        patterns: regular expressions; an allowed value must match as a whole.
        fields: where the value stands.
        endpoints: globs of ``context.endpoint``; without a context they never hold.
        rules: globs of the rules whose findings are allowed.
        severity, entity: of what a deny list finds.
    """

    id: str
    values: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()
    fields: tuple[JSONPath, ...] = ()
    endpoints: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    severity: Severity = Severity.HIGH
    entity: str = "denied_value"
    reason: str = ""
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Lists:
    """What is allowed and what is denied. Immutable, safe to share.

    Attributes:
        key_id: name of the key of all values; ``None`` where no entry has values.
    """

    allow: tuple[Entry, ...] = ()
    deny: tuple[Entry, ...] = ()
    key_id: str | None = None

    @property
    def has_values(self) -> bool:
        return any(entry.values for entry in self.allow + self.deny)

    def __add__(self, other: Lists) -> Lists:
        """Both together.

        Raises:
            RuleError: an id occurs twice, or their values are under different keys.
        """
        if not isinstance(other, Lists):
            return NotImplemented
        if self.has_values and other.has_values and self.key_id != other.key_id:
            raise RuleError(f"lists under two keys ({self.key_id}, {other.key_id}) cannot be used together")
        both = Lists(self.allow + other.allow, self.deny + other.deny, self.key_id if self.has_values else other.key_id)
        seen: dict[str, str | None] = {}
        for entry in both.allow + both.deny:
            if entry.id in seen:
                raise RuleError(f"the id {entry.id!r} is already used in {seen[entry.id]}", file=entry.file)
            seen[entry.id] = entry.file
        return both


def load_lists(*paths: str | os.PathLike[str]) -> Lists:
    """Lists from TOML files, together.

    Raises:
        RuleError: a file cannot be read or is wrong; ``file`` and ``line`` say where.
    """
    loaded = Lists()
    for path in paths:
        loaded = loaded + _read(os.fspath(path))
    return loaded


def _read(file: str) -> Lists:
    try:
        text = Path(file).read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise RuleError(f"cannot be read: {error.strerror or 'I/O error'}", file=file) from None
    except UnicodeDecodeError:
        raise RuleError("is not UTF-8", file=file) from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        raise RuleError(f"is not TOML: {re.sub(r' [(]at .*[)]$', '', str(error))}", file=file, line=line) from None
    top = Table(data, text, file)
    name = top.take("key_id", str, "")
    if name and not _KEY_ID.fullmatch(name):
        raise top.error("key_id must be 16 hexadecimal digits, as `dlpcore lists entry` says them", "key_id")
    loaded = Lists(
        tuple(_entry(table, deny=False) for table in top.tables("allow")),
        tuple(_entry(table, deny=True) for table in top.tables("deny")),
        name or None,
    )
    if loaded.has_values and not name:
        raise top.error("key_id is missing: values are under a key, and another one would find none of them")
    top.finish()
    return Lists() + loaded


def _entry(table: Table, *, deny: bool) -> Entry:
    identity = table.take("id", str)
    if not _ID.fullmatch(identity):
        raise table.error("id must be lower-case words joined by -", "id")
    values = table.strings("values")
    for value in values:
        found = _VALUE.fullmatch(value)
        if not found or int(found[1]) > LONGEST:
            raise table.error("a value is a length, a colon and 32 hexadecimal digits: `dlpcore lists entry`", "values")
    patterns = table.strings("patterns")
    for pattern in patterns:
        _check_pattern(table, pattern)
    fields: list[JSONPath] = []
    for path in table.strings("fields"):
        try:
            fields.append(JSONPath.parse(path))
        except ValueError as error:
            raise table.error(f"fields: {path!r}: {error}", "fields") from None
    entity = table.take("entity", str, "denied_value") if deny else ""
    if deny and not _ENTITY.fullmatch(entity):
        raise table.error("entity must be lower-case words joined by _", "entity")
    entry = Entry(
        id=identity,
        values=frozenset(values),
        patterns=patterns,
        fields=tuple(fields),
        endpoints=table.strings("endpoints"),
        rules=() if deny else table.strings("rules"),
        severity=Severity(table.choice("severity", [s for s in Severity if s != "info"], "high"))
        if deny
        else Severity.HIGH,
        entity=entity,
        reason=table.take("reason", str, ""),
        file=table.file,
    )
    if deny and not (entry.values or entry.patterns or entry.fields):
        raise table.error("a deny entry needs values, patterns or fields")
    if not deny and not (entry.values or entry.patterns or entry.fields or entry.endpoints or entry.rules):
        raise table.error("an allow entry without a condition would allow everything")
    if deny and entry.values and entry.patterns:
        raise table.error("values and patterns of a deny entry exclude each other: make two entries")
    table.finish()
    return entry


def _check_pattern(table: Table, pattern: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            compiled = re.compile(pattern.encode())
    except (re.error, FutureWarning, OverflowError) as error:
        raise table.error(f"patterns: {error}", "patterns") from None
    if compiled.fullmatch(b"") is not None:
        raise table.error("patterns: one matches the empty string", "patterns")
