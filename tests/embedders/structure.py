"""Writes messages into the structure of JSON: arrays of bytes, characters, pieces, literals, empties, words."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable

__all__ = ["EMBEDDERS", "VIEWS", "bits", "nibbles"]

_WORDS = [
    *("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven"),
    *("inlet", "jetty", "knoll", "larch", "maple", "north", "ocean", "piper"),
]
_MORE_WORDS = [
    *("quail", "raven", "sable", "tiger", "umber", "valor", "wheat", "xenon"),
    *("yacht", "yeast", "yield", "yodel", "zebra", "zesty", "zonal", "zooid"),
]


def bits(message: bytes) -> list[int]:
    return [byte >> shift & 1 for byte in message for shift in range(7, -1, -1)]


def nibbles(message: bytes) -> list[int]:
    return [digit for byte in message for digit in (byte >> 4, byte & 15)]


def _quads(message: bytes) -> list[int]:
    return [byte >> shift & 3 for byte in message for shift in (6, 4, 2, 0)]


def _document(value: object) -> bytes:
    return json.dumps({"id": 7, "name": "item", "values": value, "tags": ["a", "b"]}).encode()


def _sizes(text: str, seed: int) -> list[str]:
    """A text cut into pieces of two to nine characters."""
    randomness = random.Random(seed)
    pieces, at = [], 0
    while at < len(text):
        size = randomness.randrange(2, 10)
        pieces.append(text[at : at + size])
        at += size
    return pieces


def byte_array(message: bytes) -> bytes:
    return _document(list(message))


def characters(message: bytes) -> bytes:
    return _document(list(message.decode("latin-1")))


def digits(message: bytes) -> bytes:
    """The digits of the message alone, a number each."""
    return _document([int(chr(b)) for b in message if chr(b).isdigit()])


def pieces(message: bytes) -> bytes:
    return _document(_sizes(base64.b64encode(message).decode(), len(message)))


def literals(message: bytes) -> bytes:
    return _document([bool(bit) for bit in bits(message)])


def empties(message: bytes) -> bytes:
    return _document([{} if bit else [] for bit in bits(message)])


def nested(message: bytes) -> bytes:
    return _document([([], [[]], [[[]]], [[[[]]]])[quad] for quad in _quads(message)])


def two_words(message: bytes) -> bytes:
    return _document([_WORDS[bit] for bit in bits(message)])


def four_words(message: bytes) -> bytes:
    return _document([_WORDS[quad] for quad in _quads(message)])


def _digits(message: bytes, bits: int) -> list[int]:
    """The message in digits of so many bits, most significant first, filled up with noughts."""
    count = -(-len(message) * 8 // bits)
    number = int.from_bytes(message, "big") << count * bits - len(message) * 8
    return [number >> bits * (count - 1 - at) & (1 << bits) - 1 for at in range(count)]


def eight_words(message: bytes) -> bytes:
    return _document([_WORDS[digit] for digit in _digits(message, 3)])


def thirty_two_words(message: bytes) -> bytes:
    return _document([(_WORDS + _MORE_WORDS)[digit] for digit in _digits(message, 5)])


def sixteen_words(message: bytes) -> bytes:
    return _document([_WORDS[nibble] for nibble in nibbles(message)])


#: Embedders whose message is recovered, by channel and what they use.
EMBEDDERS: dict[str, Callable[[bytes], bytes]] = {
    "structure.byte-array/bytes": byte_array,
    "structure.byte-array/characters": characters,
    "structure.shape/literals": literals,
    "structure.shape/empties": empties,
    "structure.shape/nested": nested,
    "structure.wordlist/2": two_words,
    "structure.wordlist/4": four_words,
    "structure.wordlist/8": eight_words,
    "structure.wordlist/16": sixteen_words,
    "structure.wordlist/32": thirty_two_words,
}
#: Those that are joined and inspected, and no finding by themselves.
VIEWS: dict[str, Callable[[bytes], bytes]] = {
    "structure.byte-array/digits": digits,
    "structure.byte-array/pieces": pieces,
}
