"""Writers of the channels of family B: each hides a message in the forms of strings, numbers and keys.

They take a cover as a value (what ``json.loads`` gives) or as compact bytes, and keep its value, but for those of
excess digits, key order, literals and base64. A message ends where its bits end: the rest of the cover stays plain.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from .whitespace import bits

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_NUMBER = re.compile(rb"(?<=[:,\[])-?[0-9][0-9.eE+-]*(?=[,\]}])")


class TooSmall(ValueError):
    """The cover has no room for the message."""


def _each(pattern: re.Pattern[bytes], cover: bytes, write: Callable[[bytes], bytes]) -> bytes:
    """Every match outside strings that are not matched themselves, written anew."""
    if pattern is _STRING:
        return pattern.sub(lambda m: write(m.group()), cover)
    out, at = [], 0
    for match in _STRING.finditer(cover):
        out += [pattern.sub(lambda m: write(m.group()), _seam(cover, at, match.start())), match.group()]
        at = match.end()
    return b"".join([*out, pattern.sub(lambda m: write(m.group()), cover[at:])])


def _seam(cover: bytes, start: int, end: int) -> bytes:
    return cover[start:end]


def _characters(text: bytes) -> Iterator[bytes]:
    """A string's content: each character, or escape, by itself."""
    yield from re.findall(rb"\\u[0-9a-fA-F]{4}|\\.|[\x00-\x7f]|[\xc0-\xff][\x80-\xbf]+", text)


def _u(code: int, upper: bool = False) -> bytes:
    units = "".join(chr(code)).encode("utf-16-be")
    return b"".join(b"\\u" + units[i : i + 2].hex().encode() for i in range(0, len(units), 2))


def escaping(
    cover: bytes, message: bytes, able: Callable[[bytes], bool], escape: Callable[[bytes], bytes], *, keys: bool = True
) -> bytes:
    """A bit for each character that ``able`` names: escaped or not."""
    stream = iter(bits(message))
    done = False

    def write(string: bytes) -> bytes:
        nonlocal done
        out = []
        for character in _characters(string[1:-1]):
            if not done and able(character):
                bit = next(stream, None)
                done = bit is None
                character = escape(character) if bit else character
            out.append(character)
        return b'"' + b"".join(out) + b'"'

    result = _each(_STRING, cover, write)
    if next(stream, None) is not None:
        raise TooSmall
    return result


def letters(cover: bytes, message: bytes) -> bytes:
    return escaping(cover, message, lambda c: c.isalpha() and len(c) == 1, lambda c: _u(c[0]))


def alnum(cover: bytes, message: bytes) -> bytes:
    return escaping(cover, message, lambda c: c.isalnum() and len(c) == 1, lambda c: _u(c[0]))


def printable(cover: bytes, message: bytes) -> bytes:
    return escaping(cover, message, lambda c: len(c) == 1, lambda c: _u(c[0]))


def solidus(cover: bytes, message: bytes) -> bytes:
    return escaping(cover, message, lambda c: c == b"/", lambda c: b"\\/")


def solidus_long(cover: bytes, message: bytes) -> bytes:
    return escaping(cover, message, lambda c: c == b"/", lambda c: b"\\u002f")


def non_ascii(cover: bytes, message: bytes) -> bytes:
    return escaping(cover, message, lambda c: c[0] >= 0x80, lambda c: _u(ord(c.decode())))


def control(cover: bytes, message: bytes) -> bytes:
    return escaping(cover, message, lambda c: c == b"\\n", lambda c: b"\\u000a")


def hex_case(cover: bytes, message: bytes) -> bytes:
    """The cover must be of ``ensure_ascii``; a bit for each escape with a letter among its digits."""
    able = lambda c: c[:2] == b"\\u" and re.search(rb"[a-f]", c[2:]) is not None  # noqa: E731
    return escaping(cover, message, able, lambda c: c[:2] + c[2:].upper())


def hex_letters(cover: bytes, message: bytes) -> bytes:
    """A bit for each letter among the digits of escapes."""
    stream = iter(bits(message))

    def letter(match: re.Match[bytes]) -> bytes:
        return match.group().upper() if next(stream, 0) else match.group()

    def one(match: re.Match[bytes]) -> bytes:
        return b"\\u" + re.sub(rb"[a-f]", letter, match.group()[2:])

    result = re.sub(rb"\\u[0-9a-f]{4}", one, cover)
    if next(stream, None) is not None:
        raise TooSmall
    return result


def numbers(
    cover: bytes, message: bytes, able: Callable[[bytes], bool], forms: tuple[Callable[[bytes], bytes], ...]
) -> bytes:
    """Digits of base ``len(forms)`` (2 or 4), one a number that ``able`` names."""
    width = len(forms).bit_length() - 1
    flat = bits(message)
    digits = iter([int("".join(map(str, flat[i : i + width])), 2) for i in range(0, len(flat), width)])

    def write(number: bytes) -> bytes:
        return forms[next(digits, 0)](number) if able(number) else number

    result = _each(_NUMBER, cover, write)
    if next(digits, None) is not None:
        raise TooSmall
    return result


def _integer(number: bytes) -> bool:
    return number.lstrip(b"-").isdigit()


def _fraction(number: bytes) -> bool:
    return b"." in number and b"e" not in number.lower()


def point(cover: bytes, message: bytes) -> bytes:
    return numbers(cover, message, _integer, (lambda n: n, lambda n: n + b".0"))


def exponent(cover: bytes, message: bytes) -> bytes:
    return numbers(cover, message, _integer, (lambda n: n, lambda n: n + b"e0"))


def exponent_case(cover: bytes, message: bytes) -> bytes:
    return numbers(cover, message, _integer, (lambda n: n + b"e0", lambda n: n + b"E0"))


def exponent_style(cover: bytes, message: bytes) -> bytes:
    forms = (lambda n: n + b"e0", lambda n: n + b"e+0", lambda n: n + b"E0", lambda n: n + b"E+0")
    return numbers(cover, message, _integer, forms)


def zeros(cover: bytes, message: bytes) -> bytes:
    return numbers(cover, message, _fraction, (lambda n: n, lambda n: n + b"0"))


def zeros_base4(cover: bytes, message: bytes) -> bytes:
    forms = (lambda n: n, lambda n: n + b"0", lambda n: n + b"00", lambda n: n + b"000")
    return numbers(cover, message, _fraction, forms)


def minus_zero(cover: bytes, message: bytes) -> bytes:
    return numbers(cover, message, lambda n: n == b"0", (lambda n: n, lambda n: b"-0"))


def excess_digits(cover: bytes, message: bytes) -> bytes:
    """Three decimal digits a byte behind the 17 of each fraction."""
    codes = iter(message)

    def write(number: bytes) -> bytes:
        if not _fraction(number) or (code := next(codes, None)) is None:
            return number
        digits = len(number.replace(b".", b"").lstrip(b"-0"))
        return number + b"0" * max(0, 17 - digits) + b"%03d" % code

    result = _each(_NUMBER, cover, write)
    if next(codes, None) is not None:
        raise TooSmall
    return result


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        for inner in list(value.values()):
            yield from _objects(inner)
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _reorder(objects: dict[str, Any], names: list[str]) -> None:
    values = {name: objects[name] for name in names}
    objects.clear()
    objects.update(values)


def _unrank(names: list[str], rank: int) -> list[str]:
    left, out = list(names), []
    for k in range(len(left), 0, -1):
        index, rank = divmod(rank, math.factorial(k - 1))
        out.append(left.pop(index))
    return out


def key_order(cover: bytes, message: bytes, *, by_sorted: bool = True) -> bytes:
    """As many whole bits as each object's keys can hold, as the rank of their order."""
    value = json.loads(cover)
    flat = "".join(map(str, bits(message)))
    for found in _objects(value):
        names = sorted(found) if by_sorted else list(found)
        width = math.factorial(len(names)).bit_length() - 1
        if width and flat:
            chunk, flat = flat[:width].ljust(width, "0"), flat[width:]
            _reorder(found, _unrank(names, int(chunk, 2)))
    if flat:
        raise TooSmall
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def key_order_radix(cover: bytes, message: bytes) -> bytes:
    """The whole message as one number, of which each object holds a digit, the lowest first."""
    value = json.loads(cover)
    number = int.from_bytes(message, "big")
    for found in _objects(value):
        if len(found) > 1:
            number, rank = divmod(number, math.factorial(len(found)))
            _reorder(found, _unrank(sorted(found), rank))
    if number:
        raise TooSmall
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def duplicate_value(cover: bytes, message: bytes) -> bytes:
    """The first member of the first object once more, before it, with the message as its value."""
    match = re.search(rb'\{("(?:[^"\\]|\\.)*"):', cover)
    if match is None:
        raise TooSmall
    hidden = json.dumps(message.decode("latin-1")).encode()
    return cover[: match.start() + 1] + match.group(1) + b":" + hidden + b"," + cover[match.start() + 1 :]


def duplicate_bits(cover: bytes, message: bytes) -> bytes:
    """A bit for each member with a plain value: written twice, or once."""
    stream = iter(bits(message))

    def write(match: re.Match[bytes]) -> bytes:
        return match.group() + (b"," + match.group(1) if next(stream, 0) else b"")

    result = re.sub(rb'(?<=[{,])("[a-z_]+":(?:[0-9.]+|true|false|null|"(?:[^"\\]|\\.)*"))(?=[,}])', write, cover)
    if next(stream, None) is not None:
        raise TooSmall
    return result


def hex_literal_case(cover: bytes, message: bytes) -> bytes:
    """A bit for each letter of hexadecimal texts of 16 digits and more."""
    stream = iter(bits(message))

    def one(match: re.Match[bytes]) -> bytes:
        return bytes(b - 32 if 97 <= b <= 102 and next(stream, 0) else b for b in match.group())

    result = re.sub(rb'(?<=")[0-9a-f]{16,}(?=")', one, cover)
    if next(stream, None) is not None:
        raise TooSmall
    return result


def base64_slack(cover: bytes, message: bytes) -> bytes:
    """The bits before the padding of base64 texts."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    stream = iter(bits(message))

    def one(match: re.Match[bytes]) -> bytes:
        width = 4 if match.group(2) == b"==" else 2
        left = list(itertools.islice(stream, width))
        left += [0] * (width - len(left))
        digit = alphabet.index(match.group(1)[-1:]) | int("".join(map(str, left)), 2)
        return match.group(1)[:-1] + alphabet[digit : digit + 1] + match.group(2)

    result = re.sub(rb'(?<=")([A-Za-z0-9+/]{6,})(={1,2})(?=")', one, cover)
    if next(stream, None) is not None:
        raise TooSmall
    return result


#: Channels that sanitize brings to zero bits, by name.
LOSSLESS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "escape.optional/letters": letters,
    "escape.optional/alnum": alnum,
    "escape.optional/printable": printable,
    "escape.optional/solidus": solidus,
    "escape.optional/solidus-long": solidus_long,
    "escape.optional/non-ascii": non_ascii,
    "escape.optional/control": control,
    "escape.hex-case/escapes": hex_case,
    "escape.hex-case/letters": hex_letters,
    "number.form/point": point,
    "number.form/exponent": exponent,
    "number.form/exponent-case": exponent_case,
    "number.form/exponent-style": exponent_style,
    "number.form/zeros": zeros,
    "number.form/zeros-base4": zeros_base4,
    "number.form/minus-zero": minus_zero,
}
#: Channels of what a reader may see.
OTHER: dict[str, Callable[[bytes, bytes], bytes]] = {
    "number.excess-precision/codes": excess_digits,
    "key.order/bits": key_order,
    "key.order/bits-first": lambda cover, message: key_order(cover, message, by_sorted=False),
    "key.order/radix": key_order_radix,
    "key.duplicate/value": duplicate_value,
    "key.duplicate/bits": duplicate_bits,
    "literal.case-mix/hex": hex_literal_case,
    "base64.slack-bits/padding": base64_slack,
}
