"""Compressed bytes and archives: each is unpacked step by step and stops at its allowance, saying so.

References: RFC 1950 (zlib), RFC 1951 (deflate), RFC 1952 (gzip), RFC 8878 (Zstandard), PKWARE's APPNOTE (zip), and the
formats of bzip2 and xz as Python's standard library reads them.
"""

from __future__ import annotations

import bz2
import importlib
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

from .budget import Budget

__all__ = ["START", "deflate_start", "unpack", "zlib_start"]

#: xz streams may ask for gigabytes of memory: one that asks for more than this is not unpacked.
_XZ_MEMORY: Final = 64 * 1024 * 1024
_MAX_MEMBERS: Final = 256
_STEP: Final = 1 << 16
#: How much of a stream without a telling head is read to see whether it is one.
START: Final = 4096


class _Decompressor(Protocol):
    eof: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Zlib:
    """zlib's decompressor with the interface of the others: what it did not take yet it keeps."""

    def __init__(self, wbits: int) -> None:
        self._inner = zlib.decompressobj(wbits=wbits)
        self._rest = b""
        self.needs_input = True

    def decompress(self, data: bytes, max_length: int) -> bytes:
        out = self._inner.decompress(self._rest + data if self._rest else data, max_length)
        self._rest = self._inner.unconsumed_tail
        self.needs_input = not self._rest
        return out

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


def _begins(data: bytes, wbits: int) -> tuple[bytes, bool] | None:
    """The beginning of what a stream holds and whether it ends with the data; ``None`` for what is none."""
    inflater = zlib.decompressobj(wbits=wbits)
    try:
        out = inflater.decompress(data, START)
    except zlib.error:
        return None
    return out, inflater.eof and not inflater.unused_data


def zlib_start(data: bytes) -> bytes | None:
    """What a zlib stream begins with, if the data is one. Its head of two bytes says little: a short one must end."""
    if len(data) < 8 or data[0] & 0x0F != 8 or data[0] >> 4 > 7 or (data[0] << 8 | data[1]) % 31:
        return None
    found = _begins(data, 15)
    return found[0] if found and (found[1] or len(found[0]) >= 16) else None


def deflate_start(data: bytes) -> bytes | None:
    """The same for a raw deflate stream, which has no head at all: it must end where the data does.

    Below nine bytes nearly anything is one. With the fixed codes its first four symbols must be literals; codes of its
    own take more room than short data has.
    """
    kind = data[0] >> 1 & 3 if len(data) >= 9 else 0
    if not (kind == 1 and _four_literals(data)) and not (kind == 2 and len(data) >= 48):
        return None
    found = _begins(data, -15)
    return found[0] if found and (found[1] or len(found[0]) == START) and 2 * len(found[0]) >= len(data) else None


def _four_literals(data: bytes) -> bool:
    """RFC 1951 section 3.2.6: codes of eight bits from 0x30 to 0xBF, of nine from 0x190; at most one of these here."""
    bits = int.from_bytes(data[:6], "little") >> 3
    long_codes = 0
    for _ in range(4):
        code = int(f"{bits & 255:08b}"[::-1], 2)
        if code >= 0xC8:
            long_codes += 1
            bits >>= 1
        elif not 0x30 <= code <= 0xBF:
            return False
        bits >>= 8
    return long_codes <= 1


def _zstd() -> Callable[[], Any] | None:
    """A decompressor of whichever library for Zstandard there is."""
    for module, name in (("compression.zstd", "ZstdDecompressor"), ("backports.zstd", "ZstdDecompressor")):
        try:
            return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]
        except ImportError:
            continue
    try:
        return _zstandard(importlib.import_module("zstandard"))
    except ImportError:
        return None


def _zstandard(module: Any) -> Callable[[], Any]:
    class Reader:
        """The streaming reader of ``zstandard``, which bounds its output, with the interface of the others."""

        def __init__(self) -> None:
            self._source: Any = None
            self.eof = False
            self.needs_input = False
            self.unused_data = b""

        def decompress(self, data: bytes, max_length: int) -> bytes:
            try:
                if self._source is None:
                    inner = module.ZstdDecompressor(max_window_size=1 << 27)
                    self._source = inner.stream_reader(data, read_across_frames=True)
                out: bytes = self._source.read(max_length)
            except module.ZstdError as error:
                raise ValueError("not Zstandard") from error
            self.eof = not out
            return out

    return Reader


def _makers(name: str) -> Callable[[], Any] | None:
    if name == "zstd":
        return _zstd()
    table: dict[str, Callable[[], Any]] = {
        "gzip": lambda: _Zlib(31),
        "zlib": lambda: _Zlib(15),
        "deflate": lambda: _Zlib(-15),
        "bzip2": bz2.BZ2Decompressor,
        "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY),
    }
    return table.get(name)


#: Heads by which further streams follow the first (RFC 1952 section 2.2, and the same habit of bzip2 and xz).
_FOLLOWS: Final = {"gzip": b"\x1f\x8b", "bzip2": b"BZh", "xz": b"\xfd7zXZ\x00"}


def unpack(data: bytes, name: str, budget: Budget) -> Iterator[bytes]:
    """What a stream holds, or each member of a zip archive.

    Nothing for what is not of that format at all. What is damaged, encrypted, or over the allowance is noted as
    skipped, and what came out before is given.
    """
    if name == "zip":
        yield from _members(data, budget)
        return
    out = _stream(data, name, budget)
    if out:
        yield out


def _stream(data: bytes, name: str, budget: Budget, *, alone: bool = True) -> bytes:
    make = _makers(name)
    what = f"layer.{name}"
    if make is None:
        budget.skip(what, "nothing here unpacks it: install dlpcore[zstd]")
        return b""
    allowance = budget.allowance(len(data))
    out = bytearray()
    stream = make()
    feed = data
    try:
        while True:
            part = stream.decompress(feed, max(1, min(_STEP, allowance + 1 - len(out))))
            feed = b""
            out += part
            if len(out) > allowance:
                budget.skip(what, f"expands past {allowance} bytes")
                del out[allowance:]
                break
            if stream.eof:
                rest = stream.unused_data
                if not rest.startswith(_FOLLOWS.get(name, b"\0\0")):
                    break
                stream, feed = make(), rest
            elif not part and stream.needs_input:
                budget.skip(what, "the stream ends early")
                break
            elif budget.late(what):
                break
    except (zlib.error, OSError, ValueError, EOFError, lzma.LZMAError):
        if out or not alone:
            budget.skip(what, "the stream is damaged")
    budget.spend(len(out))
    return bytes(out)


#: Compression methods of zip (APPNOTE 4.4.5) that can be unpacked, by name.
_METHODS: Final = {8: "deflate", 12: "bzip2", 93: "zstd", 95: "xz"}


def _members(data: bytes, budget: Budget) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, OSError):
        budget.skip("layer.zip", "the archive is damaged")
        return
    if len(members) > _MAX_MEMBERS:
        budget.skip("layer.zip", f"more than {_MAX_MEMBERS} members")
    for member in members[:_MAX_MEMBERS]:
        if member.is_dir():
            continue
        if member.flag_bits & 1:
            budget.skip("layer.zip", "a member is encrypted")
            continue
        # zipfile itself would unpack some methods without a bound: only its directory is used
        head = data[member.header_offset : member.header_offset + 30]
        if len(head) < 30 or not head.startswith(b"PK\x03\x04"):
            budget.skip("layer.zip", "a member is damaged")
            continue
        names = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        start = member.header_offset + 30 + names
        packed = data[start : start + member.compress_size]
        if member.compress_type == 0:
            if len(packed) > budget.allowance(len(packed)):
                budget.skip("layer.zip", "a member does not fit the allowance")
                continue
            budget.spend(len(packed))
            out = packed
        elif member.compress_type in _METHODS:
            out = _stream(packed, _METHODS[member.compress_type], budget, alone=False)
        else:
            budget.skip("layer.zip", f"a member is compressed by method {member.compress_type}")
            continue
        if out:
            yield out
