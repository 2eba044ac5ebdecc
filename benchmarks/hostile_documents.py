"""Documents that are written to be dear to inspect: a maker of each, by the stage that it is aimed at.

Those of ``linear.py`` are aimed at the native pass; these at what comes behind it: each channel, each kind of layer,
each sort of rule. Everything is drawn from a generator with a fixed seed, so that a document is the same at every run.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import itertools
import json
import random
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence

from dlpcore.rules import builtin

__all__ = ["HOSTILE"]

Maker = Callable[[int], bytes]


def items(
    one: Callable[[random.Random], bytes], head: bytes = b"[", tail: bytes = b"1]", between: bytes = b","
) -> Maker:
    """An array of what ``one`` draws, as long as there is room."""

    def make(size: int) -> bytes:
        drawn, parts, room = random.Random(size), [], size - len(head) - len(tail)
        while room > 0:
            parts.append(one(drawn) + between)
            room -= len(parts[-1])
        return head + b"".join(parts) + tail

    return make


def cycled(texts: Sequence[bytes], head: bytes = b"[", tail: bytes = b"1]", between: bytes = b",") -> Maker:
    """The same of texts that are given, over and over."""

    def make(size: int) -> bytes:
        parts, room = [], size - len(head) - len(tail)
        for text in itertools.cycle(texts):
            if room <= 0:
                break
            parts.append(text + between)
            room -= len(parts[-1])
        return head + b"".join(parts) + tail

    return make


def drawn(symbols: Sequence[bytes | str], least: int, most: int) -> Callable[[random.Random], bytes]:
    """A run of symbols."""
    choices = [symbol.encode() if isinstance(symbol, str) else symbol for symbol in symbols]
    return lambda r: b"".join(r.choices(choices, k=r.randint(least, most)))


def quoted(inner: Callable[[random.Random], bytes]) -> Callable[[random.Random], bytes]:
    return lambda r: b'"' + inner(r) + b'"'


def listed(inner: Callable[[random.Random], bytes], least: int, most: int) -> Callable[[random.Random], bytes]:
    return lambda r: b"[" + b",".join(inner(r) for _ in range(r.randint(least, most))) + b"]"


def words(kinds: int) -> Callable[[random.Random], bytes]:
    return drawn([b'"word%s"' % bytes((97 + i % 26, 97 + i // 26)) for i in range(kinds)], 1, 1)


def spaced(symbols: Sequence[str], least: int = 1, most: int = 12) -> Callable[[random.Random], bytes]:
    """A member with white space of its own kind in front of it."""
    space = drawn(symbols, least, most)
    return lambda r: space(r) + b'"k":' + space(r) + b"1"


def text_of(one: Callable[[random.Random], bytes], between: bytes = b" ") -> Maker:
    """One string."""
    return items(one, b'["', b'x"]', between)


def encoded(encode: Callable[[bytes], bytes], least: int, most: int) -> Callable[[random.Random], bytes]:
    """A string of letters and blanks, encoded."""
    plain = drawn("etaoin shrdlu 0123456789", least, most)
    return quoted(lambda r: encode(plain(r)))


def in_layers(data: bytes, *steps: Callable[[bytes], bytes]) -> bytes:
    for step in steps:
        data = step(data)
    return data


def zipped(members: int) -> Callable[[bytes], bytes]:
    def make(data: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for i in range(members):
                archive.writestr(f"{i}.txt", data)
        return out.getvalue()

    return make


def one_string(inner: Callable[[int], bytes]) -> Maker:
    return lambda size: b'["' + inner(size) + b'"]'


def ordered(keys: int) -> Callable[[random.Random], bytes]:
    names = [b'"key%s%s":1' % (bytes((97 + i % 26,)), bytes((97 + i // 26,))) for i in range(keys)]
    return lambda r: b"{" + b",".join(r.sample(names, keys)) + b"}"


def _examples() -> Iterator[bytes]:
    for rule in builtin().rules:
        for example in (*rule.examples, *rule.negatives):
            if example.form == "text":
                yield example.data


def _strings() -> list[bytes]:
    return [json.dumps(text.decode("utf-8", "replace")).encode() for text in _examples()]


def _literals() -> list[bytes]:
    return sorted({literal for rule in builtin().rules for literal, _ in rule.anchor.literals if literal.isascii()})


def _context() -> list[bytes]:
    return sorted({word.encode() for rule in builtin().rules for word in (*rule.context.keys, *rule.context.words)})


def _escaped(text: bytes) -> bytes:
    return json.dumps(text.decode("utf-8", "replace")).encode()[1:-1]


STANDARD = [bytes((c,)) for c in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"]
HEX = [bytes((c,)) for c in b"0123456789abcdefABCDEF"]
DIGITS = [bytes((c,)) for c in b"0123456789"]
BLANKS = (" ", "\t", "\n", "\r")
B64, B32, B85, A85, HEXED = base64.b64encode, base64.b32encode, base64.b85encode, base64.a85encode, base64.b16encode
LETTERS = "etaoinshrdlu"

#: Aimed at the channels.
CHANNELS: dict[str, Maker] = {
    "arrays of few words": items(listed(words(12), 20, 24)),
    "arrays of many words": items(listed(words(60), 130, 140)),
    "one array of words": items(words(14), b"[", b'"worda"]'),
    "arrays of literals": items(listed(drawn(["true", "false", "null"], 1, 1), 20, 24)),
    "arrays of empties": items(listed(drawn(["[]", "{}", '""'], 1, 1), 16, 20)),
    "one array of literals": items(drawn(["true", "false", "null", "[]"], 1, 1), b"[", b"null]"),
    "trees of brackets": items(listed(drawn(["[]", "[[]]", "[[[]]]", "[{}]"], 1, 1), 12, 20)),
    "arrays of bytes": items(listed(lambda r: b"%d" % r.choice(b"etaoin shrdlu"), 8, 12)),
    "one array of bytes": items(lambda r: b"%d" % r.choice(b"etaoin shrdlu"), b"[", b"101]"),
    "arrays of characters": items(listed(quoted(drawn(LETTERS, 1, 1)), 8, 12)),
    "arrays of pieces": items(listed(quoted(drawn(STANDARD, 4, 4)), 4, 8)),
    "forms of numbers": items(drawn(["1", "1.0", "1e0", "10E-1", "1.00", "-0", "0", "2.50"], 1, 1)),
    "exponents": items(drawn(["1e5", "1E5", "1e+5", "1e05", "1.5e3"], 1, 1)),
    "digits beyond a double": items(lambda r: b"0.%d" % r.getrandbits(90)),
    "long fractions": items(lambda r: b"0." + b"%d" % r.getrandbits(6000)),
    "orders of 8 keys": items(ordered(8)),
    "orders of 200 keys": items(ordered(200)),
    "orders of 3 keys": items(ordered(3)),
    "keys twice, by objects": items(lambda r: b'{"a":%d,"a":%d}' % (r.randrange(256), r.randrange(256))),
    "keys twice, some": items(lambda r: b'{"%c":1,"b":[1],"a":2}' % r.choice(b"ax")),
    "case of hexadecimal": items(quoted(drawn(HEX, 32, 40))),
    "case of addresses": items(quoted(lambda r: b"0x" + drawn(HEX, 40, 40)(r))),
    "case of domains": items(quoted(drawn(["a@ExamPle.org", "a@examplE.org", "b@EXample.org"], 1, 1))),
    "bits before padding": items(quoted(lambda r: drawn(STANDARD, 9, 9)(r) + r.choice([b"Q", b"R", b"S"]) + b"==")),
    "escapes of solidus": text_of(drawn(["/", "\\/"], 1, 9)),
    "escapes of letters": text_of(drawn(["a", "\\u0061", "b", "\\u0062"], 1, 9)),
    "escapes of controls": text_of(drawn(["\\n", "\\u000a", "\\t", "\\u0009"], 1, 9)),
    "escapes of non-ASCII": text_of(drawn(["é", "\\u00e9", "\\u00E9"], 1, 9)),
    "escaped keys": items(lambda r: drawn(["a", "\\u0061"], 6, 9)(r), b'{"', b'":1}', b'":1,"'),
    "zero width": text_of(drawn(["a", "\u200b", "\u200c", "\u200d", "\u2060"], 1, 9)),
    "zero width, eight kinds": text_of(drawn([chr(c) for c in range(0x200B, 0x2010)] + ["\u2061", "\u2062"], 1, 9)),
    "variation selectors": text_of(drawn(["a"] + [chr(0xFE00 + i) for i in range(16)], 1, 9)),
    "selectors of plane 14": text_of(drawn(["a"] + [chr(0xE0100 + i) for i in range(200)], 1, 9)),
    "tags": text_of(drawn(["a"] + [chr(0xE0061 + i) for i in range(20)], 1, 9)),
    "direction marks": text_of(drawn(["a", "\u202a", "\u202c", "\u202d", "\u2066"], 1, 9)),
    "odd spaces": text_of(drawn(["a", "\u2002", "\u2003", "\u00a0", " "], 1, 9)),
    "look-alikes": text_of(drawn(["a", "\u0430", "e", "\u0435", "o", "\u043e", "n", "t"], 3, 9)),
    "forms of letters": text_of(drawn(["é", "e\u0301", "n", "t"], 3, 9)),
    "private characters": text_of(drawn(["\ue000", "\ue041", "\uf8ff", "a"], 1, 9)),
    "doubled spaces": text_of(drawn(["a", "b"], 1, 3), b"  "),
    "full width": text_of(drawn([chr(0xFF10 + i) for i in range(10)] + ["a"], 3, 19)),
    "gaps of blanks": items(spaced([" ", "\t"]), b"[{", b'"k":1}]', b"},{"),
    "gaps of all kinds": items(spaced(BLANKS), b"[{", b'"k":1}]', b"},{"),
    "gaps of one or none": items(spaced([" ", ""], 1, 1), b"[{", b'"k":1}]', b"},{"),
    "gaps between numbers": items(lambda r: drawn([" ", ""], 1, 1)(r) + b"1"),
    "line ends of two kinds": items(lambda r: r.choice([b"\n", b"\r\n"]) + b"1"),
    "tails of lines": items(lambda r: drawn([" ", "\t"], 0, 8)(r) + b"\n1"),
    "blank lines": items(lambda r: b"\n" * r.randint(1, 9) + b"1"),
    "indents": items(lambda r: b"\n" + drawn([" ", "\t"], 0, 9)(r) + b'"k":1', b"{", b'"k":1}'),
    "trailing, drawn": items(drawn(BLANKS, 64, 64), b"[]", b"", b""),
    "leading, drawn": items(drawn(BLANKS, 64, 64), b"", b"[]", b""),
    "trailing tabs and blanks": items(drawn([" ", "\t"], 64, 64), b"[]", b"", b""),
    "digits over elements": items(quoted(drawn(DIGITS, 1, 1))),
}
#: Aimed at layers.
LAYERS: dict[str, Maker] = {
    "base 64, short": items(encoded(B64, 8, 20)),
    "base 64, of names": items(quoted(drawn(STANDARD, 9, 30))),
    "base 32": items(encoded(B32, 8, 20)),
    "base 16": items(encoded(HEXED, 8, 20)),
    "base 85": items(encoded(B85, 12, 20)),
    "one of base 85": one_string(lambda n: B85(drawn(LETTERS, n * 4 // 5, n * 4 // 5)(random.Random(n)))),
    "one of Ascii85": one_string(lambda n: A85(bytes(n * 4 // 5)).replace(b"\\", b"]").replace(b'"', b"#")),
    "one word of base 85": text_of(drawn([bytes((c,)) for c in range(0x23, 0x5B)], 9, 9), b""),
    "base 64 in a text": text_of(lambda r: B64(drawn(LETTERS, 12, 24)(r))),
    "base 64 eight deep": items(lambda r: b'"' + in_layers(drawn(LETTERS, 9, 19)(r), *[B64] * 7) + b'"'),
    "tokens": items(
        lambda r: (
            b'"%s.%s.%s"' % (B64(b'{"alg":"none"}'), B64(b'{"sub":"%d"}' % r.getrandbits(60)).rstrip(b"="), b"x" * 9)
        )
    ),
    "data URIs": items(quoted(lambda r: b"data:text/plain;base64," + B64(drawn(LETTERS, 9, 20)(r)))),
    "percent": text_of(lambda r: b"%%%02X" % r.randrange(32, 127), b""),
    "entities": text_of(drawn(["&#65;", "&#x42;", "&amp;", "&eacute;"], 1, 4), b""),
    "quoted-printable": text_of(drawn(["=41", "=C3=A9", "a"], 1, 4), b""),
    "gzip, small": items(quoted(lambda r: B64(gzip.compress(drawn(LETTERS, 20, 40)(r), mtime=0)))),
    "zlib, small": items(quoted(lambda r: B64(zlib.compress(drawn(LETTERS, 20, 40)(r))))),
    "bzip2, small": items(quoted(lambda r: B64(bz2.compress(drawn(LETTERS, 20, 40)(r))))),
    "gzip of much": one_string(lambda n: B64(gzip.compress(b'{"a":1}' * (n * 12), mtime=0)) * 40),
    "bombs": cycled([b'"' + B64(gzip.compress(bytes(1 << 20), mtime=0)) + b'"']),
    "bombs of words": cycled([b'"' + B64(gzip.compress(b"password=" * 100_000, mtime=0)) + b'"']),
    "bombs of bzip2": cycled([b'"' + B64(bz2.compress(bytes(1 << 22))) + b'"']),
    "archives": cycled([b'"' + B64(zipped(100)(b"a text of words")) + b'"']),
    "strings of JSON": items(lambda r: b'"{\\"a\\":%d,\\"b\\":[1,2]}"' % r.randrange(999)),
    "strings of JSON, nested": cycled([json.dumps(json.dumps(json.dumps({"a": '{"b":1}'}))).encode()]),
    "backwards": items(quoted(lambda r: drawn(LETTERS, 9, 19)(r) + b"_phg")),
    "turned": items(quoted(lambda r: b"tuc_" + drawn(LETTERS, 9, 19)(r))),
    "UTF-16": one_string(
        lambda n: B64(drawn(LETTERS, n * 3 // 8, n * 3 // 8)(random.Random(n)).decode().encode("utf-16"))
    ),
    "hex pairs": items(quoted(lambda r: b" ".join(b"%02x" % r.randrange(97, 123) for _ in range(8)))),
    "hex pairs, prefixed": text_of(lambda r: b"0x%02x," % r.randrange(97, 123)),
    "text beside JSON": items(drawn(LETTERS, 3, 9), b"", b"", b" "),
}
#: Aimed at rules.
RULES: dict[str, Maker] = {
    "all examples": cycled(_strings()),
    "all examples in a text": cycled([_escaped(text) for text in _examples()], b'["', b'"]', b" "),
    "all examples beside JSON": cycled(list(_examples()), b"", b"", b"\n"),
    "all literals": cycled([json.dumps(text.decode()).encode() for text in _literals()]),
    "all literals in a text": cycled([_escaped(text) for text in _literals()], b'["', b'"]', b" "),
    "all literals, then words": lambda size: (
        b'["' + b" ".join(map(_escaped, _literals())) + b" plain words" * (max(0, size - 20_000) // 12) + b'"]'
    ),
    "all words of context, then numbers": lambda size: (
        b'["' + b" ".join(map(_escaped, _context())) + b" 123456782" * (max(0, size - 60_000) // 10) + b'"]'
    ),
    "all words of context as keys": cycled(
        [_escaped(word) for word in _context()], b'{"', b'":1}', b'":"4111111111111112","'
    ),
    "numbers under words": items(lambda r: b'{"ssn":%d,"iban":"%d"}' % (r.getrandbits(33), r.getrandbits(60))),
    "mail": items(quoted(lambda r: drawn(LETTERS, 5, 9)(r) + b"@example.org")),
    "mail in a text": text_of(lambda r: drawn(LETTERS, 5, 9)(r) + b"@example.org"),
    "telephones": items(lambda r: b'{"phone":"+49 30 %07d"}' % r.randrange(10**7)),
    "telephones in a text": text_of(lambda r: b"phone +49 30 %07d" % r.randrange(10**7)),
    "accounts": items(quoted(lambda r: b"DE%020d" % r.randrange(10**20))),
    "cards that are none": text_of(lambda r: b"card 4%015d" % r.randrange(10**15)),
    "numbers of 9 in a text": text_of(lambda r: b"ssn tax %09d" % r.randrange(10**9)),
    "addresses of hosts": text_of(lambda r: b"10.%d.%d.%d" % (r.randrange(256), r.randrange(256), r.randrange(256))),
    "addresses of six": text_of(lambda r: b"2001:db8:%x:%x::1" % (r.randrange(65536), r.randrange(65536))),
    "links": items(quoted(lambda r: b"https://user:%s@a.example.org/x?token=1" % drawn(LETTERS, 9, 9)(r))),
    "assignments": text_of(lambda r: b"password=%s;" % drawn(STANDARD, 12, 20)(r).replace(b"/", b"a")),
    "assignments without value": text_of(drawn(["password", "secret", "api_key", "token: ", "auth="], 1, 3), b""),
    "keys of secrets": items(lambda r: b'{"api_key":"%s"}' % drawn(STANDARD, 30, 40)(r)),
    "words of seeds": text_of(drawn(["abandon ", "ability ", "able ", "about "], 1, 3), b""),
    "dates": text_of(
        lambda r: b"born %d-%02d-%02d" % (r.randrange(1900, 2020), r.randrange(1, 13), r.randrange(1, 29))
    ),
    "named members": items(lambda r: b'{"name":"password","value":"%s"}' % drawn(LETTERS, 9, 12)(r)),
    "wide objects of names": items(lambda r: b'"%s":"4111 1111 1111 1112"' % drawn(LETTERS, 9, 12)(r), b"{", b'"a":1}'),
    "non-ASCII of one text": text_of(drawn(["é", "ß", "ж", "中", "card 4111"], 1, 9)),
}
#: All of them, by name.
HOSTILE: dict[str, Maker] = CHANNELS | LAYERS | RULES
