"""Streams of records cut into their records, whatever pieces they come in.

Each splitter is fed bytes and gives whole records, each with its delimiter, so that the records joined are the stream.
References: RFC 7464 (JSON text sequences), the WHATWG HTML standard section 9.2 (server-sent events); NDJSON is lines.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["Splitter", "event_lines"]

#: CR alone ends a line only once the byte behind it is known not to be LF.
_EOL: Final = rb"(?:\r\n|\n|\r(?=[^\n]))"
_ENDS: Final = {
    "ndjson": re.compile(rb"\n"),
    "sse": re.compile(_EOL + _EOL),
    # A record begins with RS; what is before the next RS belongs to it.
    "json-seq": re.compile(rb"(?=\x1e)"),
}
#: How far before the end of what was searched a delimiter may have begun.
_BACK: Final = {"ndjson": 0, "sse": 4, "json-seq": 0}
_LINE: Final = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")


class Splitter:
    """Cuts one stream. Linear in its length however it is fed; holds no more than one record.

    Args:
        kind: ``"ndjson"``, ``"sse"`` or ``"json-seq"``.
    """

    __slots__ = ("_back", "_buffer", "_end", "_lead", "_released", "_searched")

    def __init__(self, kind: str) -> None:
        self._end = _ENDS[kind]
        self._back = _BACK[kind]
        self._lead = 1 if kind == "json-seq" else 0  # there the delimiter begins a record: its own does not end it
        self._buffer = bytearray()
        self._searched = 0
        self._released = False

    def __len__(self) -> int:
        """Bytes of the record that is not whole yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[tuple[bytes, bool]]:
        """The records that are whole now, each with whether its beginning was released before."""
        buffer = self._buffer
        buffer += data
        records: list[tuple[bytes, bool]] = []
        start, at = 0, self._searched
        while match := self._end.search(buffer, max(at, start + self._lead)):
            records.append((bytes(buffer[start : match.end()]), self._released))
            self._released = False
            start = at = match.end()
        if start:
            del buffer[:start]
        self._searched = max(0, len(buffer) - self._back)
        return records

    def release(self) -> bytes:
        """What is held of a record that is not whole, but for what its end may begin with; the rest will follow."""
        size = max(0, len(self._buffer) - self._back)
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._searched = 0
        self._released = True
        return data

    def take(self) -> tuple[bytes, bool]:
        """What is behind the last whole record, and whether its beginning was released; no longer held."""
        rest = bytes(self._buffer), self._released
        self._buffer.clear()
        self._searched = 0
        self._released = False
        return rest


def event_lines(event: bytes) -> list[bytes]:
    """The lines of a server-sent event, each with its end."""
    return [line for line in _LINE.findall(event) if line]
