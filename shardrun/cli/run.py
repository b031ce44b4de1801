"""``shardrun run``: the main job."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from shardrun.branching import branch_point
from shardrun.cli.options import (
    DEFAULT_DATABASE,
    CensusOption,
    ConfigOption,
    JsonOption,
    YearsArgument,
)
from shardrun.cli.projects import load_run_config, project_inputs, with_census
from shardrun.cli.several import (
    DEFAULT_ENSEMBLE,
    SeveralRuns,
    run_ensemble,
    run_scenarios,
)
from shardrun.config import SimulationConfig
from shardrun.console.documents import outcome_document, plan_document
from shardrun.console.progress import show_progress
from shardrun.console.terminal import Terminal
from shardrun.console.views import outcome_view, plan_view
from shardrun.errors import InputError
from shardrun.members import parse_seeds
from shardrun.outcome import read_outcome
from shardrun.overrides import parse_memory, parse_shards, parse_years, with_overrides
from shardrun.plan import build_plan
from shardrun.preflight import AcceptedRun, accept_run, hold_database, hold_source

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
            "simulation.duckdb, that of the scenario: high_growth.duckdb, or ensemble.duckdb."
        ),
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Lay scenarios/NAME.yaml, beside the config, over it; may be given again, and "
            "each runs into a database of its own.",
        ),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            metavar="1..50",
            help="An ensemble: run with each of these seeds, and say what is chance in the result.",
        ),
    ] = None,
    keep_members: Annotated[
        bool,
        typer.Option("--keep-members", help="Leave the database of each run of an ensemble."),
    ] = False,
    threads: Annotated[int | None, typer.Option(help="dbt nodes at once.")] = None,
    memory_limit: Annotated[
        str | None,
        typer.Option(help="DuckDB's memory, in all processes, such as 8GB; the rest spills."),
    ] = None,
    shards: Annotated[
        str | None,
        typer.Option(metavar="N|auto", help="Event generation in so many shards, in processes."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Shards, or runs, at once; else one a core.")
    ] = None,
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
    branch_from: Annotated[
        Path | None,
        typer.Option(
            metavar="DATABASE",
            help="Take the years before --year from another run, and go on from there.",
        ),
    ] = None,
    year: Annotated[
        int | None, typer.Option(help="The first year that --branch-from does not take over.")
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
    scenarios = tuple(dict.fromkeys(scenario or [""]))
    several = seeds is not None or len(scenarios) > 1
    if several:
        _refuse_for_several(shards, executor, keep_shards=keep_shards)
    start_year, end_year = parse_years(years) if years else (None, None)

    def configured(name: str) -> SimulationConfig:
        chosen = with_overrides(
            load_run_config(config, name or None),
            start_year=start_year,
            end_year=end_year,
            threads=1 if debug else threads,
            memory_limit_gb=parse_memory(memory_limit) if memory_limit else None,
            shards=parse_shards(shards) if shards else None,
            workers=workers,
            executor=executor,
            keep_shards=keep_shards or None,
        )
        return chosen if census is None else with_census(chosen, census)

    configs = {name: configured(name) for name in scenarios}
    chosen = configs[scenarios[0]]
    if dry_run:
        _show_plan(terminal, chosen)
        return
    branch = branch_point(branch_from, year, from_year)
    runs = SeveralRuns(configs, branch, from_year, fresh=fresh, debug=debug)
    if seeds is not None:
        if from_year is not None:
            raise InputError("--from-year runs years of one database again; an ensemble has many")
        run_ensemble(
            terminal,
            runs,
            parse_seeds(seeds),
            database or DEFAULT_ENSEMBLE,
            keep_members=keep_members,
        )
        return
    if keep_members:
        raise InputError("--keep-members belongs to an ensemble; give --seeds too")
    if several:
        if database is not None:
            raise InputError(
                "--database: several scenarios go into databases of their own: "
                f"{', '.join(f'{name}.duckdb' for name in scenarios)}"
            )
        run_scenarios(terminal, runs)
        return
    if database is None:
        database = Path(f"{scenarios[0]}.duckdb") if scenarios[0] else DEFAULT_DATABASE
    with ExitStack() as held:
        if branch is not None:
            held.enter_context(hold_source(branch.source))
        dead = held.enter_context(hold_database(database))
        if dead is not None:
            terminal.remark(f"an earlier run has died: {dead}; its database is taken over")
        inputs = project_inputs(chosen, terminal.remark)
        accepted = accept_run(
            chosen, database, inputs, fresh=fresh, from_year=from_year, branch=branch
        )
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
