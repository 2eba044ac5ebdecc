"""The native scan against the oracle, against other parsers, and on the conformance files."""

from __future__ import annotations

import json
import math
import os
import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dlpcore import _native
from dlpcore._native import GAP_CLASSES, O_GAPS, O_NO_PREFILTER, O_TOKENS, Prefilter, Scan
from dlpcore.sanitize import GRAMMAR_SAFE
from tests.oracle import Parse, Refused, parse

SCAN = Prefilter(max_errors=100_000, max_candidates=1_000_000)
ALL = O_GAPS | O_TOKENS | O_NO_PREFILTER
FOLDER = Path(os.environ.get("DLPCORE_CORPORA") or Path(__file__).parents[2] / "../shared/corpora") / "conformance"

# --- random documents ---------------------------------------------------------------------------------------------

WHITE = st.text(" \t\r\n", max_size=3)
LETTERS = st.one_of(
    st.sampled_from(["a", "b", "é", "€", "😀", "\u2028", "\x7f", " ", "/", "~", "'", "0", ":", ",", "{", "]"]),
    st.sampled_from(
        ['\\"', "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0041", "\\u00e9", "\\u005c", "\\u0022"]
    ),
    st.sampled_from(["\\ud83d\\ude00", "\\uD83D\\uDE00", "\\ud800", "\\udc00", "\\uD800\\uD800\\uDC00", "\\u0000"]),
    st.text("abc 0123", max_size=20),
)
STRING = st.lists(LETTERS, max_size=6).map(lambda parts: f'"{"".join(parts)}"')
NUMBER = st.from_regex(r"-?(?:0|[1-9][0-9]{0,20})(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?", fullmatch=True)
SCALAR = st.one_of(STRING, NUMBER, st.sampled_from(["true", "false", "null"]))


def _join(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def wrap(parts: list[str], white: list[str], brackets: str) -> str:
        if not parts:
            return brackets[0] + white[0] + brackets[1]
        body = ",".join(white[i % len(white)] + part + white[(i + 1) % len(white)] for i, part in enumerate(parts))
        return brackets[0] + body + brackets[1]

    spaces = st.lists(WHITE, min_size=1, max_size=4)
    member = st.tuples(STRING, WHITE, WHITE, children).map(lambda m: f"{m[0]}{m[1]}:{m[2]}{m[3]}")
    return st.one_of(
        st.builds(wrap, st.lists(children, max_size=4), spaces, st.just("[]")),
        st.builds(wrap, st.lists(member, max_size=4), spaces, st.just("{}")),
    )


VALUE = st.recursive(SCALAR, _join, max_leaves=12)
DOCUMENT = st.tuples(WHITE, VALUE, WHITE).map("".join).map(str.encode)
INSERTED = st.one_of(
    st.binary(min_size=1, max_size=3),
    st.sampled_from([bytes((byte,)) for byte in b"{}[],:\"\\0-+.eE/'n \x00\n"]),
    st.sampled_from([b"NaN", b"/*", b"//", b"tru", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"]),
)


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A document with some bytes taken out, put in, or cut off."""
    data = draw(DOCUMENT)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.one_of(st.just(b""), INSERTED)) + data[at + draw(st.integers(0, 3)) :]
    return data if draw(st.booleans()) else data[: draw(st.integers(0, len(data)))]


# --- against the oracle -------------------------------------------------------------------------------------------


def scanned(data: bytes, options: int = ALL) -> Scan:
    scan = SCAN.scan(data, options)
    assert scan is not None, "with all gaps there is always something to say"
    return scan


def grammar_errors(scan: Scan) -> list[_native.ScanError]:
    return sorted((e for e in scan.errors if e.code not in GRAMMAR_SAFE), key=lambda e: e.offset)


#: An error that is reported where its token starts; the oracle stops at the byte that breaks it.
AT_TOKEN_START = {
    "invalid-number": rb"[-+.0-9A-Za-z_]*",
    "non-finite": rb"[-+A-Za-z]*",
    "invalid-literal": rb"[0-9A-Za-z_$\x80-\xff]*",
    "invalid-escape": rb"\\u?[0-9A-Fa-f]{0,3}",
    "unterminated-string": rb'".*',
    "empty": rb"(?:\xef\xbb\xbf)?[ \t\r\n]*",
    "not-utf8": rb".*",
}


def check_refused(data: bytes, scan: Scan, offset: int) -> None:
    errors = grammar_errors(scan)
    assert errors, f"accepted, though byte {offset} cannot stand there"
    first = errors[0]
    if first.offset != offset:
        assert first.offset < offset, (first, offset)
        between = AT_TOKEN_START.get(first.code)
        assert between is not None, (first, offset)
        assert re.fullmatch(between, data[first.offset : offset], re.S), (first, offset)


def check_accepted(data: bytes, scan: Scan, read: Parse) -> None:
    assert not grammar_errors(scan)
    assert [(t.start, t.end, t.kind) for t in scan.tokens] == [(t.start, t.end, t.kind) for t in read.tokens]
    assert [t.keys for t in scan.tokens] == [t.keys[:4] for t in read.tokens]
    said = [(g.start, g.start + g.length, GAP_CLASSES[g.klass]) for g in scan.gaps]
    # An empty gap before or behind the document is told by lead_end and tail_start.
    ends = ("lead", "tail")
    assert [g for g in said if g[2] not in ends or g[0] < g[1]] == [
        g for g in sorted(read.gaps, key=lambda g: g[1]) if g[2] not in ends or g[0] < g[1]
    ]
    assert scan.max_depth == read.max_depth
    assert scan.tail_start == read.gaps[-1][0]
    lead = next(g for g in read.gaps if g[2] == "lead")
    assert scan.lead_end == (lead[1] if lead[1] > lead[0] else 0)
    by_code: dict[str, set[Any]] = {}
    for error in scan.errors:
        value = (error.offset, error.length) if error.code == "duplicate-key" else error.offset
        by_code.setdefault(error.code, set()).add(value)
    assert by_code.get("duplicate-key", set()) == set(read.duplicates)
    assert by_code.get("lone-surrogate", set()) == set(read.lone)
    assert ("byte-order-mark" in by_code) == data.startswith(b"\xef\xbb\xbf")
    assert scan.strings == sum(t.kind != "number" for t in read.tokens)
    assert scan.numbers == sum(t.kind == "number" for t in read.tokens)


def check(data: bytes) -> Parse | None:
    scan = scanned(data)
    for error in scan.errors:
        assert 0 <= error.offset <= len(data)
    try:
        read = parse(data)
    except Refused as refused:
        check_refused(data, scan, refused.offset)
        return None
    if any(error.code == "not-utf8" for error in scan.errors):
        # four bytes that are both a JSON text's and UTF-16's: a byte and NUL, which JSON never has
        raise AssertionError("a JSON text was taken for UTF-16")
    check_accepted(data, scan, read)
    return read


@given(DOCUMENT)
@settings(max_examples=150, deadline=None)
def test_documents(data: bytes) -> None:
    assert check(data) is not None


@given(broken())
@settings(max_examples=300, deadline=None)
@example(b"")
@example(b" \n")
@example(b"\x00")
@example(b"[1}")
@example(b'{"a":}')
@example(b'"\\u12')
@example(b'"\\')
@example(b"-")
@example(b"[1e+]")
@example(b"\xef\xbb\xbf")
@example(b"\xef\xbb")
@example(b"[1,]")
@example(b"1 2")
@example(b"true1")
@example(b"\xff\xfe[\x00]\x00")
@example(b'"\xed\xa0\x80"')
def test_broken_documents(data: bytes) -> None:
    check(data)


@given(st.binary(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_bytes(data: bytes) -> None:
    check(data)


@given(DOCUMENT)
@settings(max_examples=100, deadline=None)
def test_pointers_of_every_token(data: bytes) -> None:
    read = parse(data)
    offsets = [offset for start, end, _ in read.places for offset in range(start, end)]
    wanted = [path for start, end, path in read.places for _ in range(start, end)]
    assert offsets == sorted(offsets)
    found = _native.pointers(data, offsets)
    shown = [
        tuple(step if isinstance(step, int) else _native.unescape(data[step[0] : step[1]])[0] for step in steps)
        for steps in found
    ]
    assert shown == wanted
    one_by_one = [_native.pointers(data, [offset])[0] for offset in offsets[:20]]
    assert one_by_one == found[:20]


@given(DOCUMENT)
@settings(max_examples=100, deadline=None)
def test_pointers_of_gaps_are_their_containers_or_members(data: bytes) -> None:
    read = parse(data)
    for start, end, name in read.gaps:
        for offset in range(start, end):
            path = _native.pointers(data, [offset])[0]
            before = [place[2] for place in read.places if place[1] <= offset]
            if name in ("lead", "tail"):
                assert path == []
            elif name in ("open", "empty", "before-colon", "after-colon"):
                assert len(path) == len(before[-1])
            else:  # between two members: the container
                following = next(place[2] for place in read.places if place[0] >= end)
                closes = data[end : end + 1] in (b"]", b"}", b",")
                assert len(path) == (len(following) if closes else len(following) - 1)


@given(broken(), st.lists(st.integers(0, 200), max_size=5))
@settings(max_examples=100, deadline=None)
def test_pointers_of_anything_do_not_fail(data: bytes, offsets: list[int]) -> None:
    assert len(_native.pointers(data, sorted(offsets))) == len(offsets)


@given(DOCUMENT)
@settings(max_examples=100, deadline=None)
def test_compact(data: bytes) -> None:
    compact = _native.compact(data)
    again = scanned(compact)
    assert not grammar_errors(again)
    assert not any(gap.length for gap in again.gaps)
    assert not any(again.stream_bits)
    assert _native.compact(compact) == compact
    assert json.loads(compact, object_pairs_hook=tuple) == json.loads(data, object_pairs_hook=tuple)


@given(DOCUMENT, st.integers(0, 3), st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_options_change_what_is_kept_and_nothing_else(data: bytes, some: int, other: int) -> None:
    choices = (0, O_GAPS, O_TOKENS, O_GAPS | _native.O_FULL_GAPS_ONLY)
    first, second = SCAN.scan(data, choices[some]), SCAN.scan(data, choices[other])
    if first is not None and second is not None:
        same = {"tokens": (), "gaps": ()}
        assert first._replace(**same) == second._replace(**same)


def test_nothing_is_said_of_a_clean_document() -> None:
    assert SCAN.scan(b'{"a": [1, 2, {"b": null}], "c": "d"}\n') is None


# --- against other parsers ----------------------------------------------------------------------------------------


def _accepts(data: bytes) -> bool:
    return not grammar_errors(scanned(data))


def _strict_json(data: bytes) -> bool:
    def refuse(name: str) -> None:
        raise ValueError(name)  # NaN, Infinity and -Infinity: json takes them

    try:
        # json also takes UTF-16, UTF-32 and lone surrogates in UTF-8 if given bytes.
        json.loads(data.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError):
        return False
    return True


@given(st.one_of(DOCUMENT, broken()))
@settings(max_examples=200, deadline=None)
def test_accepts_what_json_accepts(data: bytes) -> None:
    # json refuses a byte order mark (it asks for utf-8-sig), the scan reports it as an error of its own
    assume(not data.startswith(b"\xef\xbb\xbf"))
    assert _accepts(data) == _strict_json(data)


@given(st.one_of(DOCUMENT, broken()))
@settings(max_examples=200, deadline=None)
def test_accepts_what_orjson_accepts(data: bytes) -> None:
    scan = scanned(data)
    try:
        orjson.loads(data)
        theirs = True
    except orjson.JSONDecodeError:
        theirs = False
    ours = not grammar_errors(scan)
    if ours == theirs:
        return
    assert ours, "orjson accepts only JSON"
    lone = any(error.code == "lone-surrogate" for error in scan.errors)
    mark = any(error.code == "byte-order-mark" for error in scan.errors)
    overflows = any(math.isinf(float(data[t.start : t.end])) for t in scan.tokens if t.kind == "number")
    assert lone or mark or overflows  # what orjson refuses besides


# --- limits and odd inputs ----------------------------------------------------------------------------------------


def test_deep_nesting() -> None:
    deep = 100_000
    scan = scanned(b"[" * deep + b"]" * deep)
    assert [(error.code, error.offset) for error in scan.errors] == [("depth", 1024)]
    assert scan.max_depth == deep
    assert scan.truncated == ("depth",)
    scan = scanned(b'{"a":' * deep)
    assert {error.code for error in scan.errors} == {"depth", "unexpected-end"}
    assert len(_native.pointers(b'{"a":' * deep + b"1", [5 * deep])[0]) == deep


def test_limits_are_told() -> None:
    few = Prefilter(max_candidates=3, max_errors=2, max_gaps=4, max_depth=2)
    scan = few.scan(b"[1,2,3,4,5,,,,,[[[]]]]", ALL)
    assert scan is not None
    assert set(scan.truncated) == {"candidates", "errors", "gaps", "depth"}
    assert (len(scan.tokens), len(scan.errors), len(scan.gaps)) == (3, 2, 4)
    assert scan.errors_seen > 2


def test_a_scanner_forgets_the_payload_before() -> None:
    open_keys = b'{"a":{"b":{"c":1'
    for _ in range(3):
        assert not any(e.code == "duplicate-key" for e in scanned(open_keys).errors)
        assert not scanned(b'{"a":{"b":{"c":1}}}').errors


def test_many_keys_and_their_duplicates() -> None:
    names = [f'"k{i}"' for i in range(5000)]
    data = ("{" + ",".join(f"{name}:0" for name in [*names, *names[::-1]]) + "}").encode()
    scan = scanned(data)
    assert len([e for e in scan.errors if e.code == "duplicate-key"]) == 5000
    for error in scan.errors:
        own = data[error.offset : data.index(b'"', error.offset)]
        assert data[error.length : error.length + len(own) + 1] == own + b'"'


@pytest.mark.parametrize("first, second", [("a", "\\u0061"), ("/", "\\/"), ("😀", "\\ud83d\\uDE00"), ("", "")])
def test_duplicate_keys_are_compared_decoded(first: str, second: str) -> None:
    scan = scanned(f'{{"{first}":1,"{second}":2}}'.encode())
    assert [e.code for e in scan.errors] == ["duplicate-key"]


def test_equal_keys_of_other_objects_are_no_duplicates() -> None:
    assert not scanned(b'{"a":{"a":{"a":1},"b":{"a":1}},"b":[{"a":1},{"a":1}]}').errors


# --- conformance --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cases() -> list[Path]:
    found = sorted(FOLDER.glob("[yni]_*.json"))
    if not found:
        pytest.skip("no conformance files: set DLPCORE_CORPORA to the folder that holds conformance/ (JSONTestSuite)")
    return found


def test_conformance(cases: list[Path]) -> None:
    wrong = []
    for case in cases:
        data = case.read_bytes()
        errors = grammar_errors(scanned(data))
        if case.name[0] == "y" and errors:
            wrong.append((case.name, errors))
        if case.name[0] == "n" and not errors:
            wrong.append((case.name, []))
        assert all(0 <= error.offset <= len(data) for error in errors)
    assert not wrong


def test_conformance_files_by_the_oracle(cases: list[Path]) -> None:
    for case in cases:
        data = case.read_bytes()
        if data.count(b"[") < 200:  # the oracle recurses
            check(data)


@pytest.mark.slow
def test_keys_beyond_the_limit_are_said() -> None:
    """Four million keys of open objects are compared; of those beyond, a repeated one is not seen, and that is said."""
    limit = 1 << 22
    full = b"{" + b",".join(b'"%x":1' % i for i in range(limit))
    scan = SCAN.scan(full + b"}", O_NO_PREFILTER)
    assert scan is None or "keys" not in scan.truncated
    scan = SCAN.scan(full + b',"over":1,"over":2}', O_NO_PREFILTER)
    assert scan is not None
    assert "keys" in scan.truncated
    assert not scan.errors
