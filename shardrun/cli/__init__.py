"""The command line: parses words, calls the layers below, hands what they return to the console.

Holds no logic of its own: what a command decides, a module below decides. Every refusal leaves
through :func:`call`, the one place that turns an error into a message and an exit code. A command
is imported when it is called, and imports what is slow (dbt) when it needs it, so that ``--help``
and refusals are quick.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from shardrun.cli.lazy_command import LazyCommand
from shardrun.cli.options import FLAG
from shardrun.console.terminal import Terminal
from shardrun.errors import RunInterruptedError, ShardrunError, of_system
from shardrun.garbage import rare_collection
from shardrun.interrupts import interrupts_kept, press_again
from shardrun.version import __version__

EXAMPLES = """\
[bold]Examples[/bold]

shardrun init mysim && cd mysim  [dim]# a project to start from[/dim]

shardrun run  [dim]# simulate it, or go on where it stopped[/dim]

shardrun report simulation.duckdb  [dim]# a page to look at[/dim]

shardrun COMMAND --help  [dim]# what a command does, with examples[/dim]
"""

COMMANDS = {
    "init": "Make a folder with the workforce project, to start from.",
    "run": "Simulate the years, or go on where an earlier run stopped.",
    "report": "Write a page to look at, print and hand on.",
    "trace": "Tell one life year by year: hazards, draws, and why.",
    "compare": "Compare two scenarios: by year, and by person.",
    "export": "Write the tables as Parquet, CSV or Excel files.",
    "census": "Make a census up, or bring your own.",
    "config": "The configuration file, for the editor it is written in.",
    "check": "Check config, census and project before they run.",
    "status": "Show the runs of a database, and what each step took.",
    "digest": "Fingerprint the tables of a database.",
    "diff": "Name the first row in which two databases differ.",
    "shard": "Run one shard alone, to look into it; changes nothing.",
}
"""What there is, in a line each; what a command is in full, its module says."""

app = typer.Typer(
    name="shardrun",
    help="Staged, year-by-year dbt-duckdb simulations: fast, deterministic, restartable.",
    epilog=EXAMPLES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for name, summary in COMMANDS.items():
    app.command(name, cls=LazyCommand, help=summary)(lambda: None)


def _print_version(wanted: bool) -> None:
    if wanted:
        Terminal().show_line(f"shardrun {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            metavar=FLAG,
            help="Print the version.",
            callback=_print_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Options that stand before any command."""


def main() -> NoReturn:
    """Run the command line and exit with the code that :mod:`shardrun.errors` lists."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.unraisablehook = press_again
    os.umask(0o077)  # people's pay is in all that is written
    try:
        with rare_collection(), interrupts_kept():
            code = call()
    except KeyboardInterrupt:  # a second one, while the first was being answered
        code = RunInterruptedError.exit_code
    _leave(code)


def call(arguments: Sequence[str] | None = None) -> int:
    """Run one command, say what stands against it, and return its exit code.

    Args:
        arguments: the words behind ``shardrun``; None takes those of this process.
    """
    terminal = Terminal()
    try:
        app(arguments, prog_name="shardrun", obj=terminal)
    except KeyboardInterrupt:
        return RunInterruptedError.exit_code
    except ShardrunError as error:
        terminal.refuse(error)
        return error.exit_code
    except OSError as error:
        refusal = of_system(error)
        if refusal is None:
            raise
        terminal.refuse(refusal)
        return refusal.exit_code
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    return 0


def _leave(exit_code: int) -> NoReturn:
    """End the process at once, as mypy does: Python frees what dbt built object by object.

    That takes half a second, and nothing is left to be freed that the system does not take back.
    """
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: os._exit(RunInterruptedError.exit_code))
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # whoever read it has gone
        exit_code = exit_code or 1
    os._exit(exit_code)
