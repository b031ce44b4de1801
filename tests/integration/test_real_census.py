"""Promises about a real HR export: 526 workers of 1976, as a person would bring them."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from shardrun.workforce.census_import import CensusImport, import_census

ROOT = Path(__file__).parents[2]
WORKERS = ROOT.parent / "shared" / "data" / "workers_1976.csv"

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not WORKERS.exists(), reason="the real census is not beside this repository"
    ),
]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> CensusImport:
    return import_census(
        WORKERS,
        tmp_path_factory.mktemp("real") / "census.parquet",
        job_levels=ROOT / "dbt" / "seeds" / "job_levels.csv",
        as_of=date(1976, 12, 31),
        columns={
            "employee_id": "Worker No",
            "birth_date": "Date of Birth",
            "hire_date": "Hired",
            "compensation": "Hourly Pay",
        },
        pay_period="hourly",
    )


def test_every_worker_is_imported_with_annual_pay(imported: CensusImport) -> None:
    with duckdb.connect() as connection:
        rows = connection.execute("from read_parquet(?)", [str(imported.path)]).fetchall()
    assert len(rows) == imported.rows == 526
    assert rows[0] == (
        "W-0001",
        date(1957, 8, 12),
        date(1976, 6, 14),
        Decimal("6448.00"),
        1,
        False,
        Decimal(0),
    )
    # 3101.35 dollars an hour altogether, times 2080
    assert imported.profile.total_compensation == Decimal("6450808.00")


def test_workers_hired_as_children_are_named_and_kept(imported: CensusImport) -> None:
    assert imported.warnings == (
        '"Hired" (hire_date) is before the year of the 16th birthday: rows 75, 129, 167, 467',
        '"Hired" (hire_date) is before the 16th birthday, but in its year: rows 175, 319, 343, 525',
    )


def test_what_was_assumed_is_said(imported: CensusImport) -> None:
    assert imported.notes == (
        "dates are read as %m/%d/%Y",
        "no job_level: levels follow from the pay bands",
        "no is_enrolled: nobody counted as enrolled",
        "columns not used: Years of School, Sex",
        "pay is hourly and was made annual",
    )


def test_five_years_of_the_real_workforce_pass_every_check(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "shardrun", "run", "--json"),
            *("--config", "config/examples/workers_1976.yaml", "--census", str(WORKERS)),
            *("--database", str(tmp_path / "workers.duckdb")),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["checks"] == {"passed": 60, "total": 60}
    with duckdb.connect(str(tmp_path / "workers.duckdb"), read_only=True) as connection:
        years = connection.execute(
            "select simulation_year, opening_headcount, closing_headcount from rpt_headcount_bridge"
        ).fetchall()
    assert [year for year, _, _ in years] == [1977, 1978, 1979, 1980, 1981]
    assert years[0][1] == 526
    # 2 % more each year, to the nearest person
    assert all(closing == round(opening * Decimal("1.02")) for _, opening, closing in years)
