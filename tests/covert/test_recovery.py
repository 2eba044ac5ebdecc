"""Symbols back to bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlpcore.covert.plausible import evidence, magic
from dlpcore.covert.recovery import MAX_CANDIDATES, recover
from tests.embedders import whitespace as embed


@given(st.binary(max_size=2000), st.integers(0, 5))
def test_any_run_is_bounded_and_never_fails(run: bytes, kinds: int) -> None:
    symbols = b"\t\n\r \x0b"[:kinds]
    run = bytes(symbols[b % kinds] for b in run) if kinds else b""
    candidates = recover(run, 100, minimum=-20.0)
    assert len(candidates) <= MAX_CANDIDATES
    assert all(c.data and len(c.data) <= 100 and 0.0 <= c.score <= 1.0 for c in candidates)
    assert [c.score for c in candidates] == sorted((c.score for c in candidates), reverse=True)


@pytest.mark.parametrize("lsb", [False, True])
@pytest.mark.parametrize("symbols", [b"\t ", b" \t", b"\n ", b"\r\t"])
def test_base2_of_two_symbols(symbols: bytes, lsb: bool) -> None:
    message = b"the vault code is 4711"
    assert message in [c.data for c in recover(embed.base2(message, symbols, lsb=lsb), 1000)]


@pytest.mark.parametrize("lsb", [False, True])
@pytest.mark.parametrize("per_byte", [4, 8])
def test_base4_widths_and_bit_orders(lsb: bool, per_byte: int) -> None:
    message = b"the vault code is 4711"
    run = embed.base4(message, per_byte=per_byte, lsb=lsb)
    assert recover(run, 1000)[0].data == message


def test_run_lengths() -> None:
    message = b"meet at 9"
    unary = b"\n".join(b" " * byte for byte in message)
    assert message in [c.data for c in recover(unary, 1000)]
    nibbles = b"\t".join(b" " * n for byte in message for n in divmod(byte, 16))
    assert message in [c.data for c in recover(nibbles, 1000)]


def test_noise_is_not_taken_for_a_message() -> None:
    import random

    found = 0
    for seed in range(200):
        run = bytes(random.Random(seed).choices(b"\t\n\r ", k=64))
        found += bool(recover(run, 1000))
    assert found <= 10  # 10 bits over the hypotheses tried


def test_magic_and_evidence_order() -> None:
    assert magic(b"\x1f\x8b\x08\x00") == "gzip"
    assert magic(b"hello") is None
    assert evidence(b"the quick brown fox") > evidence(b"ZQXKJVBPYGFWMUCLDRS") > evidence(b"\x8f\x03\xf2\x99\x01")
    assert evidence(b'{"a":1}') > 32.0
    assert evidence(b"") == 0.0
