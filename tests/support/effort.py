"""One run of the workforce project with all that it costs counted: dbt's logs, rows scanned.

Owns how DuckDB's profiler is asked. It must never judge whether a count is too high.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper

from shardrun.config.overrides import with_overrides
from shardrun.config.simulation import load_config
from shardrun.pipeline.progress import ProgressEvent, StepStarted
from shardrun.runs.preflight import accept_run
from shardrun.runs.projects import project_inputs, with_census
from shardrun.runs.session import execute_run
from shardrun.workforce.census_generation import generate_census
from shardrun.workforce.parameters import WorkforceConfig
from tests.support.render import REPOSITORY

_SCANNED = ("rows_scanned", "operator_rows_scanned")
"""What DuckDB 2.0 and 1.5 call the rows that one operator read from a table."""


@dataclass
class Effort:
    """What a run cost.

    Attributes:
        database: that it made.
        logs: dbt's, by year and stage, with all SQL.
        rows_scanned: by stage and year, in every statement that dbt sent.
    """

    database: Path
    logs: dict[str, str] = field(default_factory=dict)
    rows_scanned: Counter[tuple[str, int]] = field(default_factory=Counter)


def count_effort(folder: Path, employees: int, years: tuple[int, int]) -> Effort:
    """Run the project in a folder, which is the current one, with a census of its own."""
    for name in ("dbt", "macros", "config"):
        shutil.copytree(
            REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("target", "logs")
        )
    profile = folder / "dbt" / "profiles.yml"
    # years lie in row groups of their own as they do in a large database
    profile.write_text(profile.read_text().replace("row_group_size: 8192", "row_group_size: 2048"))
    census = folder / "census.parquet"
    generate_census(census, employees=employees, seed=1)
    config = with_overrides(
        load_config(folder / "config" / "simulation_config.yaml", WorkforceConfig),
        start_year=years[0],
        end_year=years[1],
    )
    config = with_census(config, census)
    effort = Effort(folder / "simulation.duckdb")
    step = ("", 0)

    def listen(event: ProgressEvent) -> None:
        nonlocal step
        if isinstance(event, StepStarted):
            step = (event.stage.value, event.year)

    def execute(cursor: DuckDBCursorWrapper, sql: str, bindings: object = None) -> Any:
        connection = cursor._cursor
        connection.execute("pragma enable_profiling = 'no_output'")
        for statement in duckdb.extract_statements(sql):  # a profile is of the last one alone
            done = connection.execute(statement, *(() if bindings is None else (bindings,)))
            profile = json.loads(connection.get_profiling_information("json"))
            effort.rows_scanned[step] += _rows_scanned(profile)
        return done

    with patch.object(DuckDBCursorWrapper, "execute", execute):
        accepted = accept_run(config, effort.database, project_inputs(config, lambda _: None))
        execute_run(accepted, listen, debug=True).raise_for_failure()
    logs = folder / "simulation.shardrun" / "logs"
    effort.logs = {file.stem: file.read_text() for file in logs.iterdir()}
    return effort


def _rows_scanned(profile: Any) -> int:
    if isinstance(profile, dict):
        if str(profile.get("operator_name")).strip() == "RANGE":
            return 0  # numbers that no table holds; DuckDB 1.5 counts them, 2.0 does not
        return sum(
            value if name in _SCANNED else _rows_scanned(value) for name, value in profile.items()
        )
    return sum(map(_rows_scanned, profile)) if isinstance(profile, list) else 0
