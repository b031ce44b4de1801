"""The ledger's tables: ``runs``, ``steps``, ``shards``, ``written_tables`` and ``branches``.

Their schema is ``shardrun``.

Owns their columns, and how a ledger of an older version, which lacks some, is brought up to date or
read as it is. It must never read or write a row.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from shardrun.database.connection import LEDGER_SCHEMA, qualified
from shardrun.sql import quote_identifier

_TABLES = {
    "runs": """
        run_id varchar not null,
        status varchar not null,
        started_at timestamptz not null,
        ended_at timestamptz,
        start_year integer not null,
        end_year integer not null,
        random_seed hugeint not null,
        threading varchar not null,
        versions varchar not null,
        config varchar not null,
        inputs varchar not null,
        project varchar not null,
        error varchar
    """,
    "steps": """
        run_id varchar not null,
        year integer not null,
        stage varchar not null,
        status varchar not null,
        started_at timestamptz not null,
        seconds double,
        rows bigint,
        checks bigint,
        checks_passed bigint
    """,
    "shards": """
        run_id varchar not null,
        year integer not null,
        stage varchar not null,
        shard_id integer not null,
        total_shards integer not null,
        status varchar not null,
        tries integer not null,
        worker bigint,
        seconds double not null,
        rows bigint not null,
        peak_memory bigint not null,
        error varchar
    """,
    "written_tables": """
        table_schema varchar not null,
        table_name varchar not null,
        stage varchar not null,
        place integer not null
    """,
    "branches": """
        source varchar not null,
        source_run_id varchar not null,
        year integer not null,
        branched_at timestamptz not null,
        config varchar not null,
        inputs varchar not null,
        project varchar not null
    """,
}

LATER_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "runs": {"limits": "varchar"},
    "steps": {
        "cpu_seconds": "double",
        "peak_memory": "bigint",
        "read_bytes": "bigint",
        "written_bytes": "bigint",
    },
}
"""Columns with their types, by table, that ledgers of older versions lack; all may be null."""


def create_ledger_tables(connection: duckdb.DuckDBPyConnection, catalog: str) -> None:
    """Make the ledger's tables where they are missing, and what an older ledger lacks of them.

    Args:
        connection: of an instance that may write to the database.
        catalog: the name the database is attached under.
    """
    connection.execute(f"create schema if not exists {quote_identifier(catalog)}.{LEDGER_SCHEMA}")
    for table, columns in _TABLES.items():
        relation = qualified(catalog, LEDGER_SCHEMA, table)
        connection.execute(f"create table if not exists {relation} ({columns})")
        for column, kind in LATER_COLUMNS.get(table, {}).items():
            connection.execute(f"alter table {relation} add column if not exists {column} {kind}")


def with_later_columns(catalog: str, table: str) -> str:
    """Return a table as a subquery in which what an older ledger lacks of it is null.

    Its column ``place`` counts the rows in the order in which they were recorded.
    """
    columns = ", ".join(f"null::{kind} as {name}" for name, kind in LATER_COLUMNS[table].items())
    relation = qualified(catalog, LEDGER_SCHEMA, table)
    return (
        f"(select *, rowid as place from {relation} union all by name select {columns} where false)"
    )
