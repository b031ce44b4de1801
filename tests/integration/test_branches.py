"""Promises of `--branch-from`: a branch is the run whose settings changed in its first year."""

import json
import shutil
from pathlib import Path

import pytest

from shardrun.database.digest import digest_database
from shardrun.runs.branching import BranchPoint, create_branch
from shardrun.runs.preflight import accept_run
from shardrun.runs.projects import load_run_config
from shardrun.workforce.parameters import WorkforceConfig
from tests.support.plain_dbt import PlainDbt
from tests.support.sharded_runs import Project

pytestmark = pytest.mark.integration

CHANGED = {
    "simulation": {
        "start_year": 2027,
        "end_year": 2028,
        "random_seed": 7,
        "target_growth_rate": 0.1,
    },
    "compensation": {"cola_rate": 0.05, "raise_date": "02-01", "promotion_increase": 0.2},
    "plan": {"eligibility_wait_days": 0, "escalation_step": 0.02},
    "project": {"project_dir": "dbt"},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.linked(tmp_path_factory.mktemp("branches"), 300, "2027-2028")
    (project.folder / "changed.yaml").write_text(json.dumps(CHANGED))
    project.must_run("base")
    return project


@pytest.fixture(scope="module")
def branch(project: Project) -> Path:
    return project.must_run(
        "branch", "--config", "changed.yaml", "--branch-from", "base.duckdb", "--year", "2028"
    )


def test_a_branch_equals_the_run_whose_settings_changed_in_its_first_year(
    project: Project, branch: Path, plain_dbt: PlainDbt
) -> None:
    by_hand = project.folder / "by_hand.duckdb"
    shutil.copyfile(project.database("base"), by_hand)
    config = load_run_config(project.folder / "changed.yaml")
    census = project.folder / "base.shardrun" / "census.parquet"
    variables = {**config.dbt_vars(), "census_path": str(census), "simulation_year": 2028}
    built = plain_dbt.run(
        project.folder / "dbt",
        *("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "empty"),
        env={"SHARDRUN_DATABASE": str(by_hand)},
        **variables,
    )
    assert built.success, built.said
    assert digest_database(branch) == digest_database(by_hand)


def test_the_years_before_a_branch_are_those_of_its_source_and_the_others_are_not(
    project: Project, branch: Path
) -> None:
    lives = "select * from fct_workforce_snapshot where simulation_year = ? order by all"
    base = project.database("base")
    for year, same in ((2027, True), (2028, False)):
        rows = [project.query(file.stem, lives.replace("?", str(year))) for file in (base, branch)]
        assert (rows[0] == rows[1]) is same


def test_a_branch_that_changes_nothing_is_the_run_it_left_though_it_died_at_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    config = load_run_config(Path("config.yaml"))
    assert isinstance(config, WorkforceConfig)
    census = project.folder / "base.shardrun" / "census.parquet"
    accepted = accept_run(
        config.with_census(Path("census.parquet")),
        project.database("same"),
        {"census": lambda target: shutil.copyfile(census, target)},
        branch=BranchPoint(project.database("base"), 2028),
    )
    assert accepted.branch is not None
    create_branch(accepted.branch, accepted.folder, config, accepted.fingerprints)
    project.must_run("same")
    assert project.digest("same") == project.digest("base")


def test_status_diff_and_compare_tell_whose_years_a_branch_took_over(
    project: Project, branch: Path
) -> None:
    base = project.database("base")
    (record,) = json.loads(project.call("status", branch, "--json").stdout)["branches"]
    assert (record["source"], record["year"]) == (str(base), 2028)
    told = " ".join(project.call("status", branch).stdout.split())
    assert f"a branch: the years before 2028 are those of {base}" in told
    diff = json.loads(project.call("diff", base, branch, "--json").stdout)
    assert {
        "kind": "branch",
        "name": "years before 2028",
        "a": None,
        "b": f"those of {base}",
    } in diff["made_from"]
    compared = project.call("compare", base, branch)
    assert compared.returncode == 0, compared.stderr
    assert "those of" in compared.stdout
