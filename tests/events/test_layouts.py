"""Events in the words of SIEMs: the required fields, nothing of the payload, and nothing that steers a terminal."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from dlpcore import Context, Inspector, Limits
from dlpcore.events import LAYOUTS, Event, cef, ecs, ocsf
from dlpcore.model import is_invisible
from dlpcore.tokenize import Access
from tests.embedders import whitespace

INSPECTOR = Inspector(key=b"k" * 32, limits=Limits(deadline=None))
CONTEXT = Context(
    user="ann",
    device="laptop-7",
    client="curl",
    roles=("clerk", "fraud"),
    ip="192.0.2.7",
    endpoint="/v1/pay?token=hunter2hunter2",
    method="POST",
    direction="outbound",
    destination="partner.example",
    attributes={"record": "77"},
)
PAYLOAD = (
    b'{"card":"4111111111111111","again":{"card":"4111111111111111"},"ssn":"078-05-1120","t":"AKIAIOSFODNN7Q4MPLEX"}'
)
OCSF = jsonschema.Draft202012Validator(
    OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.4.0")).get_class_schema(
        class_name="data_security_finding", profiles=["security_control", "host"]
    )
)
PIECES = (b"4111111111111111", b"078-05-1120", b"AKIAIOSFODNN7Q4MPLEX", b"hunter2hunter2")


def event(payload: bytes = PAYLOAD, context: Context | None = CONTEXT) -> Event:
    return Event.of_verdict(INSPECTOR.inspect(payload), context, policy="balanced", at=1_795_000_000.25, uid="ab" * 16)


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_no_piece_of_a_value_is_in_any_layout(layout: str) -> None:
    line = LAYOUTS[layout](event()).encode()
    for piece in PIECES:
        for at in range(len(piece) - 5):
            assert piece[at : at + 6] not in line


@given(
    st.lists(
        st.sampled_from(["card", "ssn", "password", "note"]).flatmap(
            lambda key: st.tuples(st.just(key), st.booleans(), st.from_regex(r"[a-z0-9]{8,16}", fullmatch=True))
        ),
        max_size=4,
    )
)
def test_nor_of_values_in_keys_text_and_layers(members: list[tuple[str, bool, str]]) -> None:
    secrets: list[str] = []
    document: dict[str, Any] = {}
    for n, (key, in_key, text) in enumerate(members):
        made = {
            "card": "4111111111111111",
            "ssn": "078-05-1120",
            "password": f"Zq7{text}",
            "note": f"AKIA{text.upper():Q<16}",
        }
        secret = made[key][:20]
        secrets.append(secret)
        document[f"{key}{n}"] = (
            {f"{key} {secret}": 1} if in_key else [secret, base64.b64encode(secret.encode()).decode()]
        )
        document[key] = secret
    payload = json.dumps(document).encode()
    verdict = INSPECTOR.inspect(payload)
    found = {
        s
        for s in secrets
        if any(s.encode() in payload[slice(*f.span)] for f in verdict.findings if f.severity > "info")
    }
    for layout in LAYOUTS.values():
        line = layout(Event.of_verdict(verdict, CONTEXT))
        for secret in found:
            assert not any(secret[at : at + 6] in line for at in range(len(secret) - 5))


def test_groups_and_counts() -> None:
    found = event().to_dict()
    cards = next(o for o in found["observed"] if o["entity"] == "credit_card")
    assert cards["count"] == 2 and len(cards["fingerprints"]) == 1
    assert found["entities"]["credit_card"] == 2
    assert found["context"]["endpoint"] == "/v1/pay"
    assert found["time"] == "2026-11-18T11:06:40.250000Z"


def test_ocsf_has_what_its_class_requires() -> None:
    found = ocsf(event())
    json.dumps(found)
    assert (found["class_uid"], found["category_uid"], found["type_uid"]) == (2006, 2, 200601)
    for field in (
        "activity_id",
        "class_uid",
        "category_uid",
        "type_uid",
        "severity_id",
        "time",
        "metadata",
        "finding_info",
    ):
        assert field in found
    assert found["metadata"]["version"] == "1.4.0" and found["metadata"]["product"]["vendor_name"]
    assert found["finding_info"]["uid"] == "ab" * 16 and found["finding_info"]["title"]
    assert isinstance(found["time"], int) and found["time"] == 1_795_000_000_250
    assert 0 <= found["severity_id"] <= 6 and 0 <= found["risk_score"] <= 100 and 0 <= found["confidence_score"] <= 100
    assert found["data_security"]["category_id"] == 99 and found["data_security"]["policy"] == {"name": "balanced"}
    assert found["actor"]["user"]["name"] == "ann" and found["src_endpoint"]["ip"] == "192.0.2.7"
    assert any(tag.startswith("PCI-DSS") for tag in found["metadata"]["labels"])
    assert {r["name"] for r in found["resources"]} >= {"/card", "/ssn"}


@pytest.mark.parametrize(
    ("payload", "action", "disposition"),
    [
        (b'{"a":1}', (1, "Allowed"), (1, "Allowed")),
        (b'{"email":"bob.smith@corp-mail.org"}', (3, "Observed"), (15, "Detected")),
        (b'{"card":"4111111111111111"}', (4, "Modified"), (11, "Corrected")),
        (whitespace.dolus(b'{"a":1}', b"a message that is hidden"), (2, "Denied"), (2, "Blocked")),
    ],
)
def test_ocsf_says_what_was_done(payload: bytes, action: tuple[int, str], disposition: tuple[int, str]) -> None:
    found = ocsf(event(payload, None))
    assert (found["action_id"], found["action"]) == action
    assert (found["disposition_id"], found["disposition"]) == disposition
    assert "actor" not in found and "src_endpoint" not in found


@pytest.mark.parametrize(
    "payload",
    [PAYLOAD, b"{}", b'{"a":1,"a":2}', b'{"a":', b"", whitespace.dolus(b"7", b"card 4111111111111111"), b'{"iban":7}'],
)
@pytest.mark.parametrize("context", [CONTEXT, None, Context(roles=("a",)), Context(ip="fe80::1%eth0", client="x")])
def test_ocsf_is_valid_by_its_schema(payload: bytes, context: Context | None) -> None:
    found = json.loads(LAYOUTS["ocsf"](event(payload, context)))
    OCSF.validate(found)
    assert set(found["metadata"]["profiles"]) == {"security_control", "host"}


def test_of_an_attempt_to_open_tokens_too() -> None:
    for allowed in (True, False):
        access = Access("detokenize", "acme", {"email": 2}, CONTEXT, allowed, "" if allowed else "refused")
        OCSF.validate(json.loads(LAYOUTS["ocsf"](Event.of_access(access))))


def test_what_rules_in_shadow_mode_would_have_done_is_told() -> None:
    watching = Inspector(policy="monitor", key=b"k" * 32, limits=Limits(deadline=None))
    made = Event.of_verdict(watching.inspect(PAYLOAD), CONTEXT, policy="monitor")
    assert (made.action, made.shadow, made.allowed) == ("flag", "redact", True)
    assert made.to_dict()["shadow"] == "redact"
    assert {o["shadow"] for o in made.to_dict()["observed"] if o["entity"] == "credit_card"} == {"redact"}
    found = json.loads(LAYOUTS["ocsf"](made))
    OCSF.validate(found)
    assert found["unmapped"]["shadow"] == "redact" and found["resources"][0]["data"]["shadow"] == "redact"
    assert ecs(made)["dlpcore"]["shadow"] == "redact"
    _, extension = _fields(cef(made))
    assert (extension["cs6Label"], extension["cs6"]) == ("shadow", "redact")
    assert event().shadow is None and "cs6" not in _fields(cef(event()))[1]


def test_one_category_is_named() -> None:
    assert ocsf(event(b'{"card":"4111111111111111"}'))["data_security"]["category"] == "Financial"


def test_ecs() -> None:
    found = ecs(event())
    json.dumps(found)
    assert found["@timestamp"].endswith("Z") and found["ecs"]["version"].startswith("8.")
    assert found["event"]["kind"] == "alert" and found["event"]["action"] == "inspect-redact"
    assert found["event"]["type"] == ["change"] and found["user"] == {"name": "ann", "roles": ["clerk", "fraud"]}
    assert found["url"] == {"path": "/v1/pay"} and found["labels"] == {"record": "77"}
    assert ecs(event(b"{}", None))["event"]["kind"] == "event"


def _fields(line: str) -> tuple[list[str], dict[str, str]]:
    """Reads a line of CEF as its description says."""
    parts = re.split(r"(?<!\\)(?:\\\\)*\|", line, maxsplit=7)
    pairs = re.findall(r"(\w+)=((?:\\.|[^\\=])*?)(?= \w+=|$)", parts[7])
    return parts[:7], {key: re.sub(r"\\(.)", r"\1", value) for key, value in pairs}


def test_cef() -> None:
    head, extension = _fields(cef(event()))
    assert head[0] == "CEF:0" and head[1] == "dlpcore" and 0 <= int(head[6]) <= 10
    assert extension["act"] == "redact" and extension["suser"] == "ann" and extension["src"] == "192.0.2.7"
    assert extension["cs2Label"] == "entities" and "credit_card:2" in extension["cs2"]
    assert extension["request"] == "/v1/pay" and extension["rt"] == "1795000000250"


NASTY = st.text(st.sampled_from("a|=\\\n\r\0\x1b[\u202e\u200b\u2066é😀\"' "), max_size=12)


@given(NASTY, NASTY, NASTY)
def test_what_comes_from_outside_cannot_steer(user: str, endpoint: str, record: str) -> None:
    context = Context(user=user, endpoint=endpoint, roles=(user,), ip=record, attributes={"record": record})
    made = event(context=context)
    for layout in LAYOUTS.values():
        line = layout(made)
        assert not any(is_invisible(ch) for ch in line)
    head, extension = _fields(cef(made))
    assert len(head) == 7
    if user:
        assert extension.get("suser", "").strip() == made.context.user.strip()  # type: ignore[union-attr]
    OCSF.validate(json.loads(LAYOUTS["ocsf"](made)))
    for layout in ("json", "ocsf", "ecs"):
        read: dict[str, Any] = json.loads(LAYOUTS[layout](made))
        assert read


def test_long_texts_are_cut() -> None:
    made = event(context=Context(user="u" * 10_000, attributes={str(n): "v" * 10_000 for n in range(100)}))
    assert made.context.user is not None and len(made.context.user) <= 513 and len(made.context.attributes) == 50
    assert len(LAYOUTS["ocsf"](made)) < 100_000


def test_many_findings_fit_an_event() -> None:
    cards = b",".join(b'"078-05-1%03d"' % n for n in range(100, 999))
    made = event(b'{"ssn":[' + cards + b"]}", None)
    assert sum(o.values for o in made.observed) >= 500
    assert len(LAYOUTS["json"](made)) < 60_000


def test_an_attempt_to_open_tokens() -> None:
    access = Access(
        "detokenize", "acme", {"credit_card": 2}, CONTEXT, False, "this context may not see these values in clear"
    )
    made = Event.of_access(access, at=0.0, uid="00" * 16)
    assert not made.allowed and made.severity == "medium"
    assert ocsf(made)["disposition"] == "Blocked" and ecs(made)["event"]["type"] == ["denied"]
    assert "outcome=denied" in cef(made) and "Tokens refused" in cef(made)
