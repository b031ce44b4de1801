"""``shardrun run``: the main job."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shardrun.cli.options import (
    FLAG,
    CensusOption,
    ConfigOption,
    JsonOption,
    YearsArgument,
)
from shardrun.cli.several import run_ensemble, run_scenarios
from shardrun.config.overrides import parse_shards
from shardrun.config.simulation import SimulationConfig
from shardrun.console.documents import outcome_document, plan_document
from shardrun.console.progress import show_progress
from shardrun.console.terminal import Terminal
from shardrun.console.views import outcome_view, plan_view
from shardrun.ensembles.members import parse_seeds
from shardrun.ensembles.several_runs import DEFAULT_ENSEMBLE, SeveralRuns
from shardrun.errors import InputError
from shardrun.pipeline.plan import build_plan
from shardrun.runs.branching import branch_point
from shardrun.runs.execution import database_of, execute
from shardrun.runs.settings import RunSettings, configure_each

EXAMPLES = """\
[bold]Examples[/bold]

shardrun run  [dim]# config/simulation_config.yaml into simulation.duckdb[/dim]

shardrun run 2025-2034 --census staff.csv --database staff.duckdb

shardrun run --fresh --threads 2 --memory-limit 4GB

shardrun run --shards 8 --workers 2 --memory-limit 4GB

shardrun run --from-year 2028

shardrun run --scenario high_growth  [dim]# config/scenarios/high_growth.yaml over it[/dim]

shardrun run --scenario high_growth --scenario high_inflation  [dim]# side by side[/dim]

shardrun run --seeds 1..50  [dim]# into ensemble.duckdb: mean, spread and error by year[/dim]

shardrun run --scenario high_growth --branch-from simulation.duckdb --year 2028

shardrun run 2027 --dry-run  [dim]# what would run, step by step[/dim]

shardrun run --json > result.json
"""

MACHINE_PANEL = "How much of the machine"
SEVERAL_PANEL = "Several runs, and runs from others"
AGAIN_PANEL = "Going on, and starting over"
LOOKING_PANEL = "Looking closer"

app = typer.Typer(add_completion=False)


class LogFormat(StrEnum):
    """What stderr carries."""

    TEXT = "text"
    JSON = "json"


@app.command("run", epilog=EXAMPLES)
def run(
    context: typer.Context,
    years: YearsArgument = None,
    config: ConfigOption = None,
    census: CensusOption = None,
    database: Annotated[
        Path | None,
        typer.Option(
            help="Where the result goes; gone on with if it is unfinished. Else "
            "simulation.duckdb, that of the scenario: high_growth.duckdb, or ensemble.duckdb."
        ),
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Lay scenarios/NAME.yaml, beside the config, over it. Given again, each runs into "
            "a database of its own.",
            rich_help_panel=SEVERAL_PANEL,
        ),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            metavar="1..50",
            help="An ensemble: run with each of these seeds, and say what is chance in the result.",
            rich_help_panel=SEVERAL_PANEL,
        ),
    ] = None,
    keep_members: Annotated[
        bool,
        typer.Option(
            "--keep-members",
            help="Leave the database of each run of an ensemble.",
            rich_help_panel=SEVERAL_PANEL,
        ),
    ] = False,
    branch_from: Annotated[
        Path | None,
        typer.Option(
            metavar="DATABASE",
            help="Take the years before --year from another run, and go on from there.",
            rich_help_panel=SEVERAL_PANEL,
        ),
    ] = None,
    year: Annotated[
        int | None,
        typer.Option(
            help="The first year that --branch-from does not take over.",
            rich_help_panel=SEVERAL_PANEL,
        ),
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
        typer.Option(
            help="Shards, or runs, at once; else one a core.", rich_help_panel=MACHINE_PANEL
        ),
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(
            help="What runs shards: loky, in processes; inline, one by one in this; dask.",
            rich_help_panel=MACHINE_PANEL,
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Of a Dask cluster, such as tcp://host:8786; else one is started here.",
            rich_help_panel=MACHINE_PANEL,
        ),
    ] = None,
    keep_shards: Annotated[
        bool,
        typer.Option(
            "--keep-shards",
            metavar=FLAG,
            help="Leave the shard files after the union.",
            rich_help_panel=MACHINE_PANEL,
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
            metavar=FLAG,
            help="Replace a database that an earlier run made.",
            rich_help_panel=AGAIN_PANEL,
        ),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug",
            metavar=FLAG,
            help="One thread throughout, and the SQL in dbt's logs.",
            rich_help_panel=LOOKING_PANEL,
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            metavar=FLAG,
            help="Print the plan, write nothing.",
            rich_help_panel=LOOKING_PANEL,
        ),
    ] = False,
    log_format: Annotated[
        LogFormat,
        typer.Option(
            help="What stderr carries: text for people, or json, an event a line.",
            rich_help_panel=LOOKING_PANEL,
        ),
    ] = LogFormat.TEXT,
    json: JsonOption = False,
) -> None:
    """Simulate the years, or go on where an earlier run stopped.

    The result is one DuckDB file; logs lie in a folder beside it that has its name.
    """
    terminal: Terminal = context.obj
    terminal.json = json
    terminal.logs_json = log_format is LogFormat.JSON
    if "" in (scenario or []):
        raise InputError('--scenario: there is no ""; name a file of `scenarios/`, or leave it out')
    scenarios = tuple(dict.fromkeys(scenario or [""]))
    several = seeds is not None or len(scenarios) > 1
    if several:
        _refuse_for_several(shards, executor, keep_shards=keep_shards)
    if keep_members and seeds is None:
        raise InputError("--keep-members belongs to an ensemble; give --seeds too")
    settings: RunSettings = {
        "years": years,
        "census": census,
        "threads": threads,
        "memory_limit": memory_limit,
        "shards": parse_shards(shards) if shards else None,
        "workers": workers,
        "executor": executor,
        "scheduler": scheduler,
        "keep_shards": keep_shards,
    }
    configs = configure_each(scenarios, config, debug=debug, **settings)
    chosen = configs[scenarios[0]]
    if dry_run:
        _show_plan(terminal, chosen)
        return
    branch = branch_point(branch_from, year, from_year)
    if several:
        runs = SeveralRuns(configs, terminal.remark, branch, from_year, fresh=fresh, debug=debug)
        if seeds is None:
            run_scenarios(terminal, runs, database)
        else:
            ensemble = database or DEFAULT_ENSEMBLE
            run_ensemble(terminal, runs, parse_seeds(seeds), ensemble, keep_members=keep_members)
        return
    result = execute(
        chosen,
        database or database_of(scenarios[0]),
        fresh=fresh,
        from_year=from_year,
        branch=branch,
        debug=debug,
        progress=show_progress(terminal),
        remark=terminal.remark,
    )
    if json:
        document = outcome_document(result.outcome, already_finished=result.already_finished)
        terminal.show_document(document)
    else:
        terminal.show(outcome_view(terminal, result.outcome))


def _refuse_for_several(shards: str | None, executor: str | None, *, keep_shards: bool) -> None:
    """Refuse what only makes sense for one run: several share the machine as they are."""
    given = {"--shards": shards, "--executor": executor, "--keep-shards": keep_shards or None}
    for flag, value in given.items():
        if value is not None:
            raise InputError(
                f"{flag}: several runs go side by side, each in one process and unsplit; leave it "
                "out, and say with --workers how many go at once"
            )


def _show_plan(terminal: Terminal, config: SimulationConfig) -> None:
    plan = build_plan(config, config.simulation.start_year, config.simulation.end_year)
    if terminal.json:
        terminal.show_document(plan_document(config, plan))
    else:
        terminal.show(plan_view(config, plan))
