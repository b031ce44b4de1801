"""The run's database file: open it within limits, say who holds it or what is wrong with it.

Owns what a DuckDB file is to us: the name it is attached under, the settings of a connection, the
translation of DuckDB's complaints about a file into our errors. It must never make a file, nor
judge whose one is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import duckdb

from shardrun.database.interrupts import interruptible
from shardrun.errors import DatabaseError, DatabaseInUseError, ShardrunError
from shardrun.sql import quote_identifier, quote_literal

ALIAS = "simulation"
"""The catalog name a run's database has wherever we open it, as in the bundled profile."""

LEDGER_SCHEMA = "shardrun"
"""The schema that makes a DuckDB file one of ours."""

_LOCK_HOLDER = re.compile(r"lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")


DatabaseSetting: TypeAlias = str | bool | int | float | list[str]
"""A value that DuckDB's client takes for a setting."""


@dataclass(frozen=True, slots=True)
class DatabaseLimits:
    """What a DuckDB instance may use; ``None`` leaves DuckDB's own default.

    Attributes:
        threads: DuckDB's worker threads.
        memory_mb: memory before it spills to disk, in megabytes (10^6 bytes).
        temp_directory: where it spills.
    """

    threads: int | None = None
    memory_mb: int | None = None
    temp_directory: Path | None = None

    def settings(self) -> dict[str, str | int]:
        """Return DuckDB's settings by name, only those that are limited."""
        settings: dict[str, str | int] = {}
        if self.threads is not None:
            settings["threads"] = self.threads
        if self.memory_mb is not None:
            settings["memory_limit"] = f"{self.memory_mb}MB"
        if self.temp_directory is not None:
            settings["temp_directory"] = str(self.temp_directory)
        return settings


NO_LIMITS = DatabaseLimits()
NO_SETTINGS: Mapping[str, DatabaseSetting] = MappingProxyType({})


@contextmanager
def memory_database(
    settings: Mapping[str, DatabaseSetting] = NO_SETTINGS,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Use an instance of its own that has no file; Ctrl-C ends its queries.

    Args:
        settings: DuckDB's, by name.

    Yields:
        a connection, closed at the end.
    """
    with (
        duckdb.connect(":memory:", config=dict(settings)) as connection,
        interruptible(connection.interrupt),
    ):
        yield connection


@contextmanager
def open_database(
    path: Path, *, read_only: bool = True, limits: DatabaseLimits = NO_LIMITS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Attach an existing database under :data:`ALIAS` in an instance of its own, and use it.

    Args:
        path: the database file.
        read_only: whether the file is opened without the right to write.
        limits: threads, memory and temp directory of the instance.

    Yields:
        a connection whose default catalog is the database; closed at the end.

    Raises:
        DatabaseInUseError: another process holds the file in a mode that excludes ours.
        DatabaseError: it is missing, empty, no DuckDB database, damaged, or from a newer DuckDB.
    """
    with memory_database(limits.settings()) as connection:
        connection.execute("set timezone = 'UTC'")
        attach_database(connection, path, ALIAS, read_only=read_only)
        connection.execute(f"use {ALIAS}")
        yield connection


def attach_database(
    connection: duckdb.DuckDBPyConnection, path: Path, alias: str, *, read_only: bool = True
) -> None:
    """Attach an existing database to an instance.

    Args:
        connection: any connection of the instance.
        path: the database file.
        alias: the catalog name it gets.
        read_only: whether the file is opened without the right to write.

    Raises:
        DatabaseInUseError: another process holds the file in a mode that excludes ours.
        DatabaseError: it is missing, empty, no DuckDB database, damaged, or from a newer DuckDB.
    """
    if path.is_dir():
        raise DatabaseError(f"{path} is a directory, not a database. Name a file with --database.")
    if not path.exists():
        raise DatabaseError(f"there is no database at {path}. `shardrun run` makes one.")
    if is_blank(path):
        raise nothing_in(path)
    # TYPE duckdb: else a file of another engine makes DuckDB reach out for an extension.
    options = "type duckdb, read_only" if read_only else "type duckdb"
    try:
        connection.execute(f"attach {quote_literal(path)} as {quote_identifier(alias)} ({options})")
    except duckdb.Error as error:
        raise _refusal(path, error) from error


def is_blank(path: Path) -> bool:
    """Return whether a database has no byte in it, as a process leaves one that died making it."""
    return path.stat().st_size == 0 and not write_ahead_log(path).exists()


def write_ahead_log(database: Path) -> Path:
    """Return where DuckDB keeps the write-ahead log of ``database``."""
    return database.with_name(f"{database.name}.wal")


def nothing_in(path: Path) -> DatabaseError:
    """Return the refusal to read a database in which nothing is."""
    return DatabaseError(f"there is nothing in {path} yet. `shardrun run` begins on it.")


def storage_version(connection: duckdb.DuckDBPyConnection, catalog: str) -> str:
    """Return the storage format of an attached database, as DuckDB names it: ``v1.0.0+``."""
    [(version,)] = connection.execute(
        "select tags['storage_version'] from duckdb_databases() where database_name = ?", [catalog]
    ).fetchall()
    return str(version)


def catalog_of(connection: duckdb.DuckDBPyConnection, path: Path) -> str | None:
    """Return the name under which ``connection``'s instance has ``path`` attached, if it has."""
    attached = connection.execute(
        "select database_name, path from duckdb_databases() where path is not null"
    ).fetchall()
    return next((name for name, file in attached if Path(file).resolve() == path.resolve()), None)


def count_rows(
    connection: duckdb.DuckDBPyConnection, relation: str, period: tuple[str, int] | None = None
) -> int:
    """Return how many rows a table or view has.

    Args:
        connection: of an instance that has its database attached.
        relation: its full name, quoted.
        period: a column and its value; only rows that have it, where there is that column.
    """
    columns = {name for name, *_ in connection.execute(f"describe {relation}").fetchall()}
    condition, values = "", []
    if period is not None and period[0] in columns:
        condition, values = f" where {quote_identifier(period[0])} = ?", [period[1]]
    counted = connection.execute(f"select count(*) from {relation}{condition}", values).fetchone()
    return counted[0] if counted else 0


def qualified(catalog: str, schema: str, name: str) -> str:
    """Return a table's full name, quoted."""
    return ".".join(quote_identifier(part) for part in (catalog, schema, name))


def _refusal(path: Path, error: duckdb.Error) -> ShardrunError:
    """Return our error for what DuckDB said while it opened ``path``."""
    text = str(error)
    if "Could not set lock" in text:
        holder = _LOCK_HOLDER.search(text)
        by = f"process {holder['pid']} ({holder['program']})" if holder else "another process"
        return DatabaseInUseError(
            f"{path} is in use by {by}. Wait until it ends, or close it there, then try again."
        )
    if "newer version of DuckDB" in text:
        return DatabaseError(
            f"{path} was written by a newer DuckDB than the {duckdb.__version__} installed here. "
            "Install the newer one (pip install --upgrade duckdb), or name another file with "
            "--database."
        )
    if "not a valid DuckDB database file" in text:
        return DatabaseError(
            f"{path} is not a DuckDB database, so it is left alone. Name another file with "
            "--database."
        )
    return DatabaseError(f"{path} can't be opened as a database. DuckDB says: {text}")
