"""How the rows of a shard compare with those that the canonical table holds for it.

Owns the question and the first rows that answer it. It must never change either file.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from shardrun.config.workflow import EventTable
from shardrun.database.connection import ALIAS, qualified
from shardrun.sharding.shards import Relation
from shardrun.sql import quote_identifier

SHOWN_DIFFERENCES = 5


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the shard's rows compare with those the canonical table holds for it.

    Attributes:
        columns: of the rows below.
        missing: the first rows that only the canonical table has.
        extra: the first rows that only the shard has.
        missing_rows: how many only the canonical table has.
        extra_rows: how many only the shard has.
        note: why they could not be compared, if so.
    """

    columns: tuple[str, ...] = ()
    missing: tuple[tuple[object, ...], ...] = ()
    extra: tuple[tuple[object, ...], ...] = ()
    missing_rows: int = 0
    extra_rows: int = 0
    note: str | None = None

    @property
    def equal(self) -> bool:
        """Whether the shard holds just what the canonical table holds."""
        return self.note is None and not self.missing_rows and not self.extra_rows


def compare_shard(
    connection: duckdb.DuckDBPyConnection,
    shard: str,
    canonical: Relation,
    table: EventTable,
    period_column: str,
    year: int,
    condition: str,
) -> Comparison:
    """Compare a shard file with the main file.

    Args:
        connection: has both attached, the main file as :data:`shardrun.database.connection.ALIAS`.
        shard: the name the shard file is attached under.
        canonical: the canonical table's schema and identifier, in both.
        table: its order, by which the first differences are chosen.
        period_column: what the canonical table calls the year.
        year: whose rows the shard holds.
        condition: keeps the canonical table's rows of the shard.
    """
    held_in, made_in = qualified(ALIAS, *canonical), qualified(shard, *canonical)
    try:
        held = _columns(connection, held_in)
    except duckdb.CatalogException:
        return Comparison(note=f"the database has no table {table.model} yet")
    made = _columns(connection, made_in)
    if held != made:
        return Comparison(
            note=f"the columns of {table.model} are {', '.join(held)}; the shard's are "
            f"{', '.join(made)}"
        )
    ours = f"select * from {made_in}"
    has_period = period_column.lower() in (name.lower() for name in held)
    of_year = f"{quote_identifier(period_column)} = {year}" if has_period else "true"
    theirs = f"select * from {held_in} where {of_year} and {condition}"
    missing, missing_rows = _only_in(connection, theirs, ours, table)
    extra, extra_rows = _only_in(connection, ours, theirs, table)
    return Comparison(held, missing, extra, missing_rows, extra_rows)


def _only_in(
    connection: duckdb.DuckDBPyConnection, these: str, others: str, table: EventTable
) -> tuple[tuple[tuple[object, ...], ...], int]:
    """Return the first rows that only the first query gives, and how many there are."""
    order = ", ".join(map(quote_identifier, table.order_by))
    rows = connection.execute(
        f"select *, count(*) over () from ({these} except all {others}) "
        f"order by {order} limit {SHOWN_DIFFERENCES}"
    ).fetchall()
    return tuple(tuple(row[:-1]) for row in rows), rows[0][-1] if rows else 0


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[str, ...]:
    return tuple(name for name, *_ in connection.execute(f"describe {relation}").fetchall())
