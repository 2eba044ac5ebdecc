"""Turns the arguments of a command into payloads: files, folders, standard input, records of NDJSON, captured messages.

A record of NDJSON is a line *with* its terminator and with the blank lines that follow it (those at the head of the
file belong to the first record). So every byte of a file is in exactly one payload: white space between records is as
good a hiding place as any, and a message hidden behind a record contains line feeds itself.
"""

from __future__ import annotations

import gzip
import io
import mmap
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

import click

from ..errors import InputError
from .captures import CAPTURE_SUFFIXES, Message, kind_of, messages

__all__ = ["Payload", "Source", "payloads", "sources", "total_bytes"]

#: What is read at once: bytes, or a read-only map of a large file.
Data: TypeAlias = bytes | mmap.mmap

SUFFIXES = (".json", ".ndjson", ".jsonl")
_PACKED = (".gz", ".zst")
_LINE_SUFFIXES = (".ndjson", ".jsonl")
#: Below this, one read is as quick as a map, and a file that shrinks meanwhile does no harm.
_MAP_FROM = 16 * 1024 * 1024
_BLANK = b" \t\r\n"

OnError: TypeAlias = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Source:
    """A file or standard input. ``relative`` is its path below the folder that was named, for output folders.

    ``capture`` is the kind of capture that it is, ``None`` for payloads as such.
    """

    name: str
    path: Path | None
    relative: Path
    lines: bool
    capture: str | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """One payload. ``line`` is the line (from 1) that its record begins on, ``None`` for a whole file.

    ``message`` is the captured message that it is the body of. ``start`` is the byte of the file that it begins at,
    ``None`` where its bytes are not those of the file: captured or packed.
    """

    source: Source
    line: int | None
    data: Data
    message: Message | None = None
    start: int | None = None

    @property
    def name(self) -> str:
        name = self.source.name if self.line is None else f"{self.source.name}:{self.line}"
        return name if self.message is None else f"{name} {self.message.label}"


def sources(arguments: Sequence[str], *, ndjson: bool, on_error: OnError, captures: bool = False) -> list[Source]:
    """The files that ``arguments`` name, folders opened; standard input where there is none and it is no terminal.

    ``on_error`` gets the name and the reason of what is not there; a folder without payloads is an error as well,
    because nothing of it was inspected. ``captures``: whether captured traffic and packed files are taken too.
    """
    suffixes = (*SUFFIXES, *CAPTURE_SUFFIXES) if captures else SUFFIXES
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
            if not captures and (kind_of(path.name) or path.name.lower().endswith(_PACKED)):
                on_error(
                    argument, "captured and packed files are read, not rewritten: unpack it, or see dlpcore inspect"
                )
                continue
            result.append(_source(path, Path(path.name), ndjson))
            continue
        found = [
            Path(folder, name)
            for folder, folders, names in os.walk(path, onerror=lambda e: on_error(str(e.filename), _reason(e)))
            if folders.sort() is None  # os.walk goes on in the order that it finds the list in
            for name in sorted(names)
            if (_unpacked(name) if captures else name.lower()).endswith(suffixes)
        ]
        if not found:
            on_error(argument, f"no payload in this folder: {', '.join(suffixes)} are looked for")
        result += [_source(file, file.relative_to(path), ndjson) for file in found]
    return result


def _source(path: Path, relative: Path, ndjson: bool) -> Source:
    lines = ndjson or _unpacked(path.name).endswith(_LINE_SUFFIXES)
    return Source(str(path), path, relative, lines, None if lines else kind_of(path.name))


def _unpacked(name: str) -> str:
    lowered = name.lower()
    return next((lowered.removesuffix(suffix) for suffix in _PACKED if lowered.endswith(suffix)), lowered)


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
                with _opened(source.path) as stream:
                    yield from _read(source, stream)
        except (OSError, EOFError, zlib.error) as error:
            on_error(source.name, _reason(error) if isinstance(error, OSError) else "a packed file that is damaged")
        except (InputError, ImportError) as error:
            on_error(source.name, str(error))


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _opened(path: Path) -> BinaryIO:
    """The file, unpacked as it is read where its name says that it is packed."""
    name = path.name.lower()
    if name.endswith(".gz"):
        return cast(BinaryIO, gzip.open(path, "rb"))
    if name.endswith(".zst"):
        return cast(BinaryIO, io.BufferedReader(_Zstd(path)))
    return path.open("rb")


class _Zstd(io.RawIOBase):
    """A file that is unpacked as it is read; damage, and an early end, are errors of reading."""

    def __init__(self, path: Path) -> None:
        from ..middleware._coding import Decoder

        self._decoder = Decoder(("zstd",), None)
        self._file = path.open("rb")
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        from ..middleware._coding import Undecodable

        try:
            while not self._ready:
                chunk = self._file.read(1 << 16)
                if not chunk:
                    self._decoder.finish()
                    return 0
                self._ready = self._decoder.feed(chunk)
        except Undecodable:
            raise zlib.error from None
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def close(self) -> None:
        self._file.close()
        super().close()


def _read(source: Source, stream: BinaryIO) -> Iterator[Payload]:
    if source.capture is not None:
        for message in messages(stream, source.capture):
            yield Payload(source, None, message.body, message)
        return
    packed = source.path is not None and source.path.name.lower().endswith(_PACKED)
    if not source.lines:
        yield Payload(source, None, stream.read() if packed else _whole(stream), start=None if packed else 0)
        return
    record: list[bytes] = []
    start, at = 1, 0
    has_value = False
    for number, line in enumerate(stream, 1):
        if line.strip(_BLANK):
            if has_value:
                data = b"".join(record)
                yield Payload(source, start, data, start=None if packed else at)
                at += len(data)
                record = []
            if not record:
                start = number
            has_value = True
        record.append(line)
    if record:
        yield Payload(source, start, b"".join(record), start=None if packed else at)


def _whole(stream: BinaryIO) -> Data:
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return stream.read()  # a stream without a descriptor, as tests use
    if stat.S_ISREG(status.st_mode) and status.st_size >= _MAP_FROM and stream.tell() == 0:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    return stream.read()
