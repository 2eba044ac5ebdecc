"""Rewrites a pattern in RE2 syntax (Go, gitleaks) into the dialect of our rules: Python's ``re`` over UTF-8 bytes.

Theory of operation. RE2's flags are states of its reader: ``a(?i)b|c`` reads ``c`` without case too. Python wants them
around a group. So a flag opens a group of its own here, which is closed and opened again at each ``|`` and closed at
the end of the group it stands in. What has no meaning over bytes (Unicode classes, ranges beyond ASCII) is refused,
never approximated. One difference stays: ``.`` and negated classes take one byte, not one character, outside ASCII.

Source: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Unsupported", "to_python"]

_QUANTIFIER = re.compile(r"(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??")
_FLAGS = re.compile(r"\(\?(?P<on>[imsU]*)(?:-(?P<off>[imsU]+))?(?P<end>[:)])")
_NAMED = re.compile(r"\(\?P?<[A-Za-z_][A-Za-z0-9_]*>")
_SPACE = frozenset(b"\t\n\f\r ")
_DIGIT = frozenset(range(0x30, 0x3A))
_WORD = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_ASCII = frozenset(range(128))
_CLASSES = {"s": _SPACE, "d": _DIGIT, "w": _WORD}
_POSIX = {
    "alnum": _WORD - {0x5F},
    "alpha": _WORD - _DIGIT - {0x5F},
    "ascii": _ASCII,
    "blank": frozenset(b"\t "),
    "cntrl": frozenset((*range(32), 127)),
    "digit": _DIGIT,
    "graph": frozenset(range(0x21, 0x7F)),
    "lower": frozenset(range(0x61, 0x7B)),
    "print": frozenset(range(0x20, 0x7F)),
    "punct": frozenset(range(0x21, 0x7F)) - _WORD | {0x5F},
    "space": frozenset(b"\t\n\v\f\r "),
    "upper": frozenset(range(0x41, 0x5B)),
    "word": _WORD,
    "xdigit": frozenset(b"0123456789abcdefABCDEF"),
}
_CONTROLS = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}
#: Characters beyond ASCII that a class may name one by one before it is refused.
_MOST_ALTERNATIVES = 64


class Unsupported(ValueError):
    """The pattern has no equal in our dialect; the message says why and where (1-based)."""


class _Flags(NamedTuple):
    case: bool = False
    multi: bool = False
    dot: bool = False


def to_python(pattern: str) -> str:
    """The same pattern for ``re`` over bytes; groups keep their numbers and lose their names.

    Raises:
        Unsupported: it says something that bytes cannot.
    """
    reader = _Reader(pattern)
    result = reader.read()
    try:
        re.compile(result.encode("ascii"))
    except (re.error, OverflowError, RecursionError) as error:
        raise Unsupported(f"is not a pattern: {error}") from None
    return result


class _Group(NamedTuple):
    flags: _Flags
    scopes: list[str]


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._out: list[str] = []
        self._flags = _Flags()
        self._scopes: list[str] = []
        self._stack: list[_Group] = []

    def _fail(self, why: str, at: int | None = None) -> Unsupported:
        return Unsupported(f"{why} (at character {(self._at if at is None else at) + 1})")

    def read(self) -> str:
        while self._at < len(self._text):
            self._one()
        if self._stack:
            raise self._fail("a parenthesis is not closed")
        self._out.append(")" * len(self._scopes))
        return "".join(self._out)

    def _one(self) -> None:
        text, ch = self._text, self._text[self._at]
        if ch == "(":
            self._open()
        elif ch == ")":
            if not self._stack:
                raise self._fail("a parenthesis is not opened")
            self._out.append(")" * (len(self._scopes) + 1))
            self._flags, scopes = self._stack.pop()
            self._scopes = scopes
            self._at += 1
        elif ch == "|":
            self._out.append(")" * len(self._scopes) + "|" + "".join(self._scopes))
            self._at += 1
        elif ch == "[":
            self._emit_set(*self._class())
        elif ch == "\\":
            self._escape()
        elif ch in "^$":
            plain = "\\A" if ch == "^" else "\\Z"
            self._out.append(f"(?m:{ch})" if self._flags.multi else plain)
            self._at += 1
        elif ch == ".":
            self._out.append("(?s:.)" if self._flags.dot else ".")
            self._at += 1
        elif found := _QUANTIFIER.match(text, self._at):
            self._out.append(found[0])
            self._at = found.end()
        else:
            self._out.append(_literal(ord(ch)))
            self._at += 1

    def _open(self) -> None:
        text = self._text
        if found := _FLAGS.match(text, self._at):
            if "U" in found["on"] + (found["off"] or ""):
                raise self._fail("the flag U (ungreedy) is not supported")
            flags, scope = self._changed(found["on"], found["off"] or "")
            if found["end"] == ":":
                self._stack.append(_Group(self._flags, self._scopes))
                self._scopes = []
                self._out.append(scope or "(?:")
            elif scope:
                self._out.append(scope)
                self._scopes = [*self._scopes, scope]
            self._flags = flags
            self._at = found.end()
            return
        if found := _NAMED.match(text, self._at):
            self._at = found.end()
        elif text.startswith("(?", self._at):
            raise self._fail("look-around and other extensions are not RE2")
        else:
            self._at += 1
        self._stack.append(_Group(self._flags, self._scopes))
        self._scopes = []
        self._out.append("(")

    def _changed(self, on: str, off: str) -> tuple[_Flags, str]:
        """The new flags, and the group that sets the one that Python must know of: m and s are written out."""
        case = "i" in on or (self._flags.case and "i" not in off)
        multi = "m" in on or (self._flags.multi and "m" not in off)
        dot = "s" in on or (self._flags.dot and "s" not in off)
        scope = "" if case == self._flags.case else "(?i:" if case else "(?-i:"
        return _Flags(case, multi, dot), scope

    def _escape(self) -> None:
        text, start = self._text, self._at
        ch = text[start + 1 : start + 2]
        if ch == "Q":
            end = text.find("\\E", start + 2)
            quoted = text[start + 2 : None if end < 0 else end]
            self._out += [_literal(ord(each)) for each in quoted]
            self._at = len(text) if end < 0 else end + 2
        elif ch in ("A", "b", "B"):
            self._out.append(f"\\{ch}")
            self._at += 2
        elif ch == "z":
            self._out.append("\\Z")
            self._at += 2
        elif ch and ch in "sdwSDW":
            self._at += 2
            self._emit_set(set(_CLASSES[ch.lower()]), ch.isupper())
        else:
            self._out.append(_literal(self._code()))

    def _code(self) -> int:
        """The code point of the escape here, and past it."""
        text, start = self._text, self._at
        ch = text[start + 1 : start + 2]
        if not ch:
            raise self._fail("a backslash at the end")
        if ch in _CONTROLS:
            self._at += 2
            return _CONTROLS[ch]
        if found := re.compile(r"\\x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))").match(text, start):
            self._at = found.end()
            code = int(found[1] or found[2], 16)
            if code > 0x10FFFF:
                raise self._fail("no such code point", start)
            return code
        if found := re.compile(r"\\([0-7]{3}|0[0-7]{0,2})").match(text, start):
            self._at = found.end()
            return int(found[1], 8)
        if ch in "pPCX" or ch.isalnum():
            raise self._fail(f"\\{ch} is not supported over bytes")
        self._at += 2
        return ord(ch)

    def _class(self) -> tuple[set[int], bool]:
        """A bracketed class: its code points, and whether it is negated."""
        text, start = self._text, self._at
        self._at += 1
        negated = text.startswith("^", self._at)
        self._at += negated
        members: set[int] = set()
        first = True
        while True:
            if self._at >= len(text):
                raise self._fail("a class is not closed", start)
            ch = text[self._at]
            if ch == "]" and not first:
                self._at += 1
                return members, negated
            first = False
            if found := re.compile(r"\[:(\^?)([a-z]+):\]").match(text, self._at):
                if found[2] not in _POSIX:
                    raise self._fail("no such class")
                members |= self._within(_POSIX[found[2]], bool(found[1]), negated)
                self._at = found.end()
                continue
            if ch == "\\" and text[self._at + 1 : self._at + 2] in tuple("sdwSDW"):
                name = text[self._at + 1]
                members |= self._within(_CLASSES[name.lower()], name.isupper(), negated)
                self._at += 2
                continue
            low = self._member()
            high = low
            if text.startswith("-", self._at) and text[self._at + 1 : self._at + 2] not in ("]", ""):
                self._at += 1
                high = self._member()
                if high < low:
                    raise self._fail("a range runs backwards")
            if high - low > 1024 and high > 127:
                raise self._fail("a range beyond ASCII is not supported over bytes")
            members.update(range(low, high + 1))

    def _within(self, members: frozenset[int], inverse: bool, negated: bool) -> frozenset[int]:
        if not inverse:
            return members
        if negated:
            raise self._fail("a negated class within a negated class is not supported over bytes")
        # All of the bytes beyond ASCII belong to it as well: they are what a character outside it is made of.
        return frozenset(range(256)) - members

    def _member(self) -> int:
        ch = self._text[self._at]
        if ch == "\\":
            return self._code()
        self._at += 1
        return ord(ch)

    def _emit_set(self, members: set[int], negated: bool) -> None:
        low = {code for code in members if code < 128}
        # 128 and up come from an inverse class (bytes) or were named one by one (characters).
        inverse = len(members & set(range(128, 256))) == 128
        beyond = set() if inverse else members - low
        if beyond and negated:
            raise self._fail("a negated class of characters beyond ASCII is not supported over bytes")
        if len(beyond) > _MOST_ALTERNATIVES:
            raise self._fail("a class of so many characters beyond ASCII is not supported over bytes")
        if beyond and self._flags.case:
            beyond |= {ord(c) for code in beyond for c in (chr(code).lower(), chr(code).upper()) if len(c) == 1}
        ranges = _ranges(low) + ("\\x80-\\xff" if inverse else "")
        if not beyond:
            if not ranges:
                raise self._fail("an empty class")
            self._out.append(f"[{'^' if negated else ''}{ranges}]")
            return
        alternatives = [_utf8(code) for code in sorted(beyond)]
        self._out.append(f"(?:{'|'.join(([f'[{ranges}]'] if ranges else []) + alternatives)})")


def _literal(code: int) -> str:
    if code < 128:
        return _byte(code)
    return f"(?:{_utf8(code)})"


def _byte(code: int) -> str:
    ch = chr(code)
    return ch if ch.isalnum() or ch in "_ '\"<>=,;:/%@!`~" else f"\\x{code:02x}"


def _utf8(code: int) -> str:
    return "".join(f"\\x{byte:02x}" for byte in chr(code).encode("utf-8", "surrogatepass"))


def _ranges(codes: set[int]) -> str:
    parts: list[str] = []
    ordered = sorted(codes)
    index = 0
    while index < len(ordered):
        end = index
        while end + 1 < len(ordered) and ordered[end + 1] == ordered[end] + 1:
            end += 1
        low, high = ordered[index], ordered[end]
        parts.append(_byte(low) if low == high else f"{_byte(low)}-{_byte(high)}")
        index = end + 1
    return "".join(parts)
