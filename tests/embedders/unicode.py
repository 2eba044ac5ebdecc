"""Writers of the unicode channels: each hides a message in the string values of a document."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator

BINARY = "\u200b\u200c"
FOUR = "\u200c\u200d\u202c\ufeff"
OPERATORS = "\u2061\u2062\u2063\u2064"
EIGHT = "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064"
CYRILLIC = dict(zip("aceopxyACEOPX", "асеорхуАСЕОРХ", strict=True))


def bits(message: bytes) -> list[int]:
    return [byte >> shift & 1 for byte in message for shift in range(7, -1, -1)]


def digits(message: bytes, width: int) -> list[int]:
    """Digits of `width` bits, the last filled up with zeros."""
    stream = bits(message)
    stream += [0] * (-len(stream) % width)
    return [int("".join(map(str, stream[i : i + width])), 2) for i in range(0, len(stream), width)]


def units(message: bytes, base: int, width: int) -> list[int]:
    """Each byte as `width` digits."""
    out: list[int] = []
    for byte in message:
        out += [byte // base**k % base for k in range(width - 1, -1, -1)]
    return out


def values(cover: bytes, change: Callable[[str], str], *, escaped: bool = False) -> bytes:
    """The document with each string value changed, in order."""

    def walk(node: object) -> object:
        if isinstance(node, str):
            return change(node)
        if isinstance(node, list):
            return [walk(item) for item in node]
        if isinstance(node, dict):
            return {key: walk(item) for key, item in node.items()}
        return node

    return json.dumps(walk(json.loads(cover)), ensure_ascii=escaped, separators=(",", ":")).encode()


def inserted(cover: bytes, hidden: str, *, escaped: bool = False, least: int = 4) -> bytes:
    """All of `hidden` in the middle of the first value of some length."""
    done = False

    def change(text: str) -> str:
        nonlocal done
        if done or len(text) < least:
            return text
        done = True
        middle = len(text) // 2
        return text[:middle] + hidden + text[middle:]

    document = values(cover, change, escaped=escaped)
    if not done:
        raise ValueError("the cover is too small")
    return document


def spread(cover: bytes, hidden: str, *, escaped: bool = False) -> bytes:
    """One character of `hidden` behind each third character of the values."""
    stream = iter(hidden)

    def change(text: str) -> str:
        out: list[str] = []
        for i, c in enumerate(text):
            out.append(c)
            if i % 3 == 1:
                out.append(next(stream, ""))
        return "".join(out)

    document = values(cover, change, escaped=escaped)
    if next(stream, None) is not None:
        raise ValueError("the cover is too small")
    return document


def _bits_at(cover: bytes, message: bytes, split: Callable[[str], Iterator[tuple[str, str | None]]]) -> bytes:
    """Bits in choices: `split` gives the pieces of a text, each with its other form where it has one."""
    stream = iter(bits(message))

    def change(text: str) -> str:
        out = []
        for plain, other in split(text):
            bit = next(stream, 0) if other is not None else 0
            out.append(other if bit and other is not None else plain)
        return "".join(out)

    document = values(cover, change)
    if next(stream, None) is not None:
        raise ValueError("the cover is too small")
    return document


def spaces(cover: bytes, message: bytes, odd: str = "\u00a0") -> bytes:
    return _bits_at(cover, message, lambda text: ((c, odd if c == " " else None) for c in text))


def doubles(cover: bytes, message: bytes) -> bytes:
    return _bits_at(cover, message, lambda text: ((c, "  " if c == " " else None) for c in text))


def lookalikes(cover: bytes, message: bytes, letters: dict[str, str] = CYRILLIC) -> bytes:
    return _bits_at(cover, message, lambda text: ((c, letters.get(c)) for c in text))


def normal_forms(cover: bytes, message: bytes) -> bytes:
    def pieces(text: str) -> Iterator[tuple[str, str | None]]:
        for c in unicodedata.normalize("NFC", text):
            apart = unicodedata.normalize("NFD", c)
            yield c, apart if apart != c else None

    return _bits_at(cover, message, pieces)


def selectors(message: bytes) -> str:
    return "".join(chr(0xFE00 + b if b < 16 else 0xE0100 + b - 16) for b in message)


def zwsp_steg(message: bytes, alphabet: str, width: int) -> str:
    return "".join(alphabet[d] for d in units(message, len(alphabet), width))


Embedder = Callable[[bytes, bytes], bytes]


def _run(write: Callable[[bytes], str], *, escaped: bool = False) -> Embedder:
    return lambda cover, message: inserted(cover, write(message), escaped=escaped)


def _spread(write: Callable[[bytes], str]) -> Embedder:
    return lambda cover, message: spread(cover, write(message))


def base2(m: bytes, alphabet: str = BINARY) -> str:
    return "".join(alphabet[b] for b in bits(m))


def base4(m: bytes, alphabet: str = FOUR) -> str:
    return "".join(alphabet[d] for d in digits(m, 2))


def base8(m: bytes, alphabet: str = EIGHT) -> str:
    return "".join(alphabet[d] for d in digits(m, 3))


def zero_width_lib(message: bytes) -> str:
    """Each character's number in base 5, without leading noughts, with a zero-width space between."""
    numbers = ["".join("\u200e\u200f\u200c\u200d\ufeff"[digit] for digit in units(bytes((b,)), 5, 4)) for b in message]
    return "\u200b".join(number.lstrip("\u200e") for number in numbers)


def tags(m: bytes) -> str:
    return "".join(chr(0xE0000 + b) for b in m)


#: For any cover with a value of some length; the messages of tags and private use are ASCII.
RUNS: dict[str, Embedder] = {
    "unicode.zero-width/base 2": _run(base2),
    "unicode.zero-width/base 2, joiners": _run(lambda m: base2(m, "\u200c\u200d")),
    "unicode.zero-width/base 2, escaped": _run(base2, escaped=True),
    "unicode.zero-width/base 2, with marks": _run(lambda m: "\u200d".join(base2(bytes((b,))) for b in m) + "\ufeff"),
    "unicode.zero-width/base 4": _run(base4),
    "unicode.zero-width/base 4 over 16 bits": _run(lambda m: "".join(FOUR[0] * 4 + base4(bytes((b,))) for b in m)),
    "unicode.zero-width/operators": _run(lambda m: base4(m, OPERATORS)),
    "unicode.zero-width/base 8": _run(base8),
    "unicode.zero-width/zwsp-steg": _run(lambda m: zwsp_steg(m, "\u200b\u200c\u200d", 11)),
    "unicode.zero-width/zwsp-steg full": _run(lambda m: zwsp_steg(m, "\u200b\u200c\u200d\u200e\u200f", 7)),
    "unicode.zero-width/zero-width-lib": _run(zero_width_lib),
    "unicode.bidi/marks": _run(lambda m: base2(m, "\u200e\u200f")),
    "unicode.tags/run": _run(tags),
    "unicode.tags/escaped": _run(tags, escaped=True),
    "unicode.variation-selectors/behind a letter": _run(selectors),
    "unicode.variation-selectors/behind an emoji": _run(lambda m: "\U0001f600" + selectors(m)),
    "unicode.variation-selectors/half bytes": _run(lambda m: "".join(chr(0xFE00 + d) for d in digits(m, 4))),
    "unicode.private/run": _run(lambda m: "".join(chr(0xE000 + b) for b in m)),
    "unicode.private/plane 15": _run(lambda m: "".join(chr(0xF0000 + b) for b in m)),
    "unicode.spaces/run": _run(lambda m: "".join("\u2002\u2003\u2004\u2005"[d] for d in digits(m, 2))),
}
#: For covers with enough text.
SPREAD: dict[str, Embedder] = {
    "unicode.zero-width/spread base 2": _spread(base2),
    "unicode.zero-width/spread base 4": _spread(base4),
    "unicode.variation-selectors/spread": _spread(selectors),
    "unicode.tags/spread": _spread(tags),
    "unicode.spaces/no-break": spaces,
    "unicode.spaces/em": lambda cover, message: spaces(cover, message, "\u2003"),
    "unicode.confusables/cyrillic": lookalikes,
    "unicode.normal-form/decomposed": normal_forms,
    "text.space-runs/doubles": doubles,
}
