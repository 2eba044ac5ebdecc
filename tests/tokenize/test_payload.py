"""Tokens in payloads: back byte for byte, whatever stands around them, and nothing half done."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlpcore import Context, Inspector, Limits, ParseError, TokenError
from dlpcore.tokenize import Format, Keyring, Scheme, Sealed, SQLiteVault, Tokenizer, anyone, by_role
from tests.embedders import whitespace

RING = Keyring({"k1": bytes(range(32))}, "k1")
INSPECTOR = Inspector(key=b"k" * 32, limits=Limits(deadline=None))
SEALED: dict[str, Scheme] = {
    name: Sealed() for name in ("credit_card", "us_ssn", "email", "iban", "phone", "us_itin", "aws_access_key_id")
}
TOKENIZER = Tokenizer(
    RING, tenant="acme", schemes=SEALED, vault=SQLiteVault(Path(tempfile.mkdtemp()) / "v"), may_open=anyone
)

CARD = "4111111111111111"
#: What findings, tokens and escapes are made of; every order of them must come back.
PARTS = (
    CARD, "4111 1111 1111 1111", "078-05-1120", "ssn 219-09-9999", "bob@corp-mail.example", "DE89370400440532013000",
    "tok_", "tok_k1_", "tok_k1_a_4_AAAA", "tokv_k1_us-ssn_22_AAAAAAAAAAAAAAAAAAAAAA", "tokp_k1_a_4_", "_", "4_", "12_",
    "-", "\\", "\t", "\"", "é", "\u200b", "😀", " ", "x", "card ", "tok_ab_cd_1",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PARTS), max_size=6).map("".join)
NUMBERS = st.sampled_from([CARD, "-1", "1.5e3", "4.111111111111111e15", "0", "78051120"])


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    """JSON with values that are found, text that looks like tokens, escapes, and odd white space."""
    members = []
    for _ in range(draw(st.integers(0, 5))):
        key = draw(st.sampled_from(["card", "ssn", "note", "a", CARD, "tok_k1_a_4_"]))
        if draw(st.booleans()):
            value = draw(NUMBERS)
        else:
            value = json.dumps(draw(TEXTS), ensure_ascii=draw(st.booleans()))
            if draw(st.booleans()):
                value = value.replace("4", "\\u0034")
        members.append(f'"{key}{len(members)}":{draw(st.sampled_from(["", " "]))}{value}')
    return ("{" + ",".join(members) + "}").encode()


@given(payloads())
def test_what_was_tokenized_comes_back_byte_for_byte(payload: bytes) -> None:
    tokens = INSPECTOR.tokenize(payload, TOKENIZER)
    json.loads(tokens)
    assert INSPECTOR.detokenize(tokens, TOKENIZER) == payload
    again = INSPECTOR.tokenize(tokens, TOKENIZER)  # what is a token already stays, whatever is found around it
    assert INSPECTOR.detokenize(again, TOKENIZER) == payload


@given(payloads())
def test_and_after_another_serializer(payload: bytes) -> None:
    again = json.dumps(json.loads(INSPECTOR.tokenize(payload, TOKENIZER)), indent=1).encode()
    assert json.loads(INSPECTOR.detokenize(again, TOKENIZER)) == json.loads(payload)


@pytest.mark.parametrize(
    "payload",
    [
        '{"card":["4111","1111","1111","1111"]}',
        '{"card":[4,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}',
        '{"4111111111111111":1,"b":2}',
        '{"x":"eyJjYXJkIjoiNDExMTExMTExMTExMTExMSJ9"}',
        '{"json":"{\\"card\\":\\"4111111111111111\\"}"}',
        '{"card":4.111111111111111e15}',
        '{"card":"4111\\u200b1111\\u200b1111\\u200b1111"}',
        '"4111111111111111"',
        '\ufeff{"card" : "4111111111111111"}\r\n',
    ],
)
def test_wherever_a_value_lies(payload: str) -> None:
    data = payload.encode()
    tokens = INSPECTOR.tokenize(data, TOKENIZER)
    assert tokens != data and b"4111" not in tokens
    assert INSPECTOR.detokenize(tokens, TOKENIZER) == data


def test_a_token_stays() -> None:
    tokens = INSPECTOR.tokenize(b'{"card":"4111111111111111","n":[{"ssn":"078-05-1120"}]}', TOKENIZER)
    assert INSPECTOR.tokenize(tokens, TOKENIZER) == tokens


def test_pieces_of_a_value_are_not_found_by_trying() -> None:
    tokens = json.loads(INSPECTOR.tokenize(b'{"card":["4111","1111","1111","1111"]}', TOKENIZER))["card"]
    assert len(set(tokens)) == 4


def test_everything_else_is_untouched() -> None:
    payload = b'{ "n": 1.50,\t"card":"4111111111111111" , "e":"\\u00e9" }\n'
    tokens = INSPECTOR.tokenize(payload, TOKENIZER)
    head, tail = payload.split(b"4111111111111111")
    assert tokens.startswith(head + b"tok_k1_credit-card_") and tokens.endswith(tail)


def test_a_number_is_a_string_meanwhile_and_stays_a_number_in_its_format() -> None:
    payload = b'{"card_number": 4111111111111111}'
    assert isinstance(json.loads(INSPECTOR.tokenize(payload, TOKENIZER))["card_number"], str)
    kept = Tokenizer(RING, schemes={"credit_card": Format.card()}, may_open=anyone)
    tokens = INSPECTOR.tokenize(payload, kept)
    number = json.loads(tokens)["card_number"]
    assert isinstance(number, int) and str(number)[:6] == "411111" and number != 4111111111111111
    assert INSPECTOR.detokenize(tokens, kept, fields={"card_number": "credit_card"}) == payload


def test_formats_are_for_fields() -> None:
    kept = Tokenizer(RING, schemes={"credit_card": Format.card()}, may_open=anyone)
    payload = b'{"card":"4111 1111 1111 1111","note":"paid by 4111 1111 1111 1111 today"}'
    tokens = json.loads(INSPECTOR.tokenize(payload, kept))
    assert len(tokens["card"]) == 19 and "tok_k1_credit-card_" in tokens["note"]
    again = json.dumps(tokens, separators=(",", ":")).encode()
    assert INSPECTOR.detokenize(again, kept, fields={"card": "credit_card"}) == payload
    with pytest.raises(TokenError, match="no format"):
        INSPECTOR.detokenize(again, kept, fields={"card": "email"})


def test_what_reads_as_a_token_only_without_its_escapes_is_no_token_later() -> None:
    payload = b'{"a":"x\\u0074ok_k1_a_4_AAAA"}'
    again = json.dumps(json.loads(INSPECTOR.tokenize(payload, TOKENIZER))).encode()
    assert json.loads(INSPECTOR.detokenize(again, TOKENIZER)) == json.loads(payload)


def test_what_does_not_open_is_an_error_or_kept() -> None:
    payload = b'{"a":"tok_k1_credit-card_30_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}'
    with pytest.raises(TokenError):
        INSPECTOR.detokenize(payload, TOKENIZER)
    assert INSPECTOR.detokenize(payload, TOKENIZER, unknown="keep") == payload
    with pytest.raises(TokenError, match="keep"):
        INSPECTOR.detokenize(payload, TOKENIZER, unknown="drop")


def test_one_refusal_refuses_all() -> None:
    tokenizer = Tokenizer(RING, schemes=SEALED, may_open=by_role({"credit_card": {"clerk"}, "us_ssn": {"officer"}}))
    tokens = INSPECTOR.tokenize(b'{"card":"4111111111111111","ssn":"078-05-1120"}', tokenizer)
    with pytest.raises(TokenError, match="may not see"):
        INSPECTOR.detokenize(tokens, tokenizer, context=Context(roles=("clerk",)))
    assert b"078-05" in INSPECTOR.detokenize(tokens, tokenizer, context=Context(roles=("clerk", "officer")))


def test_what_a_covert_channel_carries_has_no_token() -> None:
    payload = whitespace.dolus(b'{"a":1}', b"card=4111111111111111;exp=12/29")
    with pytest.raises(TokenError, match="sanitize"):
        INSPECTOR.tokenize(payload, TOKENIZER)


@pytest.mark.parametrize("payload", [b'{"card":"4111111111111111"', b"", b"card 4111111111111111"])
def test_what_is_not_json_is_refused(payload: bytes) -> None:
    with pytest.raises(ParseError):
        INSPECTOR.tokenize(payload, TOKENIZER)
    with pytest.raises(ParseError):
        INSPECTOR.detokenize(payload, TOKENIZER)


def test_a_clean_payload_costs_neither_vault_nor_audit() -> None:
    def never(*_: object) -> None:
        raise AssertionError

    tokenizer = Tokenizer(RING, may_open=anyone, limit=never, audit=never)
    assert INSPECTOR.tokenize(b'{"a":1}', tokenizer) == b'{"a":1}'
    assert INSPECTOR.detokenize(b'{"a":1}', tokenizer) == b'{"a":1}'


def test_planted_tokens_cost_one_question_to_the_vault(tmp_path: Path) -> None:
    asked: list[int] = []

    class Counting(SQLiteVault):
        def fetch(self, names: Sequence[bytes]) -> list[bytes | None]:
            asked.append(len(names))
            return super().fetch(names)

    tokenizer = Tokenizer(RING, vault=Counting(tmp_path / "v"), may_open=anyone)
    planted = json.dumps([f"tokv_k1_us-ssn_22_{n:021d}A" for n in range(100, 1100)]).encode()
    tokens = INSPECTOR.tokenize(planted, tokenizer)
    assert asked == [1000] and b"tok_k1_literal_" in tokens
    assert INSPECTOR.detokenize(tokens, tokenizer) == planted
