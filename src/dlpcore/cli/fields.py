"""Field maps: which member of a log's record holds a body, and which ones say whose it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import click
import orjson

from .captures import Message
from .inputs import Payload

__all__ = ["FieldMap"]

#: Names of bodies, and the direction that they are of; that of ``body`` is as ``direction`` says.
_BODIES: Final = {"body": "", "request": "request", "response": "response"}
_NAMES: Final = (*_BODIES, "host", "path", "method", "status", "direction", "type")
_STATUS: Final = re.compile(r"[1-9]\d\d")
_HINT: Final = f"--field takes NAME=PATH, NAME being one of {', '.join(_NAMES)}"


class FieldMap:
    """What ``--field NAME=PATH`` says. Immutable.

    A path is dotted (``http.request.body``; an array's element by its number) or a JSON Pointer (RFC 6901), for names
    with a dot in them. Without a body, the record itself is the payload, and the other fields label it.
    """

    def __init__(self, options: Sequence[str]) -> None:
        """Raises :class:`click.BadParameter`: there is no such name, a name comes twice, or a path is none."""
        self._paths: dict[str, tuple[str, ...]] = {}
        for option in options:
            name, sign, path = option.partition("=")
            if not sign or name not in _NAMES or not path:
                raise click.BadParameter(_HINT)
            if name in self._paths:
                raise click.BadParameter(f"--field: {name} is given twice")
            self._paths[name] = _steps(path)
        self._bodies = [name for name in _BODIES if name in self._paths]
        from .._native import Paths

        self._members = Paths([[step.encode() for step in self._paths[name]] for name in self._bodies])

    @property
    def has_bodies(self) -> bool:
        """Whether it says where bodies are, so that a record without one holds nothing to inspect."""
        return bool(self._bodies)

    @property
    def tells_direction(self) -> bool:
        return "direction" in self._paths or ("body" not in self._bodies and self.has_bodies)

    def messages(self, record: Payload) -> list[Payload]:
        """The bodies of a record as payloads, each with its message; none where it has no body.

        A record that is no JSON is a payload as it is. A body that is a string is what it holds; any other is taken
        byte for byte as it stands there. Where a key is repeated, each is a body.
        """
        data = bytes(record.data)
        try:
            document = orjson.loads(data)
        except orjson.JSONDecodeError:
            return [record]
        said = {name: _at(document, steps) for name, steps in self._paths.items() if name not in _BODIES}
        if not self._bodies:
            message = _message(said, _direction(said.get("direction")), data)
            return [Payload(record.source, record.line, data, message, record.start, as_is=True)]
        from .._native import unescape

        found: list[Payload] = []
        for path, start, end in sorted(self._members.members(data), key=lambda member: member[1]):
            direction = _BODIES[self._bodies[path]] or _direction(said.get("direction"))
            quoted = data[start] == ord('"')
            body = unescape(data[start + 1 : end - 1])[0] if quoted else data[start:end]
            if not body or body == b"null":
                continue
            at = None if quoted or record.start is None else record.start + start
            line = None if record.line is None else record.line + data.count(b"\n", 0, start)
            found.append(Payload(record.source, line, body, _message(said, direction, body), at))
        return found


def _steps(path: str) -> tuple[str, ...]:
    if not path.startswith("/"):
        return tuple(path.split("."))
    if re.search(r"~(?![01])", path):
        raise click.BadParameter(f"--field: {path} is no JSON Pointer: ~ stands as ~0, / as ~1")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/"))


def _at(document: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and step.isascii() and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


def _direction(value: Any) -> str:
    text = value.lower() if isinstance(value, str) else ""
    return next((name for name in ("request", "response") if text.startswith(name[:3])), "")


def _message(said: dict[str, Any], direction: str, body: bytes) -> Message:
    host, path = _text(said.get("host")), _text(said.get("path"))
    try:
        url = urlsplit(path)
    except ValueError:
        pass
    else:
        host = host or url.netloc.rpartition("@")[2]
        path = url.path or ("/" if url.netloc else "")
    status = _text(said.get("status"))
    known = int(status) if _STATUS.fullmatch(status) else None
    return Message(host, path, _text(said.get("method")).upper(), direction, _text(said.get("type")), (), body, known)


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
