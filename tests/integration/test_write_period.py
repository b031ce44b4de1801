"""The promises of `write_period`: one period is written anew, and only with the table's columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shardrun.dbt_runner import DbtRunner
from tests.support.render import REPOSITORY

pytestmark = pytest.mark.integration

PROJECT = {
    "dbt_project.yml": "name: periods\nprofile: periods\n",
    "packages.yml": f"packages: [{{local: {REPOSITORY / 'macros'}}}]\n",
    "profiles.yml": "periods: {target: dev, outputs: {dev: {type: duckdb, path: ':memory:'}}}\n",
    "macros/incremental.sql": (REPOSITORY / "dbt/macros/incremental.sql").read_text(),
}
CONFIG = """{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='year'
) }}"""
KEPT = f"{CONFIG} select {{{{ var('year') }}}} as year, 'a' as name"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {**PROJECT, "models/kept.sql": KEPT}.items():
        file = tmp_path / "project" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "project"


@pytest.fixture
def dbt(project: Path) -> Iterator[DbtRunner]:
    """A runner whose database is kept in memory, over changes of the model too."""
    runner = DbtRunner(project, run_dir=project.parent / "run")
    yield runner
    runner.release_database()


def write(dbt: DbtRunner, project: Path, model: str, year: int) -> str:
    """Run the model as it is now and return the message of its failure, if it fails."""
    (project / "models/kept.sql").write_text(model)
    result = DbtRunner(project, run_dir=project.parent / "run").execute_command(
        ["run"], extra_vars={"year": year}
    )
    return "" if result.success else result.failures[0].message


def rows(dbt: DbtRunner) -> list[tuple[object, ...]]:
    with dbt.cursor() as cursor:
        return cursor.execute("select year, name from kept order by all").fetchall()


def test_a_period_is_written_anew_and_the_others_stay(dbt: DbtRunner, project: Path) -> None:
    for year in (2025, 2026, 2026):
        assert write(dbt, project, KEPT, year) == ""
    assert write(dbt, project, KEPT + " where false", 2025) == ""
    assert rows(dbt) == [(2026, "a")]


def test_columns_in_another_order_go_where_they_belong(dbt: DbtRunner, project: Path) -> None:
    write(dbt, project, KEPT, 2025)
    turned = f"{CONFIG} select 'b' as name, {{{{ var('year') }}}} as year"
    assert write(dbt, project, turned, 2026) == ""
    assert rows(dbt) == [(2025, "a"), (2026, "b")]


@pytest.mark.parametrize(
    ("model", "named"),
    [(KEPT + ", 1 as more", '"more"'), (KEPT.replace(", 'a' as name", ""), '"name"')],
    ids=["one more", "one less"],
)
def test_a_model_with_other_columns_is_refused_and_changes_nothing(
    dbt: DbtRunner, project: Path, model: str, named: str
) -> None:
    write(dbt, project, KEPT, 2025)
    assert named in write(dbt, project, model, 2025)
    assert rows(dbt) == [(2025, "a")]
