"""``shardrun diff``: where two databases part."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shardrun.cli.options import FLAG, JsonOption
from shardrun.console.diff import diff_document, diff_view
from shardrun.console.terminal import Terminal
from shardrun.diff.databases import compare_databases

EXAMPLES = """\
[bold]Examples[/bold]

shardrun diff before.duckdb after.duckdb

shardrun diff before.duckdb after.duckdb --json

shardrun diff threads.duckdb shards.duckdb --exit-code && echo equal
"""

app = typer.Typer(add_completion=False)


@app.command("diff", epilog=EXAMPLES)
def diff(
    context: typer.Context,
    a: Annotated[Path, typer.Argument(metavar="A", help="A database that `shardrun run` made.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    exit_code: Annotated[
        bool,
        typer.Option(
            "--exit-code", metavar=FLAG, help="Exit with 1 where they differ, as git diff does."
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Name the first period, stage, table, row and column in which two databases differ.

    Every table that differs is counted; the ledgers say whether inputs, configuration, project,
    years, engine or threads are others. Exits with 0, differing or not, unless told otherwise.
    """
    terminal: Terminal = context.obj
    terminal.json = json
    found = compare_databases(a, b)
    if json:
        terminal.show_document(diff_document(found))
    else:
        terminal.show(diff_view(found))
    if exit_code and not found.equal:
        raise typer.Exit(1)
