"""Promises of shards on a Dask cluster: no row is lost with a worker that is killed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import sleep

import pytest

from tests.support.command_line import environment
from tests.support.sharded_runs import Project

pytestmark = [pytest.mark.faults, pytest.mark.slow]


@contextmanager
def _started(*words: str) -> Iterator[subprocess.Popen[str]]:
    """Start one of Dask's own launchers, and end it."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        env=environment(),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def _cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """Start a scheduler and two workers on loopback."""
    place = folder / "scheduler.json"
    with ExitStack() as stack:
        stack.enter_context(
            _started(
                *("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"),
                *("--no-dashboard", "--scheduler-file", str(place)),
            )
        )
        workers = [
            stack.enter_context(
                _started(
                    *("distributed.cli.dask_worker", "--scheduler-file", str(place), "--no-nanny"),
                    *("--nthreads", "1", "--memory-limit", "0", "--no-dashboard"),
                    *("--local-directory", str(folder / f"worker{number}")),
                )
            )
            for number in range(2)
        ]
        yield _address(place), workers


def _address(place: Path) -> str:
    while True:
        if place.exists() and (text := place.read_text()):
            return str(json.loads(text)["address"])
        sleep(0.05)


def test_a_worker_that_is_killed_mid_run_costs_no_row(tmp_path: Path) -> None:
    project = Project.linked(tmp_path, 400, "2025-2026")
    project.must_run("default")
    said = []
    with ExitStack() as stack:
        address, (first, _) = stack.enter_context(_cluster(tmp_path))
        run = stack.enter_context(
            project.start(
                *("apart", "--shards", "12", "--workers", "2"),
                *("--executor", "dask", "--scheduler", address),
            )
        )
        assert run.stderr is not None
        for line in run.stderr:  # a line a shard, as soon as it is made
            said.append(line)
            if "shard" in line and first.poll() is None:
                first.kill()
                first.wait()
        assert run.wait() == 0, "".join(said)
    assert sum(" of 12" in line and "shard" in line for line in said) == 24
    assert project.digest("apart") == project.digest("default")
    assert project.events_as_they_lie("apart") == project.events_as_they_lie("default")
    assert not project.shards_folder("apart").exists()


def test_without_an_address_a_cluster_is_started_here_and_ended(tmp_path: Path) -> None:
    project = Project.linked(tmp_path, 60, "2025")
    project.must_run("default")
    project.must_run("apart", "--shards", "3", "--workers", "1", "--executor", "dask")
    assert project.digest("apart") == project.digest("default")


def test_nobody_at_the_address_is_said_before_anything_is_written(tmp_path: Path) -> None:
    project = Project.linked(tmp_path, 20, "2025")
    refused = project.run(
        *("apart", "--shards", "2", "--executor", "dask", "--scheduler", "tcp://127.0.0.1:1")
    )
    assert refused.returncode == 2
    assert "--scheduler: nobody answers at tcp://127.0.0.1:1" in refused.stderr
