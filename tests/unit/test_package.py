"""Promises of the wheel: it holds every file, and what is installed from it needs no repository."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from zipfile import ZipFile

import pytest

from shardrun.scaffold.bundle import PARTS

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def files_under(folder: Path, left_out: Iterable[str] = ()) -> set[str]:
    found = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return {
        file.as_posix()
        for file in found
        if not {"__pycache__", *left_out} & set(file.parts) and file.name != ".user.yml"
    }


def test_the_wheel_holds_every_file_of_package_project_macros_and_config(wheel: Path) -> None:
    made_by_dbt = ("target", "dbt_packages", "logs", "package-lock.yml")
    expected = {f"shardrun/{file}" for file in files_under(REPOSITORY / "shardrun")}
    for part in PARTS:
        files = files_under(REPOSITORY / part, made_by_dbt)
        assert files
        expected |= {f"shardrun/bundled/{part}/{file}" for file in files}
    with ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if not name.startswith("shardrun-")}
    assert packed == expected


@pytest.mark.slow
def test_an_installed_wheel_makes_a_project_and_simulates_it_without_the_repository(
    wheel: Path, tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    command = tmp_path / "env" / "bin"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def call(*words: object, cwd: Path = tmp_path) -> str:
        done = subprocess.run(
            list(map(str, words)), cwd=cwd, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    call(command / "pip", "install", "-qq", "-c", REPOSITORY / "constraints.txt", wheel)
    call(command / "shardrun", "init", "mysim", "--employees", 500)
    folder = tmp_path / "mysim"
    assert "checks passed" in call(command / "shardrun", "run", "2025-2026", cwd=folder)
    sharded = ("--database", "sharded.duckdb", "--shards", 2)
    call(command / "shardrun", "run", "2025-2026", *sharded, cwd=folder)
    call(
        *(command / "shardrun", "diff", "simulation.duckdb", "sharded.duckdb", "--exit-code"),
        cwd=folder,
    )
    call(command / "shardrun", "report", "simulation.duckdb", cwd=folder)
