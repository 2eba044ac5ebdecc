"""One whole message through the gate: header fields and a body in, what may leave out. For clients and queues."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ..editing import Tokenizers
from ..inspector import Inspector
from ..model import Context, Verdict
from ._body import Outcome
from ._exchange import Headers, described, incomplete, mended
from ._options import Late, Settings

__all__ = ["Passed", "pass_message"]


@dataclass(frozen=True, slots=True)
class Passed:
    """What became of a message.

    Attributes:
        verdict: the strongest of its parts; its spans are relative to that part. Of a body that could not be
            inspected it is incomplete and says why.
        blocked: nothing of it may leave; ``body`` is empty.
        changed: ``body`` is not what came in.
        headers: fields that fit ``body`` sent as one piece. Their names are in lower case.
        body: what may leave.
        outcome: the same in the words of the middlewares, with all verdicts.
    """

    verdict: Verdict
    blocked: bool
    changed: bool
    headers: Headers
    body: bytes
    outcome: Outcome


def pass_message(
    inspector: Inspector,
    body: bytes,
    headers: Iterable[tuple[str, str]] = (),
    *,
    context: Context | None = None,
    tokenizer: Tokenizers = None,
    on_verdict: Callable[[Verdict, Context], None] | None = None,
    max_bytes: int | None = None,
) -> Passed:
    """Inspects the body of a message and lets leave what the policy lets.

    The body is read as the middlewares read it: content codings and charset undone, forms taken apart, streams record
    by record, JSON where it begins like JSON. Header fields are not inspected. Thread-safe.

    Args:
        inspector: what inspects; its policy decides, also what becomes of a body that cannot be inspected.
        headers: names and values; ``content-type`` and ``content-encoding`` say how to read the body.
        context: who sends what where; its content type is taken from the headers where it has none.
        tokenizer: for policies that tokenize.
        on_verdict: called with each verdict that is not clean. What it raises is logged by its type.
        max_bytes: bytes that the body, or a record of a stream, may have; the inspector's limits if not given.

    Raises:
        InputError: ``max_bytes`` is wrong.
    """
    fields = [(name.lower(), value) for name, value in headers]
    given = context or Context()
    content_type, coded = described(fields)
    late = Late(lambda: _typed(given, content_type))
    settings = Settings(inspector=inspector, tokenizer=tokenizer, on_verdict=on_verdict, max_bytes=max_bytes)
    gate = settings.gate(content_type, coded, late)
    out = gate.feed(body) + gate.finish()
    outcome = gate.outcome
    if outcome.blocked:
        return Passed(_verdict(outcome), True, True, [], b"", outcome)
    if outcome.changed or gate.decoded:
        fields = mended(fields, gate, None)
    whole = [(name, value) for name, value in fields if name not in ("content-length", "transfer-encoding")]
    if len(whole) < len(fields) or out:
        whole.append(("content-length", str(len(out))))
    return Passed(_verdict(outcome), False, out != body, whole, out, outcome)


def _typed(context: Context, content_type: str) -> Context:
    if context.content_type is not None or not content_type:
        return context
    return replace(context, content_type=content_type)


def _verdict(outcome: Outcome) -> Verdict:
    return outcome.verdict if outcome.trouble is None else incomplete(outcome)
