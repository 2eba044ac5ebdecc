"""``dlpcore lists``: keys, entries and checks of allow and deny lists; and the options that put lists to use."""

from __future__ import annotations

import functools
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..model import printable

if TYPE_CHECKING:
    from ..rules.lists import Lists

__all__ = ["chosen_lists", "list_options", "lists", "read_key", "write_key"]

_F = TypeVar("_F", bound=Callable[..., Any])
_PATHS, _KEY = "dlpcore.lists", "dlpcore.list_key"
_LEAST = 16


def _keep(name: str, ctx: click.Context, _param: click.Parameter, value: object) -> None:
    ctx.meta[name] = value


def list_options(command: _F) -> _F:
    """The options that name allow and deny lists; :func:`chosen_lists` has what they say."""
    options = (
        click.option(
            "--lists",
            multiple=True,
            metavar="FILE",
            type=click.Path(exists=True, dir_okay=False),
            expose_value=False,
            callback=functools.partial(_keep, _PATHS),
            help="An allow and deny list (TOML). May be repeated.",
        ),
        click.option(
            "--list-key",
            metavar="FILE",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            expose_value=False,
            callback=functools.partial(_keep, _KEY),
            help="The key of the values in the lists.",
        ),
    )
    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), command)


def chosen_lists() -> tuple[Lists, bytes | None]:
    """The lists that the options of this command name, and their key."""
    from ..rules.lists import load_lists

    meta = click.get_current_context().meta
    key = meta.get(_KEY)
    return load_lists(*meta.get(_PATHS, ())), None if key is None else read_key(key)


def read_key(path: Path) -> bytes:
    """The bytes of a key file, which nobody else may read.

    Raises:
        click.UsageError: others may, or it is too short to be a key.
    """
    with path.open("rb") as stream:
        if os.name == "posix" and stat.S_IMODE(os.fstat(stream.fileno()).st_mode) & 0o077:
            raise click.UsageError(f"{path}: others may read this key: chmod 600 {path}")
        key = stream.read(4096)
    if len(key) < _LEAST:
        raise click.UsageError(f"{path}: a key has {_LEAST} bytes or more")
    return key


@click.group()
def lists() -> None:
    """Make and check allow and deny lists.

    \b
      dlpcore lists key list.key                          a new key, for nobody else to read
      dlpcore lists entry --list-key list.key < values    each line as an entry that does not show it
      dlpcore lists check lists.toml
      dlpcore inspect --lists lists.toml --list-key list.key order.json
    """


@lists.command("key")
@click.argument("file", type=click.Path(path_type=Path))
def new_key(file: Path) -> None:
    """Write a new random key to FILE, which must not exist yet."""
    write_key(file)


def write_key(file: Path) -> None:
    """A new key file of mode 0600.

    Raises:
        click.UsageError: it exists, or cannot be made.
    """
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise click.UsageError(f"{file} exists: a key is never overwritten") from None
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(os.urandom(32))


@lists.command("entry")
@click.option("--list-key", required=True, metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def new_entry(list_key: Path) -> None:
    """Read values from standard input, one a line, and write them as entries that do not show them.

    They are read from there, because what stands on a command line can be seen by others. The separators of a number
    do not matter: 4111-1111 and 41111111 are one value.
    """
    from ..rules.lists import digest, key_id

    key = read_key(list_key)
    if sys.stdin.isatty():
        click.echo("dlpcore: one value a line; end with Ctrl-D", err=True)
    entries: dict[str, None] = {}
    for number, line in enumerate(sys.stdin.buffer, 1):
        value = line.rstrip(b"\r\n")
        if not value:
            continue
        try:
            entries.setdefault(digest(key, value))
        except ValueError as error:
            raise click.UsageError(f"line {number}: {error}") from None
    click.echo(f'key_id = "{key_id(key)}"')
    click.echo("values = [")
    for entry in entries:
        click.echo(f'    "{entry}",')
    click.echo("]")


@lists.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, dir_okay=False))
@click.option("--list-key", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check_lists(files: tuple[str, ...], list_key: Path | None) -> None:
    """Check lists, and what the denied patterns cost. With --list-key, that their values are under this key."""
    from ..engines.lists import ListEngine
    from ..rulecheck import check
    from ..rules import RuleSet
    from ..rules.lists import load_lists

    loaded = load_lists(*files)
    if list_key is not None:
        ListEngine(loaded, read_key(list_key))
    for entry in (*loaded.allow, *loaded.deny):
        parts = [f"{len(part)} {name}" for name, part in _parts(entry) if part]
        side = "allow" if entry in loaded.allow else "deny"
        click.echo(printable(f"{side:<6}{entry.id}: {', '.join(parts)}"))
    for price in check(RuleSet(rules=ListEngine(_without_values(loaded), None).rules)).ungated:
        text = f"{price.rule} has no literal, so that it is tried on everything: {price.ns_per_kb:,.0f} ns for each KB"
        click.echo(f"dlpcore: {printable(text)}", err=True)


def _parts(entry: Any) -> list[tuple[str, Any]]:
    names = ("values", "patterns", "fields", "endpoints", "rules")
    return [(name, getattr(entry, name)) for name in names]


def _without_values(loaded: Lists) -> Lists:
    """Only the patterns, which need no key."""
    import dataclasses

    deny = tuple(dataclasses.replace(entry, values=frozenset()) for entry in loaded.deny)
    return dataclasses.replace(loaded, allow=(), deny=deny)
