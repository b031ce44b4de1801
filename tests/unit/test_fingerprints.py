"""Promises about fingerprints: what changes a result is seen and named, what does not is not."""

from pathlib import Path

import pytest

from shardrun.config.dbt_project import read_project
from shardrun.config.overrides import with_overrides
from shardrun.config.simulation import SimulationConfig, SimulationSection
from shardrun.config.workflow import StageConfig, WorkflowSection
from shardrun.errors import ProjectError
from shardrun.ledger.fingerprints import Fingerprints, config_settings, project_fingerprint
from shardrun.stages import WorkflowStage


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: tiny\n")
    (folder / "models" / "one.sql").write_text("select 1 as id\n")
    (folder / "packages.yml").write_text("packages:\n  - local: ../package\n")
    (tmp_path / "package" / "macros").mkdir(parents=True)
    (tmp_path / "package" / "macros" / "one.sql").write_text("{% macro one() %}1{% endmacro %}\n")
    return folder


def fingerprint(project: Path) -> str:
    return project_fingerprint(read_project(project))


@pytest.mark.parametrize(
    "file", ["models/one.sql", "models/two.sql", "seeds/bands.csv", "../package/macros/one.sql"]
)
def test_a_file_of_the_project_or_its_package_counts(project: Path, file: str) -> None:
    before = fingerprint(project)
    (project / file).parent.mkdir(exist_ok=True)
    (project / file).write_text("select 2 as id\n")
    assert fingerprint(project) != before


@pytest.mark.parametrize(
    "file",
    [
        "target/run/one.sql",
        "logs/dbt.yml",
        "dbt_packages/package/macros/one.sql",
        "package-lock.yml",
        "profiles.yml",
        ".user.yml",
        "README.md",
    ],
)
def test_what_dbt_writes_and_where_the_database_is_do_not_count(project: Path, file: str) -> None:
    before = fingerprint(project)
    (project / file).parent.mkdir(parents=True, exist_ok=True)
    (project / file).write_text("changed")
    assert fingerprint(project) == before


def test_a_file_that_was_renamed_counts(project: Path) -> None:
    before = fingerprint(project)
    (project / "models" / "one.sql").rename(project / "models" / "uno.sql")
    assert fingerprint(project) != before


def test_what_changed_is_named_with_both_values() -> None:
    earlier = Fingerprints({"growth": "0.03", "seed": 42, "old": None}, {"census": "a"}, "p")
    now = Fingerprints({"growth": "0.04", "seed": 42, "new": 1}, {"census": "b"}, "q")
    assert now.changes_since(earlier) == [
        'config growth: "0.03" -> "0.04"',
        "config new: (not set) -> 1",
        "config old: null -> (not set)",
        "census: its rows are not those the database was made from",
        "project: a file of the dbt project, or of its packages, has changed",
    ]
    assert now.changes_since(now) == []


def test_threads_memory_and_the_last_year_change_no_result() -> None:
    config = SimulationConfig()
    other = with_overrides(config, threads=1, end_year=2039)
    assert config_settings(other) == config_settings(config)


def test_seed_first_year_and_stages_change_the_result() -> None:
    config = SimulationConfig()
    settings = [
        config_settings(SimulationConfig(simulation=SimulationSection(random_seed=1))),
        config_settings(with_overrides(config, start_year=2026)),
        config_settings(
            SimulationConfig(
                workflow=WorkflowSection(
                    stages={WorkflowStage.FOUNDATION: StageConfig(tags=("OTHER",))}
                )
            )
        ),
    ]
    assert all(changed != config_settings(config) for changed in settings)


def test_a_folder_without_a_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"no dbt_project\.yml"):
        read_project(tmp_path)


def test_project_files_that_are_no_yaml_are_refused(project: Path) -> None:
    (project / "packages.yml").write_text("packages: [")
    with pytest.raises(ProjectError, match=r"packages\.yml can't be read"):
        read_project(project)
    (project / "packages.yml").write_text("just words")
    with pytest.raises(ProjectError, match="key: value"):
        read_project(project)
