"""Scenarios: files that hold only what differs from a configuration, beside it in `scenarios/`.

What a scenario leaves out, the configuration says. It must never accept what the configuration
could not say itself: both together are checked anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from shardrun.config.problems import refusal
from shardrun.config.simulation import ConfigT
from shardrun.config.yaml_source import read_yaml
from shardrun.errors import InputError

FOLDER = "scenarios"


def find_scenario(config_folders: Sequence[Path], name: str) -> Path:
    """Return the file of a scenario.

    Args:
        config_folders: where the configuration is, and where else a configuration would be; the
            first of them that has scenarios counts.
        name: of the scenario: its file without `.yaml`.

    Raises:
        InputError: there is none of that name; names those there are.
    """
    folders = [folder / FOLDER for folder in config_folders]
    folder = next(filter(Path.is_dir, folders), folders[0])
    there = {file.stem: file for file in sorted(folder.glob("*.yaml"))}
    if name in there:
        return there[name]
    near = get_close_matches(name, there, n=1)
    if near:
        hint = f'did you mean "{near[0]}"?'
    elif there:
        hint = f"there are: {', '.join(there)}"
    else:
        hint = f"no scenario is there; write what it changes into {folder / name}.yaml"
    raise InputError(f'--scenario: there is no "{name}" in {folder}; {hint}')


def load_with_scenario(config: Path | None, scenario: Path, model: type[ConfigT]) -> ConfigT:
    """Read a configuration with a scenario laid over it, key by key; a list is replaced whole.

    Args:
        config: a file that is acceptable by itself; None means all defaults.
        scenario: the file laid over it.
        model: what both together are.

    Raises:
        ConfigError: the scenario is not acceptable; names its file, line and column.
    """
    base = read_yaml(config).data if config else {}
    over = read_yaml(scenario)
    try:
        return model.model_validate(_laid_over(base, over.data))
    except ValidationError as error:
        raise refusal(error, over, model) from error


def _laid_over(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = _laid_over(below, value)
        else:
            merged[key] = value
    return merged
