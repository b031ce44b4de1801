"""Promises about where two databases part, and what is behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from shardrun.database.digest import digest_database
from shardrun.diff.databases import DatabaseDiff, compare_databases
from shardrun.diff.origins import OriginKind
from shardrun.errors import DatabaseError, InputError
from shardrun.ledger.fingerprints import Fingerprints
from shardrun.ledger.ledger import Ledger
from shardrun.ledger.records import Status
from shardrun.stages import WorkflowStage

MADE_FROM = Fingerprints(
    {"rate": "0.03", "workflow.stages.reporting.when": "end"}, {"census": "c0"}, "p0"
)
WRITTEN = {
    WorkflowStage.INITIALIZATION: ["words"],
    WorkflowStage.FOUNDATION: ["plan"],
    WorkflowStage.EVENT_GENERATION: ["events"],
    WorkflowStage.REPORTING: ["a_report"],
}
TABLES = (
    "create table words as from (values (1, 'one'), (2, 'two')) t(number, word)",
    "create table plan as select 2025 + range as simulation_year, 10 as hires from range(3)",
    "create table events as select 2025 + y.range as simulation_year, 'E' || e.range as id, "
    "100.25 as pay from range(3) y, range(5) e",
    "create table a_report as select 2025 + range as simulation_year, 9 as total from range(3)",
    "create table unheard_of as select 2025 + range as simulation_year, 1 as one from range(3)",
)


def make(
    path: Path,
    changes: Sequence[str] = (),
    made_from: Fingerprints = MADE_FROM,
    threads: int = 6,
) -> Path:
    """Make a database as a run leaves it, then change it."""
    with duckdb.connect(path) as connection:
        ledger = Ledger(connection.cursor, path)
        ledger.begin_run(2025, 2027, 42, {"dbt_threads": threads}, made_from)
        for stage, tables in WRITTEN.items():
            ledger.begin_step(stage, 2025)
            written = [("main", table) for table in tables]
            ledger.end_step(stage, 2025, Status.FINISHED, seconds=1.0, written=written)
        ledger.end_run(Status.FINISHED)
        for statement in (*TABLES, *changes):
            connection.execute(statement)
    return path


def compare(tmp_path: Path, *changes: str) -> DatabaseDiff:
    return compare_databases(
        make(tmp_path / "a.duckdb"), make(tmp_path / "b.duckdb", changes=changes)
    )


def test_equal_databases_are_equal_whatever_their_threads(tmp_path: Path) -> None:
    diff = compare_databases(make(tmp_path / "a.duckdb"), make(tmp_path / "b.duckdb", threads=1))
    assert diff.equal
    assert diff.equal_tables == 5
    ((threads),) = diff.origins
    assert (threads.kind, threads.a, threads.b) == (OriginKind.THREADING, "6", "1")
    assert not diff.explained


def test_the_first_difference_is_of_the_first_year_then_of_the_first_stage(tmp_path: Path) -> None:
    diff = compare(
        tmp_path,
        "update plan set hires = 11 where simulation_year = 2027",
        "update events set pay = 99.25 where simulation_year >= 2026 and id = 'E3'",
        "update a_report set total = 0 where simulation_year = 2025",
        "update unheard_of set one = 0 where simulation_year = 2026",
    )
    assert [table.table for table in diff.tables] == ["events", "unheard_of", "plan", "a_report"]
    assert [table.stage for table in diff.tables] == [
        WorkflowStage.EVENT_GENERATION,
        None,
        WorkflowStage.FOUNDATION,
        WorkflowStage.REPORTING,
    ]
    first = diff.tables[0].first
    assert first is not None
    assert first.key == {"simulation_year": "2026", "id": "E3"}
    assert (first.column, first.a, first.b) == ("pay", "100.25", "99.25")
    assert diff.tables[0].rows.changed == 2
    assert diff.equal_tables == 1


def test_a_difference_in_a_table_without_years_comes_before_all_years(tmp_path: Path) -> None:
    diff = compare(
        tmp_path,
        "update plan set hires = 11",
        "insert into words values (3, 'three')",
    )
    assert [table.table for table in diff.tables] == ["words", "plan"]
    assert diff.tables[0].rows.only_in_b == 1


@pytest.mark.parametrize(
    ("change", "in_b", "columns_in_a", "columns_in_b", "reordered"),
    [
        ("drop table words", False, {}, {}, False),
        ("alter table words drop column word", True, {"word": "VARCHAR"}, {}, False),
        (
            "alter table words alter number type bigint",
            True,
            {"number": "INTEGER"},
            {"number": "BIGINT"},
            False,
        ),
        ("create or replace table words as select word, number from words", True, {}, {}, True),
    ],
    ids=["table", "column", "type", "order"],
)
def test_another_shape_is_a_difference(
    tmp_path: Path,
    change: str,
    in_b: bool,
    columns_in_a: dict[str, str],
    columns_in_b: dict[str, str],
    reordered: bool,
) -> None:
    (table,) = compare(tmp_path, change).tables
    assert table.in_a
    assert table.in_b is in_b
    assert table.columns_in_a == columns_in_a
    assert table.columns_in_b == columns_in_b
    assert table.reordered is reordered
    assert table.first is None


@pytest.mark.parametrize(
    ("other", "kind", "name"),
    [
        (replace(MADE_FROM, inputs={"census": "c1"}), OriginKind.INPUTS, "census"),
        (replace(MADE_FROM, config={**MADE_FROM.config, "rate": "0.04"}), "config", "rate"),
        (replace(MADE_FROM, project="p1"), OriginKind.PROJECT, "project"),
    ],
    ids=["inputs", "config", "project"],
)
def test_what_is_behind_a_difference_is_named(
    tmp_path: Path, other: Fingerprints, kind: OriginKind, name: str
) -> None:
    change = ["update plan set hires = 11"]
    diff = compare_databases(
        make(tmp_path / "a.duckdb"), make(tmp_path / "b.duckdb", change, made_from=other)
    )
    ((origin),) = diff.origins
    assert (origin.kind, origin.name) == (kind, name)
    assert diff.explained


def test_tables_differ_if_and_only_if_their_digests_do(tmp_path: Path) -> None:
    diff = compare(tmp_path, "update events set id = 'E9' where id = 'E3'", "drop table words")
    digests = [
        {(table.table, table.digest) for table in digest_database(path).tables}
        for path in (diff.a, diff.b)
    ]
    assert {table.table for table in diff.tables} == {
        table for table, _ in digests[0].symmetric_difference(digests[1])
    }


def test_a_database_of_before_tables_were_recorded_is_compared_without_stages(
    tmp_path: Path,
) -> None:
    old = ["drop table shardrun.written_tables"]
    diff = compare_databases(
        make(tmp_path / "a.duckdb", old),
        make(tmp_path / "b.duckdb", [*old, "update plan set hires = 11"]),
    )
    assert [(table.table, table.stage) for table in diff.tables] == [("plan", None)]


def test_one_file_given_twice_and_a_strangers_file_are_refused(tmp_path: Path) -> None:
    ours = make(tmp_path / "a.duckdb")
    (tmp_path / "link.duckdb").symlink_to(ours)
    with pytest.raises(InputError, match="one file"):
        compare_databases(ours, tmp_path / "link.duckdb")
    with duckdb.connect(tmp_path / "stranger.duckdb") as connection:
        connection.execute("create table words as select 1 as number")
    with pytest.raises(DatabaseError, match="did not make"):
        compare_databases(ours, tmp_path / "stranger.duckdb")
