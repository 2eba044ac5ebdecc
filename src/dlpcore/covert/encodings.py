"""Text encodings to bytes (base-N, escapes): each gives the decoded bytes, or ``None`` for what is not so encoded.

References: RFC 4648 (base16, base32, base64), RFC 1924 and Python's b85, ZeroMQ RFC 32 (Z85), Adobe's Ascii85, RFC 3986
section 2.1 (percent), HTML "Character references", RFC 2045 section 6.7 (quoted-printable).
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Callable
from html.entities import html5
from typing import Final

from .. import _native

__all__ = [
    "BASE85",
    "ESCAPES",
    "Escapes",
    "from_ascii85",
    "from_base16",
    "from_base32",
    "from_base64",
    "from_hex_pairs",
    "node_id",
    "rot13",
]

_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_Z85: Final = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
_B85: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
_A85: Final = bytes(range(0x21, 0x76))
_FROM_A85: Final = bytes(_A85.find(byte) % 256 for byte in range(256))
_FROM_B85: Final = bytes(_B85.find(byte) % 256 for byte in range(256))
_FROM_Z85: Final = bytes.maketrans(_Z85, _B85)
_NOT_Z85: Final = re.compile(rb"[^" + re.escape(_Z85) + rb"]")
_BASE32: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567abcdefghijklmnopqrstuvwxyz"
_TO_BASE_32: Final = bytes.maketrans(_BASE32, b"0123456789abcdefghijklmnopqrstuv0123456789abcdefghijklmnop")
_HEX_PAIRS: Final = re.compile(rb"(?:0x|\\x)?[0-9A-Fa-f]{2}(?:(?P<gap>[ :,;.|_-]|, ?)?(?:0x|\\x)?[0-9A-Fa-f]{2})*")
#: GitHub's old node ids: a 0, the length of a type's name, the name, digits; encoded in base64 and honest.
_NODE_ID: Final = re.compile(rb"0([0-9]{1,2}):([A-Za-z]+)[0-9:]*")


def from_base64(text: bytes) -> bytes | None:
    """RFC 4648 sections 4 and 5, also mixed, wrapped, and without padding."""
    text = text.translate(_TO_STANDARD, b"\r\n").rstrip(b"=")
    if len(text) % 4 == 1:
        return None
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return None


def from_base32(text: bytes) -> bytes | None:
    """RFC 4648 section 6, in one case, wrapped, and without padding."""
    text = text.translate(None, b"\r\n").rstrip(b"=")
    if len(text) % 8 in (1, 3, 6) or not (text.isupper() or text.islower()):
        return None
    if text.translate(None, _BASE32):
        return None
    bits = 5 * len(text)  # the standard library goes by single digits
    return (int(text.translate(_TO_BASE_32), 32) >> bits % 8).to_bytes(bits // 8, "big")


def from_base16(text: bytes) -> bytes | None:
    """RFC 4648 section 8, in either case, wrapped."""
    text = text.translate(None, b"\r\n")
    try:
        return binascii.unhexlify(text)
    except (binascii.Error, ValueError):
        return None


def from_hex_pairs(text: bytes) -> bytes | None:
    r"""Pairs of hex digits with something between them: ``6d 65``, ``6d:65``, ``\x6d\x65``, ``0x6d, 0x65``."""
    if not _HEX_PAIRS.fullmatch(text):
        return None
    return binascii.unhexlify(text.replace(b"0x", b"").replace(b"\\x", b"").translate(None, b" :,;.|_-"))


def from_ascii85(text: bytes) -> bytes | None:
    """Adobe's Ascii85, with or without ``<~`` and ``~>``."""
    if text.startswith(b"<~"):
        if not text.endswith(b"~>") or len(text) < 4:
            return None
        text = text[2:-2]
    text = text.translate(None, b" \t\n\r\v")
    if b"z" in text:  # four zero bytes, in the place of a group
        if any(len(part) % 5 for part in text.split(b"z")[:-1]):
            return None
        text = text.replace(b"z", b"!!!!!")
    return _native.from_base85(text, _FROM_A85)


def _from_base85(text: bytes) -> bytes | None:
    return _native.from_base85(text, _FROM_B85)


def _from_z85(text: bytes) -> bytes | None:
    return None if _NOT_Z85.search(text) else _from_base85(text.translate(_FROM_Z85))


#: The three alphabets of base 85.
BASE85: Final[tuple[Callable[[bytes], bytes | None], ...]] = (from_ascii85, _from_base85, _from_z85)


def rot13(text: bytes) -> bytes:
    return codecs.encode(text.decode("latin-1"), "rot13").encode("latin-1")


def node_id(data: bytes) -> bool:
    """Whether decoded base64 is one of GitHub's old node ids, such as ``04:User583231``."""
    match = _NODE_ID.fullmatch(data)
    return match is not None and len(match[2]) == int(match[1])


class Escapes:
    """A way to write single bytes or characters by escapes, inside a text that stays as it is.

    Attributes:
        name: id of the layer.
    """

    __slots__ = ("_pattern", "_replace", "_strict", "name")

    def __init__(
        self, name: str, pattern: bytes, replace: Callable[[re.Match[bytes]], bytes], strict: bytes = b""
    ) -> None:
        self.name = name
        self._pattern = re.compile(pattern)
        self._replace = replace
        self._strict = strict

    def decode(self, text: bytes) -> tuple[bytes, bool] | None:
        """The text without its escapes, and whether some of them were needless: nobody escapes a letter or digit."""
        seen: dict[bytes, tuple[bytes, bool]] = {}  # a text has few different ones, and may have very many
        needless = 0

        def one(match: re.Match[bytes]) -> bytes:
            nonlocal needless
            if (known := seen.get(match[0])) is None:
                character = self._replace(match)
                known = seen[match[0]] = character, character.isalnum() and character.isascii()
            needless += known[1]
            return known[0]

        decoded, escapes = self._pattern.subn(one, text)
        if not escapes or decoded == text:
            return None
        if self._strict:
            return decoded, escapes >= 3 and needless > 0 and escapes == text.count(self._strict)
        return decoded, needless >= 2

    def pairs(self, text: bytes) -> list[tuple[int, int]]:
        """Where the decoded text stands in ``text``: pairs of offsets, as :class:`dlpcore.views.OffsetMap` has them."""
        pairs = [(0, 0)]
        at = shift = 0
        for match in self._pattern.finditer(text):
            pairs.append((match.start() - shift, match.start()))
            at = match.end()
            shift += at - match.start() - len(self._replace(match))
            pairs.append((at - shift, at))
        pairs.append((len(text) - shift, len(text)))
        return pairs


def _percent(match: re.Match[bytes]) -> bytes:
    return bytes((int(match[1], 16),))


def _entity(match: re.Match[bytes]) -> bytes:
    if match[3]:
        return html5.get(f"{match[3].decode()};", match[0].decode()).encode("utf-8", "surrogatepass")
    code = int(match[1]) if match[1] else int(match[2], 16)
    return chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else match[0]


def _quoted(match: re.Match[bytes]) -> bytes:
    return bytes((int(match[1], 16),)) if match[1] else b""


_ENTITY: Final = rb"&(?:#0{0,16}([0-9]{1,7})|#[xX]0{0,16}([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]{1,30})(?=;));?"
#: The escapes that wrap text, by layer.
ESCAPES: Final = (
    Escapes("percent", rb"%([0-9A-Fa-f]{2})", _percent),
    Escapes("html-entity", _ENTITY, _entity),
    Escapes("quoted-printable", rb"=(?:([0-9A-Fa-f]{2})|\r?\n|\r)", _quoted, b"="),
)
