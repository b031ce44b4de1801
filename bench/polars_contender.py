"""A year's events by polars, from files into a file, compared row by row with those of a run.

Owns what is read and how the result is checked; the rules are in `polars_events`. What it starts
from is what event generation itself starts from.
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import duckdb
import polars as pl

from bench.event_check import check_events
from bench.measured import Measured
from bench.polars_event_table import EVENT_COLUMNS
from bench.polars_events import generate_events
from bench.workspace import Workspace
from shardrun.sql import quote_literal

INPUTS = {
    "census": "select * replace ((compensation * 100)::bigint as compensation, "
    "(deferral_rate * 10000)::bigint as deferral_rate) from stg_census",
    "hires": "select * replace ((compensation * 100)::bigint as compensation) "
    "from int_hires where simulation_year = $year",
    "leavers": "select employee_id, termination_date as leaving_date, termination_reason "
    "from int_opening_terminations where simulation_year = $year",
    "layoffs": "select employee_id, termination_date as layoff_date "
    "from int_layoffs where simulation_year = $year",
    "hazards": "select * from stg_hazards",
    "levels": "select * from stg_job_levels",
    "ratings": "select * from stg_performance_ratings",
    "choices": "select slot, (deferral_rate * 10000)::bigint as enrolled_rate "
    "from stg_deferral_choices",
    "age_bands": "select age, age_band from stg_age_bands",
    "tenure_bands": "select tenure_years, tenure_band from stg_tenure_bands",
    "year": "select * from int_year_parameters where simulation_year = $year",
}
"""Cents and ten-thousandths as whole numbers, as an analyst would keep them in polars."""


def run_polars(finished: Path, workspace: Workspace) -> Measured:
    """Make the events of a finished run's first year from Parquet files, into one.

    Args:
        finished: its database, from which the files are written first, untimed.
        workspace: where they go.

    Raises:
        SystemExit: the events are not those of the run.
    """
    folder, year = workspace.folder, workspace.config.simulation.start_year
    with duckdb.connect(finished, read_only=True) as connection:
        for name, query in INPUTS.items():
            target = quote_literal(folder / f"{name}.parquet")
            connection.execute(f"copy ({query.replace('$year', str(year))}) to {target}")
    started = perf_counter()
    inputs = {name: pl.read_parquet(folder / f"{name}.parquet") for name in INPUTS}
    generate_events(inputs).write_parquet(folder / "events.parquet")
    seconds = perf_counter() - started
    check_events(finished, _as_decimals(folder / "events.parquet"), year)
    return Measured(seconds)


def _as_decimals(events: Path) -> str:
    money, rates = EVENT_COLUMNS[9:11], EVENT_COLUMNS[11:]
    columns = ", ".join(
        [f"({name} * 0.01)::decimal(12, 2) as {name}" for name in money]
        + [f"({name} * 0.0001)::decimal(5, 4) as {name}" for name in rates]
    )
    return f"select * replace ({columns}) from read_parquet({quote_literal(events)})"
