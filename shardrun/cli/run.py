"""``shardrun run``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shardrun.cli.options import (
    DEFAULT_DATABASE,
    CensusOption,
    ConfigOption,
    JsonOption,
    YearsArgument,
)
from shardrun.cli.projects import load_run_config, project_inputs, with_census
from shardrun.config import SimulationConfig
from shardrun.console.documents import outcome_document, plan_document
from shardrun.console.progress import show_progress
from shardrun.console.terminal import Terminal
from shardrun.console.views import outcome_view, plan_view
from shardrun.outcome import read_outcome
from shardrun.overrides import parse_memory, parse_shards, parse_years, with_overrides
from shardrun.plan import build_plan
from shardrun.preflight import AcceptedRun, accept_run, hold_database

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
    threads: Annotated[int | None, typer.Option(help="dbt nodes at once.")] = None,
    memory_limit: Annotated[
        str | None,
        typer.Option(help="DuckDB's memory, in all processes, such as 8GB; the rest spills."),
    ] = None,
    shards: Annotated[
        str | None,
        typer.Option(metavar="N|auto", help="Event generation in so many shards, in processes."),
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Shards at once; else one a core.")] = None,
    executor: Annotated[
        str | None,
        typer.Option(help="What runs shards: loky, in processes, or inline, one by one in this."),
    ] = None,
    keep_shards: Annotated[
        bool, typer.Option("--keep-shards", help="Leave the shard files after the union.")
    ] = False,
    from_year: Annotated[
        int | None,
        typer.Option(help="Run this year and all after it again; what they left goes first."),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Replace a database that an earlier run made.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="One thread throughout, and the SQL in dbt's logs.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan, write nothing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Simulate the years, or go on where an earlier run stopped.

    The result is one DuckDB file; logs lie in a folder beside it that has its name.
    """
    terminal: Terminal = context.obj
    terminal.json = json
    if database is None:
        database = Path(f"{scenario}.duckdb") if scenario else DEFAULT_DATABASE
    loaded = load_run_config(config, scenario)
    kind = loaded.simulation.period
    start_year, end_year = parse_years(years, kind) if years else (None, None)
    chosen = with_overrides(
        loaded,
        start_year=start_year,
        end_year=end_year,
        threads=1 if debug else threads,
        memory_limit_gb=parse_memory(memory_limit) if memory_limit else None,
        shards=parse_shards(shards) if shards else None,
        workers=workers,
        executor=executor,
        keep_shards=keep_shards or None,
    )
    if census is not None:
        chosen = with_census(chosen, census)
    if dry_run:
        _show_plan(terminal, chosen)
        return
    with hold_database(database) as dead:
        if dead is not None:
            terminal.remark(f"an earlier run has died: {dead}; its database is taken over")
        inputs = project_inputs(chosen, terminal.remark)
        accepted = accept_run(chosen, database, inputs, fresh=fresh, from_year=from_year)
        if accepted.finished:
            terminal.remark(f"{database} already holds this run, finished; --fresh runs it anew")
        else:
            _execute(terminal, accepted, debug=debug)
        workflow = chosen.workflow
        outcome = read_outcome(database, workflow.summary_model, workflow.checks_model)
    if json:
        terminal.show_document(outcome_document(outcome, already_finished=accepted.finished))
    else:
        terminal.show(outcome_view(terminal, outcome))


def _show_plan(terminal: Terminal, config: SimulationConfig) -> None:
    plan = build_plan(config, config.simulation.start_year, config.simulation.end_year)
    if terminal.json:
        terminal.show_document(plan_document(config, plan))
    else:
        terminal.show(plan_view(config, plan))


def _execute(terminal: Terminal, accepted: AcceptedRun, *, debug: bool) -> None:
    # dbt takes a second to import; a refusal shall not wait for it.
    from shardrun.session import execute_run

    if accepted.sharding is not None and accepted.sharding.reason is not None:
        terminal.remark(accepted.sharding.reason)
    if debug:
        terminal.remark(f"one thread throughout; dbt's logs, with all SQL: {accepted.folder.logs}")
    with show_progress(terminal) as listener:
        summary = execute_run(accepted, listener, debug=debug)
    summary.raise_for_failure()
