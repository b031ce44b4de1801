"""Promises about database files: whose they are, who holds them, what a refusal leaves."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from shardrun.database.connection import DatabaseLimits, catalog_of, count_rows, open_database
from shardrun.database.ownership import check_ownership, check_writable, claim_database
from shardrun.errors import DatabaseError, DatabaseInUseError
from tests.support.held_database import held_by_another_process


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    path = tmp_path / "it's ours.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create schema shardrun; create table shardrun.runs (run_id varchar)")
        connection.execute("create table people as select range as id from range(10)")
    return path


def test_a_database_is_attached_under_one_name_whatever_its_file_is_called(ours: Path) -> None:
    with open_database(ours) as connection:
        assert connection.execute("select count(*) from simulation.main.people").fetchall() == [
            (10,)
        ]
        assert catalog_of(connection, ours) == "simulation"
        assert catalog_of(connection, ours.with_name("other.duckdb")) is None


def test_limits_are_kept_to(ours: Path, tmp_path: Path) -> None:
    limits = DatabaseLimits(threads=1, memory_mb=500, temp_directory=tmp_path / "spill")
    with open_database(ours, limits=limits) as connection:
        assert connection.execute(
            "select current_setting('threads'), current_setting('memory_limit'), "
            "current_setting('temp_directory')"
        ).fetchall() == [(1, "476.8 MiB", str(tmp_path / "spill"))]


def test_rows_are_counted_for_a_year_where_there_are_years(ours: Path) -> None:
    with open_database(ours, read_only=False) as connection:
        connection.execute(
            "create table yearly as select 2025 + range % 3 as simulation_year from range(10)"
        )
        assert count_rows(connection, "simulation.main.yearly", ("simulation_year", 2025)) == 4
        assert count_rows(connection, "simulation.main.yearly") == 10
        assert count_rows(connection, "simulation.main.people", ("simulation_year", 2025)) == 10


def test_a_database_of_ours_passes_and_stays_as_it_is(ours: Path) -> None:
    before = ours.read_bytes()
    check_ownership(ours)
    claim_database(ours)
    assert ours.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "there is nothing in "),
        (b"PK\x03\x04 a spreadsheet" * 500, "not a DuckDB database"),
        (b"SQLite format 3\0" + bytes(4080), "not a DuckDB database"),
    ],
    ids=["empty", "spreadsheet", "sqlite"],
)
def test_a_file_that_is_no_duckdb_database_is_refused_and_left_alone(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "simulation.duckdb"
    path.write_bytes(content)
    with pytest.raises(DatabaseError, match=said):
        check_ownership(path)
    assert path.read_bytes() == content


def test_a_damaged_database_is_refused_with_what_duckdb_says(ours: Path) -> None:
    damaged = ours.read_bytes()[:5000]
    ours.write_bytes(damaged)
    with pytest.raises(DatabaseError, match="DuckDB says"):
        check_ownership(ours)
    assert ours.read_bytes() == damaged


def test_somebody_elses_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "payroll.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create table salaries as select 1 as id")
    before = path.read_bytes()
    with pytest.raises(DatabaseError, match="did not make"):
        check_ownership(path)
    assert path.read_bytes() == before


def test_a_writer_elsewhere_is_named_by_its_process_id(ours: Path) -> None:
    with (
        held_by_another_process(ours, read_only=False) as pid,
        pytest.raises(DatabaseInUseError, match=rf"process {pid} "),
    ):
        check_ownership(ours)


def test_a_reader_elsewhere_lets_us_look_but_not_write(ours: Path) -> None:
    with held_by_another_process(ours, read_only=True) as pid:
        check_ownership(ours)
        with pytest.raises(DatabaseInUseError, match=rf"process {pid} "):
            claim_database(ours)


def test_a_crash_leaves_a_log_that_looking_does_not_touch(tmp_path: Path) -> None:
    path = tmp_path / "crashed.duckdb"
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import duckdb, os, sys\n"
            "connection = duckdb.connect(sys.argv[1])\n"
            "connection.execute('create schema shardrun; create table shardrun.runs as select 1')\n"
            "os._exit(9)",
            str(path),
        ],
        check=False,
    )
    log = path.with_name(path.name + ".wal")
    before = path.read_bytes(), log.read_bytes()
    check_ownership(path)
    assert (path.read_bytes(), log.read_bytes()) == before


def test_a_missing_database_is_told_apart_from_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="there is no database"):
        check_ownership(tmp_path / "none.duckdb")
    with pytest.raises(DatabaseError, match="is a directory"):
        check_writable(tmp_path)


def test_a_place_that_cannot_hold_a_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="does not exist"):
        check_writable(tmp_path / "nowhere" / "simulation.duckdb")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DatabaseError, match="not writable"):
        check_writable(tmp_path / "simulation.duckdb")
