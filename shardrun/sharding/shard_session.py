"""What of dbt's DuckDB session a shard has to share, so that the same SQL means the same there.

Owns which settings decide what SQL means, which other databases the stage reads, and what it reads
that other processes can't. It must never change a setting.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from shardrun.database.connection import qualified
from shardrun.dbt_runner.compiled import CompiledStage, RelationName
from shardrun.shard_safety import views_over_files
from shardrun.sharding.table_columns import read_views

_MEANINGFUL_SETTINGS = (
    "TimeZone",
    "Calendar",
    "default_null_order",
    "default_order",
    "dialect_compatibility_mode",
    "disable_timestamptz_casts",
    "error_on_division_by_zero",
    "ieee_floating_point_ops",
    "integer_division",
    "lambda_syntax",
    "legacy_disable_null_type",
    "old_implicit_casting",
    "order_by_non_integer_literal",
    "regex_match_operator_semantics",
    "scalar_subquery_error_on_multiple_rows",
)


@dataclass(frozen=True, slots=True)
class SharedSession:
    """What shards take over.

    Attributes:
        settings: of DuckDB, by name.
        attached: other DuckDB files that the stage reads, by the name it has for each.
        unreadable: the inputs that no other process can read with us, and what they are.
        collation: by which texts are compared where none is named; empty where as they are.
    """

    settings: tuple[tuple[str, str], ...]
    attached: tuple[tuple[str, str], ...]
    unreadable: Mapping[RelationName, str]
    collation: str = ""


def read_session(connection: duckdb.DuckDBPyConnection, stage: CompiledStage) -> SharedSession:
    """Return what the shards of a stage share with dbt's session.

    Args:
        connection: of dbt's instance.
        stage: whose SQL it is.
    """
    settings = connection.execute(
        "select name, value from duckdb_settings() where name in "
        f"({', '.join('?' * len(_MEANINGFUL_SETTINGS))}) order by name",
        list(_MEANINGFUL_SETTINGS),
    ).fetchall()
    [(collation,)] = connection.execute("select current_setting('default_collation')").fetchall()
    databases = {
        name: (file, kind)
        for name, file, kind in connection.execute(
            "select database_name, path, type from duckdb_databases() where not internal"
        ).fetchall()
    }
    own = {node.relation.database for node in stage.nodes}
    others = {name.database for name in stage.inputs} - own
    files = {
        name: file
        for name, (file, kind) in databases.items()
        if kind == "duckdb" and file is not None and Path(file).is_file()
    }
    elsewhere = {
        name: f"which is in {name.database}, {_described(name.database, databases)}"
        for name in stage.inputs
        if name.database in others - files.keys()
    }
    return SharedSession(
        settings=tuple(settings),
        attached=tuple(
            (name, str(Path(files[name]).resolve())) for name in sorted(others & files.keys())
        ),
        unreadable={**elsewhere, **_views_over_files(connection, stage.inputs)},
        collation=collation,
    )


def _described(name: str, databases: Mapping[str, tuple[str | None, str]]) -> str:
    file, kind = databases.get(name, (None, "duckdb"))
    if kind != "duckdb":
        return f"a database of the kind {kind}"
    return "a database in memory" if file is None else f"a database at {file}"


def _views_over_files(
    connection: duckdb.DuckDBPyConnection, inputs: Collection[RelationName]
) -> dict[RelationName, str]:
    views = read_views(connection, inputs)
    over = views_over_files({qualified(*name): sql for name, sql in views.items()})
    return {
        name: f"a view over {over[qualified(*name)]}" for name in views if qualified(*name) in over
    }
