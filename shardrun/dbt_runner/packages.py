"""A command on a project whose packages may be missing: `dbt deps` installs them first.

Owns that one process at a time does so, since `dbt deps` empties their folder. It must never leave
a file behind: the project's own folder is what is locked.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from shardrun.dbt_runner.command_line import DbtCall
from shardrun.dbt_runner.dbt_parts import Dbt
from shardrun.dbt_runner.refusals import PackagesMissingError
from shardrun.dbt_runner.results import NodeResult


def invoke_with_packages(
    dbt: Dbt, call: DbtCall, project_dir: Path
) -> tuple[bool, tuple[NodeResult, ...]]:
    """Run a command, after the installation of what packages it misses.

    Args:
        dbt: what runs it.
        call: the command.
        project_dir: the folder of dbt_project.yml.

    Returns:
        whether it succeeded and what came of each node.

    Raises:
        ProjectError: dbt gave up before any node ran; or one of the errors of `refusals`.
    """
    try:
        return dbt.invoke(call)
    except PackagesMissingError:
        with _installing(project_dir):
            try:
                return dbt.invoke(call)  # another run may have installed them meanwhile
            except PackagesMissingError:
                dbt.invoke(replace(call, command=("deps",)))
                return dbt.invoke(call)


@contextmanager
def _installing(project_dir: Path) -> Iterator[None]:
    """Keep other runs of a project from installing its packages; wait for one that does."""
    descriptor = os.open(project_dir, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
