"""Reads policies from TOML; what is wrong with one is a PolicyError with file, line and field."""

from __future__ import annotations

import functools
import os
import re
import tomllib
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from ..errors import PolicyError
from ..model import Action, Kind, Severity
from ..rules.fields import Table
from .known import READY
from .schema import Bulk, Conditions, Policy, PolicyRule, Redaction, Sanitizing

__all__ = ["load", "named", "names", "read", "ready_text"]

_ID: Final = re.compile(r"[a-z0-9]+(?:[-.][a-z0-9]+)*")
_ACTIONS: Final = tuple(map(str, Action))
_MODES: Final = ("enforce", "shadow")
#: Fields of conditions that are lists of text, as a file names them, and as the type does.
_TEXTS: Final = {
    "kind": "kinds",
    "rule": "rules",
    "entity": "entities",
    "family": "families",
    "compliance": "compliance",
    "pointer": "pointers",
    "user": "users",
    "device": "devices",
    "client": "clients",
    "role": "roles",
    "ip": "ips",
    "endpoint": "endpoints",
    "method": "methods",
    "direction": "directions",
    "destination": "destinations",
    "content_type": "content_types",
    "time": "times",
}
_STYLES: Final = ("mask", "class", "label", "hash", "remove")
_LABEL_FIELD: Final = re.compile(r"\{([^{}]*)\}")
_MOST_KEPT: Final = 16


class _Fields(Table):
    """A table of a policy file."""

    what = "a policy file"

    def error(self, message: str, key: str | None = None) -> PolicyError:
        return PolicyError(message, file=self.file, line=self.line_of(key))

    def texts(self, key: str, allowed: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """One text, or an array of them."""
        value = self.get(key)
        if isinstance(value, str):
            value = [value]
        if value is None:
            return ()
        if not isinstance(value, list) or not value or not all(isinstance(text, str) and text for text in value):
            raise self.error(f"{self._named(key)} must be a text or an array of texts", key)
        for text in value:
            if allowed is not None and text not in allowed:
                raise self.error(f"{self._named(key)}: {text!r} is not one of {', '.join(allowed)}", key)
        if len(set(value)) < len(value):
            raise self.error(f"{self._named(key)} names something twice", key)
        return tuple(value)

    def get(self, key: str) -> Any:
        return self.take(key, object, None)

    def is_text(self, key: str) -> bool:
        return isinstance(self._data.get(key), str)

    def least(self, key: str, kind: type[Any], lowest: float) -> Any:
        if not self.has(key):
            return None
        value = self.take(key, kind)
        if not value >= lowest:
            raise self.error(f"{self._named(key)} must be {lowest:g} or more", key)
        return value


def named(policy: str | os.PathLike[str] | Policy) -> Policy:
    """A policy, the ready one of that name, or the one in a file (a path, or a text that ends in ``.toml``).

    Raises:
        PolicyError: there is none of that name, or the file is wrong.
    """
    if isinstance(policy, Policy):
        return policy
    if isinstance(policy, os.PathLike) or policy.endswith(".toml"):
        return load(policy)
    return _ready(policy)


def names() -> tuple[str, ...]:
    """The names of the ready policies."""
    return tuple(READY)


@functools.cache
def _ready(name: str) -> Policy:
    if name not in READY:
        raise PolicyError(f"no policy named {name!r}; there is: {', '.join(names())}")
    return read(ready_text(name), f"{name}.toml")


def ready_text(name: str) -> str:
    """The file of a ready policy."""
    return resources.files(__package__).joinpath("ready", f"{name}.toml").read_text(encoding="utf-8")


def load(path: str | os.PathLike[str]) -> Policy:
    """The policy in a file.

    Raises:
        PolicyError: it cannot be read or is wrong; ``file`` and ``line`` say where.
    """
    name = os.fspath(path)
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except OSError as error:
        raise PolicyError(f"cannot be read: {error.strerror or 'I/O error'}", file=name) from None
    except UnicodeDecodeError as error:
        raise PolicyError("is not UTF-8", file=name, line=error.object[: error.start].count(b"\n") + 1) from None
    return read(text, name)


def read(text: str, file: str) -> Policy:
    """The policy in a text of TOML; ``file`` is its name in errors.

    Raises:
        PolicyError: it is wrong.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        raise PolicyError(f"is not TOML: {re.sub(r' [(]at .*[)]$', '', str(error))}", file=file, line=line) from None
    top = _Fields(data, text, file)
    name = top.take("name", str)
    if not _ID.fullmatch(name):
        raise top.error("name must be lower-case words joined by -", "name")
    shadow = top.choice("mode", _MODES, "enforce") == "shadow"
    not_json = top.choice("not_json", ("rules", "allow", "flag", "block"), "rules")
    policy = Policy(
        name=name,
        rules=_rules(top, shadow),
        incomplete=Action(top.choice("incomplete", ("allow", "flag", "block"), "block")),
        title=top.take("title", str, ""),
        shadow=shadow,
        not_json=None if not_json == "rules" else Action(not_json),
        failure=top.choice("failure", ("closed", "open"), "closed"),
        signed=top.choice("signed", ("edit", "block"), "edit"),
        canonical=top.take("canonical", bool, False),
        bulk=tuple(map(_bulk, top.tables("bulk"))),
        redact=_redaction(top, Redaction()),
        sanitize=_sanitizing(top),
        file=file,
    )
    top.finish()
    return policy


def _rules(top: _Fields, shadow: bool) -> tuple[PolicyRule, ...]:
    rules: list[PolicyRule] = []
    seen: dict[str, int | None] = {}
    for table in top.tables("rule"):
        rule = _rule(table, shadow)
        if rule.id in seen:
            raise table.error(f"the id {rule.id!r} is already used in line {seen[rule.id]}", "id")
        seen[rule.id] = rule.line
        rules.append(rule)
    return tuple(rules)


def _rule(table: _Fields, all_shadow: bool) -> PolicyRule:
    identity = table.take("id", str)
    if not _ID.fullmatch(identity) or identity == "not-json":
        raise table.error('id must be lower-case words joined by -, and not "not-json"', "id")
    action = Action(table.choice("action", _ACTIONS))
    shadow = False
    if table.has("mode"):
        shadow = table.choice("mode", _MODES) == "shadow"
        if all_shadow and not shadow:
            raise table.error("the policy is in shadow mode: none of its rules can enforce", "mode")
        if shadow and action <= Action.FLAG:
            raise table.error(f"shadow mode holds nothing back where the action is {action}", "mode")
    transform: str | None = None
    redact: Redaction | None = None
    if table.has("transform"):
        if action != Action.TOKENIZE:
            raise table.error("a transform is for the action tokenize", "transform")
        transform = table.take("transform", str)
    if table.has("redact"):
        if action != Action.REDACT:
            raise table.error("how to redact is for the action redact", "redact")
        redact = _redaction(table, Redaction())
    unless = _conditions(table.table("not")) if table.has("not") else Conditions()
    where = _conditions(table, rest=True)
    when = table.take("when", str) if table.has("when") else None
    rule = PolicyRule(
        id=identity,
        action=action,
        severity=where.severity or Severity.LOW,
        where=where,
        unless=unless,
        when=when,
        shadow=shadow,
        redact=redact,
        transform=transform,
        line=table.line_of(None),
    )
    table.finish()
    if where.severity is Severity.INFO:
        raise table.error("what is info never acts", "severity")
    return rule


def _conditions(table: _Fields, *, rest: bool = False) -> Conditions:
    """``rest``: the table has other fields too, which are not looked at here."""
    given: dict[str, Any] = {}
    for key, field in _TEXTS.items():
        allowed = tuple(map(str, Kind)) if key == "kind" else None
        if table.has(key):
            given[field] = table.texts(key, allowed)
    if table.has("severity"):
        given["severity"] = Severity(table.choice("severity", tuple(map(str, Severity))))
    if table.has("confidence"):
        given["confidence"] = table.unit("confidence")
    given["count"] = table.least("count", int, 2)
    given["capacity_bits"] = table.least("capacity_bits", float, 0)
    if table.has("attributes"):
        attributes = table.table("attributes")
        given["attributes"] = MappingProxyType({name: attributes.texts(name) for name in attributes.names()})
    if not rest:
        table.finish()
        if Conditions(**given) == Conditions():
            raise table.error("it asks nothing")
    return Conditions(**given)


def _bulk(table: _Fields) -> Bulk:
    result = Bulk(
        count=table.least("count", int, 2) or 0,
        entities=table.texts("entity"),
        families=table.texts("family"),
        severity=Severity(table.choice("severity", tuple(map(str, Severity))[1:], "high")),
    )
    if not result.count:
        raise table.error("bulk.count is missing")
    if not result.entities and not result.families:
        raise table.error("bulk needs entity or family: what is counted")
    table.finish()
    return result


def _redaction(table: _Fields, default: Redaction) -> Redaction:
    if not table.has("redact"):
        return default
    if table.is_text("redact"):
        return Redaction(style=table.choice("redact", _STYLES))
    fields = table.table("redact")
    style = fields.choice("style", _STYLES, "mask")
    for key, wanted in (("char", "mask"), ("length", "mask"), ("keep_first", "mask"), ("keep_last", "mask")):
        if fields.has(key) and style != wanted:
            raise fields.error(f"redact.{key} is for the style {wanted}", key)
    if fields.has("label") and style != "label":
        raise fields.error("redact.label is for the style label", "label")
    if fields.has("length") and (fields.has("keep_first") or fields.has("keep_last")):
        raise fields.error("redact.length and what is kept of a value exclude each other", "length")
    result = Redaction(
        style=style,
        char=fields.take("char", str, "*"),
        length=fields.least("length", int, 1),
        keep_first=fields.least("keep_first", int, 0) or 0,
        keep_last=fields.least("keep_last", int, 0) or 0,
        label=fields.take("label", str, "[{entity}]"),
        numbers=fields.choice("numbers", ("keep", "string"), "keep"),
    )
    if len(result.char) != 1 or not result.char.isprintable():
        raise fields.error("redact.char must be one printable character", "char")
    if result.length is not None and result.length > 1024:
        raise fields.error("redact.length must be 1024 or less", "length")
    for key in ("keep_first", "keep_last"):
        if getattr(result, key) > _MOST_KEPT:
            raise fields.error(f"redact.{key} must be {_MOST_KEPT} or less", key)
    for name in _LABEL_FIELD.findall(result.label):
        if name not in ("entity", "rule", "family", "fingerprint"):
            raise fields.error("redact.label knows {entity}, {rule}, {family} and {fingerprint}", "label")
    fields.finish()
    return result


def _sanitizing(table: _Fields) -> Sanitizing:
    fields = table.table("sanitize")
    result = Sanitizing(
        keep_style=fields.take("keep_style", bool, False),
        unicode=fields.choice("unicode", ("report", "strip"), "report"),
        duplicates=fields.choice("duplicates", ("error", "first", "last"), "error"),
        keys=fields.choice("keys", ("keep", "sorted", "jcs"), "keep"),
    )
    fields.finish()
    return result
