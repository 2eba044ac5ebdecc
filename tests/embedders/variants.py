"""Writers of the same channels as others would write them: lengths before a message, marks behind it, other orders.

Each is a plain program of a few lines, made without a look at the detectors; what is recovered of them says how far a
decoder reaches beyond the writers that it was made with.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from .choices import TooSmall
from .whitespace import pieces

Frame = Callable[[bytes], bytes]
Write = Callable[[bytes, bytes], bytes]

#: How a message is made to say where it ends.
FRAMES: dict[str, Frame] = {
    "plain": lambda m: m,
    "length of a byte": lambda m: bytes((len(m),)) + m,
    "length of two bytes": lambda m: len(m).to_bytes(2, "big") + m,
    "length of four bytes": lambda m: len(m).to_bytes(4, "big") + m,
    "little-endian length": lambda m: len(m).to_bytes(4, "little") + m,
    "length in bits": lambda m: (8 * len(m)).to_bytes(4, "big") + m,
    "ended by NUL": lambda m: m + b"\0",
    "ended by ETX": lambda m: m + b"\x03",
}


def bits(data: bytes, *, lsb: bool = False) -> list[int]:
    order = range(8) if lsb else range(7, -1, -1)
    return [byte >> shift & 1 for byte in data for shift in order]


def quads(data: bytes, *, lsb: bool = False) -> list[int]:
    order = (0, 2, 4, 6) if lsb else (6, 4, 2, 0)
    return [byte >> shift & 3 for byte in data for shift in order]


def nibbles(data: bytes) -> list[int]:
    return [digit for byte in data for digit in (byte >> 4, byte & 15)]


def _gaps(cover: bytes, symbols: list[bytes], wanted: Callable[[bytes, bytes, bytes], bool], *,
          front: bool = False, instead: bool = False) -> bytes:  # fmt: skip
    """A symbol for each gap that is wanted, behind what stands there, before it, or instead of it."""
    parts = list(pieces(cover))
    stream = iter(symbols)
    left = len(symbols)
    for i, (kind, text) in enumerate(parts):
        if kind != "gap" or i == 0 or i + 1 >= len(parts) or not left:
            continue
        if wanted(text, parts[i - 1][1], parts[i + 1][1]):
            symbol = next(stream)
            left -= 1
            parts[i] = ("gap", symbol if instead else symbol + text if front else text + symbol)
    if left:
        raise TooSmall
    return b"".join(text for _, text in parts)


def _colon(gap: bytes, before: bytes, behind: bytes) -> bool:
    return before == b":"


def _comma(gap: bytes, before: bytes, behind: bytes) -> bool:
    return before == b","


def _either(gap: bytes, before: bytes, behind: bytes) -> bool:
    return before in (b":", b",")


def _line(gap: bytes, before: bytes, behind: bytes) -> bool:
    return b"\n" in gap


def _any(gap: bytes, before: bytes, behind: bytes) -> bool:
    return True


def _open(gap: bytes, before: bytes, behind: bytes) -> bool:
    return before in (b"{", b"[")


_FOUR = (b"", b" ", b"\t", b"\n")
_WHITE = (b" ", b"\t", b"\n", b"\r")


def _after_colons(cover: bytes, data: bytes) -> bytes:
    return _gaps(cover, [b" " * bit for bit in bits(data)], _colon)


def _after_colons_lsb(cover: bytes, data: bytes) -> bytes:
    return _gaps(cover, [b" " * bit for bit in bits(data, lsb=True)], _colon)


def _tab_or_space(cover: bytes, data: bytes) -> bytes:
    return _gaps(cover, [b"\t" if bit else b" " for bit in bits(data)], _either)


def _widths(cover: bytes, data: bytes) -> bytes:
    return _gaps(cover, [b" " * quad for quad in quads(data)], _either)


def _wide(cover: bytes, data: bytes) -> bytes:
    return _gaps(cover, [b" " * digit for digit in nibbles(data)], _comma)


def _bytes_wide(cover: bytes, data: bytes) -> bytes:
    return _gaps(cover, [b" " * byte for byte in data], _colon)


def _four_after_commas(cover: bytes, data: bytes) -> bytes:
    return _gaps(cover, [_FOUR[quad] for quad in quads(data)], _comma)


def _four_lsb(cover: bytes, data: bytes) -> bytes:
    return _gaps(cover, [_WHITE[quad] for quad in quads(data, lsb=True)], _either)


def _nibble_tails(cover: bytes, data: bytes) -> bytes:
    return _gaps(cover, [b" " * digit for digit in nibbles(data)], _line, front=True)


def _tail_pairs(cover: bytes, data: bytes) -> bytes:
    return _gaps(cover, [(b"", b" ", b"\t", b" \t")[quad] for quad in quads(data)], _line, front=True)


def _tail_bits(cover: bytes, data: bytes) -> bytes:
    return _gaps(cover, [b"\t" if bit else b" " for bit in bits(data)], _line, front=True)


def _opens(cover: bytes, data: bytes) -> bytes:
    return _gaps(cover, [b" " * bit for bit in bits(data)], _open)


def _every_gap(cover: bytes, data: bytes) -> bytes:
    return _gaps(cover, [b" " * bit for bit in bits(data)], _any)


def _every_gap_three(cover: bytes, data: bytes) -> bytes:
    symbols = [b"".join(_WHITE[quad] for quad in quads(data[i : i + 1])) for i in range(len(data))]
    return _gaps(cover, symbols, _either)


def _around_colons(cover: bytes, data: bytes) -> bytes:
    def wanted(gap: bytes, before: bytes, behind: bytes) -> bool:
        return b":" in (before, behind)

    return _gaps(cover, [b" " * bit for bit in bits(data)], wanted)


def _fill_to_a_width(cover: bytes, data: bytes) -> bytes:
    return cover + b"".join(b"\t" if bit else b" " for bit in bits(data)) + b"\n"


def _lines_behind(cover: bytes, data: bytes) -> bytes:
    return cover + b"\n".join(b" " * byte for byte in data) + b"\n"


WHITE_SPACE: dict[str, Write] = {
    "space behind colons": _after_colons,
    "space behind colons, LSB": _after_colons_lsb,
    "tab or space behind colons and commas": _tab_or_space,
    "nought to three spaces": _widths,
    "nibbles of spaces behind commas": _wide,
    "bytes of spaces behind colons": _bytes_wide,
    "base 4 behind commas": _four_after_commas,
    "base 4 behind commas and colons, LSB": _four_lsb,
    "nibbles at line ends": _nibble_tails,
    "pairs at line ends": _tail_pairs,
    "tab or space at line ends": _tail_bits,
    "space behind brackets": _opens,
    "space in every gap": _every_gap,
    "a byte a gap": _every_gap_three,
    "space around colons": _around_colons,
    "tabs and spaces behind the document": _fill_to_a_width,
    "lines of spaces behind the document": _lines_behind,
}


# --- Unicode ------------------------------------------------------------------------------------------------------

_ZW = ("\u200b", "\u200c", "\u200d", "\ufeff")


def _into_value(cover: bytes, hidden: str, place: Callable[[str], int] = len, *, escaped: bool = False) -> bytes:
    done = False

    def walk(node: Any) -> Any:
        nonlocal done
        if isinstance(node, str) and len(node) >= 4 and not done:
            done = True
            at = place(node)
            return node[:at] + hidden + node[at:]
        if isinstance(node, list):
            return [walk(item) for item in node]
        if isinstance(node, dict):
            return {key: walk(item) for key, item in node.items()}
        return node

    document = walk(json.loads(cover))
    if not done:
        raise TooSmall
    return json.dumps(document, ensure_ascii=escaped).encode()


def _binary(zero: str, one: str, *, lsb: bool = False, between: str = "", around: str = "") -> Callable[[bytes], str]:
    def write(data: bytes) -> str:
        letters = ["".join((zero, one)[bit] for bit in bits(bytes((byte,)), lsb=lsb)) for byte in data]
        return around + between.join(letters) + around

    return write


def _quaternary(symbols: tuple[str, ...], *, lsb: bool = False) -> Callable[[bytes], str]:
    return lambda data: "".join(symbols[quad] for quad in quads(data, lsb=lsb))


def _unpadded(zero: str, one: str, between: str) -> Callable[[bytes], str]:
    """Each character as its binary number without leading noughts, which many scripts write."""
    return lambda data: between.join("".join((zero, one)[int(b)] for b in f"{byte:b}") for byte in data)


def _hidden(write: Callable[[bytes], str], place: Callable[[str], int] = len, *, escaped: bool = False) -> Write:
    return lambda cover, data: _into_value(cover, write(data), place, escaped=escaped)


def _middle(text: str) -> int:
    return len(text) // 2


UNICODE: dict[str, Write] = {
    "ZWSP and ZWNJ": _hidden(_binary("\u200b", "\u200c")),
    "ZWNJ and ZWSP, the other way": _hidden(_binary("\u200c", "\u200b"), _middle),
    "ZWNJ and ZWJ": _hidden(_binary("\u200c", "\u200d"), lambda text: 1),
    "ZWSP and ZWJ, LSB": _hidden(_binary("\u200b", "\u200d", lsb=True)),
    "word joiner and ZWSP": _hidden(_binary("\u2060", "\u200b")),
    "with a joiner between letters": _hidden(_binary("\u200b", "\u200c", between="\u200d")),
    "with marks around": _hidden(_binary("\u200b", "\u200c", around="\ufeff")),
    "unpadded, with a joiner between": _hidden(_unpadded("\u200b", "\u200c", "\u200d")),
    "unpadded, with BOM between": _hidden(_unpadded("\u200c", "\u200d", "\ufeff")),
    "base 4": _hidden(_quaternary(_ZW)),
    "base 4, LSB": _hidden(_quaternary(_ZW, lsb=True)),
    "base 4 of operators": _hidden(_quaternary(("\u2061", "\u2062", "\u2063", "\u2064"))),
    "base 4 with word joiner": _hidden(_quaternary(("\u200b", "\u200c", "\u200d", "\u2060"))),
    "base 16 of selectors": _hidden(lambda data: "".join(chr(0xFE00 + digit) for digit in nibbles(data))),
    "selectors from the second block": _hidden(
        lambda data: "".join(chr(0xE0100 + byte) for byte in data if byte < 240)
    ),
    "selectors behind an emoji": _hidden(
        lambda data: "\U0001f600" + "".join(chr(0xFE00 + b if b < 16 else 0xE0100 + b - 16) for b in data)
    ),
    "tags": _hidden(lambda data: "".join(chr(0xE0000 + byte) for byte in data)),
    "tags, begun and cancelled": _hidden(
        lambda data: "\U000e0001" + "".join(chr(0xE0000 + b) for b in data) + "\U000e007f"
    ),
    "tags, escaped": _hidden(lambda data: "".join(chr(0xE0000 + byte) for byte in data), _middle, escaped=True),
    "two spaces of other widths": _hidden(_binary("\u2009", "\u200a")),
    "hangul fillers": _hidden(_binary("\u115f", "\u1160")),
    "soft hyphen and grapheme joiner": _hidden(_binary("\u00ad", "\u034f")),
}


# --- forms and orders ---------------------------------------------------------------------------------------------


def _objects(node: Any) -> list[dict[str, Any]]:
    """Objects from the outside in."""
    if isinstance(node, dict):
        return [node, *(inner for value in node.values() for inner in _objects(value))]
    return [inner for value in node for inner in _objects(value)] if isinstance(node, list) else []


def _permuted(names: list[str], rank: int) -> list[str]:
    left, out = list(names), []
    for size in range(len(left), 0, -1):
        index, rank = divmod(rank, math.factorial(size - 1))
        out.append(left.pop(index))
    return out


def _keys(cover: bytes, digit: Callable[[list[str]], list[str] | None]) -> bytes:
    document = json.loads(cover)
    for found in _objects(document):
        order = digit(list(found)) if len(found) > 1 else None
        if order is not None:
            values = {name: found[name] for name in order}
            found.clear()
            found.update(values)
    return json.dumps(document, ensure_ascii=False).encode()


def keys_outside_in(cover: bytes, data: bytes) -> bytes:
    """As many whole bits as each object holds, outer objects first, the rank of the sorted keys."""
    stream = bits(data)

    def order(names: list[str]) -> list[str] | None:
        width = math.factorial(len(names)).bit_length() - 1
        if not stream:
            return None
        chunk = (stream[:width] + [0] * width)[:width]
        del stream[:width]
        return _permuted(sorted(names), int("".join(map(str, chunk)), 2))

    result = _keys(cover, order)
    if stream:
        raise TooSmall
    return result


def keys_a_byte(cover: bytes, data: bytes) -> bytes:
    """The rank of six keys and more is a byte."""
    stream = list(data)

    def order(names: list[str]) -> list[str] | None:
        return _permuted(sorted(names), stream.pop(0)) if len(names) >= 6 and stream else None

    result = _keys(cover, order)
    if stream:
        raise TooSmall
    return result


def keys_swapped(cover: bytes, data: bytes) -> bytes:
    """A bit an object: its first two keys change places."""
    stream = bits(data)

    def order(names: list[str]) -> list[str] | None:
        return [names[1], names[0], *names[2:]] if stream and stream.pop(0) else names

    result = _keys(cover, order)
    if stream:
        raise TooSmall
    return result


def keys_turned(cover: bytes, data: bytes) -> bytes:
    """A bit an object: sorted, or sorted backwards."""
    stream = bits(data)

    def order(names: list[str]) -> list[str] | None:
        return sorted(names, reverse=bool(stream.pop(0))) if stream else sorted(names)

    result = _keys(cover, order)
    if stream:
        raise TooSmall
    return result


KEYS: dict[str, Write] = {
    "keys, outer objects first": keys_outside_in,
    "keys, a byte an object": keys_a_byte,
    "keys, first two swapped": keys_swapped,
    "keys, turned": keys_turned,
}
