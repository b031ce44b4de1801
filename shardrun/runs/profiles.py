"""The profiles.yml that a run gives to dbt: the person's own, its DuckDB targets on the run's file.

A profile that asks for SHARDRUN_DATABASE is used as it is. Any other is copied into the run folder
with nothing changed but where its targets write, and limits that it does not set itself. It must
never render a profile: secrets stay with the variables that hold them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from shardrun.config.dbt_project import read_mapping, read_project
from shardrun.config.simulation import ProjectSection
from shardrun.database.connection import DatabaseLimits
from shardrun.database.run_folder import RunFolder

PROFILES_FILE = "profiles.yml"
_DATABASE_VARIABLE = "SHARDRUN_DATABASE"
_ELSEWHERE = ("md:", "motherduck:", "ducklake:")


def run_profiles(project: ProjectSection, folder: RunFolder, limits: DatabaseLimits) -> Path:
    """Return the folder of the profiles.yml of a run.

    Args:
        project: the dbt project, and where its profile is.
        folder: of the run; a copy goes there.
        limits: of the run's DuckDB.

    Raises:
        ProjectError: the profiles are not YAML.
    """
    given = profiles_folder(project)
    file = given / PROFILES_FILE
    if not file.is_file() or _DATABASE_VARIABLE in file.read_text(encoding="utf-8"):
        return given
    profiles = read_mapping(file)
    profile = profiles.get(read_project(project.project_dir).profile)
    outputs = profile.get("outputs") if isinstance(profile, dict) else None
    if isinstance(outputs, dict):
        for name, output in outputs.items():
            if isinstance(output, dict) and output.get("type") == "duckdb":
                outputs[name] = _on_file(output, folder.database, limits)
    folder.profiles.mkdir(mode=0o700, exist_ok=True)
    copy = folder.profiles / PROFILES_FILE
    copy.touch(mode=0o600)
    with copy.open("w", encoding="utf-8") as stream:
        YAML(typ="safe").dump(profiles, stream)
    return folder.profiles


def profiles_folder(project: ProjectSection) -> Path:
    """Return the folder that holds the project's profiles.yml, as dbt finds it."""
    if project.profiles_dir is not None:
        return project.profiles_dir
    if (project.project_dir / PROFILES_FILE).is_file():
        return project.project_dir
    elsewhere = os.environ.get("DBT_PROFILES_DIR")
    home = Path(elsewhere) if elsewhere else Path.home() / ".dbt"
    return home if (home / PROFILES_FILE).is_file() else project.project_dir


def _on_file(
    output: Mapping[str, Any], database: Path, limits: DatabaseLimits
) -> Mapping[str, Any]:
    """Return a target that writes to ``database`` in place of its own file."""
    path = str(output.get("path", ":memory:"))
    if path.startswith(_ELSEWHERE) or "remote" in output:
        return output
    attached = output.get("attach")
    aliases = [each.get("alias") for each in attached or () if isinstance(each, dict)]
    if output.get("database") in aliases:
        place = aliases.index(output["database"])
        moved = [
            {**each, "path": str(database)} if index == place else each
            for index, each in enumerate(attached or ())
        ]
        changed = {**output, "attach": moved}
    else:
        # dbt-duckdb names the database after the file
        changed = {key: value for key, value in output.items() if key != "database"}
        changed["path"] = str(database)
    options = changed.get("config_options") or {}
    if isinstance(options, dict):
        changed["config_options"] = {**limits.settings(), **options}
    return changed
