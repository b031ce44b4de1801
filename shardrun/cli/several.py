"""Several runs by one ``shardrun run``: what a person sees of scenarios and of ensembles."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from shardrun.console.documents import Document, outcome_document
from shardrun.console.ensemble import ensemble_document, ensemble_view
from shardrun.console.members import show_members
from shardrun.console.terminal import Terminal
from shardrun.console.views import outcome_view
from shardrun.ensembles.member_pool import raise_for_failures
from shardrun.ensembles.several_runs import SeveralRuns, run_members_of_ensemble, run_side_by_side
from shardrun.errors import InputError
from shardrun.runs.execution import database_of, outcome_of


def run_scenarios(terminal: Terminal, runs: SeveralRuns, database: Path | None) -> None:
    """Run scenarios side by side, each into a database of its own that has its name.

    Raises:
        InputError: one database is named for all of them; or what one run is refused for.
        MembersFailedError: one failed; the others have finished.
        RunInterruptedError: by a signal; the same command goes on.
    """
    if database is not None:
        own = ", ".join(str(database_of(name)) for name in runs.configs)
        raise InputError(f"--database: several scenarios go into databases of their own: {own}")
    results = run_side_by_side(runs, Path.cwd(), partial(show_members, terminal))
    raise_for_failures(list(results.values()))
    documents: list[Document] = []
    for scenario, ended in results.items():
        result = outcome_of(
            database_of(scenario), runs.configs[scenario], already_finished=ended.already_finished
        )
        if terminal.json:
            document = outcome_document(result.outcome, already_finished=result.already_finished)
            documents.append({"scenario": scenario, **document})
        else:
            terminal.show_line(scenario)
            terminal.show(outcome_view(terminal, result.outcome))
    if terminal.json:
        terminal.show_document({"success": True, "runs": documents})


def run_ensemble(
    terminal: Terminal,
    runs: SeveralRuns,
    seeds: tuple[int, ...],
    database: Path,
    *,
    keep_members: bool,
) -> None:
    """Run every scenario with every seed, and show what they come to.

    Raises:
        InputError: years of an ensemble are to be run again; or what one run is refused for.
        MembersFailedError: a member failed; the others have finished.
        RunInterruptedError: by a signal; the same command goes on.
    """
    results, ensemble = run_members_of_ensemble(
        runs, seeds, database, partial(show_members, terminal), keep_members=keep_members
    )
    if not terminal.json:
        terminal.show(ensemble_view(ensemble, database.resolve()))
    raise_for_failures(results)
    if terminal.json:
        terminal.show_document(ensemble_document(ensemble, database.resolve()))
