"""Databases that `shardrun run` made of the workforce, for tests of what is read out of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.support.in_process import invoke
from tests.support.workforce import copy_project, link_project, write_census


def simulate(
    folder: Path,
    name: str,
    *,
    years: str,
    employees: int = 1500,
    config: str = "",
    seeds: Mapping[str, tuple[str, str]] | None = None,
) -> Path:
    """Run the workforce project and return its database.

    Args:
        folder: where census, configuration and database are made.
        name: of the database.
        years: such as 2027-2028.
        employees: of the census; the same number makes the same people.
        config: YAML of the configuration.
        seeds: by the name of a seed, what is replaced in it by what.
    """
    project = (copy_project if seeds else link_project)(folder / name)
    for seed, (old, new) in (seeds or {}).items():
        file = project / "seeds" / f"{seed}.csv"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
    census = folder / f"census_{employees}_{years[:4]}.parquet"
    if not census.exists():
        write_census(census, employees, int(years[:4]))
    settings = folder / name / "config.yaml"
    settings.write_text(f"{config}\nproject:\n  project_dir: {project}\n")
    run = invoke(
        *("run", years, "--config", settings, "--census", census),
        *("--database", folder / f"{name}.duckdb"),
        cwd=folder,
    )
    assert run.returncode == 0, run.stderr
    return folder / f"{name}.duckdb"
