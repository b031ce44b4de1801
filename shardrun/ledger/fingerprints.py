"""Fingerprints of what decides a run's result: config, inputs and project.

A database may only be gone on with while they are what they were. Must never include what has no
influence on the result: threads, memory, paths, the last year.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from shardrun.config.dbt_project import DbtProject
from shardrun.config.periods import YEAR_COLUMN, PeriodKind, PeriodNames
from shardrun.config.simulation import SimulationConfig
from shardrun.config.workflow import JsonScalar
from shardrun.stages import WorkflowStage

_PROJECT_SUFFIXES = frozenset({".csv", ".py", ".sql", ".yaml", ".yml"})
# what dbt writes itself, and where the database is
_NOT_PROJECT = frozenset({"dbt_packages", "logs", "package-lock.yml", "profiles.yml", "target"})

PERIOD_SETTINGS = {"period", "variable", "column"}
"""What a run calls its periods by; recorded where it is not as in the bundled project."""


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """What a run's result follows from.

    Attributes:
        config: every setting that dbt sees, by name.
        inputs: the digest of each input's rows, by the input's name.
        project: digest of the dbt project's files and of its installed packages.
    """

    config: Mapping[str, JsonScalar]
    inputs: Mapping[str, str]
    project: str

    @property
    def period_names(self) -> PeriodNames:
        """What the project calls its periods."""
        # config_settings leaves out what is as for the years of the bundled project
        column = self.config.get("column", self.config.get("variable", YEAR_COLUMN))
        return PeriodNames(cast(PeriodKind, self.config.get("period", "year")), str(column))

    def changes_since(self, earlier: Fingerprints) -> list[str]:
        """Name what is not as it was in ``earlier``, one line each, for a person to read."""
        changes = [
            f"config {key}: {_shown(earlier.config, key)} -> {_shown(self.config, key)}"
            for key in sorted(earlier.config.keys() | self.config.keys())
            if _shown(earlier.config, key) != _shown(self.config, key)
        ]
        changes += [
            f"{name}: its rows are not those the database was made from"
            for name in sorted(earlier.inputs.keys() | self.inputs.keys())
            if earlier.inputs.get(name) != self.inputs.get(name)
        ]
        if self.project != earlier.project:
            changes.append("project: a file of the dbt project, or of its packages, has changed")
        return changes


def config_settings(config: SimulationConfig) -> dict[str, JsonScalar]:
    """Return the settings that decide a result: dbt's vars and what each stage runs when.

    The last year is not among them, since more years may follow on those that are done.
    """
    settings = dict(config.dbt_vars())
    settings |= config.simulation.model_dump(include=PERIOD_SETTINGS, exclude_defaults=True)
    for stage, stage_config in config.workflow.stages.items():
        key = stage_key(stage)
        settings[f"{key}.command"] = stage_config.command
        settings[f"{key}.select"] = " ".join(stage_config.selectors)
        settings[f"{key}.when"] = stage_config.when
        settings[f"{key}.full_refresh"] = stage_config.full_refresh
        if stage_config.exclude:
            settings[f"{key}.exclude"] = " ".join(stage_config.exclude)
        settings |= {f"{key}.vars.{name}": value for name, value in stage_config.vars.items()}
    return settings


def stage_key(stage: WorkflowStage) -> str:
    """Return what the names of a stage's settings begin with."""
    return f"workflow.stages.{stage}"


def project_fingerprint(project: DbtProject) -> str:
    """Digest a dbt project: the names and bytes of its files and of its local packages' files.

    Packages from elsewhere count by what ``packages.yml`` says of them.

    Returns:
        32 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for root in (project.path, *project.local_packages):
        for file in sorted(_project_files(root)):
            content = (root / file).read_bytes()
            digest.update(f"{file.as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()[:32]


def _project_files(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = filter(_counts, folders)
        for name in filter(_counts, files):
            if Path(name).suffix in _PROJECT_SUFFIXES:
                yield Path(folder, name).relative_to(root)


def _counts(name: str) -> bool:
    return name not in _NOT_PROJECT and not name.startswith(".")


def _shown(config: Mapping[str, JsonScalar], key: str) -> str:
    return json.dumps(config[key]) if key in config else "(not set)"
