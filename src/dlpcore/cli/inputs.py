"""Turns the arguments of a command into payloads: files, folders, standard input, and the records of NDJSON.

A record of NDJSON is a line *with* its terminator and with the blank lines that follow it (those at the head of the
file belong to the first record). So every byte of a file is in exactly one payload: white space between records is as
good a hiding place as any, and a message hidden behind a record contains line feeds itself.
"""

from __future__ import annotations

import mmap
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

import click

__all__ = ["Payload", "Source", "payloads", "sources", "total_bytes"]

#: What is read at once: bytes, or a read-only map of a large file.
Data: TypeAlias = bytes | mmap.mmap

SUFFIXES = (".json", ".ndjson", ".jsonl")
_LINE_SUFFIXES = (".ndjson", ".jsonl")
#: Below this, one read is as quick as a map, and a file that shrinks meanwhile does no harm.
_MAP_FROM = 16 * 1024 * 1024
_BLANK = b" \t\r\n"

OnError: TypeAlias = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Source:
    """A file or standard input. ``relative`` is its path below the folder that was named, for output folders."""

    name: str
    path: Path | None
    relative: Path
    lines: bool


@dataclass(frozen=True, slots=True)
class Payload:
    """One payload. ``line`` is the line (from 1) that its record begins on, ``None`` for a whole file."""

    source: Source
    line: int | None
    data: Data

    @property
    def name(self) -> str:
        return self.source.name if self.line is None else f"{self.source.name}:{self.line}"


def sources(arguments: Sequence[str], *, ndjson: bool, on_error: OnError) -> list[Source]:
    """The files that ``arguments`` name, folders opened; standard input where there is none and it is no terminal.

    ``on_error`` gets the name and the reason of what is not there; a folder without payloads is an error as well,
    because nothing of it was inspected.
    """
    if not arguments:
        if sys.stdin.isatty():
            raise click.UsageError("name a file or a folder, or - to read standard input")
        arguments = ("-",)
    result: list[Source] = []
    for argument in arguments:
        if argument == "-":
            result.append(Source("-", None, Path("stdin.json"), ndjson))
            continue
        path = Path(argument)
        if not path.is_dir():
            result.append(_source(path, Path(path.name), ndjson))
            continue
        found = [
            Path(folder, name)
            for folder, folders, names in os.walk(path, onerror=lambda e: on_error(str(e.filename), _reason(e)))
            if folders.sort() is None  # os.walk goes on in the order that it finds the list in
            for name in sorted(names)
            if name.lower().endswith(SUFFIXES)
        ]
        if not found:
            on_error(argument, f"no payload in this folder: {', '.join(SUFFIXES)} are looked for")
        result += [_source(file, file.relative_to(path), ndjson) for file in found]
    return result


def _source(path: Path, relative: Path, ndjson: bool) -> Source:
    return Source(str(path), path, relative, ndjson or path.name.lower().endswith(_LINE_SUFFIXES))


def total_bytes(found: Sequence[Source]) -> int | None:
    """Bytes of all sources together; ``None`` where one cannot tell beforehand (a pipe)."""
    total = 0
    for source in found:
        try:
            status = os.stat(0 if source.path is None else source.path)
        except OSError:
            continue
        if not stat.S_ISREG(status.st_mode):
            return None
        total += status.st_size
    return total


def payloads(found: Sequence[Source], on_error: OnError) -> Iterator[Payload]:
    """The payloads of ``found`` in order, read as they are asked for. What cannot be read goes to ``on_error``."""
    for source in found:
        try:
            if source.path is None:
                yield from _read(source, sys.stdin.buffer)
            else:
                with source.path.open("rb") as stream:
                    yield from _read(source, stream)
        except OSError as error:
            on_error(source.name, _reason(error))


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _read(source: Source, stream: BinaryIO) -> Iterator[Payload]:
    if not source.lines:
        yield Payload(source, None, _whole(stream))
        return
    record: list[bytes] = []
    start = 1
    has_value = False
    for number, line in enumerate(stream, 1):
        if line.strip(_BLANK):
            if has_value:
                yield Payload(source, start, b"".join(record))
                record = []
            if not record:
                start = number
            has_value = True
        record.append(line)
    if record:
        yield Payload(source, start, b"".join(record))


def _whole(stream: BinaryIO) -> Data:
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return stream.read()  # a stream without a descriptor, as tests use
    if stat.S_ISREG(status.st_mode) and status.st_size >= _MAP_FROM and stream.tell() == 0:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    return stream.read()
