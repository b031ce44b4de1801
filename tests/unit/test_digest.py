"""Promises about digests: what they must not see, and what they must."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shardrun import cache_file
from shardrun.database import file_digest
from shardrun.database.digest import digest_database, digest_relation
from shardrun.database.file_digest import digest_parquet
from shardrun.errors import DatabaseError

Rows = list[tuple[str | None, str | None]]
VALUES = st.one_of(st.none(), st.text(max_size=4), st.sampled_from([":", "0:", "1:a", "a", ""]))
ROWS = st.lists(st.tuples(VALUES, VALUES), max_size=6)


def digest_of(sql: str) -> str:
    with duckdb.connect() as connection:
        return digest_relation(connection, f"({sql})")[1]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@settings(max_examples=60, deadline=None)
@given(ROWS, ROWS, st.randoms())
def test_equal_digests_mean_equal_rows_in_any_order(
    connection: duckdb.DuckDBPyConnection, left: Rows, right: Rows, random: Random
) -> None:
    def digest_of_rows(rows: Rows) -> str:
        connection.execute("create or replace table t (a varchar, b varchar)")
        for row in rows:
            connection.execute("insert into t values (?, ?)", row)
        return digest_relation(connection, "t")[1]

    shuffled = random.sample(left, len(left))
    assert digest_of_rows(shuffled) == digest_of_rows(left)
    same = sorted(left, key=repr) == sorted(right, key=repr)
    assert (digest_of_rows(left) == digest_of_rows(right)) is same


def test_a_duplicate_row_counts() -> None:
    assert digest_of("select 1 as a") != digest_of("select 1 as a union all select 1")
    assert digest_of("select 1 as a union all select 1") != digest_of(
        "select 1 as a union all select 1 union all select 1"
    )
    assert digest_of("from (values (1), (1), (2)) t(a)") != digest_of(
        "from (values (1), (2), (2)) t(a)"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("select 1 as a, 2 as b", "select 2 as a, 1 as b"),
        ("select 1 as a", "select 1 as b"),
        ("select 1 as a", "select 1::bigint as a"),
        ("select null::varchar as a", "select '' as a"),
        ("select null::varchar as a", "select 'NULL' as a"),
        ("select '12' as a, '3' as b", "select '1' as a, '23' as b"),
        ("select 1.10 as a", "select 1.11 as a"),
        ("select 1 as a where false", "select 1 as b where false"),
        ("select ['a, b'] as a", "select ['a', 'b'] as a"),
    ],
)
def test_what_differs_shows(one: str, other: str) -> None:
    assert digest_of(one) != digest_of(other)


def test_the_digest_is_what_it_was_on_every_duckdb_version() -> None:
    rows = (
        "select 'E' || range as id, range::decimal(12, 2) as pay, date '2025-01-01' + range::int "
        "as day, range % 2 = 0 as even, nullif(range, 3) as gap, range / 7 as ratio, "
        "timestamptz '2025-01-01 00:00:00+00' as moment from range(1000)"
    )
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        assert digest_relation(connection, f"({rows})") == (
            1000,
            "75f70e1c14d52e6b27ea5c3f87f18533",
        )


def test_threads_and_insertion_order_do_not_show(tmp_path: Path) -> None:
    digests = set()
    for threads, direction in ((1, "asc"), (2, "desc"), (6, "asc")):
        path = tmp_path / f"{threads}.duckdb"
        with duckdb.connect(path, config={"threads": threads}) as connection:
            connection.execute(
                "create table people as select range as id, range / 7 as pay "
                f"from range(300000) order by id {direction}"
            )
            connection.execute("create schema shardrun; create table shardrun.runs (a int)")
            connection.execute(f"insert into shardrun.runs values ({threads})")
        digests.add(digest_database(path).digest)
    assert len(digests) == 1


def test_the_tables_of_every_schema_count_but_no_view_and_no_ledger(tmp_path: Path) -> None:
    path = tmp_path / "some.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create table b as select 1 as id; create table a as select 2 as id")
        connection.execute("create view c as select * from a; create schema s")
        connection.execute("create table s.d as select 1 as id")
        connection.execute("create schema shardrun; create table shardrun.runs (a int)")
    assert [(table.table, table.rows) for table in digest_database(path).tables] == [
        ("a", 1),
        ("b", 1),
        ("s.d", 1),
    ]


def test_digesting_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "some.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create table a as select 2 as id")
    before = path.read_bytes()
    digest_database(path)
    assert path.read_bytes() == before


def test_a_database_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="there is no database"):
        digest_database(tmp_path / "none.duckdb")


def test_a_file_is_digested_once_for_all_its_copies_and_anew_when_a_byte_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digested: list[str] = []

    def counted(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[int, str]:
        digested.append(relation)
        return digest_relation(connection, relation)

    monkeypatch.setattr(cache_file, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    monkeypatch.setattr(file_digest, "digest_relation", counted)
    file, copy = tmp_path / "a [1].parquet", tmp_path / "b.parquet"
    results = []
    for rows in (3, 4):
        with duckdb.connect() as connection:
            connection.table_function("range", [rows]).write_parquet(str(file))
            expected = digest_relation(connection, "range(?)".replace("?", str(rows)))
        copy.write_bytes(file.read_bytes())
        results.append((digest_parquet(file), digest_parquet(copy), expected))
    assert all(one == other == expected for one, other, expected in results)
    assert len(digested) == 2
