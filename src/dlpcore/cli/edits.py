"""``dlpcore enforce``, ``redact`` and ``sanitize``: made safe, to standard output, a file or a folder, or in place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import click

from ..errors import Blocked, DLPError, InputError
from ..model import Action, Kind, Severity, Verdict, printable
from .inputs import Payload, Source
from .options import chosen_outputs, edit_options, token_options
from .output import Sink, replacing, to_stdout
from .session import ACTED, Session
from .tokenizer import chosen_tokenizer, has_keys

__all__ = ["edit_all", "enforce", "redact", "sanitize"]

Edit: TypeAlias = Callable[[Payload], bytes]


@click.command(short_help="Write payloads as the policy lets them leave.")
@edit_options
@token_options
def enforce() -> None:
    """Write each payload as the policy lets it leave: as it is, redacted, tokenized, sanitized, or not at all.

    A payload that is blocked is not written, and of a file of records nothing is; a line on standard error says why.

    \b
      dlpcore enforce --policy pci order.json > safe.json
      dlpcore enforce --policy tokens.toml --key-file keys.toml --vault vault.db customer.json
      dlpcore enforce --policy mine.toml --context roles=support --context destination=api.example order.json

    Exit status: 0 if all left as they were, 1 if the policy acted, 2 if something was wrong.
    """
    session = Session()
    tokenizer = chosen_tokenizer() if has_keys() else None  # needed only where the policy tokenizes

    def edit(payload: Payload) -> bytes:
        verdict = session.inspect(payload)
        session.decided(verdict)
        if verdict.action == Action.BLOCK:
            raise Blocked(verdict)
        if tokenizer is None and any(finding.action == Action.TOKENIZE for finding in verdict.findings):
            raise InputError("the policy tokenizes: name the keys with --key-file (docs/tokenization.md)")
        return session.inspector.enforce(payload.data, verdict, tokenizer=tokenizer, context=session.context)

    edit_all(session, edit)


_how = click.option(
    "--how",
    type=click.Choice(["mask", "class", "label", "hash", "remove"]),
    help="What takes the place of a value. Default: as the policy says, which is a mask.",
)


@click.command(short_help="Mask sensitive values; every other byte stays.")
@edit_options
@_how
def redact(how: str | None) -> None:
    """Mask every sensitive value, whatever the policy decides for it; every other byte stays as it was.

    What is hidden between the tokens, and holds no sensitive value, stays too: that is for dlpcore sanitize, and a line
    on standard error says so.
    A file is replaced as a whole or not at all.

    \b
      dlpcore redact customer.json > safe.json
      dlpcore redact --in-place captures/
      dlpcore redact --ndjson - < traffic.ndjson | gzip > safe.ndjson.gz

    Exit status 1 means that the policy acts on what came in, as with dlpcore inspect; the output is complete.
    """
    from ..policy import Redaction

    session = Session()
    style = None if how is None else Redaction(how)

    def edit(payload: Payload) -> bytes:
        verdict = session.inspect(payload)
        session.decided(verdict)
        remaining = _left(verdict)
        if remaining:
            session.say(f"{payload.name}: redact leaves {', '.join(remaining)} as it is; see dlpcore sanitize")
        for skipped in verdict.skipped:
            session.say(f"{payload.name}: not inspected: {skipped.what}: {skipped.why}")
        return session.inspector.redact(payload.data, verdict, how=style)

    edit_all(session, edit)


def _left(verdict: Verdict) -> list[str]:
    """The rules of what acts and is about form: redact leaves it, unless it goes with a value that it carries."""
    gone = {f.spans for f in verdict.findings if f.kind == Kind.SENSITIVE_DATA and f.severity > Severity.INFO}
    return sorted(
        {
            printable(f.rule)
            for f in verdict.findings
            if f.kind in (Kind.COVERT_CHANNEL, Kind.STRUCTURE) and f.action > Action.ALLOW and f.spans not in gone
        }
    )


@click.command(short_help="Write payloads anew, so that nothing can hide.")
@edit_options
def sanitize() -> None:
    """Write each payload anew in one canonical, compact form, so that nothing can hide between its tokens.

    The JSON value stays as it was: names, their order, strings and numbers. A payload that is not JSON is refused with
    the position of the first error. A file is replaced as a whole or not at all.

    \b
      dlpcore sanitize order.json > safe.json
      dlpcore sanitize --in-place captures/
      dlpcore sanitize order.json | dlpcore redact -
    """
    session = Session()

    def edit(payload: Payload) -> bytes:
        clean = session.inspector.sanitize(payload.data)
        return clean if payload.line is None else clean + b"\n"

    edit_all(session, edit)


def edit_all(session: Session, edit: Edit) -> None:
    """Edits every payload into its place and ends the command; a source that fails changes nothing."""
    outputs = chosen_outputs()
    output, in_place = outputs.output, outputs.in_place
    if in_place and output is not None:
        raise click.UsageError("--in-place and --output exclude each other")
    if in_place and any(source.path is None for source in session.found):
        raise click.UsageError("standard input cannot be replaced in place")
    many = len(session.found) > 1
    if many and output is None and not in_place:
        raise click.UsageError("several inputs would run together on standard output: use --in-place or -o FOLDER")
    into_folder = output is not None and (many or output.is_dir())
    if into_folder:
        _distinct(session.found)
    with session.progress:
        for source in session.found:
            try:
                with _opened(source, output, into_folder, in_place) as stream:
                    _edit_source(session, source, edit, stream)
            except _Failed:
                continue  # said already, where it happened
            except OSError as error:
                session.wrong(str(output or source.name), error.strerror or type(error).__name__)
    session.close()


class _Failed(Exception):
    """A source could not be edited as a whole, so that its output must not take effect."""


def _edit_source(session: Session, source: Source, edit: Edit, stream: Sink) -> None:
    read = False
    for payload in session.payloads(source):
        read = True
        try:
            edited = edit(payload)
        except Blocked as error:
            session.say(f"{payload.name}: {error}")
            session.status = max(session.status, ACTED)
            raise _Failed from error
        except DLPError as error:
            session.wrong(payload.name, str(error))
            raise _Failed from error
        with session.progress.aside():
            stream.write(edited)
    # An empty file of records has no payload, and an empty one as its result; an unreadable file has no result.
    if not read and session.unreadable(source):
        raise _Failed


def _distinct(found: list[Source]) -> None:
    seen: dict[Path, str] = {}
    for source in found:
        other = seen.setdefault(source.relative, source.name)
        if other != source.name:
            raise click.UsageError(f"{other} and {source.name} would both be written to {source.relative}")


@contextlib.contextmanager
def _opened(source: Source, output: Path | None, into_folder: bool, in_place: bool) -> Iterator[Sink]:
    target = source.path if in_place else output
    if target is None:
        with to_stdout() as stream:
            yield stream
        return
    if into_folder and output is not None:
        target = output / source.relative
        target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as stream:
        yield stream
