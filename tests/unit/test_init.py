"""Promises of `shardrun init`: a folder that is whole, or not touched at all."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from shardrun.errors import InputError
from shardrun.scaffold.bundle import PARTS, new_project
from tests.support.in_process import invoke

REPOSITORY = Path(__file__).parents[2]


def test_a_new_folder_holds_project_macros_configuration_and_a_census(tmp_path: Path) -> None:
    made = invoke("init", "mysim", "--employees", 30, cwd=tmp_path)
    assert (made.returncode, made.stdout) == (0, "")
    folder = tmp_path / "mysim"
    for part in ("dbt/dbt_project.yml", "macros/dbt_project.yml", "config/simulation_config.yaml"):
        assert (folder / part).read_bytes() == (REPOSITORY / part).read_bytes()
    census = duckdb.read_parquet(str(folder / "data" / "census.parquet"))
    assert len(census.fetchall()) == 30
    assert "cd mysim" in made.stderr
    assert "shardrun run" in made.stderr
    assert "shardrun run" in (folder / "README.md").read_text()


def test_a_run_in_the_new_folder_is_accepted_and_git_is_told_what_to_leave_out(
    tmp_path: Path,
) -> None:
    invoke("init", "mysim", "--employees", 30, cwd=tmp_path)
    plan = invoke("run", "--dry-run", cwd=tmp_path / "mysim")
    assert plan.returncode == 0
    assert plan.stdout.count("EVENT_GENERATION") == 5
    assert "*.duckdb" in (tmp_path / "mysim" / ".gitignore").read_text().split()


def test_the_folder_one_is_in_may_be_filled(tmp_path: Path) -> None:
    made = invoke("init", ".", "--employees", 30, cwd=tmp_path)
    assert made.returncode == 0
    assert "cd" not in made.stderr.split()
    assert set(PARTS) < {child.name for child in tmp_path.iterdir()}


@pytest.mark.parametrize("name", ["mysim", "mysim/notes.txt"])
def test_what_is_there_already_is_left_as_it_is(name: str, tmp_path: Path) -> None:
    (tmp_path / "mysim").mkdir()
    (tmp_path / "mysim" / "notes.txt").write_text("mine")
    refused = invoke("init", name, cwd=tmp_path)
    assert refused.returncode == 2
    assert "is not an empty folder" in refused.stderr
    assert [child.name for child in (tmp_path / "mysim").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("there_before", [True, False])
def test_what_fails_halfway_leaves_nothing(there_before: bool, tmp_path: Path) -> None:
    folder = tmp_path / "mysim"
    if there_before:
        folder.mkdir()

    def fail_on_the_way() -> None:
        with new_project(folder) as made:
            assert (made / "dbt").is_dir()
            raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left"):
        fail_on_the_way()
    assert folder.exists() == there_before
    assert list(tmp_path.rglob("*")) == ([folder] if there_before else [])
