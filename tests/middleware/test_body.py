"""The gate of a body: the same decision and bytes however it is cut, and nothing passes that was not inspected."""

from __future__ import annotations

import gzip
import itertools
import json
import random
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

import dlpcore
from dlpcore.middleware._body import BodyGate, Outcome, Trouble
from dlpcore.middleware._coding import Decoder, Undecodable, codings
from dlpcore.policy import BALANCED

CARD = "4111 1111 1111 1111"
TOKEN = "ghp_nM5KqzAWospggrfyw7DRpBbXv9yNH8fwzXl5"
INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None), key=b"k" * 32)
CLEAN = b'{"id": 7, "note": "all is well"}'
DIRTY = json.dumps({"id": 7, "card": CARD}).encode()
HIDDEN = b'{"id":7}' + bytes(random.Random(1).choice(b" \t") for _ in range(600))
FORM = f"name=Ada+L&card={CARD.replace(' ', '+')}&j=%7B%22a%22%3A1%7D&empty=&flag".encode()


def part(head: str, data: bytes) -> bytes:
    return b"--XyZ\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n"


MULTIPART = (
    part('Content-Disposition: form-data; name="card"', CARD.encode())
    + part('Content-Disposition: form-data; name="meta"\r\nContent-Type: application/json', DIRTY)
    + part('Content-Disposition: form-data; name="f"; filename="a.bin"\r\nContent-Type: image/png', bytes(range(256)))
    + b"--XyZ--\r\n"
)
# fmt: off
EVENTS = (
    b": hello\n\ndata: "
    + CLEAN
    + b"\n\nevent: card\r\ndata: "
    + DIRTY
    + b"\r\n\r\nid: 4\ndata: {\ndata: }\n\ndata: plain text\n\n"
)
# fmt: on
LINES = b"\n".join([CLEAN, DIRTY, b"", CLEAN]) + b"\n"
SEQUENCE = b"".join(b"\x1e" + each + b"\n" for each in (CLEAN, DIRTY, CLEAN))

TWO_MEMBERS = gzip.compress(DIRTY[:9], mtime=0) + gzip.compress(DIRTY[9:], mtime=0)

#: name, content type, codings, body, what must be gone of what leaves (None: nothing leaves)
CASES = [
    ("clean", "application/json", (), CLEAN, b""),
    ("dirty", "application/json; charset=utf-8", (), DIRTY, CARD.encode()),
    ("hidden", "application/json", (), HIDDEN, None),
    ("vendor", "application/vnd.api+json", (), DIRTY, CARD.encode()),
    ("called otherwise", "text/plain", (), DIRTY, CARD.encode()),
    ("called nothing", "", (), HIDDEN, None),
    ("text", "text/plain", (), f"use {TOKEN} please".encode(), TOKEN.encode()),
    ("broken", "application/json", (), b'{"a":', None),
    ("log", "text/plain", (), b"[info] nothing to see", b""),
    ("empty", "application/json", (), b"", b""),
    ("gzip", "application/json", ("gzip",), gzip.compress(DIRTY, mtime=0), CARD.encode()),
    ("gzip clean", "application/json", ("gzip",), gzip.compress(CLEAN, mtime=0), b""),
    ("two members", "application/json", ("gzip",), TWO_MEMBERS, CARD.encode()),
    ("deflate", "application/json", ("deflate",), zlib.compress(DIRTY), CARD.encode()),
    ("raw deflate", "application/json", ("deflate",), zlib.compress(DIRTY)[2:-4], CARD.encode()),
    ("br", "application/json", ("br",), brotli.compress(DIRTY), CARD.encode()),
    ("zstd", "application/json", ("zstd",), zstandard.compress(DIRTY), CARD.encode()),
    ("twice", "application/json", ("gzip", "br"), brotli.compress(gzip.compress(DIRTY, mtime=0)), CARD.encode()),
    ("utf-16", "application/json; charset=utf-16-le", (), DIRTY.decode().encode("utf-16-le"), CARD.encode("utf-16-le")),
    ("form", "application/x-www-form-urlencoded", (), FORM, b"4111"),
    ("multipart", 'multipart/form-data; boundary="XyZ"', (), MULTIPART, CARD.encode()),
    ("events", "text/event-stream", (), EVENTS, CARD.encode()),
    ("events in gzip", "text/event-stream", ("gzip",), gzip.compress(EVENTS, mtime=0), CARD.encode()),
    ("lines", "application/x-ndjson", (), LINES, CARD.encode()),
    ("sequence", "application/json-seq", (), SEQUENCE, CARD.encode()),
    ("hidden in a line", "application/x-ndjson", (), CLEAN + b"\n" + HIDDEN + b"\n" + CLEAN + b"\n", None),
]  # fmt: skip


def run(chunks: list[bytes], content_type: str, names: tuple[str, ...], **options: object) -> tuple[bytes, Outcome]:
    gate = BodyGate(options.pop("inspector", INSPECTOR), content_type=content_type, codings=names, **options)  # type: ignore[arg-type]
    out = b"".join([*(gate.feed(chunk) for chunk in chunks), gate.finish()])
    assert gate.decoded == (bool(names) and (gate.streams or gate.outcome.changed))
    return out, gate.outcome


def told(outcome: Outcome) -> tuple[object, ...]:
    seen = [[(f.rule, f.spans, f.action) for f in v.findings] for v in outcome.verdicts]
    return outcome.action, outcome.blocked, outcome.changed, outcome.trouble, outcome.why, seen


@pytest.mark.parametrize(("name", "content_type", "names", "body", "gone"), CASES, ids=[c[0] for c in CASES])
def test_decision_and_bytes(
    name: str, content_type: str, names: tuple[str, ...], body: bytes, gone: bytes | None
) -> None:
    out, outcome = run([body], content_type, names)
    assert outcome.trouble is None
    assert outcome.blocked == (gone is None)
    if gone is None:
        assert HIDDEN not in out
    elif gone:
        assert gone not in out and outcome.changed and outcome.action >= dlpcore.Action.REDACT
    else:
        assert out == body and not outcome.changed


@pytest.mark.parametrize(("name", "content_type", "names", "body", "gone"), CASES, ids=[c[0] for c in CASES])
def test_byte_by_byte_is_the_same(
    name: str, content_type: str, names: tuple[str, ...], body: bytes, gone: bytes | None
) -> None:
    once, outcome = run([body], content_type, names)
    again, outcome_again = run([body[i : i + 1] for i in range(len(body))], content_type, names)
    assert (again, told(outcome_again)) == (once, told(outcome))


@given(st.sampled_from(CASES), st.lists(st.integers(0, 2000), max_size=8))
def test_any_split_is_the_same(case: tuple, cuts: list[int]) -> None:
    _, content_type, names, body, _ = case
    edges = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    pieces = [body[a:b] for a, b in itertools.pairwise(edges)]
    once, outcome = run([body], content_type, names)
    again, outcome_again = run(pieces, content_type, names)
    assert (again, told(outcome_again)) == (once, told(outcome))


def test_a_form_changes_only_where_it_must() -> None:
    out, _ = run([FORM], "application/x-www-form-urlencoded", ())
    before, after = FORM.split(b"&"), out.split(b"&")
    assert [a for a, b in zip(after, before, strict=True) if a != b] == [after[1]]


def test_a_multipart_keeps_its_frame_and_files() -> None:
    out, outcome = run([MULTIPART], "multipart/form-data; boundary=XyZ", ())
    assert bytes(range(256)) in out and out.count(b"--XyZ") == 4
    assert len(outcome.verdicts) == 4  # frame, fields, JSON, file


def test_the_first_event_leaves_before_the_last_is_in() -> None:
    gate = BodyGate(INSPECTOR, content_type="text/event-stream")
    assert gate.feed(b"data: one\n\ndata: tw") == b"data: one\n\n"
    assert gate.feed(b"o\n\n:") == b"data: two\n\n"
    assert gate.finish() == b":"


def test_after_a_blocked_record_nothing_leaves() -> None:
    gate = BodyGate(INSPECTOR, content_type="application/x-ndjson")
    assert gate.feed(CLEAN + b"\n" + HIDDEN + b"\n" + CLEAN + b"\n") == CLEAN + b"\n"
    assert gate.outcome.blocked
    assert gate.feed(CLEAN + b"\n") == b"" and gate.finish() == b""


@pytest.mark.parametrize("cut", [5, 12, 20, 30])
@pytest.mark.parametrize("shape", ["json", "text"])
def test_a_secret_across_two_events(cut: int, shape: str) -> None:
    def event(text: str) -> bytes:
        data = json.dumps({"choices": [{"delta": {"content": text}}]}) if shape == "json" else text
        return f"data: {data}\n\n".encode()

    out, outcome = run([event("it is "), event(TOKEN[:cut]), event(TOKEN[cut:] + " .")], "text/event-stream", ())
    assert outcome.blocked and "across two events" in outcome.why
    assert TOKEN[cut:].encode() not in out


# --- what cannot be inspected: the policy decides on it as on incomplete inspections --------------------------------

LENIENT = dlpcore.Inspector(
    policy=type(BALANCED)("lenient", BALANCED.rules, incomplete=dlpcore.Action.FLAG),
    limits=dlpcore.Limits(max_bytes=4096, deadline=None),
)
STRICT = dlpcore.Inspector(limits=dlpcore.Limits(max_bytes=4096, deadline=None))
BAD = [
    ("over the limit", "application/json", (), b'["' + b"x" * 5000 + b'"]', Trouble.TOO_LARGE),
    ("a bomb", "application/json", ("gzip",), gzip.compress(b" " * 1_000_000 + b"1", mtime=0), Trouble.TOO_LARGE),
    ("a bomb in br", "application/json", ("br",), brotli.compress(b" " * 1_000_000 + b"1"), Trouble.TOO_LARGE),
    ("a bomb in zstd", "application/json", ("zstd",), zstandard.compress(b" " * 9_000_000 + b"1"), Trouble.TOO_LARGE),
    ("unknown coding", "application/json", ("compress",), CLEAN, Trouble.UNDECODABLE),
    ("too many codings", "application/json", ("gzip",) * 5, CLEAN, Trouble.UNDECODABLE),
    ("no such charset", "application/json; charset=x-none", (), CLEAN, Trouble.UNDECODABLE),
    ("a codec of bytes", "application/json; charset=base64", (), CLEAN, Trouble.UNDECODABLE),
    ("not of its charset", "text/plain; charset=shift_jis", (), b"\x81", Trouble.UNDECODABLE),
    ("damaged", "application/json", ("gzip",), gzip.compress(CLEAN, mtime=0)[:-9] + b"123456789", Trouble.UNDECODABLE),
    ("cut short", "application/json", ("gzip",), gzip.compress(CLEAN, mtime=0)[:-3], Trouble.UNDECODABLE),
    ("cut short br", "application/json", ("br",), brotli.compress(CLEAN)[:-1], Trouble.UNDECODABLE),
    ("cut short zstd", "application/json", ("zstd",), zstandard.compress(CLEAN)[:-1], Trouble.UNDECODABLE),
    ("something behind", "application/json", ("deflate",), zlib.compress(CLEAN) + CLEAN, Trouble.UNDECODABLE),
    ("no boundary", "multipart/form-data", (), MULTIPART, Trouble.UNDECODABLE),
    ("no end", "multipart/form-data; boundary=XyZ", (), MULTIPART[:-6], Trouble.UNDECODABLE),
    ("no headers", "multipart/form-data; boundary=XyZ", (), b"--XyZ\r\n--XyZ--\r\n", Trouble.UNDECODABLE),
    ("a part in base64", "multipart/form-data; boundary=XyZ", (),
     part('Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64', b"AAAA") + b"--XyZ--",
     Trouble.UNDECODABLE),
    ("a long line", "text/event-stream", (), b"data: a\n\ndata: " + b"x" * 10_000 + b"\n\ndata: z\n\n",
     Trouble.TOO_LARGE),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content_type", "names", "body", "trouble"), BAD, ids=[c[0] for c in BAD])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_what_cannot_be_inspected(
    name: str, content_type: str, names: tuple[str, ...], body: bytes, trouble: Trouble, size: int
) -> None:
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    out, outcome = run(pieces, content_type, names, inspector=STRICT)
    assert (outcome.blocked, outcome.trouble, outcome.action) == (True, trouble, "block")
    assert out in (b"", b"data: a\n\n")
    out, outcome = run(pieces, content_type, names, inspector=LENIENT)
    assert (outcome.blocked, outcome.trouble) == (False, trouble)
    assert out == body


def test_after_a_record_that_is_too_long_the_next_is_inspected() -> None:
    body = b'"' + b"x" * 10_000 + b'"\n' + DIRTY + b"\n"
    for size in (1, 100, 1 << 20):
        pieces = [body[i : i + size] for i in range(0, len(body), size)]
        out, outcome = run(pieces, "application/x-ndjson", (), inspector=LENIENT)
        assert out.startswith(body[:10_000]) and CARD.encode() not in out
        assert outcome.trouble == Trouble.TOO_LARGE


def test_memory_does_not_grow_with_a_stream() -> None:
    gate = BodyGate(INSPECTOR, content_type="application/x-ndjson")
    for _ in range(3000):
        gate.feed(CLEAN + b"\n")
        gate.feed(b'{"mail": "ada@example.org"}\n')
    assert len(gate) == 0 and len(gate.outcome.verdicts) <= 64 and not gate.outcome.blocked


class _Failing:
    """An inspector with a fault: it raises, with a secret in the message."""

    def __init__(self, inner: dlpcore.Inspector) -> None:
        self.policy, self.limits = inner.policy, inner.limits

    def inspect(self, *_: object, **__: object) -> dlpcore.Verdict:
        raise RuntimeError(TOKEN)


@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson", "text/event-stream"])
def test_an_inspector_that_raises(content_type: str, caplog: pytest.LogCaptureFixture) -> None:
    body = b"data: {}\n\n" if "event" in content_type else CLEAN + b"\n"
    out, outcome = run([body], content_type, (), inspector=_Failing(STRICT))
    assert (out, outcome.blocked, outcome.trouble) == (b"", True, Trouble.FAILED)
    out, outcome = run([body], content_type, (), inspector=_Failing(LENIENT))
    assert (out, outcome.blocked, outcome.trouble) == (body, False, Trouble.FAILED)
    assert TOKEN not in caplog.text + outcome.why and "RuntimeError" in caplog.text


def test_codings_are_read_from_all_fields() -> None:
    assert codings(["gzip, X-GZIP", "identity", "br"]) == ("gzip", "gzip", "br")
    assert codings([]) == ()


@given(st.binary(max_size=3000), st.lists(st.integers(1, 600), max_size=10))
def test_decoders_give_back_what_was_coded(data: bytes, sizes: list[int]) -> None:
    coded = brotli.compress(zstandard.compress(gzip.compress(zlib.compress(data), mtime=0)))
    decoder = Decoder(("deflate", "gzip", "zstd", "br"), None)
    out = b""
    for size in [*sizes, len(coded)]:
        out += decoder.feed(coded[:size])
        coded = coded[size:]
    decoder.finish()
    assert out == data


@given(st.binary(max_size=400), st.sampled_from(["gzip", "deflate", "br", "zstd"]))
def test_decoders_refuse_what_is_nothing(data: bytes, name: str) -> None:
    decoder = Decoder((name,), 1 << 20)
    try:
        decoder.feed(data)
        decoder.finish()
    except Undecodable as error:
        assert error.why
