"""A run that starts from the state of another one at the end of a year: a branch.

Owns what a branch may change and how it comes to be. Every year before the branch is the other
run's, row by row; every stage of the years from then on, and those that belong to no year, run
with the branch's own settings on that state. The other database is only read.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from shardrun.config.periods import periods
from shardrun.config.simulation import SimulationConfig
from shardrun.database.connection import ALIAS, open_database, write_ahead_log
from shardrun.database.ownership import check_ownership
from shardrun.database.run_folder import RunFolder
from shardrun.errors import InputError
from shardrun.ledger.fingerprints import Fingerprints
from shardrun.ledger.ledger import Ledger
from shardrun.ledger.reader import read_ledger
from shardrun.ledger.records import LedgerContents
from shardrun.ledger.rewind import rewind
from shardrun.pipeline.plan import build_plan
from shardrun.stages import WorkflowStage


@dataclass(frozen=True, slots=True)
class BranchPoint:
    """Where a branch leaves another run.

    Attributes:
        source: the database of the other run.
        year: the first year of the branch's own.
    """

    source: Path
    year: int


def branch_point(
    source: Path | None, year: int | None, from_year: int | None = None
) -> BranchPoint | None:
    """Return where a branch is asked for, if it is.

    Args:
        source: what --branch-from gives.
        year: what --year gives.
        from_year: what --from-year gives.

    Raises:
        InputError: one of the first two is given without the other, or all three.
    """
    if source is None and year is None:
        return None
    if source is None or year is None:
        raise InputError(
            "--branch-from and --year belong together: the database whose years are taken over, "
            "and the first year that is not"
        )
    if from_year is not None:
        raise InputError(
            "--from-year runs years of a database again, --branch-from begins another; give one"
        )
    return BranchPoint(source.resolve(), year)


def check_apart(branch: BranchPoint, database: Path) -> None:
    """Refuse a branch into the database that it leaves.

    Raises:
        InputError: both are one file.
    """
    if database.exists() and branch.source.exists() and database.samefile(branch.source):
        raise InputError(
            f"--branch-from: {database} can't branch from itself; name another file with --database"
        )


def read_source(branch: BranchPoint, config: SimulationConfig, database: Path) -> LedgerContents:
    """Return the ledger of the run that is branched from.

    Args:
        branch: where.
        config: of the branch.
        database: of the branch.

    Raises:
        InputError: the year is not one that the branch could begin with, or not reached there.
        DatabaseError: the source is none of ours.
        DatabaseInUseError: another process is writing to it.
    """
    years = config.simulation
    simulated = periods(years.period, years.start_year, years.end_year)
    if branch.year not in simulated[1:]:
        raise InputError(
            f"--year: a branch can't begin with {branch.year}; the run has the {years.period}s "
            f"{years.start_year} to {years.end_year}, and the first comes from no other run"
        )
    last = simulated[simulated.index(branch.year) - 1]
    check_ownership(branch.source)
    check_apart(branch, database)
    with open_database(branch.source) as connection:
        source = read_ledger(connection, ALIAS)
    before = build_plan(config, years.start_year, last)
    yearly = [step for step in before if config.workflow.stages[step.stage].when == "every_year"]
    missing = [step for step in yearly if (step.stage, step.year) not in source.done]
    if missing:
        raise InputError(
            f"--branch-from: {branch.source} has not come to the end of {last}: "
            f"{missing[0].stage} of {missing[0].year} is not done there. Run it that far first."
        )
    return source


def check_branchable(
    branch: BranchPoint, source: LedgerContents, config: SimulationConfig, now: Fingerprints
) -> None:
    """Refuse to change what years already over were made from.

    Args:
        branch: where.
        source: the ledger there.
        config: of the branch.
        now: what the branch is made from.

    Raises:
        InputError: naming all that differs and must not.
    """
    earlier = source.runs[-1].fingerprints
    free = config.dbt_vars().keys() - config.first_year_vars()
    fixed = Fingerprints(
        {key: value for key, value in now.config.items() if key not in free},
        now.inputs,
        now.project,
    )
    changes = fixed.changes_since(
        Fingerprints(
            {key: value for key, value in earlier.config.items() if key not in free},
            earlier.inputs,
            earlier.project,
        )
    )
    if changes:
        listing = "\n".join(f"  {change}" for change in changes)
        raise InputError(
            f"a branch of {branch.source} can't change what its years before {branch.year} were "
            f"made from:\n{listing}\nRun it as a scenario from the first year instead."
        )


def first_year_stages(config: SimulationConfig) -> frozenset[WorkflowStage]:
    """Return the stages whose tables belong to no year, and that a branch runs again."""
    return frozenset(
        stage for stage, each in config.workflow.stages.items() if each.when == "first_year"
    )


def taken_over(
    branch: BranchPoint, source: LedgerContents, config: SimulationConfig
) -> frozenset[tuple[WorkflowStage, int]]:
    """Return the stages and years that a new branch need not run, since the other run has."""
    anew = first_year_stages(config)
    return frozenset(
        (stage, year) for stage, year in source.done if year < branch.year and stage not in anew
    )


def is_of(ledger: LedgerContents, branch: BranchPoint, source: LedgerContents) -> bool:
    """Return whether a database is the branch asked for, begun earlier."""
    if not ledger.branches:
        return False
    last = ledger.branches[-1]
    return last.year == branch.year and any(run.run_id == last.source_run_id for run in source.runs)


def create_branch(
    branch: BranchPoint, folder: RunFolder, config: SimulationConfig, fingerprints: Fingerprints
) -> None:
    """Make the database of a branch, whole or not at all.

    Args:
        branch: where; its source must be at rest as long as this lasts.
        folder: of the branch, which has no database.
        config: of the branch.
        fingerprints: what it is made from.

    Raises:
        DatabaseInUseError: another process is writing to the source.
    """
    folder.discard_branching()
    copy = folder.branching_database
    # whoever has it open READ_ONLY keeps writers out, on every platform that locks files
    with open_database(branch.source) as connection:
        source = read_ledger(connection, ALIAS)
        shutil.copyfile(branch.source, copy)
        if write_ahead_log(branch.source).exists():
            shutil.copyfile(write_ahead_log(branch.source), write_ahead_log(copy))
    with open_database(copy, read_only=False) as connection:
        ledger = Ledger(connection.cursor, copy)
        rewind(connection, ledger, copy, config.simulation.period_column, branch.year)
        ledger.record_branch(
            branch.source.resolve(),
            source.runs[-1].run_id,
            branch.year,
            fingerprints,
            sorted(first_year_stages(config)),
        )
    folder.accept_branch()
