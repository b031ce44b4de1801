"""Runs from Python: a notebook, or a task of Airflow, Dagster or Prefect. The command line is one.

Owns how settings become a configuration, and a configuration a finished run. It must never print or
end the process; what a person should know is told to ``remark``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from threading import Lock
from typing import Literal

from shardrun.branching import BranchPoint, branch_point
from shardrun.config import SimulationConfig
from shardrun.database import ALIAS, open_database
from shardrun.digest import canonical_relation, canonical_tables
from shardrun.errors import InputError
from shardrun.outcome import Cell, RunOutcome, read_outcome
from shardrun.overrides import parse_memory, parse_years, with_overrides
from shardrun.ownership import check_ownership
from shardrun.periods import PeriodKind
from shardrun.preflight import AcceptedRun, InputImporter, accept_run, hold_database, hold_source
from shardrun.progress import ProgressEvent, ProgressListener, RunStarted, ignore_progress
from shardrun.projects import load_run_config, project_inputs, rooted, with_census
from shardrun.result_rows import ResultRows
from shardrun.run_lock import HeldLock

Years = str | int | tuple[int, int]
Remark = Callable[[str], None]

DEFAULT_DATABASE = Path("simulation.duckdb")

_DBT = Lock()
"""Held by the run at work: dbt keeps state of its own in the process, and can't do two at once."""

_log = logging.getLogger("shardrun")


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run and the tables it left.

    Attributes:
        outcome: what its database shows: steps, shards, summary, checks.
        already_finished: whether the database held all of it before, so that nothing ran.
    """

    outcome: RunOutcome
    already_finished: bool = True

    @property
    def database(self) -> Path:
        """The database, an absolute path."""
        return self.outcome.folder.database

    @property
    def run_id(self) -> str:
        """The last run's name in the ledger."""
        return self.outcome.run.run_id

    @property
    def summary(self) -> list[dict[str, Cell]]:
        """The project's summary table, a mapping a year; empty where the project has none."""
        table = self.outcome.summary
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows] if table else []

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables that the run wrote.

        Raises:
            DatabaseInUseError: another process is writing to the database.
        """
        with open_database(self.database) as connection:
            return canonical_tables(connection, ALIAS)

    def table(self, name: str) -> ResultRows:
        """Return the rows of a table, such as `fct_workforce_snapshot`.

        Args:
            name: one of :attr:`tables`.

        Raises:
            InputError: there is no such table.
            DatabaseInUseError: another process is writing to the database.
        """
        tables = self.tables
        if name not in tables:
            near = get_close_matches(name, tables, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(tables)}"
            raise InputError(f'there is no table "{name}" in {self.database}; {hint}')
        return ResultRows(self.database, f"from {canonical_relation(ALIAS, name)}")

    def query(self, sql: str, *parameters: object) -> ResultRows:
        """Return the rows of a query over the tables, which nothing can be written by.

        Args:
            sql: one select, in DuckDB's SQL.
            *parameters: what stands for its question marks.
        """
        return ResultRows(self.database, sql, parameters)


def run(
    config: str | Path | SimulationConfig | None = None,
    *,
    directory: str | Path = ".",
    scenario: str | None = None,
    years: Years | None = None,
    census: str | Path | None = None,
    database: str | Path | None = None,
    seed: int | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
    shards: int | Literal["auto"] | None = None,
    workers: int | None = None,
    executor: str | None = None,
    scheduler: str | None = None,
    keep_shards: bool = False,
    from_year: int | None = None,
    branch_from: str | Path | None = None,
    year: int | None = None,
    fresh: bool = False,
    debug: bool = False,
    listener: ProgressListener = ignore_progress,
    remark: Remark = _log.info,
) -> RunResult:
    """Simulate the years, or go on where an earlier run stopped, as `shardrun run` does.

    Args:
        config: a file, or a configuration; None means `config/simulation_config.yaml` where there
            is one, else all defaults.
        directory: what every relative path is relative to, those in the configuration too.
        scenario: the name of what is laid over the configuration's file.
        years: first and last, (2025, 2029) or "2025-2029", or one; None means the configuration's.
        census: a Parquet or CSV file; None means the configuration's.
        database: where the result goes; None means `simulation.duckdb`, or that of the scenario.
        seed: of every random draw; None means the configuration's.
        threads: dbt nodes at once.
        memory_limit: DuckDB's memory in all processes, such as "8GB".
        shards: event generation in so many, in processes; "auto" chooses, 1 means none.
        workers: shards at once.
        executor: what runs shards: "loky", "inline" or "dask".
        scheduler: of a Dask cluster, such as "tcp://host:8786".
        keep_shards: whether the shard files stay after the union.
        from_year: run this year and all after it again.
        branch_from: the database of another run whose years before ``year`` are taken over.
        year: the first year that is not.
        fresh: whether a database that an earlier run made is replaced.
        debug: one thread throughout, and the SQL in dbt's logs.
        listener: is told how the run gets on; see :mod:`shardrun.progress`.
        remark: is told in words how inputs were read and what is doubtful; logs them by default.

    Returns:
        the finished run.

    Raises:
        InputError: something given was refused, and nothing was written; its subclasses say what.
        PipelineExecutionError: dbt failed in a stage.
        ShardError: the shards of a year failed.
        DatabaseInUseError: another process holds the database.
        RunInterruptedError: by a signal; the same call goes on with the run.
    """
    root = Path(directory)
    source = None if branch_from is None else root / branch_from
    settings = configure(
        config,
        directory=root,
        scenario=scenario,
        years=years,
        census=census,
        seed=seed,
        threads=1 if debug else threads,
        memory_limit=memory_limit,
        shards=shards,
        workers=workers,
        executor=executor,
        scheduler=scheduler,
        keep_shards=keep_shards,
    )
    return execute(
        settings,
        root / (database_of(scenario) if database is None else database),
        fresh=fresh,
        from_year=from_year,
        branch=branch_point(source, year, from_year),
        debug=debug,
        progress=nullcontext(listener),
        remark=remark,
    )


def read_run(
    database: str | Path = DEFAULT_DATABASE, config: str | Path | SimulationConfig | None = None
) -> RunResult:
    """Return the last run of a database, to look into its tables; nothing runs.

    Args:
        database: one that a run made, finished or not.
        config: a file, or a configuration, that names the tables of summary and checks; None where
            they are called as the workforce's.

    Raises:
        ConfigError: the configuration is not acceptable.
        DatabaseError: it is not one of ours.
        DatabaseInUseError: another process is writing to it.
    """
    path = Path(database)
    check_ownership(path)
    return RunResult(_outcome(path, SimulationConfig() if config is None else configure(config)))


def configure(
    config: str | Path | SimulationConfig | None,
    *,
    directory: Path = Path(),
    scenario: str | None = None,
    years: Years | None = None,
    census: str | Path | None = None,
    seed: int | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
    shards: int | Literal["auto"] | None = None,
    workers: int | None = None,
    executor: str | None = None,
    scheduler: str | None = None,
    keep_shards: bool = False,
) -> SimulationConfig:
    """Return the configuration of a run; see :func:`run` for the arguments.

    Raises:
        InputError: something given is not acceptable.
    """
    if isinstance(config, SimulationConfig):
        if scenario is not None:
            raise InputError("scenario: lies over a file; name the file, or leave the scenario out")
        base = rooted(config, directory)
    else:
        file = None if config is None else Path(config)
        base = load_run_config(file, scenario, directory)
    start_year, end_year = (
        (None, None) if years is None else _first_and_last(years, base.simulation.period)
    )
    chosen = with_overrides(
        base,
        start_year=start_year,
        end_year=end_year,
        random_seed=seed,
        threads=threads,
        memory_limit_gb=None if memory_limit is None else parse_memory(memory_limit),
        shards=shards,
        workers=workers,
        executor=executor,
        scheduler=scheduler,
        keep_shards=keep_shards or None,
    )
    return chosen if census is None else with_census(chosen, directory / census)


def database_of(scenario: str | None) -> Path:
    """Return the database that a run writes where none is named."""
    return Path(f"{scenario}.duckdb") if scenario else DEFAULT_DATABASE


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
    """Run a configuration on a database, or go on with it; see :func:`run` for the arguments.

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
        ShardrunError: see :func:`run`.
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
        ShardrunError: see :func:`run`.
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
        return RunResult(_outcome(database, config), already_finished=accepted.finished)


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
    from shardrun.session import execute_run

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


def _outcome(database: Path, config: SimulationConfig) -> RunOutcome:
    return read_outcome(database, config.workflow.summary_model, config.workflow.checks_model)


def _first_and_last(years: Years, kind: PeriodKind) -> tuple[int, int]:
    if isinstance(years, str):
        return parse_years(years, kind)
    return (years, years) if isinstance(years, int) else years
