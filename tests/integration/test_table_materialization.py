"""The promises of the bundled project's table models: made anew whole, or left as they were."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shardrun.dbt_runner import DbtRunner
from tests.support.render import REPOSITORY

pytestmark = pytest.mark.integration

PROJECT = {
    "dbt_project.yml": "name: tables\nprofile: tables\n",
    "profiles.yml": "tables: {target: dev, outputs: {dev: {type: duckdb, path: ':memory:'}}}\n",
    "macros/table.sql": (REPOSITORY / "dbt/macros/table.sql").read_text(),
}
TABLE = "{{ config(materialized='table') }} "


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in PROJECT.items():
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


def write(project: Path, model: str, suffix: str = ".sql") -> str:
    """Run the model as it is now and return the message of its failure, if it fails."""
    (project / "models").mkdir(exist_ok=True)
    (project / "models" / f"made{suffix}").write_text(model)
    result = DbtRunner(project, run_dir=project.parent / "run").execute_command(["run"])
    return "" if result.success else result.failures[0].message


def rows(dbt: DbtRunner, query: str = "from made order by all") -> list[tuple[object, ...]]:
    with dbt.cursor() as cursor:
        return cursor.execute(query).fetchall()


def test_a_table_is_made_anew_with_other_columns(dbt: DbtRunner, project: Path) -> None:
    for model, expected in (("select 1 as n", (1,)), ("select 'a' as name, 2 as n", ("a", 2))):
        assert write(project, TABLE + model) == ""
        assert rows(dbt) == [expected]


def test_a_model_that_fails_leaves_the_table_that_was_there(dbt: DbtRunner, project: Path) -> None:
    write(project, TABLE + "select 1 as n")
    assert "not a number" in write(project, TABLE + "select error('not a number') as n")
    assert rows(dbt) == [(1,)]


def test_a_view_of_that_name_makes_way(dbt: DbtRunner, project: Path) -> None:
    write(project, "select 1 as n")
    assert write(project, TABLE + "select 2 as n") == ""
    assert rows(
        dbt, "select table_type from information_schema.tables where table_name = 'made'"
    ) == [("BASE TABLE",)]


# dbt-duckdb leaves the event loop open in which it imports a model
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_model_in_python_is_written(dbt: DbtRunner, project: Path) -> None:
    model = """
def model(dbt, session):
    dbt.config(materialized="table")
    return session.sql("select 3 as n")
"""
    assert write(project, model, ".py") == ""
    assert rows(dbt) == [(3,)]


def test_hooks_indexes_and_descriptions_are_honoured(dbt: DbtRunner, project: Path) -> None:
    (project / "models").mkdir()
    (project / "models/made.yml").write_text(
        "models: [{name: made, description: what it is, config: {persist_docs: {relation: true}}}]"
    )
    model = """{{ config(materialized='table', indexes=[{'columns': ['n']}],
        pre_hook='create or replace table before as select 4 as n',
        post_hook='create or replace table after as from {{ this }}') }} from before"""
    for _ in range(2):
        assert write(project, model) == ""
    assert rows(dbt, "from after") == [(4,)]
    assert rows(dbt, "select comment from duckdb_tables() where table_name = 'made'") == [
        ("what it is",)
    ]
    assert len(rows(dbt, "from duckdb_indexes() where table_name = 'made'")) == 1
