"""Options that several commands have. What they say is kept with the command, and asked for where it is used."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from ..model import Context
from .lists import list_options

__all__ = [
    "SCHEMES", "Inputs", "Outputs", "TokenOptions", "chosen_inputs", "chosen_outputs", "chosen_tokens", "context_of",
    "edit_options", "input_options", "token_options",
]  # fmt: skip

_F = TypeVar("_F", bound=Callable[..., Any])
_KEPT = "dlpcore.option."

SCHEMES = (
    "sealed", "vault", "vault-repeat", "pseudonym", "digits", "alphanumeric", "card", "card-valid", "email",
    "email-shape", "date-shift", "bucket",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is read, and how it is inspected."""

    inputs: tuple[str, ...]
    ndjson: bool
    rule_paths: tuple[str, ...]
    no_builtin: bool
    policy: str | None
    context: Context | None
    deadline: float | None


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where edited payloads go."""

    output: Path | None
    in_place: bool


@dataclass(frozen=True, slots=True)
class TokenOptions:
    """What tokens are made and opened with."""

    token_key_file: Path | None
    vault: str | None
    tenant: str
    schemes: tuple[str, ...]


def chosen_inputs() -> Inputs:
    return Inputs(*_kept(Inputs))


def chosen_outputs() -> Outputs:
    return Outputs(*_kept(Outputs))


def chosen_tokens() -> TokenOptions:
    return TokenOptions(*_kept(TokenOptions))


def _kept(kind: type[Inputs | Outputs | TokenOptions]) -> list[Any]:
    meta = click.get_current_context().meta
    return [meta[_KEPT + each.name] for each in dataclasses.fields(kind)]


def _keep(ctx: click.Context, param: click.Parameter, value: object) -> None:
    ctx.meta[f"{_KEPT}{param.name}"] = value


def _keep_context(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> None:
    _keep(ctx, param, context_of(value))


_option = functools.partial(click.option, expose_value=False, callback=_keep)


def _all(command: _F, options: Sequence[Callable[[_F], _F]]) -> _F:
    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), command)


def input_options(command: _F) -> _F:
    """The arguments and options of every command that reads payloads; :func:`chosen_inputs` has what they say."""
    options = (
        click.argument("inputs", nargs=-1, metavar="[FILE|FOLDER|-]...", expose_value=False, callback=_keep),
        _option("--ndjson", is_flag=True, help="Each line is a payload (.ndjson and .jsonl always are read so)."),
        _option(
            "--rules",
            "rule_paths",
            multiple=True,
            metavar="PATH",
            type=click.Path(exists=True),
            help="Rules (TOML, YARA, gitleaks, Presidio), or a folder, beside the built-in ones. May be repeated.",
        ),
        _option("--no-builtin", is_flag=True, help="Look only for the rules of --rules."),
        _option(
            "--policy",
            metavar="NAME|FILE",
            help="A ready policy (dlpcore policy list) or a policy file. Default: balanced.",
        ),
        click.option(
            "--context",
            multiple=True,
            metavar="NAME=VALUE|JSON",
            expose_value=False,
            callback=_keep_context,
            help="Who sends what where, for the policy: user=ada, roles=dev,ops, or a JSON object. May be repeated.",
        ),
        _option(
            "--deadline",
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Stop the inspection of a payload after this time, and report it as incomplete. Default: none.",
        ),
    )
    return _all(list_options(command), options)


def edit_options(command: _F) -> _F:
    """Those of every command that writes payloads: :func:`input_options`, and what :func:`chosen_outputs` has."""
    options = (
        _option(
            "-o",
            "--output",
            metavar="FILE|FOLDER",
            type=click.Path(path_type=Path),
            help="Write here instead of standard output; for several inputs a folder, which mirrors theirs.",
        ),
        _option("-i", "--in-place", is_flag=True, help="Replace each file by its edited content."),
    )
    return input_options(_all(command, options))


def token_options(command: _F) -> _F:
    """Those of every command that makes or opens tokens; :func:`chosen_tokens` has what they say."""
    options = (
        _option(
            "--key-file",
            "token_key_file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Keys, as dlpcore keys create makes them. Default: the environment's DLPCORE_TOKEN_KEYS.",
        ),
        _option(
            "--vault",
            metavar="FILE|URL",
            envvar="DLPCORE_VAULT",
            help="Where random tokens keep their values: a file, redis://… or postgresql://…. Also DLPCORE_VAULT.",
        ),
        _option("--tenant", default="", help="Whose tokens these are."),
        _option(
            "--scheme",
            "schemes",
            multiple=True,
            metavar="ENTITY=SCHEME",
            help=f"How values of an entity are tokenized: {', '.join(SCHEMES)}. May be repeated.",
        ),
    )
    return _all(command, options)


def context_of(texts: Sequence[str]) -> Context | None:
    """A context from ``name=value`` and JSON objects; names that it has no field for are attributes.

    Raises:
        click.BadParameter: a text is neither, or a value is of the wrong type.
    """
    given: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    names = {each.name for each in dataclasses.fields(Context)}
    for text in texts:
        name, sign, value = text.partition("=")
        if text.lstrip().startswith("{"):
            try:
                found = json.loads(text)
            except ValueError:
                raise click.BadParameter("--context: this is not JSON") from None
        elif sign:
            found = {name: value}
        else:
            raise click.BadParameter("--context takes name=value or a JSON object")
        for key, each in found.items():
            if key == "attributes" and isinstance(each, dict):
                attributes.update(each)
            elif key in names:
                given[key] = _typed(key, each)
            else:
                attributes[key] = each
    if not given and not attributes:
        return None
    try:
        return Context(**given, attributes=attributes)
    except TypeError as error:
        raise click.BadParameter(f"--context: {error}") from None


def _typed(key: str, value: Any) -> Any:
    if key == "roles":
        return tuple(value.split(",")) if isinstance(value, str) else value
    if key == "time" and isinstance(value, str):
        try:
            moment = datetime.datetime.fromisoformat(value)
        except ValueError:
            raise click.BadParameter("--context: time is a date and time of ISO 8601") from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()
    return value
