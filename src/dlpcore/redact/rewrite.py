"""Writes layers again after an edit inside: the same encoding in the same style, or not at all.

An encoder is given only if it writes the unedited data exactly as the text has it, so that nothing but the edit changes
(compressed streams differ anyway). References: as in ``covert/encodings.py`` and ``covert/archives.py``.
"""

from __future__ import annotations

import base64
import bz2
import html
import importlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import quote_from_bytes

from ..covert.encodings import ESCAPES, from_base64, rot13
from ..views import OffsetMap

__all__ = ["SHARED", "Encode", "Shift", "encoder", "shift"]

Encode = Callable[[bytes], bytes]

_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
_Z85_FROM_B85: Final = bytes.maketrans(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~",
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#",
)
_LINE: Final = re.compile(rb"([^\r\n]+)(\r\n|\n|\r)")
_HEX_PAIR: Final = re.compile(rb"((?:0x|\\x)?)[0-9A-Fa-f]{2}([ :,;.|_-]|, ?)?")
_DATA_URI: Final = re.compile(rb"data:[^,]*,", re.IGNORECASE)
#: Of an archive, all members together may have so many bytes to be packed again.
_MAX_ARCHIVE: Final = 64 * 1024 * 1024


class Shift(NamedTuple):
    """An encoding that keeps positions.

    Attributes:
        span: from a span of the data to that of the text.
        write: encodes what is put in.
    """

    span: Callable[[int, int], tuple[int, int]]
    write: Encode


def shift(step: str, text: bytes, data: bytes) -> Shift | None:
    """How edits of ``data`` become edits of ``text``, for encodings that keep positions; ``None`` for others."""
    if step == "json-string" and data == text:
        return Shift(lambda start, end: (start, end), bytes)
    if step == "rot13" and data == rot13(text):
        return Shift(lambda start, end: (start, end), rot13)
    if step == "reversed" and data == text.strip()[::-1]:
        last = len(text.rstrip())
        return Shift(lambda start, end: (last - end, last - start), lambda new: new[::-1])
    for escapes, write in zip(ESCAPES, (_percent, _entities, _quoted_printable), strict=True):
        if step == escapes.name:
            decoded = escapes.decode(text)
            if decoded is not None and decoded[0] == data:
                return Shift(OffsetMap(escapes.pairs(text)).span, write)
    return None


def encoder(step: str, text: bytes, data: bytes) -> Encode | None:
    """Writes other data as ``text`` writes ``data``; ``None`` where no way to do so is known."""
    maker = _ENCODERS.get(step)
    if maker is None:
        return None
    try:
        encode = maker(text, data)
        if encode is None:
            return None
        exact = step in _WRITTEN_ANEW or encode(data) == text
    except (ValueError, OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, LookupError, RuntimeError):
        return None
    return encode if exact else None


def _percent(new: bytes) -> bytes:
    return quote_from_bytes(new, safe="*").encode()


def _entities(new: bytes) -> bytes:
    return html.escape(new.decode("utf-8", "replace")).encode()


def _quoted_printable(new: bytes) -> bytes:
    return b"".join(bytes((b,)) if 0x20 < b < 0x7F and b != 0x3D else b"=%02X" % b for b in new)


# --- base N ----------------------------------------


def _wrapped(text: bytes, encode: Encode) -> Encode:
    """The same, in lines as long as the first one of the text and ended alike, and with the blanks around it."""
    bare = text.strip()
    lead, tail = text[: text.index(bare)], text[len(text.rstrip()) :]
    line = _LINE.match(bare)
    if line is None:
        return lambda data: lead + encode(data) + tail
    width, ending = len(line[1]), line[2]

    def lines(data: bytes) -> bytes:
        flat = encode(data)
        return lead + ending.join(flat[i : i + width] for i in range(0, len(flat), width)) + tail

    return lines


def _base64(text: bytes, data: bytes) -> Encode:
    url_safe = b"-" in text or b"_" in text
    # a length without a rest does not show the habit: the standard alphabet pads (RFC 4648 section 3.2)
    padded = text.rstrip().endswith(b"=") or (len(data) % 3 == 0 and not url_safe)

    def encode(new: bytes) -> bytes:
        out = base64.b64encode(new)
        out = out if padded else out.rstrip(b"=")
        return out.translate(_URL_SAFE) if url_safe else out

    return _wrapped(text, encode)


def _base32(text: bytes, data: bytes) -> Encode:
    lower, padded = text.strip().islower(), text.rstrip().endswith(b"=") or len(data) % 5 == 0

    def encode(new: bytes) -> bytes:
        out = base64.b32encode(new)
        out = out if padded else out.rstrip(b"=")
        return out.lower() if lower else out

    return _wrapped(text, encode)


def _base16(text: bytes, data: bytes) -> Encode | None:
    bare = text.strip()
    upper = any(byte in b"ABCDEF" for byte in bare)
    prefix = b"0x" if bare.startswith(b"0x") else b""
    digits = bare[len(prefix) :].translate(None, b"\r\n")
    if digits.isalnum() and len(digits) == 2 * len(data):

        def encode(new: bytes) -> bytes:
            return prefix + (new.hex().upper() if upper else new.hex()).encode()

        return _wrapped(text, encode)
    pair = _HEX_PAIR.match(bare)
    if pair is None:
        return None
    head, gap = pair[1], pair[2] or b""
    form = b"%02X" if upper else b"%02x"
    return _wrapped(text, lambda new: gap.join(head + form % byte for byte in new))


def _base85(text: bytes, data: bytes) -> Encode | None:
    ways: tuple[Encode, ...] = (
        base64.a85encode,
        lambda new: base64.a85encode(new, adobe=True),
        base64.b85encode,
        lambda new: base64.b85encode(new).translate(_Z85_FROM_B85),
    )
    return next((way for each in ways if (way := _wrapped(text, each))(data) == text), None)


def _data_uri(text: bytes, data: bytes) -> Encode | None:
    head = _DATA_URI.match(text)
    if head is None:
        return None
    body = text[head.end() :]
    if not head[0][:-1].lower().endswith(b";base64"):
        return lambda new: head[0] + _percent(new)
    if b"%" in body or from_base64(body) != data:
        return None
    encode = _base64(body, data)
    return lambda new: head[0] + encode(new)


# --- compression ----------------------------------------


def _gzip(text: bytes, data: bytes) -> Encode:
    """RFC 1952: the head stays (name, time, system), the stream is compressed anew."""
    flags, at = text[3], 10
    if flags & 4:
        at += 2 + int.from_bytes(text[at : at + 2], "little")
    for flag in (8, 16):
        if flags & flag:
            at = text.index(b"\0", at) + 1
    if flags & 2:
        at += 2
    head = text[:at]

    def encode(new: bytes) -> bytes:
        tail = zlib.crc32(new).to_bytes(4, "little") + (len(new) & 0xFFFFFFFF).to_bytes(4, "little")
        return head + _deflated(new) + tail

    return encode


def _deflated(new: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(new) + stream.flush()


def _zip(text: bytes, data: bytes) -> Encode | None:
    """APPNOTE: the member that held the data is packed anew, the others stay as they are."""
    with zipfile.ZipFile(io.BytesIO(text)) as archive:
        members = archive.infolist()
        if any(member.flag_bits & 1 for member in members) or sum(m.file_size for m in members) > _MAX_ARCHIVE:
            return None
        contents = [(member, archive.read(member)) for member in members]
        comment = archive.comment
    found = next((i for i, (_, content) in enumerate(contents) if content == data), None)
    if found is None:
        return None

    def encode(new: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.comment = comment
            for i, (member, content) in enumerate(contents):
                archive.writestr(member, new if i == found else content, member.compress_type)
        return out.getvalue()

    return encode


def _codec(name: str) -> Callable[[bytes, bytes], Encode]:
    def make(text: bytes, data: bytes) -> Encode:
        little = text[:2] == b"\xff\xfe"
        order = "" if name[-3:] in ("-le", "-be") else "-le" if little else "-be"
        mark = "\ufeff" if order else ""
        return lambda new: (mark + new.decode("utf-8", "surrogatepass")).encode(name + order, "surrogatepass")

    return make


def _zstd(text: bytes, data: bytes) -> Encode | None:
    """RFC 8878, by whichever library for it there is."""
    for module in ("compression.zstd", "backports.zstd"):
        try:
            compress: Encode = importlib.import_module(module).compress
        except ImportError:
            continue
        return compress
    try:
        compress = importlib.import_module("zstandard").ZstdCompressor().compress
    except ImportError:
        return None
    return compress


def _jwt(text: bytes, data: bytes) -> Encode | None:
    """RFC 7519: one part is encoded anew, and the signature becomes zeros of its length.

    It was void with the edit. Left in place, it would let whoever has the public key try values for what was masked.
    """
    parts = text.split(b".")
    if len(parts) != 3:
        return None
    at = next((i for i in (0, 1) if _unpadded(data) == parts[i]), None)
    if at is None:
        return None
    return lambda new: b".".join((*parts[:at], _unpadded(new), *parts[at + 1 : 2], b"A" * len(parts[2])))


def _unpadded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


#: What no encoder writes twice alike, or must not.
_WRITTEN_ANEW: Final = frozenset({"gzip", "zlib", "deflate", "bzip2", "xz", "zstd", "zip", "jwt"})
#: Several layers may lie in one text: the members of an archive, the parts of a token.
SHARED: Final = frozenset({"zip", "jwt"})
_ENCODERS: Final[dict[str, Callable[[bytes, bytes], Encode | None]]] = {
    "base64": _base64,
    "base32": _base32,
    "base16": _base16,
    "base85": _base85,
    "data-uri": _data_uri,
    "gzip": _gzip,
    "zlib": lambda text, data: zlib.compress,
    "deflate": lambda text, data: _deflated,
    "bzip2": lambda text, data: bz2.compress,
    "xz": lambda text, data: lzma.compress,
    "zstd": _zstd,
    "zip": _zip,
    "jwt": _jwt,
    **{name: _codec(name) for name in ("utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")},
}
