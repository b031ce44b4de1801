"""The last year's events by smallpond (DuckDB on Ray), compared with those of a run.

Owns what it is given: the very SQL that dbt compiled for the run, and the tables it reads, as
Parquet. smallpond brings libraries of its own, so it has an environment of its own, in which
`smallpond_events` runs.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import duckdb

from bench.event_check import check_events
from bench.measured import Measured
from bench.workspace import Workspace
from shardrun.sql import quote_literal

_SCRIPT = Path(__file__).with_name("smallpond_events.py")
_COMPILED = Path("target/compiled/workforce/models/events/fct_yearly_events.sql")
_PARTITIONED = ("stg_census", "fct_workforce_snapshot", "int_hires")
_PARTITIONS = 8


def run_smallpond(python: Path, finished: Path, workspace: Workspace) -> Measured:
    """Make the events in partitions, from Parquet files that are written first, untimed.

    Args:
        python: of the environment that has smallpond.
        finished: database of a run, its folder beside it.
        workspace: where everything goes.

    Returns:
        wall seconds, Ray's start among them.

    Raises:
        SystemExit: smallpond failed, or the events are not those of the run.
    """
    folder, year = workspace.folder, workspace.config.simulation.end_year
    partitioned = _provide(finished, folder, year)
    done = subprocess.run(
        [str(python), str(_SCRIPT), str(folder), str(_PARTITIONS), *partitioned],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"smallpond failed:\n{done.stdout}\n{done.stderr}")
    events = f"from read_parquet({quote_literal(folder / 'events.parquet')})"
    check_events(finished, events, year)
    seconds = json.loads((folder / "seconds.json").read_text(encoding="utf-8"))
    return Measured(seconds["all"])


def _provide(finished: Path, folder: Path, year: int) -> list[str]:
    """Write the query and its tables; return the tables to partition, in the order of their use."""
    sql = (finished.with_suffix(".shardrun") / _COMPILED).read_text(encoding="utf-8")
    partitioned: list[str] = []

    with duckdb.connect(finished, read_only=True) as connection:

        def provided(reference: re.Match[str]) -> str:
            table = reference["table"]
            target = quote_literal(folder / f"{table}.parquet")
            # only what the year reads: a run has its other years pruned
            of_year = {"fct_workforce_snapshot": year - 1, "int_hires": year}.get(table)
            where = "" if of_year is None else f" where simulation_year = {of_year}"
            connection.execute(f"copy (from {table}{where}) to {target}")
            if table not in _PARTITIONED:
                return f"read_parquet({target})"
            if table not in partitioned:
                partitioned.append(table)
            return f"{{{partitioned.index(table)}}}"

        query = re.sub(r'"simulation"\."main"\."(?P<table>\w+)"', provided, sql)
    (folder / "events.sql").write_text(query, encoding="utf-8")
    return partitioned
