"""The public value types: order, immutability, and that none shows a matched or recovered byte."""

from __future__ import annotations

import base64
import copy
import io
import json
import logging
import pickle
import traceback

import pytest

import dlpcore
from tests.embedders import whitespace as embed

SECRETS = (b"4111111111111111", b"AKIAIOSFODNN7Q4MPLEX", b"hunter2-is-gone", b"078-05-1120", b"alice@example.org")
INSPECTOR = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None), key=b"k" * 32)


def payload() -> bytes:
    document = {
        "card": "4111111111111111",
        "aws": "AKIAIOSFODNN7Q4MPLEX",
        "password": "hunter2-is-gone",
        "4111111111111111": {"ssn": "078-05-1120"},
        "mail": "alice@example.org",
        "blob": base64.b64encode(b"ssn: 078-05-1120, mail alice@example.org").decode(),
    }
    return embed.dolus(json.dumps(document).encode(), b"password=hunter2-is-gone card=4111111111111111")


def fragments() -> list[bytes]:
    """Each secret, as it stands and encoded, and every piece of six characters of one."""
    pieces = {s[i : i + 6] for s in SECRETS for i in range(len(s) - 5)}
    return [*pieces, *(base64.b64encode(s)[4:12] for s in SECRETS), *(s.hex().encode()[4:16] for s in SECRETS)]


def assert_free(what: str, text: bytes | str) -> None:
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    for fragment in fragments():
        assert fragment not in data, f"{what} shows {len(fragment)} bytes of a secret"


def test_no_public_type_shows_a_secret() -> None:
    verdict = INSPECTOR.inspect(payload())
    findings = verdict.findings
    assert {"credit-card", "aws-access-key-id", "us-ssn", "email", "password"} <= {f.rule for f in findings}
    assert any(f.recovered and b"hunter2" in f.recovered for f in findings)
    shown: list[tuple[str, object]] = [("verdict", verdict), ("inspector", INSPECTOR), ("limits", INSPECTOR.limits)]
    shown += [(f"finding {f.rule}", f) for f in findings]
    shown += [("candidate", c) for f in findings for c in f.candidates]
    shown += [("skipped", s) for s in verdict.skipped]
    shown.append(("blocked", dlpcore.Blocked(verdict)))
    for name, thing in shown:
        assert_free(f"repr of {name}", repr(thing))
        assert_free(f"str of {name}", str(thing))
        assert_free(f"format of {name}", f"{thing}")
        if not isinstance(thing, dlpcore.Inspector):
            for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
                assert_free(f"pickle of {name}", pickle.dumps(thing, protocol))
    assert_free("to_json", verdict.to_json())
    assert_free("to_dict", repr(verdict.to_dict()))
    for finding in findings:
        assert_free("finding.to_dict", repr(finding.to_dict()))
        assert_free("pointer", finding.pointer or "")
        assert_free("preview", finding.preview or "")
        assert_free("reasons", " ".join(finding.reasons))


def test_no_exception_or_log_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    data = payload()
    with caplog.at_level(logging.DEBUG):
        verdict = INSPECTOR.inspect(data)
        raised: list[BaseException] = []
        for call in (
            lambda: INSPECTOR.enforce(data, verdict),
            lambda: INSPECTOR.sanitize(data[:60]),
            lambda: INSPECTOR.sanitize(b'{"4111111111111111":1,"4111111111111111":2}'),
            lambda: INSPECTOR.redact(data + b" ", verdict),
            lambda: INSPECTOR.inspect(data, media="4111111111111111"[:3]),
        ):
            with pytest.raises(dlpcore.DLPError) as info:
                call()
            raised.append(info.value)
    for error in raised:
        text = io.StringIO()
        traceback.print_exception(error, file=text)
        assert_free(f"{type(error).__name__}", str(error) + repr(error))
        assert_free("pickle of an exception", pickle.dumps(error))
    assert_free("logs", caplog.text)


def test_a_verdict_survives_pickle_without_its_secrets() -> None:
    verdict = INSPECTOR.inspect(payload())
    again = pickle.loads(pickle.dumps(verdict))
    assert again.to_dict()["action"] == verdict.to_dict()["action"]
    assert [f.fingerprint for f in again.findings] == [f.fingerprint for f in verdict.findings]
    assert [f.pointer for f in again.findings] == [f.pointer for f in verdict.findings]
    assert [f.preview for f in again.findings] == [f.preview for f in verdict.findings]
    assert all(f.recovered is None for f in again.findings)
    assert copy.copy(verdict.findings[0]).rule == verdict.findings[0].rule


def test_keys_that_are_secrets_are_hidden_in_every_pointer() -> None:
    verdict = INSPECTOR.inspect(payload())
    inside = next(f for f in verdict.findings if f.rule == "us-ssn" and not f.provenance)
    assert inside.pointer is not None
    assert inside.pointer.startswith("/[")
    assert inside.pointer.endswith("]/ssn")


def test_actions_and_severities_are_ordered_strings() -> None:
    actions = list(dlpcore.Action)
    assert [str(a) for a in actions] == ["allow", "flag", "tokenize", "redact", "sanitize", "block"]
    assert sorted(actions, reverse=True)[0] is dlpcore.Action.BLOCK
    assert dlpcore.Action.BLOCK == "block"
    assert dlpcore.Action.FLAG < "redact" <= dlpcore.Action.REDACT
    assert dlpcore.Severity.CRITICAL > dlpcore.Severity.INFO
    assert dlpcore.Action("redact") is dlpcore.Action.REDACT


def test_values_are_immutable() -> None:
    verdict = INSPECTOR.inspect(payload())
    finding = verdict.findings[0]
    with pytest.raises(AttributeError):
        verdict.action = dlpcore.Action.ALLOW  # type: ignore[misc]
    with pytest.raises(AttributeError):
        finding.severity = dlpcore.Severity.INFO
    with pytest.raises(AttributeError):
        del finding.severity
    for candidate in finding.candidates:
        with pytest.raises(AttributeError):
            candidate.score = 0.0


def test_fingerprints_are_keyed() -> None:
    def prints(key: bytes | None) -> dict[str, str | None]:
        inspector = dlpcore.Inspector(key=key)
        return {f.rule: f.fingerprint for f in inspector.inspect(b'["4111 1111 1111 1111 card"]').findings}

    assert prints(b"a" * 32) == prints(b"a" * 32)
    assert prints(b"a" * 32) != prints(b"b" * 32)
    assert prints(None) != prints(None)


@pytest.mark.parametrize("field", ["max_bytes", "max_depth", "max_findings", "deadline", "max_layers"])
@pytest.mark.parametrize("value", [0, -1, "1", True, float("nan")])
def test_limits_are_checked(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        dlpcore.Limits(**{field: value})  # type: ignore[arg-type]


def test_every_public_name_exists_and_no_more() -> None:
    for name in dlpcore.__all__:
        assert getattr(dlpcore, name) is not None
    assert set(dlpcore.__all__) <= set(dir(dlpcore))
    with pytest.raises(AttributeError, match="no attribute"):
        _ = dlpcore.nonsense  # type: ignore[attr-defined]


def test_to_json_escapes_what_a_terminal_would_act_on() -> None:
    data = '{"\u202e\u200bpassword\x7f": "hunter2-is-gone", "a\u001b[31m": "alice@example.org"}'
    data = json.dumps(json.loads(data.replace("\x1b", "\\u001b")), ensure_ascii=False)
    text = INSPECTOR.inspect(data).to_json().decode()
    assert "\u202e" not in text
    assert "\u200b" not in text
    assert "\x1b" not in text
    assert "\x7f" not in text
    assert json.loads(text)["findings"]
