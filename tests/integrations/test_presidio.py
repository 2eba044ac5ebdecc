"""A real Presidio analyzer as a recognizer: patterns and context, on an NLP engine without a model."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest

from dlpcore import Inspector, Limits
from dlpcore.integrations.presidio import PresidioRecognizer
from dlpcore.rules import RuleSet

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    presidio = pytest.importorskip("presidio_analyzer", reason="pip install 'dlpcore[presidio]' to try the adapter")
    spacy = pytest.importorskip("spacy")


@pytest.fixture(scope="module")
def analyzer() -> Any:
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Blank(SpacyNlpEngine):  # type: ignore[misc]
        """spaCy's English tokenizer alone, which needs no model to be downloaded."""

        def load(self) -> None:
            self.nlp = {"en": spacy.blank("en")}

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        engine = Blank(models=[{"lang_code": "en", "model_name": "blank"}])
        engine.load()
        registry = presidio.RecognizerRegistry()
        registry.load_predefined_recognizers(nlp_engine=engine)
        badge = presidio.PatternRecognizer(
            supported_entity="BADGE",
            patterns=[presidio.Pattern("badge", r"\bB[0-9]{5}\b", 0.3)],
            context=["badge"],
        )
        registry.add_recognizer(badge)
        return presidio.AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])


def _found(recognizer: PresidioRecognizer, document: object) -> list[tuple[str, str, bytes]]:
    payload = json.dumps(document).encode()
    inspector = Inspector(rules=RuleSet(), limits=Limits(deadline=None), recognizers=[recognizer])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        verdict = inspector.inspect(payload)
    assert verdict.complete, verdict.skipped
    return [
        (str(f.entity), str(f.family), payload[slice(*f.span)])
        for f in verdict.findings
        if f.rule == "recognizer.presidio"
    ]


def test_its_entities_are_found_where_they_are(analyzer: Any) -> None:
    found = _found(PresidioRecognizer(analyzer), {"é": ["paid with 4111 1111 1111 1111", "jo@example.com"]})
    assert ("credit_card", "financial", b"4111 1111 1111 1111") in found
    assert ("email_address", "contact", b"jo@example.com") in found


def test_the_key_is_context(analyzer: Any) -> None:
    recognizer = PresidioRecognizer(analyzer, entities=["BADGE"])
    assert _found(recognizer, {"badge": "it is B12345"}) == [("badge", "identity", b"B12345")]
    assert _found(recognizer, {"other": "it is B12345"}) == []


def test_only_the_entities_that_are_asked_for(analyzer: Any) -> None:
    recognizer = PresidioRecognizer(analyzer, entities=["EMAIL_ADDRESS"], threshold=0.9)
    assert {entity for entity, _, _ in _found(recognizer, ["4111 1111 1111 1111 jo@example.com"])} == {"email_address"}
