"""Records of NDJSON: cut where an obvious definition cuts them, and scanned as each would be by itself."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import dlpcore
from dlpcore import _native
from dlpcore.model import Recognized

INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))
PIECES = [b"{}", b'{"card":"4111 1111 1111 1111"}', b"[1,]", b'{"id":7}', b"\n", b"\n", b"\r\n", b" ", b"\t", b"\x00"]
logs = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)


def obvious(data: bytes) -> list[bytes]:
    """A line and the blank lines behind it; blank lines at the head are the first record's."""
    found: list[bytes] = []
    for line in io.BytesIO(data):
        if found and not (line.strip(b" \t\r\n") and found[-1].strip(b" \t\r\n")):
            found[-1] += line
        else:
            found.append(line)
    return found


@given(logs)
def test_records_are_cut_where_lines_are(data: bytes) -> None:
    records = _native.records(data)
    assert [data[r.start : r.end] for r in records] == obvious(data)
    assert all(r.feeds == data.count(b"\n", 0, r.start) and r.said for r in records)


@given(logs, st.booleans())
def test_each_record_has_the_verdict_that_it_has_alone(data: bytes, every: bool) -> None:
    count, told = INSPECTOR.inspect_records(data, every=every)
    alone = [INSPECTOR.inspect(record) for record in obvious(data)]
    said = {span: verdict for span, _, verdict in told}
    assert count == len(alone)
    for record, verdict in zip(_native.records(data), alone, strict=True):
        got = said.get((record.start, record.end))
        assert (got or dlpcore.Verdict()) == verdict
        assert got is not None or not every


def test_more_records_than_one_call_writes_out() -> None:
    data = b'{"a":1}\n' * 5000 + b"[1,]\n" * 5000
    count, told = INSPECTOR.inspect_records(data)
    listed = list(told)
    assert (count, len(listed)) == (10_000, 5000)
    assert [feeds for _, feeds, _ in listed] == list(range(5000, 10_000))
    assert all(data[start:end] == b"[1,]\n" for (start, end), _, _ in listed)


def test_a_record_over_the_limit_is_never_clean() -> None:
    inspector = dlpcore.Inspector(limits=dlpcore.Limits(max_bytes=20))
    count, told = inspector.inspect_records(b'{"a":1}\n{"a":"' + b"x" * 20 + b'"}\n')
    ((_, feeds, verdict),) = told
    assert (count, feeds, verdict.complete) == (2, 1, False)


def test_what_looks_at_every_payload_looks_at_every_record() -> None:
    seen: list[str] = []

    class Seen:
        name = "seen"

        def recognize(self, text: str, path: tuple[str, ...]) -> Iterable[Recognized]:
            seen.append(text)
            return ()

    inspector = dlpcore.Inspector(recognizers=[Seen()])
    count, told = inspector.inspect_records(b'{"a":"b"}\n{"a":"c"}\n')
    assert count == len(list(told)) == 2
    assert {"b", "c"} <= set(seen)


def at(document: Any, path: list[str]) -> list[Any]:
    """The slow way to a member, of a document whose keys are not repeated."""
    for step in path:
        if isinstance(document, dict) and step in document:
            document = document[step]
        elif isinstance(document, list) and step.isdigit() and str(int(step)) == step and int(step) < len(document):
            document = document[int(step)]
        else:
            return []
    return [document]


names = st.sampled_from(["a", "b", "", "0", "1", 'q"', "é", "\\"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@given(values, st.lists(st.lists(names, max_size=3), min_size=1, max_size=5), st.booleans(), st.sampled_from([None, 1]))
def test_members_are_where_their_paths_lead(
    document: Any, paths: list[list[str]], ascii_only: bool, indent: int | None
) -> None:
    data = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode()
    found = _native.Paths([[step.encode() for step in path] for path in paths]).members(data)
    for number, path in enumerate(paths):
        assert [json.loads(data[start:end]) for index, start, end in found if index == number] == at(document, path)


def test_a_repeated_key_is_found_each_time() -> None:
    data = b'{"body":{"a":1},"body":"x","BODY":3,"\\u0062ody":[{}]}'
    found = _native.Paths([[b"body"]]).members(data)
    assert [data[start:end] for _, start, end in found] == [b'{"a":1}', b'"x"', b"[{}]"]
