"""Reads rule files (TOML, YARA) into a RuleSet; what is wrong with one is a RuleError with file and line."""

from __future__ import annotations

import functools
import os
import re
import tomllib
from collections.abc import Iterable
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from ..errors import RuleError
from .fields import Table, read_examples, read_rule
from .schema import Example, Rule, RuleSet, YaraSource

__all__ = ["builtin", "load", "merge"]

#: The package that the top-level folder ``rules/`` is installed as.
PACKAGE = "dlpcore.rulepacks"


@functools.cache
def builtin() -> RuleSet:
    """The rules that come with dlpcore. Read once per process.

    Raises:
        RuleError: the installation is damaged.
    """
    try:
        root = resources.files(PACKAGE)
    except ModuleNotFoundError:
        raise RuleError(f"the built-in rules ({PACKAGE}) are not installed") from None
    return _collect(_files(root, ""))


def load(*paths: str | os.PathLike[str]) -> RuleSet:
    """Rules from ``.toml`` and ``.yar`` files, or from folders of them (searched recursively, in name order).

    A ``.toml`` beside a ``.yar`` of the same name holds that file's examples, not a rule.

    Raises:
        RuleError: a file cannot be read or is wrong; ``file`` and ``line`` say where.
    """
    found: list[tuple[str, Traversable]] = []
    for given in paths:
        path = Path(given)
        if path.is_dir():
            found.extend((os.path.join(path, name), file) for name, file in _files(path, ""))
        else:
            found.append((os.fspath(path), path))
    return _collect(found)


def merge(*sets: RuleSet) -> RuleSet:
    """One set with the rules of all, in order.

    Raises:
        RuleError: an id occurs twice.
    """
    merged = RuleSet(
        rules=tuple(rule for each in sets for rule in each.rules),
        yara=tuple(source for each in sets for source in each.yara),
    )
    _check_unique(((rule.id, rule.file) for rule in merged.rules), "rule id")
    _check_unique(((source.name, source.file) for source in merged.yara), "YARA file name")
    return merged


def _check_unique(names: Iterable[tuple[str, str | None]], what: str) -> None:
    seen: dict[str, str | None] = {}
    for name, file in names:
        if name in seen:
            raise RuleError(f"{what} {name!r} is already used in {seen[name]}", file=file)
        seen[name] = file


def _files(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            found.extend(_files(entry, f"{name}/"))
        elif entry.name.endswith((".toml", ".yar")):
            found.append((name, entry))
    return found


def _collect(files: Iterable[tuple[str, Traversable]]) -> RuleSet:
    listed = dict(files)
    rules: list[Rule] = []
    sources: list[YaraSource] = []
    for name, file in listed.items():
        stem, extension = os.path.splitext(name)
        if extension == ".yar":
            beside = listed.get(f"{stem}.toml") or _beside(file)
            sources.append(_yara(name, file, beside))
        elif extension != ".toml":
            raise RuleError("a rule file ends in .toml or .yar", file=name)
        elif f"{stem}.yar" not in listed:
            text = _read(name, file)
            rules.append(read_rule(Table(_parse(text, name), text, name)))
    return merge(RuleSet(rules=tuple(rules), yara=tuple(sources)))


def _beside(file: Traversable) -> Traversable | None:
    """The examples of a ``.yar`` that was named by itself, not found in a folder."""
    if isinstance(file, Path):
        examples = file.with_suffix(".toml")
        if examples.is_file():
            return examples
    return None


def _yara(name: str, file: Traversable, beside: Traversable | None) -> YaraSource:
    examples: tuple[Example, ...] = ()
    negatives: tuple[Example, ...] = ()
    if beside is not None:
        examples_name = f"{os.path.splitext(name)[0]}.toml"
        text = _read(examples_name, beside)
        table = Table(_parse(text, examples_name), text, examples_name)
        examples = read_examples(table, "examples", yara=True)
        negatives = read_examples(table, "negatives", yara=True)
        table.finish()
    stem = os.path.splitext(os.path.basename(name))[0]
    return YaraSource(name=stem, text=_read(name, file), examples=examples, negatives=negatives, file=name)


def _read(name: str, file: Traversable) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise RuleError(f"cannot be read: {error.strerror or 'I/O error'}", file=name) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise RuleError("is not UTF-8", file=name, line=line) from None


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # tomllib says "(at line 3, column 5)" or "(at end of document)"; 3.14 has attributes, older ones do not.
        place = re.search(r"\(at line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        reason = re.sub(r" \(at .*\)$", "", str(error))
        raise RuleError(f"is not TOML: {reason}", file=name, line=line) from None
