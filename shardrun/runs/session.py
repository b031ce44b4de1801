"""One run from its acceptance to its end: dbt, ledger and database brought together and let go.

Owns the order in which a database is claimed, replaced, written to and released, and what the
ledger says when a run ends otherwise than it should.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import duckdb

from shardrun.config.dbt_project import read_project
from shardrun.database.ownership import claim_database
from shardrun.dbt_runner import DbtRunner
from shardrun.errors import RunInterruptedError, ShardrunError
from shardrun.ledger.ledger import Ledger
from shardrun.ledger.records import RunLimits, Status
from shardrun.ledger.rewind import rewind
from shardrun.pipeline import PipelineOrchestrator, threading_config
from shardrun.pipeline.failed_rows import forget_failed_rows
from shardrun.pipeline.progress import (
    ProgressEvent,
    ProgressListener,
    RunEnded,
    RunStarted,
    StepFinished,
)
from shardrun.pipeline.results import MultiYearExecutionSummary
from shardrun.pools.dask_executor import Cluster
from shardrun.pools.executors import ExecutorName, available_cores
from shardrun.runs.branching import create_branch
from shardrun.runs.preflight import AcceptedRun
from shardrun.runs.project_runner import build_runner

if TYPE_CHECKING:
    from shardrun.sharding.sharded_stage import ShardedStage


def execute_run(
    accepted: AcceptedRun,
    listener: ProgressListener,
    *,
    debug: bool = False,
    duckdb_threads: int | None = None,
) -> MultiYearExecutionSummary:
    """Run what :func:`shardrun.runs.preflight.accept_run` accepted.

    Args:
        accepted: the run; its inputs wait in the run folder.
        listener: is told how the run gets on.
        debug: whether dbt and DuckDB use one thread and dbt logs the SQL it runs.
        duckdb_threads: threads of DuckDB; None means one a core.

    Returns:
        what came of it; a stage that failed is in it, not an exception.

    Raises:
        ProjectError: dbt can't load the project.
        DatabaseInUseError: another process holds the database, or that it branches from.
        RunInterruptedError: by a signal; the database can be gone on with.
        ShardrunError: the ledger can't be written, such as on a full disk.
    """
    folder = accepted.folder
    claim_database(folder.database)
    folder.accept_inputs()
    with _replacement(accepted) as first_step_done:
        if accepted.branch is not None:
            create_branch(accepted.branch, folder, accepted.config, accepted.fingerprints)

        def tell(event: ProgressEvent) -> None:
            if isinstance(event, StepFinished):
                first_step_done()
            listener(event)

        try:
            return _execute(accepted, tell, debug=debug, duckdb_threads=duckdb_threads)
        except (duckdb.IOException, duckdb.FatalException, duckdb.OutOfMemoryException) as error:
            raise ShardrunError(
                f"{folder.database} can't be written to. DuckDB says: {error}\n"
                "What was done until then is kept, and the same command goes on with it."
            ) from error


def _execute(
    accepted: AcceptedRun, tell: ProgressListener, *, debug: bool, duckdb_threads: int | None
) -> MultiYearExecutionSummary:
    config, years = accepted.config, accepted.config.simulation
    table = config.workflow.event_table
    started = perf_counter()
    runner = build_runner(
        config, accepted.folder, accepted.inputs, debug=debug, duckdb_threads=duckdb_threads
    )
    with _sharded_stage(accepted, runner, debug=debug) as sharded:
        try:
            # A project that dbt can't load is refused before the ledger says that a run began.
            runner.execute_command(["parse"], years.start_year, log_name="parse")
            ledger = Ledger(runner.cursor, accepted.folder.database)
            run_id = ledger.begin_run(
                years.start_year,
                years.end_year,
                years.random_seed,
                threading_config(config, sharded),
                accepted.fingerprints,
                RunLimits(
                    cores=1 if debug else duckdb_threads or available_cores(),
                    memory_mb=config.performance.memory_mb,
                    workers=1 if sharded is None else sharded.share.workers,
                    sharded_stage=table.stage if table else None,
                ),
            )
            if accepted.from_year is not None:
                with runner.cursor() as connection:
                    rewind(
                        connection,
                        ledger,
                        accepted.folder.database,
                        years.period_column,
                        accepted.from_year,
                    )
            with runner.cursor() as connection:
                forget_failed_rows(connection, accepted.folder.database)
            word = years.period_names.word
            tell(RunStarted(run_id, accepted.plan, accepted.done, word, accepted.took))
            leave_artifacts = partial(_leave_artifacts, accepted, runner, run_id, started)
            try:
                with _recorded(ledger):
                    summary = PipelineOrchestrator(
                        config, runner, ledger, tell, accepted.done, sharded
                    ).execute_multi_year_simulation(years.start_year, years.end_year)
                    ledger.end_run(
                        Status.FINISHED if summary.success else Status.FAILED, error=summary.error
                    )
            except BaseException as error:
                leave_artifacts(error)
                raise
            leave_artifacts(summary.failure)
        finally:
            runner.release_database()
    tell(RunEnded(summary.success, perf_counter() - started))
    return summary


@contextmanager
def _sharded_stage(
    accepted: AcceptedRun, runner: DbtRunner, *, debug: bool
) -> Iterator[ShardedStage | None]:
    """Have workers ready as long as a run lasts that splits a stage; they end with it."""
    sharding = accepted.sharding
    pending = sharding is not None and any(
        step.stage is sharding.table.stage and (step.stage, step.year) not in accepted.done
        for step in accepted.plan
    )
    wanted = sharding is not None and (sharding.keep_shards or (sharding.splits and pending))
    accepted.folder.clear_leftovers(keep_shards=wanted)
    if sharding is None or not sharding.splits or not pending:
        yield None
        return
    # what only a run in shards needs takes a tenth of a second to import
    from shardrun.sharding.shard_pool import ShardPool
    from shardrun.sharding.sharded_stage import ShardedStage

    executor: ExecutorName = "inline" if debug else sharding.executor
    cluster = Cluster(sharding.scheduler, accepted.folder.path) if executor == "dask" else None
    with ShardPool(executor, sharding.share.workers, cluster) as pool:
        pool.warm_up()
        yield ShardedStage(
            table=sharding.table,
            period_column=accepted.config.simulation.period_column,
            total=sharding.shards,
            share=replace(sharding.share, threads=1) if debug else sharding.share,
            runner=runner,
            pool=pool,
            folder=accepted.folder,
            location=accepted.config.location,
            keep_shards=sharding.keep_shards,
        )


@contextmanager
def _replacement(accepted: AcceptedRun) -> Iterator[Callable[[], None]]:
    """Keep the database that a --fresh run replaces until the new one has its first step done.

    Yields:
        what to call when a step is done.
    """
    folder = accepted.folder
    if accepted.replaces:
        folder.set_database_aside()
    try:
        yield folder.discard_superseded
    finally:
        folder.restore_database()


def _leave_artifacts(
    accepted: AcceptedRun,
    runner: DbtRunner,
    run_id: str,
    started: float,
    failure: BaseException | None,
) -> None:
    """Leave dbt's artifacts however the run ended: beside the database, and where dbt's tools look.

    Args:
        accepted: the run.
        runner: that ran its commands.
        run_id: of the ledger.
        started: when the run began, on the clock that counts seconds.
        failure: what ended the run, and still does where they can't be written; it is noted there.

    Raises:
        ShardrunError: they can't be written, of a run that nothing else ended.
    """
    folders = [accepted.folder.target]
    project = read_project(accepted.config.project.project_dir)
    if os.access(project.path, os.W_OK):
        folders.append(project.target_path)
    try:
        runner.write_artifacts(folders, run_id, perf_counter() - started)
    except OSError as error:
        unwritten = f"dbt's artifacts can't be written: {error}. What the run has done stays done."
        if failure is None:
            raise ShardrunError(unwritten) from error
        failure.add_note(unwritten)


@contextmanager
def _recorded(ledger: Ledger) -> Iterator[None]:
    """Write into the ledger how a run ended that did not come to its end."""
    try:
        yield
    except KeyboardInterrupt:
        ledger.end_stopped_run()
        raise RunInterruptedError("the run was stopped; the same command goes on with it") from None
    except ShardrunError as error:
        ledger.end_run(Status.FAILED, error=str(error))
        raise
