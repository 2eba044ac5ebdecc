"""Prints nanoseconds a byte of every native scan function over growing adversarial inputs: none may grow with size.

Run: python benchmarks/linear.py [largest size in bytes, 4000000 unless told]. A line ends in "grows" where the last
size costs more than three times as much a byte as the best one before it, and twice as much as the one just before;
the exit status is then 1. Much of what many records cost is Python's: a tuple for each token, gap and hit.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from dlpcore import _native

WORDS = [b"password", b"apikey", b"ssn", b"secret", b"token", b"card", b"iban", b"awssecretaccesskey", b"mac", b"phone"]
LITERALS = [(b"AKIA", False), (b"ghp_", False), (b"xoxb-", True), (b"-----BEGIN", False), (b"aaab", False)]
PREFILTER = _native.Prefilter(LITERALS, WORDS, [name for name in _native.SHAPES if name != "always"])


def repeated(piece: bytes, head: bytes = b"", tail: bytes = b"") -> Callable[[int], bytes]:
    return lambda size: head + piece * ((size - len(head) - len(tail)) // len(piece)) + tail


#: Names that differ, without digits: six of these make a candidate, and Python's records of those cost their own.
LETTERS = str.maketrans("0123456789", "abcdefghij")


def numbered(piece: str, head: bytes, tail: bytes) -> Callable[[int], bytes]:
    def make(size: int) -> bytes:
        body = b",".join((piece % str(i).translate(LETTERS)).encode() for i in range(size // (len(piece) + 4)))
        return head + body + tail

    return make


DEEP_WORDS = b'{"password_api_key_secret_token":'
DOCUMENTS: dict[str, Callable[[int], bytes]] = {
    "compact members": numbered('{"id":1,"name":"item %s"}', b"[", b"]"),
    "errors: commas": repeated(b","),
    "errors: documents": repeated(b"1 "),
    "errors: quotes": repeated(b"'\n"),
    "errors: comments open": repeated(b"/*"),
    "errors: NUL and DEL": repeated(b"\0\x7f"),
    "errors: invalid UTF-8": repeated(b"\xc3(", b'["', b'"]'),
    "errors: closing": repeated(b"]"),
    "nested arrays": repeated(b"["),
    "nested objects": repeated(b'{"a":'),
    "nested and closed": lambda size: b"[" * (size // 2) + b"]" * (size // 2),
    "nested, context words": lambda size: DEEP_WORDS * (size // len(DEEP_WORDS)),
    "values under words": lambda size: DEEP_WORDS * 40 + b"[" + b"1," * (size // 2) + b"1]" + b"}" * 40,
    "duplicate keys": repeated(b'"a":1,', b"{", b'"a":1}'),
    "distinct keys": numbered('"k%s":1', b"{", b"}"),
    "keys of escapes": repeated(b'"\\u0061\\u0062":1,', b"{", b'"a":1}'),
    "objects of few keys": repeated(b'{"a":1,"b":2},', b"[", b"1]"),
    "one long key of words": repeated(b"password_", b'{"', b'":1}'),
    "key of words, many values": lambda size: (
        b'{"' + b"password_" * (size // 18) + b'":[' + b"1," * (size // 4) + b"1]}"
    ),
    "one key, words anew": lambda size: b'{"' + b"_".join(WORDS) * (size // 90) + b'":{}}',
    "at signs": repeated(b"@", b'["', b'"]'),
    "addresses": repeated(b"a@b.", b'["', b'"]'),
    "address without end": repeated(b"a", b'["a@', b'"]'),
    "digits": repeated(b"4", b'["', b'"]'),
    "digit groups": repeated(b"4 ", b'["', b'"]'),
    "digits, long separators": repeated(b"4 -.", b'["', b'"]'),
    "number": repeated(b"4"),
    "numbers": repeated(b"411111,", b"[", b"1]"),
    "fraction of zeros": repeated(b"0", b"[0.", b"1]"),
    "colons": repeated(b":", b'["', b'"]'),
    "hex groups": repeated(b"ab:", b'["', b'"]'),
    "hex and dashes": repeated(b"00-", b'["', b'"]'),
    "IBAN heads": repeated(b"-DE12", b'["', b'"]'),
    "IBAN without end": repeated(b"A1 ", b'["DE12', b'"]'),
    "base64": repeated(b"QUJD", b'["', b'"]'),
    "base64 of base64": repeated(b"UVVKRA", b'["', b'"]'),
    "hexadecimal": repeated(b"414b4941", b'["', b'"]'),
    "many short base64": repeated(b'"QUJDQUJDQUJDQUJDQUJD",', b"[", b"1]"),
    "literals": repeated(b"AKIA", b'["', b'"]'),
    "near literals": repeated(b"aaaa", b'["', b'"]'),
    "literals outside": repeated(b"AKIA "),
    "escapes": repeated(b"\\n", b'["', b'"]'),
    "unicode escapes": repeated(b"\\u0041", b'["', b'"]'),
    "escaped strings": repeated(b'"\\u0041",', b"[", b"1]"),
    "lone surrogates": repeated(b"\\ud800", b'["', b'"]'),
    "words in a text": repeated(b"aB1 ", b'["', b'"]'),
    "one word": repeated(b"aA", b'["1', b'"]'),
    "white space": repeated(b" ", b"[", b"]"),
    "line ends": repeated(b"\n", b"[1,", b"1]"),
    "CR, LF and blanks": repeated(b"\r\n \r\t", b"[1,", b"1]"),
    "gaps of growing length": lambda size: (
        b"[" + b",".join(b" " * (i % 2000) + b"1" for i in range(size // 1000)) + b"]"
    ),
    "indents anew": lambda size: b"[" + b",".join(b"\n" + b" \t" * (i % 700) + b"1" for i in range(size // 700)) + b"]",
    "gaps after colons": lambda size: (
        b"{" + b",".join(b'"a":\n' + b" " * (i % 500) + b"1" for i in range(size // 260)) + b"}"
    ),
    "trailing run": repeated(b"\t\n\r ", b"{}"),
}
SIZES = (10_000, 100_000, 1_000_000, 4_000_000)


def pointers(data: bytes) -> None:
    _native.pointers(data, [len(data) * k // 9 for k in range(10)])


def symbols(data: bytes) -> None:
    _native.decode_symbols(data, bytes(i % 4 for i in range(256)), 2, 4, False, len(data))


FUNCTIONS: dict[str, Callable[[bytes], object]] = {
    "scan": PREFILTER.scan,
    "all": lambda data: PREFILTER.scan(data, _native.O_GAPS | _native.O_TOKENS),
    "text": PREFILTER.scan_text,
    "compact": _native.compact,
    "unescape": _native.unescape,
    "pointers": pointers,
    "symbols": symbols,
}


def nanoseconds(call: Callable[[bytes], object], data: bytes) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter_ns()
        call(data)
        took = time.perf_counter_ns() - start
        best = min(best, took)
        if took > 200_000_000:
            break
    return best / len(data)


def main() -> int:
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1]
    sizes = [size for size in SIZES if size <= largest]
    print(f"{'input':28}{'function':10}" + "".join(f"{size:>12,}" for size in sizes) + "   (ns a byte)")
    grown = 0
    for what, make in DOCUMENTS.items():
        inputs = [make(size) for size in sizes]
        for name, call in FUNCTIONS.items():
            costs = [nanoseconds(call, data) for data in inputs]
            before = costs[:-1] or costs
            grows = costs[-1] > max(3 * min(before), 2 * before[-1], 2.0)
            grown += grows
            print(f"{what:28}{name:10}" + "".join(f"{cost:12.2f}" for cost in costs) + ("   grows" if grows else ""))
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
