"""Several runs by one call, whose word is the command line's and the Python API's alike.

Owns who may be at work on which database while they go on. It must never tell anybody how they get
on but through the listener.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from shardrun.config.simulation import SimulationConfig
from shardrun.ensembles.ensemble import EnsembleRequest, accept_ensemble, execute_ensemble
from shardrun.ensembles.member_results import MemberListener, MemberResult
from shardrun.ensembles.members import members_of
from shardrun.ensembles.records import EnsembleContents, read_ensemble
from shardrun.ensembles.scenario_runs import ScenarioRuns, execute_scenarios
from shardrun.errors import InputError
from shardrun.pools.executors import available_cores
from shardrun.runs.branching import BranchPoint
from shardrun.runs.execution import Remark
from shardrun.runs.preflight import hold_database, hold_source
from shardrun.runs.projects import import_shared_inputs
from shardrun.sharding.sizing import RunShare, share_among_runs

DEFAULT_ENSEMBLE = Path("ensemble.duckdb")

MembersShown = Callable[[int], AbstractContextManager[MemberListener]]
"""Given how many runs there are to do, yields who is told of them as long as they go on."""


@dataclass(frozen=True, slots=True)
class SeveralRuns:
    """What all of them are told.

    Attributes:
        configs: by scenario; empty for the configuration itself.
        remark: is told what a person should know.
        branch: where each leaves another run.
        from_year: the first year that is run again although it is done.
        fresh: whether what is there is replaced.
        debug: one thread throughout, and the SQL in dbt's logs.
    """

    configs: Mapping[str, SimulationConfig]
    remark: Remark
    branch: BranchPoint | None = None
    from_year: int | None = None
    fresh: bool = False
    debug: bool = False

    def __post_init__(self) -> None:
        """Refuse none at all."""
        if not self.configs:
            raise InputError("scenarios: name at least one")

    def share(self, runs: int) -> RunShare:
        """Return what each of so many runs may use of the machine."""
        performance = next(iter(self.configs.values())).performance
        workers = performance.event_sharding.workers
        return share_among_runs(runs, workers, available_cores(), performance.memory_mb)

    def import_inputs(self, folder: Path) -> Mapping[str, Mapping[str, Path]]:
        """Check and import the inputs of all into a folder; see :func:`import_shared_inputs`."""
        return import_shared_inputs(self.configs, folder, self.remark)


def run_side_by_side(
    runs: SeveralRuns, folder: Path, shown: MembersShown
) -> Mapping[str, MemberResult]:
    """Run scenarios, each into a database of its own that has its name.

    Args:
        runs: what runs.
        folder: where the databases go.
        shown: tells of them.

    Returns:
        by scenario, what came of it; one that failed is a result too, and the others have finished.

    Raises:
        InputError: what one run is refused for.
        RunInterruptedError: by a signal; the same call goes on.
    """
    scenarios = ScenarioRuns(
        configs=runs.configs,
        folder=folder.absolute(),
        import_inputs=runs.import_inputs,
        share=runs.share(len(runs.configs)),
        branch=runs.branch,
        from_year=runs.from_year,
        fresh=runs.fresh,
        debug=runs.debug,
    )
    with (
        hold_source(runs.branch, *map(scenarios.database, runs.configs)),
        shown(len(runs.configs)) as listener,
    ):
        return execute_scenarios(scenarios, listener)


def run_members_of_ensemble(
    runs: SeveralRuns,
    seeds: tuple[int, ...],
    database: Path,
    shown: MembersShown,
    *,
    keep_members: bool,
) -> tuple[tuple[MemberResult, ...], EnsembleContents]:
    """Run every scenario with every seed, those that are not done.

    Args:
        runs: what runs.
        seeds: of each.
        database: of the ensemble.
        shown: tells of the members.
        keep_members: whether the members' own databases stay.

    Returns:
        what came of each member that ran, one that failed too, and what the ensemble holds now.

    Raises:
        InputError: years of an ensemble are to be run again; or what one run is refused for.
        RunInterruptedError: by a signal; the same call goes on.
    """
    if runs.from_year is not None:
        raise InputError("--from-year runs years of one database again; an ensemble has many")
    database = database.resolve()
    members = members_of(tuple(runs.configs), seeds)
    with hold_source(runs.branch, database), hold_database(database) as lock:
        if lock.dead is not None:
            runs.remark(f"an earlier run has died: {lock.dead}; its ensemble is gone on with")
        accepted = accept_ensemble(
            EnsembleRequest(
                database=database,
                configs=runs.configs,
                members=members,
                import_inputs=runs.import_inputs,
                share=runs.share(len(members)),
                branch=runs.branch,
                fresh=runs.fresh,
                keep_members=keep_members,
                debug=runs.debug,
            )
        )
        before = len(members) - len(accepted.pending)
        if before:
            runs.remark(f"{before} of {len(members)} members are done already")
        with shown(len(accepted.pending)) as listener:
            results = execute_ensemble(accepted, listener)
        return results, read_ensemble(database)
