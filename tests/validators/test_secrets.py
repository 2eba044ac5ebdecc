"""The checks of secrets without a format: random ones pass by any alphabet, what stands in their place does not."""

from __future__ import annotations

import base64
import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlpcore.validators.secrets import entropy, generated_secret, mixed_password, password

ALPHABETS = {
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "letters and digits": string.ascii_letters + string.digits,
    "small letters and digits": string.ascii_lowercase + string.digits,
    "base64url": string.ascii_letters + string.digits + "-_",
}


@pytest.mark.parametrize("name", ALPHABETS)
@pytest.mark.parametrize("size", [20, 32, 64])
def test_nearly_every_random_secret_is_one(name: str, size: int) -> None:
    randomness = random.Random(1)
    values = ["".join(randomness.choices(ALPHABETS[name], k=size)).encode() for _ in range(400)]
    assert sum(generated_secret(value) > 0.0 for value in values) >= 392


def test_nearly_every_base64_secret_is_one() -> None:
    randomness = random.Random(1)
    values = [base64.b64encode(randomness.randbytes(size)) for size in (16, 24, 32, 48) for _ in range(100)]
    assert sum(generated_secret(value) > 0.0 for value in values) >= 392


@pytest.mark.parametrize(
    "value",
    [
        b"not-available",
        b"default_API_key_value",
        b"getAccessToken",
        b"https://id.example.com/oauth/token",
        b"/run/secrets/db_password",
        b"arn:aws:secretsmanager:eu-west-1:123456789012:secret:db",
        b"process.env.SESSION_SECRET",
        b"os.environ['API_TOKEN']",
        b"config.get('token')",
        b"abcdefghijklmnopqrstuvwxyz",
        b"0123456789abcdef0123456789",
        b"qwertyuiop1234567890",
        b"abcabcabcabcabcabcabcabc",
        b"2026-11-22T10:00:00Z",
        b"1.24.3-rc.1-build.77",
        b"123456789012345678",
        b"the quick brown fox 12",
        b"kubernetes.io/service-account-token",
        b"orders-service-prod-2024",
    ],
)
def test_what_stands_in_the_place_of_a_secret(value: bytes) -> None:
    assert generated_secret(value) == 0.0


@pytest.mark.parametrize(
    "value",
    [b"hunter2!x", b"Tr0ub4dor&3", b"correcthorse", b"73918264", b"marble lantern orbit cactus", b"c0ff33$copper"],
)
def test_passwords(value: bytes) -> None:
    assert password(value) > 0.0


@pytest.mark.parametrize(
    "value",
    [
        b"string",
        b"required",
        b"new_password",
        b"${DB_PASSWORD}",
        b"{{ password }}",
        b"%(password)s",
        b"user.password",
        b"getpass.getpass()",
        b"req.body.password",
        b"os.environ['PW']",
        b"must be at least 8 characters",
        b"can't be blank",
        b"https://example.com/reset",
        b"/run/secrets/db",
        b"vault:secret/data/db#password",
        b"!vault",
        b"$1",
        b"aaaa",
        b"abc",
    ],
)
def test_what_stands_in_the_place_of_a_password(value: bytes) -> None:
    assert password(value) == 0.0


@pytest.mark.parametrize("value", [b"Velvet7!anchor", b"mZPUovEXhhV", b"Gr33nMountain,", b"738164"])
def test_passwords_that_need_no_quotes(value: bytes) -> None:
    assert mixed_password(value) > 0.0


@pytest.mark.parametrize(
    "value",
    [b"wrong", b"required", b"case-sensitive", b"newPassword", b"files", b"Friday", b"12", b"can't", b"MISSING."],
)
def test_words_that_follow_the_word_password(value: bytes) -> None:
    assert mixed_password(value) == 0.0


@given(st.binary(max_size=200))
def test_any_bytes_have_a_strength(value: bytes) -> None:
    for check in (generated_secret, password, mixed_password):
        assert 0.0 <= check(value) <= 1.0
    assert 0.0 <= entropy(value) <= 8.0
    assert mixed_password(value) == 0.0 or password(value) > 0.0
