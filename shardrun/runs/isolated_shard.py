"""One shard of one year run alone, in this process, for whoever looks into it.

Owns what is left to look at: the shard file with every model as a table, its SQL one file a model,
and how its rows compare with the canonical table's. It must never write into the main file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

import duckdb

from shardrun.config.dbt_project import read_project
from shardrun.config.periods import periods
from shardrun.config.simulation import SimulationConfig
from shardrun.config.workflow import EventTable
from shardrun.database.connection import ALIAS, open_database, qualified
from shardrun.database.ownership import check_ownership, claim_database
from shardrun.database.run_folder import RunFolder
from shardrun.errors import InputError, ShardError
from shardrun.ledger.fingerprints import config_settings, project_fingerprint
from shardrun.ledger.reader import read_ledger
from shardrun.ledger.recorded_config import recorded_config, recorded_variables
from shardrun.ledger.records import LedgerContents, RunRecord
from shardrun.pipeline.plan import build_plan
from shardrun.runs.isolated_task import ShardOfOne, isolated_name, isolated_task
from shardrun.runs.preflight import hold_database
from shardrun.sharding.comparison import Comparison, compare_shard
from shardrun.sharding.settings import require_event_table
from shardrun.sharding.shards import Shard, ShardTask
from shardrun.sharding.worker import run_shard
from shardrun.sql import quote_identifier, quote_literal
from shardrun.stages import WorkflowStage

_SHARD = "shardrun_isolated"


@dataclass(frozen=True, slots=True)
class IsolatedShard:
    """What is left of a shard that was run alone.

    Attributes:
        name: what was run, for people.
        year: the simulated year.
        file: the shard file.
        sql_folder: the SQL, one file a model.
        rows: by model, in the order in which they were made.
        rows_by_type: of the canonical table, where the config names a column to count by.
        comparison: with the canonical table.
        changes: what is not as it was when the database was made, one line each.
        overruled: names of the settings that the configuration has other than the run had, and the
            shard was made with the run's.
    """

    name: str
    year: int
    file: Path
    sql_folder: Path
    rows: tuple[tuple[str, int], ...]
    rows_by_type: tuple[tuple[str, int], ...]
    comparison: Comparison
    changes: tuple[str, ...]
    overruled: tuple[str, ...]


def run_isolated_shard(
    config: SimulationConfig,
    database: Path,
    wanted: Shard | ShardOfOne,
    *,
    with_inputs: bool = False,
) -> IsolatedShard:
    """Run one shard alone on what a run has left in its database, with the settings that it had.

    Args:
        config: of the project. What a result follows from is the database's own: years, seed, dbt
            vars, what the stages run.
        database: of a finished or failed run.
        wanted: which shard.
        with_inputs: whether the shard file is to hold the input rows that it was made from.

    Raises:
        InputError: the project has no shards, or is not that of the database; the database does
            not hold the year's beginning, or the entity is not in the year.
        ShardError: the shard failed.
        DatabaseInUseError: another process holds the database.
        DatabaseError: it is not one of ours.
    """
    check_ownership(database)  # before there is a lock: nothing is left beside another's file
    with hold_database(database):
        return _run(config, database.resolve(), wanted, with_inputs=with_inputs)


def _run(
    given: SimulationConfig, database: Path, wanted: Shard | ShardOfOne, *, with_inputs: bool
) -> IsolatedShard:
    with open_database(database) as connection:
        ledger = read_ledger(connection, ALIAS)
    run = ledger.run_of(wanted.year)
    config = recorded_config(given, run)
    table = require_event_table(config)
    _check_ready(config, ledger, database, table.stage, wanted.year)
    _check_project(config, run, database)
    claim_database(database)
    folder = RunFolder(database)
    task, condition = isolated_task(config, folder, run, table, wanted, with_inputs=with_inputs)
    for model in task.models:
        model.sql_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        model.sql_path.touch(mode=0o600)
        model.sql_path.write_text(model.sql, encoding="utf-8")
    result = run_shard(task)
    if result.failure is not None:
        raise ShardError(str(result.failure))
    with open_database(database) as connection:
        connection.execute(f"attach {quote_literal(task.file)} as {_SHARD} (read_only)")
        rows = tuple(
            (model.name, _count(connection, qualified(_SHARD, *model.relation)))
            for model in task.models
        )
        if isinstance(wanted, ShardOfOne) and not any(count for _, count in rows):
            raise InputError(f"there is no {wanted.entity} in the {table.stage} of {wanted.year}.")
        return IsolatedShard(
            name=isolated_name(wanted),
            year=wanted.year,
            file=task.file,
            sql_folder=task.models[-1].sql_path.parent,
            rows=rows,
            rows_by_type=_rows_by_type(connection, task, table),
            comparison=compare_shard(
                connection,
                _SHARD,
                task.canonical,
                table,
                config.simulation.period_column,
                wanted.year,
                condition,
            ),
            changes=tuple(_project_changes(config, run)),
            overruled=_overruled(given, run),
        )


def _check_project(config: SimulationConfig, run: RunRecord, database: Path) -> None:
    """Refuse a project that has other settings than the database was made from."""
    recorded = recorded_variables(run)
    if recorded.keys() != config.dbt_vars().keys():
        raise InputError(
            f"{database} was not made by the project at {config.project.project_dir}: its run had "
            f"the settings {', '.join(sorted(recorded))}. Give --config FILE that the run had."
        )


def _check_ready(
    config: SimulationConfig,
    ledger: LedgerContents,
    database: Path,
    stage: WorkflowStage,
    year: int,
) -> None:
    """Refuse a year whose earlier stages the database does not hold."""
    run = ledger.runs[-1]
    last_year = max(run.end_year, *(done for _, done in ledger.done), run.start_year)
    if year not in periods(config.simulation.period, run.start_year, last_year):
        raise InputError(f"--year: {database} holds {run.start_year} to {last_year}, not {year}")
    plan = takewhile(
        lambda step: (step.stage, step.year) != (stage, year),
        build_plan(config, run.start_year, year),
    )
    missing = [step for step in plan if (step.stage, step.year) not in ledger.done]
    if missing:
        first = missing[0]
        raise InputError(
            f"{database} does not hold what {stage} of {year} starts from: {first.stage} "
            f"of {first.year} is not done. Go on with `shardrun run` first."
        )


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    [(rows,)] = connection.execute(f"select count(*) from {relation}").fetchall()
    return int(rows)


def _rows_by_type(
    connection: duckdb.DuckDBPyConnection, task: ShardTask, table: EventTable
) -> tuple[tuple[str, int], ...]:
    if table.type_column is None:
        return ()
    column = quote_identifier(table.type_column)
    return tuple(
        connection.execute(
            f"select {column}::varchar, count(*) from {qualified(_SHARD, *task.canonical)} "
            f"group by {column} order by {column}"
        ).fetchall()
    )


def _project_changes(config: SimulationConfig, run: RunRecord) -> Sequence[str]:
    project = project_fingerprint(read_project(config.project.project_dir))
    return replace(run.fingerprints, project=project).changes_since(run.fingerprints)


def _overruled(given: SimulationConfig, run: RunRecord) -> tuple[str, ...]:
    settings, recorded = config_settings(given), run.fingerprints.config
    names = sorted(settings.keys() | recorded.keys())
    return tuple(name for name in names if settings.get(name) != recorded.get(name))
