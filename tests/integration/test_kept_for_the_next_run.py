"""What a run keeps for the next saves work, and serves only what it was made from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest

from shardrun import cache_file
from shardrun.dbt_runner import DbtRunner

pytestmark = pytest.mark.integration

PROJECT = Path(__file__).parents[1] / "projects" / "year_is_data"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cache_file, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT, tmp_path / "project"))


@pytest.fixture(autouse=True)
def _no_open_database() -> Iterator[None]:
    yield
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()


def parses_of_a_run(project: Path, database: Path) -> int:
    """Run the project once, as a new process would, and return how often dbt parsed it."""
    runner = DbtRunner(
        project,
        run_dir=database.with_suffix(".run"),
        base_vars={"simulation_year": 2025},
        env={"SHARDRUN_DATABASE": str(database)},
    )
    assert runner.execute_command(["run"], 2026).success
    runner.release_database()
    return runner.parses


def tables(database: Path) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
        return {
            name: connection.execute(f"from {name} order by all").fetchall() for (name,) in names
        }


def test_a_run_into_another_database_parses_nothing_and_makes_the_same(
    project: Path, tmp_path: Path
) -> None:
    assert parses_of_a_run(project, tmp_path / "a.duckdb") == 1
    assert parses_of_a_run(project, tmp_path / "b.duckdb") == 0
    assert tables(tmp_path / "a.duckdb") == tables(tmp_path / "b.duckdb") != {}


def test_a_changed_model_is_parsed_and_run_as_it_is_now(project: Path, tmp_path: Path) -> None:
    model = project / "models" / "added.sql"
    model.write_text("{{ config(materialized='table') }} select 1 as n")
    parses_of_a_run(project, tmp_path / "a.duckdb")
    model.write_text("{{ config(materialized='table') }} select 2 as n")

    assert parses_of_a_run(project, tmp_path / "a.duckdb") == 1
    assert tables(tmp_path / "a.duckdb")["added"] == [(2,)]


def test_nothing_is_kept_in_the_project(project: Path, tmp_path: Path) -> None:
    before = sorted(project.rglob("*"))
    parses_of_a_run(project, tmp_path / "a.duckdb")
    assert sorted(project.rglob("*")) == before


def test_a_template_is_compiled_by_the_first_run_alone(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    generate = jinja2.Environment._generate  # type: ignore[attr-defined]

    def counted(*arguments: Any, **named: Any) -> Any:
        compiled.append(arguments[0])
        return generate(*arguments, **named)

    monkeypatch.setattr(jinja2.Environment, "_generate", counted)
    parses_of_a_run(project, tmp_path / "a.duckdb")
    assert compiled
    compiled.clear()
    parses_of_a_run(project, tmp_path / "b.duckdb")
    assert compiled == []
    assert tables(tmp_path / "a.duckdb") == tables(tmp_path / "b.duckdb")


def test_two_projects_do_not_take_each_others_place(project: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(project, tmp_path / "other"))
    parses = [parses_of_a_run(each, tmp_path / "a.duckdb") for each in (project, other) * 2]
    assert parses == [1, 1, 0, 0]


def test_a_damaged_file_is_parsed_over(project: Path, tmp_path: Path, cache: Path) -> None:
    parses_of_a_run(project, tmp_path / "a.duckdb")
    [kept] = (cache / "manifests").iterdir()
    kept.write_bytes(kept.read_bytes()[:-1])

    assert parses_of_a_run(project, tmp_path / "a.duckdb") == 1
    assert parses_of_a_run(project, tmp_path / "a.duckdb") == 0


@pytest.mark.parametrize(
    "asking",
    [
        "select '{{ env_var('HOME') }}' as home",
        "select '{{ run_started_at }}' as started",
        "select '{{ target.threads }}' as threads",
        "select '{{ modules.datetime.date.today() }}' as today",
    ],
)
def test_a_project_that_asks_for_what_files_do_not_say_is_never_kept(
    project: Path, tmp_path: Path, cache: Path, asking: str
) -> None:
    (project / "models" / "asking.sql").write_text(asking)
    for _ in range(2):
        assert parses_of_a_run(project, tmp_path / "a.duckdb") >= 1
    assert not (cache / "manifests").exists()
