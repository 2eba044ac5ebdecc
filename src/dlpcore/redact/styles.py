"""What stands in the place of a value: masks, labels, hashes, or nothing (docs/redaction.md)."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ..model import Finding
from ..policy import Redaction
from .splice import REMOVED, Replace

__all__ = ["replacing"]

#: A mask that leaves something hides at least so many characters; of a secret at least half, and never six in a row.
_LEAST_HIDDEN: Final = 4
_MOST_OF_A_SECRET: Final = 4
_FIELD: Final = re.compile(r"\{(entity|rule|family|fingerprint)\}")
_INTEGER: Final = re.compile(r"[0-9]+")
#: Digits of a hash as a number: every one of them is a double that holds it exactly.
_HASH_RANGE: Final = 10**15


def replacing(how: Redaction) -> Replace:
    """The replacement of a value, as :func:`dlpcore.redact.splice` calls it."""

    def replace(finding: Finding, text: bytes, kind: str) -> bytes | None:
        if how.style == "remove":
            return REMOVED
        if kind == "number" and how.numbers == "keep":
            return _number(how, finding, text)
        new = _text(how, finding, text.decode("utf-8", "replace"))
        if kind == "key" or finding.in_key:  # names stay apart
            new = f"{'****' if how.style == 'mask' else new}{(finding.fingerprint or '')[:8]}"
        return new.encode()

    return replace


def _text(how: Redaction, finding: Finding, text: str) -> str:
    if how.style == "label":
        values = {name: getattr(finding, name) or finding.rule for name in ("entity", "rule", "family", "fingerprint")}
        return _FIELD.sub(lambda match: str(values[match[1]]), how.label)
    if how.style == "hash" and finding.fingerprint:
        return finding.fingerprint
    if how.style == "class":
        return _by_class(text)
    if how.length is not None:
        return how.char * how.length
    first, last = how.keep_first, how.keep_last
    most = len(text) - _LEAST_HIDDEN
    if finding.family == "secrets":
        first, last = min(first, _MOST_OF_A_SECRET), min(last, _MOST_OF_A_SECRET)
        most = len(text) // 2
    if first + last > most:
        first = last = 0
    hidden = how.char * max(1, len(text) - first - last)
    return f"{text[:first]}{hidden}{text[len(text) - last :]}"


def _by_class(text: str) -> str:
    """Digits become 0, letters x or X; a separator alone between them stays, and whatever else there is is ``*``."""
    classes = []
    for ch in text:
        category = unicodedata.category(ch)
        classes.append("0" if category[0] == "N" else "X" if category == "Lu" else "x" if category[0] == "L" else "")
    out = []
    for i, ch in enumerate(text):
        alone = 0 < i < len(text) - 1 and classes[i - 1] and classes[i + 1]
        out.append(classes[i] or (ch if alone and ch.isascii() and ch.isprintable() else "*"))
    return "".join(out)


def _number(how: Redaction, finding: Finding, text: bytes) -> bytes:
    """A number stays one: 0, or with its length kept (``class``), or one that stands for it (``hash``)."""
    if how.style == "hash" and finding.fingerprint:
        return str(int(finding.fingerprint, 16) % _HASH_RANGE).encode()
    if how.style != "class":
        return b"0"
    first = True

    def zeros(match: re.Match[str]) -> str:
        nonlocal first
        lead, first = ("1" if first and len(match[0]) > 1 else "0"), False  # no number begins with 0 and a digit
        return lead + "0" * (len(match[0]) - 1)

    return _INTEGER.sub(zeros, text.decode("ascii", "replace")).encode()
