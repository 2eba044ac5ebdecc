"""Reads captured HTTP traffic as messages: HAR, mitmproxy flow dumps, and raw HTTP.

References: HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/); tnetstrings (https://tnetstrings.info/), in which
mitmproxy writes its flows; RFC 9112 (HTTP/1.1).
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

import orjson

from ..errors import InputError, MissingExtra

__all__ = ["CAPTURE_SUFFIXES", "Message", "endpoint", "kind_of", "messages"]

CAPTURE_SUFFIXES: Final = {".har": "har", ".flow": "flow", ".flows": "flow", ".mitm": "flow", ".http": "http"}
_IDENTIFIER: Final = re.compile(r"\d+|[0-9a-fA-F-]{8,}|(?=\w*\d)[\w-]{16,}")
_NUMBERS: Final = re.compile(rb"(\d{1,12}):")
_DEPTH: Final = 64


@dataclass(frozen=True, slots=True)
class Message:
    """One direction of an exchange, or one message of a web socket.

    Attributes:
        host, path, method: of the request, the path without its query; ``""`` where a log does not say.
        direction: ``"request"`` or ``"response"``; ``""`` as before.
        content_type: the field's value, or ``""``.
        codings: content codings that the body still has, in the order of their application.
        body: as captured.
        status: of the response, where it is known.
    """

    host: str
    path: str
    method: str
    direction: str
    content_type: str
    codings: tuple[str, ...]
    body: bytes
    status: int | None = None

    @property
    def label(self) -> str:
        status = "" if self.status is None else str(self.status)
        return " ".join(filter(None, (self.direction, status, self.method, f"{self.host}{self.path}")))


def endpoint(message: Message) -> str:
    """Method, host and path with what looks like an identifier as ``*``, so that one route is one endpoint."""
    return f"{message.method} {message.host}{_route(message.path)}".strip() or "(unknown)"


@functools.lru_cache(maxsize=4096)
def _route(path: str) -> str:
    return "/".join("*" if _IDENTIFIER.fullmatch(part) else part for part in path.split("/"))


def kind_of(name: str) -> str | None:
    """The kind of capture that a file's name says it is (``.gz`` and ``.zst`` aside)."""
    lowered = name.lower().removesuffix(".gz").removesuffix(".zst")
    return next((kind for suffix, kind in CAPTURE_SUFFIXES.items() if lowered.endswith(suffix)), None)


def messages(stream: BinaryIO, kind: str, done: Callable[[float], None] = lambda _: None) -> Iterator[Message]:
    """The messages of a capture that have a body, in their order.

    Args:
        stream: read at once, but for flow dumps.
        done: of what is read at once, told how much was given by now (0.0 to 1.0).

    Raises:
        InputError: the capture is broken; says where. What was before that place has been given.
        MissingExtra: raw HTTP without h11.
    """
    if kind == "har":
        yield from _har(stream.read(), done)
    elif kind == "flow":
        yield from _flows(stream)
    else:
        yield from _raw(stream.read(), done)


# --- HAR ------------------------------------------------------------------------------------------------------------


def _har(data: bytes, done: Callable[[float], None]) -> Iterator[Message]:
    try:
        entries = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))["log"]["entries"]
    except orjson.JSONDecodeError as error:
        raise InputError(f"not a HAR: not JSON at line {error.lineno}, column {error.colno}") from None
    except (KeyError, TypeError):
        raise InputError("not a HAR: it has no log.entries") from None
    if not isinstance(entries, list):
        raise InputError("not a HAR: log.entries is no array")
    for number, entry in enumerate(entries):
        done(number / len(entries))
        try:
            yield from _entry(entry)
        except (KeyError, TypeError, AttributeError, ValueError, binascii.Error):
            raise InputError(f"a HAR whose entry {number} is not as HAR 1.2 has it") from None


def _entry(entry: dict[str, Any]) -> Iterator[Message]:
    request, response = entry["request"], entry.get("response") or {}
    url = urlsplit(request["url"])
    host, path, method = url.netloc.rpartition("@")[2], url.path or "/", request["method"]
    posted = request.get("postData") or {}
    body = _text_of(posted)
    if not body and posted.get("params"):
        # a form whose text was not kept: its fields are written as a form has them
        pairs = [f"{each.get('name', '')}={each.get('value', '')}" for each in posted["params"]]
        body = "&".join(pairs).encode("utf-8", "surrogatepass")
    if body:
        yield Message(host, path, method, "request", posted.get("mimeType") or "", (), body)
    content = response.get("content") or {}
    if body := _text_of(content):
        yield Message(host, path, method, "response", content.get("mimeType") or "", (), body, _status(response))
    for each in entry.get("_webSocketMessages") or ():
        direction = "request" if each.get("type") == "send" else "response"
        data = base64.b64decode(each["data"]) if each.get("opcode") == 2 else each["data"].encode()
        if data:
            yield Message(host, path, "WS", direction, "", (), data)


def _text_of(content: dict[str, Any]) -> bytes:
    text = content.get("text") or ""
    if content.get("encoding") == "base64":
        return base64.b64decode(text, validate=False)
    data: bytes = text.encode("utf-8", "surrogatepass")
    return data


# --- mitmproxy --------------------------------------------------------------------------------------------------------


def _flows(stream: BinaryIO) -> Iterator[Message]:
    number = 0
    while head := _length(stream, number):
        payload = stream.read(head + 1)
        if len(payload) != head + 1:
            raise InputError(f"a flow dump that ends in the middle of flow {number}")
        try:
            flow = _value(payload[:-1], payload[-1:], 0)
            if isinstance(flow, dict) and flow.get("type") == "http":
                yield from _flow(flow)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            raise InputError(f"a flow dump whose flow {number} cannot be read") from None
        number += 1


def _length(stream: BinaryIO, number: int) -> int:
    digits = b""
    while (byte := stream.read(1)) and byte != b":":
        digits += byte
        if not byte.isdigit() or len(digits) > 12:
            raise InputError(f"not a flow dump of mitmproxy: flow {number} has no length")
    if not byte and digits:
        raise InputError(f"a flow dump that ends in the length of flow {number}")
    return int(digits) if digits else 0


def _value(data: bytes, kind: bytes, depth: int) -> Any:
    match kind:
        case b",":
            return data
        case b";":
            return data.decode("utf-8", "replace")
        case b"#":
            return int(data)
        case b"^":
            return float(data)
        case b"!":
            return data == b"true"
        case b"~":
            return None
    if depth > _DEPTH or kind not in (b"]", b"}"):
        raise ValueError(kind)
    items: list[Any] = []
    at = 0
    while at < len(data):
        found = _NUMBERS.match(data, at)
        if found is None:
            raise ValueError(at)
        end = found.end() + int(found[1])
        items.append(_value(data[found.end() : end], data[end : end + 1], depth + 1))
        at = end + 1
    if kind == b"]":
        return items
    return {_str(key): value for key, value in zip(items[::2], items[1::2], strict=True)}


def _flow(flow: dict[str, Any]) -> Iterator[Message]:
    request = flow["request"]
    host = _str(request.get("authority") or b"") or _str(request["host"])
    path = urlsplit(_str(request["path"])).path or "/"
    method = _str(request["method"])
    for direction, part in (("request", request), ("response", flow.get("response"))):
        if part and part.get("content"):
            headers = [(_str(name).lower(), _str(value)) for name, value in part["headers"]]
            yield _message(host, path, method, direction, headers, part["content"], _status(part, "status_code"))
    for each in (flow.get("websocket") or {}).get("messages") or ():
        if each[2]:
            yield Message(host, path, "WS", "request" if each[1] else "response", "", (), each[2])


def _str(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _status(response: dict[str, Any], name: str = "status") -> int | None:
    status = response.get(name)
    return status if isinstance(status, int) and 100 <= status < 1000 else None  # a HAR has 0 for no answer


def _message(
    host: str,
    path: str,
    method: str,
    direction: str,
    headers: list[tuple[str, str]],
    body: bytes,
    status: int | None = None,
) -> Message:
    coded = ",".join(value for name, value in headers if name == "content-encoding")
    codings = tuple(name for each in coded.lower().split(",") if (name := each.strip()) not in ("", "identity"))
    content_type = next((value for name, value in headers if name == "content-type"), "")
    return Message(host, path, method, direction, content_type, codings, body, status)


# --- raw HTTP -------------------------------------------------------------------------------------------------------


def _raw(data: bytes, done: Callable[[float], None]) -> Iterator[Message]:
    try:
        import h11
    except ImportError:
        raise MissingExtra("captures of raw HTTP need: pip install dlpcore[captures]") from None
    at, target = 0, ("", "/", "GET")
    while rest := data[at:].lstrip(b"\r\n"):
        at = len(data) - len(rest)
        done(at / len(data))
        is_response = rest.startswith(b"HTTP/")
        connection = h11.Connection(h11.CLIENT if is_response else h11.SERVER, max_incomplete_event_size=1 << 20)
        headers: list[tuple[str, str]] = []
        body: list[bytes] = []
        status: int | None = None
        try:
            if is_response:
                connection.send(h11.Request(method=target[2], target="/", headers=[("Host", "x")]))
                connection.send(h11.EndOfMessage())
            connection.receive_data(rest)
            connection.receive_data(b"")
            while not isinstance(event := connection.next_event(), h11.EndOfMessage | h11.ConnectionClosed):
                if event in (h11.NEED_DATA, h11.PAUSED):
                    raise h11.RemoteProtocolError("ends early")
                if isinstance(event, h11.Data):
                    body.append(bytes(event.data))
                    continue
                if not isinstance(event, h11.Request | h11.Response):
                    continue  # an informational response has no body
                headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers]
                if isinstance(event, h11.Response):
                    status = event.status_code
                else:
                    url = urlsplit(event.target.decode("latin-1"))
                    host = url.netloc or next((value for name, value in headers if name == "host"), "")
                    target = (host, url.path or "/", event.method.decode())
        except h11.ProtocolError:
            raise InputError(f"broken HTTP in the message that begins at byte {at}") from None
        if body:
            yield _message(*target, "response" if is_response else "request", headers, b"".join(body), status)
        left = connection.trailing_data[0]
        at = len(data) - len(left) if left else len(data)
