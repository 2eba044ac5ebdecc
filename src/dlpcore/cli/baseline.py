"""``dlpcore baseline``: records known findings, and the filter with which ``inspect`` leaves them out.

A baseline holds, for each rule, keyed fingerprints of what was found. Without a key, whoever has the file could try
all card numbers against it. A finding that is no value (a channel, say) is known by the bytes that it lies in.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ..errors import InputError
from ..model import Action, Context, Finding, Severity, Verdict, keyed_fingerprint
from .inputs import Data
from .lists import read_key, write_key
from .options import input_options
from .output import replacing
from .session import Session

if TYPE_CHECKING:
    from ..policy import Ruler

__all__ = ["Baseline", "baseline", "mark"]

_FORMAT: Final = "dlpcore-baseline/1"
_BULK: Final = "bulk."
_MOST_BYTES: Final = 256 * 1024 * 1024


def mark(key: bytes, finding: Finding, data: Data) -> str:
    """The name of what was found, equal across runs under one key (16 hex digits)."""
    if finding.fingerprint is not None:
        return finding.fingerprint
    found = b"\0".join(data[start:end] for start, end in finding.spans)
    return keyed_fingerprint(key, " ".join((finding.rule, *finding.provenance)), found)


class Baseline:
    """Known findings. Immutable."""

    def __init__(self, key: bytes, known: dict[str, frozenset[str]]) -> None:
        self._key = key
        self._known = known

    @classmethod
    def load(cls, path: Path, key: bytes) -> Baseline:
        """Raises :class:`dlpcore.errors.InputError`: it is no baseline, or one under another key."""
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise InputError(f"{path}: too large for a baseline")
            content: Any = json.loads(path.read_bytes())
            if content["format"] != _FORMAT:
                raise InputError(f"{path}: not a baseline of this version")
            named = content["key_id"]
            known = {str(rule): frozenset(map(str, marks)) for rule, marks in content["known"].items()}
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise InputError(f"{path}: not a baseline") from None
        from ..rules.lists import key_id

        if named != key_id(key):
            raise InputError(f"{path}: made with another key")
        return cls(key, known)

    def without_known(self, ruler: Ruler, verdict: Verdict, data: Data, context: Context | None) -> tuple[Verdict, int]:
        """The verdict on what is new, and how many findings were left out.

        What was not inspected stays so, and decides as before. ``ruler``: of the policy that the verdict is by.
        """
        new = [f for f in verdict.findings if not self._knows(f, data)]
        left_out = len(verdict.findings) - len(new)
        if not left_out:
            return verdict, 0
        # The policy counts anew, so what it said of the number of values goes; it is said again where it still holds.
        plain = [
            f.replace(action=Action.ALLOW, policy_rule=None, shadow=None) for f in new if not f.rule.startswith(_BULK)
        ]
        from ..inspection import is_jose

        jose = ruler.policy.signed == "block" and is_jose(bytes(data))
        decision = ruler.decide(plain, verdict.skipped, context, jose=jose)
        decided = verdict.replace(
            action=decision.action,
            findings=tuple(decision.findings),
            reasons=decision.reasons,
            shadow=decision.shadow,
        )
        return decided, left_out

    def _knows(self, finding: Finding, data: Data) -> bool:
        marks = self._known.get(finding.rule)
        return marks is not None and mark(self._key, finding, data) in marks


@click.group()
def baseline() -> None:
    """Record known findings, so that dlpcore inspect reports only new ones.

    \b
      dlpcore baseline create -o known.json --key-file dlp.key fixtures/
      dlpcore inspect --baseline known.json --key-file dlp.key fixtures/
    """


@baseline.command("create")
@input_options
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option(
    "--key-file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="KEY",
    help="The key of the fingerprints; made, for nobody else to read, if it is not there.",
)
def create(
    output: Path,
    key_file: Path,
) -> None:
    """Write what is found in the inputs to FILE as known. Exit status 0, unless an input could not be read.

    Findings of severity info are not recorded: they never act.
    """
    if not os.path.lexists(key_file):
        write_key(key_file)
    key = read_key(key_file)
    session = Session(captures=True, key=key)
    known: dict[str, set[str]] = {}
    with session.progress:
        for payload in session.payloads():
            for part, verdict, _, _ in session.examiner.inspected(payload):
                for skipped in verdict.skipped:
                    session.say(f"{part.name}: not inspected: {skipped.what}: {skipped.why}")
                _record(known, key, verdict.findings, part.data)
    if session.status == 0:
        from ..rules.lists import key_id

        content = {
            "format": _FORMAT,
            "key_id": key_id(key),
            "known": {rule: sorted(known[rule]) for rule in sorted(known)},
        }
        try:
            with replacing(output) as sink:
                sink.write(json.dumps(content, indent=1).encode() + b"\n")
        except OSError as error:
            raise InputError(f"{output}: {error.strerror}") from None
        session.say(f"{sum(map(len, known.values())):,} known findings of {len(known):,} rules")
    else:
        session.say("nothing written: a baseline of a part would report the rest as new")
    session.close()


def _record(known: dict[str, set[str]], key: bytes, findings: Iterable[Finding], data: Data) -> None:
    for finding in findings:
        if finding.severity > Severity.INFO:
            known.setdefault(finding.rule, set()).add(mark(key, finding, data))
