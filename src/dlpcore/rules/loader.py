"""Reads files of rules (our TOML, YARA, gitleaks, Presidio) into a RuleSet; a mistake is a RuleError with its place."""

from __future__ import annotations

import functools
import os
import re
import tomllib
from collections.abc import Iterable
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from ..errors import RuleError
from . import pack
from .fields import Table, read_examples, read_rule
from .schema import Example, Note, Rule, RuleSet, YaraSource, merge

__all__ = ["builtin", "in_folder", "load"]

_YARA = (".yar", ".yara")
_YAML = (".yaml", ".yml")
_EXTENSIONS = (".toml", *_YARA, *_YAML)
#: Where the examples of a built-in rule begin: they are the end of its file.
_EXAMPLES = "\n[[examples]]"


@functools.cache
def builtin(*, examples: bool = True) -> RuleSet:
    """The rules that come with dlpcore. Read once per process.

    Args:
        examples: ``False`` leaves out what only ``rules check`` needs, the examples and a first compilation of each
            pattern; the rest was prepared when the package was built (:mod:`.pack`) and is there at once.

    Raises:
        RuleError: the installation is damaged.
    """
    if not examples and (prepared := pack.read()) is not None:
        return prepared.rules()
    try:
        root = Path(pack.rules_folder())
    except ImportError:
        raise RuleError(f"the built-in rules ({pack.PACKAGE}) are not installed") from None
    return _collect(_files(root, ""), "builtin", bare=not examples)


def in_folder(folder: str) -> RuleSet:
    """The built-in rules from their files in ``folder``, without their examples.

    Raises:
        RuleError: a file is wrong.
    """
    return _collect(_files(Path(folder), ""), "builtin", bare=True)


def load(*paths: str | os.PathLike[str]) -> RuleSet:
    """Rules from files, or from folders of them (searched recursively, in name order).

    ``.toml`` is a rule of ours, or a gitleaks configuration, which its top-level names give away; ``.yar`` and
    ``.yara`` are YARA, and a ``.toml`` beside one of the same name holds that file's examples, not a rule; ``.yaml``
    and ``.yml`` are recognizers of Presidio. What a foreign file says and cannot be carried over is in
    :attr:`RuleSet.notes`.

    Raises:
        RuleError: a file cannot be read or is wrong; ``file`` and ``line`` say where.
        MissingExtra: a YAML file, and the extra ``yaml`` is not installed.
    """
    found: list[tuple[str, Traversable]] = []
    for given in paths:
        path = Path(given)
        if path.is_dir():
            found.extend((os.path.join(path, name), file) for name, file in _files(path, ""))
        else:
            found.append((os.fspath(path), path))
    return _collect(found, "user")


def _files(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            found.extend(_files(entry, f"{name}/"))
        elif entry.name.endswith(_EXTENSIONS):
            found.append((name, entry))
    return found


def _collect(files: Iterable[tuple[str, Traversable]], origin: str, *, bare: bool = False) -> RuleSet:
    """The rules of these files; ``bare``: those of our own, known to be sound, without their examples."""
    listed = dict(files)
    rules: list[Rule] = []
    sources: list[YaraSource] = []
    notes: list[Note] = []
    for name, file in listed.items():
        stem, extension = os.path.splitext(name)
        if extension in _YARA:
            beside = None if bare else listed.get(f"{stem}.toml") or _beside(file)
            sources.append(_yara(name, file, beside, origin))
        elif extension in _YAML:
            from . import presidio

            foreign = presidio.read(_read(name, file), name)
            rules += foreign.rules
            notes += foreign.notes
        elif extension != ".toml":
            raise RuleError(f"a rule file ends in one of {', '.join(_EXTENSIONS)}", file=name)
        elif not any(f"{stem}{yara}" in listed for yara in _YARA):
            text = _read(name, file)
            if bare:
                text = text.partition(_EXAMPLES)[0]
            data = _parse(text, name)
            config = None if origin == "builtin" else _gitleaks(data, text, name)
            if config is None:
                rules.append(read_rule(Table(data, text, name), origin, compiles=not bare))
            else:
                rules += config.rules
                notes += config.notes
    return merge(RuleSet(rules=tuple(rules), yara=tuple(sources), notes=tuple(notes)))


def _gitleaks(data: dict[str, Any], text: str, name: str) -> RuleSet | None:
    """The rules of a gitleaks configuration; ``None`` for a rule of ours."""
    from . import gitleaks

    return gitleaks.read(data, text, name) if gitleaks.is_config(data) else None


def _beside(file: Traversable) -> Traversable | None:
    """The examples of a ``.yar`` that was named by itself, not found in a folder."""
    if isinstance(file, Path):
        examples = file.with_suffix(".toml")
        if examples.is_file():
            return examples
    return None


def _yara(name: str, file: Traversable, beside: Traversable | None, origin: str) -> YaraSource:
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
    return YaraSource(
        name=stem, text=_read(name, file), examples=examples, negatives=negatives, file=name, origin=origin
    )


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
