"""The channels of family B: what honest writers do is not found, what embedders hide is found, priced and recovered."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlpcore
from dlpcore import _native
from dlpcore.covert import ChannelReport, escapes, keys, literals, numbers
from dlpcore.covert.keccak import checksummed, keccak256
from tests import strategies
from tests.embedders import choices as embed

PREFILTER = _native.Prefilter()
FAMILIES = (escapes, numbers, keys, literals)
RANDOM = random.Random(5)
ROWS = [
    {
        "id": i,
        "zero": 0,
        "price": i + RANDOM.choice([0.25, 0.5, 0.75]),
        "name": "caf\u00e9 \u00fcber \u4f8b \u00ea\u00eb\u00ef",
        "url": f"https://example.com/a/b/{i}",
        "text": "one\ntwo\nthree\n",
        "sha": hashlib.sha1(b"%d" % i).hexdigest(),
        "blob": base64.b64encode(RANDOM.randbytes(7 + i % 2)).decode(),
    }
    for i in range(100)
]
COVER = json.dumps(ROWS, separators=(",", ":"), ensure_ascii=False).encode()
ASCII_COVER = json.dumps(ROWS, separators=(",", ":")).encode()
ALL = embed.LOSSLESS | embed.OTHER


def reports(payload: bytes) -> dict[str, ChannelReport]:
    scan = PREFILTER.scan(payload)
    if scan is None:
        return {}
    found = [r for f in FAMILIES if f.wanted(len(payload), scan) for r in f.detect(payload, scan, PREFILTER, 1 << 20)]
    return {r.channel: r for r in found}


def cover_of(name: str) -> bytes:
    return ASCII_COVER if name.startswith("escape.hex-case") else COVER


@given(strategies.documents())
def test_serializer_output_is_not_found(document: bytes) -> None:
    assert not any(r.found for r in reports(document).values())


HONEST = {
    "covers": COVER,
    "ASCII only": ASCII_COVER,
    "escaped slashes (PHP)": COVER.replace(b"/", b"\\/"),
    "markup escaped (Go)": b'["a\\u003cb\\u003e\\u0026c","\\u003cp\\u003e","x","\xe2\x80\x94","\\u2028"]',
    "closing tags escaped": b'["<b>a<\\/b> https://example.com/a/b/c/d","<i><\\/i>","a/b/c/d/e/f/g/h/i"]',
    "two cases by markup": b'["\\u003Cb\\u003E\\u003Ci\\u003E\\u003C","\\u00e3\\u00ea\\u00eb\\u00ec\\u00ed\\u00ef"]',
    "typed floats": json.dumps([{"n": i, "x": float(i), "y": i / 4} for i in range(50)]).encode(),
    "fixed scale": b"[" + b",".join(b'{"price":%d.%02d}' % (i, i * 5 % 100) for i in range(50)) + b"]",
    "scientific": b"[" + b",".join(b"%e" % (i * 1.7**i) for i in range(50)) + b"]",
    "Java floats": b"[1.0E10,2.5E-5,3.0,0.5,1.0E7,12.0,1.234567E8]",
    "doubles written in full": b"[0.1000000000000000055511151231257827,0.2000000000000000111022302462515654]",
    "optional keys": json.dumps(
        [{k: 1 for k in ("a", "b", "c", "d") if i >> "abcd".index(k) & 1} for i in range(16)]
    ).encode(),
    "two orders": b"[" + b",".join([b'{"a":1,"b":2,"c":3}'] * 20 + [b'{"c":1,"b":2,"a":3}'] * 20) + b"]",
    "upper UUIDs, lower hashes": b'["6FA459EA-EE8A-3CA4-894E-DB77E160355E","da39a3ee5e6b4b0d3255bfef95601890afd80709"]',
    "EIP-55": b'["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed","0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"]',
    "mail": b'["someone@Example.com","other@example.com","git@github.com:Name/Repo.git"]',
    "options": b'["--name=","--colour-mode=","key123=","a=b=c="]',
}


@pytest.mark.parametrize("document", HONEST.values(), ids=HONEST)
def test_honest_writers_are_not_found(document: bytes) -> None:
    found = {channel: (r.bits, r.threshold) for channel, r in reports(document).items() if r.found}
    assert not found


#: Bytes of the message that is found in every one of the covers here.
SMALLEST = {"number.form/point": 4, "number.form/zeros": 4, "number.form/zeros-base4": 4, "literal.case-mix/hex": 4}
#: They are found by what they say, or not at all: their price alone is honest.
BY_MESSAGE = ("number.excess-precision", "key.order")


@pytest.mark.parametrize("name", [name for name in ALL if not name.startswith(BY_MESSAGE)])
def test_small_messages_are_found(name: str) -> None:
    size = SMALLEST.get(name, 2)
    for message in (b"key=hunter2"[:size], b"Zq~0"[:size]):
        assert reports(ALL[name](cover_of(name), message))[name.split("/")[0]].found


@pytest.mark.parametrize("name", ALL)
def test_messages_are_recovered(name: str) -> None:
    room = {"number.form/minus-zero": 12, "number.form/zeros": 12, "number.form/point": 12, "number.form/exponent": 12}
    for message in (b"key=hunter2; call me"[: room.get(name, 20)], b"wire 400 to"):
        report = reports(ALL[name](cover_of(name), message))[name.split("/")[0]]
        assert report.found
        assert message in [c.data for c in report.candidates]
        assert len(report.candidates) <= 8


@pytest.mark.parametrize("escaped", [b"\\u0041", b"\\u007a", b"\\u0030"])
def test_one_escaped_letter_or_digit_is_enough(escaped: bytes) -> None:
    payload = COVER.replace(b"caf", escaped, 1)
    report = reports(payload)["escape.optional"]
    assert report.found
    assert report.spans == ((payload.index(escaped), payload.index(escaped) + 6),)


def test_letters_that_spell_the_message() -> None:
    payload = COVER
    at = 0
    for letter in b"secretname":
        at = payload.index(bytes((letter,)), at)
        payload = payload[:at] + b"\\u%04x" % letter + payload[at + 1 :]
        at += 6
    assert b"secretname" in [c.data for c in reports(payload)["escape.optional"].candidates]


def test_a_duplicate_key_is_said_once_with_what_it_hides() -> None:
    verdict = dlpcore.Inspector().inspect(b'{"a":"wire it tonight","b":2,"a":"hello"}')
    (finding,) = [f for f in verdict.findings if f.rule == "key.duplicate"]
    assert str(finding.kind) == "structure"
    assert b"wire it tonight" in [c.data for c in finding.candidates]


def test_steganosort() -> None:
    """What steganosort 0.1.0 writes for b"attack me!" in the order of 32 keys."""
    names = [f"field{i:02d}" for i in range(32)]
    value = int.from_bytes(b"attack me!", "big")
    digits = [value >> 5 * (15 - i) & 31 for i in range(16)]
    order: list[str] = []
    large = [min(31 - i, digit) for i, digit in enumerate(digits)]
    for i, digit in enumerate(digits):
        order.insert(digit - large[i], names[31 - i])
    for i in range(15, -1, -1):
        order.insert(large[i], names[i])
    shuffled = dict.fromkeys(order, 1)
    payload = json.dumps([shuffled, dict.fromkeys(sorted(order), 2)]).encode()
    report = reports(payload)["key.order"]
    assert report.candidates[0].data == b"attack me!"
    assert report.candidates[0].decoders == ("steganosort",)


def test_an_order_among_very_many_sets_of_keys_is_not_lost() -> None:
    """The pass remembers so many sets of keys; where there are more, all of them are looked at again."""
    plain = [b'{"k%d":1,"b":2,"c":3}' % i for i in range(3000)]
    payload = b"[" + b",".join([*plain, b'{"c":3,"b":2,"k0":1}', *plain]) + b"]"
    for _ in range(3):  # each with a seed of its own
        scan = _native.Prefilter().scan(payload)
        assert scan is not None and scan.census & 16384
    assert "key.order" in reports(payload)


@pytest.mark.parametrize(
    "address", [b"5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", b"dbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB"]
)
def test_eip_55(address: bytes) -> None:
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert checksummed(address)
    assert not checksummed(address.swapcase())
    assert checksummed(address.lower())


def test_base64_slack_is_exact() -> None:
    honest = json.dumps([base64.b64encode(bytes((i, 255 - i) * 4)).decode() for i in range(256)]).encode()
    assert "base64.slack-bits" not in reports(honest)
    assert reports(honest.replace(b'8="', b'9="'))["base64.slack-bits"].found


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_any_bytes_are_priced_without_harm(data: bytes) -> None:
    for carrier in _native.CARRIERS:
        _native.choices(b'{"' + data, carrier, 64)
        _native.choices(data, carrier, 8)
    _native.key_orders(data)
    _native.key_orders(b'{"a":1,' + data)
    _native.style_of(data)
    _native.canonical(data)


NESTED: dict[str, Callable[[int], bytes]] = {
    "arrays": lambda n: b"[" * n + b"1.0,1e0" + b"]" * n,
    "objects": lambda n: b'{"a":' * n + b"-0" + b"}" * n,
}


@pytest.mark.parametrize("make", NESTED.values(), ids=NESTED)
def test_deep_documents_are_priced(make: Callable[[int], bytes]) -> None:
    payload = make(5000)
    assert _native.choices(payload).made["form"] >= 1
    assert _native.key_orders(payload) == ([], 0)
