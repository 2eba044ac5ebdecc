"""What the commands share: their common options, the inspector, and the exit status that adds up over all inputs."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..model import Action, Context, Limits, Verdict, printable
from .examine import Examiner
from .inputs import Payload, Source, sources, total_bytes
from .lists import chosen_lists, list_options
from .progress import Progress
from .units import Wrong, payloads, units

if TYPE_CHECKING:
    from ..inspector import Inspector
    from ..rules import RuleSet
    from .baseline import Baseline

__all__ = ["Session", "chosen_rules", "input_options"]

_F = TypeVar("_F", bound=Callable[..., Any])

ACTED = 1
WRONG = 2
_WRONGS = 1000


_NO_BUILTIN = "dlpcore.no_builtin"
_POLICY = "dlpcore.policy"
_CONTEXT = "dlpcore.context"


def _leave_out_builtin(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    ctx.meta[_NO_BUILTIN] = value


def _remember_policy(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    ctx.meta[_POLICY] = value


def _remember_context(ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> None:
    ctx.meta[_CONTEXT] = context_of(values)


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


def input_options(command: _F) -> _F:
    """The arguments and options of every command that reads payloads."""
    options = (
        click.argument("inputs", nargs=-1, metavar="[FILE|FOLDER|-]..."),
        click.option("--ndjson", is_flag=True, help="Each line is a payload (.ndjson and .jsonl always are read so)."),
        click.option(
            "--rules",
            "rule_paths",
            multiple=True,
            metavar="PATH",
            type=click.Path(exists=True),
            help="Rules (TOML, YARA, gitleaks, Presidio), or a folder, beside the built-in ones. May be repeated.",
        ),
        click.option(
            "--no-builtin",
            is_flag=True,
            expose_value=False,
            callback=_leave_out_builtin,
            help="Look only for the rules of --rules.",
        ),
        click.option(
            "--policy",
            metavar="NAME|FILE",
            expose_value=False,
            callback=_remember_policy,
            help="A ready policy (dlpcore policy list) or a policy file. Default: balanced.",
        ),
        click.option(
            "--context",
            multiple=True,
            metavar="NAME=VALUE|JSON",
            expose_value=False,
            callback=_remember_context,
            help="Who sends what where, for the policy: user=ada, roles=dev,ops, or a JSON object. May be repeated.",
        ),
        click.option(
            "--deadline",
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Stop the inspection of a payload after this time, and report it as incomplete. Default: none.",
        ),
    )
    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), list_options(command))


class Session:
    """One run of a command over its inputs. ``status`` is the exit status so far."""

    def __init__(
        self,
        inputs: tuple[str, ...],
        ndjson: bool,
        rule_paths: tuple[str, ...],
        deadline: float | None,
        *,
        captures: bool = False,
        policy: str | None = None,
        key: bytes | None = None,
        known: Baseline | None = None,
    ) -> None:
        meta = click.get_current_context().meta
        self.status = 0
        self.context: Context | None = meta.get(_CONTEXT)
        self._wrong: set[str] = set()
        #: What was said of inputs that are wrong; of very many, the first.
        self.wrongs: list[str] = []
        self.found = sources(inputs, ndjson=ndjson, on_error=self.wrong, captures=captures)
        self._rules = rule_paths
        self._deadline = deadline
        self._own_key = key
        #: Of the fingerprints, unless the lists have another one.
        self.key = key or os.urandom(32)  # one for all inspectors of a run: equal values have equal fingerprints
        self.inspector = self.inspector_with(policy or meta.get(_POLICY) or "balanced")
        self.examiner = Examiner(self.inspector, self.context, known)
        self.progress = Progress(total_bytes(self.found))

    def inspector_with(self, policy: str) -> Inspector:
        """At the command line a payload may have any size and, unless told, take any time: it is a person who waits."""
        from ..inspector import Inspector

        limits = Limits(max_bytes=None, deadline=self._deadline)
        alone = bool(click.get_current_context().meta.get(_NO_BUILTIN))
        rules = chosen_rules(self._rules, builtin=not alone, examples=False)
        lists, key = chosen_lists()
        if self._own_key is not None and key not in (None, self._own_key):
            raise click.UsageError("a run has one key: --key-file and --list-key must be the same")
        if key is None and (self._own_key is not None or not lists.has_values):
            key = self.key
        return Inspector(rules=rules, policy=policy, limits=limits, key=key, lists=lists)

    def inspect(self, payload: Payload) -> Verdict:
        """The verdict on a payload in the context that was given."""
        return self.inspector.inspect(payload.data, self.context)

    def payloads(self, source: Source | None = None) -> Iterator[Payload]:
        """All payloads, or those of one source; what was read counts as done when the next is asked for."""
        for unit in units(self.found if source is None else [source]):
            yield from payloads(unit, self.wrong)
            self.progress.advance(0 if isinstance(unit, Wrong) else unit.read)

    def decided(self, verdict: Verdict) -> None:
        """Takes a verdict into the exit status."""
        self.acted(verdict.action)

    def acted(self, action: Action) -> None:
        """Takes what the policy decided into the exit status."""
        if action >= Action.FLAG:
            self.status = max(self.status, ACTED)

    def wrong(self, name: str, reason: str) -> None:
        """Says on standard error what was wrong with one input; the others go on."""
        self.status = WRONG
        self._wrong.add(name)
        if len(self.wrongs) < _WRONGS:
            self.wrongs.append(f"{name}: {reason}")
        self.say(f"{name}: {reason}")

    def unreadable(self, source: Source) -> bool:
        """Whether something was wrong with ``source`` itself."""
        return source.name in self._wrong

    def say(self, text: str) -> None:
        """A line for the person, on standard error, where it never mixes with a result."""
        aside = getattr(self, "progress", None)
        if aside is None:
            click.echo(f"dlpcore: {printable(text)}", err=True)
            return
        with aside.aside():
            click.echo(f"dlpcore: {printable(text)}", err=True)

    def close(self) -> None:
        """Ends the command with the exit status."""
        sys.stdout.flush()
        click.get_current_context().exit(self.status)


def chosen_rules(paths: tuple[str, ...], *, builtin: bool, examples: bool = True) -> RuleSet:
    """The rules of these files and folders, beside the built-in ones or alone; says what was not carried over."""
    from .. import rules

    if not paths and not builtin:
        raise click.UsageError("--no-builtin leaves nothing to look for: name files of rules")
    own = rules.load(*paths)
    for note in own.notes:
        click.echo(f"dlpcore: {printable(str(note))}", err=True)
    return rules.builtin(examples=examples) + own if builtin else own
