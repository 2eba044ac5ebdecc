"""Enforcing: all edits of a verdict in one go, what is signed, what fails, and what every payload pays."""

from __future__ import annotations

import base64
import json
import logging
import pickle
import traceback

import pytest

import dlpcore
from dlpcore import Blocked, Context, InputError
from dlpcore.policy import read
from dlpcore.tokenize import Keyring, Sealed, Tokenizer, anyone
from tests.embedders import whitespace as embed

TOKENIZER = Tokenizer(
    Keyring({"k1": bytes(range(32))}, "k1"), tenant="acme", schemes={"credit_card": Sealed()}, may_open=anyone
)
RULES = """
[[rule]]
id = "cards"
action = "tokenize"
entity = "credit_card"

[[rule]]
id = "mail"
action = "redact"
entity = "email"
redact = "label"

[[rule]]
id = "form"
action = "sanitize"
kind = "covert-channel"
severity = "medium"
"""
PAYLOAD = b'{"card": "4111111111111111", "mail": "alice@example.org", "n": 1.0}'


def inspector(rules: str = RULES, head: str = "") -> dlpcore.Inspector:
    policy = read(f'name = "mine"\n{head}\n{rules}', "mine.toml")
    return dlpcore.Inspector(policy=policy, limits=dlpcore.Limits(deadline=None), key=b"k" * 32)


def test_all_edits_in_one_go() -> None:
    mine = inspector()
    payload = embed.dolus(PAYLOAD, b"meet me at noon")
    verdict = mine.inspect(payload)
    assert {str(f.action) for f in verdict.findings} >= {"tokenize", "redact", "sanitize"}
    result = mine.enforce(payload, verdict, tokenizer=TOKENIZER)
    document = json.loads(result)
    assert document["mail"] == "[email]"
    assert document["card"].startswith("tok_k1_")
    assert result == json.dumps(document, separators=(",", ":")).replace("1.0", "1").encode()
    again = mine.inspect(result)
    assert again.action == "allow"
    back = json.loads(mine.detokenize(result, TOKENIZER))
    assert back["card"] == "4111111111111111"


def test_tokens_keep_all_other_bytes() -> None:
    mine = inspector()
    result = mine.enforce(PAYLOAD, mine.inspect(PAYLOAD), tokenizer=TOKENIZER)
    token = json.loads(result)["card"].encode()
    wanted = PAYLOAD.replace(b"4111111111111111", token).replace(b"alice@example.org", b"[email]")
    assert result == wanted
    number = b'{"card": 4111111111111111}'
    result = mine.enforce(number, mine.inspect(number), tokenizer=TOKENIZER)
    assert mine.detokenize(result, TOKENIZER) == number


def test_a_value_in_a_layer_is_tokenized_or_goes() -> None:
    mine = inspector()
    blob = base64.b64encode(b'{"card":"4111111111111111","mail":"alice@example.org"}').decode()
    payload = json.dumps({"x": blob}).encode()
    result = mine.enforce(payload, mine.inspect(payload), tokenizer=TOKENIZER)
    assert not {f.rule for f in mine.inspect(result).findings} & {"credit-card", "email"}


def test_several_tokenizers_by_name() -> None:
    rules = RULES.replace('action = "tokenize"', 'action = "tokenize"\ntransform = "cards"')
    mine = inspector(rules)
    verdict = mine.inspect(PAYLOAD)
    assert b"tok_k1" in mine.enforce(PAYLOAD, verdict, tokenizer={"cards": TOKENIZER})
    for wrong in ({"others": TOKENIZER}, None):
        with pytest.raises(InputError, match="a tokenizer named 'cards'"):
            mine.enforce(PAYLOAD, verdict, tokenizer=wrong)


@pytest.mark.parametrize(
    ("context", "payload"),
    [
        (Context(attributes={"content-digest": "sha-256=:x:"}), PAYLOAD),
        (Context(attributes={"signature-input": "sig1=()"}), PAYLOAD),
        (Context(content_type="application/jose+json; charset=utf-8"), PAYLOAD),
        (None, b'{"payload":"alice@example.org","signatures":[{"protected":"e30","signature":"AA"}]}'),
        (None, b'{"payload":"alice@example.org","protected":"e30","signature":"AA"}'),
    ],
)
def test_what_is_signed_is_not_edited(context: Context | None, payload: bytes) -> None:
    strict = inspector(head='signed = "block"')
    verdict = strict.inspect(payload, context)
    assert verdict.action == "block"
    assert "signed" in verdict.reasons[-1]
    with pytest.raises(Blocked, match="signed"):
        strict.enforce(payload, verdict, tokenizer=TOKENIZER)
    lax = inspector()
    assert lax.inspect(payload, context).action < "block"
    assert strict.inspect(b'{"a": "nothing"}', context).action == "allow"  # what is not edited may be signed


def test_a_value_in_a_signed_token() -> None:
    parts = (b'{"alg":"HS256"}', b'{"mail":"alice@example.org"}', b"a signature of bytes")
    token = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    payload = json.dumps({"t": token}).encode()
    assert inspector(head='signed = "block"').inspect(payload).action == "block"


def test_failures_close_or_open() -> None:
    rules = '[[rule]]\nid = "a"\naction = "sanitize"\nkind = "structure"\nseverity = "high"'
    broken = b'{"a": "x",}'
    closed = inspector(rules)
    verdict = closed.inspect(broken)
    assert verdict.action == "sanitize"
    with pytest.raises(Blocked, match="an edit failed: trailing-comma at byte") as error:
        closed.enforce(broken, verdict)
    assert error.value.verdict is verdict
    assert error.value.failure
    assert pickle.loads(pickle.dumps(error.value)).failure == error.value.failure
    opened = inspector(rules, 'failure = "open"')
    assert opened.enforce(broken, opened.inspect(broken)) == broken


def test_what_cannot_be_sanitized_is_no_success() -> None:
    message = b"meet me at the station at noon and bring the papers"
    words = json.dumps({"w": list(message)}).encode()
    rules = '[[rule]]\nid = "a"\naction = "sanitize"\nkind = ["covert-channel", "structure"]'
    mine = inspector(rules)
    verdict = mine.inspect(words)
    assert verdict.action == "sanitize"
    with pytest.raises(Blocked, match=r"does not take away structure\.byte-array"):
        mine.enforce(words, verdict)


def test_active_warden_empties_what_it_does_not_see() -> None:
    warden = dlpcore.Inspector(policy="active-warden", limits=dlpcore.Limits(deadline=None))
    clean = warden.inspect(b'{"a":1}')
    assert (clean.action, clean.findings) == ("sanitize", ())
    for payload in (b'{ "b" : 1.0,  "a":"\\u0041" }', b'{"a":"A","b":1}', b'{"b":1e0,"a":"A"}'):
        assert warden.enforce(payload, warden.inspect(payload)) == b'{"a":"A","b":1}'
    signed = Context(attributes={"content-digest": "sha-256=:x:"})
    assert warden.inspect(b'{"a":1}', signed).action == "block"
    assert dlpcore.Inspector().inspect(b'{"a":1}') is dlpcore.Inspector().inspect(b'{"b":1}')  # no one else pays


def test_half_an_inspection_is_not_enforced() -> None:
    mine = inspector()
    payload = b'{"mail": "alice@example.org", "other": "bob@example.org"}'
    verdict = mine.inspect(payload, first_match=True)
    assert not verdict.complete
    with pytest.raises(InputError, match="first match"):
        mine.enforce(payload, verdict)


def test_errors_and_logs_are_free_of_values(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    mine = inspector()
    verdict = mine.inspect(PAYLOAD)
    with pytest.raises(InputError) as error:
        mine.enforce(PAYLOAD, verdict)
    with pytest.raises(InputError, match="another payload"):
        mine.enforce(PAYLOAD + b" ", verdict, tokenizer=TOKENIZER)
    shown = "".join(traceback.format_exception(error.value)) + caplog.text + repr(verdict)
    assert "4111" not in shown.replace("41************11", "")
    assert "alice@" not in shown
