"""``shardrun report``: what a run came to, as a page to read, print and hand on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shardrun.cli.options import DatabaseArgument, JsonOption
from shardrun.console.terminal import Terminal
from shardrun.database.connection import ALIAS, open_database
from shardrun.database.digest import digest_database
from shardrun.database.ownership import check_ownership
from shardrun.ensembles.records import is_ensemble, read_ensemble
from shardrun.errors import DatabaseError
from shardrun.ledger.reader import read_ledger
from shardrun.ledger.written_tables import read_written_tables
from shardrun.report.blocks import Chart, Page
from shardrun.report.ensemble_page import ensemble_page
from shardrun.report.origin_section import origin_section
from shardrun.report.page import check_target, write_page
from shardrun.report.run_sections import (
    checks_section,
    read_checks,
    reporting_section,
    run_tiles,
    timeline_section,
)
from shardrun.report.shard_section import shard_section
from shardrun.workforce.report_sections import is_workforce, workforce_sections, workforce_tiles

EXAMPLES = """\
[bold]Examples[/bold]

shardrun report simulation.duckdb  [dim]# writes simulation.html[/dim]

shardrun report simulation.duckdb -o for_the_board.html

shardrun report ensemble.duckdb  [dim]# bands, of what `shardrun run --seeds` made[/dim]
"""

app = typer.Typer(add_completion=False)


@app.command("report", epilog=EXAMPLES)
def report(
    context: typer.Context,
    database: DatabaseArgument,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The page; else the database's name and .html."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write one HTML page: charts of the result, the run as a timeline, checks, and its origin.

    The page needs nothing but a browser, and no network. Charts can be pointed at and zoomed, and
    each has its figures in a table. It prints on paper, and is light or dark as the system is.
    """
    terminal: Terminal = context.obj
    terminal.json = json
    target = output or database.with_suffix(".html")
    if is_ensemble(database):
        ensemble = read_ensemble(database)
        if not ensemble.statistics:
            raise DatabaseError(f"no run of the ensemble {database} has finished yet.")
        check_target(target)
        page = ensemble_page(ensemble, database)
    else:
        check_ownership(database)
        check_target(target)
        page = _page(database)
    write_page(page, target)
    if json:
        charts = sum(
            isinstance(block, Chart) for section in page.sections for block in section.blocks
        )
        terminal.show_document(
            {"report": str(target), "bytes": target.stat().st_size, "charts": charts}
        )
    else:
        terminal.show_line(str(target))


def _page(database: Path) -> Page:
    with open_database(database) as connection:
        ledger = read_ledger(connection, ALIAS)
        if not ledger.steps:
            raise DatabaseError(f"nothing has run on {database} yet. `shardrun run` does.")
        written = read_written_tables(connection, ALIAS)
        called = ledger.period_names
        checks = read_checks(connection, written, called.column)
        reporting = reporting_section(connection, written, called.word)
        workforce = is_workforce(connection)
        tiles = workforce_tiles(connection) if workforce else []
        sections = workforce_sections(connection) if workforce else []
    run = ledger.runs[-1]
    years = sorted({step.year for step in ledger.steps})
    name = "Workforce simulation" if workforce else database.stem
    return Page(
        title=f"{name}, {years[0]} to {years[-1]}",
        subtitle=f"{database.name}, seed {run.random_seed}, run {run.run_id} {run.status}",
        tiles=[*tiles, *run_tiles(ledger, checks)],
        sections=[
            *sections,
            *([reporting] if reporting else []),
            timeline_section(ledger),
            *([shards] if (shards := shard_section(ledger)) else []),
            *([checks_section(checks)] if checks else []),
            origin_section(ledger, digest_database(database)),
        ],
    )
