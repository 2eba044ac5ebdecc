"""What policies ask of findings and of their context, and who decides when several rules match."""

from __future__ import annotations

import datetime
import json
import pickle

import pytest

import dlpcore
from dlpcore import Action, Context, PolicyError
from dlpcore.policy import decide, read
from dlpcore.policy.paths import compile_path
from dlpcore.policy.patterns import any_of, window

CARD = b'{"orders":[{"card":"4111111111111111"}]}'


def inspector(text: str, head: str = "") -> dlpcore.Inspector:
    policy = read(f'name = "mine"\nincomplete = "block"\n{head}\n{text}', "mine.toml")
    return dlpcore.Inspector(policy=policy, limits=dlpcore.Limits(deadline=None), key=b"k" * 32)


FOUND = dlpcore.Inspector(limits=dlpcore.Limits(deadline=None), key=b"k" * 32).inspect(CARD).findings


def decided(condition: str, context: Context | None = None) -> bool:
    """Whether a rule with this condition decides what is found in ``CARD``."""
    policy = read(f'name = "mine"\n[[rule]]\nid = "a"\naction = "flag"\n{condition}', "mine.toml")
    return decide(policy, [finding.replace() for finding in FOUND], (), context).action == "flag"


BERLIN = datetime.datetime(2026, 11, 23, 8, 30, tzinfo=datetime.UTC).timestamp()  # a Monday, half past nine there
SOMEONE = Context(
    user="svc-payments",
    device="laptop-7",
    client="curl/8",
    roles=("staff", "payments"),
    ip="10.1.2.3",
    endpoint="/v1/orders/17",
    method="post",
    direction="request",
    destination="API.processor.example",
    content_type="application/json; charset=utf-8",
    time=BERLIN,
    attributes={"tenant": "a", "region": "eu"},
)


@pytest.mark.parametrize(
    ("condition", "matches"),
    [
        ('kind = "sensitive-data"', True),
        ('kind = "yara"', False),
        ('rule = "credit-card"', True),
        ('rule = "credit-*"', True),
        ('rule = "*-card"', True),
        ('rule = "email"', False),
        ('entity = ["email", "credit_card"]', True),
        ('family = "secrets"', False),
        ('compliance = "PCI-DSS"', True),
        ('compliance = "PCI-DSS:3.4"', True),
        ('compliance = "GDPR:Art.87"', False),
        ('severity = "high"', True),
        ('severity = "critical"', False),
        ("confidence = 0.2", True),
        ("confidence = 1.0", False),
        ("count = 2", False),
        ("capacity_bits = 1", False),
        ('pointer = "/orders/*/card"', True),
        ('pointer = "/orders"', True),
        ('pointer = "/**/card"', True),
        ('pointer = "/orders/1/card"', False),
        ('pointer = "$.orders[*].card"', True),
        ('pointer = "$..card"', True),
        ('pointer = "$.orders[0].pan"', False),
        ('user = "svc-*"', True),
        ('user = "svc"', False),
        ('device = "laptop-?"', True),
        ('client = "curl*"', True),
        ('role = "payments"', True),
        ('role = ["admin", "pay*"]', True),
        ('role = "admin"', False),
        ('ip = "10.0.0.0/8"', True),
        ('ip = "10.1.2.3"', True),
        ('ip = ["192.168.0.0/16", "2001:db8::/32"]', False),
        ('endpoint = "/v1/*"', True),
        ('endpoint = "/v2/*"', False),
        ('method = ["PUT", "POST"]', True),
        ('direction = "response"', False),
        ('destination = "*.processor.example"', True),
        ('content_type = "application/json"', True),
        ('content_type = "text/*"', False),
        ('time = "mon-fri 09:00-17:00 Europe/Berlin"', True),
        ('time = "mon-fri 09:00-17:00"', False),
        ('time = "sat,sun"', False),
        ('attributes = { tenant = "a", region = ["eu", "us"] }', True),
        ('attributes = { tenant = "b" }', False),
        ('attributes = { stage = "test" }', False),
        ('not = { role = "admin" }', True),
        ('not = { role = "admin", user = "svc-*" }', False),
        ('not = { severity = "high" }', False),
        ('not = { pointer = "/test/**" }', True),
        ('role = "payments"\nentity = "credit_card"\ndestination = "api.*"', True),
        ('role = "payments"\nentity = "email"', False),
        ('when = "finding.entity == \\"credit_card\\" && \\"payments\\" in context.roles"', True),
        ('when = "finding.rank >= 3 && context.attributes[\\"tenant\\"] == \\"b\\""', False),
        ('when = "verdict.entities[\\"credit_card\\"] > 5"', False),
        ('when = "context.attributes[\\"gone\\"] == \\"x\\""', False),  # not to be evaluated: a flag does not match
    ],
)
def test_conditions(condition: str, matches: bool) -> None:
    assert decided(condition, SOMEONE) == matches


@pytest.mark.parametrize(
    "field", ["user", "device", "client", "role", "endpoint", "method", "direction", "destination"]
)
def test_without_a_context_nothing_that_asks_for_it_matches(field: str) -> None:
    assert not decided(f'{field} = "*"')
    assert decided(f'not = {{ {field} = "*" }}')


def test_what_cannot_be_evaluated_closes() -> None:
    rule = '[[rule]]\nid = "a"\naction = "block"\nwhen = "context.attributes[\\"gone\\"] == \\"x\\""'
    assert inspector(rule).inspect(CARD).action == "block"


def test_who_may_and_who_may_not() -> None:
    rules = """
[[rule]]
id = "the-processor-may"
action = "allow"
entity = "credit_card"
role = "payments"
destination = "api.processor.example"

[[rule]]
id = "nobody-else"
action = "block"
entity = "credit_card"
"""
    mine = inspector(rules)
    may = Context(roles=("payments",), destination="api.processor.example")
    for context, rule in (
        (may, "the-processor-may"),
        (Context(roles=("payments",)), "nobody-else"),
        (None, "nobody-else"),
    ):
        verdict = mine.inspect(CARD, context)
        (card,) = (f for f in verdict.findings if f.rule == "credit-card")
        assert card.policy_rule == rule
        assert verdict.action == ("allow" if context is may else "block")
    assert mine.enforce(CARD, mine.inspect(CARD, may)) == CARD


def test_shadow_says_and_does_not() -> None:
    rules = """
[[rule]]
id = "soon"
action = "block"
entity = "credit_card"
mode = "shadow"

[[rule]]
id = "now"
action = "redact"
family = "financial"
"""
    mine = inspector(rules)
    verdict = mine.inspect(CARD)
    (card,) = (f for f in verdict.findings if f.rule == "credit-card")
    assert (card.action, card.policy_rule, card.shadow) == ("redact", "now", "block")
    assert (verdict.action, verdict.shadow) == ("redact", "block")
    assert verdict.to_dict()["shadow"] == "block"
    assert b"4111" not in mine.enforce(CARD, verdict)

    monitor = dlpcore.Inspector(policy="monitor", limits=dlpcore.Limits(deadline=None))
    verdict = monitor.inspect(CARD)
    assert (verdict.action, verdict.shadow) == ("flag", "redact")
    assert monitor.enforce(CARD, verdict) == CARD
    broken = monitor.inspect(b'{"a":1}{"b":2}')
    assert (broken.action, broken.shadow) == ("flag", "block")
    late = dlpcore.Inspector(policy="monitor", limits=dlpcore.Limits(max_bytes=4)).inspect(CARD)
    assert (late.action, late.shadow, late.complete) == ("flag", "block", False)
    assert pickle.loads(pickle.dumps(verdict)).shadow == "redact"


def test_incomplete_inspections_are_decided() -> None:
    for action in ("allow", "flag", "block"):
        policy = read(f'name = "mine"\nincomplete = "{action}"', "mine.toml")
        verdict = dlpcore.Inspector(policy=policy, limits=dlpcore.Limits(max_bytes=4)).inspect(CARD)
        assert verdict.action == action


def test_what_is_not_json_is_decided() -> None:
    for action, wanted in (("rules", "allow"), ("flag", "flag"), ("block", "block")):
        policy = read(f'name = "mine"\nnot_json = "{action}"', "mine.toml")
        mine = dlpcore.Inspector(policy=policy, limits=dlpcore.Limits(deadline=None))
        assert mine.inspect(b"<xml/>").action == wanted
        assert mine.inspect(b"{}").action == "allow"
        inside = json.dumps({"x": "%7B%22a%22%3A%22alice@example.org"}).encode()
        assert mine.inspect(inside).action == "allow"


def people(count: int) -> bytes:
    return json.dumps([{"mail": f"person{i}@example.org"} for i in range(count)] * 2).encode()


def test_bulk_records_are_a_finding_of_their_own() -> None:
    rules = """
[[bulk]]
entity = "email"
count = 5
severity = "critical"

[[rule]]
id = "lists"
action = "redact"
rule = "bulk.*"

[[rule]]
id = "single"
action = "flag"
kind = "sensitive-data"
"""
    mine = inspector(rules)
    few = mine.inspect(people(4))
    assert (few.action, any(f.rule.startswith("bulk.") for f in few.findings)) == ("flag", False)
    many = mine.inspect(people(5))
    bulk = many.findings[0]
    assert (bulk.rule, bulk.entity, bulk.severity, bulk.policy_rule) == ("bulk.email", "email", "critical", "lists")
    assert "5 distinct values" in bulk.reasons[0]
    assert many.action == "redact"
    assert {f.policy_rule for f in many.findings} == {"lists"}
    assert b"person" not in mine.enforce(people(5), many)
    assert b"person" not in mine.redact(people(4))
    assert "person" not in repr(many) + str(many.to_dict()["findings"][0])


def test_count_is_of_distinct_values() -> None:
    rules = '[[rule]]\nid = "a"\naction = "block"\nentity = "email"\ncount = 5'
    assert inspector(rules).inspect(people(4)).action == "allow"
    assert inspector(rules).inspect(people(5)).action == "block"


@pytest.mark.parametrize(
    ("path", "inside", "outside"),
    [
        ("/a", ["/a", "/a/b"], ["", "/ab", "/b/a"]),
        ("/a/*/c", ["/a/b/c", "/a//c"], ["/a/c", "/a/b/d/c"]),
        ("/**/c", ["/c", "/a/b/c", "/a/c/d"], ["/a/cd"]),
        ("/a?/b*", ["/ax/b", "/ax/bcd"], ["/a/b", "/axy/b"]),
        ("$", ["", "/a"], []),
        ("$.a['b c'][2]", ["/a/b c/2"], ["/a/b c/3"]),
        ('$["a/b"]', ["/a~1b"], ["/a/b"]),
        ("$.*", ["/a", "/0/b"], [""]),
        ("$..['x-y']", ["/x-y", "/a/0/x-y/z"], ["/x"]),
    ],
)
def test_paths(path: str, inside: list[str], outside: list[str]) -> None:
    matches = compile_path(path)
    assert all(map(matches, inside))
    assert not any(map(matches, outside))


@pytest.mark.parametrize(
    ("texts", "yes", "no"),
    [
        (["a*b*c"], ["abc", "axbxc", "abbcc"], ["ab", "acb", "xabc", "abcx"]),
        (["*a"], ["a", "ba"], ["ab", ""]),
        (["a*"], ["a", "ab\n"], ["b"]),
        (["?"], ["x"], ["", "xy"]),
        (["a.b", "[x]*"], ["a.b", "[x]y"], ["axb", "x"]),
        (["*a*a"], ["aa", "xaya"], ["a", "aab"]),
    ],
)
def test_globs(texts: list[str], yes: list[str], no: list[str]) -> None:
    matches = any_of(texts)
    assert all(map(matches, yes))
    assert not any(map(matches, no))
    assert not matches(None)


def test_windows_pass_midnight_and_weekends() -> None:
    night = window("fri 22:00-06:00")

    def at(day: int, hour: int) -> float:
        return datetime.datetime(2026, 11, day, hour, tzinfo=datetime.UTC).timestamp()

    assert [night(at(*when)) for when in ((27, 23), (28, 5), (28, 7), (27, 5), (26, 23))] == [
        True,
        True,
        False,
        False,
        False,
    ]
    weekend = window("sat-mon")
    assert [weekend(at(day, 12)) for day in (27, 28, 29, 30)] == [False, True, True, True]


def test_a_context_is_immutable_and_typed() -> None:
    attributes = {"tenant": "a"}
    context = Context(roles=["x"], attributes=attributes)  # type: ignore[arg-type]
    attributes["tenant"] = "b"
    assert context.roles == ("x",)
    assert context.attributes == {"tenant": "a"}
    with pytest.raises(TypeError):
        context.attributes["tenant"] = "c"  # type: ignore[index]
    with pytest.raises(AttributeError):
        context.user = "someone"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(context)) == context
    assert hash(context) == hash(pickle.loads(pickle.dumps(context)))
    for wrong in ({"user": 1}, {"roles": "admin"}, {"time": "now"}, {"attributes": {"a": 1}}):
        with pytest.raises(TypeError, match="must be"):
            Context(**wrong)  # type: ignore[arg-type]


def test_errors_of_a_policy_show_no_payload() -> None:
    with pytest.raises(PolicyError) as error:
        inspector('[[rule]]\nid = "a"\naction = "block"\nwhen = "finding.rule =="')
    assert "Syntax error" in str(error.value)
    assert Action.BLOCK.rank > Action.SANITIZE.rank
