"""One run of a command over its inputs: the inspector, progress, and the exit status that adds up."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from ..model import Action, Context, Limits, Verdict, printable
from .examine import Examiner
from .inputs import Payload, Source, sources, total_bytes
from .lists import chosen_lists
from .options import chosen_inputs
from .progress import Progress
from .units import Wrong, payloads, units

if TYPE_CHECKING:
    from ..inspector import Inspector
    from ..rules import RuleSet
    from .baseline import Baseline

__all__ = ["Session", "chosen_rules"]

ACTED = 1
WRONG = 2
_WRONGS = 1000


class Session:
    """One run of a command over its inputs. ``status`` is the exit status so far."""

    def __init__(
        self,
        *,
        captures: bool = False,
        policy: str | None = None,
        key: bytes | None = None,
        known: Baseline | None = None,
    ) -> None:
        self._asked = chosen_inputs()
        self.status = 0
        self.context: Context | None = self._asked.context
        self._wrong: set[str] = set()
        #: What was said of inputs that are wrong; of very many, the first.
        self.wrongs: list[str] = []
        self.found = sources(self._asked.inputs, ndjson=self._asked.ndjson, on_error=self.wrong, captures=captures)
        self._own_key = key
        #: Of the fingerprints, unless the lists have another one.
        self.key = key or os.urandom(32)  # one for all inspectors of a run: equal values have equal fingerprints
        self.inspector = self.inspector_with(policy or self._asked.policy or "balanced")
        self.examiner = Examiner(self.inspector, self.context, known)
        self.progress = Progress(total_bytes(self.found))

    def inspector_with(self, policy: str) -> Inspector:
        """At the command line a payload may have any size and, unless told, take any time: it is a person who waits."""
        from ..inspector import Inspector

        limits = Limits(max_bytes=None, deadline=self._asked.deadline, max_work=None)
        rules = chosen_rules(self._asked.rule_paths, builtin=not self._asked.no_builtin, examples=False)
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
