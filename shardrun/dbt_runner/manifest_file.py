"""dbt's own description of a project, as dbt writes it to a file.

It must never import dbt, nor leave anything in the project.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, cast

from shardrun.dbt_runner.runner import DbtRunner


def read_manifest(project_dir: Path, profiles_dir: Path) -> dict[str, Any]:
    """Let dbt parse a project and return its ``manifest.json``.

    Args:
        project_dir: the folder of dbt_project.yml.
        profiles_dir: the folder of profiles.yml.

    Raises:
        ProjectError: dbt can't load the project.
    """
    with tempfile.TemporaryDirectory(prefix="shardrun-") as folder:
        run_dir = Path(folder)
        # a profile of ours asks for the database; nothing is opened to parse
        env = {"SHARDRUN_DATABASE": str(run_dir / "none.duckdb")}
        dbt = DbtRunner(
            project_dir, run_dir=run_dir, profiles_dir=profiles_dir, env=env, mode="subprocess"
        )
        dbt.execute_command(["parse"])
        manifest = (run_dir / "target" / "manifest.json").read_text(encoding="utf-8")
    return cast(dict[str, Any], json.loads(manifest))
