"""Whose a database is, and whether a run may have it.

A check opens it READ_ONLY, so that a refusal never changes a file; only :func:`claim_database`, the
last step before a run, opens it for writing.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from shardrun.database.connection import (
    ALIAS,
    LEDGER_SCHEMA,
    is_blank,
    nothing_in,
    open_database,
    qualified,
)
from shardrun.errors import DatabaseError


def check_ownership(path: Path) -> None:
    """Refuse a file that no run of ours made, so that it is never written to or replaced.

    Raises:
        DatabaseInUseError: another process is writing to it.
        DatabaseError: it is not a DuckDB database, or one without a ledger, or nothing is in it.
    """
    with open_database(path) as connection:
        if _is_bare(connection):
            raise nothing_in(path)
        if ledger_has(connection, ALIAS, "members"):
            raise DatabaseError(
                f"{path} holds an ensemble, not a run; `shardrun status` and `shardrun report` "
                "read it. For a run, name another file."
            )
        if not has_ledger(connection, ALIAS):
            raise DatabaseError(
                f"{path} is a DuckDB database that `shardrun run` did not make (it has no schema "
                f"`{LEDGER_SCHEMA}`), so it is left alone. Name another file with --database."
            )


def has_ledger(connection: duckdb.DuckDBPyConnection, catalog: str) -> bool:
    """Return whether ``catalog``, an attached database, holds our ledger."""
    return ledger_has(connection, catalog, "runs")


def ledger_has(connection: duckdb.DuckDBPyConnection, catalog: str, table: str) -> bool:
    """Return whether the ledger of ``catalog`` has a table; older ones lack some."""
    return (
        connection.execute(
            "select 1 from duckdb_tables() where database_name = ? and schema_name = ? "
            "and table_name = ?",
            [catalog, LEDGER_SCHEMA, table],
        ).fetchone()
        is not None
    )


def holds_nothing(path: Path) -> bool:
    """Return whether nobody's data is in a file: a run leaves one so that died as it began.

    Raises:
        DatabaseInUseError: another process is writing to it.
        DatabaseError: it is not a DuckDB database.
    """
    if is_blank(path):
        return True
    with open_database(path) as connection:
        return _is_bare(connection)


def _is_bare(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether a database has nothing in it but a ledger that no run is in."""
    [(others, ours)] = connection.execute(
        "select count(*) filter (schema_name != $schema), count(*) filter (schema_name = $schema) "
        "from (select database_name, schema_name, internal from duckdb_schemas() union all "
        "select database_name, schema_name, internal from duckdb_tables() union all "
        "select database_name, schema_name, internal from duckdb_views()) "
        "where database_name = $catalog and not internal",
        {"schema": LEDGER_SCHEMA, "catalog": ALIAS},
    ).fetchall()
    if others or not ours:
        return not others
    if not has_ledger(connection, ALIAS):
        return False
    runs = qualified(ALIAS, LEDGER_SCHEMA, "runs")
    return connection.execute(f"select 1 from {runs} limit 1").fetchone() is None


def claim_database(path: Path) -> None:
    """Make sure that a run may write to ``path``, just before it does.

    An existing file is opened for writing and closed again: DuckDB then finds readers too, which a
    READ_ONLY look does not meet, and replays what a crash left in the write-ahead log. A file
    without a byte, which DuckDB would refuse, makes way.

    Raises:
        DatabaseInUseError: another process holds it, reading or writing.
        DatabaseError: the file or its folder can't be written to.
    """
    check_writable(path)
    if not path.exists():
        return
    if is_blank(path):
        path.resolve().unlink()
        return
    with open_database(path, read_only=False):
        pass


def check_writable(path: Path) -> None:
    """Refuse a place where no database can be written; touches nothing.

    Raises:
        DatabaseError: the folder is missing or not writable, or the file is not writable.
    """
    folder = path.parent
    if path.is_dir():
        raise DatabaseError(f"{path} is a directory, not a database. Name a file with --database.")
    if not folder.is_dir():
        raise DatabaseError(f"the folder {folder} of the database {path.name} does not exist.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise DatabaseError(f"the folder {folder} of the database {path.name} is not writable.")
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        raise DatabaseError(f"the database {path} is not readable and writable for you.")
