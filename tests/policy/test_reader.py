"""Policies as files: what they may say, and that each mistake is an error with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

import dlpcore
from dlpcore import Action, PolicyError, Severity
from dlpcore.policy import READY, Policy, Redaction, check, load, named, names, read, reader, vocabulary
from dlpcore.rules import builtin

KNOWN = vocabulary(builtin())
HEAD = 'name = "mine"\n'


def rule(text: str, identity: str = "a", action: str = "flag") -> str:
    return f'\n[[rule]]\nid = "{identity}"\naction = "{action}"\n{text}\n'


def test_everything_that_a_rule_may_say() -> None:
    policy = read(
        HEAD
        + """
title = "what it is for"
mode = "enforce"
incomplete = "flag"
not_json = "block"
failure = "open"
signed = "block"
canonical = true

[redact]
style = "label"
label = "<{entity}>"

[sanitize]
unicode = "strip"
keys = "sorted"

[[bulk]]
entity = ["email", "phone"]
count = 50

[[rule]]
id = "for-the-processor"
action = "allow"
kind = "sensitive-data"
rule = "credit-*"
entity = "credit_card"
family = ["financial"]
compliance = "PCI-DSS"
severity = "high"
confidence = 0.8
count = 3
capacity_bits = 1
pointer = ["/payment/*/card", "$.orders[*].card", "$..pan"]
user = "svc-*"
device = "d"
client = "c"
role = "payments"
ip = ["10.0.0.0/8", "2001:db8::/32"]
endpoint = "/v1/*"
method = "POST"
direction = "request"
destination = "api.processor.example"
content_type = "application/json"
time = ["mon-fri 08:00-18:00 Europe/Berlin", "sat"]
attributes = { tenant = ["a", "b"], region = "eu" }
not = { user = "svc-test", attributes = { stage = "test" } }

[[rule]]
id = "tokens"
action = "tokenize"
transform = "cards"
entity = "credit_card"
mode = "shadow"

[[rule]]
id = "secrets"
action = "redact"
family = "secrets"
redact = { style = "mask", keep_last = 4 }
""",
        "mine.toml",
    )
    check(policy, KNOWN)
    assert (policy.name, policy.incomplete, policy.not_json) == ("mine", Action.FLAG, Action.BLOCK)
    assert policy.redact == Redaction("label", label="<{entity}>")
    allow, tokens, secrets = policy.rules
    assert allow.where.severity is Severity.HIGH
    assert allow.where.attributes == {"tenant": ("a", "b"), "region": ("eu",)}
    assert allow.unless.users == ("svc-test",)
    assert tokens.shadow
    assert tokens.transform == "cards"
    assert secrets.redact == Redaction(keep_last=4)
    assert policy.bulk[0].count == 50


BAD = [
    ('name = "mine', 1, "is not TOML"),
    ("", 1, "name is missing"),
    ('name = "My Policy"', 1, "name must be"),
    (HEAD + 'mode = "loud"', 2, "mode must be one of"),
    (HEAD + "canonical = 1", 2, "must be a boolean"),
    (HEAD + 'colour = "red"', 2, "is not a field of a policy file"),
    (HEAD + rule('colour = "red"'), 6, "is not a field of a policy file"),
    (HEAD + '\n[[rule]]\nid = "a"\n', 3, "action is missing"),
    (HEAD + rule("", action="drop"), 5, "action must be one of"),
    (HEAD + rule('kind = "sensitive"'), 6, "'sensitive' is not one of"),
    (HEAD + rule("entity = []"), 6, "must be a text or an array of texts"),
    (HEAD + rule('entity = ["email", "email"]'), 6, "names something twice"),
    (HEAD + rule("confidence = 2"), 6, "between 0 and 1"),
    (HEAD + rule('count = "many"'), 6, "must be a whole number"),
    (HEAD + rule("count = 1"), 6, "must be 2 or more"),
    (HEAD + rule('severity = "info"'), 6, "never acts"),
    (HEAD + rule('ip = "10.0.0.0/99"'), 3, "ip"),
    (HEAD + rule('time = "someday"'), 3, "time"),
    (HEAD + rule('time = "mon 25:00-26:00"'), 3, "time"),
    (HEAD + rule('time = "mon 08:00-09:00 Mars/Olympus"'), 3, "zone"),
    (HEAD + rule('pointer = "card"'), 3, "pointer"),
    (HEAD + rule('pointer = "$.a[?(@.b)]"'), 3, "pointer: "),
    (HEAD + rule('rule = "no-such-rule"\nkind = "sensitive-data"'), 3, "there is no 'no-such-rule'"),
    (HEAD + rule('entity = "unicorn"'), 3, "there is no 'unicorn'"),
    (HEAD + rule('family = "unicorns"'), 3, "there is no 'unicorns'"),
    (HEAD + rule('compliance = "NOPE:1"'), 3, "there is no 'NOPE:1'"),
    (HEAD + '[[bulk]]\ncount = 5\nentity = "unicorn"', None, "there is no 'unicorn'"),
    (HEAD + "[[bulk]]\ncount = 5", 2, "entity or family"),
    (HEAD + '[[bulk]]\nentity = "email"', 2, "count is missing"),
    (HEAD + rule("") + rule('id = "b"', action="flag").replace('id = "a"\n', ""), 8, "never reached"),
    (HEAD + rule('family = "secrets"') + rule('family = "secrets"\nrole = "x"', "b"), 8, "never reached"),
    (HEAD + rule('severity = "low"') + rule('severity = "high"', "b"), 8, "never reached"),
    (HEAD + rule('endpoint = "/v1/*"') + rule('endpoint = "/v1/orders"', "b"), 8, "never reached"),
    (HEAD + rule("") + rule("", "a"), 9, "already used in line 3"),
    (HEAD + rule('kind = "covert-channel"', action="redact"), 3, "redact cannot act on covert-channel"),
    (HEAD + rule('kind = "sensitive-data"', action="sanitize"), 3, "sanitize cannot act on sensitive-data"),
    (HEAD + 'mode = "shadow"\n' + rule('mode = "enforce"', action="block"), 7, "in shadow mode"),
    (HEAD + rule('mode = "shadow"'), 6, "holds nothing back"),
    (HEAD + rule('transform = "x"'), 6, "for the action tokenize"),
    (HEAD + rule('redact = "mask"'), 6, "for the action redact"),
    (HEAD + rule('redact = "blur"', action="redact"), 6, "must be one of"),
    (HEAD + rule('redact = { style = "label", keep_last = 4 }', action="redact"), 6, "for the style mask"),
    (HEAD + rule("redact = { length = 4, keep_last = 4 }", action="redact"), 6, "exclude each other"),
    (HEAD + rule('redact = { style = "label", label = "{value}" }', action="redact"), 6, "knows {entity}"),
    (HEAD + rule("redact = { keep_last = 99 }", action="redact"), 6, "16 or less"),
    (HEAD + rule("not = {}"), 6, "asks nothing"),
    (HEAD + rule('not = { colour = "red" }'), 6, "is not a field"),
    (HEAD + rule('when = "finding.confidence >"'), 3, "Syntax error"),
    (HEAD + rule('when = "nobody.knows == 1"'), 3, "undeclared"),
    (HEAD + rule('when = "1 + 1"'), 3, "yes or no"),
]


@pytest.mark.parametrize(("text", "line", "message"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_each_mistake_has_its_place(text: str, line: int | None, message: str) -> None:
    with pytest.raises(PolicyError) as error:
        check(read(text, "mine.toml"), KNOWN)
    assert message in str(error.value)
    assert (error.value.file, error.value.line) == ("mine.toml", line)


def test_rules_that_only_look_covered_are_not() -> None:
    for text in (
        rule('family = "secrets"', action="redact") + rule('kind = "covert-channel"', "b", "block"),
        rule('family = "secrets"\nmode = "shadow"', action="block") + rule('family = "secrets"', "b", "redact"),
        rule('severity = "high"') + rule('severity = "low"', "b"),
        rule('not = { role = "x" }') + rule("", "b"),
        rule('when = "finding.in_key"') + rule("", "b"),
        rule("", action="redact") + rule("", "b", "block"),
        rule('endpoint = "/v1/orders"') + rule('endpoint = "/v1/*"', "b"),
    ):
        check(read(HEAD + text, "mine.toml"), KNOWN)


def test_the_ready_policies_are_those_of_the_folder() -> None:
    files = Path(reader.__file__).with_name("ready").glob("*.toml")
    assert dict(READY) == {file.stem: named(file.stem).canonical for file in files}


@pytest.mark.parametrize("name", names())
def test_ready_policies_are_sound(name: str) -> None:
    policy = named(name)
    assert policy.name == name
    assert policy.title
    check(policy, KNOWN)
    dlpcore.Inspector(policy=name)


def test_files(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(HEAD + rule('family = "secrets"', action="block"), encoding="utf-8")
    assert load(file) == named(file) == named(str(file))
    assert dlpcore.Inspector(policy=file).policy.name == "mine"
    assert dlpcore.Inspector(policy=str(file)).policy.rules[0].id == "a"
    file.write_text(HEAD + rule('entity = "unicorn"'), encoding="utf-8")
    with pytest.raises(PolicyError, match=r"mine\.toml:3: .*unicorn"):
        dlpcore.Inspector(policy=file)
    with pytest.raises(PolicyError, match="cannot be read"):
        named(tmp_path / "gone.toml")
    file.write_bytes(b'name = "mine"\n# \xff')
    with pytest.raises(PolicyError, match=r"toml:2: is not UTF-8"):
        load(file)
    with pytest.raises(PolicyError, match="there is: active-warden, balanced"):
        named("nobody")


def test_a_policy_of_types_is_checked_too() -> None:
    from dlpcore.policy import Conditions, PolicyRule

    wrong = Policy("p", (PolicyRule("a", Action.FLAG, where=Conditions(entities=("unicorn",))),))
    with pytest.raises(PolicyError, match="unicorn"):
        dlpcore.Inspector(policy=wrong)
