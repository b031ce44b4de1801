"""The DuckDB instance that makes or reads a census: in memory, offline, with a scratch directory.

It must never touch a run's database.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from shardrun.database.connection import DatabaseLimits, DatabaseSetting, memory_database
from shardrun.errors import ShardrunError


@contextmanager
def census_session(limits: DatabaseLimits) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """Yield a connection and an empty directory, both gone afterwards.

    Args:
        limits: threads and memory; what exceeds the memory spills into the scratch directory
            unless the limits name another.

    Raises:
        ShardrunError: if what is done with the connection runs out of memory.
    """
    with tempfile.TemporaryDirectory(prefix="shardrun-census-") as scratch:
        settings: dict[str, DatabaseSetting] = {
            "temp_directory": scratch,
            "autoinstall_known_extensions": False,
            **limits.settings(),
        }
        with memory_database(settings) as connection:
            connection.execute("set timezone = 'UTC'")
            try:
                yield connection, Path(scratch)
            except duckdb.OutOfMemoryException as error:
                raise ShardrunError(
                    f"the census needs more memory than it may use: {error}"
                ) from error
