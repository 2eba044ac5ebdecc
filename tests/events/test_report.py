"""Reports from an audit log: who saw what, and what a breach notice has to name."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlpcore import Context, EventError, Inspector, Limits, TokenError
from dlpcore.events import AuditLog, Event, access_review, breach_report, opened
from dlpcore.events.audit import read
from dlpcore.events.report import Selection
from dlpcore.tokenize import Keyring, Tokenizer, by_role

INSPECTOR = Inspector(key=b"k" * 32, limits=Limits(deadline=None))
ANN = Context(user="ann", roles=("clerk",), endpoint="/v1/users", destination="crm.example")
BOB = Context(user="bob", roles=("clerk", "admin"), endpoint="/v1/pay", destination="bank.example")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    audit = AuditLog(path)

    def seen(payload: bytes, context: Context, at: float) -> None:
        audit.append(Event.of_verdict(INSPECTOR.inspect(payload), context, policy="balanced", at=at))

    seen(b'{"email":"bob.smith@corp-mail.org"}', ANN, 1_000_000_000)  # flagged: went out
    seen(b'{"email":"bob.smith@corp-mail.org"}', ANN, 1_000_000_060)
    seen(b'{"email":"eve.jones@corp-mail.org"}', BOB, 1_000_000_120)
    seen(b'{"card":"4111111111111111"}', BOB, 1_000_000_180)  # redacted
    tokenizer = Tokenizer(Keyring({"k1": bytes(32)}, "k1"), may_open=by_role({"note": {"admin"}}), audit=opened(audit))
    token = tokenizer.token(b"a secret that nobody finds by trying", "note")
    tokenizer.open(token, context=BOB)
    with pytest.raises(TokenError):
        tokenizer.open(token, context=ANN)
    return path


def test_a_breach_report_counts_distinct_values_that_went_out(log: Path) -> None:
    report = breach_report(read(log))
    assert report["events"] == 6 and report["incomplete_inspections"] == 0
    mails = report["by_entity"]["email"]
    assert (mails["events"], mails["values"], mails["distinct"], mails["at_least"]) == (3, 3, 2, False)
    assert mails["first"] == "2001-09-09T01:46:40.000000Z" and mails["last"] == "2001-09-09T01:48:40.000000Z"
    assert report["by_entity"]["note"]["at_least"]  # tokens that were opened have no fingerprint
    assert "credit_card" not in report["by_entity"] and report["stopped"]["values"] == 2
    assert report["by_actor"]["ann"]["distinct"] == 1 and report["by_destination"]["crm.example"]["values"] == 2
    assert report["payloads_with_data_in_clear"] == 4
    assert any(tag.startswith("GDPR") for tag in report["compliance"])


def test_a_report_can_be_on_some_events(log: Path) -> None:
    some = breach_report(read(log), Selection(actor="ann", until="2001-09-10"))
    assert some["by_entity"]["email"]["distinct"] == 1 and list(some["by_actor"]) == ["ann"]
    later = breach_report(read(log), Selection(since="2001-09-09T01:48:00Z", until="2001-09-10", endpoint="/v1/p*"))
    assert later["events"] == 2 and list(later["by_endpoint"]) == ["/v1/pay"]
    with pytest.raises(EventError, match="RFC 3339"):
        Selection(since="yesterday")


def test_an_access_review(log: Path) -> None:
    rows = {(r["role"], r["entity"], r["endpoint"]): r for r in access_review(read(log))}
    assert rows["clerk", "email", "/v1/users"]["in_clear"] == 2
    assert rows["admin", "note", "/v1/pay"]["opened"] == 1 and rows["clerk", "note", "/v1/users"]["refused"] == 1
    assert rows["admin", "credit_card", "/v1/pay"]["protected"] == 1
