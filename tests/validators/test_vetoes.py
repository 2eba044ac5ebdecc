"""Vetoes one by one: what a value is instead, by its place."""

from __future__ import annotations

import pytest

from dlpcore.validators import VETOES


def _vetoed(name: str, text: bytes, value: bytes, named: bool = False) -> bool:
    start = text.index(value)
    return VETOES[name].check(text, start, start + len(value), named=named)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("uuid", b"id 123e4567-e89b-12d3-a456-426614174000.", b"426614174000"),
        ("hash", b"d41d8cd98f004111111111111111204e98", b"4111111111111111"),
        ("token", b"abc4111111111111111", b"4111111111111111"),
        ("token", b"4111111111111111_x", b"4111111111111111"),
        ("decimal", b"0.4111111111111111", b"4111111111111111"),
        ("decimal", b"4111111111111111.5", b"4111111111111111"),
        ("epoch", b"1700000000", b"1700000000"),
        ("epoch", b"1700000000123", b"1700000000123"),
        ("timestamp", b"20231231235959", b"20231231235959"),
        ("repeated", b"1111111111", b"1111111111"),
        ("repeated", b"000-00-0000", b"000-00-0000"),
        ("sequential", b"123-45-6789", b"123-45-6789"),
        ("sequential", b"987654321", b"987654321"),
        ("filler", b"AKIAXXXXXXXXXXXXXXXX", b"AKIAXXXXXXXXXXXXXXXX"),
        ("placeholder", b"${API_KEY}", b"${API_KEY}"),
        ("placeholder", b"<your token>", b"<your token>"),
        ("placeholder", b"your-api-key", b"your-api-key"),
        ("placeholder", b"changeme", b"changeme"),
        ("placeholder", b"********", b"********"),
        ("placeholder", b"my_api_key", b"my_api_key"),
        ("other-name", b'next_page_token: "PtSnrSYj"', b"PtSnrSYj"),
        ("other-name", b'publicKey: str = "PtSnrSYj"', b"PtSnrSYj"),
        ("other-name", b"arn:aws:secretsmanager:eu-west-1:123456789012:secret:Name-a1b2c3", b"Name-a1b2c3"),
        ("placeholder", b"--token $pointer</code>", b"$pointer</code>"),
        ("example-bucket", b"gs://my-bucket/x", b"gs://my-bucket/x"),
        ("example-bucket", b"myawslogbucket.s3.amazonaws.com", b"myawslogbucket.s3.amazonaws.com"),
        ("ulid", b"01ARZ3NDEKTSV4RRFFQ69G5FAV", b"69"),
        ("snowflake", b"1382350606417817604", b"1382350606417817604"),
        ("base64", b"A" * 60 + b"+4111111111111111/" + b"B" * 60, b"4111111111111111"),
        ("version", b"Chrome/120.0.0.1", b"120.0.0.1"),
        ("version", b"1.2.3.4-rc.1", b"1.2.3.4"),
        ("userinfo", b"https://u:p@example.com/", b"p@example.com"),
        ("userinfo", b"git@github.com:octocat/hello.git", b"git@github.com"),
        ("no-reply", b"no-reply@example.com", b"no-reply@example.com"),
    ],
)
def test_vetoed(name: str, text: bytes, value: bytes) -> None:
    assert _vetoed(name, text, value)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("example-bucket", b"s3://acme-bucket/x", b"s3://acme-bucket/x"),
        ("example-bucket", b"s3://my-data/x", b"s3://my-data/x"),
        ("uuid", b"card 4111111111111111", b"4111111111111111"),
        ("hash", b"4111111111111111", b"4111111111111111"),
        ("token", "卡号4111111111111111号".encode(), b"4111111111111111"),
        ("decimal", b"pay 4111111111111111. Then", b"4111111111111111"),
        ("epoch", b"4111111111111111", b"4111111111111111"),
        ("repeated", b"4111111111111111", b"4111111111111111"),
        ("sequential", b"123-45-6798", b"123-45-6798"),
        ("filler", b"AKIAIOSFODNN7EXAMPLE", b"AKIAIOSFODNN7EXAMPLE"),
        ("placeholder", b"Tr0ub4dor&3", b"Tr0ub4dor&3"),
        ("placeholder", b"A_Fw537FslUDgIb", b"A_Fw537FslUDgIb"),
        ("placeholder", b"c0ff33$copper", b"c0ff33$copper"),
        ("other-name", b'page: 1\ntoken: "PtSnrSYj"', b"PtSnrSYj"),
        ("other-name", b'api_key: str = "PtSnrSYj"', b"PtSnrSYj"),
        ("ulid", b"id 01ARZ3NDEKTSV4RRFFQ69G5FAVX", b"69"),
        ("snowflake", b"4111111111111111", b"4111111111111111"),
        ("base64", b"card+4111111111111111", b"4111111111111111"),
        ("version", b"address 1.2.3.4", b"1.2.3.4"),
        ("userinfo", b"see https://example.com or jane@example.com", b"jane@example.com"),
        ("userinfo", b"jane@example.com: hello", b"jane@example.com"),
        ("no-reply", b"norbert@example.com", b"norbert@example.com"),
    ],
)
def test_not_vetoed(name: str, text: bytes, value: bytes) -> None:
    assert not _vetoed(name, text, value)


@pytest.mark.parametrize(("name", "value"), [("epoch", b"2025550123"), ("sequential", b"123456789")])
def test_a_name_outweighs_what_real_values_can_be(name: str, value: bytes) -> None:
    assert _vetoed(name, value, value) and not _vetoed(name, value, value, named=True)
