"""Stopped at any moment, gone on with, and in the end the very tables of an undisturbed run."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from shardrun.database.digest import digest_database
from tests.support.command_line import environment, shardrun
from tests.support.sharded_runs import Project

pytestmark = pytest.mark.faults

TINY = Path(__file__).parents[1] / "projects" / "tiny"
RUN = ("run", "--config", "tiny/simulation_config.yaml", "--database")
# A seed, and how often it kills; each kills at other moments. `make test-all` takes them all, over
# 300 kills; the moments that hurt most have names and are in tests/faults/test_named_kills.py.
KILLS = [(1, 8), *(pytest.param(seed, 35, marks=pytest.mark.slow) for seed in (2, 3, 4))]

RecordProperty = Callable[[str, object], None]


@pytest.mark.parametrize(("seed", "wanted"), KILLS)
def test_a_run_killed_at_any_moment_goes_on_to_the_same_tables(
    tmp_path: Path, seed: int, wanted: int, record_property: RecordProperty
) -> None:
    shutil.copytree(TINY, tmp_path / "tiny")
    assert shardrun(*RUN, "parsed.duckdb", cwd=tmp_path).returncode == 0
    whole = time.monotonic()  # of a run that finds the project parsed, as those that follow do
    assert shardrun(*RUN, "whole.duckdb", cwd=tmp_path).returncode == 0
    whole = time.monotonic() - whole
    expected = digest_database(tmp_path / "whole.duckdb")
    moments = random.Random(seed)
    kills, database, finished = 0, 0, 0
    while kills < wanted:
        name = f"killed{database}.duckdb"
        run = subprocess.Popen(
            [sys.executable, "-m", "shardrun", *RUN, name],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        with suppress(subprocess.TimeoutExpired):
            # after the imports, in which nothing is written yet
            run.wait(whole * moments.uniform(0.3, 0.9))
        if run.poll() is None:
            run.kill()
            kills += 1
        _, stderr = run.communicate()
        if run.returncode == 0:
            assert digest_database(tmp_path / name) == expected
            database, finished = database + 1, finished + 1
        else:
            assert run.returncode == -9, stderr
    last = shardrun(*RUN, name, cwd=tmp_path)
    assert last.returncode == 0, last.stderr
    assert digest_database(tmp_path / name) == expected
    record_property("kills of a coordinator survived", kills)


@pytest.mark.parametrize(("seed", "wanted"), KILLS)
def test_workers_killed_at_any_moment_cost_their_shards_alone(
    tmp_path: Path, seed: int, wanted: int, record_property: RecordProperty
) -> None:
    project = Project.linked(tmp_path, 200, "2027")
    project.must_run("default")
    moments = random.Random(seed)
    kills, database = 0, 0
    while kills < wanted:
        name = f"killed{database}"
        kills += _kill_workers(project, name, moments, wanted - kills)
        assert project.digest(name) == project.digest("default")
        database += 1
    record_property("kills of a worker survived", kills)


@pytest.mark.parametrize(("seed", "wanted"), KILLS)
def test_ctrl_c_at_any_moment_stops_a_run_without_a_traceback_and_it_goes_on(
    tmp_path: Path, seed: int, wanted: int, record_property: RecordProperty
) -> None:
    project = Project.linked(tmp_path, 200, "2027")
    project.must_run("default")
    shards = ("--shards", "4", "--workers", "2")
    whole = time.monotonic()
    with project.start("whole", *shards) as run:
        run.communicate()
    whole = time.monotonic() - whole
    moments = random.Random(seed)
    stops, database = 0, 0
    while stops < wanted:
        name = f"stopped{database}"
        with project.start(name, *shards) as run:
            with suppress(subprocess.TimeoutExpired):
                run.wait(whole * moments.uniform(0.2, 1.0))
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGINT)  # as a terminal does, workers included
            _, stderr = run.communicate()
        assert "Traceback" not in stderr
        if run.returncode == 0:
            assert project.digest(name) == project.digest("default")
            database += 1
        else:
            assert run.returncode == 130, stderr
            stops += 1
    project.must_run(name, *shards)
    assert project.digest(name) == project.digest("default")
    record_property("Ctrl-C survived", stops)


def _kill_workers(project: Project, name: str, moments: random.Random, most: int) -> int:
    """Run in shards, kill workers meanwhile, bring the run to its end; return how many it cost."""
    shards = ("--shards", "32", "--workers", "2")
    kills = 0
    with project.start(name, *shards) as run:
        folder = str(project.shards_folder(name))
        while run.poll() is None:
            time.sleep(moments.uniform(0.0, 0.3))
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                busy = [
                    process
                    for process in psutil.Process(run.pid).children(recursive=True)
                    if any(file.path.startswith(folder) for file in process.open_files())
                ]
                if busy and kills < most:
                    moments.choice(busy).kill()
                    kills += 1
        _, stderr = run.communicate()
    if run.returncode != 0:  # one shard was hit three times: it is named, and the others are kept
        assert run.returncode == 1, stderr
        assert "its worker was killed 3 times" in stderr
        project.must_run(name, *shards)
    return kills
