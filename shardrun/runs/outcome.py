"""What a run's database shows when it is over.

Read from the database alone, so that a run that has just ended, one that was resumed, and one that
finished last week look alike. It must never open the database for writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from shardrun.database.connection import ALIAS, open_database, qualified
from shardrun.database.run_folder import RunFolder
from shardrun.ledger.reader import read_ledger
from shardrun.ledger.records import RunRecord, ShardRecord, Status, StepRecord
from shardrun.resources import ResourceUsage, total_usage
from shardrun.runs.resource_advice import advise
from shardrun.stages import WorkflowStage

Cell = str | int | float | Decimal | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class SummaryTable:
    """The project's own summary of a run.

    Attributes:
        columns: their names.
        rows: in the order of the first column.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class StageFigures:
    """One stage over all years.

    Attributes:
        stage: which.
        seconds: summed.
        rows: what the tables that its models write hold for its years, summed.
        resources: what its years took of the machine, if the ledger knows it of all of them.
    """

    stage: WorkflowStage
    seconds: float
    rows: int
    resources: ResourceUsage | None = None


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The last run of a database, and what all its runs together have done.

    Attributes:
        folder: the run folder, and through it the database.
        run: the last run.
        steps: the finished steps of all runs, in order.
        shards: those that steps ran in, of all runs.
        summary: the project's summary table, if the config names one that is there.
        checks: how many checks there were, of the project's own table of checks if the config names
            one that is there, else dbt tests.
        checks_passed: how many of them nothing contradicts.
    """

    folder: RunFolder
    run: RunRecord
    steps: tuple[StepRecord, ...]
    shards: tuple[ShardRecord, ...]
    summary: SummaryTable | None
    checks: int
    checks_passed: int

    @property
    def seconds(self) -> float:
        """What all finished steps took together."""
        return sum(step.seconds or 0.0 for step in self.steps)

    @property
    def advice(self) -> tuple[str, ...]:
        """What could be done about the resources of the last run's steps."""
        return advise([self.run], self.steps)

    @property
    def stages(self) -> tuple[StageFigures, ...]:
        """The figures of each stage that ran, in the order of a year."""
        return tuple(
            StageFigures(
                stage,
                sum(step.seconds or 0.0 for step in steps),
                sum(step.rows or 0 for step in steps),
                total_usage(step.resources for step in steps),
            )
            for stage in WorkflowStage
            if (steps := [step for step in self.steps if step.stage is stage])
        )


def read_outcome(
    database: Path, summary_model: str | None = None, checks_model: str | None = None
) -> RunOutcome:
    """Read what a database of ours shows.

    Args:
        database: at least one run must have begun on it.
        summary_model: the table with a row for each year, if the project has one.
        checks_model: the table with a row for each year and check, if the project has one.

    Raises:
        DatabaseError: it can't be opened.
        DatabaseInUseError: another process is writing to it.
    """
    with open_database(database) as connection:
        ledger = read_ledger(connection, ALIAS)
        steps = tuple(step for step in ledger.steps if step.status is Status.FINISHED)
        summary = _relation(connection, summary_model)
        checks = _relation(connection, checks_model)
        total, passed = _count_checks(connection, checks) if checks else _count_tests(steps)
        return RunOutcome(
            folder=RunFolder(database.resolve()),
            run=ledger.runs[-1],
            steps=steps,
            shards=ledger.shards,
            summary=_read_summary(connection, summary) if summary else None,
            checks=total,
            checks_passed=passed,
        )


def _relation(connection: duckdb.DuckDBPyConnection, model: str | None) -> str | None:
    """Return the quoted name of what a model made, if there is a model and it made something."""
    found = connection.execute(
        "select table_schema from information_schema.tables "
        "where table_catalog = ? and table_name = ? order by table_schema",
        [ALIAS, model],
    ).fetchone()
    return qualified(ALIAS, found[0], model) if found and model else None


def _read_summary(connection: duckdb.DuckDBPyConnection, relation: str) -> SummaryTable:
    rows = connection.execute(f"select * from {relation} order by 1").fetchall()
    columns = tuple(str(column[0]) for column in connection.description or ())
    return SummaryTable(columns, tuple(tuple(row) for row in rows))


def _count_checks(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[int, int]:
    counted = connection.execute(
        f"select count(*), count(*) filter (contradictions = 0) from {relation}"
    ).fetchone()
    return counted or (0, 0)


def _count_tests(steps: Sequence[StepRecord]) -> tuple[int, int]:
    return (
        sum(step.checks or 0 for step in steps),
        sum(step.checks_passed or 0 for step in steps),
    )
