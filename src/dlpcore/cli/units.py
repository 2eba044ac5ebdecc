"""Cuts sources into units of work, in order: some files, a block of records, some messages of a capture.

A record of NDJSON is a line *with* its terminator and with the blank lines that follow it (those at the head of the
file belong to the first record). So every byte of a file is in exactly one payload: white space between records is as
good a hiding place as any, and a message hidden behind a record contains line feeds itself. A record is complete when
the next one begins.

A unit can be sent to another process, which opens its payloads; of a unit that cannot be made there is the reason.
"""

from __future__ import annotations

import gzip
import os
import stat
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..errors import InputError
from .captures import Message, messages
from .inputs import Data, Input, OnError, Payload, Source, opened, reason, whole

__all__ = ["Block", "Files", "Messages", "Unit", "Wrong", "payloads", "units"]

#: Bytes that are read at once of a stream of records, and about as many that a unit of files or messages has.
_CHUNK = 1 << 20
_MOST_FILES = 64
_MOST_MESSAGES = 64
_BLANK = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Files:
    """Sources that are a payload each, still to be read; ``data`` is that of the only one where it was read."""

    sources: tuple[Source, ...]
    data: Data | None = None
    read: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """Whole records of NDJSON. ``line`` and ``start`` as of a payload, of the first. ``read`` as of every unit: the
    bytes of the source, as stored, that were read for it."""

    source: Source
    data: bytes
    line: int
    start: int | None
    read: int = 0


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages of a capture."""

    source: Source
    messages: tuple[Message, ...]
    read: int = 0


@dataclass(frozen=True, slots=True)
class Wrong:
    """What could not be read, and why."""

    name: str
    reason: str


Unit: TypeAlias = Files | Block | Messages | Wrong


def units(found: Sequence[Source]) -> Iterator[Unit]:
    """The units of ``found`` in order, read as they are asked for."""
    files: list[Source] = []
    size = 0
    for source in found:
        stored = _stored(source)
        if source.lines or source.capture is not None or stored is None:
            if files:
                yield Files(tuple(files), read=size)
                files, size = [], 0
            yield from _guarded(source, stored)
            continue
        if files and (size + stored > _CHUNK or len(files) == _MOST_FILES):
            yield Files(tuple(files), read=size)
            files, size = [], 0
        files.append(source)
        size += stored
    if files:
        yield Files(tuple(files), read=size)


def payloads(unit: Unit, on_error: OnError) -> Iterator[Payload]:
    """The payloads of a unit. What cannot be read goes to ``on_error``."""
    match unit:
        case Wrong(name, why):
            on_error(name, why)
        case Messages(source, held):
            for message in held:
                yield Payload(source, None, message.body, message)
        case Block(source, data, line, start):
            from .._native import records

            for record in records(data):
                at = None if start is None else start + record.start
                yield Payload(source, line + record.feeds, data[record.start : record.end], start=at)
        case Files((source,), data) if data is not None:
            yield Payload(source, None, data, start=None if source.packed else 0)
        case Files(held_files):
            for source in held_files:
                try:
                    read = whole(source)
                except (OSError, EOFError, zlib.error, ImportError) as error:
                    on_error(source.name, _why(error))
                else:
                    yield Payload(source, None, read, start=None if source.packed else 0)


def _stored(source: Source) -> int | None:
    """The size of a file; ``None`` where it is none. What is not there is told by who opens it."""
    if source.path is None:
        return None
    try:
        status = os.stat(source.path)
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _guarded(source: Source, stored: int | None) -> Iterator[Unit]:
    try:
        if source.lines:
            with opened(source) as input_:
                yield from _blocks(source, input_)
        elif source.capture is not None:
            with opened(source) as input_:
                yield from _captured(source, source.capture, input_, stored or 0)
        else:
            data = whole(source)
            yield Files((source,), data, len(data))
    except (OSError, EOFError, zlib.error, ImportError, InputError) as error:
        yield Wrong(source.name, _why(error))


def _why(error: Exception) -> str:
    if isinstance(error, zlib.error | EOFError | gzip.BadGzipFile):
        return "a packed file that is damaged"
    return reason(error) if isinstance(error, OSError) else str(error)


def _blocks(source: Source, opened: Input) -> Iterator[Block]:
    stream, position = opened.stream, opened.position
    # of what is live, as much as there is; of what is packed, as much as is not damaged
    read = getattr(stream, "read1", stream.read) if position is None or source.packed else stream.read
    pending: list[bytes] = []
    has_value, after_feed = False, True
    line, start, stored = 1, 0, 0

    def block(parts: Sequence[bytes | memoryview]) -> Block:
        nonlocal line, start, stored
        data = b"".join(parts)
        now = stored + len(data) if position is None else position()
        made = Block(source, data, line, None if source.packed else start, now - stored)
        line, start, stored = line + data.count(b"\n"), start + len(data), now
        return made

    while chunk := read(_CHUNK):
        # the last line in it that is not blank begins a record that may go on; all before it is whole
        end = len(chunk) if chunk[-1] not in _BLANK else len(chunk.rstrip(_BLANK))
        cut = chunk.rfind(b"\n", 0, end) + 1
        if (cut or (after_feed and end)) and (has_value or chunk[:cut].strip(_BLANK)):
            yield block([*pending, memoryview(chunk)[:cut]])
            pending, chunk = [], chunk[cut:]
        has_value = has_value or end > 0
        after_feed = chunk.endswith(b"\n")
        pending.append(chunk)
    if pending:
        yield block(pending)


def _captured(source: Source, kind: str, opened: Input, stored: int) -> Iterator[Messages]:
    fraction = 0.0

    def done(given: float) -> None:
        nonlocal fraction
        fraction = given

    def now() -> int:
        return int(stored * fraction) if kind != "flow" else opened.position() if opened.position else 0

    held: list[Message] = []
    size = told = 0
    broken: InputError | None = None
    try:
        for message in messages(opened.stream, kind, done):
            held.append(message)
            size += len(message.body)
            if size >= _CHUNK or len(held) == _MOST_MESSAGES:
                at = now()
                yield Messages(source, tuple(held), at - told)
                held, size, told = [], 0, at
    except InputError as error:
        broken = error
    yield Messages(source, tuple(held), max(0, stored - told))
    if broken is not None:
        raise broken
