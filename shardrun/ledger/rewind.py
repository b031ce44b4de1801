"""Takes a database back to the end of a year, so that the years after it can be run anew.

Owns what has to go: rows of those years in every table that has years, and the ledger's word that
they are done. Tables without a year stay: the stages that make them run again with their year.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from shardrun.database.connection import LEDGER_SCHEMA, catalog_of, qualified
from shardrun.database.transaction import transaction
from shardrun.ledger.ledger import Ledger
from shardrun.sql import quote_identifier


def rewind(
    connection: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    database: Path,
    column: str,
    from_year: int,
) -> None:
    """Remove a year and all after it, in one transaction.

    Args:
        connection: of the instance that has the database open for writing.
        ledger: of the database.
        database: the file.
        column: what tables that have years call them.
        from_year: the first year to go.
    """
    tables = connection.execute(
        "select tables.database_name, tables.schema_name, tables.table_name "
        "from duckdb_tables() as tables inner join duckdb_columns() as columns "
        "using (database_name, schema_name, table_name) "
        "where tables.database_name = ? and tables.schema_name != ? and columns.column_name = ?",
        [catalog_of(connection, database), LEDGER_SCHEMA, column],
    ).fetchall()
    with transaction(connection):
        for table in tables:
            connection.execute(
                f"delete from {qualified(*table)} where {quote_identifier(column)} >= ?",
                [from_year],
            )
        ledger.supersede(from_year, connection)
