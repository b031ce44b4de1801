"""One process at a time installs a project's packages: `dbt deps` empties their folder first.

It must never leave a file behind: the project's own folder is what is locked.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def installing_packages(project_dir: Path) -> Iterator[None]:
    """Keep other runs of a project from installing its packages meanwhile; wait for one that does.

    Args:
        project_dir: the folder of dbt_project.yml.
    """
    descriptor = os.open(project_dir, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
