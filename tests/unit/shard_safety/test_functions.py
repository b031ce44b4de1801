"""The lists of functions against the DuckDB that is installed."""

from __future__ import annotations

import duckdb

from shardrun.shard_safety import functions

AGGREGATES = (
    functions.ORDER_FREE_AGGREGATES
    | functions.EXACT_AGGREGATES
    | functions.ORDERED_AGGREGATES
    | functions.OTHER_AGGREGATES
)


def catalog(condition: str) -> set[str]:
    return {
        name
        for (name,) in duckdb.execute(
            f"select distinct function_name from duckdb_functions() where {condition}"
        ).fetchall()
    }


def test_nothing_that_duckdb_calls_volatile_is_allowed() -> None:
    changing = catalog("stability in ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')")
    assert not functions.SCALARS & changing


def test_nothing_that_takes_in_many_rows_passes_for_a_function_of_its_arguments() -> None:
    assert not functions.SCALARS & catalog("function_type = 'aggregate'")
    assert not functions.SCALARS & AGGREGATES


def test_every_aggregate_that_duckdb_knows_is_on_one_list() -> None:
    internal = {"combine_aggr", "decimal_average", "variant_group_object"}
    # 1.5 has window functions among them
    known = AGGREGATES | functions.ORDERED_WINDOWS | {"fill", "rank_dense"}
    unknown = catalog("function_type = 'aggregate'") - known
    assert unknown <= internal


def test_no_name_is_both_allowed_and_forbidden() -> None:
    assert [name for name in functions.SCALARS if functions.is_forbidden_name(name)] == []


def test_every_function_allowed_is_one_that_duckdb_has() -> None:
    known = catalog("function_type in ('scalar', 'macro')")
    # what one of the supported versions lacks, and what the parser itself makes of a call
    missing = functions.SCALARS - known - functions.OPERATORS
    assert len(missing) < len(functions.SCALARS) / 10, sorted(missing)
