"""Everything that is checked before a run writes into a database, and what the run then starts on.

A refusal here leaves the database byte for byte as it was, and the run folder too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shardrun.config.dbt_project import read_project
from shardrun.config.periods import periods
from shardrun.config.simulation import SimulationConfig
from shardrun.database.connection import ALIAS, open_database
from shardrun.database.file_digest import digest_parquet
from shardrun.database.ownership import check_ownership, check_writable, holds_nothing
from shardrun.database.run_folder import RunFolder
from shardrun.database.run_lock import HeldLock, hold_lock
from shardrun.errors import InputError
from shardrun.ledger.fingerprints import Fingerprints, config_settings, project_fingerprint
from shardrun.ledger.reader import read_ledger
from shardrun.ledger.records import LedgerContents, Status
from shardrun.pipeline.plan import Step, build_plan
from shardrun.runs.branching import (
    BranchPoint,
    check_apart,
    check_branchable,
    is_of,
    read_source,
    taken_over,
)
from shardrun.sharding.settings import Sharding, plan_sharding, require_event_table
from shardrun.stages import WorkflowStage

NO_LEDGER = LedgerContents((), ())

InputImporter = Callable[[Path], None]
"""Checks an input of the project and writes its canonical form, Parquet, to the path given."""


@dataclass(frozen=True, slots=True)
class AcceptedRun:
    """A run that nothing stands against; its inputs wait in the run folder.

    Attributes:
        config: stages, threads, years.
        folder: the run folder, and through it the database.
        inputs: names of the project's inputs.
        fingerprints: what the result follows from.
        sharding: how event generation is split; None where it is not.
        plan: every step, in order.
        done: stages and years that the database already holds.
        took: the seconds that steps took in earlier runs, those that run again too.
        replaces: whether a database of ours must make way first.
        from_year: the year from which on the database must be emptied first, if any.
        branch: the state of another run that the database must be made of first, if any.
        ended: whether the last run of the database has said that it came to its end.
    """

    config: SimulationConfig
    folder: RunFolder
    inputs: tuple[str, ...]
    fingerprints: Fingerprints
    sharding: Sharding | None
    plan: tuple[Step, ...]
    done: frozenset[tuple[WorkflowStage, int]]
    took: Mapping[tuple[WorkflowStage, int], float]
    replaces: bool
    from_year: int | None = None
    branch: BranchPoint | None = None
    ended: bool = False

    @property
    def finished(self) -> bool:
        """Whether the database already holds every step."""
        return all((step.stage, step.year) in self.done for step in self.plan)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do; a run may have died after its last step, too."""
        return self.finished and self.ended


@contextmanager
def hold_database(database: Path) -> Iterator[HeldLock]:
    """Keep every other run away from a database, whether it is open or not.

    Yields:
        its lock.

    Raises:
        DatabaseInUseError: another run is at work on it.
        DatabaseError: it can't be written there.
    """
    database = database.resolve()
    check_writable(database)
    with hold_lock(RunFolder(database).lock, database) as lock:
        yield lock


@contextmanager
def hold_source(branch: BranchPoint | None, *databases: Path) -> Iterator[None]:
    """Keep every run away from the database that others branch from, if they do.

    Where its folder can't be written, no run of ours can be at work there.

    Args:
        branch: where they leave it; None holds nothing.
        databases: of those that branch.

    Raises:
        InputError: one of them is the source itself.
        DatabaseInUseError: a run is at work on it.
    """
    if branch is None:
        yield
        return
    for database in databases:
        check_apart(branch, database)
    source = branch.source.resolve()
    if not os.access(source.parent, os.W_OK | os.X_OK):
        yield
        return
    with hold_lock(RunFolder(source).lock, source):
        yield


def accept_run(
    config: SimulationConfig,
    database: Path,
    importers: Mapping[str, InputImporter],
    *,
    fresh: bool = False,
    from_year: int | None = None,
    branch: BranchPoint | None = None,
) -> AcceptedRun:
    """Check that a run can start, or go on, on ``database``.

    Args:
        config: what to run.
        database: where to; need not exist.
        importers: by the name of an input, what checks and imports it.
        fresh: whether a database of ours there is replaced rather than gone on with.
        from_year: the first year that is run again although it is done.
        branch: where the run leaves another one, whose years before it takes.

    Raises:
        InputError: something does not fit: a path, an input, or what changed since the database
            was made.
        ProjectError: there is no dbt project.
        DatabaseError: the database is not one of ours.
        DatabaseInUseError: another process is writing to it.
    """
    if config.performance.event_sharding.enabled:
        require_event_table(config)
    database = database.resolve()
    _check_from_year(config, from_year, fresh=fresh)
    source = read_source(branch, config, database) if branch else NO_LEDGER
    project = read_project(config.project.project_dir)
    check_writable(database)
    folder = RunFolder(database)
    folder.restore_database()
    ledger = NO_LEDGER
    if database.exists() and not holds_nothing(database):
        check_ownership(database)
        if not fresh:
            with open_database(database) as connection:
                ledger = read_ledger(connection, ALIAS)
            if branch and not is_of(ledger, branch, source):
                raise InputError(
                    f"--branch-from: {database} is there already, and no branch of "
                    f"{branch.source} from {branch.year} on. Run with --fresh to replace it, or "
                    "name another file with --database."
                )
            _check_own_years(ledger, database, from_year)
    folder.create()
    try:
        inputs = {
            name: import_input(folder.incoming_input(name), importer)
            for name, importer in importers.items()
        }
        fingerprints = Fingerprints(
            config=config_settings(config),
            inputs={name: digest for name, (_, digest) in inputs.items()},
            project=project_fingerprint(project),
        )
        new_branch = branch if branch and not ledger.runs else None
        if new_branch:
            check_branchable(new_branch, source, config, fingerprints)
        else:
            _check_continuable(config, database, ledger, fingerprints)
        entities = max((rows for rows, _ in inputs.values()), default=None)
        sharding = plan_sharding(config, entities)
    except BaseException:
        folder.discard()
        raise
    years = config.simulation
    accepted = AcceptedRun(
        config=config,
        folder=folder,
        inputs=tuple(importers),
        fingerprints=fingerprints,
        sharding=sharding,
        plan=build_plan(config, years.start_year, years.end_year),
        done=taken_over(new_branch, source, config)
        if new_branch
        else frozenset(
            (stage, year) for stage, year in ledger.done if from_year is None or year < from_year
        ),
        took=(source if new_branch else ledger).took,
        replaces=fresh and database.exists(),
        from_year=from_year,
        branch=new_branch,
        ended=bool(ledger.runs) and ledger.runs[-1].status is Status.FINISHED,
    )
    if accepted.is_over:
        folder.discard()
    return accepted


def import_input(file: Path, importer: InputImporter) -> tuple[int, str]:
    """Import an input to ``file`` and return the number of its rows, and their digest."""
    importer(file)
    return digest_parquet(file)


def _check_own_years(ledger: LedgerContents, database: Path, from_year: int | None) -> None:
    """Refuse to run years of another run anew: they were made from other settings."""
    if from_year is None or not ledger.branches:
        return
    branched = ledger.branches[-1]
    if from_year < branched.year:
        raise InputError(
            f"--from-year: {from_year} is not {database}'s own: {branched}, made from its "
            f"settings. Give {branched.year} or later, or run {branched.source} from "
            f"{from_year} on and branch from it anew."
        )


def _check_from_year(config: SimulationConfig, from_year: int | None, *, fresh: bool) -> None:
    years = config.simulation
    if from_year is None:
        return
    if fresh:
        raise InputError("--from-year goes on with a database, --fresh replaces it; give one")
    if from_year not in periods(years.period, years.start_year, years.end_year):
        raise InputError(
            f"--from-year: {from_year} is not one of the {years.period}s {years.start_year} to "
            f"{years.end_year}"
        )


def _check_continuable(
    config: SimulationConfig, database: Path, ledger: LedgerContents, now: Fingerprints
) -> None:
    """Refuse to go on with a database that was made from something else.

    Raises:
        InputError: naming all that differs.
    """
    earlier = ledger.made_from
    changes = now.changes_since(earlier) if earlier else []
    last_year = max((year for _, year in ledger.done), default=config.simulation.end_year)
    if last_year > config.simulation.end_year:
        changes.append(f"end_year: {last_year} -> {config.simulation.end_year}")
    if changes:
        listing = "\n".join(f"  {change}" for change in changes)
        raise InputError(
            f"{database} was made from something else than this run would be:\n{listing}\n"
            "Run with --fresh to replace it, or name another file with --database."
        )
