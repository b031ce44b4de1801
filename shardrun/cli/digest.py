"""``shardrun digest``: a fingerprint of what the tables say."""

from __future__ import annotations

import typer

from shardrun.cli.options import DatabaseArgument, JsonOption
from shardrun.console.documents import digest_document
from shardrun.console.terminal import Terminal
from shardrun.console.views import digest_view
from shardrun.database.digest import digest_database

EXAMPLES = """\
[bold]Examples[/bold]

shardrun digest simulation.duckdb

shardrun digest simulation.duckdb --json
"""

app = typer.Typer(add_completion=False)


@app.command("digest", epilog=EXAMPLES)
def digest(context: typer.Context, database: DatabaseArgument, json: JsonOption = False) -> None:
    """Fingerprint every table of the schema main, by its rows, in whatever order they lie.

    Equal digests mean equal tables: for any number of threads and any version of DuckDB.
    """
    terminal: Terminal = context.obj
    terminal.json = json
    fingerprint = digest_database(database)
    if json:
        terminal.show_document(digest_document(database, fingerprint))
    else:
        terminal.show(digest_view(fingerprint))
