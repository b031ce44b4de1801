"""Promises about the union: what it writes equals the unsharded statement's, or nothing is written.

Every test makes real shard files with the real worker.
"""

import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from shardrun.errors import ShardError
from shardrun.sharding.coordinator import UnionResult, write_union
from shardrun.sharding.shard_pool import ShardPool, run_shards
from shardrun.sharding.shard_results import ShardResult
from shardrun.sharding.shards import Relation, ShardTask
from shardrun.sharding.united_tables import CanonicalTable, SideTable
from shardrun.sharding.worker import run_shard
from tests.support.sharding import (
    CATALOG,
    EVENTS,
    TABLE,
    YEAR,
    attach,
    direct_rows,
    ignore,
    make_main,
    rows_of,
    tasks_of,
    with_model,
    with_side_table,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def main(tmp_path: Path) -> Path:
    return make_main(tmp_path / "main.duckdb")


@pytest.fixture(scope="module", params=[("loky", 1), ("loky", 2), ("loky", 4), ("inline", 1)])
def pool(request: pytest.FixtureRequest) -> Iterator[ShardPool]:
    with ShardPool(*request.param) as pool:
        yield pool


@contextmanager
def opened(main: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        attach(connection, main)
        yield connection


def unite(
    main: Path, results: list[ShardResult], table: CanonicalTable = TABLE
) -> tuple[UnionResult, list[tuple[Any, ...]]]:
    """Write the union, read it back; make sure that no shard stays attached."""
    with opened(main) as connection:
        union = write_union(connection, results, table, lambda *_: None)
        attached = connection.execute(
            "select count(*) from duckdb_databases() where not internal"
        ).fetchall()
        assert attached == [(2,)], "the in-memory one and the main file"
        return union, rows_of(connection)


def made(tasks: list[ShardTask]) -> list[ShardResult]:
    results = [run_shard(task) for task in tasks]
    assert [result.failure for result in results] == [None] * len(results)
    return results


def edit_main(main: Path, statement: str) -> None:
    with duckdb.connect(main) as connection:
        connection.execute(statement)


def edit(result: ShardResult, *statements: str) -> None:
    with duckdb.connect(result.file) as connection:
        for statement in statements:
            connection.execute(statement)


@contextmanager
def refused(main: Path, *words: str) -> Iterator[None]:
    """Expect a ShardError with those words, and the main file's tables as they were."""
    state = "select table_name, estimated_size from duckdb_tables() where database_name = ?"
    with opened(main) as connection:
        connection.execute(f"create table if not exists {TABLE.name} (simulation_year integer)")
        before = rows_of(connection), connection.execute(state, ["simulation"]).fetchall()
    with pytest.raises(ShardError) as caught:
        yield
    for word in words:
        assert word in str(caught.value)
    with opened(main) as connection:
        assert (rows_of(connection), connection.execute(state, ["simulation"]).fetchall()) == before


def write_canonical(main: Path) -> None:
    """Give the main file a canonical table with rows of this year and of the one before."""
    unite(main, made(tasks_of(main, 1, origin="an earlier run")))
    with opened(main) as connection:
        connection.execute(
            f"insert into {TABLE.name} select {YEAR - 1}, * exclude (simulation_year) "
            f"from {TABLE.name}"
        )


@pytest.mark.parametrize("shards", [1, 2, 3, 8, 64])
def test_the_union_equals_the_direct_statement_in_rows_and_physical_order(
    main: Path, pool: ShardPool, shards: int
) -> None:
    tasks = tasks_of(main, shards)
    Random(shards).shuffle(tasks)
    results = run_shards(tasks, pool, ignore)
    union, rows = unite(main, list(results))
    assert rows == direct_rows(main.parent)
    assert union.rows == len(rows)


@pytest.mark.parametrize("people", [0, 1, 5])
def test_more_shards_than_people_and_empty_shards_work(tmp_path: Path, people: int) -> None:
    main = make_main(tmp_path / "few.duckdb", people)
    results = made(tasks_of(main, 8))
    assert 0 in {result.rows for result in results}
    assert unite(main, results)[1] == direct_rows(tmp_path, people)


def test_without_a_shard_key_one_global_sort_gives_the_same(main: Path) -> None:
    results = made(tasks_of(main, 3))
    assert unite(main, results, replace(TABLE, shard_key=None))[1] == direct_rows(main.parent)


def test_shards_that_are_no_ranges_of_the_order_are_sorted_as_one(main: Path) -> None:
    """Rows are dealt out by id while the canonical order is by key."""
    tasks = []
    for task in tasks_of(main, 2):
        people = task.models[0]
        sql = people.sql.rsplit("where", 1)[0]
        sql += f"where right(people.employee_id, 1)::int % 2 = {task.shard.index}"
        everybody = tuple(replace(source, predicate=None) for source in task.inputs)
        models = (replace(people, sql=sql), *task.models[1:])
        tasks.append(replace(task, inputs=everybody, models=models))
    assert unite(main, made(tasks))[1] == direct_rows(main.parent)


def test_the_table_that_a_union_makes_is_the_one_the_statement_would_make(main: Path) -> None:
    direct_rows(main.parent)
    unite(main, made(tasks_of(main, 3)))
    described = f"select * from (describe {TABLE.name})"
    with opened(main) as united, opened(main.with_name("direct.duckdb")) as direct:
        assert united.execute(described).fetchall() == direct.execute(described).fetchall()


def test_a_union_replaces_its_year_and_leaves_the_others(main: Path) -> None:
    write_canonical(main)
    earlier = [row for row in unite(main, made(tasks_of(main, 3)))[1] if row[0] == YEAR - 1]
    with opened(main) as connection:
        rows = rows_of(connection)
    assert len(earlier) > 0
    assert rows == earlier + direct_rows(main.parent)


def test_a_table_that_keeps_no_periods_is_made_anew_by_every_union(main: Path) -> None:
    anew = replace(TABLE, keeps_periods=False)
    _, first = unite(main, made(tasks_of(main, 3)), anew)
    edit_main(main, f"insert into {EVENTS.identifier} select * from {EVENTS.identifier}")
    union, rows = unite(main, made(tasks_of(main, 2, origin="again")), anew)
    assert rows == first
    assert union.rows == len(rows)


def test_the_record_is_written_with_the_rows_or_not_at_all(main: Path) -> None:
    results = made(tasks_of(main, 2))

    def record(connection: duckdb.DuckDBPyConnection, union: UnionResult) -> None:
        connection.execute("create table simulation.main.done as select 1 as year")

    def fail(connection: duckdb.DuckDBPyConnection, union: UnionResult) -> None:
        record(connection, union)
        raise LookupError

    with opened(main) as connection:
        with pytest.raises(LookupError):
            write_union(connection, results, TABLE, fail)
        tables = connection.execute("select table_name from duckdb_tables()").fetchall()
        assert {"done", TABLE.relation.identifier}.isdisjoint(name for (name,) in tables)
        write_union(connection, results, TABLE, record)
        assert connection.execute("from simulation.main.done").fetchall() == [(1,)]


def test_a_new_table_shows_its_rows_to_every_filter_in_the_session_that_made_it(
    main: Path,
) -> None:
    results = made(tasks_of(main, 2))
    with opened(main) as connection:
        union = write_union(connection, results, TABLE, lambda *_: None)
        counted = connection.cursor().execute(
            f"select event_type, count(*) from {TABLE.name} "
            f"where simulation_year = {YEAR} group by event_type"
        )
        assert sum(rows for _, rows in counted.fetchall()) == union.rows > 0


def test_a_failed_shard_keeps_the_year_out(main: Path) -> None:
    write_canonical(main)
    tasks = tasks_of(main, 3)
    tasks[1] = with_model(tasks[1], "int_broken", "select nothing_here")
    results = [run_shard(task) for task in tasks]
    with refused(main, "shard 1 of 3", "int_broken", "nothing_here", str(tasks[1].folder)):
        unite(main, results)


def test_a_missing_or_doubled_shard_is_refused(main: Path) -> None:
    write_canonical(main)
    results = made(tasks_of(main, 3))
    with refused(main, "missing: events_y2027_shard1"):
        unite(main, [results[0], results[2]])
    with refused(main, "are not 3 different ones"):
        unite(main, [*results, results[1]])
    with refused(main, "there are no shards"):
        unite(main, [])


@pytest.mark.parametrize("damage", ["gone", "truncated", "garbage", "empty"])
def test_a_damaged_file_is_refused_by_name(main: Path, damage: str) -> None:
    write_canonical(main)
    results = made(tasks_of(main, 3))
    file = results[2].file
    content = file.read_bytes()
    file.unlink()
    if damage != "gone":
        changed = {"truncated": content[:-1000], "garbage": b"not a database", "empty": b""}
        file.write_bytes(changed[damage])
    with refused(main, "shard 2 of 3", str(file)):
        unite(main, results)


def test_a_file_of_another_run_is_refused(main: Path) -> None:
    write_canonical(main)
    results = made(tasks_of(main, 3))
    results[1].file.unlink()
    run_shard(tasks_of(main, 3, origin="another run")[1])
    with refused(main, "shard 1 of 3", "another run"):
        unite(main, results)


def test_a_database_that_is_no_shard_is_refused(main: Path) -> None:
    write_canonical(main)
    results = made(tasks_of(main, 3))
    edit(results[1], "drop table shardrun_shard")
    with refused(main, "shard 1 of 3"):
        unite(main, results)


def test_a_row_more_or_less_than_was_reported_is_refused(main: Path) -> None:
    write_canonical(main)
    results = made(tasks_of(main, 3))
    edit(results[0], "delete from fct_yearly_events where rowid = 0")
    with refused(main, "shard 0 of 3", f"{results[0].rows - 1} rows"):
        unite(main, results)


def test_a_row_of_another_year_is_refused(main: Path) -> None:
    write_canonical(main)
    results = made(tasks_of(main, 3))
    edit(results[0], "update fct_yearly_events set simulation_year = 2026 where rowid < 2")
    with refused(main, "shard 0 of 3", "2 of its", "another simulation_year than 2027"):
        unite(main, results)


@pytest.mark.parametrize(
    "change",
    [
        "alter table fct_yearly_events rename event_type to kind",
        "alter table fct_yearly_events alter event_sequence type integer",
        "alter table fct_yearly_events add column more integer",
        "create or replace table fct_yearly_events as "
        "select event_type, * exclude (event_type) from fct_yearly_events",
    ],
)
def test_a_shard_with_other_columns_is_refused(main: Path, change: str) -> None:
    results = made(tasks_of(main, 3))
    edit(results[2], change)
    with refused(main, "its columns are"):
        unite(main, results)
    with opened(main) as connection:
        connection.execute(f"drop table {TABLE.name}")
    with pytest.raises(ShardError, match="those of events_y2027_shard0 are"):
        unite(main, results)


@pytest.mark.parametrize("table", [TABLE, replace(TABLE, shard_key=None)])
def test_a_key_that_two_rows_share_is_refused(main: Path, table: CanonicalTable) -> None:
    write_canonical(main)
    results = made(tasks_of(main, 3))
    edit(results[1], "update fct_yearly_events set event_sequence = 1, employee_id = 'E00000'")
    with refused(main, "employee_id", "E00000"):
        unite(main, results, table)


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("doubled", [0, 1, 7])
def test_a_row_that_is_there_twice_is_refused_in_whatever_order_the_rows_lie(
    main: Path, direction: str, doubled: int
) -> None:
    write_canonical(main)
    results = made(tasks_of(main, 3))
    order = "order by employee_key, employee_id, event_sequence"
    edit(
        results[1],
        f"create temp table rows as select *, row_number() over ({order}) as n "
        "from fct_yearly_events",
        f"update rows set n = null where n = {doubled + 2}",
        f"insert into rows select * from rows where n = {doubled + 1}",
        "create or replace table fct_yearly_events as "
        f"select * exclude (n) from rows where n is not null order by n {direction}",
    )
    with refused(main, "two rows of shard 1 ", "employee_id"):
        unite(main, results)


def test_two_employees_whose_keys_collide_are_two(main: Path) -> None:
    write_canonical(main)
    results = made(tasks_of(main, 3))
    edit(
        results[1],
        "create temp table lowest as select distinct employee_key from fct_yearly_events "
        "order by employee_key limit 2",
        "update fct_yearly_events set employee_key = (select min(employee_key) from lowest) "
        "where employee_key = (select max(employee_key) from lowest)",
    )
    assert unite(main, results)[0].rows == sum(result.rows for result in results)


def test_a_key_that_two_shards_share_is_refused(main: Path) -> None:
    write_canonical(main)
    results = made(tasks_of(main, 3))
    for result in results[:2]:
        edit(
            result,
            "update fct_yearly_events set event_sequence = 9, employee_id = 'E00000', "
            "employee_key = 0 where rowid = 0",
        )
    with refused(main, "two rows of shards 0 and 1", "E00000"):
        unite(main, results)


def test_an_order_with_ties_is_refused() -> None:
    with pytest.raises(ValueError, match="unique key"):
        replace(TABLE, order_by=("simulation_year", "employee_key"))


def test_a_block_that_is_damaged_in_any_column_keeps_the_year_out(main: Path) -> None:
    write_canonical(main)
    results = made(tasks_of(main, 3))
    content = bytearray(results[1].file.read_bytes())
    for start in range(12288, len(content), 262144):
        content[start + 100] ^= 1
    results[1].file.write_bytes(content)
    with refused(main, "shard 1 of 3"):
        unite(main, results)


def test_a_coordinator_killed_in_the_transaction_leaves_the_year_as_it_was(main: Path) -> None:
    write_canonical(main)
    results = made(tasks_of(main, 3))
    program = (
        "import os, pickle, signal, sys, duckdb\n"
        "from shardrun.sharding.coordinator import write_union\n"
        "from shardrun.sql import quote_literal\n"
        "main, results, table = pickle.load(sys.stdin.buffer)\n"
        "connection = duckdb.connect()\n"
        "connection.execute(f'attach {quote_literal(main)} as simulation')\n"
        "write_union(connection, results, table, lambda *_: os.kill(os.getpid(), signal.SIGKILL))\n"
    )
    with opened(main) as connection:
        before = rows_of(connection)
    killed = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps((main, results, TABLE)),
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    with opened(main) as connection:
        assert rows_of(connection) == before
    assert unite(main, results)[0].rows == len(direct_rows(main.parent))


def test_names_are_quoted_wherever_they_go(tmp_path: Path) -> None:
    strange = Relation('a "schema"', "ev{}ents")
    main = make_main(tmp_path / "it's main.duckdb")
    tasks = []
    for task in tasks_of(main, 2):
        models = (*task.models[:-1], replace(task.models[-1], relation=strange))
        tasks.append(replace(task, models=models, canonical=strange))
    results = made(tasks)
    with opened(main) as connection:
        connection.execute('create schema simulation."a ""schema"""')
        union = write_union(connection, results, replace(TABLE, relation=strange), lambda *_: None)
    assert union.rows == len(direct_rows(tmp_path))


def test_tables_and_views_beside_the_canonical_one_come_with_it_in_its_transaction(
    main: Path,
) -> None:
    leavers, common = Relation("main", "int_leavers"), Relation("marts", "int_levels")
    tasks = [
        with_side_table(task, common, "select level from range(3) as levels(level)")
        for task in tasks_of(main, 3)
    ]
    sides = (SideTable(leavers, None, is_common=False), SideTable(common, None, is_common=True))
    views = (
        (Relation("main", "int_all"), f"select count(*) as people from {CATALOG}.main.people"),
    )
    results = made(tasks)
    with opened(main) as connection:
        union = write_union(connection, results, TABLE, lambda *_: None, sides, views)
        counts = [
            connection.execute(f"select count(*) from {CATALOG}.{name}").fetchall()[0][0]
            for name in ("main.fct_yearly_events", "main.int_leavers", "marts.int_levels")
        ]
        assert connection.execute(f"from {CATALOG}.main.int_all").fetchall() == [(600,)]
        [(expected,)] = connection.execute(
            f"select count(*) from {CATALOG}.main.people where employee_key % 7 = 3"
        ).fetchall()
    assert counts[1:] == [expected, 3]
    assert union.rows == sum(counts) + 1
    assert union.tables == (EVENTS, leavers, common, views[0][0])


def test_a_table_beside_the_canonical_one_goes_with_it_if_the_record_fails(main: Path) -> None:
    def fail(connection: duckdb.DuckDBPyConnection, union: UnionResult) -> None:
        raise LookupError

    side = SideTable(Relation("main", "int_leavers"), None, is_common=False)
    results = made(tasks_of(main, 2))
    with opened(main) as connection:
        with pytest.raises(LookupError):
            write_union(connection, results, TABLE, fail, [side])
        tables = connection.execute("select table_name from duckdb_tables()").fetchall()
    assert {"int_leavers", EVENTS.identifier}.isdisjoint(name for (name,) in tables)
