"""Which columns tell the rows of a table apart, found in the rows themselves.

DuckDB is told of no keys by dbt, and a database outlives its project: the rows are all there is to
go by. It must never write.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from shardrun.sql import quote_identifier


def period_first(columns: Sequence[str], period_column: str) -> list[str]:
    """Return columns in their order, but the period first: tables grow period by period."""
    return sorted(columns, key=lambda name: name != period_column)


def find_key(
    connection: duckdb.DuckDBPyConnection,
    relations: Sequence[str],
    columns: Sequence[str],
    period_column: str,
) -> list[str] | None:
    """Return the fewest of the first columns that no two rows of a relation have in common.

    The period is the first of them, and stays where there is one.

    Args:
        connection: where the relations can be read.
        relations: quoted names; the columns are a key of each.
        columns: that they all have.
        period_column: what tables with a row for each period call it.

    Returns:
        names; none of them where a relation has but one row, and None where rows are alike.
    """
    columns = period_first(columns, period_column)
    period = [name for name in columns if name == period_column]
    sizes = [_count(connection, f"from {relation}") for relation in relations]

    def is_key(names: Sequence[str]) -> bool:
        return all(
            _count(connection, _distinct(relation, names)) == size
            for relation, size in zip(relations, sizes, strict=True)
        )

    if not is_key(columns):
        return None
    key = next(
        columns[:length]
        for length in range(len(period), len(columns) + 1)
        if is_key(columns[:length])
    )
    for name in reversed(key):
        fewer = [kept for kept in key if kept != name]
        if name not in period and is_key(fewer):
            key = fewer
    return key


def _distinct(relation: str, columns: Sequence[str]) -> str:
    if not columns:
        return f"from {relation} limit 1"
    return f"select distinct {', '.join(map(quote_identifier, columns))} from {relation}"


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    counted = connection.execute(f"select count(*) from ({query})").fetchone()
    return counted[0] if counted else 0
