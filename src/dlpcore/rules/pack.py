"""The built-in rules as one file that loads at once: made when the package is built, ignored once it is out of date.

Theory of operation. To read some nine hundred rule files, to derive their anchors and to compile the tables of the
prefilter takes a second or more; none of it depends on anything but those files and the code of this package. So the
build does it (``setup.py``) and writes what comes out beside this module: the tables as flat bytes, and each rule by
itself, to be unpacked when a payload first asks for it. The file begins with a digest of every rule file and of the
code that read them. Where the digest is another one, as after a change of a rule in a checkout, the file is ignored and
the rules are read as if there were none: slower, and the same.

The content is in the format of :mod:`marshal`, which is loaded without importing anything; like the compiled modules
that Python keeps beside its sources, the file is as trusted as the package that it is a part of.
"""

from __future__ import annotations

import functools
import importlib
import marshal
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from .tables import Shape, Tables

if TYPE_CHECKING:
    from .demand import Reading
    from .schema import Rule, RuleSet, YaraSource

__all__ = ["PACKAGE", "Pack", "digest", "packed", "read", "rules_folder", "write"]

#: The package that the top-level folder ``rules/`` is installed as.
PACKAGE: Final = "dlpcore.rulepacks"
#: The file, beside this module.
NAME: Final = "builtin.pack"
_MAGIC: Final = b"dlpcore rules 1 " + sys.byteorder.encode().ljust(8)
_DIGEST: Final = 32
_SUFFIXES: Final = (".toml", ".yar", ".yara", ".yaml", ".yml")
#: Without references, so that the same rules give the same bytes.
_VERSION: Final = 2
_HERE: Final = os.path.dirname(os.path.abspath(__file__))


class Pack:
    """The built-in rules without their examples. Immutable but for the rules unpacked so far, thread-safe.

    Attributes:
        tables: of the rules and of the YARA rules, for the prefilter.
    """

    __slots__ = ("_found", "_readings", "_rules", "_yara", "tables")

    def __init__(self, content: bytes) -> None:
        self._rules, self._yara, (shapes, *rest), self._readings = marshal.loads(content)
        self.tables = Tables(tuple(Shape(*shape) for shape in shapes), *rest)
        self._found: list[Rule | None] = [None] * len(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def rule(self, number: int) -> Rule:
        """The rule at a position. Two threads may both unpack it; either result is the same."""
        rule = self._found[number]
        if rule is None:
            rule = self._found[number] = _unpacked(self._rules[number])
        return rule

    def yara(self) -> tuple[YaraSource, ...]:
        """The sources of the YARA rules."""
        from .schema import YaraSource

        return tuple(YaraSource(name=name, text=text, file=file, origin="builtin") for name, text, file in self._yara)

    def rules(self) -> RuleSet:
        """All of it; what was read from the patterns is remembered, so that the tables of more rules need no parser."""
        from .demand import remember
        from .schema import RuleSet

        readings: dict[Any, tuple[Any, Any]] = marshal.loads(self._readings)
        remember({key: _read(each) for key, each in readings.items()})
        return RuleSet(rules=tuple(map(self.rule, range(len(self)))), yara=self.yara())


@functools.cache
def read() -> Pack | None:
    """The pack of the installed rules; ``None`` where there is none, or it is not of these rules and this code."""
    try:
        with open(os.path.join(_HERE, NAME), "rb") as file:
            data = file.read()
        head = len(_MAGIC) + _DIGEST
        if data[: len(_MAGIC)] != _MAGIC or data[len(_MAGIC) : head] != digest(rules_folder()):
            return None
        return Pack(data[head:])
    except (OSError, ImportError, EOFError, ValueError, TypeError):
        return None


def rules_folder() -> str:
    """The folder of the installed rule files.

    Raises:
        ImportError: they are not installed.
    """
    return str(importlib.import_module(PACKAGE).__path__[0])


def write(folder: str, target: str) -> None:
    """Makes the pack of the rule files in ``folder`` and puts it at ``target``, all at once.

    Raises:
        RuleError: a rule file is wrong.
    """
    from .loader import in_folder

    content = _MAGIC + digest(folder) + packed(in_folder(folder))
    unfinished = f"{target}.{os.getpid()}"
    with open(unfinished, "wb") as file:
        file.write(content)
    os.replace(unfinished, target)


def packed(ruleset: RuleSet) -> bytes:
    """The content of a pack."""
    from .demand import key_of, read
    from .tables import compiled
    from .yara_gate import read_gates

    tables = compiled(ruleset.rules, [gate for source in ruleset.yara for gate in read_gates(source.text)])
    readings = {key_of(rule): _plain(read(rule)) for rule in ruleset.rules}
    return marshal.dumps(
        (
            tuple(marshal.dumps(_plain(rule), _VERSION) for rule in ruleset.rules),
            tuple((source.name, source.text, source.file) for source in ruleset.yara),
            _plain(tables),
            marshal.dumps(readings, _VERSION),
        ),
        _VERSION,
    )


def digest(folder: str) -> bytes:
    """Of the rule files in ``folder``, and of the code that reads rules."""
    from hashlib import blake2b

    parts: list[bytes] = []
    for name, path in (*_files(folder, _SUFFIXES), *_files(_HERE, (".py",))):
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            size = os.fstat(descriptor).st_size
            parts += (b"%s\0%d\0" % (name.encode(), size), os.read(descriptor, size + 1))
        finally:
            os.close(descriptor)
    return blake2b(b"".join(parts), digest_size=_DIGEST).digest()


def _files(folder: str, suffixes: tuple[str, ...], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Name in the folder and path of each file, in order of names."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        name = f"{prefix}{entry.name}"
        if entry.name.endswith(suffixes):
            yield name, entry.path
        elif entry.is_dir() and entry.name != "__pycache__":
            yield from _files(entry.path, suffixes, f"{name}/")


def _plain(value: Any) -> Any:
    """A value of the schema as what marshal takes: dataclasses as tuples of their fields, sets in order."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, frozenset):
        return tuple(sorted(value))
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if hasattr(value, "__dataclass_fields__"):
        return tuple(_plain(getattr(value, name)) for name in value.__dataclass_fields__)
    return value


def _read(content: tuple[Any, ...]) -> Reading:
    from .demand import Reading
    from .programs import Program

    anywhere, ahead, openings, program = content
    return Reading(anywhere, ahead, openings, Program(*program))


def _unpacked(content: bytes) -> Rule:
    from ..model import Kind, Severity
    from .schema import Anchor, Rule, RuleContext

    values = dict(zip(Rule.__dataclass_fields__, marshal.loads(content), strict=True))
    values |= {
        "severity": Severity(values["severity"]),
        "kind": Kind(values["kind"]),
        "targets": frozenset(values["targets"]),
        "context": RuleContext(*values["context"]),
        "anchor": Anchor(*values["anchor"]),
    }
    return Rule(**values)
