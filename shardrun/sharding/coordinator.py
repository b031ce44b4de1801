"""The coordinator: makes one year of a stage's tables from the files of its shards.

It checks every file before it writes a row, and writes in one transaction together with the
ledger's record: a year is either whole or as it was. It must never repair a shard or leave one
out; where anything is not as it should be, it says which shard and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter

import duckdb

from shardrun.database.connection import count_rows, qualified
from shardrun.database.transaction import transaction
from shardrun.errors import ShardError
from shardrun.sharding.shard_checks import UNTOUCHED, check_shards, complete_year, naming_shard
from shardrun.sharding.shard_file import columns_of
from shardrun.sharding.shard_results import ShardResult
from shardrun.sharding.shards import Relation
from shardrun.sharding.united_tables import CanonicalTable, SideTable
from shardrun.sql import quote_identifier, quote_literal


@dataclass(frozen=True, slots=True)
class UnionResult:
    """What a union wrote.

    Attributes:
        tables: what was written, the canonical table first.
        rows: of the year, in all of them.
        seconds: checks included, wall time.
    """

    tables: tuple[Relation, ...]
    rows: int
    seconds: float


def write_union(
    connection: duckdb.DuckDBPyConnection,
    results: Sequence[ShardResult],
    table: CanonicalTable,
    record: Callable[[duckdb.DuckDBPyConnection, UnionResult], None],
    sides: Sequence[SideTable] = (),
    views: Sequence[tuple[Relation, str]] = (),
) -> UnionResult:
    """Put the rows of a year's shards in place of that year's rows in the canonical table.

    Args:
        connection: has the main file attached read-write, and no transaction open.
        results: one a shard of the year, in any order.
        table: where the rows go; it is made if it is missing.
        record: is called inside the transaction with what was written, to write into the ledger
            that the year is done.
        sides: the tables that the shards hold beside it.
        views: what the stage leaves as views, with their SQL.

    Raises:
        ShardError: a shard failed, is missing or is not what its result says; two shards disagree;
            or DuckDB can't write. The canonical table is as it was before.
        KeyboardInterrupt: by Ctrl-C; the canonical table is as it was before.
    """
    started = perf_counter()
    ordered = complete_year(results)
    written = (table.relation, *(side.relation for side in sides), *(view for view, _ in views))
    period = table.period_column, ordered[0].shard.year
    try:
        with _attached(connection, ordered) as shards:
            apart = check_shards(connection, shards, table, sides)
            with transaction(connection):
                rows = _write(connection, shards, table, apart=apart)
                for side in sides:
                    _write_side(connection, shards, table.catalog, side)
                for view, sql in views:
                    name = qualified(table.catalog, *view)
                    connection.execute(f"create or replace view {name} as (\n{sql}\n)")
                rows += sum(
                    count_rows(connection, qualified(table.catalog, *each), period)
                    for each in written[1:]
                )
                union = UnionResult(written, rows, perf_counter() - started)
                record(connection, union)
    except duckdb.Error as error:
        year = ordered[0].shard.year
        raise ShardError(
            f"the shards of {year} can't be united. {UNTOUCHED} DuckDB says: {error}"
        ) from error
    return replace(union, seconds=perf_counter() - started)


@contextmanager
def _attached(
    connection: duckdb.DuckDBPyConnection, results: Sequence[ShardResult]
) -> Iterator[dict[str, ShardResult]]:
    """Attach every shard file READ_ONLY.

    Yields:
        the results in shard order, by the catalog name of their file.
    """
    shards: dict[str, ShardResult] = {}
    try:
        for result in results:
            catalog = f"shardrun_{result.shard.name}"
            with naming_shard(result):
                connection.execute(
                    f"attach {quote_literal(result.file)} as {catalog} (type duckdb, read_only)"
                )
            shards[catalog] = result
        yield shards
    finally:
        for catalog in shards:
            connection.execute(f"detach {catalog}")


def _write(
    connection: duckdb.DuckDBPyConnection,
    shards: Mapping[str, ShardResult],
    table: CanonicalTable,
    *,
    apart: bool,
) -> int:
    """Replace the year's rows; shards that lie apart go in one by one, which takes less memory."""
    year = next(iter(shards.values())).shard.year
    columns = next(iter(shards.values())).columns
    sources = [f"select * from {qualified(catalog, *table.relation)}" for catalog in shards]
    _make_schema(connection, table.catalog, table.relation)
    _make_room(connection, table.name, columns, table.kept_periods, year)
    if apart:
        for source, result in zip(sources, shards.values(), strict=True):
            with naming_shard(result):
                _insert(connection, source, table)
    else:
        _insert(connection, " union all ".join(sources), table)
    rows = count_rows(
        connection, table.name, (table.period_column, year) if table.keeps_periods else None
    )
    expected = sum(result.rows for result in shards.values())
    if rows != expected:
        raise ShardError(
            f"the shards of {year} have {expected} rows, but {rows} came into "
            f"{table.relation.identifier}. {UNTOUCHED}"
        )
    return rows


def _write_side(
    connection: duckdb.DuckDBPyConnection,
    shards: Mapping[str, ShardResult],
    catalog: str,
    side: SideTable,
) -> None:
    """Replace what the year makes anew of a table beside the canonical one, shard after shard."""
    name = qualified(catalog, *side.relation)
    year = next(iter(shards.values())).shard.year
    columns = columns_of(connection, next(iter(shards)), side.relation)
    _make_schema(connection, catalog, side.relation)
    _make_room(connection, name, columns, side.period_column, year)
    for shard in list(shards)[: 1 if side.is_common else None]:
        with naming_shard(shards[shard]):
            connection.execute(f"insert into {name} from {qualified(shard, *side.relation)}")


def _make_room(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Sequence[tuple[str, str]],
    period_column: str | None,
    year: int,
) -> None:
    """Let a table be there without rows of the year; without any where it keeps no periods."""
    # not `as select ... limit 0`: DuckDB 2.0.0 then loses rows of an ordered insert that follows in
    # the same transaction to every filter, until the file is opened again
    if period_column is None:
        connection.execute(f"create or replace table {name} ({_columns(columns)})")
        return
    connection.execute(f"create table if not exists {name} ({_columns(columns)})")
    connection.execute(f"delete from {name} where {quote_identifier(period_column)} = ?", [year])


def _make_schema(connection: duckdb.DuckDBPyConnection, catalog: str, relation: Relation) -> None:
    connection.execute(
        "create schema if not exists "
        f"{quote_identifier(catalog)}.{quote_identifier(relation.schema)}"
    )


def _columns(columns: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{quote_identifier(name)} {type_}" for name, type_ in columns)


def _insert(connection: duckdb.DuckDBPyConnection, source: str, table: CanonicalTable) -> None:
    connection.execute(f"insert into {table.name} from ({source}) order by {table.order}")
