"""The tokenizer that the options of a command ask for: its keys, its vault, and a scheme for each entity."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import SCHEMES, chosen_tokens

if TYPE_CHECKING:
    from ..tokenize import Access, Keyring, Scheme, Tokenizer, Vault

__all__ = ["chosen_tokenizer", "has_keys", "pairs"]


def has_keys() -> bool:
    """Whether there are keys to make tokens with: the options or the environment name them."""
    return chosen_tokens().token_key_file is not None or bool(os.environ.get("DLPCORE_TOKEN_KEYS"))


def chosen_tokenizer(audit_log: Path | None = None) -> Tokenizer:
    """The tokenizer that the options of this command ask for; with ``audit_log``, what it opens is recorded there."""
    asked = chosen_tokens()
    from ..tokenize import Keyring, Tokenizer, anyone

    ring = Keyring.from_environment() if asked.token_key_file is None else Keyring.from_file(asked.token_key_file)
    return Tokenizer(
        ring,
        tenant=asked.tenant,
        schemes={entity: _scheme(name) for entity, name in pairs(asked.schemes, "--scheme").items()},
        vault=None if asked.vault is None else _vault(asked.vault),
        # who can read the key file may open what it seals
        may_open=anyone,
        audit=None if audit_log is None else _audit(audit_log, ring),
    )


def _audit(path: Path, ring: Keyring) -> Callable[[Access], None]:
    from ..events import AuditLog, audit_key, opened

    return opened(AuditLog(path, key=audit_key(ring)))


def _scheme(name: str) -> Scheme:
    from ..tokenize import Bucket, DateShift, Format, Pseudonym, Sealed, Vaulted

    kind, _, parameter = name.partition(":")
    made: dict[str, Callable[[], Scheme]] = {
        "sealed": Sealed,
        "vault": Vaulted,
        "vault-repeat": lambda: Vaulted(repeat=True),
        "pseudonym": Pseudonym,
        "digits": Format.digits,
        "alphanumeric": Format.alphanumeric,
        "card": Format.card,
        "card-valid": lambda: Format.card("keep"),
        "email": Format.email,
        "email-shape": lambda: Format.email("shape"),
        "date-shift": lambda: DateShift(int(parameter or 182)),
        "bucket": lambda: Bucket(int(parameter or 10)),
    }
    if kind not in made or (parameter and kind not in ("date-shift", "bucket")):
        raise click.UsageError(f"--scheme: there is {', '.join(SCHEMES)} (and date-shift:DAYS, bucket:WIDTH)")
    try:
        return made[kind]()
    except ValueError:
        raise click.UsageError(f"--scheme: what follows {kind}: is a number") from None


def _vault(address: str) -> Vault:
    if address.startswith(("redis://", "rediss://", "unix://")):
        from ..tokenize.redis import RedisVault

        return RedisVault(address)
    if address.startswith(("postgres://", "postgresql://")):
        from ..tokenize.postgres import PostgresVault

        return PostgresVault(address)
    from ..tokenize import SQLiteVault

    return SQLiteVault(address)


def pairs(items: tuple[str, ...], option: str) -> dict[str, str]:
    """The NAME=VALUE of an option that may be repeated."""
    pairs = {}
    for item in items:
        name, found, value = item.partition("=")
        if not (name and found and value):
            raise click.UsageError(f"{option} takes NAME=VALUE")
        pairs[name] = value
    return pairs
