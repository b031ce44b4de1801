"""Several runs by one ``shardrun run``: scenarios side by side, and ensembles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shardrun.branching import BranchPoint
from shardrun.config import SimulationConfig
from shardrun.console.documents import Document, outcome_document
from shardrun.console.ensemble import ensemble_document, ensemble_view
from shardrun.console.members import show_members
from shardrun.console.terminal import Terminal
from shardrun.console.views import outcome_view
from shardrun.ensemble import EnsembleRequest, accept_ensemble, execute_ensemble
from shardrun.ensemble_records import read_ensemble
from shardrun.errors import InputError
from shardrun.executors import available_cores
from shardrun.member_pool import raise_for_failures
from shardrun.members import members_of
from shardrun.outcome import read_outcome
from shardrun.preflight import hold_database, hold_source
from shardrun.projects import import_shared_inputs
from shardrun.scenario_runs import ScenarioRuns, execute_scenarios
from shardrun.shard_sizing import WorkerShare, share_among_runs

DEFAULT_ENSEMBLE = Path("ensemble.duckdb")


@dataclass(frozen=True, slots=True)
class SeveralRuns:
    """What all of them are told.

    Attributes:
        configs: by scenario; empty for the configuration itself.
        branch: where each leaves another run.
        from_year: the first year that is run again although it is done.
        fresh: whether what is there is replaced.
        debug: one thread throughout, and the SQL in dbt's logs.
    """

    configs: Mapping[str, SimulationConfig]
    branch: BranchPoint | None
    from_year: int | None
    fresh: bool
    debug: bool

    def share(self, runs: int) -> WorkerShare:
        """Return what each of so many runs may use of the machine."""
        performance = next(iter(self.configs.values())).performance
        memory_mb = int(performance.memory_limit_gb * 1000)
        workers = performance.event_sharding.workers
        return share_among_runs(runs, workers, available_cores(), memory_mb)


def run_scenarios(terminal: Terminal, runs: SeveralRuns, database: Path | None) -> None:
    """Run scenarios side by side, each into a database of its own that has its name.

    Raises:
        InputError: one database is named for all of them; or what one run is refused for.
        MembersFailedError: one failed; the others have finished.
        RunInterruptedError: by a signal; the same command goes on.
    """
    if database is not None:
        own = ", ".join(f"{name}.duckdb" for name in runs.configs)
        raise InputError(f"--database: several scenarios go into databases of their own: {own}")
    scenarios = ScenarioRuns(
        configs=runs.configs,
        folder=Path.cwd(),
        import_inputs=lambda folder: import_shared_inputs(runs.configs, folder, terminal.remark),
        share=runs.share(len(runs.configs)),
        branch=runs.branch,
        from_year=runs.from_year,
        fresh=runs.fresh,
        debug=runs.debug,
    )
    with (
        hold_source(runs.branch, *map(scenarios.database, runs.configs)),
        show_members(terminal, len(runs.configs)) as listener,
    ):
        results = execute_scenarios(scenarios, listener)
    raise_for_failures(list(results.values()))
    documents: list[Document] = []
    for scenario, result in results.items():
        workflow = runs.configs[scenario].workflow
        outcome = read_outcome(
            scenarios.database(scenario), workflow.summary_model, workflow.checks_model
        )
        if terminal.json:
            document = outcome_document(outcome, already_finished=result.already_finished)
            documents.append({"scenario": scenario, **document})
        else:
            terminal.show_line(scenario)
            terminal.show(outcome_view(terminal, outcome))
    if terminal.json:
        terminal.show_document({"success": True, "runs": documents})


def run_ensemble(
    terminal: Terminal,
    runs: SeveralRuns,
    seeds: tuple[int, ...],
    database: Path | None,
    *,
    keep_members: bool,
) -> None:
    """Run every scenario with every seed, and show what they come to.

    Raises:
        InputError: years of an ensemble are to be run again; or what one run is refused for.
        MembersFailedError: a member failed; the others have finished.
        RunInterruptedError: by a signal; the same command goes on.
    """
    if runs.from_year is not None:
        raise InputError("--from-year runs years of one database again; an ensemble has many")
    database = (database or DEFAULT_ENSEMBLE).absolute()
    members = members_of(tuple(runs.configs), seeds)
    with hold_source(runs.branch, database), hold_database(database) as lock:
        if lock.dead is not None:
            terminal.remark(f"an earlier run has died: {lock.dead}; its ensemble is gone on with")
        accepted = accept_ensemble(
            EnsembleRequest(
                database=database,
                configs=runs.configs,
                members=members,
                import_inputs=lambda folder: import_shared_inputs(
                    runs.configs, folder, terminal.remark
                ),
                share=runs.share(len(members)),
                branch=runs.branch,
                fresh=runs.fresh,
                keep_members=keep_members,
                debug=runs.debug,
            )
        )
        before = len(members) - len(accepted.pending)
        if before:
            terminal.remark(f"{before} of {len(members)} members are done already")
        with show_members(terminal, len(accepted.pending)) as listener:
            results = execute_ensemble(accepted, listener)
        ensemble = read_ensemble(database)
    if not terminal.json:
        terminal.show(ensemble_view(ensemble, database))
    raise_for_failures(results)
    if terminal.json:
        terminal.show_document(ensemble_document(ensemble, database))
