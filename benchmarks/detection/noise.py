"""What is not sensitive: machine noise of many kinds, and clean prose. Seeded."""

from __future__ import annotations

import base64
import random
import time
import uuid
from collections.abc import Callable, Iterator

from . import DIGITS, LOWER, UPPER, Case, alnum

__all__ = ["KINDS", "noise", "prose"]

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _luhn_ok(digits: str) -> bool:
    total = 0
    for i, char in enumerate(reversed(digits)):
        d = int(char) * (1 + i % 2)
        total += d - 9 if d > 9 else d
    return total % 10 == 0


def _digits(rng: random.Random) -> str:
    while _luhn_ok(text := rng.choice("123456789") + alnum(rng, rng.randrange(5, 19), DIGITS)):
        pass
    return text


def _uuid(rng: random.Random) -> str:
    text = str(uuid.UUID(int=rng.getrandbits(128), version=rng.choice((1, 4, 5))))
    return rng.choice((text, text, text.upper(), "{" + text + "}", "urn:uuid:" + text, text.replace("-", "")))


def _hash(rng: random.Random) -> str:
    text = f"{rng.getrandbits(512):0128x}"[: rng.choice((32, 40, 56, 64, 96, 128))]
    return rng.choice((text, text, text.upper(), "sha256:" + text[:64].ljust(64, "0"), f'W/"{text[:32]}"'))


def _epoch(rng: random.Random) -> str:
    seconds = rng.randrange(1_000_000_000, 2_000_000_000)
    return rng.choice(
        (
            f"{seconds}",
            f"{seconds}{rng.randrange(1000):03}",
            f"{seconds}.{rng.randrange(10**6):06}",
            f"{seconds}{rng.randrange(10**6):06}",
        )
    )


def _stamp(rng: random.Random) -> str:
    moment = time.gmtime(rng.randrange(1_000_000_000, 2_000_000_000))
    return time.strftime(
        rng.choice(("%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%SZ", "%Y%m%d", "%d/%b/%Y:%H:%M:%S +0000")), moment
    )


def _order(rng: random.Random) -> str:
    number = rng.randrange(10**5, 10**10)
    return rng.choice(
        (
            f"ORD-{number}",
            f"#{number}",
            f"INV-2026-{number % 10**6:06}",
            f"SO{number}",
            f"{number}-{rng.randrange(100):02}",
            f"PO {number % 10**7}",
            f"R{number % 10**9:09}",
        )
    )


def _ulid(rng: random.Random) -> str:
    return "01" + alnum(rng, 24, _CROCKFORD)


def _snowflake(rng: random.Random) -> str:
    return str((rng.randrange(10**10, 6 * 10**11) << 22) | rng.getrandbits(22))


def _thumbnail(rng: random.Random) -> str:
    head = rng.choice(
        (
            b"\xff\xd8\xff\xe0\x00\x10JFIF",
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
            b"GIF89a",
            b"RIFF\x24\x00\x00\x00WEBP",
        )
    )
    text = base64.b64encode(head + rng.randbytes(rng.randrange(60, 900))).decode()
    return text if rng.random() < 0.5 else "data:image/png;base64," + text


def _version(rng: random.Random) -> str:
    a, b, c, d = (rng.randrange(20) for _ in range(4))
    return rng.choice(
        (
            f"{a}.{b}.{c}",
            f"v{a}.{b}.{c}-rc.{d}",
            f"{a}.{b}.{c}.{d}",
            f"{a}.{b}.{c}+build.{rng.randrange(10**6)}",
            f"{a}.{b}.{c}-g{rng.getrandbits(28):07x}",
            f"{a}!{b}.{c}.dev{d}",
            f"^{a}.{b}.{c}",
            f"{a}.0.{rng.randrange(10**4, 10**5)}.{rng.randrange(1000)}",
        )
    )


def _build(rng: random.Random) -> str:
    return rng.choice(
        (
            f"build-{rng.randrange(10**6)}",
            f"2026{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}.{rng.randrange(40)}",
            f"{alnum(rng, 3, UPPER)}{rng.randrange(10)}.{rng.randrange(10**6):06}.{rng.randrange(1000):03}",
            f"ci_{rng.getrandbits(48):012x}",
            f"release/{rng.randrange(99)}.{rng.randrange(99)}#{rng.randrange(9999)}",
        )
    )


def _trace(rng: random.Random) -> str:
    trace, span = f"{rng.getrandbits(128):032x}", f"{rng.getrandbits(64):016x}"
    return rng.choice(
        (
            f"00-{trace}-{span}-01",
            trace,
            span,
            f"1-{rng.getrandbits(32):08x}-{rng.getrandbits(96):024x}",
            f"Root=1-{rng.getrandbits(32):08x}-{rng.getrandbits(96):024x}",
            f"{trace}/{rng.getrandbits(60)};o=1",
        )
    )


def _object(rng: random.Random) -> str:
    return rng.choice(
        (
            f"{rng.getrandbits(96):024x}",
            base64.b64encode(f"010:PullRequest{rng.randrange(10**9)}".encode()).decode(),
            "cus_" + alnum(rng, 14),
            "pi_" + alnum(rng, 24),
            "evt_" + alnum(rng, 24),
            f"arn:aws:lambda:eu-west-1:{rng.randrange(10**11, 10**12)}:function:resize",
            "T" + alnum(rng, 10, UPPER + DIGITS),
            alnum(rng, 11, UPPER + LOWER + DIGITS + "_-"),
            alnum(rng, 21, UPPER + LOWER + DIGITS + "_-"),
        )
    )


def _measure(rng: random.Random) -> str:
    return rng.choice(
        (
            f"{rng.uniform(-180, 180):.7f}",
            f"{rng.random():.16f}",
            f"{rng.randrange(10**4)}x{rng.randrange(10**4)}",
            f"{rng.uniform(0, 10**9):.2f}",
            f"{rng.randrange(256)}ms",
            f"#{rng.getrandbits(24):06x}",
            f"{rng.uniform(0, 10):.3e}",
        )
    )


def _path(rng: random.Random) -> str:
    name = alnum(rng, 8, LOWER + DIGITS)
    return rng.choice(
        (
            f"/var/lib/app/{name}/data.db",
            f"s3://bucket-{name}/2026/11/{name}.parquet",
            f"C:\\Users\\Public\\{name}.log",
            f"https://cdn.example.com/assets/main.{rng.getrandbits(32):08x}.js",
            f"refs/heads/feature/{name}",
            f"registry.example.com/team/app@sha256:{rng.getrandbits(256):064x}",
        )
    )


KINDS: dict[str, Callable[[random.Random], str]] = {
    "uuid": _uuid,
    "hash": _hash,
    "epoch": _epoch,
    "timestamp": _stamp,
    "order id": _order,
    "digits (no Luhn)": _digits,
    "ulid": _ulid,
    "snowflake": _snowflake,
    "base64 thumbnail": _thumbnail,
    "version": _version,
    "build id": _build,
    "trace id": _trace,
    "object id": _object,
    "measure": _measure,
    "path": _path,
}
#: Keys as machines name such values.
_KEYS: dict[str, tuple[str, ...]] = {
    "uuid": ("id", "uuid", "request_id", "guid", "correlationId", "key_id", "session_id", "token_id"),
    "hash": ("sha", "etag", "digest", "checksum", "md5", "hash", "integrity", "commit", "fingerprint"),
    "epoch": ("timestamp", "created", "ts", "expires_at", "exp", "iat", "updatedAt"),
    "timestamp": ("date", "time", "created_at", "stamp"),
    "order id": ("order", "reference", "number", "invoice", "order_number"),
    "digits (no Luhn)": ("id", "number", "ref", "sequence", "count", "code"),
    "ulid": ("id", "ulid", "event_id", "key"),
    "snowflake": ("id", "tweet_id", "guild_id", "message_id"),
    "base64 thumbnail": ("thumbnail", "image", "preview", "avatar", "data"),
    "version": ("version", "tag", "release", "agent"),
    "build id": ("build", "build_id", "run"),
    "trace id": ("traceparent", "trace_id", "x-amzn-trace-id", "span_id"),
    "object id": ("id", "node_id", "_id", "customer", "object", "next_page_token", "cursor"),
    "measure": ("lat", "value", "ratio", "size", "color"),
    "path": ("path", "url", "file", "ref", "image"),
}


def noise(count: int, seed: int = 3) -> Iterator[Case]:
    """``count`` cases of each kind; half under a name that says nothing, half as machines name them."""
    rng = random.Random(seed)
    for kind, make in KINDS.items():
        for index in range(count):
            text = make(rng)
            key = rng.choice(_KEYS[kind]) if index % 2 else None
            if kind == "version" and text.count(".") == 3:
                key = key or "version"  # under another name nobody can tell it from an address
            number = text.isdigit() and text[0] != "0" and rng.random() < 0.3
            yield Case("noise", kind, text, None, key, number=number)


_SUBJECTS = (
    "The release",
    "Our customer",
    "A colleague",
    "The new office",
    "This report",
    "Every user",
    "The old server",
    "Your parcel",
    "The team in Oslo",
    "My sister",
)
_VERBS = (
    "arrives",
    "was moved",
    "has changed",
    "will be ready",
    "needs a review",
    "looks fine",
    "was reset",
    "is expected",
    "has been renamed",
    "works again",
)
_TAILS = (
    "before the end of the month",
    "on 12 March 2026 at 10:30",
    "after 3 attempts",
    "in version 2.4.1",
    "for 1,250 people",
    "because the password has expired",
    "and the token must be renewed",
    "in room 214",
    "at half past nine",
    "with 15 % less energy",
    "as the secret of good bread is patience",
    "since the key to the office is lost",
    "under number 4 of the list",
    "so please log in with your password",
    "during the passport control",
    "while the credit card machine is away",
    "for the class of 1998",
    "from page 117 to page 132",
    "and nobody noticed",
    "over the bridge, past the bank account office",
)


def prose(count: int, seed: int = 5) -> Iterator[Case]:
    """Sentences that people write, some about passwords, keys and cards, none with one in it."""
    rng = random.Random(seed)
    for _ in range(count):
        text = " ".join(
            f"{rng.choice(_SUBJECTS)} {rng.choice(_VERBS)} {rng.choice(_TAILS)}." for _ in range(rng.randrange(1, 5))
        )
        yield Case("noise", "prose", text)
