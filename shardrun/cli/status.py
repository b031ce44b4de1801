"""``shardrun status``: what the ledger says."""

from __future__ import annotations

import typer

from shardrun.cli.options import DEFAULT_DATABASE, DatabaseArgument, JsonOption
from shardrun.console.documents import ledger_document
from shardrun.console.terminal import Terminal
from shardrun.console.views import ledger_view
from shardrun.database import ALIAS, check_ownership, open_database
from shardrun.ledger_records import read_ledger

EXAMPLES = """\
[bold]Examples[/bold]

shardrun status

shardrun status staff.duckdb --json
"""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("status", epilog=EXAMPLES)(status)


def status(
    context: typer.Context, database: DatabaseArgument = DEFAULT_DATABASE, json: JsonOption = False
) -> None:
    """Show the runs of a database, and the steps of the last one."""
    terminal: Terminal = context.obj
    terminal.json = json
    check_ownership(database)
    with open_database(database) as connection:
        ledger = read_ledger(connection, ALIAS)
    if json:
        terminal.show_document(ledger_document(database, ledger))
    else:
        terminal.show(ledger_view(terminal, ledger))
