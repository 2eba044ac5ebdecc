"""The one formula of confidence: pattern, validators and context, combined as independent evidence.

``c = 1 − (1 − pattern) · Π(1 − validator) · (1 − context)``, times 0.2 for each thing around it that speaks against it.
``docs/confidence.md`` explains the figures.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "AGAINST",
    "CHANCE_OF",
    "COMPANY",
    "COMPANY_OF",
    "ENCLOSING_KEY",
    "OUTER_KEY",
    "OWN_KEY",
    "STRONG",
    "WORD",
    "combine",
]

#: How strongly a name speaks for a value: its own key, the key around that, keys further out, words beside it.
OWN_KEY = 0.75
ENCLOSING_KEY = 0.55
OUTER_KEY = 0.35
WORD = 0.6
#: So many different values of one rule in one text speak for each other, this strongly.
COMPANY_OF, COMPANY = 3, 0.3
#: So many refused look-alikes for each accepted one, and a value that nothing names may be one of them by chance.
CHANCE_OF = 5
#: What a name that speaks against a value leaves of its confidence.
AGAINST = 0.2
#: From here on a validator is evidence enough for a bare number (law 6: a weak checksum is not proof).
STRONG = 0.85


def combine(pattern: float, validators: Iterable[float], context: float, against: int = 0) -> float:
    """Confidence in 0.0 … 1.0 from strengths in 0.0 … 1.0, and the count of what speaks against."""
    doubt = (1.0 - pattern) * (1.0 - context)
    for strength in validators:
        doubt *= 1.0 - strength
    sure = 1.0 - doubt
    if against:
        sure *= AGAINST**against
    return 0.0 if sure < 0.0 else sure if sure < 1.0 else 1.0
