"""Turns the arguments of a command into sources, and opens them: files, folders, standard input, packed files."""

from __future__ import annotations

import contextlib
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

from .captures import CAPTURE_SUFFIXES, Message, kind_of

__all__ = ["Data", "Input", "Payload", "Source", "opened", "reason", "sources", "total_bytes", "whole"]

#: What is read at once: bytes, or a read-only map of a large file.
Data: TypeAlias = bytes | mmap.mmap

SUFFIXES = (".json", ".ndjson", ".jsonl")
_PACKED = (".gz", ".zst")
_LINE_SUFFIXES = (".ndjson", ".jsonl")
#: Below this, one read is as quick as a map, and a file that shrinks meanwhile does no harm.
_MAP_FROM = 16 * 1024 * 1024

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

    @property
    def packed(self) -> bool:
        return self.path is not None and self.path.name.lower().endswith(_PACKED)


@dataclass(frozen=True, slots=True)
class Payload:
    """One payload. ``line`` is the line (from 1) that its record begins on, ``None`` for a whole file.

    ``message`` is the captured message that it is the body of. ``start`` is the byte of the file that it begins at,
    ``None`` where its bytes are not those of the file: captured or packed. ``as_is``: whatever the message says of its
    body, these bytes are inspected as JSON.
    """

    source: Source
    line: int | None
    data: Data
    message: Message | None = None
    start: int | None = None
    as_is: bool = False

    @property
    def name(self) -> str:
        name = self.source.name if self.line is None else f"{self.source.name}:{self.line}"
        return name if self.message is None else f"{name} {self.message.label}".rstrip()


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
            for folder, folders, names in os.walk(path, onerror=lambda e: on_error(str(e.filename), reason(e)))
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


def reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


@dataclass(frozen=True, slots=True)
class Input:
    """An open source. ``position``: how many bytes of it, as stored, were read; ``None`` where more may come of it."""

    stream: BinaryIO
    position: Callable[[], int] | None


@contextlib.contextmanager
def opened(source: Source) -> Iterator[Input]:
    """The source to read, unpacked as it is read where its name says that it is packed."""
    if source.path is None:
        try:
            # without Python's buffer, whose lock a thread that waits for input would hold when the interpreter ends
            stream: BinaryIO = cast(BinaryIO, open(sys.stdin.fileno(), "rb", buffering=0, closefd=False))  # noqa: SIM115
        except (OSError, ValueError):
            stream = sys.stdin.buffer  # no descriptor, as in tests
        yield Input(stream, stream.tell if _is_file(stream) else None)
        return
    name = source.path.name.lower()
    with source.path.open("rb", buffering=0) as file:
        position = file.tell if _is_file(file) else None
        if name.endswith(".gz"):
            with gzip.open(file, "rb") as unpacked:
                yield Input(cast(BinaryIO, unpacked), position)
        elif name.endswith(".zst"):
            yield Input(cast(BinaryIO, io.BufferedReader(_Zstd(file))), position)
        else:
            yield Input(cast(BinaryIO, io.BufferedReader(file) if source.capture else file), position)


def _is_file(stream: Any) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


class _Zstd(io.RawIOBase):
    """A file that is unpacked as it is read; damage, and an early end, are errors of reading."""

    def __init__(self, file: io.RawIOBase) -> None:
        from ..middleware._coding import Decoder

        self._decoder = Decoder(("zstd",), None)
        self._file = file
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        from ..middleware._coding import Undecodable

        try:
            while not self._ready:
                # little at a time: four bytes can stand for 128 KB (RFC 8878, RLE blocks)
                chunk = self._file.read(1024)
                if not chunk:
                    self._decoder.finish()
                    return 0
                self._ready = memoryview(self._decoder.feed(chunk))
        except Undecodable:
            raise zlib.error from None
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


def whole(source: Source) -> Data:
    """All of a source: mapped where it is a large file."""
    with opened(source) as input_:
        stream = input_.stream
        plain = not source.packed and _is_file(stream) and stream.tell() == 0
        if plain and os.fstat(stream.fileno()).st_size >= _MAP_FROM:
            return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        return stream.read()
