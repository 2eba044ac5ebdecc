"""Whole bodies: their charset undone, forms taken apart, each part judged, and what changed put in its place."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from ._coding import Undecodable, media_type
from ._forms import Part, multipart, rejoin, urlencoded
from ._judge import JSON_HEADS, Held, Judge

__all__ = ["whole"]


def whole(judge: Judge, data: bytes, main: str, parameters: Mapping[str, str], charset: str | None) -> bytes:
    """What may leave of a decoded body.

    Args:
        main, parameters: of the content type, as ``_coding.media_type`` gives them.
        charset: the codec that the bytes need to become UTF-8, if they need one.

    Raises:
        Held: nothing of it may leave.
        Undecodable: it cannot be read.
    """
    if charset is None:
        return _of_type(judge, data, main, parameters)
    try:
        text = data.decode(charset).encode("utf-8", "surrogatepass")
    except (UnicodeError, ValueError):
        raise Undecodable("the body is not of its charset") from None
    out = _of_type(judge, text, main, parameters)
    # the bytes as they came, unless something changed: not every charset gives back what it took
    return data if out == text else out.decode("utf-8", "surrogatepass").encode(charset)


def _of_type(judge: Judge, data: bytes, main: str, parameters: Mapping[str, str]) -> bytes:
    if not data:
        return data
    if main == "application/x-www-form-urlencoded":
        parts = urlencoded(data)
        return rejoin(data, parts, _fields(judge, parts), encode=True)
    if main.startswith("multipart/"):
        parts, around = multipart(data, parameters.get("boundary", ""))
        if around and judge.part(around, media="text") != around:
            raise Held  # the frame of a form cannot be edited
        return rejoin(data, parts, _fields(judge, parts), encode=False)
    return judge.sniffed(data, main)


def _fields(judge: Judge, parts: list[Part]) -> dict[int, bytes]:
    """The values that change, by the index of their part.

    Values of fields are inspected together, each as a member under its name: a name is evidence.
    """
    changed: dict[int, bytes] = {}
    plain: list[int] = []
    for index, part in enumerate(parts):
        if not part.data:
            continue
        if part.is_file or part.content_type or part.data.lstrip()[:1] in JSON_HEADS or not _is_utf8(part.data):
            out = judge.sniffed(part.data, media_type(part.content_type)[0])
            if out != part.data:
                changed[index] = out
        else:
            plain.append(index)
    if plain:
        document = orjson.dumps([{parts[i].name: parts[i].data.decode()} for i in plain])
        out = judge.part(document, media="json")
        if out != document:
            before, after = orjson.loads(document), orjson.loads(out)
            for index, old, new in zip(plain, before, after, strict=True):
                if old == new:
                    continue
                if old.keys() != new.keys():
                    raise Held  # a finding in a name
                changed[index] = str(*new.values()).encode()
    return changed


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
