"""What we read of a dbt project before dbt is even imported: its name, profile and packages.

It must never judge a project; that is dbt's work when it loads it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from shardrun.errors import ProjectError


@dataclass(frozen=True, slots=True)
class DbtProject:
    """A dbt project on disk.

    Attributes:
        path: the folder of ``dbt_project.yml``.
        name: its name there.
        profile: the profile it names.
        local_packages: folders of the packages that it takes from this machine.
        target_path: where dbt leaves its artifacts, and the tools around it look for them.
    """

    path: Path
    name: str
    profile: str
    local_packages: tuple[Path, ...]
    target_path: Path


def read_project(project_dir: Path) -> DbtProject:
    """Read name and local packages of a dbt project.

    Raises:
        ProjectError: there is none in the folder, or its files are not YAML mappings.
    """
    project_file = project_dir / "dbt_project.yml"
    if not project_file.is_file():
        raise ProjectError(
            f"there is no dbt project at {project_dir}: no dbt_project.yml in it. Run from the "
            "folder that holds it, name it with `project.project_dir` in the config, or make one "
            "with `shardrun init DIR`."
        )
    packages_file = project_dir / "packages.yml"
    declared = read_mapping(packages_file).get("packages") if packages_file.is_file() else None
    packages = declared if isinstance(declared, list) else []
    project = read_mapping(project_file)
    return DbtProject(
        path=project_dir,
        name=str(project.get("name", "")),
        profile=str(project.get("profile", "")),
        local_packages=tuple(
            project_dir / str(package["local"])
            for package in packages
            if isinstance(package, dict) and "local" in package
        ),
        target_path=project_dir
        / (os.environ.get("DBT_TARGET_PATH") or str(project.get("target-path", "target"))),
    )


def read_mapping(path: Path) -> dict[object, object]:
    """Read a YAML file of keys.

    Raises:
        ProjectError: it can't be read, or is no mapping.
    """
    try:
        content = YAML(typ="safe").load(path)
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise ProjectError(f"{path} can't be read: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ProjectError(f"{path} can't be read: it does not hold `key: value` lines")
    return content
