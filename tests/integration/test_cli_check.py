"""Promises of `shardrun check`, and of every sharded run before its first shard."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.sharded_runs import Project

pytestmark = pytest.mark.integration

RAISES = "dbt/models/events/int_raises.sql"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.copied(tmp_path, 60, "2027")


def check(project: Project, *more: str) -> tuple[int, dict[str, object]]:
    call = project.call(
        *("check", "--config", "config.yaml", "--census", "census.parquet"),
        *("--database", "checked.duckdb", "--json", *more),
    )
    assert "Traceback" not in call.stderr
    return call.returncode, json.loads(call.stdout)


def test_the_bundled_project_is_sound_both_ways_and_leaves_nothing(project: Project) -> None:
    code, found = check(project, "--compare", "--shards", "3")
    assert code == 0, found
    assert found["shard_safe"]
    narrowed = [name.split('"')[5] for name in found["narrowed_inputs"]]  # type: ignore
    assert narrowed == [
        *("fct_workforce_snapshot", "int_hires", "int_layoffs", "int_opening_terminations"),
        "stg_census",
    ]
    assert found["comparison"]["equal"]  # type: ignore[index]
    assert not project.database("checked").exists()
    assert not (project.folder / "checked.shardrun").exists()


def ranked(text: str) -> str:
    return text.replace(
        "    ratings.performance_rating,\n",
        "    rank() over (order by employees.employee_key) as place,\n"
        "    ratings.performance_rating,\n",
    )


def hooked(text: str) -> str:
    return "{{ config(pre_hook='select 1') }}\n" + text


@pytest.mark.parametrize(
    ("change", "reason"),
    [(ranked, "rank() over a window without employee_key or employee_id"), (hooked, "a pre-hook")],
)
def test_what_a_shard_could_not_decide_is_refused_by_check_and_run_and_not_by_the_default_path(
    project: Project, change: Callable[[str], str], reason: str
) -> None:
    model = project.folder / RAISES
    model.write_text(change(model.read_text()))
    code, found = check(project)
    assert code == 2
    violations = found["violations"]
    assert [(v["model"], v["path"]) for v in violations] == [  # type: ignore
        ("int_raises", "models/events/int_raises.sql")
    ]
    assert reason in violations[0]["reason"]  # type: ignore[index]
    if place := violations[0]["compiled_path"]:  # type: ignore[index]
        line = Path(place).read_text().splitlines()[violations[0]["line"] - 1]  # type: ignore
        assert "rank() over" in line
    sharded = project.run("refused", "--shards", "2")
    assert sharded.returncode == 2
    assert "model int_raises" in sharded.stderr
    assert reason in sharded.stderr
    project.must_run("allowed")


def test_a_census_that_a_run_would_refuse_is_refused(project: Project) -> None:
    (project.folder / "bad.csv").write_text("employee_id,birth_date\nE1,1990-01-01\n")
    call = project.call("check", "--config", "config.yaml", "--census", "bad.csv")
    assert call.returncode == 2
    assert "hire_date" in call.stderr
