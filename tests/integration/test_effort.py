"""What a year may cost, counted: calls of dbt, and statements that dbt sends to DuckDB.

A slow-down of what dbt does around the models shows here on any machine. Who makes a year cheaper
lowers the numbers.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from shardrun.workforce.census_generation import generate_census
from tests.support.render import REPOSITORY

pytestmark = pytest.mark.integration

STATEMENTS_OF_A_YEAR = {
    "foundation": 29,
    "event_generation": 17,
    "state_accumulation": 17,
    "validation": 24,
}


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Run two years with all SQL logged, and return what was logged, by year and stage."""
    here = tmp_path_factory.mktemp("effort")
    for name in ("dbt", "macros", "config"):
        shutil.copytree(REPOSITORY / name, here / name, ignore=shutil.ignore_patterns("target"))
    generate_census(here / "census.parquet", employees=300, seed=1)
    subprocess.run(
        [
            *(sys.executable, "-m", "shardrun", "run", "2025-2026", "--debug"),
            *("--census", "census.parquet", "--database", "simulation.duckdb"),
        ],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=True,
        capture_output=True,
    )
    return {file.stem: file.read_text() for file in (here / "simulation.shardrun/logs").iterdir()}


def test_a_stage_of_a_year_is_one_call_of_dbt(logs: dict[str, str]) -> None:
    of_year = {name: log for name, log in logs.items() if name.startswith("2026-")}
    assert set(of_year) == {f"2026-{stage}" for stage in (*STATEMENTS_OF_A_YEAR, "reporting")}
    assert {log.count("Running with dbt=") for log in of_year.values()} == {1}


@pytest.mark.parametrize("stage", STATEMENTS_OF_A_YEAR)
def test_a_stage_sends_no_more_statements_than_it_did(logs: dict[str, str], stage: str) -> None:
    sent = len(re.findall(r"SQL status: ", logs[f"2026-{stage}"]))
    assert 0 < sent <= STATEMENTS_OF_A_YEAR[stage]


def test_a_run_parses_the_project_once(logs: dict[str, str]) -> None:
    assert {
        name: log.count("Performance info: ") for name, log in logs.items() if "Perf" in log
    } == {"parse": 1}
