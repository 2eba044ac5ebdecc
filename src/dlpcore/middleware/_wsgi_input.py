"""The body of a WSGI request: read in pieces from the server's input, and put in front of what is not read yet."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final

__all__ = ["Chained", "Short", "chunks"]

_STEP: Final = 1 << 16


class Short(Exception):
    """The body ended before its declared length: the client has left, or lied."""


def chunks(environ: dict[str, Any]) -> Iterator[bytes]:
    """The body as the server gives it: so many bytes as are declared, or to its end where the server marks that.

    Raises:
        Short: there are fewer than declared.
    """
    stream = environ.get("wsgi.input")
    if stream is None:
        return
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdecimal():
        left = int(length)
        while left > 0:
            chunk = stream.read(min(left, _STEP))
            if not chunk:
                raise Short
            left -= len(chunk)
            yield chunk
    elif environ.get("wsgi.input_terminated"):
        while chunk := stream.read(_STEP):
            yield chunk


class Chained(io.RawIOBase):
    """Bytes that were read already, then the rest of the server's input."""

    def __init__(self, head: bytes, rest: Any) -> None:
        self._head = io.BytesIO(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            return self._head.read() + bytes(self._rest.read())
        data = self._head.read(size)
        return data if len(data) == size else data + bytes(self._rest.read(size - len(data)))

    def readline(self, size: int | None = -1) -> bytes:
        line = self._head.readline(-1 if size is None else size)
        if line.endswith(b"\n") or (size is not None and 0 <= size <= len(line)):
            return line
        left = () if size is None or size < 0 else (size - len(line),)
        return line + bytes(self._rest.readline(*left))
