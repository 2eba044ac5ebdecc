"""``dlpcore inspect``: what is in each payload, and what the policy decides."""

from __future__ import annotations

import fnmatch
import functools
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..model import Action, Finding, Verdict
from .captures import Message
from .inputs import Payload
from .lists import read_key
from .session import Session, input_options
from .traffic import Traffic

if TYPE_CHECKING:
    from .baseline import Baseline
    from .sarif import Sarif

__all__ = ["inspect"]

#: Layouts of :mod:`dlpcore.events`, which is loaded when one is asked for.
_EVENTS = ("ocsf", "ecs", "cef")


@click.command(short_help="Report findings and what the policy decides.")
@input_options
@click.option(
    "--format",
    "layout",
    type=click.Choice(["text", "json", "ndjson", "sarif", *_EVENTS]),
    default="text",
    help="Default: text. json and ndjson are one thing: an object a payload and line. sarif is one document of all "
    "findings, for code scanners; ocsf, ecs and cef are for a SIEM: an event a payload and line.",
)
@click.option("--show", is_flag=True, help="Show the bytes around each finding, white space made visible as · → ␍ ␊.")
@click.option(
    "--baseline",
    "known",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Leave out the findings that this baseline knows (dlpcore baseline create); needs --key-file.",
)
@click.option(
    "--key-file",
    metavar="KEY",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The key of the fingerprints, which are then equal across runs. Default: a random one.",
)
@click.option("--host", metavar="GLOB", help="Of captured traffic, only what goes to such a host.")
@click.option("--path", metavar="GLOB", help="Of captured traffic, only what goes to such a path.")
@click.option("--direction", type=click.Choice(["request", "response"]), help="Of captured traffic, only this way.")
@click.option("-v", "--verbose", is_flag=True, help="List findings of severity info too: they never act.")
@click.option("-q", "--quiet", is_flag=True, help="Leave out the payloads on which the policy does not act.")
def inspect(
    inputs: tuple[str, ...],
    ndjson: bool,
    rule_paths: tuple[str, ...],
    deadline: float | None,
    layout: str,
    show: bool,
    known: Path | None,
    key_file: Path | None,
    host: str | None,
    path: str | None,
    direction: str | None,
    verbose: bool,
    quiet: bool,
) -> None:
    """Report what payloads hide and give away, and what the policy decides.

    No output holds a sensitive value: findings have a masked preview, and a fingerprint that is equal for equal values
    within one run.

    \b
      dlpcore inspect order.json
      dlpcore inspect --show order.json           hidden white space made visible
      dlpcore inspect --format json captures/     one JSON object a payload and line
      dlpcore inspect --format sarif . > dlp.sarif
      curl -s https://api.example/v1/me | dlpcore inspect -
      tail -f traffic.ndjson | dlpcore inspect --ndjson -q -
      dlpcore inspect -q session.har              captured traffic: .har, .flow (mitmproxy), .http; .gz and .zst too
    """
    if show and layout != "text":
        raise click.UsageError("--show is for --format text: in JSON, the spans say where")
    if known is not None and key_file is None:
        raise click.UsageError("--baseline needs --key-file: its fingerprints are under a key")
    key = None if key_file is None else read_key(key_file)
    baseline = None if known is None or key is None else _baseline(known, key)
    session = Session(inputs, ndjson, rule_paths, deadline, captures=True, key=key, known=baseline)
    counts: Counter[Action] = Counter()
    traffic = Traffic()
    sarif = _sarif(session, key, verbose) if layout == "sarif" else None
    with session.progress:
        for payload in session.payloads():
            if payload.message is not None and not _wanted(payload.message, host, path, direction):
                continue
            for part, verdict, found in session.inspected(payload):
                session.decided(verdict)
                counts[verdict.action] += 1
                traffic.count(part, verdict)
                if quiet and verdict.action < Action.FLAG:
                    continue
                with session.progress.aside():
                    if sarif is not None:
                        sarif.add(part, verdict)
                    elif layout in ("json", "ndjson"):
                        click.echo(_as_json(part, verdict))
                    elif layout != "text":
                        click.echo(_as_event(part, verdict, layout, session.inspector.policy.name))
                    else:
                        _as_text(part, verdict, found if show else None, verbose=verbose)
    if sarif is not None:
        for text in session.wrongs:
            sarif.wrong(text)
        sarif.end(session.status)
    if baseline is not None:
        session.say(f"{baseline.suppressed:,} known findings were left out")
    if layout == "text" and counts.total() > 1:
        from .report import endpoints, summary

        endpoints(traffic)
        summary(counts)
    session.close()


def _baseline(path: Path, key: bytes) -> Baseline:
    from .baseline import Baseline

    return Baseline.load(path, key)


def _sarif(session: Session, key: bytes | None, verbose: bool) -> Sarif:
    from .baseline import mark
    from .sarif import Sarif

    named = None if key is None else functools.partial(mark, key)
    sarif = Sarif(functools.partial(click.echo, nl=False), session.inspector.rules, named, verbose=verbose)
    sarif.begin()
    return sarif


def _wanted(message: Message, host: str | None, path: str | None, direction: str | None) -> bool:
    return (
        (host is None or fnmatch.fnmatchcase(message.host.lower(), host.lower()))
        and (path is None or fnmatch.fnmatchcase(message.path, path))
        and (direction is None or message.direction == direction)
    )


def _as_json(payload: Payload, verdict: Verdict) -> bytes:
    # Written by the verdict itself, whose JSON has every invisible character escaped; ASCII here for the same reason.
    place: dict[str, object] = {"file": payload.source.name, "line": payload.line}
    if payload.message is not None:
        message = payload.message
        place |= {"direction": message.direction, "method": message.method, "host": message.host, "path": message.path}
    head = json.dumps(place)
    return head[:-1].encode() + b", " + verdict.to_json()[1:]


def _as_event(payload: Payload, verdict: Verdict, layout: str, policy: str) -> str:
    from ..events import LAYOUTS, Event
    from ..model import Context

    place = {"file": payload.source.name} | ({} if payload.line is None else {"line": str(payload.line)})
    return LAYOUTS[layout](Event.of_verdict(verdict, Context(attributes=place), policy=policy))


def _as_text(payload: Payload, verdict: Verdict, shown: Sequence[Finding] | None, *, verbose: bool) -> None:
    # rich takes a while to load, which --format json need not wait for.
    from .report import report

    report(payload, verdict, shown, verbose=verbose)
