"""``dlpcore inspect``: what is in each payload, and what the policy decides."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ..model import Action
from .examine import Examination, Outcome, Wanted
from .fields import FieldMap
from .jobs import Workers, can_fork, processors
from .layouts import EVENTS, Events, Json, Layout, Text
from .lists import read_key
from .options import input_options
from .session import Session
from .units import Wrong, units

if TYPE_CHECKING:
    from .baseline import Baseline
    from .page import Report
    from .sarif import Sarif

__all__ = ["inspect"]

#: Bytes of input from which several processes are worth their start.
_MANY: Final = 16 << 20


@click.command(short_help="Report findings and what the policy decides.")
@input_options
@click.option(
    "--format",
    "layout",
    type=click.Choice(["text", "json", "ndjson", "html", "sarif", *EVENTS]),
    default="text",
    help="Default: text. json and ndjson are one thing: an object a payload and line. html is a report page of "
    "the run; sarif is one document of all findings, for code scanners; ocsf, ecs and cef are for a SIEM: an event a "
    "payload and line.",
)
@click.option("--show", is_flag=True, help="Show the bytes around each finding, white space made visible as · → ␍ ␊.")
@click.option("--reveal", is_flag=True, help="Show values and recovered messages in clear; for --format html alone.")
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
@click.option(
    "--field",
    "field_options",
    multiple=True,
    metavar="NAME=PATH",
    help="Where records of a log have what: body, request and response (bodies), host, path, method, status, "
    "direction, type; dotted (http.request.body) or a JSON Pointer. May be repeated.",
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Work in N processes. Default: one for each processor from 16 MB of files on, else one.",
)
@click.option("-v", "--verbose", is_flag=True, help="List findings of severity info too: they never act.")
@click.option("-q", "--quiet", is_flag=True, help="Leave out the payloads on which the policy does not act.")
def inspect(
    layout: str,
    show: bool,
    reveal: bool,
    known: Path | None,
    key_file: Path | None,
    host: str | None,
    path: str | None,
    direction: str | None,
    field_options: tuple[str, ...],
    jobs: int | None,
    verbose: bool,
    quiet: bool,
) -> None:
    """Report what payloads hide and give away, and what the policy decides.

    No output holds a sensitive value, unless --reveal asks for it: findings have a masked preview, and a fingerprint
    that is equal for equal values within one run.

    \b
      dlpcore inspect order.json
      dlpcore inspect --show order.json           hidden white space made visible
      dlpcore inspect --format json captures/     one JSON object a payload and line
      dlpcore inspect --format html session.har > report.html
      dlpcore inspect --format sarif . > dlp.sarif
      curl -s https://api.example/v1/me | dlpcore inspect -
      tail -f traffic.ndjson | dlpcore inspect --ndjson -q -
      dlpcore inspect -q session.har              captured traffic: .har, .flow (mitmproxy), .http; .gz and .zst too
      dlpcore inspect -q --field request=req.body --field path=req.url api.ndjson.gz
    """
    if show and layout != "text":
        raise click.UsageError("--show is for --format text: in JSON, the spans say where")
    if reveal and layout != "html":
        raise click.UsageError("--reveal is for --format html; dlpcore recover writes messages")
    if layout == "html" and sys.stdout.isatty():
        raise click.UsageError("a page is for a browser: write it to a file, with > report.html")
    if known is not None and key_file is None:
        raise click.UsageError("--baseline needs --key-file: its fingerprints are under a key")
    fields = FieldMap(field_options) if field_options else None
    if direction is not None and fields is not None and not fields.tells_direction:
        raise click.UsageError("--direction needs --field direction=PATH, or request= and response= in place of body=")
    key = None if key_file is None else read_key(key_file)
    baseline = None if known is None or key is None else _baseline(known, key)
    session = Session(captures=True, key=key, known=baseline)
    sarif = _sarif(session, key, verbose) if layout == "sarif" else None
    page = _page(session, verbose=verbose, reveal=reveal) if layout == "html" else None
    shown = sarif or page or _layout(layout, session, show=show, verbose=verbose)
    wanted = Wanted(host, path, direction)
    work = Examination(session.examiner, shown, quiet=quiet, wanted=wanted, fields=fields)
    sums = Outcome()
    with Workers(work, _count(jobs, session)) as workers, session.progress:
        if sarif is not None:
            sarif.begin()
        for outcome in workers.outcomes(units(session.found)):
            with session.progress.aside(outcome.told):
                for told in outcome.told:
                    if isinstance(told, Wrong):
                        session.wrong(told.name, told.reason)
                    else:
                        shown.write(told)
                sys.stdout.flush()
            sums.add(outcome)
            session.progress.advance(outcome.read)
    session.acted(max(sums.counts, default=Action.ALLOW, key=lambda action: action.rank))
    if sums.bodiless:
        _say_bodiless(session, sums)
    if page is not None:
        chosen = {"--host": host, "--path": path, "--direction": direction}
        said = [f"{name} {value}" for name, value in chosen.items() if value is not None]
        page.end(sums, [*said, "--quiet"] if quiet else said)
    if sarif is not None:
        for text in session.wrongs:
            sarif.wrong(text)
        sarif.end(session.status)
    if baseline is not None:
        session.say(f"{sums.left_out:,} known findings were left out")
    if layout == "text" and sums.counts.total() > 1:
        from .report import endpoints, summary

        endpoints(sums.traffic)
        summary(sums.counts)
    session.close()


def _baseline(path: Path, key: bytes) -> Baseline:
    from .baseline import Baseline

    return Baseline.load(path, key)


def _layout(name: str, session: Session, *, show: bool, verbose: bool) -> Layout:
    if name == "text":
        return Text(show=show, verbose=verbose)
    if name in EVENTS:
        return Events(name, session.inspector.policy.name)
    return Json()


def _page(session: Session, *, verbose: bool, reveal: bool) -> Report:
    from .page import Report

    return Report(sys.stdout.buffer.write, session, verbose=verbose, reveal=reveal)


def _sarif(session: Session, key: bytes | None, verbose: bool) -> Sarif:
    from .baseline import mark
    from .sarif import Sarif

    named = None if key is None else functools.partial(mark, key)
    return Sarif(sys.stdout.write, session.inspector.rules, named, verbose=verbose)


def _count(jobs: int | None, session: Session) -> int:
    """How many processes. Unless told: one for each processor, where there is so much to do that it pays."""
    if jobs is not None:
        if jobs > 1 and not can_fork():
            raise click.UsageError("--jobs: this system cannot fork processes")
        return jobs
    total = session.progress.total
    # of a pipe nobody knows how much comes, and one waits for each line of it
    return processors() if total is not None and total >= _MANY and can_fork() else 1


def _say_bodiless(session: Session, sums: Outcome) -> None:
    some = "record has" if sums.bodiless == 1 else "records have"
    records = f"{sums.bodiless:,} {some} no body where --field says: nothing was inspected there"
    if sums.counts:
        session.say(records)
        return
    session.wrong("--field", records)
