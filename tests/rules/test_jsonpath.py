"""JSONPath by the place of a member says what an implementation of RFC 9535 says by evaluating it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlpcore.rules.jsonpath import JSONPath

oracle = pytest.importorskip("jsonpath_rfc9535")

NAMES = ["a", "b", "é", "a b", "'", "0", ""]


def _places(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield place
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in members:
        yield from _places(inner, (*place, step))


DOCUMENTS = st.recursive(
    st.integers(0, 3),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)),
    max_leaves=10,
)
SELECTORS = st.one_of(
    st.sampled_from(NAMES).map(json.dumps),
    st.sampled_from(["'\\''", "'a b'", "'\\u0061'", '"\\u00e9"']),
    st.integers(0, 3).map(str),
    st.just("*"),
)
BRACKETS = st.lists(SELECTORS, min_size=1, max_size=2).map(lambda parts: f"[{' , '.join(parts)}]")
SEGMENTS = st.one_of(
    BRACKETS, BRACKETS.map("..{}".format), st.sampled_from([".a", ".b", ".é", ".*", "..a", "..*", "..é"])
)
PATHS = st.lists(SEGMENTS, max_size=4).map(lambda parts: "$" + "".join(parts))


@settings(max_examples=400)
@given(DOCUMENTS, PATHS)
def test_the_oracle_says_the_same(document: Any, text: str) -> None:
    path = JSONPath.parse(text)
    wanted = {tuple(node.location) for node in oracle.find(text, document)}
    assert {place for place in _places(document) if path.matches(place)} == wanted
    below = {place for place in _places(document) if any(place[: len(each)] == each for each in wanted)}
    assert {place for place in _places(document) if path.matches(place, within=True)} == below


@given(DOCUMENTS, PATHS)
def test_a_name_that_is_needed_is_there(document: Any, text: str) -> None:
    path = JSONPath.parse(text)
    for place in _places(document):
        if path.names and path.matches(place):
            assert not set(path.names).isdisjoint(place)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "begins with"),
        ("a.b", "begins with"),
        ("$.", "expected a name"),
        ("$.a b", "expected . or"),
        ("$ ", "white space"),
        ("$[", "expected a name in quotes"),
        ("$['a", "not closed"),
        ("$['a\\q']", "no such escape"),
        ("$['\\ud800']", "no such escape"),
        ("$['a\\", "no such escape"),
        ("$[-1]", "from the end"),
        ("$[0:2]", "slices"),
        ("$[?@.a]", "filters"),
        ("$[01]", "expected , or"),
        ("$[9007199254740992]", "too large"),
    ],
)
def test_what_is_no_path_has_a_position(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"{says}.* at character [0-9]+"):
        JSONPath.parse(text)


@given(st.text("$.['\"]*a0\\u,- ", max_size=12))
def test_nothing_else_is_raised(text: str) -> None:
    with contextlib.suppress(ValueError):
        JSONPath.parse(text)
