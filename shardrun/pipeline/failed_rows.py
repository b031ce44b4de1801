"""The rows that a failed test found, kept as tables for whoever looks into them.

Owns the schema `shardrun_failures`: a table for each test that failed, made anew by the run that
it failed in and gone with the next run. It must never touch another schema, nor judge a test.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from shardrun.database.connection import catalog_of, qualified
from shardrun.dbt_runner.results import NodeResult
from shardrun.sql import quote_identifier

FAILURES_SCHEMA = "shardrun_failures"


def forget_failed_rows(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    """Remove what tests of earlier runs found.

    Args:
        connection: of the instance that has the database open for writing.
        database: the file.
    """
    connection.execute(f"drop schema if exists {_schema(connection, database)} cascade")


def keep_failed_rows(
    connection: duckdb.DuckDBPyConnection, database: Path, failed: Sequence[NodeResult]
) -> list[str]:
    """Keep the rows of failed tests.

    Args:
        connection: of the instance that has the database open for writing, as dbt left it.
        database: the file.
        failed: nodes that failed; those that are no tests have no rows, nor have unit tests.

    Returns:
        a line for each table, for a person.
    """
    lines = []
    for node in failed:
        if node.resource_type != "test" or node.status != "fail" or node.compiled_path is None:
            continue
        table = qualified(str(catalog_of(connection, database)), FAILURES_SCHEMA, node.name)
        sql = Path(node.compiled_path).read_text(encoding="utf-8")
        connection.execute(f"create schema if not exists {_schema(connection, database)}")
        connection.execute(f"create or replace table {table} as (\n{sql}\n)")
        shown = f"{FAILURES_SCHEMA}.{quote_identifier(node.name)}"
        lines.append(f"the rows that {node.name} found: {shown} in {database}")
    return lines


def _schema(connection: duckdb.DuckDBPyConnection, database: Path) -> str:
    catalog = str(catalog_of(connection, database))
    return f"{quote_identifier(catalog)}.{FAILURES_SCHEMA}"
