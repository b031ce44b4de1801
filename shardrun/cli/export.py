"""``shardrun export``: the tables of a database as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shardrun.cli.options import FLAG, DatabaseArgument, JsonOption
from shardrun.console.export import export_document, export_view
from shardrun.console.terminal import Terminal
from shardrun.export.formats import ExportFormat
from shardrun.export.tables import ExportedFile, export_database

EXAMPLES = """\
[bold]Examples[/bold]

shardrun export simulation.duckdb -o result

shardrun export simulation.duckdb -o sheets --format xlsx --table rpt_yearly_summary

shardrun export simulation.duckdb -o result --format csv --overwrite
"""

app = typer.Typer(add_completion=False)


@app.command("export", epilog=EXAMPLES)
def export(
    context: typer.Context,
    database: DatabaseArgument,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="DIR", help="The folder that is made; not there yet."
        ),
    ],
    file_format: Annotated[
        ExportFormat,
        typer.Option("--format", help="What the files are; xlsx takes by far the longest."),
    ] = ExportFormat.PARQUET,
    tables: Annotated[
        list[str] | None,
        typer.Option("--table", metavar="NAME", help="Only this table; give it repeatedly."),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", metavar=FLAG, help="Replace an earlier export; never another folder."
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Write the tables of a database into a folder, in the order of their keys.

    A table of 100,000 rows and more becomes a file a year, or other period. `export.json` beside
    the files lists them with the digests that `shardrun digest` gives. The folder is there when it
    is whole.
    """
    terminal: Terminal = context.obj
    terminal.json = json
    with terminal.err.status("reading the tables") as status:

        def tell(file: ExportedFile) -> None:
            status.update(f"writing {file.path}, {file.rows:,} rows")

        exported = export_database(
            database, output, file_format, tables=tables or (), overwrite=overwrite, tell=tell
        )
    if json:
        terminal.show_document(export_document(exported))
    else:
        terminal.show(export_view(exported))
