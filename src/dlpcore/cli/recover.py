"""``dlpcore recover``: the messages that were hidden in payloads. The one command whose output is what was hidden."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import click

from ..model import Finding, Kind
from .inputs import Payload
from .options import input_options
from .output import is_terminal_safe, replacing, to_stdout
from .session import Session

__all__ = ["recover"]


class _Message(NamedTuple):
    payload: Payload
    finding: Finding
    number: int
    data: bytes
    decoders: tuple[str, ...]
    score: float

    @property
    def file_name(self) -> str:
        line = "" if self.payload.line is None else f"-line{self.payload.line}"
        return f"{self.payload.source.relative.name}{line}-{self.finding.rule}-{self.number}{_suffix(self.data)}"


@click.command(short_help="Write the messages that were hidden.")
@input_options
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write each message to a file of its own here (mode 0600).",
)
@click.option("--candidates", is_flag=True, help="Every decoding of a message, not the best alone; needs -o.")
@click.option("--force", is_flag=True, help="Write to a terminal what is not plain text.")
def recover(
    output: Path | None,
    candidates: bool,
    force: bool,
) -> None:
    """Write the messages that were hidden in payloads, byte for byte.

    One message goes to standard output; for several, name a folder with -o. What was found, and how it was decoded,
    goes to standard error. Mind that a hidden message may hold secrets, or harm whoever opens it.

    \b
      dlpcore recover order.json
      dlpcore recover -o found/ captures/
      dlpcore recover -o found/ --candidates order.json     the other plausible decodings too

    Exit status 1 means that the policy acts on what came in, as with dlpcore inspect.
    """
    if candidates and output is None:
        raise click.UsageError("--candidates needs a folder: -o FOLDER")
    session = Session()
    waiting: list[_Message] = []
    count = 0
    with session.progress:
        for payload in session.payloads():
            verdict = session.inspect(payload)
            session.decided(verdict)
            for skipped in verdict.skipped:
                session.say(f"{payload.name}: not inspected: {skipped.what}: {skipped.why}")
            for message in _messages(payload, verdict.findings, candidates):
                count += 1
                if output is None:
                    waiting.append(message)
                    if len(waiting) > 1:
                        raise click.UsageError("more than one message was found: name a folder with -o FOLDER")
                    continue
                _write(session, message, output)
    if waiting:
        _to_stdout(session, waiting[0], force)
    if not count:
        session.say("no hidden message was recovered")
    session.close()


def _messages(payload: Payload, findings: tuple[Finding, ...], every: bool) -> list[_Message]:
    result: list[_Message] = []
    for finding in findings:
        if finding.kind != Kind.COVERT_CHANNEL:
            continue
        for candidate in finding.candidates if every else finding.candidates[:1]:
            if candidate.data is not None:
                how = (payload, finding, len(result) + 1, candidate.data, candidate.decoders, candidate.score)
                result.append(_Message(*how))
    return result


def _describe(message: _Message) -> str:
    chain = " → ".join((*message.finding.provenance, message.finding.rule, *message.decoders))
    return f"{message.payload.name}: {chain}: {len(message.data):,} bytes, score {message.score:.2f}"


def _write(session: Session, message: _Message, folder: Path) -> None:
    target = folder / message.payload.source.relative.parent / message.file_name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target, mode=0o600) as stream:
            stream.write(message.data)
    except OSError as error:
        session.wrong(str(target), error.strerror or type(error).__name__)
        return
    session.say(f"{_describe(message)}, in {target}")


def _to_stdout(session: Session, message: _Message, force: bool) -> None:
    session.say(_describe(message))
    if sys.stdout.isatty() and not force and not is_terminal_safe(message.data):
        raise click.UsageError("the message is not plain text: name a folder with -o FOLDER, or insist with --force")
    with to_stdout() as stream:
        stream.write(message.data)


def _suffix(data: bytes) -> str:
    """What kind of file it looks like; more than that is not claimed of what somebody hid."""
    if data[:1] in (b"{", b"["):
        return ".json"
    return ".txt" if is_terminal_safe(data) else ".bin"
