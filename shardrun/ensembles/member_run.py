"""One of several runs that go side by side: what it is told, and the run itself in a worker.

A member is a run like any other, on a database of its own. It must never touch what its siblings
share, and it gives back failures as values: an exception would have to survive its way between
processes.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from time import perf_counter

from shardrun.config.overrides import with_overrides
from shardrun.config.simulation import SimulationConfig
from shardrun.database.connection import DatabaseLimits
from shardrun.database.digest import digest_database
from shardrun.dbt_runner import import_dbt
from shardrun.ensembles.headline_figures import headline_figures
from shardrun.ensembles.member_results import MemberFailure, MemberResult
from shardrun.errors import ShardrunError
from shardrun.pipeline.progress import ignore_progress
from shardrun.runs.branching import BranchPoint
from shardrun.runs.execution import execute_member
from shardrun.runs.preflight import InputImporter
from shardrun.sharding.sizing import RunShare, duckdb_memory_mb


@dataclass(frozen=True, slots=True)
class MemberTask:
    """What a worker is told of a run; it travels between processes.

    Attributes:
        name: what a person calls it.
        config: of the run, events unsplit.
        database: absolute path of its database.
        inputs: by name, the canonical form of each input, which is copied from there.
        share: of the machine.
        fresh: whether a database of ours there is replaced.
        from_year: the first year that is run again although it is done.
        branch: where the run leaves another one.
        for_ensemble: whether headline figures and digest of the database are wanted.
        debug: one thread throughout, and the SQL in dbt's logs.
    """

    name: str
    config: SimulationConfig
    database: Path
    inputs: Mapping[str, Path]
    share: RunShare
    fresh: bool = False
    from_year: int | None = None
    branch: BranchPoint | None = None
    for_ensemble: bool = False
    debug: bool = False


def sharing(config: SimulationConfig, share: RunShare) -> SimulationConfig:
    """Return a configuration whose run takes no more than a share of the machine, in one process.

    Args:
        config: as if the run were alone.
        share: of each of several.
    """
    return with_overrides(config, memory_limit_gb=Decimal(share.memory_mb) / 1000, shards=1)


def prepare_member() -> None:
    """Import dbt, so that no run's time pays for it."""
    import shardrun.runs.session  # noqa: F401

    import_dbt()


def run_member(task: MemberTask) -> MemberResult:
    """Run, or go on with, one of several runs.

    Returns:
        what came of it; no error of ours leaves this function.
    """
    started = perf_counter()
    try:
        return _run(task, started)
    except ShardrunError as error:
        failure = MemberFailure(error.message, error.exit_code)
        return MemberResult(task.name, perf_counter() - started, failure=failure)


def _run(task: MemberTask, started: float) -> MemberResult:
    remarks: list[str] = []
    run = execute_member(
        task.config,
        task.database,
        {name: _copier(file) for name, file in task.inputs.items()},
        fresh=task.fresh,
        from_year=task.from_year,
        branch=task.branch,
        debug=task.debug,
        progress=nullcontext(ignore_progress),
        remark=remarks.append,
        duckdb_threads=task.share.threads,
    )
    folder = run.outcome.folder
    limits = DatabaseLimits(task.share.threads, duckdb_memory_mb(task.share.memory_mb), folder.temp)
    return MemberResult(
        name=task.name,
        seconds=perf_counter() - started,
        already_finished=run.already_finished,
        figures=headline_figures(run.outcome.summary, task.config.simulation.period_column)
        if task.for_ensemble
        else (),
        digest=digest_database(task.database, limits).digest if task.for_ensemble else None,
        remarks=tuple(remarks),
    )


def _copier(file: Path) -> InputImporter:
    def copy(target: Path) -> None:
        shutil.copyfile(file, target)

    return copy
