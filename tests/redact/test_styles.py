"""What stands in the place of a value: each style, in strings, numbers and names, and members that go as a whole."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlpcore
from dlpcore.policy import Redaction
from dlpcore.redact.members import removals
from tests import strategies

INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None), key=b"k" * 32)
CARD, KEY = "4111 1111 1111 1111", "AKIAIOSFODNN7Q4MPLEX"


def redacted(text: str, how: Redaction) -> str:
    result: str = json.loads(INSPECTOR.redact(json.dumps({"card": text}).encode(), how=how))["card"]
    return result


@pytest.mark.parametrize(
    ("how", "card", "number"),
    [
        (Redaction(), "*" * 19, b"0"),
        (Redaction(char="#"), "#" * 19, b"0"),
        (Redaction(length=4), "****", b"0"),
        (Redaction(keep_last=4), "*" * 15 + "1111", b"0"),
        (Redaction(keep_first=6, keep_last=4), "4111 1*********1111", b"0"),
        (Redaction(keep_first=16), "*" * 19, b"0"),  # it would not hide enough
        (Redaction("class"), "0000 0000 0000 0000", b"1000000000000000"),
        (Redaction("label"), "[credit_card]", b"0"),
        (Redaction("label", label='"{family}"\\\n'), '"financial"\\\n', b"0"),
        (Redaction("label", numbers="string"), "[credit_card]", b'"[credit_card]"'),
        (Redaction(numbers="string"), "*" * 19, b'"' + b"*" * 16 + b'"'),
    ],
)
def test_styles(how: Redaction, card: str, number: bytes) -> None:
    assert redacted(CARD, how) == card
    assert INSPECTOR.redact(b'{"card": 4111111111111111 }', how=how) == b'{"card": %s }' % number


def test_secrets_show_less() -> None:
    def key(how: Redaction) -> str:
        result: str = json.loads(INSPECTOR.redact(json.dumps({"k": KEY}).encode(), how=how))["k"]
        return result

    assert key(Redaction(keep_last=4)) == "*" * 16 + KEY[-4:]
    assert key(Redaction(keep_first=9, keep_last=9)) == KEY[:4] + "*" * 12 + KEY[-4:]
    assert key(Redaction("class")) == "XXXXXXXXXXXX0X0XXXXX"


def test_hashes_join_and_are_keyed() -> None:
    how = Redaction("hash")
    payload = json.dumps({"a": {"card": CARD}, "b": {"card": CARD}, "card": 4111111111111111}).encode()
    one = json.loads(INSPECTOR.redact(payload, how=how))
    assert one["a"] == one["b"]
    assert len(one["a"]["card"]) == 16
    assert isinstance(one["card"], int)
    other = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None), key=b"o" * 32)
    assert json.loads(other.redact(payload, how=how))["a"] != one["a"]


@pytest.mark.parametrize(
    "how", [Redaction(), Redaction("label"), Redaction("hash"), Redaction("class"), Redaction(length=2)]
)
def test_names_stay_apart(how: Redaction) -> None:
    payload = b'{"alice@example.org":1,"bob@example.org":2,"carol@example.org":{"x":3}}'
    result = json.loads(INSPECTOR.redact(payload, how=how))
    assert len(result) == 3
    assert sorted(map(str, result.values())) == ["1", "2", "{'x': 3}"]
    assert not any("example" in name for name in result) or how.style == "class"


REMOVED = [
    (b'{"card":"%s"}', b"{}"),
    (b'{ "card" : "%s" }', b"{  }"),
    (b'{"a":1,"card":"%s"}', b'{"a":1}'),
    (b'{"card":"%s","b":2}', b'{"b":2}'),
    (b'{"a":1, "card":"%s", "b":2}', b'{"a":1, "b":2}'),
    (b'{"a":1 , "card":"%s"\n}', b'{"a":1 \n}'),
    (b'["%s"]', b"[]"),
    (b'[1,"%s","%s",2]', b"[1,2]"),
    (b'[1,"%s","%s"]', b"[1]"),
    (b'["%s","%s"]', b"[]"),
    (b'["%s",[ "%s" ],"%s",3]', b"[[  ],3]"),
    (b'"%s"', b"null"),
    (b' "%s" ', b" null "),
    (b'{"%s":{"a":[1,{"b":"}"}]},"c":1}', b'{"c":1}'),
    (b'{"c":1,"%s":-1.5e3}', b'{"c":1}'),
    (b'{"%s":{"x":"%s"},"c":1}', b'{"c":1}'),
    (b'[{"a":"%s and %s"}]', b"[{}]"),
]


@pytest.mark.parametrize(("payload", "wanted"), REMOVED)
def test_members_go_with_their_comma(payload: bytes, wanted: bytes) -> None:
    payload = payload.replace(b"%s", CARD.encode())
    assert INSPECTOR.redact(payload, how=Redaction("remove")) == wanted


@given(st.lists(strategies.values, min_size=1, max_size=6), st.data())
def test_any_elements_can_be_removed(values: list[object], data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.integers(0, len(values) - 1)))
    texts = [json.dumps(value).encode() for value in values]
    separator = data.draw(st.sampled_from([b",", b", ", b" ,\n "]))
    document = b"[" + separator.join(texts) + b"]"
    extents, at = [], 1
    for index, text in enumerate(texts):
        if index in chosen:
            extents.append((at, at + len(text)))
        at += len(text) + len(separator)
    for start, end in reversed(removals(document, extents)):
        document = document[:start] + document[end:]
    assert json.loads(document) == [value for index, value in enumerate(values) if index not in chosen]


def test_deep_names_are_removed_in_linear_time() -> None:
    payload = b"".join(b'{"alice%d@example.org":' % i for i in range(900)) + b"1" + b"}" * 900
    assert INSPECTOR.redact(payload, how=Redaction("remove")) == b"{}"


def test_overlaps_are_one() -> None:
    policy = dlpcore.policy.read(
        """
name = "p"

[[rule]]
id = "cards"
action = "redact"
entity = "credit_card"
redact = "label"

[[rule]]
id = "rest"
action = "redact"
kind = "sensitive-data"
""",
        "p.toml",
    )
    inspector = dlpcore.Inspector(policy=policy, limits=dlpcore.Limits(deadline=None))
    payload = b'{"password": "4111111111111111", "note": "4111111111111111 alice@example.org"}'
    result = inspector.enforce(payload, inspector.inspect(payload))
    assert b"4111" not in result
    assert b"alice" not in result
    json.loads(result)


SECRETS = {
    "password": "hunter2-is-gone-now",
    "aws": KEY,
    "note": "card 4111111111111111, ssn: 078-05-1120",
    "mail": "alice.liddell@example.org",
}


@given(st.data())
def test_no_piece_of_a_secret_is_left_anywhere(data: st.DataObject) -> None:
    members = {name: SECRETS[name] for name in data.draw(st.sets(st.sampled_from(sorted(SECRETS)), min_size=1))}
    payload = json.dumps(members, ensure_ascii=data.draw(st.booleans())).encode()
    if data.draw(st.booleans()):
        payload = payload.replace(b"e", b"\\u0065")
    verdict = INSPECTOR.inspect(payload)
    keeps = st.integers(0, 4)
    how = data.draw(
        st.builds(Redaction, st.just("mask"), keep_first=keeps, keep_last=keeps)
        | st.builds(Redaction, st.sampled_from(["label", "hash", "class", "remove"]))
    )
    result = INSPECTOR.redact(payload, verdict, how=how)
    text = json.dumps(json.loads(result), ensure_ascii=False) + repr(verdict) + verdict.to_json().decode()
    for name in members:
        for finding in (f for f in verdict.findings if f.kind == "sensitive-data" and f.family == "secrets"):
            value = finding._value or b""
            assert not any(value[i : i + 6].decode() in text for i in range(len(value) - 5)), name
    for value in ("4111111111111111", "078-05-1120", "alice.liddell@"):
        assert value not in text
