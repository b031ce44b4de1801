"""The checks that shard files pass before one row of them enters the canonical table.

Owns what makes the files of a year fit together: all there, each what its result says, of one
schema, without a shared key. It must never write, nor decide how the rows are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import duckdb

from shardrun.database.connection import qualified
from shardrun.errors import ShardError
from shardrun.sharding.shard_file import columns_of, count_period, count_rows, read_provenance
from shardrun.sharding.shard_results import ShardResult
from shardrun.sharding.shards import Relation, Shard
from shardrun.sharding.united_tables import CanonicalTable, SideTable
from shardrun.sql import quote_identifier

UNTOUCHED = "The canonical table is as it was before."


def complete_year(results: Sequence[ShardResult]) -> list[ShardResult]:
    """Return the results by shard, if they are those of one whole year and none failed.

    Raises:
        ShardError: a shard failed, is missing, or is there twice.
    """
    ordered = sorted(results, key=lambda result: result.shard.index)
    failures = [str(result.failure) for result in ordered if result.failure]
    if failures:
        raise ShardError("\n".join(failures))
    found = [result.shard for result in ordered]
    if not found:
        raise ShardError("there are no shards to unite")
    year, total = found[0].year, found[0].total
    expected = [Shard(year, index, total) for index in range(total)]
    if found != expected:
        missing = [shard.name for shard in expected if shard not in found]
        raise ShardError(
            f"the shards of {year} are not {total} different ones: there are "
            f"{', '.join(shard.name for shard in found)}; missing: {', '.join(missing) or 'none'}"
        )
    return ordered


def check_shards(
    connection: duckdb.DuckDBPyConnection,
    shards: Mapping[str, ShardResult],
    table: CanonicalTable,
    sides: Sequence[SideTable] = (),
) -> bool:
    """Refuse a year whose shard files don't make it up.

    Args:
        connection: has the shard files and the main file attached.
        shards: the results of a whole year in shard order, by the catalog name of their file.
        table: where their rows are to go.
        sides: the tables that go with them.

    Returns:
        whether the shards lie apart: each one's rows come, in the canonical order, after all rows
        of those before it, and none shares a key with another.

    Raises:
        ShardError: a file is not what its result says, or two files don't fit together.
        duckdb.Error: the canonical table does not have the columns that ``table`` names.
    """
    for catalog, result in shards.items():
        with naming_shard(result):
            _check_shard(connection, catalog, result, table)
    held = columns_of(connection, table.catalog, table.relation) if table.keeps_periods else ()
    _check_columns(connection, shards, table.relation, held)
    for side in sides:
        kept = side.period_column is not None
        held = columns_of(connection, table.catalog, side.relation) if kept else ()
        _check_columns(connection, shards, side.relation, held)
    key = table.leading_shard_key
    apart = key is not None and _are_ascending_ranges(connection, shards, table, key)
    if apart:
        for catalog, result in shards.items():
            with naming_shard(result):
                if not (table.order_is_unique and _has_no_ties(connection, catalog, result, table)):
                    _refuse_duplicates(connection, {catalog: result}, table)
    else:
        _refuse_duplicates(connection, shards, table)
    return apart


@contextmanager
def naming_shard(result: ShardResult) -> Iterator[None]:
    """Let what DuckDB says of a shard's file name the shard.

    Raises:
        ShardError: in place of DuckDB's error.
    """
    try:
        yield
    except duckdb.Error as error:
        raise _refusal(result, f"DuckDB says: {error}") from error


def _check_shard(
    connection: duckdb.DuckDBPyConnection,
    catalog: str,
    result: ShardResult,
    table: CanonicalTable,
) -> None:
    """Refuse a file that is not what its result says, or that holds rows of another year."""
    provenance = read_provenance(connection, catalog)
    if provenance is None or provenance.fingerprint != result.fingerprint:
        raise _refusal(result, "it was made by another run, or from other SQL")
    all_rows = count_rows(connection, catalog, table.relation)
    if not all_rows == provenance.rows == result.rows:
        raise _refusal(
            result,
            f"it has {all_rows} rows, was written with {provenance.rows}, and its worker "
            f"reported {result.rows}",
        )
    if not table.keeps_periods:
        return
    rows = count_period(connection, catalog, table.relation, table.period_column, result.shard.year)
    if rows != all_rows:
        raise _refusal(
            result,
            f"{all_rows - rows} of its {all_rows} rows have another {table.period_column} than "
            f"{result.shard.year}",
        )


def _check_columns(
    connection: duckdb.DuckDBPyConnection,
    shards: Mapping[str, ShardResult],
    relation: Relation,
    held: Sequence[tuple[str, str]],
) -> None:
    """Refuse shards whose columns differ from each other's, or from those the main file holds."""
    owner = f"the table {relation.identifier}"
    for catalog, result in shards.items():
        columns = columns_of(connection, catalog, relation)
        if not held:
            held, owner = columns, result.shard.name
        if columns != held:
            raise _refusal(
                result, f"its columns are {_listed(columns)}; those of {owner} are {_listed(held)}"
            )


def _are_ascending_ranges(
    connection: duckdb.DuckDBPyConnection,
    shards: Mapping[str, ShardResult],
    table: CanonicalTable,
    shard_key: str,
) -> bool:
    """Return whether every shard's keys are above those of all shards before it."""
    key = quote_identifier(shard_key)
    bounds = " union all ".join(
        f"select {place} as place, min({key}) as low, max({key}) as high, "
        f"count(*) > count({key}) as has_null from {qualified(catalog, *table.relation)}"
        for place, catalog in enumerate(shards)
    )
    [(broken,)] = connection.execute(
        "select count(*) from (select has_null, low <= max(high) over (order by place rows "
        f"between unbounded preceding and 1 preceding) as is_below from ({bounds})) "
        "where is_below or has_null"
    ).fetchall()
    return not broken


def _has_no_ties(
    connection: duckdb.DuckDBPyConnection,
    catalog: str,
    result: ShardResult,
    table: CanonicalTable,
) -> bool:
    """Return whether every row of a shard is seen to differ from all others in the order's columns.

    Half of the time, and a quarter of the CPU's, of looking for two rows that are alike; half of
    that again where texts need not be looked at.
    """
    types = dict(result.columns)
    without_texts = tuple(column for column in table.order_by if types.get(column) != "VARCHAR")
    return any(
        _ascends(connection, qualified(catalog, *table.relation), columns)
        for columns in dict.fromkeys((without_texts, table.order_by))
        if columns
    )


def _ascends(connection: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str]) -> bool:
    """Return whether every row lies above the one before it, in whatever order they come."""
    row = f"row({', '.join(map(quote_identifier, columns))})"
    [(others,)] = connection.execute(
        f"select count(*) from (select {row} as this, lag({row}) over () as before from {name}) "
        "where before is not null and this <= before"
    ).fetchall()
    return not others


def _refuse_duplicates(
    connection: duckdb.DuckDBPyConnection,
    shards: Mapping[str, ShardResult],
    table: CanonicalTable,
) -> None:
    key = ", ".join(quote_identifier(column) for column in table.unique_key)
    hashes = " union all ".join(
        f"select hash({key}) as hash from {qualified(catalog, *table.relation)}"
        for catalog in shards
    )
    # half the time of grouping by the key itself; equal keys have equal hashes
    [(alike,)] = connection.execute(
        f"select count(*) - count(distinct hash) from ({hashes})"
    ).fetchall()
    if not alike:
        return
    sources = " union all ".join(
        f"select {key}, {result.shard.index} as shardrun_shard_id "
        f"from {qualified(catalog, *table.relation)}"
        for catalog, result in shards.items()
    )
    duplicate = connection.execute(
        f"select cast(row({key}) as varchar), min(shardrun_shard_id), max(shardrun_shard_id) "
        f"from ({sources}) group by {key} having count(*) > 1 limit 1"
    ).fetchone()
    if duplicate:
        values, first, last = duplicate
        where = f"shard {first}" if first == last else f"shards {first} and {last}"
        raise ShardError(
            f"two rows of {where} have the same {', '.join(table.unique_key)}: {values}. "
            f"{UNTOUCHED}"
        )


def _refusal(result: ShardResult, reason: str) -> ShardError:
    return ShardError(
        f"shard {result.shard.index} of {result.shard.total}, {result.shard.year}, can't "
        f"enter the union: {reason}. {UNTOUCHED} Remove {result.file} and run again."
    )


def _listed(columns: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {type_}" for name, type_ in columns)
