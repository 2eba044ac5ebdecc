"""Recognizers of the caller: what they find lies where they said, and what goes wrong in them is a skip by name."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import dlpcore
from dlpcore import Inspector, Limits, Recognized, Recognizer, Severity
from dlpcore.engines.recognizers import MOST_CHARACTERS
from dlpcore.rules import RuleSet

NAMES = ("Ada Lovelace", "Zoë Åkesson", "李小龍", "😀 Doe")


class Names:
    """Knows some names, and notes what it was shown."""

    name = "names"

    def __init__(self) -> None:
        self.seen: list[tuple[str, tuple[str, ...]]] = []

    def recognize(self, text: str, path: tuple[str, ...]) -> Iterator[Recognized]:
        self.seen.append((text, path))
        for name in NAMES:
            for found in re.finditer(re.escape(name), text):
                yield Recognized(*found.span(), "person_name", "identity", 0.85, Severity.HIGH)


class Says:
    """Returns, or raises, what it was made with."""

    name = "says"

    def __init__(self, what: Any) -> None:
        self._what = what

    def recognize(self, text: str, path: tuple[str, ...]) -> Iterable[Any]:
        if isinstance(self._what, Exception):
            raise self._what
        return self._what  # type: ignore[no-any-return]


def _inspector(*recognizers: Recognizer, deadline: float | None = None) -> Inspector:
    return Inspector(rules=RuleSet(), limits=Limits(deadline=deadline), recognizers=recognizers)


INSPECTOR = _inspector(Names())


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_the_span_is_the_name_in_the_payload(name: str, ascii_only: bool) -> None:
    payload = json.dumps({"é": [{"note": f"ümlaut \n for {name}!"}]}, ensure_ascii=ascii_only).encode()
    (finding,) = (f for f in INSPECTOR.inspect(payload).findings if f.rule == "recognizer.names")
    assert json.loads(b'"' + payload[slice(*finding.span)] + b'"') == name
    assert (finding.pointer, finding.entity, finding.family) == ("/é/0/note", "person_name", "identity")
    assert (finding.confidence, finding.action) == (0.85, "redact")
    assert name not in repr(finding) + str(finding.to_dict())


def test_it_sees_each_string_with_its_keys() -> None:
    names = Names()
    _inspector(names).inspect(b'{"a": {"b": ["x", "", 1]}, "c": "y"}')
    assert names.seen == [("x", ("b", "a")), ("y", ("c",))]


def test_it_sees_what_is_decoded_and_what_is_not_json() -> None:
    inner = json.dumps({"who": "Ada Lovelace, of this parish"}).encode()
    verdict = INSPECTOR.inspect(json.dumps({"x": base64.b64encode(inner).decode()}))
    assert any(f.rule == "recognizer.names" and "base64" in f.provenance for f in verdict.findings)
    assert [f.span for f in INSPECTOR.inspect(b"by Ada Lovelace", media="text").findings] == [(3, 15)]


@settings(max_examples=100)
@given(st.text(max_size=20), st.sampled_from(NAMES), st.text(max_size=20))
@example("\ud800", NAMES[0], "\udfff")
def test_spans_whatever_stands_around(before: str, name: str, behind: str) -> None:
    payload = json.dumps([f"{before} {name} {behind}"]).encode()
    spans = [f.span for f in INSPECTOR.inspect(payload).findings if f.rule == "recognizer.names" and not f.provenance]
    assert name in [json.loads(b'"' + payload[slice(*span)] + b'"') for span in spans]


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (ValueError("Ada Lovelace"), "failed: ValueError"),
        (7, "failed: TypeError"),
        ([Recognized(0, 99, "x")], "no Recognized within the text"),
        ([Recognized(3, 3, "x")], "no Recognized within the text"),
        ([Recognized(-1, 3, "x")], "no Recognized within the text"),
        ([Recognized(0, 1, "x", score=1.5)], "no Recognized within the text"),
        ([Recognized(0, 1, "Ada Lovelace")], "no Recognized within the text"),
        ([(0, 1, "x")], "no Recognized within the text"),
        ([Recognized(0, 1, "x")] * 1001, "more than 1000"),
    ],
)
def test_a_failure_is_a_skip_by_name(what: Any, why: str) -> None:
    verdict = _inspector(Says(what)).inspect(b'{"who": "Ada Lovelace"}')
    (skipped,) = verdict.skipped[:1]
    assert skipped.what == "recognizer.says" and why in skipped.why and "Ada" not in repr(verdict.skipped)
    assert not verdict.complete and verdict.action == "block"


def test_a_long_text_is_named_and_not_given() -> None:
    names = Names()
    verdict = _inspector(names).inspect(json.dumps(["a" * (MOST_CHARACTERS + 1), "b"]))
    assert [text for text, _ in names.seen] == ["b"]
    assert [s.what for s in verdict.skipped] == ["recognizer.names"]


def test_the_deadline_is_asked_before_each_call() -> None:
    class Slow(Names):
        def recognize(self, text: str, path: tuple[str, ...]) -> Iterator[Recognized]:
            import time

            time.sleep(0.03)
            return super().recognize(text, path)

    slow = Slow()
    verdict = _inspector(slow, deadline=0.05).inspect(json.dumps(["x"] * 100))
    assert len(slow.seen) < 20 and [s.what for s in verdict.skipped] == ["recognizers"]


def test_names_are_unique_and_fit_for_an_id() -> None:
    with pytest.raises(ValueError, match="same name"):
        _inspector(Names(), Names())
    unfit = Names()
    unfit.name = "My Names"
    with pytest.raises(ValueError, match="lower-case"):
        _inspector(unfit)


def test_without_recognizers_clean_traffic_is_the_shared_verdict() -> None:
    assert _inspector().inspect(b"{}") is _inspector().inspect(b"[]")


def test_the_public_names() -> None:
    assert dlpcore.Recognizer is Recognizer and issubclass(Recognized, tuple)
