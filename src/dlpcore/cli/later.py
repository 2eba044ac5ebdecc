"""The commands whose names are reserved: each says in one sentence that it comes in a later release."""

from __future__ import annotations

import click

__all__ = ["LATER"]


def _later(name: str, purpose: str) -> click.Command:
    def say() -> None:
        click.echo(f"dlpcore: '{name}' comes in a later release.", err=True)
        click.get_current_context().exit(2)

    # Whatever stands behind the name, the answer is the same: so nothing of it is parsed.
    return click.Command(
        name,
        callback=say,
        help=f"{purpose} Comes in a later release.",
        short_help=f"{purpose} (later)",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )


LATER: tuple[click.Command, ...] = (_later("baseline", "Record known findings, to report only new ones."),)
