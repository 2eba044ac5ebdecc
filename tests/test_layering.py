"""The imports of src/dlpcore go downwards only, the binding has one importer, and nothing imports the package root."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "dlpcore"

# docs/architecture.md, "Layers". A module may import from lower numbers, and within its own folder.
LAYERS = {
    "errors": 0,
    "model": 1,
    "_native": 2,
    "document": 3,
    "views": 4,
    "covert": 5,
    "validators": 6,
    "rules": 7,
    "engines": 8,
    "findings": 9,
    "policy": 10,
    "redact": 11,
    "sanitize": 11,
    "tokenize": 11,
    "engine": 12,
    "straight": 12,
    "inspection": 13,
    "editing": 14,
    "inspector": 15,
    "rulecheck": 16,
    "events": 16,
    "middleware": 17,
    "integrations": 18,
    "cli": 18,
}
# They stand above all layers: the one names the public API, the other starts the command line.
ENTRANCES = {"__init__", "__main__"}


def _is_type_checking(node: ast.AST) -> bool:
    test = node.test if isinstance(node, ast.If) else None
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _import_nodes(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """All import statements that run, those inside functions too."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node
    if _is_type_checking(node):
        assert isinstance(node, ast.If)
        children: list[ast.AST] = list(node.orelse)
    else:
        children = list(ast.iter_child_nodes(node))
    for child in children:
        yield from _import_nodes(child)


def imported(text: str, module: tuple[str, ...], *, is_package: bool) -> list[tuple[int, str]]:
    """``(line, absolute dotted name)`` of what the module named by ``module`` imports from ``dlpcore``."""
    result: list[tuple[int, str]] = []
    for node in _import_nodes(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            package = module if is_package else module[:-1]
            base = package[: len(package) - (node.level - 1)] if node.level else ()
            prefix = ".".join((*base, *((node.module,) if node.module else ())))
            # ``from . import model`` names modules, ``from .model import Span`` what is inside one: both are
            # covered by the dotted name, of which the first two parts decide.
            names = [f"{prefix}.{alias.name}" for alias in node.names]
        result += [(node.lineno, name) for name in names if name.split(".")[0] == "dlpcore"]
    return result


def violations(text: str, module: tuple[str, ...], *, is_package: bool = False) -> list[str]:
    part = module[1] if len(module) > 1 else "__init__"
    found = []
    for line, name in imported(text, module, is_package=is_package):
        target = (*name.split("."), "")[1]
        place = f"{'.'.join(module)}:{line}: {name}"
        if target == "_core":
            if part != "_native":
                found.append(f"{place}: only _native.py imports the binding")
        elif target == part or part in ENTRANCES:
            continue
        elif target == "rulepacks":
            found.append(f"{place}: the rule files are data, read through importlib.resources")
        elif target not in LAYERS:
            found.append(f"{place}: the package root is not imported from inside")
        elif LAYERS[target] >= LAYERS[part]:
            found.append(f"{place}: layer {LAYERS[part]} imports layer {LAYERS[target]}")
    return found


def _modules() -> list[tuple[Path, tuple[str, ...], bool]]:
    result = []
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        result.append((path, parts[:-1] if is_package else parts, is_package))
    return result


@pytest.mark.parametrize(
    ("path", "module", "is_package"), _modules(), ids=lambda v: ".".join(v) if type(v) is tuple else ""
)
def test_imports_go_down(path: Path, module: tuple[str, ...], is_package: bool) -> None:
    assert violations(path.read_text(encoding="utf-8"), module, is_package=is_package) == []


def test_every_part_has_a_layer() -> None:
    parts = {module[1] for _, module, _ in _modules() if len(module) > 1}
    assert parts - ENTRANCES <= set(LAYERS)


@pytest.mark.parametrize(
    ("text", "module"),
    [
        ("from .inspector import Inspector", ("dlpcore", "policy")),
        ("from . import inspector", ("dlpcore", "policy")),
        ("from ..inspector import Inspector", ("dlpcore", "covert", "gaps")),
        ("import dlpcore.inspector", ("dlpcore", "policy")),
        ("def f():\n    from .policy import Policy", ("dlpcore", "model")),
        ("from .redact import mask", ("dlpcore", "sanitize")),
        ("import dlpcore", ("dlpcore", "inspector")),
        ("from dlpcore import Inspector", ("dlpcore", "cli", "inspect")),
        ("from .. import Inspector", ("dlpcore", "cli", "inspect")),
        ("from . import _core", ("dlpcore", "document")),
        ("from dlpcore._core import lib", ("dlpcore", "document")),
        ("import dlpcore.rulepacks", ("dlpcore", "rules")),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    from .policy import Policy", ("dlpcore", "model")),
    ],
)
def test_a_wrong_import_is_seen(text: str, module: tuple[str, ...]) -> None:
    assert violations(text, module)


@pytest.mark.parametrize(
    ("text", "module"),
    [
        ("from .model import Span\nfrom . import errors", ("dlpcore", "policy")),
        ("from ..model import Span\nfrom .gaps import price", ("dlpcore", "covert", "tails")),
        ("from ._core import lib", ("dlpcore", "_native")),
        ("if TYPE_CHECKING:\n    from .inspector import Inspector", ("dlpcore", "policy")),
        ("from .inspector import Inspector", ("dlpcore",)),
        ("import re\nfrom json import loads", ("dlpcore", "errors")),
    ],
)
def test_a_right_import_passes(text: str, module: tuple[str, ...]) -> None:
    assert violations(text, module, is_package=module == ("dlpcore",)) == []
