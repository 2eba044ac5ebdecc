"""The tokenizer: which token a value gets, who gets the value back, and what is refused."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given
from hypothesis import strategies as st

from dlpcore import Context, TokenError
from dlpcore.tokenize import (
    Access,
    Bucket,
    DateShift,
    Entry,
    Form,
    Format,
    Keyring,
    Pseudonym,
    RateLimit,
    Scheme,
    Sealed,
    SQLiteVault,
    Tokenizer,
    Value,
    Vaulted,
    anyone,
    by_role,
)

RING = Keyring({"k1": bytes(range(32))}, "k1")
LONG = b"a secret that nobody finds by trying"
SEALED: dict[str, Scheme] = {"us_ssn": Sealed()}


@pytest.mark.parametrize(
    ("key", "ad", "plain", "cipher"),
    [  # RFC 5297 appendix A.1 and A.2
        (
            "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
            ["101112131415161718191a1b1c1d1e1f2021222324252627"],
            "112233445566778899aabbccddee",
            "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c",
        ),
        (
            "7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f",
            [
                "00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100",
                "102030405060708090a0",
                "09f911029d74e35bd84156c5635688c0",
            ],
            "7468697320697320736f6d6520706c61696e7465787420746f20656e6372797074207573696e67205349562d414553",
            "7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17"
            "dba77ceb094fa663b7a3f748ba8af829ea64ad544a272e9c485b62a3fd5c0d",
        ),
    ],
)
def test_aes_siv_has_the_vectors_of_rfc_5297(key: str, ad: Sequence[str], plain: str, cipher: str) -> None:
    siv = AESSIV(bytes.fromhex(key))
    assert siv.encrypt(bytes.fromhex(plain), [bytes.fromhex(a) for a in ad]).hex() == cipher


@given(st.binary(max_size=80), st.binary(max_size=80), st.sampled_from(["a", "b"]), st.sampled_from(["a", "b"]))
def test_equal_values_of_a_tenant_and_entity_alone_have_equal_tokens(x: bytes, y: bytes, t1: str, t2: str) -> None:
    one = Tokenizer(RING, tenant=t1, schemes={"e": Sealed()}, may_open=anyone)
    two = Tokenizer(RING, tenant=t2, schemes={"e": Sealed()})
    assert (one.token(x, "e") == two.token(y, "e")) == (x == y and t1 == t2)
    assert one.open(one.token(x, "e")) == x


def test_entities_differ() -> None:
    tokenizer = Tokenizer(RING, schemes={"a": Sealed(), "b": Sealed()}, may_open=anyone)
    token = tokenizer.token(LONG, "a")
    assert token.rpartition(b"_")[2] != tokenizer.token(LONG, "b").rpartition(b"_")[2]
    with pytest.raises(TokenError):
        tokenizer.open(token.replace(b"_a_", b"_b_"))


def test_keys_rotate() -> None:
    other = os.urandom(32)
    before = Tokenizer(Keyring({"k1": bytes(32)}, "k1"), may_open=anyone)
    after = Tokenizer(Keyring({"k1": bytes(32), "k2": other}, "k2"), may_open=anyone)
    lost = Tokenizer(Keyring({"k2": other}, "k2"), may_open=anyone)
    wrong = Tokenizer(Keyring({"k1": other}, "k1"), may_open=anyone)
    old, new = before.token(LONG, "note"), after.token(LONG, "note")
    assert old.startswith(b"tok_k1_") and new.startswith(b"tok_k2_")
    assert after.open(old) == after.open(new) == LONG
    with pytest.raises(TokenError, match="not in the key ring"):
        lost.open(old)
    with pytest.raises(TokenError, match="does not open"):
        wrong.open(old)


@given(st.data())
def test_an_altered_token_is_an_error(data: st.DataObject) -> None:
    tokenizer = Tokenizer(RING, may_open=anyone)
    token = bytearray(tokenizer.token(LONG, "note"))
    at = data.draw(st.integers(0, len(token) - 1))
    token[at] = data.draw(st.integers(32, 126).filter(lambda b: b != token[at]))
    with pytest.raises(TokenError) as info:
        tokenizer.open(bytes(token))
    assert LONG.decode() not in str(info.value)


@given(st.integers(0, 60))
def test_a_cut_token_is_an_error(size: int) -> None:
    tokenizer = Tokenizer(RING, may_open=anyone)
    with pytest.raises(TokenError):
        tokenizer.open(tokenizer.token(LONG, "note")[:size])


def test_a_token_is_bound_to_its_context() -> None:
    tokenizer = Tokenizer(RING, bind=("endpoint", "attributes.record"), may_open=anyone)
    mine = Context(endpoint="/a", attributes={"record": "7"})
    token = tokenizer.token(LONG, "note", context=mine)
    assert tokenizer.open(token, context=mine) == LONG
    for other in (None, Context(endpoint="/a"), Context(endpoint="/a", attributes={"record": "8"})):
        with pytest.raises(TokenError):
            tokenizer.open(token, context=other)
    for name in ("roles", "attributes", "shoe_size", "user.name"):
        with pytest.raises(TokenError, match="bound"):
            Tokenizer(RING, bind=(name,))


def test_what_can_be_found_by_trying_needs_a_vault(tmp_path: Path) -> None:
    with pytest.raises(TokenError, match="need a vault"):
        Tokenizer(RING).token(b"078-05-1120", "us_ssn")
    with pytest.raises(TokenError, match="needs a vault"):
        Tokenizer(RING, schemes={"us_ssn": Vaulted()})
    tokenizer = Tokenizer(RING, vault=SQLiteVault(tmp_path / "v"), may_open=anyone)
    one, two = tokenizer.token(b"078-05-1120", "us_ssn"), tokenizer.token(b"078-05-1120", "us_ssn")
    assert one != two and one.startswith(b"tokv_k1_us-ssn_")
    assert tokenizer.open(one) == tokenizer.open(two) == b"078-05-1120"
    assert tokenizer.token(LONG, "note").startswith(b"tok_")


def test_random_tokens_that_repeat(tmp_path: Path) -> None:
    vault = SQLiteVault(tmp_path / "v")
    tokenizer = Tokenizer(RING, schemes={"us_ssn": Vaulted(repeat=True)}, vault=vault, may_open=anyone)
    one, two, three = tokenizer.tokens([Value(v, "us_ssn") for v in (b"078-05-1120", b"078-05-1120", b"219-09-9999")])
    assert one == two != three
    assert tokenizer.token(b"078-05-1120", "us_ssn") == one
    assert [tokenizer.open(t) for t in (one, three)] == [b"078-05-1120", b"219-09-9999"]
    stranger = Tokenizer(RING, tenant="other", vault=vault, may_open=anyone)
    with pytest.raises(TokenError, match="does not know"):
        stranger.open(one)
    assert tokenizer.erase([one]) == 1
    with pytest.raises(TokenError, match="does not know"):
        tokenizer.open(one)
    assert tokenizer.token(b"078-05-1120", "us_ssn") != one
    with pytest.raises(TokenError, match="random token"):
        tokenizer.erase([b"tok_k1_a_4_AAAA"])


def test_the_vault_holds_no_value_and_no_token(tmp_path: Path) -> None:
    vault = SQLiteVault(tmp_path / "v")
    tokenizer = Tokenizer(RING, schemes={"us_ssn": Vaulted(repeat=True)}, vault=vault)
    token = tokenizer.token(b"078-05-1120", "us_ssn")
    vault.close()
    content = b"".join(p.read_bytes() for p in tmp_path.iterdir())
    assert len(content) > 1000
    assert b"078-05" not in content and token not in content and token.rpartition(b"_")[2] not in content
    assert "078" not in repr(tokenizer)


class _Swapped:
    """A vault whose records were exchanged by somebody who can write to it."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def store(self, entries: Sequence[Entry]) -> list[bytes]:
        self.entries += entries
        return [entry.record for entry in entries]

    def fetch(self, names: Sequence[bytes]) -> list[bytes | None]:
        return [next(e.record for e in self.entries if e.name != name) for name in names]

    def erase(self, names: Sequence[bytes]) -> int:
        return 0

    def close(self) -> None:
        return None


def test_records_cannot_be_exchanged_in_the_vault() -> None:
    tokenizer = Tokenizer(RING, vault=_Swapped(), may_open=anyone)
    token = tokenizer.token(b"078-05-1120", "us_ssn")
    tokenizer.token(b"219-09-9999", "us_ssn")
    with pytest.raises(TokenError, match="another token"):
        tokenizer.open(token)


def test_formats_name_no_key() -> None:
    schemes: dict[str, Scheme] = {"credit_card": Format.card(), "iban": Sealed()}
    tokenizer = Tokenizer(RING, schemes=schemes, may_open=anyone)
    token = tokenizer.token(b"4111111111111111", "credit_card")
    assert tokenizer.open(token, entity="credit_card") == b"4111111111111111"
    with pytest.raises(TokenError, match="no token"):
        tokenizer.open(token)
    with pytest.raises(TokenError, match="no format"):
        tokenizer.open(token, entity="iban")
    two = Keyring({"k1": bytes(range(32)), "k2": bytes(32)}, "k2")
    later = Tokenizer(two, schemes=schemes, may_open=anyone)
    with pytest.raises(TokenError, match="kid="):
        later.open(token, entity="credit_card")
    assert later.open(token, entity="credit_card", kid="k1") == b"4111111111111111"
    pinned = Tokenizer(two, schemes={"credit_card": Format.card(kid="k1")}, may_open=anyone)
    assert pinned.token(b"4111111111111111", "credit_card") == token
    assert pinned.open(token, entity="credit_card") == b"4111111111111111"


def test_one_way() -> None:
    schemes: dict[str, Scheme] = {"name": Pseudonym(), "age": Bucket(10), "born": DateShift(), "died": DateShift()}
    tokenizer = Tokenizer(RING, schemes=schemes, may_open=anyone)
    values = [Value(b"x", "name"), Value(b"7", "name", Form.NUMBER), Value(b"42", "age", Form.NUMBER)]
    text, number, age = tokenizer.tokens(values)
    assert text.startswith(b"tokp_") and number.startswith(b'"tokp_') and age == b"40"
    with pytest.raises(TokenError, match="no way back"):
        tokenizer.open(text)
    assert tokenizer.token(b"2000-01-01", "born") == tokenizer.token(b"2000-01-01", "died")


def test_nobody_opens_anything_unless_told() -> None:
    token = Tokenizer(RING).token(LONG, "note")
    with pytest.raises(TokenError, match="may not see"):
        Tokenizer(RING).open(token)
    tokenizer = Tokenizer(RING, may_open=by_role({"note": {"clerk"}, "*": {"officer"}}))
    for role in ("clerk", "officer"):
        assert tokenizer.open(token, context=Context(roles=(role,))) == LONG
    with pytest.raises(TokenError, match="may not see"):
        tokenizer.open(token, context=Context(roles=("guest",)))


def test_every_attempt_is_on_record() -> None:
    log: list[Access] = []
    tokenizer = Tokenizer(RING, may_open=by_role({"note": {"clerk"}}), audit=log.append)
    token = tokenizer.token(LONG, "note")
    clerk = Context(user="ann", roles=("clerk",))
    tokenizer.open(token, context=clerk)
    for bad, context in ((token, None), (b"tok_k1_4111111111111111-x_4_AAAA".replace(b"_4111", b"_x4111"), clerk)):
        with pytest.raises(TokenError):
            tokenizer.open(bad, context=context)
    assert [(a.allowed, dict(a.entities)) for a in log] == [
        (True, {"note": 1}),
        (False, {"note": 1}),
        (False, {"unverified": 1}),
    ]
    assert log[0].context is clerk and log[0].tenant == ""
    assert LONG.decode() not in repr(log) and "4111" not in repr(log)


def test_no_value_without_its_record() -> None:
    def full(access: Access) -> None:
        raise OSError("no space left")

    tokenizer = Tokenizer(RING, may_open=anyone, audit=full)
    token = tokenizer.token(LONG, "note")
    with pytest.raises(OSError, match="no space"):
        tokenizer.open(token)


def test_a_rate_limit() -> None:
    now = [0.0]
    limit = RateLimit(1.0, 3, actors=2, clock=lambda: now[0])
    tokenizer = Tokenizer(RING, may_open=anyone, limit=limit)
    ann, bob = Context(user="ann"), Context(user="bob")
    values = [Value(LONG, "note")] * 3
    (token, *_) = tokenizer.tokens(values, context=ann)
    with pytest.raises(TokenError, match="rate limit"):
        tokenizer.token(LONG, "note", context=ann)
    tokenizer.tokens(values, context=bob)
    assert tokenizer.open(token, context=ann) == LONG  # opening has an allowance of its own
    now[0] = 2.5
    tokenizer.tokens(values[:2], context=bob)
    with pytest.raises(TokenError, match="rate limit"):
        tokenizer.token(LONG, "note", context=bob)
    with pytest.raises(TokenError):
        RateLimit(0, 1)


def test_a_value_refused_by_its_scheme_leaves_nothing_in_the_vault(tmp_path: Path) -> None:
    vault = _Swapped()
    tokenizer = Tokenizer(RING, schemes={"card": Format.card()}, vault=vault)
    with pytest.raises(TokenError, match="format card"):
        tokenizer.tokens([Value(b"078-05-1120", "us_ssn"), Value(b"12", "card")])
    assert vault.entries == []
