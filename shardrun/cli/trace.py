"""``shardrun trace``: why one person's life went as it did."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shardrun.cli.life_view import life_document, life_view
from shardrun.cli.options import JsonOption
from shardrun.console.terminal import Terminal
from shardrun.database.connection import ALIAS, open_database
from shardrun.ledger.reader import read_ledger
from shardrun.runs.execution import DEFAULT_DATABASE
from shardrun.workforce.life import read_life

DEFAULT_SHARDS = 8

EXAMPLES = """\
[bold]Examples[/bold]

shardrun trace E0000059

shardrun trace NH_2026_0000012 --database staff.duckdb  [dim]# someone hired in 2026[/dim]

shardrun trace E0000059 --of 16 --json
"""

app = typer.Typer(add_completion=False)


@app.command("trace", epilog=EXAMPLES)
def trace(
    context: typer.Context,
    employee: Annotated[str, typer.Argument(metavar="EMPLOYEE", help="The person's employee_id.")],
    database: Annotated[
        Path, typer.Option(help="A database that `shardrun run` made of a workforce.")
    ] = DEFAULT_DATABASE,
    of: Annotated[
        int | None,
        typer.Option(
            "--of",
            min=1,
            metavar="N",
            help="Shards a year has, to say which the person is in; else those of the run, or 8.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show one life year by year: each rule's hazard, the number drawn, and what came of it.

    A rule with a hazard happens where the number drawn is below it. Everything is drawn and decided
    once more from the database alone, and held against the events that the run wrote.
    """
    terminal: Terminal = context.obj
    terminal.json = json
    life = read_life(database, employee)
    shards = of or _shards_of_run(database)
    if json:
        terminal.show_document(life_document(life, shards))
    else:
        terminal.show(life_view(life, shards))


def _shards_of_run(database: Path) -> int:
    with open_database(database) as connection:
        shards = read_ledger(connection, ALIAS).runs[-1].threading.get("event_shards", 1)
    return shards if shards > 1 else DEFAULT_SHARDS
