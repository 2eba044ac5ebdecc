"""Records of a stream, each judged before the next one comes; and texts that lie across several of them.

References: the WHATWG HTML standard section 9.2 (server-sent events), RFC 7464 (JSON text sequences).
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from ..model import Action
from ._judge import JSON_HEADS, Held, Judge, Trouble
from ._records import Splitter, event_lines

__all__ = ["KINDS", "Stream"]

#: How the records of a media type are told apart.
KINDS: Final = {
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/x-jsonlines": "ndjson",
    "application/jsonlines": "ndjson",
    "application/stream+json": "ndjson",
    "application/json-lines": "ndjson",
    "application/json-seq": "json-seq",
    "text/event-stream": "sse",
}
#: Members whose strings are one text in pieces, from event to event: a value can lie across two of them.
_PIECES: Final = frozenset(
    {"arguments", "completion", "content", "delta", "generated_text", "output_text", "partial_json",
     "reasoning_content", "response", "text", "thinking", "token", "transcript"}
)  # fmt: skip
#: How much of the text before an event is read again with it, in characters, and in how many members.
_OVERLAP: Final = 256
_MAX_TAILS: Final = 16


class Stream:
    """The records of one stream. Holds no more than one record and the ends of 16 texts.

    Args:
        judge: judges each record.
        kind: one of the values of :data:`KINDS`.
        limit: bytes that a record may have.
    """

    __slots__ = ("_judge", "_kind", "_limit", "_splitter", "_tails")

    def __init__(self, judge: Judge, kind: str, limit: int) -> None:
        self._judge = judge
        self._kind = kind
        self._limit = limit
        self._splitter = Splitter(kind)
        self._tails: dict[tuple[str | int, ...], str] = {}

    def __len__(self) -> int:
        """Bytes that are held."""
        return len(self._splitter)

    def feed(self, data: bytes) -> bytes:
        """Takes the next decoded bytes; gives what may leave now."""
        out: list[bytes] = []
        for record, begun in self._splitter.feed(data):
            out.append(record if begun else self._record(record))
            if self._judge.blocked:
                return b"".join(out)
        if len(self._splitter) > self._limit:
            out.append(self._too_long())
        return b"".join(out)

    def finish(self) -> bytes:
        """The stream has ended: gives what may leave of what is still held."""
        rest, begun = self._splitter.take()
        return self._record(rest) if rest and not begun else rest

    def take(self) -> bytes:
        """What is still held, not looked at."""
        return self._splitter.take()[0]

    def _too_long(self) -> bytes:
        """A record without an end in sight; where the policy lets it pass, those behind it are inspected again."""
        if self._judge.troubled(Trouble.TOO_LARGE, "a record is larger than the limit"):
            self._splitter.take()
            return b""
        return self._splitter.release()

    def _record(self, record: bytes) -> bytes:
        judge = self._judge
        if len(record) > self._limit:
            return b"" if judge.troubled(Trouble.TOO_LARGE, "a record is larger than the limit") else record
        if self._kind == "sse":
            return judge.guarded(record, self._event) or b""
        lead = b"\x1e" if self._kind == "json-seq" and record[:1] == b"\x1e" else b""
        body = record[len(lead) :]
        line = body.rstrip(b"\r\n") if self._kind == "ndjson" else body.removesuffix(b"\n")
        if not line.strip():
            return record
        out = judge.guarded(line, self._item)
        return b"" if out is None else lead + out + body[len(line) :]

    def _item(self, line: bytes) -> bytes:
        self._continued(line)
        out = self._judge.sniffed(line, "application/json")
        if b"\n" in out and self._kind == "ndjson":
            raise Held  # an edit must not make two records of one
        return out

    def _event(self, event: bytes) -> bytes:
        lines = event_lines(event)
        fields = [_field(line) for line in lines]
        values = [value for name, value in fields if name == b"data"]
        pairs = list(zip(lines, fields, strict=True))
        around = b"\n".join(line.rstrip(b"\r\n") for line, (name, _) in pairs if name != b"data")
        if around.strip() and self._judge.part(around, media="text") != around:
            raise Held  # names, ids and comments cannot be edited
        if not values:
            return event
        data = b"\n".join(values)
        self._continued(data)
        out = self._judge.sniffed(data, "")
        if out == data:
            return event
        result: list[bytes] = []
        written = False
        for line, (name, _) in pairs:
            if name != b"data":
                result.append(line)
            elif not written:
                end = line[len(line.rstrip(b"\r\n")) :] or b"\n"
                result += (b"data: " + each + end for each in out.split(b"\n"))
                written = True
        return b"".join(result)

    def _continued(self, data: bytes) -> None:
        """A value that began in an earlier event: what is left of it must not follow."""
        judge = self._judge
        for path, text in _pieces(data):
            before = self._tails.pop(path, "")
            self._tails[path] = (before + text)[-_OVERLAP:]
            while len(self._tails) > _MAX_TAILS:
                del self._tails[next(iter(self._tails))]
            if not before:
                continue
            joined = (before + text[:_OVERLAP]).encode("utf-8", "replace")
            edge = len(before.encode("utf-8", "replace"))
            verdict = judge.verdict(joined, media="text")
            across = [f for f in verdict.findings if any(s < edge < e for s, e in f.spans) and f.action > Action.FLAG]
            if across:
                judge.note(verdict, joined)
                if judge.observe:
                    continue
                judge.why = "a value lies across two events, and its beginning has left already"
                raise Held


def _field(line: bytes) -> tuple[bytes, bytes]:
    """Name and value of a line of an event (WHATWG HTML 9.2.6); a comment has the name ``b""``."""
    name, _, value = line.rstrip(b"\r\n").removeprefix(b"\xef\xbb\xbf").partition(b":")
    return name, value.removeprefix(b" ")


def _pieces(data: bytes) -> list[tuple[tuple[str | int, ...], str]]:
    """Strings that may be a piece of a longer text, each with its path; of an event that is no JSON, all of it."""
    if data.lstrip()[:1] not in JSON_HEADS:
        return [((), data.decode("utf-8", "replace"))] if len(data) <= 1 << 16 else []
    try:
        value: Any = orjson.loads(data)
    except orjson.JSONDecodeError:
        return []
    found: list[tuple[tuple[str | int, ...], str]] = []
    open_nodes: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    looked_at = 0
    while open_nodes and looked_at < 1024:
        looked_at += 1
        path, node = open_nodes.pop()
        if isinstance(node, dict):
            open_nodes += (((*path, key), each) for key, each in list(node.items())[:256])
        elif isinstance(node, list):
            open_nodes += (((*path, i), each) for i, each in enumerate(node[:64]))
        elif isinstance(node, str) and node and path and path[-1] in _PIECES:
            found.append((path, node))
    return found
