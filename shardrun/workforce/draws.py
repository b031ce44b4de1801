"""The numbers that the bundled model draws for a person and a year, drawn once more.

Owns the names of the random streams in their order, which is `random_streams` of the dbt project:
a stream's draws hang on its place. It must never decide anything by a draw.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from shardrun.workforce.philox import philox_4x32_10

STREAMS = (
    "termination",
    "termination_date",
    "termination_reason",
    "layoff",
    "promotion",
    "promotion_date",
    "performance",
    "deferral_change",
    "enrollment",
    "enrollment_date",
    "enrollment_rate",
    "opt_out",
    "opt_out_date",
    "hire_level",
    "hire_age",
    "hire_date",
    "hire_compensation",
)

_WORDS = 4
DRAW_RANGE = 2**32
"""Draws are whole numbers from 0 to below this; a hazard is met by what is below its share."""


def create_draws(
    connection: duckdb.DuckDBPyConnection, people: str, seeds: Mapping[int, int]
) -> None:
    """Create the temporary table ``draws``: one row a row of ``people``, a column a stream.

    Args:
        connection: where ``people`` can be read.
        people: a relation with simulation_year, employee_id and employee_key.
        seeds: by year; a branch may have another one from its own years on.
    """
    blocks = -(-len(STREAMS) // _WORDS)
    words = " union all ".join(
        philox_4x32_10(
            "select simulation_year, employee_id, block, "
            "employee_key & 4294967295::ubigint as c0, employee_key >> 32 as c1, "
            "simulation_year::ubigint as c2, block::ubigint as c3 "
            f"from {people} cross join range({blocks}) blocks(block) "
            f"where simulation_year in ({', '.join(map(str, years))})",
            key=seed,
        )
        for seed, years in _years_by_seed(seeds).items()
    )
    draws = ", ".join(
        f"max(c{place % _WORDS}) filter (block = {place // _WORDS}) as draw_{stream}"
        for place, stream in enumerate(STREAMS)
    )
    connection.execute(
        "create or replace temp table draws as "
        f"select simulation_year, employee_id, {draws} from ({words}) "
        "group by simulation_year, employee_id"
    )


def _years_by_seed(seeds: Mapping[int, int]) -> Mapping[int, list[int]]:
    years: dict[int, list[int]] = {}
    for year, seed in seeds.items():
        years.setdefault(seed, []).append(year)
    return years
