"""The gate of one HTTP body, without I/O: bytes in, decision and bytes out. Middlewares only carry to and from it.

A body is taken whole, or, for streams (NDJSON, JSON sequences, server-sent events), record by record: what a record may
leave as is known before the next one comes. The content type is a hint, not a passport: what looks like JSON is
inspected as JSON whatever it is called, and what does not is inspected as text.
"""

from __future__ import annotations

import enum
import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, Final

import orjson

from ..errors import Blocked, DLPError, MissingExtra
from ..inspector import Inspector, Tokenizers
from ..model import Action, Context, Finding, Kind, Verdict
from ._coding import Decoder, Undecodable, text_charset
from ._forms import Part, multipart, rejoin, urlencoded
from ._records import Splitter, event_lines

__all__ = ["BodyGate", "Outcome", "Trouble", "is_stream"]

_LOG = logging.getLogger("dlpcore.middleware")
_STREAMS: Final = {
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
#: Verdicts that are kept of a stream, which may never end.
_MAX_VERDICTS: Final = 64
_JSON_HEADS: Final = (b"{", b"[")
#: Grammar errors that only say that a text is not JSON.
_NOT_JSON: Final = frozenset({"structure.malformed", "framing.dialect", "framing.trailing-data", "framing.nul"})


class Trouble(enum.StrEnum):
    """Why a body could not be inspected as it should be."""

    TOO_LARGE = "too-large"
    UNDECODABLE = "undecodable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a body.

    Attributes:
        action: the strongest action of all its parts.
        verdicts: one for each document or text in it, in their order; spans are relative to that part. Of a stream, the
            first 64 that are not clean.
        blocked: nothing of it (of a stream: nothing more) may leave.
        changed: what leaves is not what came in.
        trouble, why: it could not be inspected (wholly), and a sentence without a byte of it.
    """

    action: Action = Action.ALLOW
    verdicts: tuple[Verdict, ...] = ()
    blocked: bool = False
    changed: bool = False
    trouble: Trouble | None = None
    why: str = ""

    @property
    def verdict(self) -> Verdict:
        """The verdict with the strongest action, the first of those."""
        return max(self.verdicts, key=lambda v: v.action.rank, default=_CLEAN)


_CLEAN: Final = Verdict()


@dataclass(slots=True)
class _State:
    verdicts: list[Verdict] = field(default_factory=list)
    action: Action = Action.ALLOW
    blocked: bool = False
    changed: bool = False
    trouble: Trouble | None = None
    why: str = ""


class _Block(Exception):
    """What is being worked on must not leave."""


def is_stream(content_type: str) -> bool:
    """Whether bodies of this type are inspected record by record."""
    return _media_type(content_type)[0] in _STREAMS


@functools.lru_cache(maxsize=256)  # there are few of them, and each request asks for two
def _media_type(content_type: str) -> tuple[str, Mapping[str, str]]:
    message = Message()
    message["content-type"] = content_type.replace("\r", " ").replace("\n", " ")
    parameters = message.get_params(failobj=[], unquote=True)
    main = parameters[0][0].strip().lower() if parameters else ""
    return main, {name.lower(): value for name, value in parameters[1:] if isinstance(value, str)}


class BodyGate:
    """Inspects one body, in one direction. Not for use by several threads at once.

    ::

        gate = BodyGate(inspector, content_type="application/json")
        for chunk in chunks:
            out = gate.feed(chunk)      # of a stream: what may leave now; else b""
        out = gate.finish()             # the rest; of a whole body: all of it
        gate.outcome.blocked            # then nothing (more) may leave

    Args:
        inspector: what inspects; its policy decides, also what becomes of a body that cannot be inspected.
        context: who sends what where.
        content_type: the field's value; ``""`` where there is none.
        codings: the content codings in the order of their application (``_coding.codings``).
        tokenizer: for policies that tokenize.
        on_verdict: called with each verdict and the part of the body that it is on, as soon as there is one.
        observe: only look: nothing is edited or blocked, and a stream is inspected to its end.
        max_bytes: bytes that a body (of a stream: a record), encoded and decoded, may have; the inspector's limits if
            not given.

    What leaves is decoded where :attr:`decoded` says so: the content codings and the charset are then gone.
    """

    __slots__ = (
        "_charset", "_chunks", "_context", "_decoder", "_inspector", "_kind", "_limit", "_observe", "_on_verdict",
        "_parameters", "_passing", "_raw_size", "_splitter", "_state", "_tails", "_tokenizer", "_type",
    )  # fmt: skip

    def __init__(
        self,
        inspector: Inspector,
        *,
        context: Context | None = None,
        content_type: str = "",
        codings: tuple[str, ...] = (),
        tokenizer: Tokenizers = None,
        on_verdict: Callable[[Verdict, bytes], None] | None = None,
        observe: bool = False,
        max_bytes: int | None = None,
    ) -> None:
        self._inspector = inspector
        self._context = context
        self._tokenizer = tokenizer
        self._on_verdict = on_verdict
        self._observe = observe
        limits = inspector.limits
        self._limit = min(max_bytes or limits.max_bytes or limits.max_expansion, limits.max_expansion)
        self._state = _State()
        self._type, self._parameters = _media_type(content_type)
        self._kind = _STREAMS.get(self._type)
        self._splitter = Splitter(self._kind) if self._kind else None
        self._chunks: list[bytes] = []
        self._raw_size = 0
        self._passing = False
        self._tails: dict[tuple[str | int, ...], str] = {}
        self._decoder: Decoder | None = None
        self._charset: str | None = None
        try:
            # A stream as a whole has no bound, its records have.
            if codings:
                self._decoder = Decoder(codings, None if self._kind else self._limit)
            self._charset = text_charset(self._parameters.get("charset", ""))
            if self._charset and self._kind:
                raise Undecodable("a stream that is not in UTF-8")
        except (Undecodable, MissingExtra) as error:
            self._passing = not self._troubled(Trouble.UNDECODABLE, str(error))

    @property
    def streams(self) -> bool:
        """Whether records leave one by one."""
        return self._kind is not None

    @property
    def decoded(self) -> bool:
        """Whether what leaves has no content coding any more: a stream that had one, or a body that was changed."""
        return self._decoder is not None and not self._passing and (self.streams or self._state.changed)

    @property
    def outcome(self) -> Outcome:
        """What is known by now; final after :meth:`finish`."""
        state = self._state
        action = Action.BLOCK if state.blocked else state.action
        return Outcome(action, tuple(state.verdicts), state.blocked, state.changed, state.trouble, state.why)

    def feed(self, chunk: bytes) -> bytes:
        """Takes the next bytes; gives what may leave now."""
        if self._stopped():
            return b""
        if self._passing:
            return chunk
        if self._splitter is None:
            self._chunks.append(chunk)
            self._raw_size += len(chunk)
            if self._raw_size > self._limit:
                return self._give_up(Undecodable("the body is larger than the limit", limit=True))
            return b""
        try:
            data = self._decoder.feed(chunk) if self._decoder else chunk
        except Undecodable as error:
            return self._give_up(error)
        out: list[bytes] = []
        for record, begun in self._splitter.feed(data):
            out.append(record if begun else self._record(record))
            if self._stopped():
                return b"".join(out)
        if len(self._splitter) > self._limit:
            out.append(self._too_long())
        return b"".join(out)

    def _stopped(self) -> bool:
        return self._state.blocked

    def finish(self) -> bytes:
        """The body is whole: gives what may leave of what is still held."""
        if self._stopped() or self._passing:
            return b""
        if self._splitter is not None:
            try:
                if self._decoder:
                    self._decoder.finish()
            except Undecodable as error:
                return self._give_up(error)
            rest, begun = self._splitter.take()
            return self._record(rest) if rest and not begun else rest
        data = raw = b"".join(self._chunks)
        try:
            if self._decoder:
                data = self._decoder.feed(raw)
                self._decoder.finish()
        except Undecodable as error:
            return self._give_up(error)
        self._chunks = []
        out = self._guarded(data, self._whole)
        if out is None:
            return b""
        return out if self._state.changed else raw

    # --- what cannot be inspected ----------------------------------------------------------------------------------

    def _troubled(self, trouble: Trouble, why: str) -> bool:
        """Whether that blocks: the policy decides it, as for any inspection that is not complete."""
        state = self._state
        state.trouble = state.trouble or trouble
        state.why = state.why or why
        blocks = not self._observe and self._inspector.policy.incomplete_action == Action.BLOCK
        state.blocked = state.blocked or blocks
        return state.blocked

    def _give_up(self, error: Undecodable) -> bytes:
        """The rest of the body passes as it is, or does not pass."""
        held = b"".join(self._chunks)
        self._chunks = []
        if self._troubled(Trouble.TOO_LARGE if error.limit else Trouble.UNDECODABLE, error.why):
            return b""
        if self._splitter is not None and not self._observe:
            self._state.blocked = True  # some of it left decoded: what is still encoded cannot follow that
            return b""
        self._passing = True
        return held

    def _too_long(self) -> bytes:
        """A record without an end in sight; where the policy lets it pass, those behind it are inspected again."""
        assert self._splitter is not None
        if self._troubled(Trouble.TOO_LARGE, "a record is larger than the limit"):
            self._splitter.take()
            return b""
        return self._splitter.release()

    def _guarded(self, data: bytes, work: Callable[[bytes], bytes]) -> bytes | None:
        """``work`` on ``data``: what it gives, or ``None`` where that must not leave."""
        state = self._state
        try:
            out = work(data)
        except _Block:
            state.blocked = True
            return None
        except Undecodable as error:
            blocked = self._troubled(Trouble.TOO_LARGE if error.limit else Trouble.UNDECODABLE, error.why)
            return None if blocked else data
        except Exception as error:  # whatever fails, the policy decides; only the type is told: it may hold bytes
            _LOG.error("the inspection of a body failed: %s", type(error).__name__)
            blocked = self._troubled(Trouble.FAILED, f"the inspection failed ({type(error).__name__})")
            return None if blocked else data
        state.changed = state.changed or out != data
        return out

    # --- whole bodies ----------------------------------------------------------------------------------------------

    def _whole(self, data: bytes) -> bytes:
        if self._charset is not None:
            try:
                text = data.decode(self._charset).encode("utf-8", "surrogatepass")
            except (UnicodeError, ValueError):
                raise Undecodable("the body is not of its charset") from None
            out = self._of_type(text)
            # the bytes as they came, unless something changed: not every charset gives back what it took
            return data if out == text else out.decode("utf-8", "surrogatepass").encode(self._charset)
        return self._of_type(data)

    def _of_type(self, data: bytes) -> bytes:
        if not data:
            return data
        if self._type == "application/x-www-form-urlencoded":
            parts = urlencoded(data)
            return rejoin(data, parts, self._fields(parts), encode=True)
        if self._type.startswith("multipart/"):
            parts, around = multipart(data, self._parameters.get("boundary", ""))
            if around and self._unit(around, media="text") != around:
                raise _Block  # the frame of a form cannot be edited
            return rejoin(data, parts, self._fields(parts), encode=False)
        return self._sniffed(data, self._type)

    def _fields(self, parts: list[Part]) -> dict[int, bytes]:
        """The values that change, by the index of their part.

        Values of fields are inspected together, each as a member under its name: a name is evidence.
        """
        changed: dict[int, bytes] = {}
        plain: list[int] = []
        for index, part in enumerate(parts):
            if not part.data:
                continue
            if part.is_file or part.content_type or part.data.lstrip()[:1] in _JSON_HEADS or not _is_utf8(part.data):
                out = self._sniffed(part.data, _media_type(part.content_type)[0])
                if out != part.data:
                    changed[index] = out
            else:
                plain.append(index)
        if plain:
            document = orjson.dumps([{parts[i].name: parts[i].data.decode()} for i in plain])
            out = self._unit(document, media="json")
            if out != document:
                before, after = orjson.loads(document), orjson.loads(out)
                for index, old, new in zip(plain, before, after, strict=True):
                    if old == new:
                        continue
                    if old.keys() != new.keys():
                        raise _Block  # a finding in a name
                    changed[index] = str(*new.values()).encode()
        return changed

    def _sniffed(self, data: bytes, media_type: str) -> bytes:
        declared = media_type == "application/json" or media_type.endswith("+json") or media_type == "text/json"
        if declared:
            return self._unit(data, media="json")
        if data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in _JSON_HEADS:
            return self._unit(data, media="text")
        verdict = self._inspector.inspect(data, self._context, media="json")
        if any(f.rule in _NOT_JSON for f in verdict.findings) and not any(_hidden(f) for f in verdict.findings):
            return self._unit(data, media="text")  # "[info] a line of a log" is no broken JSON
        return self._enforced(data, verdict)

    def _unit(self, data: bytes, *, media: str) -> bytes:
        return self._enforced(data, self._inspector.inspect(data, self._context, media=media))

    def _enforced(self, data: bytes, verdict: Verdict) -> bytes:
        self._note(verdict, data)
        if self._observe or verdict.action <= Action.FLAG:
            return data
        try:
            return self._inspector.enforce(data, verdict, tokenizer=self._tokenizer, context=self._context)
        except Blocked:
            raise _Block from None
        except DLPError as error:
            # The policy wants an edit that cannot be made: what it wanted gone must not leave.
            self._state.why = f"what the policy decided could not be done ({type(error).__name__})"
            raise _Block from None

    def _note(self, verdict: Verdict, data: bytes) -> None:
        state = self._state
        if verdict.action > state.action:
            state.action = verdict.action
        clean = verdict.action == Action.ALLOW and not verdict.findings
        if not self.streams or not (clean or len(state.verdicts) >= _MAX_VERDICTS):
            state.verdicts.append(verdict)
        if self._on_verdict is not None:
            self._on_verdict(verdict, data)

    # --- records of a stream ----------------------------------------------------------------------------------------

    def _record(self, record: bytes) -> bytes:
        if len(record) > self._limit:
            return b"" if self._troubled(Trouble.TOO_LARGE, "a record is larger than the limit") else record
        if self._kind == "sse":
            return self._guarded(record, self._event) or b""
        lead = b"\x1e" if self._kind == "json-seq" and record[:1] == b"\x1e" else b""
        body = record[len(lead) :]
        line = body.rstrip(b"\r\n") if self._kind == "ndjson" else body.removesuffix(b"\n")
        if not line.strip():
            return record
        out = self._guarded(line, self._item)
        return b"" if out is None else lead + out + body[len(line) :]

    def _item(self, line: bytes) -> bytes:
        self._continued(line)
        out = self._sniffed(line, "application/json")
        if b"\n" in out and self._kind == "ndjson":
            raise _Block  # an edit must not make two records of one
        return out

    def _event(self, event: bytes) -> bytes:
        lines = event_lines(event)
        fields = [_field(line) for line in lines]
        values = [value for name, value in fields if name == b"data"]
        pairs = list(zip(lines, fields, strict=True))
        around = b"\n".join(line.rstrip(b"\r\n") for line, (name, _) in pairs if name != b"data")
        if around.strip() and self._unit(around, media="text") != around:
            raise _Block  # names, ids and comments cannot be edited
        if not values:
            return event
        data = b"\n".join(values)
        self._continued(data)
        out = self._sniffed(data, "")
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
        for path, text in _pieces(data):
            before = self._tails.pop(path, "")
            self._tails[path] = (before + text)[-_OVERLAP:]
            while len(self._tails) > _MAX_TAILS:
                del self._tails[next(iter(self._tails))]
            if not before:
                continue
            joined = (before + text[:_OVERLAP]).encode("utf-8", "replace")
            edge = len(before.encode("utf-8", "replace"))
            verdict = self._inspector.inspect(joined, self._context, media="text")
            across = [f for f in verdict.findings if any(s < edge < e for s, e in f.spans) and f.action > Action.FLAG]
            if across:
                self._note(verdict, joined)
                if self._observe:
                    continue
                self._state.why = "a value lies across two events, and its beginning has left already"
                raise _Block


def _hidden(finding: Finding) -> bool:
    return finding.kind == Kind.COVERT_CHANNEL and finding.action > Action.ALLOW


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _field(line: bytes) -> tuple[bytes, bytes]:
    """Name and value of a line of an event (WHATWG HTML 9.2.6); a comment has the name ``b""``."""
    name, _, value = line.rstrip(b"\r\n").removeprefix(b"\xef\xbb\xbf").partition(b":")
    return name, value.removeprefix(b" ")


def _pieces(data: bytes) -> list[tuple[tuple[str | int, ...], str]]:
    """Strings that may be a piece of a longer text, each with its path; of an event that is no JSON, all of it."""
    if data.lstrip()[:1] not in _JSON_HEADS:
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
