"""The command line as a person starts it: a process of its own, its two streams, its exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.render import REPOSITORY


def environment(width: int = 80, **changes: str) -> dict[str, str]:
    """Return the variables of a command: those of this process, and the package to be found."""
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": str(width), **changes}


def shardrun(
    *arguments: object, cwd: Path, width: int = 80, **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run one command.

    Args:
        *arguments: behind `shardrun`.
        cwd: where it runs.
        width: columns of the window.
        **changes: variables beside those of this process.
    """
    return subprocess.run(
        [sys.executable, "-m", "shardrun", *map(str, arguments)],
        cwd=cwd,
        env=environment(width, **changes),
        capture_output=True,
        text=True,
        check=False,
    )
