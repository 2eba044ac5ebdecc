"""Writers of the white space channels: each hides a message in a document without changing its value.

They are the other side of the detectors: a channel is covered when what its writer hid is found, recovered and gone
after sanitize.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

DOLUS_ORDER = b"\t\n\r "
DOLUS_MARK = b"\r\n\t "


def base4(message: bytes, order: bytes = DOLUS_ORDER, *, per_byte: int = 8, lsb: bool = False) -> bytes:
    """Each byte as base-4 digits; the digits beyond four are zero, and stand before the others (behind, if lsb)."""
    out = bytearray()
    for byte in message:
        digits = [byte >> shift & 3 for shift in (6, 4, 2, 0)]
        digits = [0] * (per_byte - 4) + digits
        out += bytes(order[d] for d in (reversed(digits) if lsb else digits))
    return bytes(out)


def base2(message: bytes, order: bytes = b"\t ", *, lsb: bool = False) -> bytes:
    """Each byte as eight symbols of two kinds."""
    shifts = range(8) if lsb else range(7, -1, -1)
    return bytes(order[byte >> shift & 1] for byte in message for shift in shifts)


def dolus(cover: bytes, message: bytes) -> bytes:
    """What Dolus writes: a mark, then base 4 over sixteen bits a byte, behind the document."""
    return cover + DOLUS_MARK + base4(message)


def trailing(cover: bytes, message: bytes, order: bytes = DOLUS_ORDER, mark: bytes = b"", per_byte: int = 8) -> bytes:
    return cover + mark + base4(message, order, per_byte=per_byte)


def leading(cover: bytes, message: bytes, order: bytes = DOLUS_ORDER, mark: bytes = b"", per_byte: int = 8) -> bytes:
    return mark + base4(message, order, per_byte=per_byte) + cover


def bits(message: bytes) -> list[int]:
    return [byte >> shift & 1 for byte in message for shift in range(7, -1, -1)]


def pieces(document: bytes) -> Iterator[tuple[str, bytes]]:
    """A document as ("gap", white space) and ("token", …) pieces, in order; gaps may be empty."""
    at, size = 0, len(document)
    while at < size:
        start = at
        while at < size and document[at] in b" \t\r\n":
            at += 1
        yield "gap", document[start:at]
        if at == size:
            return
        start = at
        if document[at] == ord('"'):
            at += 1
            while document[at] != ord('"'):
                at += 2 if document[at] == ord("\\") else 1
            at += 1
        elif document[at] in b"{}[],:":
            at += 1
        else:
            while at < size and document[at] not in b" \t\r\n{}[],:":
                at += 1
        yield "token", document[start:at]
    yield "gap", b""


def _rewrite(document: bytes, change: Callable[[bytes, bytes, bytes], bytes]) -> bytes:
    """Rebuilds a document; ``change(gap, token before, token behind)`` gives each inner gap anew."""
    parts = list(pieces(document))
    out: list[bytes] = []
    for i, (kind, text) in enumerate(parts):
        if kind == "token":
            out.append(text)
            continue
        before = parts[i - 1][1] if i else b""
        behind = parts[i + 1][1] if i + 1 < len(parts) else b""
        out.append(change(text, before, behind) if before and behind else text)
    return b"".join(out)


def _choices(document: bytes, message: bytes, place: Callable[[bytes, bytes, bytes], bool],
             write: Callable[[bytes, int], bytes]) -> bytes:  # fmt: skip
    stream = iter(bits(message))

    def change(gap: bytes, before: bytes, behind: bytes) -> bytes:
        if not place(gap, before, behind):
            return gap
        bit = next(stream, None)
        return gap if bit is None else write(gap, bit)

    result = _rewrite(document, change)
    if next(stream, None) is not None:
        raise ValueError("the cover is too small")
    return result


def spread(document: bytes, message: bytes, order: bytes = DOLUS_ORDER, per_gap: int = 1, per_byte: int = 4) -> bytes:
    """Base-4 digits spread over the gaps between tokens, some in each."""
    digits = base4(message, order, per_byte=per_byte)
    at = 0

    def change(gap: bytes, before: bytes, behind: bytes) -> bytes:
        nonlocal at
        part = digits[at : at + per_gap]
        at += per_gap
        return gap + part

    result = _rewrite(document, change)
    if at < len(digits):
        raise ValueError("the cover is too small")
    return result


def jsmug(message: bytes, *, per_gap: int = 3) -> bytes:
    """What jsmug writes: the digits of Dolus, without a mark, in the gaps of an array of its own."""
    pairs = len(message) * 8 // (6 * per_gap) + 2
    cover = b'{"data":[' + b",".join([b'{"json":"smuggled"}'] * pairs) + b"]}"
    return spread(cover, message, per_gap=per_gap, per_byte=8)


def one_gap(document: bytes, message: bytes) -> bytes:
    """The whole message in the gap behind the first comma."""
    done = False

    def change(gap: bytes, before: bytes, behind: bytes) -> bytes:
        nonlocal done
        if before == b"," and not done:
            done = True
            return gap + base4(message, per_byte=4)
        return gap

    return _rewrite(document, change)


def colons(document: bytes, message: bytes) -> bytes:
    """A space behind a colon, or none."""
    return _choices(document, message, lambda g, a, b: a == b":", lambda g, bit: b" " * bit)


def commas(document: bytes, message: bytes) -> bytes:
    """A space behind a comma, or none."""
    return _choices(document, message, lambda g, a, b: a == b"," and b"\n" not in g, lambda g, bit: b" " * bit)


def _breaks(gap: bytes, before: bytes, behind: bytes) -> bool:
    return b"\n" in gap


def line_ends(document: bytes, message: bytes) -> bytes:
    return _choices(document, message, _breaks, lambda g, bit: g.replace(b"\n", b"\r\n") if bit else g)


def line_tails(document: bytes, message: bytes) -> bytes:
    return _choices(document, message, _breaks, lambda g, bit: b" " + g if bit else g)


def snow(document: bytes, message: bytes) -> bytes:
    """As stegsnow: a tab begins, then each three bits are up to seven spaces and a tab, at the ends of lines."""
    stream = bits(message)
    groups = [stream[i : i + 3] for i in range(0, len(stream), 3)]
    values = iter([int("".join(map(str, (*g, 0, 0)[:3])), 2) for g in groups])

    def change(gap: bytes, before: bytes, behind: bytes) -> bytes:
        if b"\n" not in gap:
            return gap
        nonlocal begin
        value = next(values, None)
        if value is None:
            return gap
        tail, begin = begin + b" " * value + b"\t", b""
        return tail + gap

    begin = b"\t"
    result = _rewrite(document, change)
    if next(values, None) is not None:
        raise ValueError("the cover is too small")
    return result


def indent_by_one(document: bytes, message: bytes) -> bytes:
    return _choices(document, message, _breaks, lambda g, bit: g + b" " * bit)


def indent_by_tab(document: bytes, message: bytes) -> bytes:
    return _choices(
        document, message, lambda g, a, b: b"\n  " in g, lambda g, bit: g.replace(b"\n  ", b"\n\t", 1) if bit else g
    )


def blank_lines(document: bytes, message: bytes) -> bytes:
    return _choices(document, message, _breaks, lambda g, bit: b"\n" + g if bit else g)


#: Writers that need a pretty-printed cover, and those that take a compact one.
PRETTY: dict[str, Callable[[bytes, bytes], bytes]] = {
    "whitespace.line-endings": line_ends,
    "whitespace.line-tails": line_tails,
    "whitespace.line-tails/snow": snow,
    "whitespace.indent/one": indent_by_one,
    "whitespace.indent/tab": indent_by_tab,
    "whitespace.blank-lines": blank_lines,
    "whitespace.separators/colon-pretty": colons,
}
ANY: dict[str, Callable[[bytes, bytes], bytes]] = {
    "whitespace.trailing/dolus": dolus,
    "whitespace.trailing/base4": lambda d, m: trailing(d, m, per_byte=4),
    "whitespace.trailing/base2": lambda d, m: d + base2(m),
    "whitespace.leading": leading,
    "whitespace.gaps/spread": spread,
    "whitespace.gaps/one": one_gap,
}
COMPACT: dict[str, Callable[[bytes, bytes], bytes]] = {
    "whitespace.separators/colon": colons,
    "whitespace.separators/comma": commas,
    "whitespace.gaps/jsmug": lambda d, m: jsmug(m),
}
