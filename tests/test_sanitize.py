"""Sanitize: one canonical form; what embedders hid is gone, and nothing else is."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlpcore
from dlpcore import _native
from dlpcore.covert import FAMILIES
from dlpcore.sanitize import canonical
from tests import strategies
from tests.embedders import choices, whitespace

PREFILTER = _native.Prefilter()
LOSSLESS = ("whitespace.", "escape.", "number.form")
ROWS = [
    {
        "id": i,
        "zero": 0,
        "price": i + 0.25,
        "name": "caf\u00e9 \u00fcber \u00ea\u00eb",
        "url": "https://example.com/a/b",
        "text": "a\nb\n",
    }
    for i in range(60)
]
COVER = json.dumps(ROWS, separators=(",", ":"), ensure_ascii=False).encode()
ASCII_COVER = json.dumps(ROWS, separators=(",", ":")).encode()
PRETTY = json.dumps(ROWS, indent=2).encode()
#: Values with numbers of any size, escapes of any kind, and half surrogate pairs.
numbers = st.from_regex(r"\A-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?\Z")
odd_text = st.text(st.characters(), max_size=8)


def exact(payload: bytes) -> Any:
    """The value of a document: numbers as decimals, members in their order."""
    pairs = lambda members: ("object", members)  # noqa: E731
    return json.loads(payload.decode("utf-8-sig"), parse_float=Decimal, parse_int=Decimal, object_pairs_hook=pairs)


def bits(payload: bytes) -> dict[str, float]:
    """The price of every channel that sanitize brings to nothing."""
    scan = PREFILTER.scan(payload)
    if scan is None:
        return {}
    reports = [r for f in FAMILIES if f.wanted(len(payload), scan) for r in f.detect(payload, scan, PREFILTER, 1 << 16)]
    return {r.channel: r.bits for r in reports if r.channel.startswith(LOSSLESS) and r.bits}


@st.composite
def raw_documents(draw: Any) -> bytes:
    """Documents as no serializer writes them: numbers in any form, characters escaped at random."""
    parts = []
    for text in draw(st.lists(odd_text, max_size=4)):
        escaped = draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text)))
        content = "".join(
            json.dumps(c)[1:-1]
            if c < " " or c in '"\\' or "\ud800" <= c <= "\udfff"
            else "".join(f"\\u{int.from_bytes(unit, 'big'):04X}" for unit in _units(c))
            if escape
            else c
            for c, escape in zip(text, escaped, strict=True)
        )
        parts.append(f'"{content}"')
    parts += draw(st.lists(numbers, max_size=4))
    names = st.text("ab/\u00e9", min_size=1, max_size=3)
    keys = draw(st.lists(names, min_size=len(parts), max_size=len(parts), unique=True))
    gap = draw(st.sampled_from(["", " ", "\n", "\t ", "\r\n  "]))
    members = f",{gap}".join(f"{json.dumps(k)}{gap}:{gap}{v}" for k, v in zip(keys, parts, strict=True))
    return f"{{{members}{gap}}}".encode()


def _units(character: str) -> list[bytes]:
    text = character.encode("utf-16-be", "surrogatepass")
    return [text[i : i + 2] for i in range(0, len(text), 2)]


@given(raw_documents() | strategies.documents())
def test_the_value_stays(document: bytes) -> None:
    assert exact(canonical(document)) == exact(document)


@given(raw_documents() | strategies.documents(), st.booleans())
def test_it_is_idempotent(document: bytes, keep_style: bool) -> None:
    once = canonical(document, keep_style=keep_style)
    assert canonical(once, keep_style=keep_style) == once


@given(raw_documents() | strategies.documents())
def test_every_detector_prices_the_result_at_zero(document: bytes) -> None:
    assert bits(canonical(document)) == {}


@pytest.mark.parametrize("name", choices.LOSSLESS)
@settings(max_examples=20)
@given(st.binary(min_size=1, max_size=7))
def test_choices_leave_nothing(name: str, message: bytes) -> None:
    cover = ASCII_COVER if name.startswith("escape.hex-case") else COVER
    written = choices.LOSSLESS[name](cover, message)
    assert canonical(written) == canonical(cover)
    assert bits(canonical(written)) == {}


WHITESPACE = [
    *(pytest.param(f, PRETTY, id=f"{name} pretty") for name, f in (whitespace.ANY | whitespace.PRETTY).items()),
    *(pytest.param(f, COVER, id=f"{name} compact") for name, f in (whitespace.ANY | whitespace.COMPACT).items()),
]


@pytest.mark.parametrize(("write", "cover"), WHITESPACE)
def test_white_space_leaves_nothing(write: Any, cover: bytes) -> None:
    for message in (b"k", b"key=hunter2; call me"):
        written = write(cover, message)
        if json.loads(written) == json.loads(cover):
            assert canonical(written) == canonical(cover)
            assert bits(canonical(written)) == {}


@pytest.mark.parametrize("style", ["compact", "spaced", "2", "4", "tab"])
def test_a_style_is_kept(style: str) -> None:
    options: dict[str, Any] = {
        "compact": {"separators": (",", ":")},
        "spaced": {},
        "2": {"indent": 2},
        "4": {"indent": 4},
        "tab": {"indent": "\t"},
    }[style]
    document = json.dumps({"a": [1, {"b": []}, {}], "c": "d"}, **options).encode()
    assert canonical(document, keep_style=True) == document
    assert canonical(document.replace(b'"d"', b'"\\u0064"') + b" \t\n", keep_style=True) == document


def test_a_style_never_makes_a_document_much_larger() -> None:
    deep = b"[" * 900 + b"0," * 50_000 + b"0" + b"]" * 900
    pretty = b'{\n  "a": [' + b"1,\n  1," * 60_000 + b"1],\n" + b'  "b": ' + deep + b"}"
    assert len(canonical(pretty, keep_style=True)) <= 9 * len(pretty) + (1 << 16)


NUMBERS = {
    "0": "0",
    "-0": "0",
    "-0.00e5": "0",
    "0e-99": "0",
    "1.0": "1",
    "1e0": "1",
    "10e-1": "1",
    "0.1E+01": "1",
    "1.50": "1.5",
    "100000000000000000000": "100000000000000000000",
    "1e20": "100000000000000000000",
    "1e21": "1e+21",
    "1000000000000000000000": "1e+21",
    "123456789012345678901234567890": "123456789012345678901234567890",
    "0.000001": "0.000001",
    "0.0000001": "1e-7",
    "1.5E-7": "1.5e-7",
    "4111111111111111.00": "4111111111111111",
    "0.1000000000000000055511151231257827": "0.1000000000000000055511151231257827",
    "1e400": "1e+400",
    "1e1000000000000000000000": "1e+1000000000000000000000",
    "12e999999999999999999999": "1.2e+1000000000000000000000",
    "0.01e-999999999999999999999": "1e-1000000000000000000001",
}


@pytest.mark.parametrize(("text", "form"), NUMBERS.items())
def test_numbers(text: str, form: str) -> None:
    assert canonical(f'{{"a":{text}}}'.encode()) == f'{{"a":{form}}}'.encode()
    assert canonical(text.encode()) == form.encode()


@given(numbers)
def test_a_number_has_one_form(text: str) -> None:
    sign, digits, exponent = Decimal(text).as_tuple()
    other = f"{'-' * sign}{int(''.join(map(str, digits)) + '0')}e{int(exponent) - 1}"
    assert canonical(other.encode()) == canonical(text.encode())


def test_strings() -> None:
    document = rb'["\u0041\/\u00E9\uD83D\uDE00\uD800\u000A\u001F\u007f\u0022\u005c\b"]'
    assert canonical(document) == '["A/\u00e9\U0001f600\\ud800\\n\\u001f\x7f\\"\\\\\\b"]'.encode()


def test_a_byte_order_mark_goes() -> None:
    assert canonical(b"\xef\xbb\xbf[1 ]") == b"[1]"


@pytest.mark.parametrize(
    ("document", "code", "offset"),
    [
        (b'{"a":1,"a":2}', "duplicate-key", 8),
        (b'{"a":1,"\\u0061":2}', "duplicate-key", 8),
        (b"[1,]", "trailing-comma", 3),
        (b'{"a":01}', "invalid-number", 5),
        (b"[1] 2", "trailing-data", 4),
    ],
)
def test_what_is_not_json_is_refused(document: bytes, code: str, offset: int) -> None:
    with pytest.raises(dlpcore.ParseError) as caught:
        canonical(document)
    assert (caught.value.code, caught.value.offset) == (code, offset)


def test_duplicates() -> None:
    document = b'{"a":1,"b":{"c":1,"c":[2],"c":3},"a":2.0}'
    assert canonical(document, duplicates="first") == b'{"a":1,"b":{"c":1}}'
    assert canonical(document, duplicates="last") == b'{"a":2,"b":{"c":3}}'


def test_sorted_keys() -> None:
    # RFC 8785 section 3.2.3: by UTF-16 code units, so that a pair of surrogates comes before U+FB33
    document = '{"\ufb33":1,"\U0001f600":2,"a":{"z":1,"b":[{"y":1,"x":2}]},"":0}'.encode()
    expected = '{"":0,"a":{"b":[{"x":2,"y":1}],"z":1},"\U0001f600":2,"\ufb33":1}'.encode()
    assert canonical(document, keys="sorted") == expected


def test_jcs() -> None:
    # the example of RFC 8785 section 3.2.2
    document = rb"""{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }"""
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    ).encode()
    assert canonical(document, keys="jcs") == expected
    assert canonical(b"[-0, 10000000000000000000001]", keys="jcs") == b"[0,1e+22]"
    for bad in (b"[1e999]", b'["\\ud800"]'):
        with pytest.raises(dlpcore.ParseError):
            canonical(bad, keys="jcs")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_jcs_numbers_are_those_of_the_double(value: float) -> None:
    text = canonical(repr(value).encode(), keys="jcs").decode()
    assert float(text) == value
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?(e[+-][1-9][0-9]*)?", text)


@pytest.mark.parametrize("keys", ["keep", "sorted"])
def test_deep_documents(keys: str) -> None:
    deep = b'{"a":[' * 2000 + b"]}" * 2000
    assert canonical(deep, keys=keys, duplicates="last") == deep


def test_wrong_arguments() -> None:
    for arguments in ({"unicode": "x"}, {"duplicates": "x"}, {"keys": "x"}):
        with pytest.raises(dlpcore.InputError):
            dlpcore.Inspector().sanitize(b"[]", **arguments)
