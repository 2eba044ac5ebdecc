"""Forms taken apart into named values and put together again, byte for byte but for the values that change.

References: the WHATWG URL standard section 5 (application/x-www-form-urlencoded), RFC 7578 and RFC 2046 section 5.1
(multipart/form-data).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import quote_plus, unquote_to_bytes

from ._coding import Undecodable

__all__ = ["Part", "multipart", "rejoin", "urlencoded"]

_MAX_PARTS: Final = 1000
_NAME: Final = re.compile(r';\s*name\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))', re.IGNORECASE)
_FILE: Final = re.compile(r";\s*filename\*?\s*=", re.IGNORECASE)


class Part(NamedTuple):
    """A value at ``body[start:end]``: ``name`` as decoded text, ``data`` as decoded bytes."""

    start: int
    end: int
    name: str
    data: bytes
    content_type: str = ""
    is_file: bool = False


def urlencoded(body: bytes) -> list[Part]:
    """The fields of a form, in their order.

    Raises:
        Undecodable: there are too many to look at one by one.
    """
    if body.count(b"&") >= 10 * _MAX_PARTS:
        raise Undecodable("a form of too many fields", limit=True)
    parts: list[Part] = []
    at = 0
    for field in body.split(b"&"):
        name, equals, value = field.partition(b"=")
        start = at + len(name) + len(equals)
        if not equals:  # a name alone is as much of a place for data as a value
            name, value, start = b"", name, at
        text = unquote_to_bytes(name.replace(b"+", b" ")).decode("utf-8", "replace")
        parts.append(Part(start, start + len(value), text, unquote_to_bytes(value.replace(b"+", b" "))))
        at += len(field) + 1
    return parts


def multipart(body: bytes, boundary: str) -> tuple[list[Part], bytes]:
    """The parts of a multipart body, and the text around and above them (preamble, headers, epilogue).

    Raises:
        Undecodable: it is broken, so that another reader may see other parts in it.
    """
    if not boundary or len(boundary) > 70:
        raise Undecodable("a multipart body without a usable boundary")
    dash = b"--" + boundary.encode("latin-1", "replace")
    # The delimiter stands at the beginning of a line; only blanks may follow it on the line.
    lines = re.compile(rb"(?:\A|\r?\n)" + re.escape(dash) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    marks = []
    for match in lines.finditer(body):
        marks.append(match)
        if len(marks) > _MAX_PARTS:
            raise Undecodable(f"more than {_MAX_PARTS} parts", limit=True)
        if match[1]:
            break
    if not marks or not marks[-1][1]:
        raise Undecodable("a multipart body that does not end with its boundary")
    around = [body[: marks[0].start()], body[marks[-1].end() :]]
    parts: list[Part] = []
    for mark, following in itertools.pairwise(marks):
        begin = body.find(b"\n", mark.end(), following.start() + 2) + 1
        if begin <= 0:
            raise Undecodable("a part without headers")
        blank = re.compile(rb"(?:\A|\r?\n)\r?\n").search(body[begin : following.start() + 2])
        if blank is None:
            raise Undecodable("a part without an end of its headers")
        start, end = min(begin + blank.end(), following.start()), following.start()
        head = body[begin : begin + blank.start()]
        around.append(head)
        name, content_type, is_file = _described(head)
        parts.append(Part(start, end, name, body[start:end], content_type, is_file))
    return parts, b"\n".join(piece for piece in around if piece.strip())


def _described(head: bytes) -> tuple[str, str, bool]:
    name, content_type, is_file = "", "", False
    for line in re.split(rb"\r?\n(?![ \t])", head):
        field, _, value = line.decode("utf-8", "replace").partition(":")
        match field.strip().lower():
            case "content-disposition":
                if found := _NAME.search(value):
                    name = found[1] if found[1] is not None else found[2]
                is_file = _FILE.search(value) is not None
            case "content-type":
                content_type = value.strip()
            case "content-transfer-encoding" if value.strip().lower() not in ("", "7bit", "8bit", "binary"):
                raise Undecodable("a part with a transfer encoding, which forms do not have")
    return name, content_type, is_file


def rejoin(body: bytes, parts: list[Part], changed: Mapping[int, bytes], *, encode: bool) -> bytes:
    """``body`` with the values of some parts (by their index) replaced; ``encode`` writes them percent-encoded."""
    out: list[bytes] = []
    at = 0
    for index, part in enumerate(parts):
        if index in changed:
            data = changed[index]
            out += (body[at : part.start], quote_plus(data).encode() if encode else data)
            at = part.end
    out.append(body[at:])
    return b"".join(out)
