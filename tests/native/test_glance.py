"""One glance at a text, and strings that came before, change nothing: every record is that of a look in full."""

from __future__ import annotations

import base64
import codecs
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import dlpcore
from dlpcore import _native
from dlpcore.rules import builtin

PREFILTER = dlpcore.Inspector()._engine.anchors.prefilter
TEXTS = [
    e.data.decode("utf-8", "replace")
    for rule in builtin().rules
    for e in (*rule.examples, *rule.negatives)
    if e.form == "text" and len(e.data) < 2000
]
KEYS = ["id", "name", "token", "value", "url", "card", "account", "password", "x1", "code", "sha", "createdAt"]
DULL = [
    "https://api.example.com/repos/octocat/hello-world/git/refs{/sha}",
    "https://avatars1.example.com/u/21031067?v=4",
    "2019-05-15T15:20:18Z",
    "MDQ6VXNlcjIxMDMxMDY3",
    "ec26c3e57ca3a959ca5aad62de7213c562f8c821",
    "A title in plain words",
    "octocat/hello-world",
    "",
    "User",
]


def turned(text: str) -> st.SearchStrategy[str]:
    at = st.integers(0, len(text))
    return st.one_of(
        st.just(text),
        st.just(text[::-1]),
        st.just(codecs.encode(text, "rot13")),
        at.map(lambda i: text[:i]),
        at.map(lambda i: text[i:]),
        st.tuples(at, st.sampled_from("aZ0 _-.=:/@%&+é")).map(lambda x: text[: x[0]] + x[1] + text[x[0] :]),
        st.sampled_from(["x ", "a", "see ", "id=", "https://a.b/", "é", "  "]).map(lambda before: before + text),
    )


digits = st.text("0123456789abcdef", max_size=70)
coded = st.binary(max_size=40).flatmap(
    lambda data: st.sampled_from(
        [data.hex(), base64.b64encode(data).decode(), base64.b32encode(data).decode().lower(), data.hex("-", 4)]
    )
)
numbers = st.text("0123456789 -.+()", max_size=30)
strings = st.one_of(
    st.sampled_from(TEXTS).flatmap(turned),
    st.sampled_from(DULL),
    st.text(max_size=140),
    digits,
    coded,
    coded.map(lambda text: text[::-1]),
    numbers,
    st.uuids().map(str),
)
values: st.SearchStrategy[Any] = st.one_of(strings, st.lists(strings, max_size=3), st.integers(), st.none())
documents = st.lists(st.dictionaries(st.sampled_from(KEYS), values, max_size=6), min_size=1, max_size=3)


@given(documents, st.booleans(), st.sampled_from([None, 2]))
def test_a_look_in_full_says_the_same(document: list[dict[str, Any]], ascii_only: bool, indent: int | None) -> None:
    payload = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    thorough = PREFILTER.scan(payload, _native.O_THOROUGH)
    for _ in range(2):  # what came before is known the second time
        scan = PREFILTER.scan(payload)
        assert (scan is None) == (thorough is None)
        if scan and thorough:
            assert scan.census == thorough.census
            assert scan.tokens == thorough.tokens
            assert set(scan.hits) == set(thorough.hits)


@given(st.text("aB3/+-_.:=@ ", min_size=1, max_size=200))
def test_of_any_length(text: str) -> None:
    payload = json.dumps([text]).encode()
    scan, thorough = PREFILTER.scan(payload), PREFILTER.scan(payload, _native.O_THOROUGH)
    assert (scan and (scan.tokens, set(scan.hits), scan.census)) == (
        thorough and (thorough.tokens, set(thorough.hits), thorough.census)
    )
