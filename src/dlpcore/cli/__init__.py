"""The command line: gathers the commands, and turns every way out into an exit status.

A command loads the engine when it runs and not before, so that ``--help`` and completion are immediate.

Exit statuses: 0, nothing that the policy acts on (flag and above act); 1, the policy acted; 2, the input or the usage
was wrong, which outweighs 1; 70, dlpcore itself failed (EX_SOFTWARE of sysexits.h: Python's own 1 would say that the
policy acted); 130 and 141, interrupted and reader gone, as shells count them.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import click

from ..errors import DLPError
from ..model import printable
from .audit import audit
from .baseline import baseline
from .edits import enforce, redact, sanitize
from .inspect import inspect
from .jobs import WorkerFailed
from .lists import lists
from .policy import policy
from .recover import recover
from .rules import rules
from .tokens import detokenize, keys, tokenize

__all__ = ["cli", "main"]


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        click.echo(f"dlpcore {installed('dlpcore')}")
    except PackageNotFoundError:
        raise click.ClickException("dlpcore runs from its sources here and is not installed") from None
    ctx.exit(0)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
def cli() -> None:
    """Find what a JSON payload hides and what it gives away, and make it safe.

    \b
      dlpcore inspect order.json            what is in it, and what the policy decides
      dlpcore inspect --show order.json     with the hidden white space made visible
      dlpcore enforce customer.json         the payload as the policy lets it leave
      dlpcore redact customer.json          its sensitive values masked, all else byte for byte
      dlpcore sanitize order.json           written anew, so that nothing can hide between the tokens
      dlpcore recover order.json            the message that was hidden in it
      dlpcore tokenize customer.json        tokens for its sensitive values; dlpcore detokenize puts them back

    Each takes files, folders (every .json, .ndjson and .jsonl in them) and - for standard input.

    \b
    Exit status:
      0  nothing that the policy acts on
      1  the policy acted: it flagged something, or decided more than that
      2  the input or the usage was wrong; the other inputs were still worked on
    """


for _command in (
    inspect,
    enforce,
    redact,
    sanitize,
    recover,
    rules,
    lists,
    policy,
    tokenize,
    detokenize,
    keys,
    audit,
    baseline,
):
    cli.add_command(_command)


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line on ``args`` (``sys.argv[1:]`` by default) and return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets its escape: no output may end in a UnicodeEncodeError.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = cli.main(args=None if args is None else list(args), prog_name="dlpcore", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("dlpcore: interrupted", err=True)
        return 130
    except (BrokenPipeError, SystemExit):
        # The reader of a pipe is gone (``… | head``); click makes an exit of it, and of nothing else here. What is
        # still buffered must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except DLPError as error:
        click.echo(f"dlpcore: {printable(str(error))}", err=True)
        return 2
    except WorkerFailed as error:
        click.echo(f"dlpcore: {error}", err=True)
        return 70
    except Exception as error:  # a bug, whatever it is: its status must differ from "the policy acted"
        # Where it happened, without the message: that may hold a piece of the payload.
        trace = "".join(traceback.format_tb(error.__traceback__))
        click.echo(f"dlpcore: internal error, please report it: {type(error).__name__}\n{trace}", err=True, nl=False)
        return 70
