"""Promises about one shard: what its file holds, what is left of it, what a failure says."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from shardrun.sharding.shards import Relation, Shard, ShardInput, ShardTask
from shardrun.sharding.worker import run_shard, run_shard_twice
from shardrun.sharding.worker_connection import MAIN_FILE, confined_connection
from shardrun.sql import quote_literal
from tests.support.sharding import (
    EVENTS,
    YEAR,
    attach,
    direct_rows,
    make_main,
    task_of,
    tasks_of,
    with_model,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def main(tmp_path: Path) -> Path:
    return make_main(tmp_path / "it's ours.duckdb")


@pytest.fixture
def task(main: Path) -> ShardTask:
    return task_of(main, 1, 3)


def tables_in(file: Path) -> set[tuple[str, str]]:
    with duckdb.connect(file, read_only=True) as connection:
        found = connection.execute(
            "select schema_name, table_name from duckdb_tables() union all "
            "select schema_name, view_name from duckdb_views() where not internal"
        ).fetchall()
    return set(found)


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


def test_the_sql_of_the_main_path_runs_unchanged_and_the_main_file_stays_as_it_is(
    main: Path, task: ShardTask
) -> None:
    before = main.read_bytes()
    result = run_shard(task)
    assert result.failure is None
    assert main.read_bytes() == before
    with duckdb.connect(result.file, read_only=True) as connection:
        rows = connection.execute("select * from fct_yearly_events").fetchall()
        types = [
            (name, str(type_))
            for name, type_, *_ in connection.execute("from fct_yearly_events").description
        ]
    assert len(rows) == result.rows > 0
    assert [name for name, _ in types] == [name for name, _ in result.columns]
    assert dict(result.columns)["compensation_after"] == "DECIMAL(12,2)"
    assert set(rows) < set(direct_rows(main.parent))
    assert result.peak_memory > 0
    assert result.seconds > 0


def test_the_shards_together_hold_every_row_once(main: Path) -> None:
    rows: list[object] = []
    for task in tasks_of(main, 3):
        with duckdb.connect(run_shard(task).file, read_only=True) as connection:
            rows += connection.execute("select * from fct_yearly_events").fetchall()
    assert rows == direct_rows(main.parent)


def test_a_shard_file_keeps_only_what_can_be_read_without_the_main_file(task: ShardTask) -> None:
    assert tables_in(run_shard(task).file) == {
        ("main", "int_leavers"),
        ("main", "fct_yearly_events"),
        ("main", "shardrun_shard"),
    }


def test_a_self_contained_file_gives_the_same_rows_without_the_main_file(
    main: Path, task: ShardTask
) -> None:
    file = run_shard(replace(task, with_inputs=True)).file
    main.unlink()
    with duckdb.connect() as connection:
        attach(connection, file)
        kept = connection.execute("from simulation.main.fct_yearly_events").fetchall()
        assert connection.execute(task.models[-1].sql).fetchall() == kept
        people = connection.execute("select count(*) from simulation.main.people").fetchall()
    assert len(kept) > 0
    assert people[0][0] < 600, "only the shard's own people are in it"


def test_only_the_owner_reads_a_shard_and_nothing_else_is_left(task: ShardTask) -> None:
    run_shard(task)
    assert task.folder.stat().st_mode & 0o777 == 0o700
    assert modes_in(task.folder) == {"events_y2027_shard1.duckdb": 0o600}


def test_while_a_shard_is_made_only_the_owner_reads_its_directory(task: ShardTask) -> None:
    listing = f"select * from glob({quote_literal(task.workspace / '*')})"
    probe = with_model(task, "listing", listing)
    assert run_shard(probe).failure is None
    with duckdb.connect(task.file, read_only=True) as connection:
        [(draft,), *_] = connection.execute("from listing").fetchall()
    assert draft.startswith(str(task.workspace))


def test_a_failing_model_is_named_with_what_duckdb_says_and_its_sql_is_kept(
    main: Path, task: ShardTask
) -> None:
    broken = with_model(task, "int_broken", "select no_such_column from simulation.main.people")
    result = run_shard(broken)
    assert result.failure is not None
    assert result.failure.model == "int_broken"
    assert "no_such_column" in result.failure.message
    assert result.failure.sql_path is not None
    assert result.failure.sql_path.read_text() == broken.models[0].sql
    assert result.failure.sql_path.stat().st_mode & 0o777 == 0o600
    assert "shardrun shard 1 --of 3 --year 2027 --database" in result.failure.reproduce
    assert modes_in(task.folder) == {"sql": 0o700}, "no unfinished file is left"


def test_a_model_that_needs_too_much_memory_fails_and_spills_nowhere_else(
    task: ShardTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    greedy = with_model(task, "greedy", "select list(range) as all_of_them from range(50000000)")
    before = set(tmp_path.iterdir())
    result = run_shard(replace(greedy, memory_mb=60))
    assert result.failure is not None
    assert "Out of Memory" in result.failure.message
    assert "Use more shards" in result.failure.message
    assert set(tmp_path.iterdir()) - before == {task.folder}


def test_an_input_that_is_missing_is_a_value(task: ShardTask) -> None:
    missing = replace(task, inputs=(ShardInput(Relation("main", "nobody")),))
    failure = run_shard(missing).failure
    assert failure is not None
    assert failure.model is None
    assert "nobody" in failure.message


def test_a_place_that_cant_be_written_is_a_value(task: ShardTask) -> None:
    task.folder.write_text("in the way")
    failure = run_shard(task).failure
    assert failure is not None
    assert str(task.folder) in failure.message


def test_a_main_file_that_is_missing_is_a_value(task: ShardTask, tmp_path: Path) -> None:
    failure = run_shard(replace(task, database=tmp_path / "nowhere.duckdb")).failure
    assert failure is not None
    assert "nowhere.duckdb" in failure.message


def test_whatever_else_goes_wrong_is_a_value(task: ShardTask) -> None:
    failure = run_shard(replace(task, database=Path("no\0file"))).failure
    assert failure is not None
    assert "ValueError" in failure.message
    assert "sql.py" in failure.message


def test_a_view_among_the_inputs_is_read_through_what_it_reads(main: Path) -> None:
    with duckdb.connect() as connection:
        attach(connection, main)
        connection.execute(
            "create view simulation.main.seniors as "
            "select * from simulation.main.people where job_level > 3"
        )
    task = task_of(main, 0, 2)
    # whole, as for every stage that reads a view over them: DuckDB 1.5 looks for them in the shard
    people = (replace(each, predicate=None) for each in task.inputs)
    task = replace(task, inputs=(*people, ShardInput(Relation("main", "seniors"))))
    task = with_model(task, "int_seniors", "select count(*) as n from simulation.main.seniors")
    assert run_shard(task).failure is None
    with duckdb.connect(task.file, read_only=True) as connection:
        assert connection.execute("from int_seniors").fetchall() == [(240,)]


def test_a_finished_file_of_the_same_task_is_taken_as_it_is(task: ShardTask) -> None:
    first = run_shard(task)
    before = first.file.stat()
    again = run_shard(task)
    after = first.file.stat()  # the time of access may be another: it was read
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert (again.rows, again.columns, again.fingerprint) == (
        first.rows,
        first.columns,
        first.fingerprint,
    )


def test_a_file_of_another_run_is_made_anew(task: ShardTask) -> None:
    first = run_shard(task)
    again = run_shard(replace(task, origin="run 2"))
    assert again.fingerprint != first.fingerprint
    with duckdb.connect(task.file, read_only=True) as connection:
        [(fingerprint,)] = connection.execute("select fingerprint from shardrun_shard").fetchall()
    assert fingerprint == again.fingerprint


def test_a_file_of_another_year_or_shard_is_made_anew(main: Path, task: ShardTask) -> None:
    first = run_shard(task)
    for shard in (Shard(YEAR + 1, 1, 3), Shard(YEAR, 2, 3), Shard(YEAR, 1, 4)):
        other = run_shard(replace(task, shard=shard))
        assert other.failure is None
        other.file.replace(task.file)
        assert run_shard(task).fingerprint == first.fingerprint
        with duckdb.connect(task.file, read_only=True) as connection:
            [(year, index, total)] = connection.execute(
                "select simulation_year, shard_id, total_shards from shardrun_shard"
            ).fetchall()
        assert Shard(year, index, total) == task.shard


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('{other}')",
        "select * from read_text('/etc/hostname')",
        "select * from glob('/*')",
        "select * from '{other}.parquet'",
    ],
)
def test_the_sql_of_a_shard_opens_no_file_but_its_own(
    task: ShardTask, tmp_path: Path, sql: str
) -> None:
    other = tmp_path / "salaries.csv"
    other.write_text("id,salary\n1,2\n")
    failure = run_shard(with_model(task, "curious", sql.format(other=other))).failure
    assert failure is not None
    assert failure.model == "curious"
    assert "disabled by configuration" in failure.message
    assert "A shard opens DuckDB databases and no other files" in failure.message


@pytest.mark.parametrize(
    "statement",
    [
        "load httpfs",
        "install httpfs",
        "set threads = 64",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "attach '{other}' as other",
        "copy (select 1) to '{other}'",
        f"insert into {MAIN_FILE}.main.people select * from {MAIN_FILE}.main.people",
    ],
)
def test_the_connection_of_a_worker_can_not_be_freed(
    task: ShardTask, tmp_path: Path, statement: str
) -> None:
    other = tmp_path / "other.duckdb"
    with confined_connection(task, tmp_path) as connection, pytest.raises(duckdb.Error):
        connection.execute(statement.format(other=other))
    assert not other.exists()


@pytest.mark.parametrize("damage", ["truncated", "garbage", "empty", "foreign", "flipped"])
def test_a_damaged_or_foreign_file_is_made_anew(task: ShardTask, damage: str) -> None:
    first = run_shard(task)
    content = bytearray(first.file.read_bytes())
    if damage == "foreign":
        first.file.unlink()
        with duckdb.connect(first.file) as connection:
            connection.execute("create table fct_yearly_events as select 1 as one")
    elif damage == "flipped":
        # a bit in the first byte of every block's payload
        for start in range(12288, len(content), 262144):
            content[start + 100] ^= 1
        first.file.write_bytes(content)
    else:
        changed = {"truncated": content[:-1000], "garbage": b"not a database", "empty": b""}
        first.file.write_bytes(changed[damage])
    again = run_shard(task)
    assert again.failure is None
    with duckdb.connect(again.file, read_only=True) as connection:
        rows = connection.execute("from fct_yearly_events").fetchall()
    assert len(rows) == first.rows


def test_what_a_killed_worker_left_is_cleared_away(task: ShardTask) -> None:
    task.workspace.mkdir(parents=True)
    (task.workspace / "events_y2027_shard1.duckdb").write_text("half of it")
    assert run_shard(task).failure is None
    assert not task.workspace.exists()


def test_a_worker_imports_no_dbt() -> None:
    program = (
        "import shardrun.sharding.worker, sys; "
        "print([m for m in sys.modules if m.startswith('dbt')])"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert output.stdout == "[]\n"


def test_the_canonical_relation_must_be_a_table(task: ShardTask) -> None:
    view = replace(task.models[-1], materialization="view")
    failure = run_shard(replace(task, models=(*task.models[:-1], view))).failure
    assert failure is not None
    assert EVENTS.identifier in failure.message


def test_another_database_is_read_under_the_name_that_the_profile_gives_it(
    task: ShardTask, tmp_path: Path
) -> None:
    with duckdb.connect(tmp_path / "rates.duckdb") as connection:
        connection.execute("create table exchange as select 1.5 as rate")
    reading = with_model(
        replace(task, attached=(("rates", str(tmp_path / "rates.duckdb")),)),
        "int_elsewhere",
        'select rate from "rates"."main"."exchange"',
    )
    result = run_shard(reading)
    assert result.failure is None
    with duckdb.connect(result.file, read_only=True) as connection:
        assert connection.execute("select rate from int_elsewhere").fetchall() == [(1.5,)]


def test_two_attempts_at_one_shard_are_in_nobody_s_way(task: ShardTask) -> None:
    other = replace(task, attempt="-elsewhere")
    other.workspace.mkdir(parents=True)
    (other.workspace / "half done").touch()
    result = run_shard_twice(task)
    assert result.failure is None
    assert result.fingerprint == task.fingerprint == other.fingerprint
    assert (other.workspace / "half done").exists()
    assert run_shard_twice(task).file == result.file
