"""The promises of `write_period`: one period is written anew, and only with the table's columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.memory_project import MemoryProject

pytestmark = pytest.mark.integration

CONFIG = """{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key='year'
) }}"""
KEPT = f"{CONFIG} select {{{{ var('year') }}}} as year, 'a' as name"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[MemoryProject]:
    project = MemoryProject(tmp_path, "incremental.sql")
    yield project
    project.close()


def write(project: MemoryProject, model: str, year: int) -> str:
    """Run the model as it is now and return the message of its failure, if it fails."""
    return project.run("kept.sql", model, {"year": year})


def rows(project: MemoryProject) -> list[tuple[object, ...]]:
    return project.rows("select year, name from kept order by all")


def test_a_period_is_written_anew_and_the_others_stay(project: MemoryProject) -> None:
    for year in (2025, 2026, 2026):
        assert write(project, KEPT, year) == ""
    assert write(project, KEPT + " where false", 2025) == ""
    assert rows(project) == [(2026, "a")]


def test_columns_in_another_order_go_where_they_belong(project: MemoryProject) -> None:
    write(project, KEPT, 2025)
    turned = f"{CONFIG} select 'b' as name, {{{{ var('year') }}}} as year"
    assert write(project, turned, 2026) == ""
    assert rows(project) == [(2025, "a"), (2026, "b")]


@pytest.mark.parametrize(
    ("model", "named"),
    [(KEPT + ", 1 as more", '"more"'), (KEPT.replace(", 'a' as name", ""), '"name"')],
    ids=["one more", "one less"],
)
def test_a_model_with_other_columns_is_refused_and_changes_nothing(
    project: MemoryProject, model: str, named: str
) -> None:
    write(project, KEPT, 2025)
    assert named in write(project, model, 2025)
    assert rows(project) == [(2025, "a")]


def test_a_full_refresh_that_fails_leaves_all_periods(project: MemoryProject) -> None:
    write(project, KEPT, 2025)
    failing = KEPT.replace("'a'", "error('not a name')")
    assert "not a name" in project.run("kept.sql", failing, {"year": 2026}, "--full-refresh")
    assert rows(project) == [(2025, "a")]
    assert project.run("kept.sql", KEPT, {"year": 2026}, "--full-refresh") == ""
    assert rows(project) == [(2026, "a")]
