"""The gate of one HTTP body, without I/O: bytes in, decision and bytes out. Middlewares only carry to and from it.

A body is taken whole, or, for streams (NDJSON, JSON sequences, server-sent events), record by record: what a record may
leave as is known before the next one comes. The content type is a hint, not a passport: what looks like JSON is
inspected as JSON whatever it is called, and what does not is inspected as text.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ..editing import Tokenizers
from ..errors import MissingExtra
from ..inspector import Inspector
from ..model import Action, Context, Verdict
from ._coding import Decoder, Undecodable, media_type, text_charset
from ._judge import Judge, Trouble
from ._stream import KINDS, Stream
from ._whole import whole

__all__ = ["BodyGate", "Outcome", "Trouble", "body_limit", "is_json"]


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


def is_json(content_type: str) -> bool:
    """Whether bodies of this type are one JSON document in UTF-8, and nothing about them is to be guessed."""
    return len(content_type) < 256 and _is_json(content_type)


@functools.lru_cache(maxsize=256)
def _is_json(content_type: str) -> bool:
    try:
        main, parameters = media_type(content_type)
        charset = text_charset(parameters.get("charset", ""))
    except Undecodable:
        return False
    return charset is None and main not in KINDS and (main == "application/json" or main.endswith("+json"))


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
        context: who sends what where, or what tells it where a policy asks.
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
        "_charset", "_chunks", "_decoder", "_judge", "_limit", "_parameters", "_passing", "_raw_size", "_stream",
        "_type",
    )  # fmt: skip

    def __init__(
        self,
        inspector: Inspector,
        *,
        context: Context | Callable[[], Context] | None = None,
        content_type: str = "",
        codings: tuple[str, ...] = (),
        tokenizer: Tokenizers = None,
        on_verdict: Callable[[Verdict, bytes], None] | None = None,
        observe: bool = False,
        max_bytes: int | None = None,
    ) -> None:
        self._limit = body_limit(inspector, max_bytes)
        unread: Undecodable | None = None
        try:
            self._type, self._parameters = media_type(content_type)
        except Undecodable as error:
            self._type, self._parameters, unread = "", {}, error
        kind = KINDS.get(self._type)
        self._judge = Judge(inspector, context, tokenizer, on_verdict, observe, kind is not None)
        self._stream = Stream(self._judge, kind, self._limit) if kind is not None else None
        self._chunks: list[bytes] = []
        self._raw_size = 0
        self._passing = False
        self._decoder: Decoder | None = None
        self._charset: str | None = None
        try:
            if unread is not None:
                raise unread
            # A stream as a whole has no bound, its records have.
            if codings:
                self._decoder = Decoder(codings, None if kind is not None else self._limit)
            self._charset = text_charset(self._parameters.get("charset", ""))
            if self._charset and kind is not None:
                raise Undecodable("a stream that is not in UTF-8")
        except (Undecodable, MissingExtra) as error:
            self._passing = not self._judge.troubled(Trouble.UNDECODABLE, str(error))

    @property
    def streams(self) -> bool:
        """Whether records leave one by one."""
        return self._stream is not None

    @property
    def decoded(self) -> bool:
        """Whether what leaves has no content coding any more: a stream that had one, or a body that was changed."""
        return self._decoder is not None and not self._passing and (self.streams or self._judge.changed)

    @property
    def blocked(self) -> bool:
        """Whether nothing (of a stream: nothing more) may leave, as far as is known by now."""
        return self._judge.blocked

    @property
    def passing(self) -> bool:
        """Whether the rest passes unseen, as the policy wants of what cannot be inspected."""
        return self._passing

    @property
    def trouble(self) -> Trouble | None:
        """Why the body could not be inspected, as far as is known by now."""
        return self._judge.trouble

    @property
    def outcome(self) -> Outcome:
        """What is known by now; final after :meth:`finish`."""
        judge = self._judge
        action = Action.BLOCK if judge.blocked else judge.action
        return Outcome(action, tuple(judge.verdicts), judge.blocked, judge.changed, judge.trouble, judge.why)

    def __len__(self) -> int:
        """Bytes that are held."""
        return self._raw_size if self._stream is None else len(self._stream)

    def feed(self, chunk: bytes) -> bytes:
        """Takes the next bytes; gives what may leave now."""
        if self._judge.blocked:
            return b""
        if self._passing:
            return chunk
        if self._stream is None:
            self._chunks.append(chunk)
            self._raw_size += len(chunk)
            if self._raw_size > self._limit:
                return self._give_up(Undecodable("the body is larger than the limit", limit=True))
            return b""
        try:
            data = self._decoder.feed(chunk) if self._decoder else chunk
        except Undecodable as error:
            return self._give_up(error)
        return self._stream.feed(data)

    def finish(self, known: Verdict | None = None) -> bytes:
        """The body is whole: gives what may leave of what is still held.

        Args:
            known: the verdict on it, where it is neither coded nor a stream, :func:`is_json` is true of its type, and
                somebody has inspected it already.
        """
        if self._judge.blocked or self._passing:
            return b""
        if self._stream is not None:
            try:
                if self._decoder:
                    self._decoder.finish()
            except Undecodable as error:
                return self._give_up(error)
            return self._stream.finish()
        data = raw = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        try:
            if self._decoder:
                data = self._decoder.feed(raw)
                self._decoder.finish()
        except Undecodable as error:
            return self._give_up(error)
        self._drop()
        self._judge.known = known
        out = self._judge.guarded(data, self._whole)
        if out is None:
            return b""
        return out if self._judge.changed else raw

    def abandon(self) -> bytes:
        """There is more of a stream than can be carried: the rest passes as it is, or does not pass.

        Gives what may leave of what is still held.
        """
        return self._give_up(Undecodable("the body is larger than the limit", limit=True))

    def refuse(self, why: str) -> None:
        """Nothing more leaves: whoever carries the body found a fault in it."""
        self._judge.trouble = self._judge.trouble or Trouble.FAILED
        self._judge.why = self._judge.why or why
        self._judge.blocked = True

    def _whole(self, data: bytes) -> bytes:
        return whole(self._judge, data, self._type, self._parameters, self._charset)

    def _drop(self) -> None:
        self._chunks = []
        self._raw_size = 0

    def _give_up(self, error: Undecodable) -> bytes:
        """The rest of the body passes as it is, or does not pass."""
        held = b"".join(self._chunks) if self._stream is None else self._stream.take()
        self._drop()
        if self._judge.undecodable(error):
            return b""
        if self._stream is not None and self._decoder is not None and not self._judge.observe:
            self._judge.blocked = True  # some of it left decoded: what is still encoded cannot follow that
            return b""
        self._passing = True
        return held


def body_limit(inspector: Inspector, max_bytes: int | None) -> int:
    """Bytes that a body (of a stream: a record), encoded and decoded, may have."""
    limits = inspector.limits
    return min(max_bytes or limits.max_bytes or limits.max_expansion, limits.max_expansion)
