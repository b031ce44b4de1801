"""Promises of `--from-year`: the years before stay, those after come out as in a run at one go."""

import pytest

from tests.support.sharded_runs import Project
from tests.support.workforce import copy_project

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.linked(tmp_path_factory.mktemp("from_year"), 200, "2027-2029")
    project.must_run("whole")
    return project


def test_years_run_again_come_out_the_same_and_the_years_before_are_not_touched(
    project: Project,
) -> None:
    before = project.digest("whole")
    project.must_run("whole", "--from-year", "2028")
    assert project.digest("whole") == before
    counted = project.query(
        "whole", "select year, status, count(*) from shardrun.steps group by all order by all"
    )
    assert counted == [
        (2027, "finished", 5),
        (2028, "finished", 4),
        (2028, "superseded", 4),
        (2029, "finished", 5),
        (2029, "superseded", 5),
    ]


def test_the_first_year_may_be_run_again_too(project: Project) -> None:
    before = project.digest("whole")
    project.must_run("whole", "--from-year", "2027", "--shards", "2", "--workers", "1")
    assert project.digest("whole") == before


def test_a_refused_run_removes_nothing(project: Project) -> None:
    before = project.digest("whole")
    changed = copy_project(project.folder / "changed")
    with (changed / "models" / "reporting" / "rpt_events_by_type.sql").open("a") as model:
        model.write("\n-- changed")
    config = (project.folder / "config.yaml").read_text()
    (project.folder / "changed.yaml").write_text(config.replace(": dbt", ": changed/dbt"))
    refused = project.run("whole", "--config", "changed.yaml", "--from-year", "2029")
    assert refused.returncode == 2
    assert "has changed" in refused.stderr
    assert project.digest("whole") == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--from-year", "2026"), "2026 is not one of the years 2027 to 2029"),
        (("--from-year", "2028", "--fresh"), "give one"),
    ],
)
def test_a_year_that_can_not_be_run_again_is_refused(
    project: Project, words: tuple[str, ...], says: str
) -> None:
    refused = project.run("whole", *words)
    assert refused.returncode == 2
    assert says in refused.stderr
