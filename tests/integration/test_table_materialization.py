"""The promises of the bundled project's table models: made anew whole, or left as they were."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.memory_project import MemoryProject

pytestmark = pytest.mark.integration

TABLE = "{{ config(materialized='table') }} "


@pytest.fixture
def project(tmp_path: Path) -> Iterator[MemoryProject]:
    project = MemoryProject(tmp_path, "table.sql")
    yield project
    project.close()


def write(project: MemoryProject, model: str, suffix: str = ".sql") -> str:
    """Run the model as it is now and return the message of its failure, if it fails."""
    return project.run(f"made{suffix}", model, {})


def rows(project: MemoryProject, query: str = "from made order by all") -> list[tuple[object, ...]]:
    return project.rows(query)


def test_a_table_is_made_anew_with_other_columns(project: MemoryProject) -> None:
    for model, expected in (("select 1 as n", (1,)), ("select 'a' as name, 2 as n", ("a", 2))):
        assert write(project, TABLE + model) == ""
        assert rows(project) == [expected]


def test_a_model_that_fails_leaves_the_table_that_was_there(project: MemoryProject) -> None:
    write(project, TABLE + "select 1 as n")
    assert "not a number" in write(project, TABLE + "select error('not a number') as n")
    assert rows(project) == [(1,)]


def test_a_view_of_that_name_makes_way(project: MemoryProject) -> None:
    write(project, "select 1 as n")
    assert write(project, TABLE + "select 2 as n") == ""
    assert rows(
        project, "select table_type from information_schema.tables where table_name = 'made'"
    ) == [("BASE TABLE",)]


# dbt-duckdb leaves the event loop open in which it imports a model
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_model_in_python_is_written(project: MemoryProject) -> None:
    model = """
def model(dbt, session):
    dbt.config(materialized="table")
    return session.sql("select 3 as n")
"""
    assert write(project, model, ".py") == ""
    assert rows(project) == [(3,)]


# dbt-duckdb names an index by the time, as Python 3.12 would no longer ask for it
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_hooks_indexes_and_descriptions_are_honoured(project: MemoryProject) -> None:
    project.lay(
        "models/made.yml",
        "models: [{name: made, description: what it is, config: {persist_docs: {relation: true}}}]",
    )
    model = """{{ config(materialized='table', indexes=[{'columns': ['n']}],
        pre_hook='create or replace table before as select 4 as n',
        post_hook='create or replace table after as from {{ this }}') }} from before"""
    for _ in range(2):
        assert write(project, model) == ""
    assert rows(project, "from after") == [(4,)]
    assert rows(project, "select comment from duckdb_tables() where table_name = 'made'") == [
        ("what it is",)
    ]
    assert len(rows(project, "from duckdb_indexes() where table_name = 'made'")) == 1
