"""The slow and obvious definition of anchors: what the native prefilter must have seen before a rule is tried.

Tests compare the native pass with it (the native pass may see more, never less), and ``rules check`` proves with it
that every example of a rule triggers that rule's anchor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..rules.alone import FORMS
from ..rules.schema import SHAPES, Anchor, Rule
from ..rules.words import Vocabulary, grams, split
from ..validators.financial import card
from ..views import Subject, folded

__all__ = ["candidates", "shapes", "triggered"]

_PATTERNS = {
    "digits": re.compile(rb"[0-9](?:[ ./-]?[0-9]){5}"),
    "ipv4": re.compile(
        rb"(?<![0-9])(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\.(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}(?![0-9])"
    ),
    "ipv6": re.compile(rb"[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:"),
    "phone": re.compile(
        rb"(?:\+[ ().-]{0,2}[0-9]|(?<![0-9])00[ ().-]{0,2}[1-9])(?:[ ().-]{0,3}[0-9]){6}"
        rb"|\(?(?<![0-9])[0-9]{3}\)?[ .-]{1,2}[0-9]{3}[ .-][0-9]{4}(?![0-9])"
        rb"|\([0-9]{3}\)[0-9]{3}[ .-]?[0-9]{4}(?![0-9])"
    ),
    "query": re.compile(rb"=[A-Za-z0-9+/_%-]{64}"),
    "mac": re.compile(rb"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![0-9A-Za-z])"),
    "ssn": re.compile(rb"(?<![0-9])[0-9]{3}[ .-][0-9]{2}[ .-][0-9]{4}(?![0-9])"),
}
_PATTERNS |= {name: form for name, form in FORMS.items() if name in SHAPES}
_EMAIL = re.compile(rb"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]@[A-Za-z0-9-]+\.[A-Za-z0-9][A-Za-z0-9.-]*")
_NO_REPLY = re.compile(rb"(?:^|.*[^A-Za-z0-9._%+-])no-?reply", re.IGNORECASE | re.DOTALL)
_SSH_PATH = re.compile(rb"(?<=[A-Za-z0-9]):(?:[A-Za-z~/.]|[0-9]+[A-Za-z/_-])")
_IBAN = re.compile(rb"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,30}")
_DIGITS = re.compile(rb"(?<![0-9])[0-9](?:[ -]?[0-9])*")
_CARD = range(12, 20)
_LABEL = re.compile(rb"([A-Za-z0-9_-]{40,})\.[A-Za-z0-9]")
_DENSE = re.compile(rb"[A-Za-z0-9+/=_-]{20,}")


def shapes(text: bytes) -> frozenset[str]:
    """The shapes (see ``docs/rules.md``) that occur in a decoded string or number."""
    found = {name for name, pattern in _PATTERNS.items() if pattern.search(text)}
    if any(not (_SSH_PATH.match(text, found.end()) or _no_reply(text, found)) for found in _EMAIL.finditer(text)):
        found.add("email")
    if any(_has_iban(text, run) for run in _IBAN.finditer(text)):
        found.add("iban")
    if any(_has_card(run[0]) for run in _DIGITS.finditer(text)):
        found.add("card")
    if any(re.search(rb"[0-9]", run[0]) and re.search(rb"[A-Za-z]", run[0]) for run in _DENSE.finditer(text)):
        found.add("entropy")
    if any(re.search(rb"[0-9]", label[1]) for label in _LABEL.finditer(text)):
        found.add("label")
    return frozenset(found)


def _no_reply(text: bytes, address: re.Match[bytes]) -> bool:
    """Whether an address says that nobody reads it (that of a URL's user stays what it is)."""
    at = text.index(b"@", address.start())
    before, domain = text[max(0, at - 256) : at], text[at + 1 : at + 64 + 8]
    if b"://" in before:
        return False
    return _NO_REPLY.fullmatch(before) is not None or re.match(rb"(?i)[a-z0-9.-]*noreply\.[a-z0-9]", domain) is not None


def _has_iban(text: bytes, run: re.Match[bytes]) -> bool:
    """Whether a head of the run that ends with a group, or the run, satisfies mod 97 (ISO 7064)."""
    ends = [run.start() + cut.start() for cut in re.finditer(rb"[ -]", run[0])] + [run.end()]
    if text[run.end() : run.end() + 1].isalnum():
        ends.pop()
    heads = (re.sub(rb"[ -]", b"", text[run.start() : end]).upper().decode() for end in ends)
    return any(15 <= len(h) <= 34 and int("".join(str(int(c, 36)) for c in h[4:] + h[:4])) % 97 == 1 for h in heads)


def _has_card(run: bytes) -> bool:
    """Whether neighbouring groups of this run of digits make the number of a card."""
    groups = re.split(rb"[ -]", run)
    for first in range(len(groups)):
        digits = b""
        for group in groups[first : first + _CARD.stop]:
            digits += group
            if len(digits) >= _CARD.stop:
                break
            if len(digits) in _CARD and card(digits):
                return True
    return False


def triggered(anchor: Anchor, subject: Subject) -> bool:
    """Whether a rule with this anchor must be tried on this subject."""
    if anchor.always:
        return True
    lowered = subject.text.lower()
    if any((literal in lowered) if nocase else (literal in subject.text) for literal, nocase in anchor.literals):
        return True
    if anchor.shapes and not shapes(subject.text).isdisjoint(anchor.shapes):
        return True
    words = Vocabulary(anchor.words)
    if not words:
        return False
    if any(
        words.find(grams(split(read)))
        for key in (*subject.names, *subject.path)
        for read in (key, *(folded(key) or ())[:1])
    ):
        return True
    in_text = subject.kind != "number" and re.search(rb"[0-9]", subject.text)
    return bool(in_text and words.find(grams(split(subject.text))))


def candidates(rules: Iterable[Rule], subject: Subject) -> list[Rule]:
    """The rules that must be tried on this subject."""
    return [rule for rule in rules if subject.kind in rule.targets and triggered(rule.anchor, subject)]
