"""What of dbt's DuckDB session a shard has to share, so that the same SQL means the same there.

Owns which settings decide what SQL means, and which other databases the stage reads. It must never
change a setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from shardrun.dbt_runner.compiled import CompiledStage
from shardrun.errors import InputError

_MEANINGFUL_SETTINGS = (
    "TimeZone",
    "Calendar",
    "default_null_order",
    "default_order",
    "ieee_floating_point_ops",
    "integer_division",
    "lambda_syntax",
    "old_implicit_casting",
    "order_by_non_integer_literal",
    "scalar_subquery_error_on_multiple_rows",
)


@dataclass(frozen=True, slots=True)
class SharedSession:
    """What shards take over.

    Attributes:
        settings: of DuckDB, by name.
        attached: other DuckDB files that the stage reads, by the name it has for each.
    """

    settings: tuple[tuple[str, str], ...]
    attached: tuple[tuple[str, str], ...]


def read_session(connection: duckdb.DuckDBPyConnection, stage: CompiledStage) -> SharedSession:
    """Return what the shards of a stage share with dbt's session.

    Args:
        connection: of dbt's instance.
        stage: whose SQL it is.

    Raises:
        InputError: the stage reads a database that other processes can't read with us.
    """
    settings = connection.execute(
        "select name, value from duckdb_settings() where name in "
        f"({', '.join('?' * len(_MEANINGFUL_SETTINGS))}) order by name",
        list(_MEANINGFUL_SETTINGS),
    ).fetchall()
    files = {
        name: file
        for name, file, kind in connection.execute(
            "select database_name, path, type from duckdb_databases() where not internal"
        ).fetchall()
        if file is not None and kind == "duckdb"
    }
    own = {node.relation.database for node in stage.nodes}
    read = {name.database for name in stage.inputs} - own
    if unreadable := sorted(read - files.keys()):
        raise InputError(
            f"shards: the stage reads from {', '.join(unreadable)}, which is no DuckDB file that "
            "several processes can read. Copy what it reads in a stage before."
        )
    return SharedSession(
        settings=tuple(settings),
        attached=tuple((name, str(Path(files[name]).resolve())) for name in sorted(read)),
    )
