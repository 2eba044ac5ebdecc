"""Derives from YARA source the literals of which one is present in any data that a rule matches.

Theory of operation. A condition is a formula over strings. ``a and b`` implies whatever ``a`` implies and whatever
``b`` does, so the better of the two is taken; ``a or b`` implies one of both sets; ``n of (k strings)`` implies one of
any ``k − n + 1`` of them. A set of literals "one of which is present" is exact under these three, and everything
else (negation, arithmetic, loops, modules, other rules, regular expressions) implies nothing that we know. A rule of
which nothing is known is always scanned. So a mistake in reading may cost time and never a finding.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Gate", "read_gates"]

#: A literal below this length fires everywhere and gates nothing.
MIN_LITERAL = 3

Literal = tuple[bytes, bool]
#: Literals of which at least one is present whenever the formula holds; ``None`` if nothing is known.
Implied = frozenset[Literal] | None


class Gate(NamedTuple):
    """What must be seen before a YARA rule can match.

    Attributes:
        rule: name of the rule.
        literals: ``(literal, nocase)``, lower-case if nocase; at least one is present whenever the rule matches.
        always: no such literals are known: the rule is scanned on everything.
    """

    rule: str
    literals: tuple[Literal, ...]
    always: bool


class _Token(NamedTuple):
    kind: str
    text: str


_TOKENS = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<name>[$\#@!]?[A-Za-z_][A-Za-z0-9_]*\*?|[$\#@!]\*?)
  | (?P<number>0x[0-9A-Fa-f]+|0o[0-7]+|\d+(?:\.\d+)?(?:KB|MB)?)
  | (?P<symbol>\.\.|==|!=|<=|>=|<<|>>|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?:[^/\\\n\[]|\\.|\[\^?\]?(?:[^\]\\\n]|\\.)*\])+/[is]*")
_ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", '"': b'"', "\\": b"\\"}


def read_gates(source: str) -> tuple[Gate, ...]:
    """The gate of each rule in ``source``, in order. Never raises: what cannot be read is ``always``."""
    tokens = _tokenize(source)
    gates: list[Gate] = []
    position = 0
    while position < len(tokens):
        if tokens[position].text == "rule" and position + 1 < len(tokens):
            name = tokens[position + 1].text
            body, position = _body(tokens, position + 2)
            gates.append(_gate(name, body))
        else:
            position += 1
    return tuple(gates)


def _tokenize(source: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(source):
        if source[position] == "/" and tokens and tokens[-1].text in ("=", "matches", "("):
            # Only here can a slash begin a regular expression; elsewhere it divides or comments.
            found = _REGEX.match(source, position)
            if found and not source.startswith(("//", "/*"), position):
                tokens.append(_Token("regex", found[0]))
                position = found.end()
                continue
        if source[position] == "{" and len(tokens) > 1 and tokens[-1].text == "=" and tokens[-2].text[0] == "$":
            end = source.find("}", position)
            end = len(source) if end < 0 else end
            hexadecimal = re.sub(r"//[^\n]*|/\*.*?\*/", " ", source[position + 1 : end], flags=re.DOTALL)
            tokens.append(_Token("hex", hexadecimal))
            position = end + 1
            continue
        match = _TOKENS.match(source, position)
        assert match is not None, "the last alternative takes any character"
        if match.lastgroup != "space":
            tokens.append(_Token(str(match.lastgroup), match[0]))
        position = match.end()
    return tokens


def _body(tokens: Sequence[_Token], position: int) -> tuple[list[_Token], int]:
    """The tokens between a rule's braces, and the position after them. (Hex strings hold their own braces.)"""
    while position < len(tokens) and tokens[position].text != "{":
        position += 1
    start = position + 1
    while position < len(tokens) and tokens[position].text != "}":
        position += 1
    return list(tokens[start:position]), position + 1


def _gate(name: str, body: list[_Token]) -> Gate:
    sections: dict[str, list[_Token]] = {}
    current: list[_Token] = []
    for index, token in enumerate(body):
        follows_colon = index + 1 < len(body) and body[index + 1].text == ":"
        if token.text in ("meta", "strings", "condition") and follows_colon and token.text not in sections:
            current = sections[token.text] = []
        else:
            current.append(token)
    strings = _strings(sections.get("strings", [])[1:])
    implied = _Condition(sections.get("condition", [])[1:], strings).read()
    if implied is None or any(len(literal) < MIN_LITERAL for literal, _ in implied):
        return Gate(name, (), True)
    return Gate(name, tuple(sorted(implied)), False)


def _strings(tokens: list[_Token]) -> list[tuple[str, Implied]]:
    """Name and implied literals of each string. Anonymous strings (``$ = …``) keep their empty names."""
    found: list[tuple[str, Implied]] = []
    position = 0
    while position + 2 < len(tokens):
        name, value = tokens[position].text, tokens[position + 2]
        position += 3
        modifiers: set[str] = set()
        while position < len(tokens) and not tokens[position].text.startswith("$"):
            modifiers.add(tokens[position].text)
            position += 1
        found.append((name, _literals(value, modifiers)))
    return found


def _literals(value: _Token, modifiers: set[str]) -> Implied:
    if value.kind == "hex" and not modifiers - {"private"}:
        run = _longest_run(value.text)
        return frozenset([(run, False)]) if run else None
    if value.kind != "string" or modifiers - {"ascii", "wide", "nocase", "fullword", "private"}:
        return None
    literal = _unescape(value.text[1:-1])
    if literal is None:
        return None
    nocase = "nocase" in modifiers
    if nocase:
        literal = literal.lower()
    forms: set[Literal] = set()
    if "wide" not in modifiers or "ascii" in modifiers:
        forms.add((literal, nocase))
    if "wide" in modifiers:
        forms.add((b"".join(bytes((byte, 0)) for byte in literal), nocase))
    return frozenset(forms)


def _unescape(text: str) -> bytes | None:
    out = bytearray()
    position = 0
    while position < len(text):
        if text[position] != "\\":
            out += text[position].encode()
            position += 1
        elif text[position + 1 : position + 2] == "x" and re.fullmatch(
            "[0-9A-Fa-f]{2}", text[position + 2 : position + 4]
        ):
            out.append(int(text[position + 2 : position + 4], 16))
            position += 4
        elif (escaped := _ESCAPES.get(text[position + 1 : position + 2])) is not None:
            out += escaped
            position += 2
        else:
            return None
    return bytes(out)


def _longest_run(text: str) -> bytes:
    """The longest run of whole, fixed bytes outside of alternatives."""
    best, run, depth = b"", bytearray(), 0
    for part in re.findall(r"\(|\)|\||\[[^\]]*\]|~?[0-9A-Fa-f?]{2}", text):
        fixed = re.fullmatch("[0-9A-Fa-f]{2}", part) is not None
        if fixed and depth == 0:
            run.append(int(part, 16))
            best = max(best, bytes(run), key=len)
        else:
            run.clear()
            depth += (part == "(") - (part == ")")
    return best


class _Condition:
    """A reader of conditions by recursive descent: or, and, not, then what is understood of the rest."""

    def __init__(self, tokens: list[_Token], strings: list[tuple[str, Implied]]) -> None:
        self._tokens = tokens
        self._strings = strings
        self._position = 0

    def read(self) -> Implied:
        try:
            implied = self._or()
        except RecursionError:
            return None
        return implied if self._position >= len(self._tokens) else None

    def _peek(self) -> str:
        return self._tokens[self._position].text if self._position < len(self._tokens) else ""

    def _or(self) -> Implied:
        implied = self._and()
        while self._peek() == "or":
            self._position += 1
            other = self._and()
            implied = None if implied is None or other is None else implied | other
        return implied

    def _and(self) -> Implied:
        implied = self._unary()
        while self._peek() == "and":
            self._position += 1
            implied = _better(implied, self._unary())
        return implied

    def _unary(self) -> Implied:
        if self._peek() in ("not", "defined"):
            self._position += 1
            self._unary()
            return None
        return self._primary()

    def _primary(self) -> Implied:
        """The tokens up to the next ``and`` or ``or`` of this level, as one atom."""
        start, depth = self._position, 0
        while self._position < len(self._tokens):
            text = self._peek()
            if depth == 0 and text in ("and", "or", ")"):
                break
            depth += (text == "(") - (text == ")")
            self._position += 1
        atom = self._tokens[start : self._position]
        if atom and atom[0].text == "(" and _closes_at_end(atom):
            return _Condition(atom[1:-1], self._strings).read()
        return self._atom(atom)

    def _atom(self, atom: list[_Token]) -> Implied:
        texts = [token.text for token in atom]
        if not texts:
            return None
        if texts[0].startswith("$") and len(texts[0]) > 1 and (len(texts) == 1 or texts[1] in ("at", "in")):
            # What follows at or in may be arithmetic; a comparison would make the whole something else.
            return self._named(texts[0]) if _COMPARISONS.isdisjoint(texts) else None
        if texts[0].startswith("#") and len(texts) == 3 and texts[2].isdigit():
            least = int(texts[2]) + (texts[1] == ">")
            return self._named(f"${texts[0][1:]}") if texts[1] in (">", ">=", "==") and least > 0 else None
        if len(texts) > 2 and texts[1] == "of" and _COMPARISONS.isdisjoint(texts):
            return self._of(texts)
        return None

    def _named(self, name: str) -> Implied:
        return next((implied for each, implied in self._strings if each == name), None)

    def _of(self, texts: list[str]) -> Implied:
        if texts[2] == "them":
            chosen, rest = [implied for _, implied in self._strings], texts[3:]
        elif texts[2] == "(" and ")" in texts:
            end = texts.index(")")
            names, rest = [text for text in texts[3:end] if text != ","], texts[end + 1 :]
            if not all(name.startswith("$") for name in names):
                return None
            patterns = [re.compile(re.escape(name).replace(r"\*", ".*")) for name in names]
            chosen = [
                implied for each, implied in self._strings if any(pattern.fullmatch(each) for pattern in patterns)
            ]
        else:
            return None
        if rest and rest[0] not in ("at", "in"):
            return None
        wanted = {"any": 1, "all": len(chosen)}.get(texts[0], int(texts[0]) if texts[0].isdigit() else 0)
        if not 1 <= wanted <= len(chosen):
            return None
        # Any (k - n + 1) of the k strings hold one of the n: take those that gate best.
        ranked = sorted(chosen, key=_quality, reverse=True)[: len(chosen) - wanted + 1]
        union: set[Literal] = set()
        for implied in ranked:
            if implied is None:
                return None
            union |= implied
        return frozenset(union)


_COMPARISONS = frozenset(("==", "!=", "<", ">", "<=", ">=", "contains", "matches", "icontains", "iequals", ":", "%"))


def _closes_at_end(atom: list[_Token]) -> bool:
    depth = 0
    for index, token in enumerate(atom):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0:
            return index == len(atom) - 1
    return False


def _quality(implied: Implied) -> tuple[int, int]:
    """Larger gates better: a longer shortest literal, then fewer of them."""
    if not implied:
        return (-1, 0)
    return (min(len(literal) for literal, _ in implied), -len(implied))


def _better(first: Implied, second: Implied) -> Implied:
    return max(first, second, key=_quality)
