"""``dlpcore tokenize``, ``detokenize`` and ``keys``: values replaced by tokens and put back, and their key file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .edits import edit_all
from .inputs import Payload
from .options import edit_options, token_options
from .session import Session
from .tokenizer import chosen_tokenizer, pairs

if TYPE_CHECKING:
    from ..model import Context

__all__ = ["detokenize", "keys", "tokenize"]


@click.command(short_help="Replace sensitive values by tokens; every other byte stays.")
@edit_options
@token_options
def tokenize() -> None:
    """Replace every sensitive value by a token; every other byte stays as it was.

    A value that nobody finds by trying is sealed into its token. A short one (a card, an SSN) gets a random token, and
    needs a vault, or a scheme of its own. docs/tokenization.md has the choices.

    \b
      dlpcore keys create keys.toml
      dlpcore tokenize --key-file keys.toml --vault vault.db customer.json > tokens.json
      dlpcore tokenize --key-file keys.toml --scheme credit_card=card orders.ndjson

    Exit status 1 means that the policy acts on what came in, as with dlpcore inspect; the output is complete.
    """
    tokenizer = chosen_tokenizer()
    session = Session()

    def edit(payload: Payload) -> bytes:
        verdict = session.inspect(payload)
        session.decided(verdict)
        for skipped in verdict.skipped:
            session.say(f"{payload.name}: not inspected: {skipped.what}: {skipped.why}")
        return session.inspector.tokenize(payload.data, tokenizer, verdict)

    edit_all(session, edit)


@click.command(short_help="Put the values back for their tokens.")
@edit_options
@token_options
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
def detokenize(
    fields: tuple[str, ...],
    key_id: str | None,
    keep_unknown: bool,
    audit_log: Path | None,
) -> None:
    """Put the values back in place of their tokens, byte for byte as they were.

    A token that does not open is an error, and leaves the whole payload as it is.

    \b
      dlpcore detokenize --key-file keys.toml --vault vault.db tokens.json
      dlpcore detokenize --key-file keys.toml --scheme credit_card=card --field card=credit_card orders.ndjson
    """
    by_name = pairs(fields, "--field")
    tokenizer = chosen_tokenizer(audit_log)
    session = Session()
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

    edit_all(session, edit)


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


def _me() -> Context:
    import getpass

    from ..model import Context

    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container without names
        user = None
    return Context(user=user, client="dlpcore detokenize")
