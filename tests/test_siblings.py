"""Values that a member beside them names are found as under that name; what only looks so is left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

import dlpcore

INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None))
PASSWORD, SECRET, BEARER = "hunter2X9q!zz", "9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c", "Bearer kX93hdU2nsQ8fLw01zPqRt"


def found(document: Any) -> list[tuple[str, str]]:
    """Rule and pointer of what is above info."""
    verdict = INSPECTOR.inspect(json.dumps(document).encode())
    assert verdict.complete
    return [(f.rule, f.pointer) for f in verdict.findings if f.severity > dlpcore.Severity.INFO]


@pytest.mark.parametrize(
    ("rule", "pointer", "document"),
    [
        ("password", "/env/0/value", {"env": [{"name": "DB_PASSWORD", "value": PASSWORD}]}),
        ("generic-secret", "/request/header/0/value", {"request": {"header": [{"key": "x-api-key", "value": SECRET}]}}),
        ("authorization-bearer", "/headers/0/value", {"headers": [{"name": "Authorization", "value": BEARER}]}),
        ("authorization-bearer", "/headers/1/1", {"headers": [["Host", "a.example"], ["Authorization", BEARER]]}),
        ("us-ssn-bare", "/number", {"type": "ssn", "number": "219099999"}),
        ("us-ssn-bare", "/number", {"type": "ssn", "number": 219099999}),
        ("password", "/0/ParameterValue", [{"ParameterKey": "DBPassword", "ParameterValue": PASSWORD}]),
        ("password", "/a/0/value/stringValue", {"a": [{"key": "db.password", "value": {"stringValue": PASSWORD}}]}),
        ("generic-secret", "/values/0", {"name": "AUTH_TOKEN", "values": [SECRET]}),
        ("birth-date", "/answer", {"question": "What is your date of birth?", "answer": "1984-03-02"}),
        ("phone-number-keyed", "/telecom/0/value", {"telecom": [{"system": "phone", "value": "030 1234567"}]}),
        ("passport-number", "/idNumber", {"idType": "PASSPORT", "idNumber": "C01X00T47"}),
        ("password", "/value", {"id": "f-12", "type": "input", "label": "Database password", "value": PASSWORD}),
    ],
)
def test_what_a_member_beside_it_names_is_found(rule: str, pointer: str, document: Any) -> None:
    assert found(document) == [(rule, pointer)]


@pytest.mark.parametrize("document", [{"name": "DB_PASSWORD", "value": PASSWORD, "x": [1, {"name": "y"}]}])
def test_the_order_of_members_does_not_matter(document: dict[str, Any]) -> None:
    backwards = dict(reversed(list(document.items())))
    assert found(document) == found(backwards) == [("password", "/value")]


def test_a_name_in_other_spellings_is_the_same() -> None:
    for name in (rb"DB_P\u0041SSWORD", "DB_P\u0430SSWORD".encode(), b"db-password"):
        payload = b'{"value":"' + PASSWORD.encode() + b'","name":"' + name + b'"}'
        assert "password" in {f.rule for f in INSPECTOR.inspect(payload).findings}


@pytest.mark.parametrize(
    "document",
    [
        ["password", "email"],
        ["password", PASSWORD, "email"],
        {"name": "password", "type": "string", "value": "required"},
        {"name": "API_KEY", "value": "${API_KEY}"},
        {"name": "PASSWORD_FILE", "value": "/run/secrets/db_password"},
        {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
        {"name": "Password reset", "id": "8f14e45fceea167a5a36dedd4bea2543", "value": 3},
        {"name": "ETag", "value": SECRET},
        {"key": "order_id", "value": "219099999"},
        {"type": "address", "order_number": "PO 6080209"},
        {"type": "ssn", "invoiceNumber": "219099999"},
        {"number": 1347, "title": "Fix phone number parsing", "state": "open"},
        {"name": "token_count", "value": 123456789},
        {"name": "x" * 120 + " password", "value": PASSWORD},
        {"password": 1, "name": "notes", "value": "hunter2"},
        [{"name": "password"}, {"value": PASSWORD}],
        {"name": "password", "inner": {"value": PASSWORD}},
    ],
)
def test_what_only_looks_like_a_name_names_nothing(document: Any) -> None:
    assert found(document) == []


def test_a_name_can_speak_against_a_value() -> None:
    number = "4111 1111 1111 1111"
    (plain,) = INSPECTOR.inspect(json.dumps({"value": number}).encode()).findings
    against = INSPECTOR.inspect(json.dumps({"name": "order id", "value": number}).encode()).findings
    assert not against or against[0].confidence < plain.confidence


def test_no_reason_shows_the_name() -> None:
    (finding,) = INSPECTOR.inspect(json.dumps({"name": "XQZ DB_PASSWORD", "value": PASSWORD}).encode()).findings
    assert "a name beside it says so (password)" in finding.reasons
    assert "XQZ" not in repr(finding) + str(finding.to_dict())


def test_redaction_takes_the_value_and_leaves_its_name() -> None:
    payload = json.dumps([{"value": PASSWORD, "name": "DB_PASSWORD"}, ["X-Api-Key", SECRET]]).encode()
    masked = json.loads(INSPECTOR.redact(payload))
    assert masked == [{"value": "*" * len(PASSWORD), "name": "DB_PASSWORD"}, ["X-Api-Key", "*" * len(SECRET)]]


def test_many_members_cost_no_more_than_their_number() -> None:
    """Four names and four values are kept of an object: the rest is named by what stands before it."""
    members = {"_" * i + "value": PASSWORD for i in range(400)} | {"name": "DB_PASSWORD", "string_value": PASSWORD}
    pointers = {pointer for _, pointer in found(members)}
    assert pointers == {*(f"/{'_' * i}value" for i in range(4)), "/string_value"}
