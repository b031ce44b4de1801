"""Two tables of one name, compared row by row.

Rows meet by a key that is found in them, see :mod:`shardrun.database.row_keys`. Values are compared
as their text, as :mod:`shardrun.database.digest` sees them, so that tables without a differing row
have one digest.
It must never decide what a difference means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from shardrun.database.row_keys import find_key, period_first
from shardrun.sql import quote_identifier

COPIES = "(rows alike)"
"""The column that is compared where no columns tell the rows apart: how often a row is there."""


@dataclass(frozen=True, slots=True)
class RowDifference:
    """The first row of a table in which two databases differ.

    Attributes:
        key: what tells the row apart, by column; empty where a table has but one row.
        period: the period of the row, where the table has periods.
        in_a: whether the first database has the row.
        in_b: whether the second one has it.
        column: the first column that differs; None where one of them lacks the row.
        a: the value there in the first, as text.
        b: the value there in the second.
    """

    key: Mapping[str, str | None]
    period: int | None
    in_a: bool
    in_b: bool
    column: str | None
    a: str | None
    b: str | None


@dataclass(frozen=True, slots=True)
class RowsDiff:
    """How the rows of two tables differ.

    Attributes:
        changed: rows that both have, with other values.
        only_in_a: rows, by key, that only the first has.
        only_in_b: that only the second has.
        columns: in how many of the changed rows a column differs; only those that do.
        first: the first of all these rows, in the order of the key.
    """

    changed: int
    only_in_a: int
    only_in_b: int
    columns: Mapping[str, int]
    first: RowDifference | None


def read_columns(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Return the types of a relation's columns by name."""
    described = connection.execute(f"describe from {relation}").fetchall()
    return {str(name): str(data_type) for name, data_type, *_ in described}


def compare_rows(
    connection: duckdb.DuckDBPyConnection, relation_a: str, relation_b: str, period_column: str
) -> RowsDiff:
    """Compare two relations in the columns that both have.

    Args:
        connection: where both can be read.
        relation_a: the quoted name of the first.
        relation_b: of the second.
        period_column: what tables with a row for each period call it.
    """
    there = read_columns(connection, relation_b)
    both = [name for name in read_columns(connection, relation_a) if name in there]
    columns = period_first(both, period_column)
    key = find_key(connection, (relation_a, relation_b), columns, period_column)
    if key is None:
        names = ", ".join(map(quote_identifier, columns))
        alike = f"{names}, count(*) as {quote_identifier(COPIES)}"
        relation_a = f"(select {alike} from {relation_a} group by all)"
        relation_b = f"(select {alike} from {relation_b} group by all)"
        key, columns = columns, [*columns, COPIES]
    values = [name for name in columns if name not in key]
    joined = _joined(relation_a, relation_b, key, values)
    counts = connection.execute(
        f"{joined} select count(*) filter (in_a and in_b), count(*) filter (in_b is null), "
        "count(*) filter (in_a is null)"
        + "".join(
            f", count(*) filter (in_a and in_b and a{place} is distinct from b{place})"
            for place in range(len(values))
        )
        + " from differing"
    ).fetchone()
    changed, only_in_a, only_in_b, *differing = counts or (0, 0, 0)
    return RowsDiff(
        changed,
        only_in_a,
        only_in_b,
        {name: count for name, count in zip(values, differing, strict=True) if count},
        _first(connection, joined, key, values, period_column),
    )


def _joined(relation_a: str, relation_b: str, key: Sequence[str], values: Sequence[str]) -> str:
    """Return the CTEs up to `differing`: rows with another value, or on one side only.

    Columns go by their place, k0 and v0, so that none can have the name of another.
    """
    selected = ", ".join(
        ["true as present", "0 as k"]
        + [f"{quote_identifier(name)} as k{place}" for place, name in enumerate(key)]
        + [f"{quote_identifier(name)}::varchar as v{place}" for place, name in enumerate(values)]
    )
    places = range(len(key))
    met = " and ".join(
        ["a.k = b.k"]
        + [f"a.k{place}::varchar is not distinct from b.k{place}::varchar" for place in places]
    )
    kept = ", ".join(
        ["a.present as in_a", "b.present as in_b"]
        + [f"a.k{place} as ak{place}, b.k{place} as bk{place}" for place in places]
        + [f"a.v{place} as a{place}, b.v{place} as b{place}" for place in range(len(values))]
    )
    differs = " or ".join(
        ["in_a is null", "in_b is null"]
        + [f"a{place} is distinct from b{place}" for place in range(len(values))]
    )
    return (
        f"with a as (select {selected} from {relation_a}), "
        f"b as (select {selected} from {relation_b}), "
        f"joined as (select {kept} from a full join b on {met}), "
        f"differing as (select * from joined where {differs})"
    )


def _first(
    connection: duckdb.DuckDBPyConnection,
    joined: str,
    key: Sequence[str],
    values: Sequence[str],
    period_column: str,
) -> RowDifference | None:
    places = range(len(key))
    # By the key's own type, so that 9 comes before 10, and by its text where the types differ.
    order = ", ".join(f"coalesce(ak{place}, bk{place}) nulls last" for place in places)
    names = [f"coalesce(ak{place}, bk{place})::varchar" for place in places]
    pairs = [f"a{place}, b{place}" for place in range(len(values))]
    row = connection.execute(
        f"{joined} select {', '.join(['in_a', 'in_b', *names, *pairs])} from differing"
        + (f" order by {order}" if order else "")
        + " limit 1"
    ).fetchone()
    if row is None:
        return None
    in_a, in_b, *rest = row
    told = dict(zip(key, rest, strict=False))
    both = rest[len(key) :]
    column, a, b = next(
        (
            (name, a, b)
            for name, a, b in zip(values, both[::2], both[1::2], strict=True)
            if in_a and in_b and a != b
        ),
        (None, None, None),
    )
    period = told.get(period_column)
    return RowDifference(
        told, None if period is None else int(period), bool(in_a), bool(in_b), column, a, b
    )
