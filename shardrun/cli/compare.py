"""``shardrun compare``: what another scenario changes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shardrun.cli.comparison_view import comparison_document, comparison_view
from shardrun.cli.options import JsonOption
from shardrun.console.terminal import Terminal
from shardrun.workforce.comparison import compare_scenarios

EXAMPLES = """\
[bold]Examples[/bold]

shardrun run --scenario high_growth  [dim]# makes high_growth.duckdb[/dim]

shardrun compare simulation.duckdb high_growth.duckdb

shardrun compare simulation.duckdb high_growth.duckdb --people 50 --json
"""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("compare", epilog=EXAMPLES)(compare)


def compare(
    context: typer.Context,
    base: Annotated[Path, typer.Argument(metavar="BASE", help="The database to compare with.")],
    alt: Annotated[Path, typer.Argument(metavar="ALT", help="The alternative.")],
    people: Annotated[
        int, typer.Option(min=0, metavar="N", help="How many whose lives differ are named.")
    ] = 10,
    json: JsonOption = False,
) -> None:
    """Compare two scenarios of a workforce: assumptions, figures by year, and whose lives differ.

    Scenarios of one seed and census share their draws, so that a life differs because of what was
    changed. `shardrun trace` tells the rest of it.
    """
    terminal: Terminal = context.obj
    terminal.json = json
    comparison = compare_scenarios(base, alt, people)
    if json:
        terminal.show_document(comparison_document(comparison))
    else:
        terminal.show(comparison_view(terminal, comparison))
