"""The DuckDB instance in which a shard is made: within its share, and confined to its files.

SQL in a worker comes from a project. It reads the main file and the databases that the project's
profile attaches beside it, and writes into the folder of the shards; no other file, no network, no
extension, and no setting that would change that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from shardrun.database.connection import DatabaseLimits, DatabaseSetting, memory_database
from shardrun.sharding.shards import ShardTask
from shardrun.sql import quote_identifier, quote_literal

MAIN_FILE = "shardrun_main_file"
"""The catalog name of the main file in a worker."""

_COMPRESSION_OF_NUMBERS = "alp,alprd,bitpacking,chimp,patas,rle,roaring"
_SLOW_COMPRESSION_OF_TEXTS = "fsst,zstd"
_HAS_FSYNC_MODE = int(duckdb.__version__.partition(".")[0]) >= 2


@contextmanager
def confined_connection(task: ShardTask, workspace: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection that has its databases attached READ_ONLY and can open no other file.

    Args:
        task: gives the main file, the folder that may be written to, limits and settings.
        workspace: where what exceeds the memory is spilled; within that folder.

    Raises:
        duckdb.Error: the main file can't be attached, or a setting is unknown.
    """
    limits = DatabaseLimits(task.threads, task.memory_mb, workspace / "spill")
    settings: dict[str, DatabaseSetting] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        **limits.settings(),
    }
    with memory_database(settings) as connection:
        connection.execute("set enable_progress_bar = false")
        # read once and removed: to compress numbers takes a tenth of a large shard's CPU time, but
        # from a dictionary the union reads texts faster
        connection.execute(
            "set disabled_compression_methods = "
            f"'{_COMPRESSION_OF_NUMBERS},{_SLOW_COMPRESSION_OF_TEXTS}'"
        )
        if _HAS_FSYNC_MODE:
            # to wait for the disk takes 0.02 of a large shard's 1.9 seconds, more on a slow disk;
            # what a loss of power leaves damaged is told by its checksums, and made anew
            connection.execute("set fsync_mode = 'none'")
        for name, value in task.settings:
            connection.execute(f"set {quote_identifier(name)} = {quote_literal(value)}")
        connection.execute(
            f"attach {quote_literal(task.database)} as {MAIN_FILE} (type duckdb, read_only)"
        )
        for name, file in task.attached:
            connection.execute(
                f"attach {quote_literal(file)} as {quote_identifier(name)} (type duckdb, read_only)"
            )
        connection.execute(f"set allowed_directories = [{quote_literal(task.folder)}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection
