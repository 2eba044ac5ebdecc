"""Writes results: to standard output, or into files that are whole or untouched and never half written."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

__all__ = ["Sink", "is_terminal_safe", "replacing", "to_stdout"]


class Sink(Protocol):
    """What bytes are written to."""

    def write(self, data: bytes, /) -> int: ...


@contextlib.contextmanager
def replacing(path: Path, *, mode: int | None = None) -> Iterator[Sink]:
    """A stream whose content takes the place of ``path`` when the block ends well; after an exception nothing changed.

    A link is followed: what it points to is replaced. ``mode`` is that of the new file; by default the old file's,
    else what the umask allows.
    """
    target = path.resolve()
    if mode is None:
        try:
            mode = target.stat().st_mode & 0o7777
        except FileNotFoundError:
            umask = os.umask(0)
            os.umask(umask)
            mode = 0o666 & ~umask
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


@contextlib.contextmanager
def to_stdout() -> Iterator[Sink]:
    """Standard output as bytes. At a terminal a last line feed is added where the result has none."""
    sys.stdout.flush()
    sink = _Stdout()
    yield sink
    if sink.unfinished and sys.stdout.isatty():
        sink.write(b"\n")
    sys.stdout.buffer.flush()


class _Stdout:
    """Standard output that remembers whether its last line is unfinished."""

    def __init__(self) -> None:
        self.unfinished = False

    def write(self, data: bytes, /) -> int:
        if data:
            self.unfinished = not data.endswith(b"\n")
        return sys.stdout.buffer.write(data)


def is_terminal_safe(data: bytes) -> bool:
    """Whether ``data`` is text that cannot steer a terminal: UTF-8, and tab and line feed as its only controls."""
    from ..model import is_invisible

    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return not any(is_invisible(ch) for ch in text if ch not in "\t\n")
