"""Promises of `shardrun export`, on databases that real runs made and processes really killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from tests.support.in_process import invoke
from tests.support.render import REPOSITORY

pytestmark = pytest.mark.integration

PROJECT = Path(__file__).parents[1] / "projects" / "tiny"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with two databases of the tiny project, made by other threads."""
    here = tmp_path_factory.mktemp("export")
    shutil.copytree(PROJECT, here / "tiny")
    for threads in (1, 4):
        run = invoke(
            *("run", "2025-2026", "--config", "tiny/simulation_config.yaml"),
            *("--threads", threads, "--database", f"{threads}.duckdb"),
            cwd=here,
        )
        assert run.returncode == 0, run.stderr
    return here


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("file_format", ["parquet", "csv", "xlsx"])
def test_runs_of_one_digest_export_the_same_bytes(here: Path, file_format: str) -> None:
    digests = set()
    for threads in (1, 4):
        shown = invoke(
            *("export", f"{threads}.duckdb", "-o", f"{file_format}{threads}"),
            *("--format", file_format, "--json"),
            cwd=here,
        )
        assert shown.returncode == 0, shown.stderr
        digests.add(json.loads(shown.stdout)["digest"])
    assert content(here / f"{file_format}1") == content(here / f"{file_format}4")
    digest = invoke("digest", "1.duckdb", "--json", cwd=here)
    assert digests == {json.loads(digest.stdout)["digest"]}


def test_tables_are_shown_with_their_files(here: Path) -> None:
    shown = invoke(
        *("export", "1.duckdb", "-o", "shown", "--table", "fct_rabbits", "--format", "csv"),
        cwd=here,
    )
    assert "fct_rabbits.csv" in shown.stdout
    assert (here / "shown" / "fct_rabbits.csv").read_text().splitlines() == [
        "simulation_year,opening_rabbits,closing_rabbits",
        "2025,2,4",
        "2026,4,8",
    ]
    again = invoke("export", "1.duckdb", "-o", "shown", cwd=here)
    assert again.returncode == 2
    assert "--overwrite" in again.stderr
    assert invoke("export", "1.duckdb", "-o", "x", "--format", "ods", cwd=here).returncode == 2


@pytest.mark.parametrize(
    ("stop", "exit_code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)]
)
def test_a_stopped_export_leaves_no_half_folder(
    here: Path, tmp_path: Path, stop: signal.Signals, exit_code: int
) -> None:
    shutil.copy(here / "1.duckdb", tmp_path / "large.duckdb")
    with duckdb.connect(tmp_path / "large.duckdb") as connection:
        connection.execute("create table large as select range as id from range(900_000)")
    arguments = ["export", "large.duckdb", "-o", "out", "--format", "xlsx"]
    with subprocess.Popen(
        [sys.executable, "-m", "shardrun", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stderr=subprocess.PIPE,
    ) as export:
        while not list(tmp_path.glob(".out.*.partial/*")):
            assert export.poll() is None
            time.sleep(0.02)
        export.send_signal(stop)
        assert export.wait(timeout=60) == exit_code
    assert not (tmp_path / "out").exists()
    assert bool(list(tmp_path.glob(".out.*"))) == (stop is signal.SIGKILL)
    assert invoke("export", "large.duckdb", "-o", "out", cwd=tmp_path).returncode == 0
    assert (tmp_path / "out" / "export.json").exists()
