"""What a year may cost, counted: calls of dbt, statements that it sends, rows that these scan.

A slow-down of what dbt or the models do shows here on any machine. Who makes a year cheaper lowers
the numbers.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import polars as pl
import pytest

from bench.polars_contender import run_polars
from bench.workspace import Workspace
from shardrun.workforce.parameters import WorkforceConfig
from tests.support.effort import Effort, count_effort

pytestmark = pytest.mark.integration

STATEMENTS_OF_A_YEAR = {
    "foundation": 33,
    "event_generation": 17,
    "state_accumulation": 17,
    "validation": 24,
}

ROWS_SCANNED_A_PERSON = {
    "foundation": 11.0,  # in DuckDB 1.5; 8.5 in 2.0
    "event_generation": 3.2,
    "state_accumulation": 4.2,
    "validation": 10.0,  # in DuckDB 1.5; 8.9 in 2.0
}


@pytest.fixture(scope="module")
def effort(tmp_path_factory: pytest.TempPathFactory) -> Effort:
    here = tmp_path_factory.mktemp("effort")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        return count_effort(here, employees=3000, years=(2025, 2027))


@pytest.fixture(scope="module")
def opening(effort: Effort) -> dict[int, int]:
    """How many are employed as each year begins."""
    with duckdb.connect(effort.database, read_only=True) as connection:
        return dict(
            connection.execute(
                "select simulation_year, opening_headcount from int_headcount_plan"
            ).fetchall()
        )


def test_a_stage_of_a_year_is_one_call_of_dbt(effort: Effort) -> None:
    of_year = {name: log for name, log in effort.logs.items() if name.startswith("2026-")}
    assert set(of_year) == {f"2026-{stage}" for stage in STATEMENTS_OF_A_YEAR}
    assert {log.count("Running with dbt=") for log in of_year.values()} == {1}


@pytest.mark.parametrize("stage", STATEMENTS_OF_A_YEAR)
def test_a_stage_sends_no_more_statements_than_it_did(effort: Effort, stage: str) -> None:
    sent = len(re.findall(r"SQL status: ", effort.logs[f"2026-{stage}"]))
    assert 0 < sent <= STATEMENTS_OF_A_YEAR[stage]


def test_a_run_parses_the_project_once(effort: Effort) -> None:
    assert {
        name: log.count("Performance info: ") for name, log in effort.logs.items() if "Perf" in log
    } == {"parse": 1}


@pytest.mark.parametrize("stage", ROWS_SCANNED_A_PERSON)
def test_a_stage_scans_no_more_rows_a_person_than_it_did(
    effort: Effort, opening: dict[int, int], stage: str
) -> None:
    a_person = effort.rows_scanned[stage, 2026] / opening[2026]
    assert 1 < a_person <= ROWS_SCANNED_A_PERSON[stage]


@pytest.mark.parametrize("stage", ROWS_SCANNED_A_PERSON)
def test_a_later_year_scans_more_only_as_there_are_more_people(
    effort: Effort, opening: dict[int, int], stage: str
) -> None:
    """A delete, join or check that reads all years would scan a tenth more in each than before."""
    earlier, later = (effort.rows_scanned[stage, year] / opening[year] for year in (2026, 2027))
    assert later <= 1.08 * earlier


def test_the_benchmarks_polars_makes_the_very_events_of_a_year(
    effort: Effort, tmp_path: Path
) -> None:
    """Its time says something only if it does the same work; it ends the program where not."""
    config = WorkforceConfig.model_validate({"simulation": {"start_year": 2025, "end_year": 2025}})
    run_polars(effort.database, Workspace(tmp_path, config, tmp_path, tmp_path))
    with duckdb.connect(effort.database, read_only=True) as connection:
        [(events,)] = connection.execute(
            "select count(*) from fct_yearly_events where simulation_year = 2025"
        ).fetchall()
    assert len(pl.read_parquet(tmp_path / "events.parquet")) == events > 3000
