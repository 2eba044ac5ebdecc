"""Words as digits (``structure.wordlist``, family D): arrays of few words that come again and again.

Theory of operation. Two words are bits, four are pairs of bits, and so on to sixty-four. The writer's list is taken to
be alphabetical (any other order of more than four words is a cipher), but a message need not use all of its words: the
digits of those that it uses are a rising assignment, found as the likeliest for text. In text a digit depends on its
place (of half bytes, the first is 6 or 7), so that words by their places tell the digits apart; then single words and
blocks of them are moved as long as the decoded text gains. It is believed when text explains the words in fewer bits,
with those for the choice of digits, than honest categories do, whose code knows how often each word comes.

What no such list reads may still be digits of text. That words depend on their places is priced by itself, by the code
of Krichevsky and Trofimov over the places of each word; the columns of a table depend on their places as well, but do
not have their words in common.
"""

from __future__ import annotations

import binascii
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

from ..model import Severity, Span
from .channel import ChannelReport, Late
from .plausible import likelihood
from .readings import (
    MARGIN,
    Reading,
    array,
    code_length,
    decoded,
    flat_bits,
    honest_bits,
    letters,
    matches,
    means,
    report,
)
from .recovery import MAX_CANDIDATES

__all__ = ["wordlists"]

_WORDS: Final = array(rb'"(?:[^"\\\x00-\x1f]|\\[^\x00-\x1f]){1,64}+"', 16)
_STRING: Final = re.compile(rb'"((?:[^"\\]|\\.)*+)"')
#: Words by which digits are told; texts decoded for that in one payload.
_SAMPLE: Final = 512
_TRIALS: Final = 2048
#: Bits by which words must depend on their places to be digits, and what part of the words comes in other places too.
_THRESHOLD: Final = 32.0
_SHARED: Final = 0.25
#: Bits a word that the likeliest assignment may fall short by to be worth better ones.
_REACH: Final = 0.3
#: Bits that a reading may fall short of honest data by to be listed, if it is all letters: it is no evidence.
_LISTED: Final = 12.0
#: log2 of the probability of what a text does not have; and of padding, where it may stand.
_NEVER: Final = -20.0
_PAD: Final = -9.0
#: Units of work for a word and a digit that it may be, and for a text that is tried.
_ASSIGNED: Final = 4_000
_TRIED: Final = 40_000


class _Base(NamedTuple):
    """Digits of ``bits`` bits, most significant first, in an alphabet; ``least`` of its words occur."""

    name: str
    bits: int
    least: int
    alphabet: bytes

    @property
    def places(self) -> int:
        """Digits after which a byte begins again."""
        return 8 // math.gcd(8, self.bits)


_STANDARD: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BASES: Final = (
    _Base("octal", 3, 5, b"01234567"),
    _Base("nibbles", 4, 6, b"0123456789abcdef"),
    _Base("base32", 5, 9, b"0123456789abcdefghijklmnopqrstuv"),
    _Base("base64", 6, 14, _STANDARD + b"="),
    _Base("base64-cloakify", 6, 14, b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/+="),
)


def wordlists(data: bytes, limit: int, late: Late) -> ChannelReport | None:
    """The report of all arrays of words that could be digits."""
    readings: list[Reading] = []
    bits = placed = 0.0
    spans: list[Span] = []
    trials = [_TRIALS]
    for match in matches(_WORDS, data, late):
        words = _STRING.findall(match[0])
        kinds = sorted(set(words))
        if not 2 <= len(kinds) <= 256 or len(words) < len(kinds) + min(len(kinds), 6):
            continue  # hardly a word comes again: names, not symbols
        spans.append(match.span())
        bits += len(words) * math.log2(len(kinds))
        digits = bytes(map({word: index for index, word in enumerate(kinds)}.__getitem__, words))[: 3 * limit]
        found = list(_spelled(match.span(), digits, len(kinds), limit, trials, late))
        readings += found
        if not any(reading.margin > 0.0 for reading in found):
            placed = max(placed, _placed(digits[:_SAMPLE], len(kinds)))
    if not spans:
        return None
    # honest categories repeat as freely: only what decodes, or what depends on its place, is a finding
    reason = f"words depend on their place by {placed:.1f} bits, as the digits of a text do"
    return report(
        "structure.wordlist",
        readings,
        [],
        bits,
        bits if placed >= _THRESHOLD else math.inf,
        limit,
        spans,
        weight=0.0,
        silent=(Severity.MEDIUM, reason) if placed >= _THRESHOLD else None,
    )


def _spelled(span: Span, words: bytes, kinds: int, limit: int, trials: list[int], late: Late) -> Iterator[Reading]:
    """What words spell, given as their places among the sorted ones."""
    if kinds <= 4:
        yield from decoded(span, words, limit, sure=False, late=late)
        return
    sample = words[:_SAMPLE]
    for base in _BASES:
        if not base.least <= kinds <= len(base.alphabet) or len(words) * base.bits < 64:
            continue
        if late(_ASSIGNED * kinds * len(base.alphabet)):
            break
        honest = honest_bits(sample, base.places)
        chosen = math.log2(math.comb(len(base.alphabet), kinds))
        tried: dict[bytes, float] = {}
        for flat in (False, True):
            start = _likeliest(sample, kinds, base, flat=flat)
            if _gained(sample, start, base) + honest - chosen >= -_REACH * len(sample):
                before = trials[0]
                _climb(sample, start, base, trials, tried)
                late(_TRIED * (before - trials[0]))
        for digits in sorted(tried, key=tried.__getitem__, reverse=True)[:MAX_CANDIDATES]:
            margin = tried[digits] + honest - chosen - 4.0
            data = _text(words, digits, base) if margin > -_LISTED else b""
            if data and means(data) and (margin >= MARGIN or letters(data)):
                yield Reading(span, data, (base.name, "alphabetical"), margin if margin >= MARGIN else 0.0)


def _gained(words: bytes, digits: bytes, base: _Base) -> float:
    """Bits of the text that words stand for, taken from none."""
    text = _text(words, digits, base)
    return _explained(text) - 8.0 * len(text)


def _explained(text: bytes) -> float:
    """Bits by which text explains bytes better than noise, as prose or as letters and digits."""
    return max(likelihood(text), flat_bits(text))


def _text(words: bytes, digits: bytes, base: _Base) -> bytes:
    """The bytes that words stand for, of which each is a digit of the alphabet; without a part of a byte at the end."""
    code = words.translate(digits.ljust(256, base.alphabet[:1]))
    if base.bits == 6:
        code = code.rstrip(b"=").replace(b"=", b"A")
        return binascii.a2b_base64(code[: len(code) - (len(code) % 4 == 1)] + b"=" * (-len(code) % 4))
    size = len(code) * base.bits
    return (int(code, 1 << base.bits) >> size % 8).to_bytes(size // 8, "big")


@cache
def _odds(base: _Base, *, flat: bool) -> tuple[tuple[float, ...], ...]:
    """log2 of the probability of each digit of the alphabet at each place of a text."""
    model = flat_bits if flat else likelihood
    weights = [2.0 ** (model(bytes((byte,))) - 8.0) for byte in range(256)]
    places: list[tuple[float, ...]] = []
    for place in range(base.places):
        end = place * base.bits % 8 + base.bits
        tails, heads = [0.0] * (1 << base.bits), [0.0] * (1 << base.bits)
        for byte, weight in enumerate(weights):  # the bits of a digit in its first byte, and those in the next
            tails[(byte >> 8 - end if end <= 8 else byte << end - 8) & (1 << base.bits) - 1] += weight
            heads[byte >> 16 - end if end > 8 else 0] += weight
        over = (1 << max(0, end - 8)) - 1
        digits = [tails[digit & ~over] * heads[digit & over] + 1e-7 for digit in range(1 << base.bits)]
        value = {letter: index for index, letter in enumerate(_STANDARD if base.bits == 6 else base.alphabet)}
        pad = _PAD if place >= 2 else _NEVER
        places.append(tuple(math.log2(digits[value[d]]) if d in value else pad for d in base.alphabet))
    return tuple(places)


def _likeliest(words: bytes, kinds: int, base: _Base, *, flat: bool) -> bytes:
    """The rising assignment of digits to words that text makes likeliest, each word told by its places alone."""
    odds = _odds(base, flat=flat)
    counts = [Counter(words[place :: base.places]) for place in range(base.places)]
    size = len(base.alphabet)
    before = [0.0] * size
    chosen: list[list[int]] = []
    for kind in range(kinds):
        best, at = -math.inf, -1
        scores: list[float] = []
        choice: list[int] = []
        for digit in range(size):
            if kind and digit and before[digit - 1] > best:
                best, at = before[digit - 1], digit - 1
            own = sum(count[kind] * place[digit] for count, place in zip(counts, odds, strict=True))
            scores.append(own + (best if kind else 0.0))
            choice.append(at)
        before = scores
        chosen.append(choice)
    digit = max(range(size), key=before.__getitem__)
    digits = [digit]
    for kind in range(kinds - 1, 0, -1):
        digit = chosen[kind][digit]
        digits.append(digit)
    return bytes(base.alphabet[digit] for digit in reversed(digits))


def _climb(words: bytes, start: bytes, base: _Base, trials: list[int], tried: dict[bytes, float]) -> None:
    """Makes all moves of a word, or of a block of words whose digits touch, that make better text.

    ``tried`` gets each assignment met, those beside the best one too, with the bits of its text.
    """

    def worth(digits: Sequence[int]) -> float:
        chosen = bytes(base.alphabet[digit] for digit in digits)
        if chosen not in tried:
            trials[0] -= 1
            tried[chosen] = _gained(words, chosen, base)
        return tried[chosen]

    digits = [base.alphabet.index(letter) for letter in start]
    best = worth(digits)
    gained = True
    while gained and trials[0] > 0:
        gained = False
        for kind in range(len(digits)):
            for moved in (*_moves(digits, kind, len(base.alphabet)), *_blocks(digits, kind, len(base.alphabet))):
                if trials[0] > 0 and (value := worth(moved)) > best + 1e-9:
                    best, digits, gained = value, moved, True


def _moves(digits: list[int], kind: int, size: int) -> list[list[int]]:
    """The digits with that of one word changed, where it stays between its neighbours'."""
    low = digits[kind - 1] + 1 if kind else 0
    high = digits[kind + 1] if kind + 1 < len(digits) else size
    return [[*digits[:kind], digit, *digits[kind + 1 :]] for digit in range(low, high) if digit != digits[kind]]


def _blocks(digits: list[int], kind: int, size: int) -> Iterator[list[int]]:
    """The digits with a block that begins or ends at a word moved by one, where there is room."""
    end = kind + 1
    while end < len(digits) and digits[end] == digits[end - 1] + 1:
        end += 1
    if end > kind + 1 and digits[end - 1] + 1 < size:
        yield [*digits[:kind], *(digit + 1 for digit in digits[kind:end]), *digits[end:]]
    start = kind
    while start and digits[start - 1] == digits[start] - 1:
        start -= 1
    if start < kind and digits[start] > 0:
        yield [*digits[:start], *(digit - 1 for digit in digits[start : kind + 1]), *digits[kind + 1 :]]


def _placed(words: bytes, kinds: int) -> float:
    """Bits by which words depend on their places more than on the word before.

    Nothing where that is because each column of a table has its own words.
    """
    if not 8 <= kinds <= 66:
        return 0.0
    places = 2 if kinds <= 16 else 4
    counts = [[words[place::places].count(bytes((kind,))) for place in range(places)] for kind in range(kinds)]
    shared = sum(max(count) < sum(count) for count in counts)
    if shared < max(4.0, _SHARED * kinds):
        return 0.0
    gained = sum(sum(count) * math.log2(places) - code_length(count) for count in counts)
    return gained - max(0.0, code_length([sum(count) for count in counts]) - honest_bits(words, 1))
