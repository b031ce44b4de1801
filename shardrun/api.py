"""The Python API: what `shardrun run` does, for a notebook, or a scheduler's task.

It must never print or end the process: what a person should know is told to ``remark``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Unpack

from shardrun.config.simulation import SimulationConfig
from shardrun.database.ownership import check_ownership
from shardrun.database.run_folder import RunFolder
from shardrun.ensembles.member_pool import raise_for_failures
from shardrun.ensembles.member_results import MemberListener, ignore_members
from shardrun.ensembles.members import checked_seeds, parse_seeds
from shardrun.ensembles.records import read_ensemble as read_contents
from shardrun.ensembles.result import EnsembleResult
from shardrun.ensembles.several_runs import (
    DEFAULT_ENSEMBLE,
    SeveralRuns,
    run_members_of_ensemble,
    run_side_by_side,
)
from shardrun.pipeline.progress import ProgressListener, ignore_progress
from shardrun.runs.branching import branch_point
from shardrun.runs.execution import DEFAULT_DATABASE, Remark, database_of, execute, outcome_of
from shardrun.runs.result import RunResult
from shardrun.runs.settings import (
    RunSettings,
    SharedSettings,
    configure,
    configure_each,
    spelled_out,
)

_log = logging.getLogger("shardrun")


@spelled_out
def run(
    config: str | Path | SimulationConfig | None = None,
    *,
    directory: str | Path = ".",
    database: str | Path | None = None,
    scenario: str | None = None,
    branch_from: str | Path | None = None,
    year: int | None = None,
    from_year: int | None = None,
    fresh: bool = False,
    debug: bool = False,
    listener: ProgressListener = ignore_progress,
    remark: Remark = _log.info,
    **settings: Unpack[RunSettings],
) -> RunResult:
    """Simulate the years, or go on where an earlier run stopped, as `shardrun run` does.

    Args:
        config: a file, or a configuration; None means `config/simulation_config.yaml` where there
            is one, else all defaults.
        directory: what every relative path is relative to, those in the configuration too.
        database: where the result goes; None means `simulation.duckdb`, or that of the scenario.
        scenario: the name of what is laid over the configuration's file.
        branch_from: the database of another run whose years before ``year`` are taken over.
        year: the first year that is not.
        from_year: run this year and all after it again.
        fresh: whether a database that an earlier run made is replaced.
        debug: one thread throughout, and the SQL in dbt's logs.
        listener: is told how the run gets on; see :mod:`shardrun.pipeline.progress`.
        remark: is told in words how inputs were read and what is doubtful; logs them by default.
        **settings: in place of the configuration's own; see
            :class:`~shardrun.runs.settings.RunSettings`.

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
    return execute(
        configure(config, directory=root, scenario=scenario, debug=debug, **settings),
        root / (database_of(scenario) if database is None else database),
        fresh=fresh,
        from_year=from_year,
        branch=branch_point(_under(root, branch_from), year, from_year),
        debug=debug,
        progress=nullcontext(listener),
        remark=remark,
    )


@spelled_out
def run_scenarios(
    scenarios: Sequence[str],
    config: str | Path | None = None,
    *,
    directory: str | Path = ".",
    branch_from: str | Path | None = None,
    year: int | None = None,
    from_year: int | None = None,
    fresh: bool = False,
    debug: bool = False,
    listener: MemberListener = ignore_members,
    remark: Remark = _log.info,
    **settings: Unpack[SharedSettings],
) -> dict[str, RunResult]:
    """Simulate several scenarios side by side, in processes, within one memory limit.

    ``scenarios`` are their names, an empty one the configuration itself; each goes into a database
    in ``directory`` that has its name. ``listener`` is told how they get on, see
    :mod:`shardrun.ensembles.member_results`. All else is what :func:`run` says, for each of them;
    ``settings`` are those of :class:`~shardrun.runs.settings.SharedSettings`.

    Returns:
        by scenario, the finished run.

    Raises:
        InputError: something given was refused.
        MembersFailedError: a run failed; the others have finished.
        DatabaseInUseError: another process holds a database.
        RunInterruptedError: by a signal; the same call goes on with them.
    """
    root = Path(directory)
    configs = configure_each(scenarios, config, directory=root, debug=debug, **settings)
    branch = branch_point(_under(root, branch_from), year, from_year)
    runs = SeveralRuns(configs, remark, branch, from_year, fresh=fresh, debug=debug)
    results = run_side_by_side(runs, root, lambda _: nullcontext(listener))
    raise_for_failures(list(results.values()))
    return {
        name: outcome_of(
            root / database_of(name), configs[name], already_finished=ended.already_finished
        )
        for name, ended in results.items()
    }


@spelled_out
def run_ensemble(
    seeds: str | Iterable[int],
    config: str | Path | SimulationConfig | None = None,
    *,
    scenarios: Sequence[str] = ("",),
    directory: str | Path = ".",
    database: str | Path = DEFAULT_ENSEMBLE,
    branch_from: str | Path | None = None,
    year: int | None = None,
    fresh: bool = False,
    keep_members: bool = False,
    debug: bool = False,
    listener: MemberListener = ignore_members,
    remark: Remark = _log.info,
    **settings: Unpack[SharedSettings],
) -> EnsembleResult:
    """Simulate with many seeds, in processes: what of the result is chance, and how sure the mean.

    ``seeds`` are such as "1..50", or range(1, 51); each of ``scenarios``, as in
    :func:`run_scenarios`, is run with all of them. What the members come to goes into ``database``,
    and an ensemble that is there grows by the members that it does not have. With ``keep_members``
    their own databases stay beside it. All else is what :func:`run` says, for each member;
    ``settings`` are those of :class:`~shardrun.runs.settings.SharedSettings`.

    Returns:
        the ensemble, with the members of earlier calls.

    Raises:
        InputError: something given was refused.
        MembersFailedError: a member failed; the others have finished.
        DatabaseInUseError: another process holds the database.
        RunInterruptedError: by a signal; the same call goes on with it.
    """
    root = Path(directory)
    configs = configure_each(scenarios, config, directory=root, debug=debug, **settings)
    branch = branch_point(_under(root, branch_from), year)
    runs = SeveralRuns(configs, remark, branch, fresh=fresh, debug=debug)
    results, contents = run_members_of_ensemble(
        runs,
        parse_seeds(seeds) if isinstance(seeds, str) else checked_seeds(seeds),
        root / database,
        lambda _: nullcontext(listener),
        keep_members=keep_members,
    )
    raise_for_failures(results)
    return EnsembleResult(RunFolder((root / database).resolve()), contents)


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
    settings = SimulationConfig() if config is None else configure(config)
    return outcome_of(path, settings, already_finished=True)


def read_ensemble(database: str | Path = DEFAULT_ENSEMBLE) -> EnsembleResult:
    """Return what an ensemble came to, to look into its tables; nothing runs.

    Args:
        database: that `shardrun run --seeds` or :func:`run_ensemble` made, finished or not.

    Raises:
        DatabaseError: it holds no ensemble.
        DatabaseInUseError: another process is writing to it.
    """
    folder = RunFolder(Path(database).resolve())
    return EnsembleResult(folder, read_contents(folder.database))


def _under(root: Path, path: str | Path | None) -> Path | None:
    return None if path is None else root / path
