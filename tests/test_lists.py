"""Allow and deny lists by value, pattern, field, endpoint: what they take out is counted, what they deny is found."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlpcore
from dlpcore import Context, Inspector, Limits
from dlpcore.errors import RuleError
from dlpcore.rules import RuleSet
from dlpcore.rules.jsonpath import JSONPath
from dlpcore.rules.lists import Entry, Lists, canonical, digest, key_id, load_lists

KEY, OTHER = b"k" * 32, b"o" * 32
CARD, SPACED = "4111111111111111", "4111 1111 1111 1111"
WITHOUT = Limits(deadline=None)


def _deny(*values: str, **changes: object) -> Lists:
    entry = Entry(id="d", values=frozenset(digest(KEY, v.encode()) for v in values), **changes)  # type: ignore[arg-type]
    return Lists(deny=(entry,), key_id=key_id(KEY) if values else None)


def _allow(*values: str, **changes: object) -> Lists:
    entry = Entry(id="a", values=frozenset(digest(KEY, v.encode()) for v in values), **changes)  # type: ignore[arg-type]
    return Lists(allow=(entry,), key_id=key_id(KEY) if values else None)


def _found(lists: Lists, document: object, *, rules: RuleSet | None = None, endpoint: str | None = None) -> list[str]:
    inspector = Inspector(rules=rules, lists=lists, key=KEY, limits=WITHOUT)
    payload = document if isinstance(document, bytes) else json.dumps(document).encode()
    verdict = inspector.inspect(payload, Context(endpoint=endpoint))
    assert verdict.complete
    return [f.rule for f in verdict.findings if f.severity > "info"]


class TestAllow:
    @pytest.mark.parametrize("text", [CARD, SPACED, "4111-1111-1111-1111", f"paid with {SPACED}, thanks"])
    def test_a_value_however_it_is_written(self, text: str) -> None:
        assert _found(_allow(CARD), {"card": text}) == []
        assert _found(_allow("5500000000000004"), {"card": text}) == ["credit-card"]

    def test_it_is_counted_and_shown_if_asked(self) -> None:
        payload = json.dumps({"card": CARD, "mail": "jo@example.com"}).encode()
        verdict = Inspector(lists=_allow(CARD), key=KEY, limits=WITHOUT).inspect(payload)
        assert [f.rule for f in verdict.findings] == ["email"]
        assert verdict.allowed == 1 and verdict.to_dict()["allowed"] == 1
        shown = Inspector(lists=_allow(CARD), key=KEY, show_allowed=True, limits=WITHOUT).inspect(payload)
        card = next(f for f in shown.findings if f.rule == "credit-card")
        assert card.severity == "info" and card.action == "allow" and card.reasons[0] == "allowed by list a"

    def test_what_is_allowed_covers_nothing(self) -> None:
        """The stronger of two findings at one place goes, and the weaker one must come back."""
        document = {"card": CARD}
        both = dlpcore.rules.builtin().rules
        rule = next(r for r in both if r.id == "credit-card")
        twin = dlpcore.rules.Rule(
            **{name: getattr(rule, name) for name in rule.__slots__} | {"id": "twin", "strength": 0.2}
        )
        rules = RuleSet(rules=(rule, twin))
        assert _found(Lists(), document, rules=rules) == ["credit-card"]
        assert _found(_allow(rules=("credit-card",)), document, rules=rules) == ["twin"]

    def test_a_pattern_must_match_the_whole_value(self) -> None:
        lists = _allow(patterns=(r"[a-z]+@example\.com",))
        assert _found(lists, {"mail": "jo@example.com"}) == []
        assert _found(lists, {"mail": "jo@example.com.evil.org"}) == ["email"]
        assert _found(lists, {"mail": "JO@example.com"}) == ["email"]

    def test_a_field_and_what_is_below_it(self) -> None:
        lists = _allow(fields=(JSONPath.parse("$.test[*]"), JSONPath.parse("$..sandbox")))
        assert _found(lists, {"test": [{"card": CARD}], "x": {"sandbox": {"card": CARD}}}) == []
        assert _found(lists, {"test": {"card": CARD}}) == []
        assert _found(lists, {"tests": [{"card": CARD}]}) == ["credit-card"]

    def test_an_endpoint(self) -> None:
        lists = _allow(endpoints=("/v1/test/*",))
        assert _found(lists, {"card": CARD}, endpoint="/v1/test/pay") == []
        assert _found(lists, {"card": CARD}, endpoint="/v1/pay") == ["credit-card"]
        assert _found(lists, {"card": CARD}) == ["credit-card"]

    def test_all_conditions_must_hold(self) -> None:
        lists = _allow(CARD, fields=(JSONPath.parse("$.a"),), rules=("credit-*",), endpoints=("/x",))
        assert _found(lists, {"a": CARD}, endpoint="/x") == []
        for document, endpoint in [({"b": CARD}, "/x"), ({"a": CARD}, "/y"), ({"a": "5500000000000004"}, "/x")]:
            assert _found(lists, document, endpoint=endpoint) == ["credit-card"]

    def test_covert_channels_stay(self) -> None:
        lists = _allow(rules=("*",))
        assert _found(lists, b'{"a":1,"a":2}') == ["key.duplicate"]

    def test_first_match_goes_on_behind_what_is_allowed(self) -> None:
        payload = json.dumps({"a": CARD, "b": "5500000000000004"}).encode()
        verdict = Inspector(lists=_allow(CARD), key=KEY, limits=WITHOUT).inspect(payload, first_match=True)
        assert verdict.action == "redact" and [f.pointer for f in verdict.findings] == ["/b"] and verdict.allowed == 1


class TestDeny:
    SECRET = "project falcon"

    @pytest.mark.parametrize(
        "payload",
        [
            b'{"a": "project falcon"}',
            b'[[{"a": ["x", "project falcon"]}]]',
            b'{"project falcon": 1}',
            b'{"a": "proj\\u0065ct falcon"}',
            json.dumps(
                {"a": base64.b64encode(gzip.compress(b'{"deep": ["project falcon"]}', mtime=0)).decode()}
            ).encode(),
        ],
    )
    def test_a_value_wherever_it_is_a_whole_string(self, payload: bytes) -> None:
        assert "deny-list.d" in _found(_deny(self.SECRET), payload)
        assert "deny-list.d" not in _found(_deny("project eagles"), payload)

    @pytest.mark.parametrize("document", [1234567, "1234567", "123-45.67", {"1234567": 0}, "+1234567"])
    def test_a_number_however_it_is_written(self, document: object) -> None:
        assert _found(_deny("1234567"), [document]) == ["deny-list.d"]

    def test_a_value_that_a_rule_finds_in_a_text(self) -> None:
        assert _found(_deny(CARD), {"a": f"my card {SPACED} is"})[0] == "deny-list.d"

    def test_the_span_is_the_value(self) -> None:
        payload = b'{"a": {"b": ["project falcon"]}}'
        (finding,) = Inspector(lists=_deny(self.SECRET), key=KEY, limits=WITHOUT).inspect(payload).findings
        assert payload[slice(*finding.span)] == b"project falcon" and finding.pointer == "/a/b/0"
        assert (finding.action, finding.family, finding.entity) == ("block", "deny-list", "denied_value")

    def test_a_pattern(self) -> None:
        lists = _deny(patterns=(r"CUST-[0-9]{6}", r"77[0-9]{3}"))
        assert _found(lists, {"a": "see CUST-123456."}) == ["deny-list.d"]
        assert _found(lists, {"CUST-123456": [77123]}) == ["deny-list.d"] * 2
        assert _found(lists, {"a": "CUST-12345"}) == []

    def test_a_field_with_all_that_is_below(self) -> None:
        lists = _deny(fields=(JSONPath.parse("$..salary"),))
        payload = b'{"e": [{"salary": {"base": 100, "b": ["x", "", true]}}], "salary_band": "B", "note": "salary"}'
        verdict = Inspector(lists=lists, key=KEY, limits=WITHOUT).inspect(payload)
        assert [f.pointer for f in verdict.findings] == ["/e/0/salary/base", "/e/0/salary/b/0"]
        assert [payload[slice(*f.span)] for f in verdict.findings] == [b"100", b"x"]

    @pytest.mark.parametrize("path", ["$.id", "$.*", "$[0]"])
    def test_a_field_without_a_name_to_look_for(self, path: str) -> None:
        lists = _deny(fields=(JSONPath.parse(path),))
        assert _found(lists, ["v"] if path == "$[0]" else {"id": "v"}) == ["deny-list.d"]
        assert _found(lists, []) == []

    def test_a_value_only_in_a_field_of_an_endpoint(self) -> None:
        lists = _deny(self.SECRET, fields=(JSONPath.parse("$.a"),), endpoints=("/out*",))
        assert _found(lists, {"a": self.SECRET}, endpoint="/out/1") == ["deny-list.d"]
        assert _found(lists, {"b": self.SECRET}, endpoint="/out/1") == []
        assert _found(lists, {"a": self.SECRET}, endpoint="/in") == []

    def test_what_is_denied_is_never_allowed(self) -> None:
        assert _found(_deny(self.SECRET) + _allow(rules=("*",)), {"a": self.SECRET}) == ["deny-list.d"]

    def test_no_output_holds_the_value(self) -> None:
        verdict = Inspector(lists=_deny(self.SECRET), key=KEY, limits=WITHOUT).inspect(
            json.dumps({self.SECRET: self.SECRET})
        )
        assert len(verdict.findings) == 2
        for shown in (repr(verdict), str(verdict.findings), verdict.to_json().decode()):
            assert self.SECRET not in shown

    def test_clean_traffic_is_still_the_shared_verdict(self) -> None:
        inspector = Inspector(lists=_deny(self.SECRET, fields=(JSONPath.parse("$..salary"),)), key=KEY, limits=WITHOUT)
        assert inspector.inspect(b'{"a": "short", "b": 12}') is Inspector(limits=WITHOUT).inspect(b"{}")


@given(st.binary(min_size=1, max_size=40))
def test_equal_forms_have_equal_digests(value: bytes) -> None:
    assert digest(KEY, value) == digest(KEY, canonical(value)) != digest(OTHER, value)
    assert canonical(canonical(value)) == canonical(value)


FILE = f"""\
key_id = "{key_id(KEY)}"

[[allow]]
id = "one"
values = ["{digest(KEY, b"x")}"]
reason = "why"

[[deny]]
id = "two"
fields = ["$.a"]
severity = "low"
entity = "thing"
"""


def _write(folder: Path, text: str, name: str = "lists.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read(tmp_path: Path) -> None:
    lists = load_lists(_write(tmp_path, FILE))
    (allow,), (deny,) = lists.allow, lists.deny
    assert (allow.id, allow.values, allow.reason) == ("one", {digest(KEY, b"x")}, "why")
    assert (deny.id, deny.fields[0].text, deny.severity, deny.entity) == ("two", "$.a", "low", "thing")
    assert (
        Inspector(lists=tmp_path / "lists.toml", key=KEY, limits=WITHOUT).inspect(b'{"a": "y"}').findings[0].entity
        == "thing"
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('id = "one"', 'id = "One"', 4, "lower-case words"),
        ('id = "one"', 'name = "one"', 3, "id is missing"),
        ('values = ["', 'values = ["x', 5, "a length, a colon"),
        ('fields = ["$.a"]', 'fields = ["$.a[?x]"]', 10, "filters"),
        ('fields = ["$.a"]', "patterns = ['(']", 10, "patterns"),
        ('fields = ["$.a"]', "patterns = ['a?']", 10, "empty string"),
        ('fields = ["$.a"]', "", 8, "needs values, patterns or fields"),
        ('severity = "low"', 'severity = "info"', 11, "must be one of"),
        ('severity = "low"', 'rules = ["x"]', 11, "not a field"),
        ('entity = "thing"', 'entity = "A thing"', 12, "lower-case words"),
        (f'key_id = "{key_id(KEY)}"', "", 1, "key_id is missing"),
        ('key_id = "', 'key_id = "x', 1, "16 hexadecimal digits"),
        ("[[deny]]", "[[denied]]", 8, "not a field"),
        ('id = "two"', 'id = "one"', None, "already used"),
        ('id = "two"', "id = ", 9, "is not TOML"),
    ],
)
def test_each_mistake_has_its_line(tmp_path: Path, old: str, new: str, line: int | None, says: str) -> None:
    assert old in FILE
    path = _write(tmp_path, FILE.replace(old, new, 1))
    with pytest.raises(RuleError, match=says) as caught:
        load_lists(path)
    assert (caught.value.file, caught.value.line) == (str(path), line)


def test_an_allow_entry_needs_a_condition(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="would allow everything"):
        load_lists(_write(tmp_path, '[[allow]]\nid = "all"\n'))


def test_the_wrong_key_is_an_error(tmp_path: Path) -> None:
    path = _write(tmp_path, FILE)
    for key in (None, OTHER):
        with pytest.raises(RuleError, match="under the key") as caught:
            Inspector(lists=path, key=key)
        assert caught.value.file == str(path)


def test_two_files_together(tmp_path: Path) -> None:
    one = _write(tmp_path, FILE)
    two = _write(tmp_path, '[[deny]]\nid = "three"\npatterns = ["abc"]\n', "two.toml")
    assert [e.id for e in load_lists(one, two).deny] == ["two", "three"]
    with pytest.raises(RuleError, match="already used"):
        load_lists(one, one)
    third = _write(tmp_path, FILE.replace("one", "x").replace("two", "y").replace(key_id(KEY), "0" * 16), "3.toml")
    with pytest.raises(RuleError, match="two keys"):
        load_lists(one, third)
