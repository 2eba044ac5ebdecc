"""What a pattern refuses before its validator is asked, the validator refuses too."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dlpcore.rules import builtin
from dlpcore.validators.network import ipv4_internal, ipv4_public
from dlpcore.validators.secrets import generated_secret

RULES = {rule.id: re.compile(rule.pattern.encode()) for rule in builtin().rules}
_PIECES = (
    *("us", "east", "1", "Next", "Token", "ab12", "DEAD", "beef", "abcdefab", "Ab", "x", "9", "F0"),
    *("-", "_", ".", ":", "/", "=", "+", "2017-03-22", "T19:11", "00.000+05:30"),
)
_values = st.one_of(
    st.lists(st.sampled_from(_PIECES), min_size=2, max_size=9).map("".join),
    st.text("abcdefABCDEF0123456789-", min_size=8, max_size=40),
    st.from_regex(r"\A[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z"),
    st.from_regex(r"\A[a-f]{8}(?:-[a-f]{4}){3}-[a-f]{12}\Z"),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=40),
).map(str.encode)


@settings(max_examples=400)
@given(_values, st.sampled_from([b"", b"token ", b"Bearer "]))
@example(b"abcdefAbcdefAbcd", b"")
@example(b"abcdefab-abcd-abcd-abcd-abcdefabcdef", b"")
@example(b"2017-03-22T19:11:32.000+05:30", b"")
def test_generated_secrets(value: bytes, before: bytes) -> None:
    if RULES["generic-secret"].search(before + value) is None and len(value) >= 8:
        assert generated_secret(value) == 0.0


def test_names_times_and_numbers_are_refused() -> None:
    for text in (b"NextToken", b"us-east-1", b"2017-03-22T19:11:32.000+05:30", b"10.2.33.1-beta", b"1234567890123456"):
        assert RULES["generic-secret"].search(text) is None
    for text in (b"8FMPcMXkEENsG6RG4u1yGwQBnNrnEnLq", b"token 8FMPcMXkEENsG6RG4u1yGwQB"):
        assert RULES["generic-secret"].search(text) is not None


_numbers = st.sampled_from([0, 1, 10, 16, 31, 32, 100, 127, 168, 169, 172, 192, 198, 203, 224, 239, 254, 255])


@settings(max_examples=400)
@given(st.lists(_numbers | st.integers(0, 255), min_size=4, max_size=4))
def test_addresses(numbers: list[int]) -> None:
    text = ".".join(map(str, numbers)).encode()
    if RULES["ipv4-address"].search(text) is None:
        assert ipv4_public(text) == 0.0
    if RULES["ipv4-internal"].search(text) is None:
        assert ipv4_internal(text) == 0.0


def test_each_address_is_asked_about_once() -> None:
    for text, public, internal in (
        (b"8.8.8.8", True, False),
        (b"192.168.0.17", False, True),
        (b"127.0.0.1", False, False),
    ):
        assert (RULES["ipv4-address"].search(text) is not None) is public
        assert (RULES["ipv4-internal"].search(text) is not None) is internal
