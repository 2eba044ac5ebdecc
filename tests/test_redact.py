"""Redaction is byte-exact: what was not found stays, what was found is gone, JSON stays JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlpcore
from dlpcore.redact import Splice, apply
from tests import strategies
from tests.embedders import whitespace as embed

INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))
SECRETS = ["4111111111111111", "alice@example.org", "078-05-1120", "AKIAIOSFODNN7Q4MPLEX", "DE89370400440532013000"]


@pytest.mark.parametrize(
    ("payload", "wanted"),
    [
        (b'{ "card" : "4111111111111111" }', b'{ "card" : "****************" }'),
        (b'["pay 4111 1111 1111 1111 now"]', b'["pay ******************* now"]'),
        (b'{"card":4111111111111111}', b'{"card":0}'),
        (b'{"card":4.111111111111111e15}', b'{"card":0}'),
        (b'["alice@example.org","bob@example.org"]', b'["*****************","***************"]'),
        (b'["a","b"]', b'["a","b"]'),
        (b'{"a":"\\u0061lice@example.org\\n"}', b'{"a":"*****************\\n"}'),
    ],
)
def test_values(payload: bytes, wanted: bytes) -> None:
    assert INSPECTOR.redact(payload) == wanted


def test_keys_stay_distinct() -> None:
    payload = b'{"alice@example.org":1,"bob@example.org":2}'
    result = json.loads(INSPECTOR.redact(payload), object_pairs_hook=list)
    assert len({key for key, _ in result}) == 2
    assert [value for _, value in result] == [1, 2]
    assert b"example" not in INSPECTOR.redact(payload)


def test_what_white_space_hid_goes_with_it() -> None:
    payload = embed.dolus(b'{"a": 1}', b"card 4111111111111111")
    assert INSPECTOR.redact(payload) == b'{"a": 1}'


def test_neighbours_and_nested_findings() -> None:
    payload = b'["alice@example.org,bob@example.org 078-05-1120 4111111111111111"]'
    result = INSPECTOR.redact(payload)
    for part in (b"alice", b"bob", b"078", b"4111"):
        assert part not in result
    json.loads(result)


@given(st.data())
def test_redaction_is_exact_and_final(data) -> None:
    secrets = data.draw(st.lists(st.sampled_from(SECRETS), min_size=1, max_size=4))
    filler = st.text(st.characters(codec="utf-8", exclude_categories=["N", "L"]), max_size=6)
    members = {f"k{i}": data.draw(filler) + " " + secret + " " + data.draw(filler) for i, secret in enumerate(secrets)}
    members["other"] = data.draw(strategies.values)
    payload = json.dumps(
        members, ensure_ascii=data.draw(st.booleans()), indent=data.draw(st.sampled_from([None, 2]))
    ).encode()
    verdict = INSPECTOR.inspect(payload)
    result = INSPECTOR.redact(payload, verdict)
    json.loads(result)
    for secret in secrets:
        assert secret.encode() not in result
    # everything outside the findings is identical, in order
    at = position = 0
    spans = sorted(s for f in verdict.findings if f.kind == "sensitive-data" and f.severity > "info" for s in f.spans)
    for start, end in spans:
        if start < at:
            continue
        kept = payload[at:start]
        assert result[position : position + len(kept)] == kept
        position += len(kept)
        position += len(result[position:]) - len(result[position:].lstrip(b"*"))
        at = end

    def values(found: dlpcore.Verdict) -> set[tuple[str, str | None]]:
        return {(f.rule, f.fingerprint) for f in found.findings if f.kind == "sensitive-data" and f.severity > "info"}

    assert not values(INSPECTOR.inspect(result)) & values(verdict)


def test_broken_payloads_are_masked_too() -> None:
    payload = b'{"card": "4111111111111111", "x": '
    assert INSPECTOR.redact(payload) == b'{"card": "****************", "x": '
    assert INSPECTOR.redact(b"card 4111111111111111") == b"card " + b"*" * 16
    utf16 = '{"card":"4111111111111111"}'.encode("utf-16")
    assert "4111".encode("utf-16-le") not in INSPECTOR.redact(utf16)


def test_splices_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        apply(b"abcdef", [Splice(0, 3, b"x"), Splice(2, 4, b"y")])
    assert apply(b"abcdef", [Splice(4, 5, b""), Splice(0, 2, b"xyz")]) == b"xyzcdf"
