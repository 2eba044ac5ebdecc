"""The text of tokens: written, found again in any string, and never by accident."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from dlpcore.tokenize.grammar import PSEUDONYM, SEALED, VAULT, canonical_entity, find, parse, write

KIDS = st.from_regex(r"[a-z][a-z0-9]{0,15}", fullmatch=True)
ENTITIES = st.text(max_size=80).map(canonical_entity)
PREFIXES = st.sampled_from([SEALED, VAULT, PSEUDONYM])
#: Text that is a token, part of one, or stands where it could be mistaken for one.
PARTS = st.lists(st.sampled_from(["tok", "v", "p", "_", "k1", "a", "-", "12", "4", "tok_k1_a_4_", "x"]), max_size=8)


@given(PREFIXES, KIDS, ENTITIES, st.binary(min_size=1, max_size=200))
def test_what_is_written_is_read(prefix: str, kid: str, entity: str, body: bytes) -> None:
    token = parse(write(prefix, kid, entity, body))
    assert token is not None
    assert (token.prefix, token.kid, token.entity, token.body) == (prefix, kid, entity, body)


@given(PARTS.map("".join), PREFIXES, KIDS, st.binary(min_size=1, max_size=40), PARTS.map("".join))
def test_text_around_a_token_changes_nothing(before: str, prefix: str, kid: str, body: bytes, after: str) -> None:
    before = before.replace("tok_k1_a_4_", "")
    if any(True for _ in find(before.encode())):
        return  # a head of its own: the payload has it sealed first
    text = write(prefix, kid, "credit_card", body)
    payload = before.encode() + text + after.encode()
    token = next(iter(find(payload)))
    assert payload[token.start : token.end] == text and token.body == body


def test_an_escape_is_no_token() -> None:
    assert [t.start for t in find(rb'"\tok_k1_a_4_AAAA"')] == []
    assert [t.start for t in find(rb'"\\tok_k1_a_4_AAAA"')] == [3]


def test_a_broken_token_is_its_head() -> None:
    token = write(SEALED, "k1", "us_ssn", b"x" * 20)
    for cut in (token[:-1], token[:-1] + b"!"):
        assert parse(cut) is None
        (found,) = find(cut)
        assert found.body is None and cut[: found.end] == b"tok_k1_us-ssn_27_"
    assert list(find(b"tok_k1_us-ssn_0_")) == []


def test_only_one_writing_of_a_body_is_read() -> None:
    assert parse(b"tok_k1_a_2_AB") is None  # one byte, its unused bits not zero
    assert parse(b"tok_k1_a_5_AAAAA") is None


@given(ENTITIES)
def test_names_of_entities(entity: str) -> None:
    assert canonical_entity(entity) == entity
    assert json.dumps(entity) == f'"{entity}"'
