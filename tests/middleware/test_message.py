"""One message through the gate: what may leave, and header fields that fit it."""

from __future__ import annotations

import gzip
import json

import pytest

import dlpcore
from dlpcore.middleware.message import pass_message

CARD = "4111 1111 1111 1111"
CLEAN = '{"id":7,"name":"café"}'.encode()
DIRTY = json.dumps({"id": 7, "card": CARD}).encode()
INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))
JSON = ("Content-Type", "application/json")


def test_a_clean_message_stays_as_it_is() -> None:
    packed = gzip.compress(CLEAN, mtime=0)
    headers = [JSON, ("Content-Encoding", "gzip"), ("ETag", '"1"'), ("Content-Length", str(len(packed)))]
    passed = pass_message(INSPECTOR, packed, headers)
    assert (passed.body, passed.changed, passed.blocked) == (packed, False, False)
    assert passed.headers == [(name.lower(), value) for name, value in headers]


def test_a_changed_message_has_headers_that_fit() -> None:
    headers = [JSON, ("Content-Encoding", "gzip"), ("ETag", '"1"'), ("X-Id", "7")]
    passed = pass_message(INSPECTOR, gzip.compress(DIRTY, mtime=0), headers)
    assert passed.changed and not passed.blocked and passed.verdict.action == dlpcore.Action.REDACT
    assert json.loads(passed.body)["id"] == 7 and CARD.encode() not in passed.body
    length = ("content-length", str(len(passed.body)))
    assert passed.headers == [("content-type", "application/json"), ("x-id", "7"), length]


@pytest.mark.parametrize("body", [CLEAN, DIRTY, b""])
def test_chunks_become_one_piece(body: bytes) -> None:
    passed = pass_message(INSPECTOR, body, [JSON, ("Transfer-Encoding", "chunked")])
    assert passed.headers == [("content-type", "application/json"), ("content-length", str(len(passed.body)))]


def test_without_a_body_no_length_is_made_up() -> None:
    assert pass_message(INSPECTOR, b"", [("X-Id", "7")]).headers == [("x-id", "7")]


def test_a_stream_leaves_without_its_coding() -> None:
    events = b'{"id":1}\n' + DIRTY + b"\n"
    headers = [("content-type", "application/x-ndjson"), ("content-encoding", "gzip")]
    passed = pass_message(INSPECTOR, gzip.compress(events, mtime=0), headers)
    assert passed.changed and passed.body.startswith(b'{"id":1}\n') and CARD.encode() not in passed.body
    assert [name for name, _ in passed.headers] == ["content-type", "content-length"]


def test_what_cannot_be_inspected_is_not_clean() -> None:
    passed = pass_message(INSPECTOR, b"no gzip", [JSON, ("content-encoding", "gzip")])
    assert passed.blocked and not passed.body and not passed.verdict.complete and passed.verdict.skipped
    passed = pass_message(INSPECTOR, CLEAN, [JSON], max_bytes=4)
    assert passed.blocked and not passed.verdict.complete


def test_the_context_has_the_content_type() -> None:
    told: list[dlpcore.Context] = []
    given = dlpcore.Context(user="u", destination="d")
    pass_message(INSPECTOR, DIRTY, [JSON], context=given, on_verdict=lambda _, context: told.append(context))
    assert [(c.user, c.destination, c.content_type) for c in told] == [("u", "d", "application/json")]
