"""Promises about what is read from a run's database once it is over."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from shardrun.ledger.fingerprints import Fingerprints
from shardrun.ledger.ledger import Ledger
from shardrun.ledger.records import Status
from shardrun.runs.outcome import read_outcome
from shardrun.stages import WorkflowStage


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A run that failed once in 2026 and was finished by a second."""
    path = tmp_path / "run.duckdb"
    with duckdb.connect(path) as connection:
        for year, status in (
            (2025, Status.FINISHED),
            (2026, Status.FAILED),
            (2026, Status.FINISHED),
        ):
            if (year, status) != (2026, Status.FAILED):
                ledger = Ledger(connection.cursor, path)
                ledger.begin_run(2025, 2026, 42, {"dbt_threads": 1}, Fingerprints({}, {}, "p"))
            ledger.begin_step(WorkflowStage.VALIDATION, year)
            ledger.end_step(
                WorkflowStage.VALIDATION,
                year,
                status,
                seconds=2.0,
                rows=5,
                checks=3,
                checks_passed=3,
            )
        ledger.end_run(Status.FINISHED)
        connection.execute(
            "create table summary as from (values (2026, 1.50), (2025, 1.25)) t(year, rate)"
        )
        connection.execute(
            "create table found as from (values ('a', 0), ('b', 0), ('c', 7)) "
            "t(check_name, contradictions)"
        )
    return path


def test_finished_steps_of_all_runs_count_and_failed_ones_do_not(database: Path) -> None:
    outcome = read_outcome(database)
    assert [(step.year, step.status) for step in outcome.steps] == [
        (2025, Status.FINISHED),
        (2026, Status.FINISHED),
    ]
    assert outcome.seconds == 4.0
    assert [(stage.stage, stage.rows) for stage in outcome.stages] == [
        (WorkflowStage.VALIDATION, 10)
    ]
    assert outcome.run.status is Status.FINISHED


def test_the_summary_is_in_the_order_of_its_first_column(database: Path) -> None:
    summary = read_outcome(database, summary_model="summary").summary
    assert summary is not None
    assert summary.columns == ("year", "rate")
    assert summary.rows == ((2025, Decimal("1.25")), (2026, Decimal("1.50")))


def test_a_summary_that_no_model_made_is_left_out(database: Path) -> None:
    assert read_outcome(database, summary_model="nothing").summary is None


def test_checks_are_the_projects_own_where_it_has_them_else_dbt_tests(database: Path) -> None:
    own = read_outcome(database, checks_model="found")
    assert (own.checks_passed, own.checks) == (2, 3)
    tests = read_outcome(database, checks_model="nothing")
    assert (tests.checks_passed, tests.checks) == (6, 6)
