"""The columns of tables, and what views are made of, as an open database has them.

It must never read a row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import duckdb

from shardrun.dbt_runner.compiled import RelationName

TableColumns = Mapping[RelationName, Mapping[str, str]]
"""Names and DuckDB types of columns, by table; only of tables that are there."""


def read_columns(
    connection: duckdb.DuckDBPyConnection, tables: Collection[RelationName]
) -> TableColumns:
    """Return names and DuckDB types of the columns of those tables that are there."""
    wanted = set(tables)
    columns: dict[RelationName, dict[str, str]] = {}
    for *name, column, data_type in connection.execute(
        "select table_catalog, table_schema, table_name, column_name, data_type "
        "from information_schema.columns "
        "order by table_catalog, table_schema, table_name, ordinal_position"
    ).fetchall():
        if (table := RelationName(*name)) in wanted:
            columns.setdefault(table, {})[column] = data_type
    return columns


def read_views(
    connection: duckdb.DuckDBPyConnection, tables: Collection[RelationName]
) -> dict[RelationName, str]:
    """Return the statements that made those tables that are views, in the order given."""
    definitions = {
        RelationName(*name): str(sql)
        for *name, sql in connection.execute(
            "select database_name, schema_name, view_name, sql from duckdb_views() "
            "where not internal"
        ).fetchall()
    }
    return {name: definitions[name] for name in tables if name in definitions}
