"""Whether a run could be trusted before it starts: its inputs, its project, its shards.

Owns the trial: the first years of a sample, in a folder of their own, as far as the SQL of the
events depends on what is there; and the first year of everything, both ways, for whoever wants to
see it. It must never touch the database that the run would write.
"""

from __future__ import annotations

import glob
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shardrun.config.overrides import with_overrides
from shardrun.config.periods import following
from shardrun.config.simulation import SimulationConfig
from shardrun.config.workflow import EventTable
from shardrun.database.connection import memory_database
from shardrun.database.ownership import check_writable
from shardrun.database.run_folder import RunFolder
from shardrun.dbt_runner import DbtRunner, failure_message
from shardrun.diff.databases import DatabaseDiff, compare_databases
from shardrun.errors import PipelineExecutionError
from shardrun.pipeline.plan import build_plan
from shardrun.pipeline.progress import ProgressListener
from shardrun.runs.preflight import AcceptedRun, InputImporter, accept_run
from shardrun.runs.project_runner import build_runner
from shardrun.runs.session import execute_run
from shardrun.shard_safety import StageVerdict, Violation
from shardrun.sharding.judgment import JUDGED_VARIANTS, judge_stage, write_judged_sql
from shardrun.sharding.shard_session import read_session
from shardrun.sharding.table_columns import read_columns
from shardrun.sql import quote_literal

SAMPLE_ROWS = 1000


@dataclass(frozen=True, slots=True)
class ProjectCheck:
    """What a check found; config, inputs and project are sound, or it would have raised.

    Attributes:
        table: the canonical table of the events; None where the config names none.
        years: whose event SQL was judged.
        violations: why events can't be generated in shards; none where they can.
        narrowed_inputs: the tables of which a shard reads only its own rows.
        broadcast_inputs: the tables that every shard reads whole.
    """

    table: EventTable | None
    years: tuple[int, ...] = ()
    violations: tuple[Violation, ...] = ()
    narrowed_inputs: tuple[str, ...] = ()
    broadcast_inputs: tuple[str, ...] = ()


def check_project(
    config: SimulationConfig, importers: Mapping[str, InputImporter], folder: RunFolder
) -> ProjectCheck:
    """Check a run's inputs and project, and whether its events may be generated in shards.

    Args:
        config: of the run.
        importers: as for :func:`shardrun.runs.preflight.accept_run`.
        folder: of the run; the trial is made in a folder of its own in it. The SQL that violations
            point into stays there.

    Raises:
        InputError: an input or the project is refused.
        PipelineExecutionError: dbt fails on the sample.
    """
    table = config.workflow.event_table
    first = config.simulation.start_year
    second = following(config.simulation.period, first)
    # from the second on, the SQL reads what the year before has left
    unsharded = with_overrides(config, shards=1, start_year=first, end_year=second)
    samples = {name: _sampled(importer) for name, importer in importers.items()}
    with _trial(folder) as trial:
        accepted = accept_run(unsharded, trial / "sample.duckdb", samples)
        accepted.folder.accept_inputs()
        runner = build_runner(unsharded, accepted.folder, accepted.inputs, debug=False)
        try:
            runner.execute_command(["parse"], first, log_name="parse")
            if table is None:
                return ProjectCheck(None)
            verdicts = list(_judge_years(accepted, runner, table, folder.check / "sql"))
        finally:
            runner.release_database()
    return ProjectCheck(
        table=table,
        years=(first, second),
        violations=tuple(dict.fromkeys(v for verdict in verdicts for v in verdict.violations)),
        narrowed_inputs=_either(verdict.narrowed_inputs for verdict in verdicts),
        broadcast_inputs=_either(verdict.broadcast_inputs for verdict in verdicts),
    )


def compare_paths(
    config: SimulationConfig,
    importers: Mapping[str, InputImporter],
    folder: RunFolder,
    listener: ProgressListener,
) -> DatabaseDiff:
    """Run the first year both ways, on everything, and compare the databases.

    Args:
        config: of the run, with the shards to try.
        importers: as for :func:`shardrun.runs.preflight.accept_run`.
        folder: of the run; the trial is made in a folder of its own in it, and removed.
        listener: is told how both runs get on.

    Raises:
        InputError: an input, the project or the split is refused.
        PipelineExecutionError: dbt fails.
        ShardError: a shard fails.
    """
    first = config.simulation.start_year
    one_year = with_overrides(config, start_year=first, end_year=first)
    with _trial(folder) as trial:
        # not default.duckdb: the catalog of that name, a keyword, is more than some macros take
        databases = trial / "whole.duckdb", trial / "sharded.duckdb"
        configs = with_overrides(one_year, shards=1), one_year
        for database, chosen in zip(databases, configs, strict=True):
            accepted = accept_run(chosen, database, importers)
            execute_run(accepted, listener).raise_for_failure()
        return compare_databases(*databases)


def _judge_years(
    accepted: AcceptedRun, runner: DbtRunner, table: EventTable, sql_folder: Path
) -> Iterator[StageVerdict]:
    years = accepted.config.simulation
    for step in build_plan(accepted.config, years.start_year, years.end_year):
        if step.stage is table.stage:
            stage = runner.compile_stage(table.stage, step.year, JUDGED_VARIANTS)
            with runner.cursor() as connection:
                columns = read_columns(connection, stage.inputs)
                session = read_session(connection, stage)
            verdict = judge_stage(stage, columns, table, sql_folder, session)
            write_judged_sql(stage, verdict, sql_folder)
            yield verdict
            if step.year == years.end_year:
                return
        for result in runner.run_stage_models(step.stage, step.year):
            if not result.success:
                raise PipelineExecutionError(failure_message(result, step.stage, step.year))


def _sampled(importer: InputImporter) -> InputImporter:
    """Return an importer that keeps the first rows: SQL is judged by its text, not by rows."""

    def import_sample(target: Path) -> None:
        importer(target)
        whole = target.with_suffix(".whole")
        target.replace(whole)
        with memory_database() as connection:
            connection.execute(
                f"copy (from read_parquet({quote_literal(glob.escape(str(whole)))}) "
                f"limit {SAMPLE_ROWS}) to {quote_literal(target)} (format parquet)"
            )
        whole.unlink()

    return import_sample


@contextmanager
def _trial(folder: RunFolder) -> Iterator[Path]:
    """Yield a folder for databases that nobody keeps; the folder of the check itself may stay.

    Where the check fails, dbt's logs of it stay until the next one: the message names them.
    """
    check_writable(folder.database)
    made = not folder.path.exists()
    folder.path.mkdir(mode=0o700, exist_ok=True)
    if folder.check.exists():
        shutil.rmtree(folder.check)
    trial = folder.check / "trial"
    trial.mkdir(mode=0o700, parents=True)
    failed = True
    try:
        yield trial
        failed = False
    finally:
        if failed and any(trial.glob("*/logs/*")):
            for database in trial.glob("*.duckdb"):
                database.unlink()
        else:
            shutil.rmtree(trial)
        for path in (folder.check, *([folder.path] if made else [])):
            if not any(path.iterdir()):
                path.rmdir()


def _either(names: Iterator[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({name for some in names for name in some}))
