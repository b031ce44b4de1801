"""``shardrun run``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shardrun.api import configure, database_of, execute
from shardrun.cli.options import (
    AGAIN_PANEL,
    LOOKING_PANEL,
    MACHINE_PANEL,
    CensusOption,
    ConfigOption,
    JsonOption,
    YearsArgument,
)
from shardrun.config import SimulationConfig
from shardrun.console.documents import outcome_document, plan_document
from shardrun.console.progress import show_progress
from shardrun.console.terminal import Terminal
from shardrun.console.views import outcome_view, plan_view
from shardrun.overrides import parse_shards
from shardrun.plan import build_plan

EXAMPLES = """\
[bold]Examples[/bold]

shardrun run  [dim]# config/simulation_config.yaml into simulation.duckdb[/dim]

shardrun run 2025-2034 --census staff.csv --database staff.duckdb

shardrun run --fresh --threads 2 --memory-limit 4GB

shardrun run --shards 8 --workers 2 --memory-limit 4GB

shardrun run --from-year 2028

shardrun run --scenario high_growth  [dim]# config/scenarios/high_growth.yaml over it[/dim]

shardrun run 2027 --dry-run  [dim]# what would run, step by step[/dim]

shardrun run --json > result.json
"""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("run", epilog=EXAMPLES)(run)


def run(
    context: typer.Context,
    years: YearsArgument = None,
    config: ConfigOption = None,
    census: CensusOption = None,
    database: Annotated[
        Path | None,
        typer.Option(
            help="Where the result goes; gone on with if it is unfinished. Else "
            "simulation.duckdb, or that of the scenario: high_growth.duckdb."
        ),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Lay scenarios/NAME.yaml, beside the config, over it."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="dbt nodes at once.", rich_help_panel=MACHINE_PANEL)
    ] = None,
    memory_limit: Annotated[
        str | None,
        typer.Option(
            help="DuckDB's memory, in all processes, such as 8GB; the rest spills.",
            rich_help_panel=MACHINE_PANEL,
        ),
    ] = None,
    shards: Annotated[
        str | None,
        typer.Option(
            metavar="N|auto",
            help="Event generation in so many shards, in processes.",
            rich_help_panel=MACHINE_PANEL,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Shards at once; else one a core.", rich_help_panel=MACHINE_PANEL),
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(
            help="What runs shards: loky, in processes, or inline, one by one in this.",
            rich_help_panel=MACHINE_PANEL,
        ),
    ] = None,
    keep_shards: Annotated[
        bool,
        typer.Option(
            "--keep-shards",
            help="Leave the shard files after the union.",
            rich_help_panel=LOOKING_PANEL,
        ),
    ] = False,
    from_year: Annotated[
        int | None,
        typer.Option(
            help="Run this year and all after it again; what they left goes first.",
            rich_help_panel=AGAIN_PANEL,
        ),
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh",
            help="Replace a database that an earlier run made.",
            rich_help_panel=AGAIN_PANEL,
        ),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug",
            help="One thread throughout, and the SQL in dbt's logs.",
            rich_help_panel=LOOKING_PANEL,
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Print the plan, write nothing.", rich_help_panel=LOOKING_PANEL
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Simulate the years, or go on where an earlier run stopped.

    The result is one DuckDB file; logs lie in a folder beside it that has its name.
    """
    terminal: Terminal = context.obj
    terminal.json = json
    chosen = configure(
        config,
        scenario=scenario,
        years=years,
        census=census,
        threads=1 if debug else threads,
        memory_limit=memory_limit,
        shards=parse_shards(shards) if shards else None,
        workers=workers,
        executor=executor,
        keep_shards=keep_shards,
    )
    if dry_run:
        _show_plan(terminal, chosen)
        return
    result = execute(
        chosen,
        database or database_of(scenario),
        fresh=fresh,
        from_year=from_year,
        debug=debug,
        progress=show_progress(terminal),
        remark=terminal.remark,
    )
    if json:
        document = outcome_document(result.outcome, already_finished=result.already_finished)
        terminal.show_document(document)
    else:
        terminal.show(outcome_view(terminal, result.outcome))


def _show_plan(terminal: Terminal, config: SimulationConfig) -> None:
    plan = build_plan(config, config.simulation.start_year, config.simulation.end_year)
    if terminal.json:
        terminal.show_document(plan_document(config, plan))
    else:
        terminal.show(plan_view(config, plan))
