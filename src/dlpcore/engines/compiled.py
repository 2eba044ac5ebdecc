"""Compiles a rule's pattern for the engine that it runs on: ``re``, ``regex``, or RE2 where no input may stall it.

RE2 is linear in its input, whatever the pattern. It has no look-around and no back-references, ends at ``\\z`` rather
than ``\\Z``, lets ``$`` mean the very end, and counts no vertical tab among white space. So a pattern is handed to it
only where both mean the same; ``rules check`` compares them on the examples.
"""

from __future__ import annotations

import importlib
import re
from typing import Any, NamedTuple

from ..rules.bounds import heads

__all__ = ["Compiled", "compile_heads", "compile_pattern", "linear"]

#: Bytes of a head that are looked at; shorter ones stand nearly everywhere.
_HEAD = 3

_TOKEN = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|.)|\[\^?\]?|[\]$]|[^\\\[\]$]+", re.DOTALL)
_BLANKS = r"\t\n\v\f\r "


class Compiled(NamedTuple):
    """A pattern ready to search, the engine that does it, and whether that takes a ``timeout``."""

    pattern: Any
    engine: str
    timed: bool


def compile_pattern(pattern: str, engine: str) -> Compiled:
    """Compiles for ``"re"``, ``"regex"``, ``"re2"``, or ``"auto"``: RE2 where it is installed and can, else ``regex``.

    Raises:
        ValueError: ``"re2"`` was asked for and cannot read the pattern.
        ImportError: ``"re2"`` was asked for and is not installed.
    """
    source = pattern.encode()
    if engine in ("auto", "re2"):
        compiled = _re2(pattern, must=engine == "re2")
        if compiled is not None:
            return Compiled(compiled, "re2", False)
        engine = "regex"
    if engine == "regex":
        import regex

        return Compiled(regex.compile(source), "regex", True)
    return Compiled(re.compile(source), "re", False)


def compile_heads(pattern: str) -> re.Pattern[bytes] | None:
    """What matches the first byte wherever a match of ``pattern`` may begin; ``None`` where that is no sooner found.

    One byte is taken and the next are looked at, so that no place is passed over; the first bytes are literals, which
    ``re`` searches for by a table, and an alternative of another byte is not tried.
    """
    parser: Any = importlib.import_module("re._parser")
    parsed = parser.parse(pattern.encode())
    if parsed and str(parsed[0][0]) == "LITERAL":  # searched for by ``re`` itself
        return None
    found = heads(parsed, bool(parsed.state.flags & re.IGNORECASE))
    if not found or min(len(text) for text, _ in found) < _HEAD:
        return None
    behind: dict[int, dict[bytes, None]] = {}
    for text, nocase in found:
        cased = [{c, c ^ 0x20} if nocase and 0x41 <= c & 0xDF <= 0x5A else {c} for c in text[:_HEAD]]
        rest = b"".join(b"[%s]" % b"".join(b"\\x%02x" % c for c in sorted(both)) for both in cased[1:])
        for first in cased[0]:
            behind.setdefault(first, {})[rest] = None
    return re.compile(b"|".join(b"\\x%02x(?=%s)" % (first, b"|".join(rest)) for first, rest in behind.items()))


def linear(pattern: str) -> bool | None:
    """Whether RE2 can run the pattern; ``None`` where RE2 is not installed."""
    try:
        return _re2(pattern, must=True) is not None
    except ImportError:
        return None
    except ValueError:
        return False


def _re2(pattern: str, *, must: bool) -> Any:
    try:
        re2 = importlib.import_module("re2")
    except ImportError:
        if must:
            raise
        return None
    try:
        options = re2.Options()
        options.encoding = options.Encoding.LATIN1  # bytes, as in our dialect
        options.log_errors = False
        return re2.compile(_dialect(pattern).encode(), options)
    except (re2.error, ValueError) as error:
        if must:
            raise ValueError(f"RE2 cannot run it: {error}") from None
        return None


def _dialect(pattern: str) -> str:
    """The pattern as RE2 writes it.

    Raises:
        ValueError: it would mean something else there.
    """
    if re.search(r"\(\?[a-z]*i", pattern) and re.search(r"[^\x00-\x7f]|\\x[89A-Fa-f]", pattern):
        raise ValueError("Latin-1 letters have case in RE2, bytes have none")
    multiline = re.search(r"\(\?[a-z]*m", pattern) is not None
    out: list[str] = []
    in_class = False
    for found in _TOKEN.finditer(pattern):
        token = found[0]
        if token.startswith("["):
            # Within a class a bracket is itself; RE2 would take "[:" for the head of a name.
            out.append(token if not in_class else f"\\{token}")
            in_class = True
        elif token == "]":
            in_class = False
            out.append(token)
        elif token == "\\Z":
            out.append("\\z")
        elif token == "\\s":
            out.append(_BLANKS if in_class else f"[{_BLANKS}]")
        elif token == "\\S":
            if in_class:
                raise ValueError("\\S in a class")
            out.append(f"[^{_BLANKS}]")
        elif token == "$" and not in_class and not multiline:
            raise ValueError("$ may stand before a line feed")
        else:
            out.append(token)
    return "".join(out)
