"""Without its extra, each part says which one to install."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from dlpcore import MissingExtra
from dlpcore.events import Telemetry
from dlpcore.tokenize import Format, Keyring, Scheme, Sealed, Tokenizer
from dlpcore.tokenize.postgres import PostgresVault
from dlpcore.tokenize.redis import RedisVault


def _token(scheme: Scheme) -> bytes:
    return Tokenizer(Keyring({"k1": bytes(32)}, "k1"), schemes={"x": scheme}).token(b"1234567890", "x")


@pytest.mark.parametrize(
    ("module", "extra", "use"),
    [
        ("cryptography.hazmat.primitives.ciphers.aead", "crypto", lambda: _token(Sealed())),
        ("fastfpe", "crypto", lambda: _token(Format.digits())),
        ("redis", "redis", lambda: RedisVault("redis://localhost")),
        ("psycopg", "postgres", lambda: PostgresVault("")),
        ("opentelemetry", "otel", Telemetry),
    ],
)
def test_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, module: str, extra: str, use: Callable[[], object]
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=rf"dlpcore\[{extra}\]"):
        use()
