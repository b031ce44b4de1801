"""Projects that are not the workforce, run in this process by their configuration alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shardrun.config.overrides import with_overrides
from shardrun.config.simulation import SimulationConfig
from shardrun.pipeline.progress import ignore_progress
from shardrun.runs.preflight import accept_run
from shardrun.runs.projects import load_run_config
from shardrun.runs.session import execute_run
from tests.support.render import REPOSITORY
from tests.support.workforce import LEFT_OUT


def copy_loans(folder: Path, loans: int) -> Path:
    """Copy the example, with so many loans, and the package it installs; return its folder."""
    project = folder / "examples" / "loans"
    shutil.copytree(REPOSITORY / "macros", folder / "macros", ignore=LEFT_OUT)
    shutil.copytree(REPOSITORY / "examples" / "loans", project, ignore=LEFT_OUT)
    config = project / "loans.yaml"
    config.write_text(config.read_text().replace("loan_count: 10000", f"loan_count: {loans}"))
    return project


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in a folder, as who types `cd`."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def configured(config: str, shards: int | None = None, **changes: int) -> SimulationConfig:
    """Read a configuration, with changes as of the command line."""
    executor = {} if shards is None else {"executor": "inline"}
    return with_overrides(load_run_config(Path(config)), shards=shards, **executor, **changes)


def run(config: SimulationConfig, database: Path) -> Path:
    """Run a project into a database and return that."""
    execute_run(accept_run(config, database, {}), ignore_progress).raise_for_failure()
    return database
