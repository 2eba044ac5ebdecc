"""Context words: how a key or a text is cut into words, and when a rule's context word is among them.

Theory of operation. Keys are written in many styles (``apiKey``, ``API_KEY``, ``api-key``, ``apikey``), a rule names
the word once (``api_key``). A key is cut into words; a context word matches when it is a contiguous run of at
most four of them, or when up to three adjacent words, written together, spell it without its underscores. So
``ssn`` matches ``customerSSN`` and never ``classname``. The native prefilter implements the same definition.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

__all__ = ["Vocabulary", "grams", "normalize", "spellings", "split"]

_RUN = re.compile(rb"[A-Za-z0-9]+")
_HUMP = re.compile(rb"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_ALNUM = bytes(byte for byte in range(256) if not re.match(rb"[A-Za-z0-9]", bytes((byte,))))
_WORD = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+){0,3}")

#: Longest run of words that a context word may have, and the longest that is also compared written together.
MAX_WORDS = 4
MAX_JOINED = 3


def split(text: bytes) -> list[bytes]:
    """The words of ``text``, in order: runs of ASCII letters and digits, cut at lower→Upper and at ``API|Key``.

    Letters and digits are not cut apart (``sha256`` is one word). Words are lower-cased.
    """
    return [word.lower() for run in _RUN.findall(text) for word in _HUMP.split(run)]


def grams(words: list[bytes]) -> frozenset[bytes]:
    """Everything a context word of any rule could equal in ``words``: see :class:`Vocabulary`."""
    found: set[bytes] = set()
    for start in range(len(words)):
        for count in range(1, MAX_JOINED + 1):
            found.add(b"".join(words[start : start + count]))
        found.add(b"_".join(words[start : start + MAX_WORDS]))
    return frozenset(found)


def normalize(word: str) -> str | None:
    """``word`` as a context word (``api_key``; one to four parts), or ``None`` if it is none.

    Texts are cut at every byte that is no ASCII letter or digit, so a word with accents is cut there as well, and means
    the run of its parts: ``cédula`` is ``c_dula``. What keeps too few letters is a phrase (:func:`spellings`).
    """
    if not word.isascii() and word == word.lower():
        word = "_".join(part.decode() for part in split(unicodedata.normalize("NFC", word).encode()))
        if not re.search(r"[a-z]{3}", word) and len(word.replace("_", "")) < 4:
            return None
    return word if _WORD.fullmatch(word) else None


def spellings(word: str) -> tuple[bytes, ...]:
    """How a word of a script without ASCII letters (``паспорт``, ``身份证``) is written: in each letter case, UTF-8."""
    plain = unicodedata.normalize("NFC", word.replace("_", " "))
    forms = (plain, plain.lower(), plain.capitalize(), plain.upper())
    return tuple(dict.fromkeys(form.encode() for form in forms))


class Vocabulary:
    """The context words of one rule, ready to be looked up. Immutable, thread-safe."""

    __slots__ = ("_forms", "_shortest", "_squeezed")

    def __init__(self, words: Iterable[str]) -> None:
        forms: dict[bytes, str] = {}
        for word in words:
            parts = word.split("_")
            # Up to three parts the joined form covers the exact one: equal parts are equal when written together.
            form = "".join(parts) if len(parts) <= MAX_JOINED else word
            forms.setdefault(form.encode(), word)
        self._forms = forms
        self._squeezed = tuple({form.replace(b"_", b"") for form in forms})
        self._shortest = min(map(len, self._squeezed), default=1)

    def __bool__(self) -> bool:
        return bool(self._forms)

    def may_be_in(self, text: bytes) -> bool:
        """A cheap test before :func:`split` and :func:`grams`: ``False`` means that no word is in ``text``."""
        squeezed = text.lower().translate(None, _NOT_ALNUM)
        if len(squeezed) < self._shortest:
            return False
        return any(form in squeezed for form in self._squeezed)

    def is_all_of(self, name: bytes) -> bool:
        """Whether ``name`` is one of the words and nothing besides (``DATADOG`` for ``datadog``)."""
        return b"".join(split(name)).replace(b"_", b"") in self._squeezed

    def find(self, present: frozenset[bytes]) -> str | None:
        """The context word that is among ``present`` (from :func:`grams`), or ``None``. The first in rule order."""
        if self._forms.keys().isdisjoint(present):
            return None
        return next(word for form, word in self._forms.items() if form in present)
