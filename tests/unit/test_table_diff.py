"""Promises about two tables compared row by row."""

from __future__ import annotations

from collections import Counter

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardrun.database.digest import digest_relation
from shardrun.diff.tables import COPIES, RowsDiff, compare_rows

# few values, so that keys meet and rows are alike
Value = st.sampled_from([None, "", "a", "b"])
Rows = st.dictionaries(st.tuples(st.integers(2025, 2026), st.integers(0, 12)), Value, max_size=12)
Bag = st.lists(st.tuples(st.integers(0, 1), Value), max_size=8)


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def compare(
    connection: duckdb.DuckDBPyConnection, columns: str, a: list[tuple], b: list[tuple]
) -> RowsDiff:
    for name, rows in (("a", a), ("b", b)):
        connection.execute(f"create or replace table {name} ({columns})")
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into {name} values ({marks})", rows)
    return compare_rows(connection, "a", "b", "simulation_year")


@given(a=Rows, b=Rows)
def test_rows_meet_by_their_key_and_the_first_difference_is_the_first(
    connection: duckdb.DuckDBPyConnection, a: dict, b: dict
) -> None:
    # of these only the person tells one from the other
    alike = {(2025, person): None for person in (100, 101)}
    a, b = {**a, **alike}, {**b, **alike}
    diff = compare(
        connection,
        "person integer, simulation_year integer, word varchar",
        [(person, year, word) for (year, person), word in a.items()],
        [(person, year, word) for (year, person), word in b.items()],
    )
    assert diff.only_in_a == len(a.keys() - b.keys())
    assert diff.only_in_b == len(b.keys() - a.keys())
    assert diff.changed == sum(a[key] != b[key] for key in a.keys() & b.keys())
    differing = sorted(key for key in a.keys() | b.keys() if a.get(key, 0) != b.get(key, 0))
    if not differing:
        assert diff.first is None
        return
    assert diff.first is not None
    year, person = differing[0]
    assert diff.first.key == {"simulation_year": str(year), "person": str(person)}
    assert diff.first.period == year
    assert (diff.first.in_a, diff.first.in_b) == ((year, person) in a, (year, person) in b)
    if diff.first.column:
        assert (diff.first.a, diff.first.b) == (a[year, person], b[year, person])


@given(a=Bag, b=Bag)
def test_rows_that_nothing_tells_apart_are_counted(
    connection: duckdb.DuckDBPyConnection, a: list, b: list
) -> None:
    diff = compare(connection, "number integer, word varchar", a, b)
    assert (diff.first is None) == (Counter(a) == Counter(b))
    if COPIES in diff.columns:
        assert diff.columns[COPIES] == diff.changed


@given(a=Bag, b=Bag)
def test_tables_have_one_digest_if_and_only_if_no_row_differs(
    connection: duckdb.DuckDBPyConnection, a: list, b: list
) -> None:
    diff = compare(connection, "number integer, word varchar", a, b)
    assert (diff.first is None) == (
        digest_relation(connection, "a") == digest_relation(connection, "b")
    )


def test_the_key_is_the_fewest_columns_and_keeps_the_year(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = [(2025, f"E{i // 2}", i // 2 * 7, i % 2, 0) for i in range(20)]
    diff = compare(
        connection,
        "simulation_year integer, id varchar, id_key integer, place integer, pay decimal(9, 2)",
        rows,
        [*rows[:-1], (*rows[-1][:-1], "12.50")],
    )
    assert diff.first is not None
    assert diff.first.key == {"simulation_year": "2025", "id": "E9", "place": "1"}
    assert (diff.first.column, diff.first.a, diff.first.b) == ("pay", "0.00", "12.50")
    assert diff.columns == {"pay": 1}


def test_keys_are_in_the_order_of_their_type_and_null_is_a_value(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    diff = compare(
        connection,
        "id integer, word varchar",
        [(10, "x"), (9, None), (None, "z")],
        [(10, "y"), (9, "null"), (None, "z")],
    )
    assert diff.changed == 2
    assert diff.first is not None
    assert (diff.first.key, diff.first.a, diff.first.b) == ({"id": "9"}, None, "null")


def test_a_table_of_one_row_needs_no_key(connection: duckdb.DuckDBPyConnection) -> None:
    diff = compare(connection, "seed integer, rate double", [(1, 0.5)], [(2, 0.5)])
    assert diff.first is not None
    assert (diff.first.key, diff.first.column) == ({}, "seed")
