"""Cost of a token as a multiple of the bare cipher call, measured in the same run.

    python benchmarks/tokenize_ratio.py

AES-SIV: ``Tokenizer.token`` against ``AESSIV.encrypt`` of the same value; opening against ``AESSIV.decrypt``. FF1: the
same against ``fastfpe.ff1.encrypt`` of the same digits; cards also in units of the FF1 calls that they need, since
keeping or breaking the Luhn check takes some ten of them. Vault: random tokens a second, which is the speed of the
disk. Each figure is the median of the ratios of interleaved minima; answers are checked.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from fastfpe import ff1
from stdnum import luhn

from dlpcore.tokenize import Format, Keyring, Scheme, Sealed, SQLiteVault, Tokenizer, Value, Vaulted, anyone

ROUNDS = 15
CALLS = 400
DIGITS = "0123456789"
GATES = {"AES-SIV token": 8.0, "AES-SIV open": 8.0, "FF1 token": 5.0, "FF1 open": 5.0, "FF1 card, broken": 5.0}


def seconds(call: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(CALLS // 5):
            call()
        best = min(best, (time.perf_counter() - start) / (CALLS // 5))
    return best


def ratio(ours: Callable[[], object], bare: Callable[[], object]) -> tuple[float, float, float]:
    """Median ratio, and the best times of both in microseconds."""
    pairs = [(seconds(ours), seconds(bare)) for _ in range(ROUNDS)]
    return (
        statistics.median(a / b for a, b in pairs),
        1e6 * min(a for a, _ in pairs),
        1e6 * min(b for _, b in pairs),
    )


def main() -> int:
    ring = Keyring({"k1": bytes(range(32))}, "k1")
    schemes: dict[str, Scheme] = {
        "note": Sealed(),
        "account": Format.digits(),
        "card": Format.card("any"),
        "broken": Format.card("break"),
        "kept": Format.card("keep"),
        "us_ssn": Vaulted(),
    }
    vault = SQLiteVault(Path(tempfile.mkdtemp()) / "vault.db")
    tokenizer = Tokenizer(ring, tenant="acme", schemes=schemes, vault=vault, may_open=anyone)
    siv, key = AESSIV(bytes(range(64))), bytes(range(32)).hex()
    value, digits, tweak = b"4111111111111111", "4111111111111111", b"digits".hex()
    sealed = siv.encrypt(value, [b"acme"])
    token, formatted = tokenizer.token(value, "note"), tokenizer.token(value, "account")
    assert tokenizer.open(token) == value and tokenizer.open(formatted, entity="account") == value
    assert len(formatted) == len(value) and formatted.isdigit()

    # the steps of one card are always the same, and those of another others
    numbers = (f"4111{n * 7919 * 1237 % 10**8:08}1111" for n in range(12 * CALLS))
    cards = itertools.cycle([number.encode() for number in numbers if luhn.is_valid(number)])
    rows: dict[str, tuple[float, float, float]] = {
        "AES-SIV token": ratio(lambda: tokenizer.token(value, "note"), lambda: siv.encrypt(value, [b"acme"])),
        "AES-SIV open": ratio(lambda: tokenizer.open(token), lambda: siv.decrypt(sealed, [b"acme"])),
        "FF1 token": ratio(lambda: tokenizer.token(value, "account"), lambda: ff1.encrypt(key, tweak, DIGITS, digits)),
        "FF1 open": ratio(
            lambda: tokenizer.open(formatted, entity="account"), lambda: ff1.decrypt(key, tweak, DIGITS, digits)
        ),
        "FF1 card, any": ratio(
            lambda: tokenizer.token(value, "card"), lambda: ff1.encrypt(key, tweak, DIGITS, "111111")
        ),
        "FF1 card, broken": ratio(
            lambda: tokenizer.token(next(cards), "broken"), lambda: ff1.encrypt(key, tweak, DIGITS, "111111")
        ),
        "FF1 card, kept": ratio(
            lambda: tokenizer.token(next(cards), "kept"), lambda: ff1.encrypt(key, tweak, DIGITS, "111111")
        ),
    }
    for name, (times, ours, bare) in rows.items():
        gate = GATES.get(name)
        print(
            f"{name:16} {times:5.2f} x  ({ours:6.1f} us; bare {bare:5.1f} us){f'  asked: {gate:.0f}' if gate else ''}"
        )
    for batch in (1, 100):
        values = [Value(b"078-05-1120", "us_ssn")] * batch
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < 1.0:
            count += len(tokenizer.tokens(values))
        print(f"vault, {batch:3} a call  {count / (time.perf_counter() - start):8,.0f} tokens a second, each durable")
    return any(rows[name][0] > gate for name, gate in GATES.items())


if __name__ == "__main__":
    sys.exit(main())
