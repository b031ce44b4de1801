"""What DuckDB alone needs: the SQL of a run without dbt, and the writing of its result.

Owns the lower bounds that shardrun is measured against. It must never run a statement that the run
itself does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb

from bench.measured import Measured
from bench.workspace import Workspace
from shardrun.database.connection import ALIAS
from shardrun.dbt_runner.substitution import substituted
from shardrun.pipeline.progress import ignore_progress
from shardrun.runs.preflight import accept_run
from shardrun.runs.projects import project_inputs, with_census
from shardrun.runs.session import execute_run
from shardrun.sql import quote_literal

ROW_GROUP_SIZE = 8192  # as in dbt/profiles.yml
CANONICAL_ORDER = {
    "fct_yearly_events": "simulation_year, employee_key, employee_id, event_sequence",
    "fct_workforce_snapshot": "simulation_year, employee_key, employee_id",
}
# what writes: not dbt's questions, transactions and schemas
_WRITES = re.compile(
    r"\s*(?:/\*.*?\*/\s*)?(create\s+table|create\s+view|insert|delete|copy|alter|drop)\b",
    re.DOTALL | re.IGNORECASE,
)


def run_limit(workspace: Workspace) -> Measured:
    """Run what dbt gave DuckDB to do, statement by statement on one connection.

    A run that is not timed tells what that is.
    """
    statements = _statements(replace(workspace, folder=_folder(workspace, "recorded")))
    with _database(workspace.database) as connection:
        started = perf_counter()
        for statement in statements:
            connection.execute(statement)
        return Measured(perf_counter() - started)


def run_floor(finished: Path, workspace: Workspace) -> Measured:
    """Copy the canonical tables of a finished run, in order, into a new file."""
    with _database(workspace.database) as connection:
        connection.execute(f"attach {quote_literal(finished)} as finished (read_only)")
        started = perf_counter()
        for table, order in CANONICAL_ORDER.items():
            connection.execute(f"create table {table} as from finished.{table} order by {order}")
        return Measured(perf_counter() - started)


def _statements(workspace: Workspace) -> list[str]:
    """Run the project and return what it had DuckDB write, in order."""
    from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper

    written: list[str] = []
    execute: Callable[..., Any] = DuckDBCursorWrapper.execute

    def recorded(cursor: Any, sql: str, bindings: Any = None) -> Any:
        if _WRITES.match(sql):
            written.append(sql)
        return execute(cursor, sql, bindings)

    config = with_census(workspace.config, workspace.census)
    accepted = accept_run(config, workspace.database, project_inputs(config, lambda _: None))
    with substituted([(DuckDBCursorWrapper, "execute", recorded)]):
        execute_run(accepted, ignore_progress).raise_for_failure()
    return written


@contextmanager
def _database(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            f"attach {quote_literal(path)} as {ALIAS} (row_group_size {ROW_GROUP_SIZE})"
        )
        connection.execute(f"use {ALIAS}")
        yield connection


def _folder(workspace: Workspace, name: str) -> Path:
    folder = workspace.folder / name
    folder.mkdir()
    return folder
