"""A configuration run to its end on a database, in this process.

Owns who may be at work on the database, and that dbt does one thing at a time. It must never print
or end the process; what a person should know is told to ``remark``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Lock

from shardrun.config.simulation import SimulationConfig
from shardrun.database.run_lock import HeldLock
from shardrun.pipeline.progress import ProgressEvent, ProgressListener, RunStarted
from shardrun.runs.branching import BranchPoint
from shardrun.runs.outcome import read_outcome
from shardrun.runs.preflight import (
    AcceptedRun,
    InputImporter,
    accept_run,
    hold_database,
    hold_source,
)
from shardrun.runs.projects import project_inputs
from shardrun.runs.result import RunResult

Remark = Callable[[str], None]

DEFAULT_DATABASE = Path("simulation.duckdb")

_DBT = Lock()
"""Held by the run at work: dbt keeps state of its own in the process, and can't do two at once."""


def database_of(scenario: str | None) -> Path:
    """Return the database that a run writes where none is named."""
    return Path(f"{scenario}.duckdb") if scenario else DEFAULT_DATABASE


def outcome_of(database: Path, config: SimulationConfig, *, already_finished: bool) -> RunResult:
    """Return what a database shows of a configuration's run.

    Args:
        database: that the run made.
        config: names its tables of summary and checks.
        already_finished: whether nothing ran.
    """
    outcome = read_outcome(database, config.workflow.summary_model, config.workflow.checks_model)
    return RunResult(outcome, already_finished)


def execute(
    config: SimulationConfig,
    database: Path,
    *,
    fresh: bool = False,
    from_year: int | None = None,
    branch: BranchPoint | None = None,
    debug: bool = False,
    progress: AbstractContextManager[ProgressListener],
    remark: Remark,
) -> RunResult:
    """Run a configuration on a database, or go on with it.

    Args:
        config: of the run.
        database: where the result goes.
        fresh: whether an earlier run's database is replaced.
        from_year: the first year that is run again.
        branch: where the run leaves another one.
        debug: one thread throughout, and the SQL in dbt's logs.
        progress: entered when the run begins, and left when it ends.
        remark: is told what a person should know.

    Raises:
        InputError: something given was refused, and nothing was written.
        PipelineExecutionError: dbt failed in a stage.
        ShardError: the shards of a year failed.
        DatabaseInUseError: another process holds the database.
        RunInterruptedError: by a signal; the same call goes on with the run.
    """
    with hold_source(branch, database):
        return execute_member(
            config,
            database,
            project_inputs(config, remark),
            fresh=fresh,
            from_year=from_year,
            branch=branch,
            debug=debug,
            progress=progress,
            remark=remark,
        )


def execute_member(
    config: SimulationConfig,
    database: Path,
    inputs: Mapping[str, InputImporter],
    *,
    fresh: bool,
    from_year: int | None,
    branch: BranchPoint | None,
    debug: bool,
    progress: AbstractContextManager[ProgressListener],
    remark: Remark,
    duckdb_threads: int | None = None,
) -> RunResult:
    """Run a configuration, perhaps beside others; see :func:`execute` for the other arguments.

    Args:
        config: of the run.
        database: where the result goes.
        inputs: by name, what checks and imports each input.
        fresh: whether an earlier run's database is replaced.
        from_year: the first year that is run again.
        branch: where the run leaves another one, on whose database nobody is at work.
        debug: one thread throughout, and the SQL in dbt's logs.
        progress: entered when the run begins, and left when it ends.
        remark: is told what a person should know.
        duckdb_threads: threads of DuckDB; None means one a core.

    Raises:
        ShardrunError: see :func:`execute`.
    """
    with hold_database(database) as lock:
        if lock.dead is not None:
            remark(f"an earlier run has died: {lock.dead}; its database is taken over")
        accepted = accept_run(
            config, database, inputs, fresh=fresh, from_year=from_year, branch=branch
        )
        if accepted.finished:
            remark(f"{database} already holds this run, finished; --fresh runs it anew")
        if not accepted.is_over:
            _execute(accepted, lock, progress, remark, debug=debug, duckdb_threads=duckdb_threads)
        return outcome_of(database, config, already_finished=accepted.finished)


def _execute(
    accepted: AcceptedRun,
    lock: HeldLock,
    progress: AbstractContextManager[ProgressListener],
    remark: Remark,
    *,
    debug: bool,
    duckdb_threads: int | None,
) -> None:
    # dbt takes a second to import; a refusal shall not wait for it.
    from shardrun.runs.session import execute_run

    if accepted.sharding is not None and accepted.sharding.reason is not None:
        remark(accepted.sharding.reason)
    if debug:
        remark(f"one thread throughout; dbt's logs, with all SQL: {accepted.folder.logs}")
    with _DBT, progress as listener:

        def tell(event: ProgressEvent) -> None:
            if isinstance(event, RunStarted):
                lock.name_run(event.run_id)
            listener(event)

        summary = execute_run(accepted, tell, debug=debug, duckdb_threads=duckdb_threads)
    summary.raise_for_failure()
