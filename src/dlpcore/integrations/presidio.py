"""A Presidio analyzer as a recognizer.

    >>> from presidio_analyzer import AnalyzerEngine
    >>> from dlpcore.integrations.presidio import PresidioRecognizer
    >>> inspector = dlpcore.Inspector(recognizers=[PresidioRecognizer(AnalyzerEngine())])

Nothing is imported from Presidio here: the analyzer is yours, with its models, languages and recognizers. An analyzer
with a language model takes milliseconds for each string, so set ``limits.deadline`` to what you can wait.

Source: https://microsoft.github.io/presidio/analyzer/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from ..model import Recognized, Severity

__all__ = ["FAMILIES", "PresidioRecognizer"]

#: Family and severity of Presidio's entities; what is not named here is of family ``identity``, severity ``medium``.
FAMILIES: Mapping[str, tuple[str, Severity]] = {
    "CREDIT_CARD": ("financial", Severity.HIGH),
    "CRYPTO": ("financial", Severity.MEDIUM),
    "IBAN_CODE": ("financial", Severity.HIGH),
    "US_BANK_NUMBER": ("financial", Severity.HIGH),
    "EMAIL_ADDRESS": ("contact", Severity.LOW),
    "IP_ADDRESS": ("contact", Severity.LOW),
    "LOCATION": ("contact", Severity.LOW),
    "PHONE_NUMBER": ("contact", Severity.LOW),
    "URL": ("contact", Severity.INFO),
    "DATE_TIME": ("identity", Severity.INFO),
    "MEDICAL_LICENSE": ("health", Severity.HIGH),
    "UK_NHS": ("health", Severity.HIGH),
    "US_ITIN": ("identity", Severity.HIGH),
    "US_PASSPORT": ("identity", Severity.HIGH),
    "US_SSN": ("identity", Severity.HIGH),
}


class _Analyzer(Protocol):
    """The one method of ``presidio_analyzer.AnalyzerEngine`` that is needed."""

    def analyze(self, text: str, language: str, **options: Any) -> Sequence[Any]: ...


class PresidioRecognizer:
    """Asks an analyzer about each string.

    Args:
        analyzer: a ``presidio_analyzer.AnalyzerEngine``.
        language: what it is told that the texts are written in.
        entities: only these; ``None`` for all that it knows.
        threshold: the least score that counts.
        name: of the recognizer, should several be in use.
    """

    def __init__(
        self,
        analyzer: _Analyzer,
        language: str = "en",
        entities: Sequence[str] | None = None,
        threshold: float = 0.5,
        name: str = "presidio",
    ) -> None:
        self.name = name
        self._analyzer = analyzer
        self._language = language
        self._entities = None if entities is None else list(entities)
        self._threshold = threshold

    def recognize(self, text: str, path: tuple[str, ...]) -> Iterator[Recognized]:
        """What the analyzer finds in ``text``; the nearest key is a context word for it."""
        results = self._analyzer.analyze(
            text=text,
            language=self._language,
            entities=self._entities,
            score_threshold=self._threshold,
            context=re.findall(r"[A-Za-z]+", path[0].lower()) if path else None,
        )
        for result in results:
            entity = str(result.entity_type)
            family, severity = FAMILIES.get(entity, ("identity", Severity.MEDIUM))
            words = re.sub(r"[^a-z0-9]+", "_", entity.lower()).strip("_")
            yield Recognized(result.start, result.end, words, family, float(result.score), severity)
