"""The pattern engine: spans, context, confidence, time-outs, and that its reasons hold no value."""

from __future__ import annotations

import re
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlpcore.engines.compiled import compile_heads
from dlpcore.engines.confidence import combine
from dlpcore.engines.pattern import Match, PatternEngine
from dlpcore.engines.subjects_reference import subjects
from dlpcore.model import Severity
from dlpcore.rules import Rule, RuleContext, builtin
from dlpcore.views import Subject

ENGINE = PatternEngine(builtin().rules)
CARD = b"4111111111111111"


def _ids(subject: Subject) -> set[str]:
    matches, skipped = ENGINE.match(subject)
    assert skipped == []
    return {match.rule.id for match in matches}


def _find(subject: Subject, rule: str) -> list[bytes]:
    return [subject.text[m.start : m.end] for m in ENGINE.match(subject)[0] if m.rule.id == rule]


def _rule(**changes: object) -> Rule:
    fields: dict[str, object] = {
        "id": "test",
        "title": "test value",
        "entity": "test",
        "family": "identity",
        "severity": Severity.LOW,
        "pattern": "[0-9]{4}",
        "strength": 0.6,
    }
    return Rule(**(fields | changes))  # type: ignore[arg-type]


def test_offsets_are_bytes() -> None:
    subject = Subject("卡号4111111111111111。".encode(), "string")
    (match,) = (m for m in ENGINE.match(subject)[0] if m.rule.id == "credit-card")
    assert (match.start, match.end) == (6, 22)


def test_a_false_start_swallows_no_true_value() -> None:
    assert _find(Subject(b"1234 " + CARD, "string"), "credit-card") == [CARD]
    assert _find(Subject(b"pay 4111 1111 1111 1111 123", "string"), "credit-card") == [b"4111 1111 1111 1111"]


def test_neighbours_are_both_found() -> None:
    assert _find(Subject(CARD + b"," + CARD, "string"), "credit-card") == [CARD, CARD]
    text = b"536-22-8146 537-22-8146"
    assert _find(Subject(text, "string"), "us-ssn") == text.split(b" ")


def test_a_bare_number_needs_its_key() -> None:
    assert "credit-card" not in _ids(Subject(CARD, "number"))
    assert "credit-card" not in _ids(Subject(CARD, "number", (b"id",)))
    assert "credit-card" in _ids(Subject(CARD, "number", (b"cardNumber",)))
    assert "credit-card" in _ids(Subject(CARD, "number", (b"number", b"card")))


def test_numbers_with_an_exponent_are_seen_as_digits() -> None:
    (found,) = [s for s in subjects(b'{"card": 4.111111111111111e15}') if s.kind == "number"]
    assert found.text == CARD and "credit-card" in _ids(found)


def test_nearer_keys_speak_louder() -> None:
    def confidence(*path: bytes) -> float:
        (match,) = (m for m in ENGINE.match(Subject(CARD, "string", path))[0] if m.rule.id == "credit-card")
        return match.confidence

    assert confidence(b"card") > confidence(b"n", b"card") > confidence(b"n", b"x", b"card") > confidence(b"n")


def test_a_key_speaks_against() -> None:
    assert "us-ssn" in _ids(Subject(b"536-22-8146", "string", (b"value",)))
    assert "us-ssn" not in _ids(Subject(b"536-22-8146", "string", (b"partNumber",)))


def test_words_beside_the_value_count_in_both_directions() -> None:
    for text in (b"SSN: 536228146", b"536228146 is the SSN"):
        assert "us-ssn-bare" in _ids(Subject(text, "string"))
    assert "us-ssn-bare" not in _ids(Subject(b"ssn " + b"x " * 40 + b"536228146", "string"))
    # The window cuts "assn" in two; half of it is not the word.
    rule = _rule(context=RuleContext(words=("ssn",), required=True, distance=4))
    assert PatternEngine([rule]).match(Subject(b"assn 1234", "string"))[0] == []
    assert len(PatternEngine([rule]).match(Subject(b"ssn 1234", "string"))[0]) == 1


def test_targets() -> None:
    rule = _rule(targets=frozenset(["number"]), context=RuleContext(keys=("n",)))
    engine = PatternEngine([rule])
    assert engine.match(Subject(b"1234", "string", (b"n",)))[0] == []
    assert len(engine.match(Subject(b"1234", "number", (b"n",)))[0]) == 1


def test_keys_are_searched() -> None:
    assert "email" in _ids(Subject(b"jane@example.com", "key"))


def test_a_named_group_is_the_span() -> None:
    assert _find(Subject(b"postgres://app:s3cr3t-Pw@db:5432/x", "string"), "url-credentials") == [b"s3cr3t-Pw"]


def test_a_subset_of_the_rules() -> None:
    rule = builtin().get("email")
    assert rule is not None
    matches, _ = ENGINE.match(Subject(b"jane@example.com " + CARD, "string"), [rule])
    assert [match.rule.id for match in matches] == ["email"]


@pytest.mark.parametrize("engine", ["re", "regex"])
def test_a_timeout_is_a_skip_by_name(engine: str) -> None:
    rule = _rule(pattern="(?:a|aa)+$" if engine == "regex" else "[0-9]", engine=engine, strength=0.1)
    matches, skipped = PatternEngine([rule]).match(Subject(b"a" * 60 + b"b" + b"1" * 50_000, "string"), timeout=0.001)
    assert matches == [] and [(s.what, s.why) for s in skipped] == [("test", "timed out")]


def test_a_match_begins_where_a_head_is_found() -> None:
    """In long texts patterns are tried at heads alone, so each match of every rule must begin with one."""
    known = 0
    for rule in builtin().rules:
        heads = compile_heads(rule.pattern) if rule.engine == "re" else None
        if heads is None:
            continue
        known += 1
        pattern = re.compile(rule.pattern.encode())
        for example in (*rule.examples, *rule.negatives):
            text = example.data
            for match in (*pattern.finditer(text), *pattern.finditer(text.upper())):
                assert heads.match(match.string, match.start()), rule.id
    assert known > 300


def test_a_long_text_has_the_matches_of_a_short_one() -> None:
    text = b"x-api-key: 'RgPtWXBsSMtFRghuSQ0eJKFAnPBU'; SecretKey = \"suqDmUmCvNUxHWVs5DkDoI6Z76yaE2gU\""
    rules = [rule for rule in ENGINE.rules if rule.id in ("secret-quoted", "secret-assignment")]
    short = ENGINE.match(Subject(text, "string"), rules)[0]
    long = ENGINE.match(Subject(b"; " * 1000 + text + b" ;" * 1000, "string"), rules)[0]
    assert len(short) >= 2
    assert [(m.rule.id, m.start + 2000, m.end + 2000) for m in short] == [(m.rule.id, m.start, m.end) for m in long]


def test_work_is_told_and_ends_a_rule() -> None:
    told: list[float] = []
    rule = _rule(pattern="[0-9]", strength=0.9)
    text = Subject(b"1 " * 1000, "string")

    def works(units: float) -> bool:
        told.append(units)
        return len(told) < 10

    matches, skipped = PatternEngine([rule]).match(text, works=works)
    assert matches == [] and [s.what for s in skipped] == ["test"]
    assert len(told) == 10 and min(told) > 0
    assert PatternEngine([rule]).match(text, works=lambda units: True)[1] == []


def test_threads_see_the_same() -> None:
    engine = PatternEngine(builtin().rules)
    subject = Subject(b"jane@example.com " + CARD, "string")
    results: list[list[Match]] = []
    threads = [threading.Thread(target=lambda: results.append(engine.match(subject)[0])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4 and all(result == results[0] for result in results)


_EXAMPLES = [(rule, example.data) for rule in builtin().rules for example in rule.examples if example.form == "text"]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(_EXAMPLES), st.text(max_size=20), st.text(max_size=20))
def test_matches_are_in_bounds_disjoint_and_without_the_value_in_their_reasons(
    example: tuple[Rule, bytes], before: str, after: str
) -> None:
    rule, value = example
    text = before.encode("utf-8", "surrogatepass") + b" " + value + b" " + after.encode("utf-8", "surrogatepass")
    matches, _ = ENGINE.match(Subject(text, "string"), [rule])
    last = 0
    for match in matches:
        assert last <= match.start < match.end <= len(text)
        last = match.end
        assert match.rule.threshold <= match.confidence <= 1.0
        assert len(text[match.start : match.end]) < 6 or text[match.start : match.end].decode(
            "utf-8", "replace"
        ) not in "\n".join(match.reasons)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([v for r, v in _EXAMPLES if r.id == "credit-card"]), st.text("abc ,.;:号", max_size=9))
def test_the_span_is_the_value(value: bytes, around: str) -> None:
    padding = (around + " ").encode()
    subject = Subject(padding + value + b" " + around.encode(), "string")
    alone = _find(Subject(value, "string"), "credit-card")
    assert _find(subject, "credit-card") == alone


_UNIT = st.floats(0.0, 1.0)


@given(_UNIT, st.lists(_UNIT, max_size=4), _UNIT, st.integers(0, 3))
def test_confidence_is_a_probability(pattern: float, validators: list[float], context: float, against: int) -> None:
    confidence = combine(pattern, validators, context, against)
    assert 0.0 <= confidence <= 1.0
    assert combine(pattern, [*validators, 0.5], context, against) >= confidence
    assert combine(pattern, validators, context, against + 1) <= confidence


_OWNED = _rule(
    pattern="(?<![0-9a-f])[0-9a-f]{8}(?![0-9a-f])",
    vetoes=(),
    context=RuleContext(keys=("acme",), required=True, roles=("key", "token"), roles_against=("id", "hash")),
)


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (b'{"acme_key": "8f14e45f"}', True),
        (b'{"acme": {"key": "8f14e45f"}}', True),
        (b'{"acme": {"keys": {"prod": "8f14e45f"}, "token": {"prod": "8f14e45f"}}}', True),
        (b'{"acme": "8f14e45f"}', True),
        (b'{"ACME": ["8f14e45f"]}', True),
        (b'{"note": "ACME_KEY=8f14e45f"}', True),
        (b'{"note": "acme: \\"8f14e45f\\""}', True),
        (b'{"note": "the key of acme is 8f14e45f"}', True),
        (b'{"acme_key": "now 8f14e45f"}', True),
        (b'{"acme_key_id": "8f14e45f"}', False),
        (b'{"acme": {"id": "8f14e45f"}}', False),
        (b'{"acme": {"prod": "8f14e45f"}}', False),
        (b'{"acme": "now 8f14e45f"}', False),
        (b'{"key": "8f14e45f"}', False),
        (b'{"note": "acme saw 8f14e45f"}', False),
        (b'{"note": "acme.hash=8f14e45f, key"}', False),
        (b'{"note": "acme key id 8f14e45f"}', False),
        (b'{"acme_key": "id 8f14e45f"}', False),
    ],
)
def test_the_nearest_role_decides(document: bytes, found: bool) -> None:
    engine = PatternEngine([_OWNED])
    matches = [match for subject in subjects(document) for match in engine.match(subject)[0]]
    assert bool(matches) is found


def test_several_of_a_kind_speak_for_each_other() -> None:
    def confidences(text: bytes) -> list[float]:
        matches = [m for m in ENGINE.match(Subject(text, "string"))[0] if m.rule.id == "email"]
        assert all(("together" in m.reasons[-1]) == (len(matches) > 2) for m in matches)
        return [m.confidence for m in matches]

    alone = confidences(b"jane@example.com")
    assert confidences(b"jane@example.com, jane@example.com") == alone * 2
    three = confidences(b"jane@example.com, omar@example.org, mia@example.net")
    assert len(three) == 3 and all(each > alone[0] for each in three)


def test_one_of_many_look_alikes_was_accepted_by_chance() -> None:
    others = b" ".join(b"41111111111111%02d" % n for n in range(12, 90, 9))
    (alone,) = (m for m in ENGINE.match(Subject(others + b" " + CARD, "string"))[0] if m.rule.id == "credit-card")
    assert alone.confidence == alone.rule.threshold and "look-alikes" in alone.reasons[-1]
    named = [m for m in ENGINE.match(Subject(others + b" card " + CARD, "string"))[0] if m.rule.id == "credit-card"]
    assert len(named) == 1 and named[0].confidence > alone.confidence
