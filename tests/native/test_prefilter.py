"""The native prefilter against the slow definition of anchors: it may mark more, never less.

Known differences, each because the reference says more than any rule's pattern can use:

* the reference takes any two colons for ``ipv6``; the native pass asks for what an address or a MAC address has.
* an e-mail domain is followed for 254 bytes (RFC 5321 4.5.3.1.2 allows 255).
* a literal is looked for in the raw text of a number, not in its plain digits.
"""

from __future__ import annotations

import itertools
import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dlpcore import _native
from dlpcore.engines.anchors_reference import shapes, triggered
from dlpcore.engines.subjects_reference import subjects, text_subject
from dlpcore.rules.schema import SHAPES, Anchor
from dlpcore.rules.words import Vocabulary, grams, split
from dlpcore.validators.financial import card
from dlpcore.views import Subject, subject

LITERALS = (
    (b"AKIA", False),
    (b"ghp_", False),
    (b"key", False),
    (b"xoxb", True),
    (b"-----begin", True),
    (b"411", False),
)
WORDS = ("password", "api_key", "ssn", "card", "aws_secret_access_key", "sort_code", "iban", "mac")
NATIVE_SHAPES = [name for name in _native.SHAPES if name != "always"]
PREFILTER = _native.Prefilter(LITERALS, [word.replace("_", "").encode() for word in WORDS], NATIVE_SHAPES)
FIRST_LITERAL = len(_native.SHAPES)
FIRST_WORD = FIRST_LITERAL + len(LITERALS)

#: What of the reference's ipv6 an address or MAC address can have.
IPV6 = re.compile(
    rb"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{1,4}|(?<!:))::(?!:)[0-9A-Fa-f]{0,4}(?![0-9A-Za-z])"
    rb"|(?:[0-9A-Fa-f]{1,4}:){6}|(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}"
)

PIECES = st.one_of(
    st.sampled_from(
        [
            "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "5500005555555559", "000-12-3456",
            "000 12 3456", "DE00000000000000000000", "BH00ABCDEFGHIJKLMNOP", "GB00 AAAA 0000 0000 0000 00",
            "10.0.0.1", "256.1.1.1", "1.2.3.4.5", "2001:db8::1", "::ffff:10.0.0.1", "1:2:3:4:5:6:7:8",
            "00:11:22:33:44:55", "00-11-22-33-44-55", "12:30:45", "a@example.org", "a.b+c@x-y.example", "@",
            "+1 555 000 0000", "+1 (555) 000-0000", "0049 30 000000", "(555) 000-0000", "555-000-0000",
            "(555)0000000", "AKIA0000", "ghp_000", "XOXB-1", "-----BEGIN", "key", "411", "password", "apiKey",
            "API_KEY", "awsSecretAccessKey", "ssn", "SSN:", "sort-code", "sortCode1", "iban", "é", "😀",
            "abcdefghij0123456789", "2024-01-01T00:00:00Z", "00000000-0000-4000-8000-000000000000", "1", "12",
            "390.533.447-05", "811228-9874", "131052+308T", "RSSMRA85T10A562S", "11010519491231002X",
            "184127645108946", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "A1B2C3D4", "19.05.123456",
            "0", "00", "http://", ".", "\u00a0", "\u2011", "=", "&", "_", "x",
        ]
    ),
    st.text("0123456789", min_size=1, max_size=20),
    st.text("0123456789 -./()+", min_size=1, max_size=30),
    st.text("0123456789abcdefABCDEF:-.", min_size=1, max_size=30),
    st.text("aA1 @.-_", min_size=1, max_size=30),
    st.text(max_size=8),
)  # fmt: skip
TEXT = st.lists(st.tuples(PIECES, st.sampled_from(["", "", " ", "-", ",", ":", "\n"])), max_size=8).map(
    lambda parts: "".join(piece + between for piece, between in parts)
)
KEY = st.one_of(TEXT, st.sampled_from([word.title().replace("_", "") for word in WORDS]))
NUMBER = st.one_of(
    st.integers(-(10**25), 10**25),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([4111111111111111, 4.111111111111111e15, 123456.0, 1e20]),
)
VALUE = st.recursive(
    st.one_of(TEXT, NUMBER, st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEY, inner, max_size=3)),
    max_leaves=8,
)


def expected(what: Subject) -> set[int]:
    """The triggers that the reference asks for."""
    wanted = set()
    for i, (literal, nocase) in enumerate(LITERALS):
        if triggered(Anchor(literals=((literal, nocase),)), what):
            wanted.add(FIRST_LITERAL + i)
    for i, word in enumerate(WORDS):
        if triggered(Anchor(words=(word,)), what):
            wanted.add(FIRST_WORD + i)
    for shape in SHAPES:
        if triggered(Anchor(shapes=(shape,)), what) and (shape != "ipv6" or IPV6.search(what.text)):
            wanted.add(_native.SHAPES.index(shape))
    return wanted


def marked(document: bytes) -> list[tuple[Subject, bytes, set[int]]]:
    """Each string, key and number of a document with its raw text and what the native pass marked in it."""
    scan = PREFILTER.scan(document, _native.O_TOKENS)
    assert scan is not None or not any(True for _ in subjects(document))
    found: list[set[int]] = [set() for _ in scan.tokens] if scan else []
    for hit in scan.hits if scan else ():
        if hit.token != _native.NO_TOKEN:
            found[hit.token].add(hit.trigger)
    tokens = scan.tokens if scan else ()
    return [(subject(document, t)[0], document[t.start : t.end], s) for t, s in zip(tokens, found, strict=True)]


def check(document: bytes) -> tuple[int, int]:
    """Never less; returns how many triggers there were, and how many of them the reference did not ask for."""
    wanted = list(subjects(document))
    seen = marked(document)
    assert [(s.kind, s.path[:4]) for s, _, _ in seen] == [(s.kind, s.path[:4]) for s in wanted]
    total = more = 0
    for (own, raw, triggers), reference in zip(seen, wanted, strict=True):
        if own.kind != "number":
            assert own.text == reference.text
        assert own.names == reference.names
        text = raw if own.kind == "number" else own.text
        asked = expected(Subject(text, own.kind, reference.path[:4], reference.names))
        if own.kind == "number":  # shapes of numbers: card and digits, of the plain digits
            named = {_native.SHAPES.index(name) for name in ("card", "digits")}
            asked = {t for t in asked if t >= FIRST_LITERAL}
            if own.text.lstrip(b"-").isdigit():
                asked |= {t for t in expected(Subject(own.text.lstrip(b"-"), "number")) if t in named}
        assert asked <= triggers, (own.kind, {name(t) for t in asked - triggers}, own.text)
        total += len(triggers)
        more += len(triggers - asked)
    return total, more


def name(trigger: int) -> str:
    if trigger < FIRST_LITERAL:
        return _native.SHAPES[trigger]
    return str(LITERALS[trigger - FIRST_LITERAL] if trigger < FIRST_WORD else WORDS[trigger - FIRST_WORD])


@pytest.mark.parametrize("first", list(b"A7:- "))
def test_short_literals_are_found_wherever_they_stand(first: int) -> None:
    """Of three bytes, with words that begin, end or go on in them."""
    for literal in (bytes((first, *rest)) for rest in itertools.product(b"A7:- ", repeat=2)):
        prefilter = _native.Prefilter([(literal, 0)])
        for before, behind in itertools.product(
            (b"", b"x", b"4", b"q-"), (b"", b"b", b"9", b"-q", b" and so on, on and on")
        ):
            scan = prefilter.scan(b'{"k":"' + before + literal + behind + b'"}')
            found = {hit.token != _native.NO_TOKEN for hit in scan.hits} if scan else set()
            assert True in found, (literal, before, behind)


@given(VALUE)
@settings(max_examples=150, deadline=None)
@example({"ssn": {"000-12-3456": 1}})
@example({"apiKey1": ["password=1"]})
@example({"ssn": {"a": {"b": [{"c": 1}]}}})
def test_documents(value: object) -> None:
    check(json.dumps(value, ensure_ascii=False).encode())


NAMING = st.sampled_from(["name", "type", "ParameterKey", "@id", "NAME", "fieldType", "names", "keyed", "name2"])
NAMED = st.sampled_from(
    ["value", "number", "stringValue", "values", "textRawValue", "order_number", "val_", "value2", "a"]
)
CALLED = st.one_of(TEXT, st.sampled_from(WORDS), st.text('a \\"/é\u0430', max_size=140))
MEMBER = st.tuples(NAMING, CALLED) | st.tuples(NAMED, TEXT | NUMBER | st.none())
BESIDE = st.recursive(
    st.lists(MEMBER, max_size=10, unique_by=lambda member: member[0]).map(dict),
    lambda inner: st.one_of(
        st.dictionaries(NAMED | NAMING, inner | TEXT | CALLED, max_size=4),
        st.lists(inner | CALLED | NUMBER, max_size=3),
    ),
    max_leaves=4,
)


@given(BESIDE, st.booleans(), st.sampled_from([None, 1]))
@settings(max_examples=150, deadline=None)
@example({"value": "x", "name": "ssn"}, True, None)
@example({"name": "ssn", "values": ["x", {"value": 1}, ["y", "z"]]}, True, None)
@example({"key": "ssn", "value": {"type": "b", "stringValue": "x", "name": "password"}}, True, None)
@example([["ssn", 1], ["ssn", 1, 2], [0, "ssn", 1], [["ssn"], 1], {"value": ["ssn", 1]}], True, 1)
@example({"name": "x" * 128, "type": "ssn" + "x" * 126, "number": 1, "key": "é" * 64}, False, None)
def test_members_that_name_each_other(value: object, ascii_only: bool, indent: int | None) -> None:
    check(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode())


@given(VALUE)
@settings(max_examples=60, deadline=None)
def test_escaped_documents(value: object) -> None:
    check(json.dumps(value).encode())


@given(TEXT)
@settings(max_examples=120, deadline=None)
def test_every_letter_escaped(text: str) -> None:
    plain = json.dumps(text, ensure_ascii=False).encode()
    spelt = "".join(f"\\u{unit:04x}" for unit in memoryview(text.encode("utf-16-le")).cast("H"))
    check(f'["{spelt}"]'.encode())
    asked = expected(Subject(text.encode(), "string"))
    for document in (b"[" + plain + b"]", f'["{spelt}"]'.encode()):
        ((_, _, triggers),) = marked(document)
        assert asked <= triggers


@given(TEXT)
@settings(max_examples=120, deadline=None)
def test_text(text: str) -> None:
    data = text.encode()
    scan = PREFILTER.scan_text(data)
    triggers = {hit.trigger for hit in scan.hits} if scan else set()
    assert expected(text_subject(data)) <= triggers


@given(TEXT)
@settings(max_examples=120, deadline=None)
def test_words_are_exactly_those_of_the_definition(text: str) -> None:
    """Beside a digit, no word is marked that is not there (words may say more for other reasons in keys only)."""
    data = f"{text} 1".encode()
    scan = PREFILTER.scan_text(data)
    found = {hit.trigger for hit in scan.hits if hit.trigger >= FIRST_WORD} if scan else set()
    present = grams(split(data))
    four = {word for word in WORDS if word.count("_") >= 3}  # compared written together: parts may be cut otherwise
    for i, word in enumerate(WORDS):
        if Vocabulary((word,)).find(present):
            assert FIRST_WORD + i in found
        elif word not in four:
            assert FIRST_WORD + i not in found, word


def test_more_is_rare_in_ordinary_documents() -> None:
    """How much the native pass marks beyond the reference, over values that services send."""
    values: list[object] = [
        {
            "id": i,
            "created_at": f"2024-01-{i % 28 + 1:02}T10:{i % 60:02}:00Z",
            "url": f"https://api.example.org/items/{i}",
        }
        for i in range(100)
    ]
    values += [{"uuid": f"{i:08x}-0000-4000-8000-{i:012x}", "version": f"1.{i}.0", "ratio": i / 7} for i in range(100)]
    values += [
        {"text": f"Item {i} of 100, sold for 12.{i:02} EUR (net)", "tags": ["a", "b-c", f"x{i}"]} for i in range(100)
    ]
    total = more = 0
    for value in values:
        both = check(json.dumps(value).encode())
        total, more = total + both[0], more + both[1]
    assert more <= 0.25 * total, (more, total)


def test_domains_of_the_greatest_length() -> None:
    data = b"a@" + b"a" * 63 + (b"." + b"b" * 63) * 2 + b"." + b"c" * 61 + b".d"
    assert "email" in shapes(data)
    assert check(b'["' + data + b'"]')[0] >= 1


def test_a_short_literal_is_refused() -> None:
    with pytest.raises(ValueError, match="three bytes"):
        _native.Prefilter([(b"ab", False)])


@pytest.mark.parametrize("length", range(11, 21))
def test_cards_are_of_a_network_that_the_validator_knows(length: int) -> None:
    prefilter = _native.Prefilter(shapes=["card"])
    for prefix in range(length % 3, 10_000, 3):
        number = b"%04d" % prefix + b"2" * (length - 5)
        number += next(b"%d" % digit for digit in range(10) if _luhn(number + b"%d" % digit))
        assert (prefilter.scan_text(number) is not None) is (card(number) > 0.0), number


def _luhn(digits: bytes) -> bool:
    doubled = [sum(divmod(2 * (each - 48), 10)) for each in digits[-2::-2]]
    return (sum(doubled) + sum(each - 48 for each in digits[-1::-2])) % 10 == 0
