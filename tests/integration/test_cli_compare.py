"""Promises of `shardrun compare` and of scenarios, on runs of 1,500 people in which they differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.browser import chromium, visit
from tests.support.in_process import invoke
from tests.support.workforce import link_project, write_census

pytestmark = pytest.mark.integration

SCENARIOS = {"faster": "0.10", "shrinking": "-0.15"}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a configuration and two scenarios, each of them simulated for two years."""
    here = tmp_path_factory.mktemp("compare")
    project = link_project(here)
    write_census(here / "census.parquet", 1500, 2027)
    (here / "scenarios").mkdir()
    (here / "config.yaml").write_text(
        "simulation:\n  start_year: 2027\n  end_year: 2028\n"
        f"census:\n  path: census.parquet\nproject:\n  project_dir: {project}\n"
    )
    for name, rate in SCENARIOS.items():
        (here / "scenarios" / f"{name}.yaml").write_text(
            f"simulation:\n  target_growth_rate: {rate}\n"
        )
    for arguments in ([], *(["--scenario", name] for name in SCENARIOS)):
        run = invoke("run", "--config", "config.yaml", *arguments, cwd=here)
        assert run.returncode == 0, run.stderr
    return here


def compared(here: Path, alt: str) -> dict[str, Any]:
    shown = invoke("compare", "simulation.duckdb", alt, "--json", "--people", "3", cwd=here)
    assert shown.returncode == 0, shown.stderr
    return dict(json.loads(shown.stdout))


def figure(document: dict[str, Any], name: str) -> dict[int, tuple[float, float, float]]:
    (told,) = (entry for entry in document["figures"] if entry["figure"] == name)
    return {year["year"]: (year["base"], year["alt"], year["difference"]) for year in told["years"]}


def query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(database, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_scenario_gets_a_database_of_its_name_and_its_own_config(here: Path) -> None:
    status = json.loads(invoke("status", "faster.duckdb", "--json", cwd=here).stdout)
    assert status["runs"][0]["config"]["target_growth_rate"] == "0.1"


def test_only_what_the_scenario_changes_is_named(here: Path) -> None:
    document = compared(here, "faster.duckdb")
    assert document["made_from"] == [
        {"kind": "config", "name": "target_growth_rate", "base": '"0.03"', "alt": '"0.1"'}
    ]
    assert document["common_draws"] is True


@pytest.mark.parametrize("name", SCENARIOS)
def test_figures_are_those_of_the_databases(here: Path, name: str) -> None:
    document = compared(here, f"{name}.duckdb")
    for column in ("closing_headcount", "total_compensation", "employer_match"):
        sides = [
            dict(query(here / path, f"select simulation_year, {column} from rpt_yearly_summary"))
            for path in ("simulation.duckdb", f"{name}.duckdb")
        ]
        for year, (base, alt, difference) in figure(document, column).items():
            assert base == pytest.approx(float(sides[0][year]), abs=0.005)
            assert alt == pytest.approx(float(sides[1][year]), abs=0.005)
            exact = sides[1][year] - sides[0][year]
            assert difference == pytest.approx(float(exact), abs=0.005)
    assert all(
        alt == 0 for _, alt, _ in figure(compared(here, "shrinking.duckdb"), "hire_events").values()
    )


def test_more_growth_adds_people_and_changes_nobodys_life(here: Path) -> None:
    people = compared(here, "faster.duckdb")["people"]
    ((everyone,),) = query(
        here / "simulation.duckdb", "select count(distinct employee_id) from fct_workforce_snapshot"
    )
    assert (people["same"], people["other_amounts"], people["parted"]) == (everyone, 0, 0)
    ((hires, more),) = query(
        here / "faster.duckdb",
        "select count(*), count(distinct simulation_year) from int_hires",
    )
    assert more == 2
    base_hires = query(here / "simulation.duckdb", "select count(*) from int_hires")[0][0]
    assert people["only_in_alt"] == hires - base_hires > 0
    assert people["only_in_base"] == 0
    assert all(life["base"] is None for life in people["examples"])


def test_layoffs_change_the_lives_of_those_laid_off_and_of_nobody_else(here: Path) -> None:
    document = compared(here, "shrinking.duckdb")
    people = document["people"]
    laid_off = query(
        here / "shrinking.duckdb",
        "select employee_id, termination_date from int_layoffs order by simulation_year, 1",
    )
    assert people["parted"] == len(laid_off) == people["by_event"]["termination"] > 0
    for life in people["examples"]:
        day = dict(laid_off)[life["employee_id"]]
        assert f"termination {day} (layoff)" in life["alt"]
        assert f"termination {day} (layoff)" not in life["base"]
    shown = invoke("compare", "simulation.duckdb", "shrinking.duckdb", cwd=here, width=60)
    assert shown.stderr == ""
    assert f"{len(laid_off):,}" in shown.stdout
    assert "target_growth_rate" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 60


def test_the_page_draws_both_scenarios_of_every_figure(here: Path) -> None:
    made = invoke(
        *("compare", "simulation.duckdb", "faster.duckdb", "-o", "page.html", "--json"), cwd=here
    )
    assert made.returncode == 0, made.stderr
    document = json.loads(made.stdout)
    expected = [
        [[year[side] for year in entry["years"]] for side in ("base", "alt")]
        for entry in document["figures"]
    ]
    with chromium() as browser, visit(browser, here / "page.html") as seen:
        drawn = seen.page.evaluate(
            "[...document.querySelectorAll('.chart')].map((c) => c.data.map((t) => t.y))"
        )
        assert drawn == expected
        assert seen.said == []
        assert seen.asked_for == [(here / "page.html").as_uri()]


def test_databases_of_another_project_or_time_and_one_file_twice_are_refused(
    here: Path, tmp_path: Path
) -> None:
    twice = invoke("compare", "faster.duckdb", "faster.duckdb", cwd=here)
    assert (twice.returncode, "one file" in twice.stderr) == (2, True)
    unfinished = tmp_path / "unfinished.duckdb"
    unfinished.write_bytes((here / "faster.duckdb").read_bytes())
    with duckdb.connect(unfinished) as connection:
        connection.execute("drop table rpt_yearly_summary")
    refused = invoke("compare", here / "faster.duckdb", unfinished, cwd=tmp_path)
    assert refused.returncode == 2
    assert "rpt_yearly_summary" in refused.stderr
    assert "Traceback" not in refused.stderr
    elsewhen = tmp_path / "elsewhen.duckdb"
    elsewhen.write_bytes((here / "faster.duckdb").read_bytes())
    with duckdb.connect(elsewhen) as connection:
        connection.execute("update rpt_yearly_summary set simulation_year = simulation_year - 50")
    apart = invoke("compare", here / "faster.duckdb", elsewhen, cwd=tmp_path)
    assert apart.returncode == 2
    assert "1977 to 1978: there is none to compare" in " ".join(apart.stderr.split())
