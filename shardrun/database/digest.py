"""Logical digests: a fingerprint of what tables say, not of how a file stores it.

A row becomes one text that no other row of the table has, its MD5 two 64-bit numbers, and a table
the sums of those numbers: equal whatever the order of rows, duplicates counted, in one streaming
pass. Must never use DuckDB's ``hash()``, whose values differ between versions, nor look into the
ledger, whose clock times differ between runs.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from shardrun.database.connection import (
    ALIAS,
    LEDGER_SCHEMA,
    NO_LIMITS,
    DatabaseLimits,
    open_database,
    qualified,
)
from shardrun.sql import quote_identifier

CANONICAL_SCHEMA = "main"


@dataclass(frozen=True, slots=True)
class TableDigest:
    """A table's fingerprint.

    Attributes:
        table: its name.
        rows: how many it has.
        digest: 32 hexadecimal digits over its column names, types and rows.
    """

    table: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class DatabaseDigest:
    """The fingerprints of a database's canonical tables, sorted by name."""

    tables: tuple[TableDigest, ...]

    @property
    def digest(self) -> str:
        """One fingerprint over all tables and their names, 32 hexadecimal digits."""
        return _fingerprint([[table.table, table.digest] for table in self.tables])


def digest_relation(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[int, str]:
    """Return rows and digest of anything that can stand after FROM.

    Args:
        connection: where the relation can be read.
        relation: a quoted table name, or a table function's call.
    """
    columns = [
        (str(name), str(data_type))
        for name, data_type, *_ in connection.execute(f"describe from {relation}").fetchall()
    ]
    # The length before each value keeps neighbours apart; concat() leaves a NULL's length out, so
    # NULL is ':' and the empty string '0:'.
    row_text = ", ".join(
        f"strlen({column}::varchar), ':', {column}::varchar"
        for column in (quote_identifier(name) for name, _ in columns)
    )
    sums = connection.execute(
        # md5_number_lower and _upper would each compute the MD5: 1.1 s a million rows, not 0.4
        "select count(*), coalesce(sum((md5 >> 64)::ubigint), 0)::varchar, "
        "coalesce(sum((md5 & 18446744073709551615::uhugeint)::ubigint), 0)::varchar "
        f"from (select md5_number(concat({row_text})) as md5 from {relation})"
    ).fetchone()
    rows, lower, upper = sums or (0, "0", "0")
    return rows, _fingerprint([columns, rows, lower, upper])


def digest_database(path: Path, limits: DatabaseLimits = NO_LIMITS) -> DatabaseDigest:
    """Fingerprint every canonical table: all base tables but the ledger's.

    Args:
        path: the database, opened READ_ONLY.
        limits: of the connection that reads it.

    Raises:
        DatabaseError: it can't be opened.
        DatabaseInUseError: another process is writing to it.
    """
    with open_database(path, limits=limits) as connection:
        return DatabaseDigest(
            tuple(
                TableDigest(name, *digest_relation(connection, canonical_relation(ALIAS, name)))
                for name in canonical_tables(connection, ALIAS)
            )
        )


def canonical_tables(connection: duckdb.DuckDBPyConnection, catalog: str) -> tuple[str, ...]:
    """Return the names, sorted, of the canonical tables of an attached database."""
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = ? and schema_name != ?",
        [catalog, LEDGER_SCHEMA],
    ).fetchall()
    return tuple(sorted(canonical_name(schema, name) for schema, name in tables))


def canonical_name(schema: str, table: str) -> str:
    """Return what we call a table: by its schema too, where that is not ``main``."""
    is_plain = schema == CANONICAL_SCHEMA and "." not in table
    return table if is_plain else f"{schema}.{table}"


def canonical_relation(catalog: str, name: str) -> str:
    """Return the full name, quoted, of a table that we call ``name``."""
    schema, _, table = name.partition(".")
    return qualified(catalog, *((schema, table) if table else (CANONICAL_SCHEMA, schema)))


def _fingerprint(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
