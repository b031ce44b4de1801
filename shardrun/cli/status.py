"""``shardrun status``: what the ledger says."""

from __future__ import annotations

import typer

from shardrun.cli.options import DatabaseArgument, JsonOption
from shardrun.console.documents import ledger_document
from shardrun.console.ensemble import ensemble_document, ensemble_view
from shardrun.console.terminal import Terminal
from shardrun.console.views import ledger_view
from shardrun.database.connection import ALIAS, open_database
from shardrun.database.ownership import check_ownership
from shardrun.ensembles.records import is_ensemble, read_ensemble
from shardrun.ledger.reader import read_ledger
from shardrun.runs.execution import DEFAULT_DATABASE

EXAMPLES = """\
[bold]Examples[/bold]

shardrun status

shardrun status staff.duckdb --json
"""

app = typer.Typer(add_completion=False)


@app.command("status", epilog=EXAMPLES)
def status(
    context: typer.Context, database: DatabaseArgument = DEFAULT_DATABASE, json: JsonOption = False
) -> None:
    """Show the runs of a database and the steps of the last one, or what an ensemble comes to."""
    terminal: Terminal = context.obj
    terminal.json = json
    if is_ensemble(database):
        ensemble = read_ensemble(database)
        if json:
            terminal.show_document(ensemble_document(ensemble, database))
        else:
            terminal.show(ensemble_view(ensemble, database))
        return
    check_ownership(database)
    with open_database(database) as connection:
        ledger = read_ledger(connection, ALIAS)
    if json:
        terminal.show_document(ledger_document(database, ledger))
    else:
        terminal.show(ledger_view(terminal, ledger))
