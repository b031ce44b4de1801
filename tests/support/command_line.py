"""The command line as a person starts it: a process of its own, its two streams, its exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.render import REPOSITORY


def shardrun(
    *arguments: object, cwd: Path, width: int = 80, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run one command.

    Args:
        *arguments: behind `shardrun`.
        cwd: where it runs.
        width: columns of the window.
        **environment: variables beside those of this process.
    """
    return subprocess.run(
        [sys.executable, "-m", "shardrun", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": str(width), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
