"""``dlpcore tokenize``, ``detokenize`` and ``keys``: values replaced by tokens and put back, and their key file."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .edits import edit_all, in_place_option, output_option
from .inputs import Payload
from .session import Session, input_options

if TYPE_CHECKING:
    from ..model import Context
    from ..tokenize import Access, Keyring, Scheme, Tokenizer, Vault

__all__ = ["detokenize", "keys", "tokenize"]

_F = TypeVar("_F", bound=Callable[..., Any])

_SCHEMES = (
    "sealed", "vault", "vault-repeat", "pseudonym", "digits", "alphanumeric", "card", "card-valid", "email",
    "email-shape", "date-shift", "bucket",
)  # fmt: skip


def _token_options(command: _F) -> _F:
    options = (
        click.option(
            "--key-file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Keys, as dlpcore keys create makes them. Default: the environment's DLPCORE_TOKEN_KEYS.",
        ),
        click.option(
            "--vault",
            metavar="FILE|URL",
            envvar="DLPCORE_VAULT",
            help="Where random tokens keep their values: a file, redis://… or postgresql://…. Also DLPCORE_VAULT.",
        ),
        click.option("--tenant", default="", help="Whose tokens these are."),
        click.option(
            "--scheme",
            "schemes",
            multiple=True,
            metavar="ENTITY=SCHEME",
            help=f"How values of an entity are tokenized: {', '.join(_SCHEMES)}. May be repeated.",
        ),
    )
    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), command)


@click.command(short_help="Replace sensitive values by tokens; every other byte stays.")
@input_options
@_token_options
@output_option
@in_place_option
def tokenize(
    inputs: tuple[str, ...],
    ndjson: bool,
    rule_paths: tuple[str, ...],
    deadline: float | None,
    key_file: Path | None,
    vault: str | None,
    tenant: str,
    schemes: tuple[str, ...],
    output: Path | None,
    in_place: bool,
) -> None:
    """Replace every sensitive value by a token; every other byte stays as it was.

    A value that nobody finds by trying is sealed into its token. A short one (a card, an SSN) gets a random token, and
    needs a vault, or a scheme of its own. docs/tokenization.md has the choices.

    \b
      dlpcore keys create keys.toml
      dlpcore tokenize --key-file keys.toml --vault vault.db customer.json > tokens.json
      dlpcore tokenize --key-file keys.toml --scheme credit_card=card orders.ndjson

    Exit status 1 means that the policy acts on what came in, as with dlpcore inspect; the output is complete.
    """
    tokenizer = _tokenizer(key_file, vault, tenant, schemes, None)
    session = Session(inputs, ndjson, rule_paths, deadline)

    def edit(payload: Payload) -> bytes:
        verdict = session.inspect(payload)
        session.decided(verdict)
        for skipped in verdict.skipped:
            session.say(f"{payload.name}: not inspected: {skipped.what}: {skipped.why}")
        return session.inspector.tokenize(payload.data, tokenizer, verdict)

    edit_all(session, edit, output, in_place)


@click.command(short_help="Put the values back for their tokens.")
@input_options
@_token_options
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="NAME=ENTITY",
    help="The member of this name holds a format-preserving token of that entity. May be repeated.",
)
@click.option("--key-id", metavar="ID", help="The key of format-preserving tokens, which do not say it.")
@click.option("--keep-unknown", is_flag=True, help="Leave what looks like a token and does not open.")
@click.option(
    "--audit-log",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Record whose tokens are opened, under your user name, in this audit log, with the key of the key file.",
)
@output_option
@in_place_option
def detokenize(
    inputs: tuple[str, ...],
    ndjson: bool,
    rule_paths: tuple[str, ...],
    deadline: float | None,
    key_file: Path | None,
    vault: str | None,
    tenant: str,
    schemes: tuple[str, ...],
    fields: tuple[str, ...],
    key_id: str | None,
    keep_unknown: bool,
    audit_log: Path | None,
    output: Path | None,
    in_place: bool,
) -> None:
    """Put the values back in place of their tokens, byte for byte as they were.

    A token that does not open is an error, and leaves the whole payload as it is.

    \b
      dlpcore detokenize --key-file keys.toml --vault vault.db tokens.json
      dlpcore detokenize --key-file keys.toml --scheme credit_card=card --field card=credit_card orders.ndjson
    """
    by_name = _pairs(fields, "--field")
    tokenizer = _tokenizer(key_file, vault, tenant, schemes, audit_log)
    session = Session(inputs, ndjson, rule_paths, deadline)
    context = _me()

    def edit(payload: Payload) -> bytes:
        return session.inspector.detokenize(
            payload.data,
            tokenizer,
            context=context,
            fields=by_name,
            kid=key_id,
            unknown="keep" if keep_unknown else "error",
        )

    edit_all(session, edit, output, in_place)


@click.group(short_help="Make and rotate the key file of tokens.")
def keys() -> None:
    """Make the key file of tokens, and add keys to it."""


@keys.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--id", "kid", default="k1", show_default=True, help="Small letters and digits; stands in every token.")
def create(file: Path, kid: str) -> None:
    """Write a new key file with one random key, which only you can read. Whoever loses it loses the values."""
    from ..tokenize.keys import create as create_keys

    create_keys(file, kid)


@keys.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--id", "kid", required=True, help="Of the new key.")
def rotate(file: Path, kid: str) -> None:
    """Add a new random key, which makes new tokens from now on. The old ones stay, so that old tokens open."""
    from ..tokenize.keys import rotate as rotate_keys

    rotate_keys(file, kid)


def _tokenizer(
    key_file: Path | None, vault: str | None, tenant: str, schemes: tuple[str, ...], audit_log: Path | None
) -> Tokenizer:
    from ..tokenize import Keyring, Tokenizer, anyone

    ring = Keyring.from_environment() if key_file is None else Keyring.from_file(key_file)
    return Tokenizer(
        ring,
        tenant=tenant,
        schemes={entity: _scheme(name) for entity, name in _pairs(schemes, "--scheme").items()},
        vault=None if vault is None else _vault(vault),
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
        raise click.UsageError(f"--scheme: there is {', '.join(_SCHEMES)} (and date-shift:DAYS, bucket:WIDTH)")
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


def _pairs(items: tuple[str, ...], option: str) -> dict[str, str]:
    pairs = {}
    for item in items:
        name, found, value = item.partition("=")
        if not (name and found and value):
            raise click.UsageError(f"{option} takes NAME=VALUE")
        pairs[name] = value
    return pairs


def _me() -> Context:
    import getpass

    from ..model import Context

    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container without names
        user = None
    return Context(user=user, client="dlpcore detokenize")
