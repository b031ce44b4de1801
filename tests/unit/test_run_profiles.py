"""The profile of a run: the person's own, on the run's file, with nothing else changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from shardrun.config.dbt_project import read_mapping
from shardrun.config.simulation import ProjectSection
from shardrun.database.connection import DatabaseLimits
from shardrun.database.run_folder import RunFolder
from shardrun.runs.profiles import profiles_folder, run_profiles

LIMITS = DatabaseLimits(memory_mb=500)


def _project(folder: Path, profiles: str) -> tuple[ProjectSection, RunFolder]:
    project = folder / "bank"
    project.mkdir()
    (project / "dbt_project.yml").write_text("name: bank\nprofile: bank\n")
    (project / "profiles.yml").write_text(profiles)
    run = RunFolder(folder / "out.duckdb")
    run.path.mkdir()
    return ProjectSection(project_dir=project), run


def _target(folder: Path, profiles: str) -> dict[str, object]:
    copy = run_profiles(*_project(folder, profiles), LIMITS) / "profiles.yml"
    assert copy.stat().st_mode & 0o077 == 0
    bank = read_mapping(copy)["bank"]
    assert isinstance(bank, dict)
    target = bank["outputs"]["dev"]
    assert isinstance(target, dict)
    return target


def test_a_file_of_the_persons_own_gives_way_to_the_runs(tmp_path: Path) -> None:
    target = _target(
        tmp_path,
        "bank: {target: dev, outputs: {dev: {type: duckdb, path: dev.duckdb, database: dev,\n"
        "  schema: marts, extensions: [icu],\n"
        "  settings: {s3_region: \"{{ env_var('REGION') }}\"}}}}\n",
    )
    assert target == {
        "type": "duckdb",
        "path": str(tmp_path / "out.duckdb"),
        "schema": "marts",
        "extensions": ["icu"],
        "settings": {"s3_region": "{{ env_var('REGION') }}"},
        "config_options": {"memory_limit": "500MB"},
    }


def test_an_attached_database_that_the_target_writes_to_gives_way_and_others_stay(
    tmp_path: Path,
) -> None:
    target = _target(
        tmp_path,
        "bank: {target: dev, outputs: {dev: {type: duckdb, path: ':memory:', database: main_db,\n"
        "  attach: [{path: a.duckdb, alias: main_db}, {path: b.duckdb, alias: rates}],\n"
        "  config_options: {memory_limit: 1GB}}}}\n",
    )
    assert target["attach"] == [
        {"path": str(tmp_path / "out.duckdb"), "alias": "main_db"},
        {"path": "b.duckdb", "alias": "rates"},
    ]
    assert target["path"] == ":memory:"
    assert target["config_options"] == {"memory_limit": "1GB"}


def test_a_target_that_is_no_file_stays_what_it_is(tmp_path: Path) -> None:
    target = _target(
        tmp_path, "bank: {target: dev, outputs: {dev: {type: duckdb, path: 'md:bank'}}}\n"
    )
    assert target["path"] == "md:bank"


def test_a_profile_that_asks_for_the_runs_database_is_used_as_it_is(tmp_path: Path) -> None:
    project, run = _project(
        tmp_path,
        "bank: {target: dev, outputs: {dev: {type: duckdb,\n"
        "  path: \"{{ env_var('SHARDRUN_DATABASE') }}\"}}}\n",
    )
    assert run_profiles(project, run, LIMITS) == project.project_dir
    assert not run.profiles.exists()


def test_profiles_are_found_where_dbt_finds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, _ = _project(tmp_path, "bank: {}\n")
    assert profiles_folder(project) == project.project_dir
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (project.project_dir / "profiles.yml").rename(elsewhere / "profiles.yml")
    monkeypatch.setenv("DBT_PROFILES_DIR", str(elsewhere))
    assert profiles_folder(project) == elsewhere
    given = ProjectSection(project_dir=project.project_dir, profiles_dir=tmp_path)
    assert profiles_folder(given) == tmp_path
