"""Content codings and charsets of HTTP bodies, undone step by step under a bound; and their media types read.

References: RFC 9110 sections 8.3 and 8.4 (media types, content codings), RFC 1950 to 1952 (zlib, deflate, gzip),
RFC 7932 (br), RFC 8878 (zstd).
"""

from __future__ import annotations

import codecs
import functools
import importlib
import zlib
from collections.abc import Mapping
from email.message import Message
from typing import Any, Final, Protocol

from ..errors import MissingExtra

__all__ = ["Decoder", "Undecodable", "codings", "media_type", "text_charset"]

#: More codings than these on one body are nobody's honest way.
_MAX_CODINGS: Final = 4
#: Decoders that cannot bound their output are fed in pieces of this size: one makes a few megabytes at most.
_PIECE: Final = 256
_STEP: Final = 1 << 16
#: Characters that a content type may have.
_MAX_TYPE: Final = 1024
_UTF8: Final = frozenset({"utf-8", "ascii", "utf-8-sig"})


class Undecodable(Exception):
    """A body that cannot be read. ``why`` holds no byte of it; ``limit`` says that it is only too large."""

    def __init__(self, why: str, *, limit: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.limit = limit


class _Stage(Protocol):
    def feed(self, data: bytes, room: int) -> bytes: ...

    def finish(self) -> None: ...


class _Inflate:
    """gzip with all its members; zlib; or deflate without a head, as some senders understand ``deflate``."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._inner: Any = None
        self._held = b""
        self._begun = False

    def feed(self, data: bytes, room: int) -> bytes:
        out = bytearray()
        data = self._held + data
        self._held = b""
        while data:
            if self._inner is None:
                if self._begun and self._name == "gzip" and not data.strip(b"\0"):
                    return bytes(out)  # padding behind the last member
                if self._begun and self._name == "deflate":
                    raise Undecodable("bytes follow the end of the compressed stream")
                if len(data) < 2:
                    self._held = data
                    return bytes(out)
                self._inner = zlib.decompressobj(wbits=self._wbits(data))
                self._begun = True
            try:
                out += self._inner.decompress(data, max(1, min(_STEP, room + 1 - len(out))))
            except zlib.error:
                raise Undecodable(f"the {self._name} stream is damaged") from None
            if len(out) > room:
                raise Undecodable("the decoded body is larger than the limit", limit=True)
            if self._inner.eof:
                data, self._inner = self._inner.unused_data, None
            else:
                data = self._inner.unconsumed_tail
        return bytes(out)

    def _wbits(self, data: bytes) -> int:
        if self._name == "gzip":
            return 31
        headed = data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
        return 15 if headed else -15

    def finish(self) -> None:
        if self._inner is not None or self._held.strip(b"\0"):
            raise Undecodable(f"the {self._name} stream ends early")


class _Brotli:
    def __init__(self) -> None:
        try:
            module = importlib.import_module("brotli")
        except ImportError:
            raise MissingExtra("a body with content-encoding br needs: pip install dlpcore[web]") from None
        self._error = module.error
        self._inner: Any = module.Decompressor()
        self._fed = False

    def feed(self, data: bytes, room: int) -> bytes:
        out = bytearray()
        self._fed = self._fed or bool(data)
        try:
            while True:
                if data and self._inner.is_finished():
                    raise Undecodable("bytes follow the end of the compressed stream")
                part = self._inner.process(data, output_buffer_limit=_STEP)
                data = b""
                out += part
                if len(out) > room:
                    raise Undecodable("the decoded body is larger than the limit", limit=True)
                if self._inner.can_accept_more_data() or (not part and self._inner.is_finished()):
                    return bytes(out)
        except self._error:
            raise Undecodable("the br stream is damaged") from None

    def finish(self) -> None:
        if self._fed and not self._inner.is_finished():
            raise Undecodable("the br stream ends early")


class _Zstd:
    def __init__(self) -> None:
        try:
            self._module: Any = importlib.import_module("zstandard")
        except ImportError:
            raise MissingExtra("a body with content-encoding zstd needs: pip install dlpcore[web]") from None
        self._inner: Any = None

    def feed(self, data: bytes, room: int) -> bytes:
        out = bytearray()
        at = 0
        try:
            while at < len(data):
                if self._inner is None:
                    self._inner = self._module.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
                piece = data[at : at + _PIECE]
                at += len(piece)
                out += self._inner.decompress(piece)
                if len(out) > room:
                    raise Undecodable("the decoded body is larger than the limit", limit=True)
                if self._inner.eof:
                    at -= len(self._inner.unused_data)
                    self._inner = None
        except self._module.ZstdError:
            raise Undecodable("the zstd stream is damaged") from None
        return bytes(out)

    def finish(self) -> None:
        if self._inner is not None:
            raise Undecodable("the zstd stream ends early")


class Decoder:
    """Undoes the codings of one body, the one applied last first.

    Args:
        names: as :func:`codings` gives them.
        limit: bytes that the decoded body, and each step to it, may have; ``None`` for no bound.

    Raises:
        Undecodable: unknown or too many codings.
        MissingExtra: a coding whose library is not installed.
    """

    __slots__ = ("_left", "_stages")

    def __init__(self, names: tuple[str, ...], limit: int | None) -> None:
        if len(names) > _MAX_CODINGS:
            raise Undecodable(f"more than {_MAX_CODINGS} content codings")
        self._stages: list[_Stage] = [_stage(name) for name in reversed(names)]
        self._left = [1 << 62 if limit is None else limit] * len(self._stages)

    def feed(self, data: bytes) -> bytes:
        """What the next encoded bytes hold.

        Raises:
            Undecodable: they are damaged, or the body grows past the limit.
        """
        for index, stage in enumerate(self._stages):
            data = stage.feed(data, self._left[index])
            self._left[index] -= len(data)
        return data

    def finish(self) -> None:
        """Checks that the body was whole.

        Raises:
            Undecodable: it ended early.
        """
        for stage in self._stages:
            stage.finish()


def _stage(name: str) -> _Stage:
    if name in ("gzip", "deflate"):
        return _Inflate(name)
    if name == "br":
        return _Brotli()
    if name == "zstd":
        return _Zstd()
    raise Undecodable("a content coding that nothing here undoes")


def codings(headers: list[str]) -> tuple[str, ...]:
    """The codings that the fields of ``Content-Encoding`` name, in the order of their application."""
    names = [name.strip().lower() for field in headers for name in field.split(",")]
    return tuple(
        name.removeprefix("x-") if name == "x-gzip" else name for name in names if name not in ("", "identity")
    )


@functools.lru_cache(maxsize=256)  # there are few of them, and each request asks for two
def media_type(content_type: str) -> tuple[str, Mapping[str, str]]:
    """The type in lower case, and its parameters by their names in lower case.

    Raises:
        Undecodable: it is longer than any honest one; to read its parameters takes time that grows with its square.
    """
    if len(content_type) > _MAX_TYPE:
        raise Undecodable("a content type that is too long")
    message = Message()
    message["content-type"] = content_type.replace("\r", " ").replace("\n", " ")
    parameters = message.get_params(failobj=[], unquote=True)
    main = parameters[0][0].strip().lower() if parameters else ""
    return main, {name.lower(): value for name, value in parameters[1:] if isinstance(value, str)}


def text_charset(name: str) -> str | None:
    """The codec that a charset needs to become UTF-8; ``None`` where the bytes are read as they are.

    Raises:
        Undecodable: there is no such charset.
    """
    if not name:
        return None
    try:
        info = codecs.lookup(name)
        "a".encode(info.name)  # refuses what is no encoding of text
    except (LookupError, ValueError):
        raise Undecodable("a charset that nothing here reads") from None
    return None if info.name in _UTF8 else info.name
