"""Promises about the ledger: what was written is read back, and only a file of ours has one."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from shardrun.database.connection import ALIAS, open_database
from shardrun.database.ownership import check_ownership
from shardrun.database.run_folder import RunFolder
from shardrun.database.run_lock import hold_lock
from shardrun.errors import ProjectError
from shardrun.ledger.fingerprints import Fingerprints
from shardrun.ledger.ledger import Ledger
from shardrun.ledger.reader import read_ledger
from shardrun.ledger.records import LedgerContents, RunLimits, Status
from shardrun.resources import ResourceUsage
from shardrun.stages import WorkflowStage
from tests.support.held_database import held_by_another_process

FINGERPRINTS = Fingerprints({"random_seed": 2**64 - 1, "rate": "0.03"}, {"census": "abc"}, "def")

LIMITS = RunLimits(cores=2, memory_mb=8000, workers=1)

Cursor = Callable[[], duckdb.DuckDBPyConnection]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "it's a run.duckdb"


@pytest.fixture
def cursor(database: Path) -> Iterator[Cursor]:
    with duckdb.connect(database) as connection:
        yield connection.cursor


def begin(ledger: Ledger) -> str:
    return ledger.begin_run(2025, 2029, 2**64 - 1, {"dbt_threads": 6}, FINGERPRINTS, LIMITS)


def contents(cursor: Cursor, database: Path) -> LedgerContents:
    return read_ledger(cursor(), database.stem)


def test_a_run_and_its_steps_are_read_back_as_written(cursor: Cursor, database: Path) -> None:
    ledger = Ledger(cursor, database)
    run_id = begin(ledger)
    ledger.begin_step(WorkflowStage.FOUNDATION, 2025)
    ledger.end_step(
        WorkflowStage.FOUNDATION,
        2025,
        Status.FINISHED,
        seconds=1.5,
        rows=10,
        checks=3,
        checks_passed=2,
        resources=ResourceUsage(2.5, 10**9, None, 7),
    )
    ledger.begin_step(WorkflowStage.EVENT_GENERATION, 2025)
    ledger.end_step(WorkflowStage.EVENT_GENERATION, 2025, Status.FAILED, seconds=0.5)
    ledger.end_run(Status.FAILED, "a model broke")
    read = contents(cursor, database)
    (run,) = read.runs
    assert (run.run_id, run.status, run.error) == (run_id, Status.FAILED, "a model broke")
    assert (run.start_year, run.end_year, run.random_seed) == (2025, 2029, 2**64 - 1)
    assert run.fingerprints == FINGERPRINTS
    assert run.limits == LIMITS
    assert run.versions["duckdb"] == duckdb.__version__
    assert run.ended_at is not None
    assert run.started_at <= run.ended_at
    first, second = read.steps
    assert (first.seconds, first.rows, first.checks, first.checks_passed) == (1.5, 10, 3, 2)
    assert first.resources == ResourceUsage(2.5, 10**9, None, 7)
    assert (second.stage, second.year, second.status) == (
        WorkflowStage.EVENT_GENERATION,
        2025,
        Status.FAILED,
    )
    assert second.resources is None
    assert read.done == {(WorkflowStage.FOUNDATION, 2025)}


def test_a_ledger_of_before_resources_were_recorded_is_read_and_gone_on_with(
    cursor: Cursor, database: Path
) -> None:
    ledger = Ledger(cursor, database)
    begin(ledger)
    ledger.begin_step(WorkflowStage.FOUNDATION, 2025)
    ledger.end_step(WorkflowStage.FOUNDATION, 2025, Status.FINISHED, seconds=1.5)
    with cursor() as connection:
        connection.execute("alter table shardrun.runs drop limits")
        for column in ("cpu_seconds", "peak_memory", "read_bytes", "written_bytes"):
            connection.execute(f"alter table shardrun.steps drop {column}")
    read = contents(cursor, database)
    assert (read.runs[0].limits, read.steps[0].resources) == (None, None)
    assert read.done == {(WorkflowStage.FOUNDATION, 2025)}
    later = Ledger(cursor, database)
    begin(later)
    later.begin_step(WorkflowStage.VALIDATION, 2025)
    usage = ResourceUsage(0.5, 10**8, 1, 2)
    later.end_step(WorkflowStage.VALIDATION, 2025, Status.FINISHED, seconds=1.0, resources=usage)
    read = contents(cursor, database)
    assert [run.limits for run in read.runs] == [None, LIMITS]
    assert [step.resources for step in read.steps] == [None, usage]


def statuses(cursor: Cursor, database: Path) -> tuple[list[Status], list[Status]]:
    read = contents(cursor, database)
    return [run.status for run in read.runs], [step.status for step in read.steps]


def test_a_run_that_says_nothing_is_running_while_its_owner_lives_and_has_died_then(
    cursor: Cursor, database: Path
) -> None:
    lock = RunFolder(database).lock
    ledger = Ledger(cursor, database)
    with hold_lock(lock, database) as held:
        held.name_run(begin(ledger))
        ledger.begin_step(WorkflowStage.FOUNDATION, 2025)
        assert statuses(cursor, database) == ([Status.RUNNING], [Status.RUNNING])
    assert statuses(cursor, database) == ([Status.DIED], [Status.DIED])
    with hold_lock(lock, database) as held:  # by whom has not begun yet, or only looks at a shard
        assert statuses(cursor, database) == ([Status.DIED], [Status.DIED])
        with cursor() as connection:
            as_recorded = connection.execute("select status from shardrun.runs").fetchall()
        assert as_recorded == [("running",)]
        held.name_run(begin(Ledger(cursor, database)))
        assert statuses(cursor, database) == ([Status.DIED, Status.RUNNING], [Status.DIED])
        with cursor() as connection:
            as_recorded = connection.execute("select status from shardrun.runs").fetchall()
        assert as_recorded == [("died",), ("running",)]
    assert contents(cursor, database).done == frozenset()


def test_a_stopped_run_whose_file_is_taken_says_nothing_and_has_died(tmp_path: Path) -> None:
    database = tmp_path / "taken.duckdb"
    duckdb.connect(database).close()

    def opened() -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return open_database(database, read_only=False)

    ledger = Ledger(opened, database)
    with hold_lock(RunFolder(database).lock, database) as held:
        held.name_run(begin(ledger))
        with held_by_another_process(database, read_only=True):
            ledger.end_stopped_run()
    with open_database(database) as connection:
        [run] = read_ledger(connection, ALIAS).runs
    assert run.status is Status.DIED
    ledger.end_stopped_run()
    with open_database(database) as connection:
        [run] = read_ledger(connection, ALIAS).runs
    assert run.status is Status.INTERRUPTED


@pytest.mark.parametrize("status", [Status.INTERRUPTED, Status.FAILED])
def test_a_run_that_is_stopped_takes_its_step_with_it(
    cursor: Cursor, database: Path, status: Status
) -> None:
    ledger = Ledger(cursor, database)
    begin(ledger)
    ledger.begin_step(WorkflowStage.FOUNDATION, 2025)
    ledger.end_run(status)
    assert statuses(cursor, database) == ([status], [status])


def test_a_clock_that_is_set_back_does_not_make_an_old_run_the_last(
    cursor: Cursor, database: Path
) -> None:
    first = begin(Ledger(cursor, database))
    with cursor() as connection:
        connection.execute("update shardrun.runs set started_at = started_at + interval 1 year")
    second = begin(Ledger(cursor, database))
    assert [run.run_id for run in contents(cursor, database).runs] == [first, second]


def test_a_branch_goes_on_from_its_own_settings_whatever_the_clock_said(
    cursor: Cursor, database: Path
) -> None:
    source = begin(Ledger(cursor, database))
    with cursor() as connection:
        connection.execute("update shardrun.runs set started_at = started_at + interval 1 year")
    own, later = (replace(FINGERPRINTS, project=name) for name in ("own", "later"))
    ledger = Ledger(cursor, database)
    ledger.record_branch(database, source, 2027, own, [])
    assert contents(cursor, database).made_from == own
    ledger.begin_run(2025, 2029, 7, {}, later)
    assert contents(cursor, database).made_from == later


def test_a_ledger_names_the_storage_format(cursor: Cursor, database: Path) -> None:
    begin(Ledger(cursor, database))
    (run,) = contents(cursor, database).runs
    assert re.fullmatch(r"v\d+\.\d+\.\d+\+?", run.versions["storage"])


def test_a_file_with_a_ledger_is_ours(database: Path) -> None:
    with duckdb.connect(database) as connection:
        begin(Ledger(connection.cursor, database))
    check_ownership(database)
    with open_database(database) as connection:
        assert len(read_ledger(connection, "simulation").runs) == 1


def test_a_profile_that_opens_another_file_is_refused(cursor: Cursor, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="SHARDRUN_DATABASE"):
        Ledger(cursor, tmp_path / "other.duckdb")
