"""Which configuration and which inputs a dbt project has: the bundled workforce's, or none.

The one place where the executor and the workforce domain meet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from shardrun.config.dbt_project import read_project
from shardrun.config.location import ConfigLocation
from shardrun.config.scenarios import find_scenario, load_with_scenario
from shardrun.config.simulation import SimulationConfig, load_config
from shardrun.config.yaml_source import read_yaml
from shardrun.errors import InputError
from shardrun.runs.preflight import InputImporter
from shardrun.workforce.census_import import CensusImport
from shardrun.workforce.known_census import import_once
from shardrun.workforce.parameters import WorkforceConfig

DEFAULT_CONFIG = Path("config/simulation_config.yaml")
WORKFORCE_PROJECT = "workforce"
JOB_LEVELS_SEED = Path("seeds/job_levels.csv")


def load_run_config(
    path: Path | None, scenario: str | None = None, directory: Path = Path()
) -> SimulationConfig:
    """Read a run's configuration, as the workforce's where the dbt project is the workforce.

    Args:
        path: the file; None means the default one, or all defaults where there is none.
        scenario: the name of what is laid over it; None lays nothing.
        directory: what its path, and those in it, are relative to.

    Raises:
        ConfigError: it is not acceptable.
        InputError: there is no such scenario.
    """
    given = _given(path, directory)
    model = _model_of(given, directory)
    config = load_config(given, model) if given else model()
    if scenario is not None:
        usual = directory / DEFAULT_CONFIG
        file = find_scenario([(given or usual).parent, usual.parent], scenario)
        config = load_with_scenario(given, file, model)
    return rooted(config, directory, path)


def config_model(path: Path | None) -> type[SimulationConfig]:
    """Return what a configuration is a configuration of: the workforce, or any other dbt project.

    Args:
        path: the file; None means the default one.

    Raises:
        ConfigError: it is not readable.
        ProjectError: there is no dbt project where it says.
    """
    return _model_of(_given(path), Path())


def rooted(config: SimulationConfig, directory: Path, file: Path | None = None) -> SimulationConfig:
    """Return a configuration whose relative paths lie in a directory.

    Args:
        config: as it is written.
        directory: what its paths are relative to.
        file: that it was read from, where one was named.
    """
    location = ConfigLocation(file, None if directory == Path() else directory.absolute())
    project = config.project
    profiles_dir = project.profiles_dir
    there = config.read_at(location).model_copy(
        update={
            "project": project.model_copy(
                update={
                    "project_dir": directory / project.project_dir,
                    "profiles_dir": None if profiles_dir is None else directory / profiles_dir,
                }
            )
        }
    )
    if isinstance(there, WorkforceConfig):
        return there.with_census(directory / there.census.path)
    return there


def with_census(config: SimulationConfig, census: Path) -> SimulationConfig:
    """Return a configuration with another census file.

    Raises:
        InputError: the project has no census.
    """
    if not isinstance(config, WorkforceConfig):
        raise InputError(
            f"--census: the dbt project at {config.project.project_dir} is not the bundled "
            "workforce, and takes no census"
        )
    return config.with_census(census)


def project_inputs(
    config: SimulationConfig, remark: Callable[[str], None]
) -> Mapping[str, InputImporter]:
    """Return, by name, what checks and imports each input of a project.

    Args:
        config: of the run.
        remark: is told how an input was read, and what is doubtful in it.
    """
    if not isinstance(config, WorkforceConfig):
        return {}

    def read_census(target: Path) -> None:
        say_import(import_configured_census(config, target), remark)

    return {"census": read_census}


def import_shared_inputs(
    configs: Mapping[str, SimulationConfig], folder: Path, remark: Callable[[str], None]
) -> Mapping[str, Mapping[str, Path]]:
    """Check and import the inputs of several runs, once for all that read them alike.

    Args:
        configs: of the runs, by name.
        folder: where the canonical forms go.
        remark: is told how an input was read, and what is doubtful in it.

    Returns:
        by the name of the run and of the input, its canonical form.
    """
    imported: dict[tuple[object, ...], dict[str, Path]] = {}
    for config in configs.values():
        alike = _read_alike(config)
        if alike in imported:
            continue
        imported[alike] = {}
        for name, importer in project_inputs(config, remark).items():
            imported[alike][name] = folder / f"{name}_{len(imported)}.parquet"
            importer(imported[alike][name])
    return {name: imported[_read_alike(config)] for name, config in configs.items()}


def _read_alike(config: SimulationConfig) -> tuple[object, ...]:
    """Return what the inputs of a run depend on: equal for runs that read the same."""
    if not isinstance(config, WorkforceConfig):
        return ()
    return config.census, config.compensation.pay_scale, config.simulation.start_year


def import_configured_census(
    config: WorkforceConfig, target: Path, as_of: date | None = None
) -> CensusImport:
    """Check the census that a configuration names, and write its canonical form.

    Args:
        config: of the run.
        target: the canonical file, replaced when it is complete.
        as_of: the census date; None means the day before the first simulated year.

    Raises:
        CensusError: the census is not acceptable.
        InputError: the target can't be written.
    """
    census = config.census
    return import_once(
        census.path,
        target,
        job_levels=config.project.project_dir / JOB_LEVELS_SEED,
        as_of=as_of or date(config.simulation.start_year - 1, 12, 31),
        pay_scale=config.compensation.pay_scale,
        columns={key: name for key, name in census.columns if name is not None},
        date_format=census.date_format,
        pay_period=census.pay_period,
        hours_per_year=census.hours_per_year,
    )


def say_import(imported: CensusImport, remark: Callable[[str], None]) -> None:
    """Tell a person what came in, how it was read, and what is doubtful."""
    remark(f"census: {imported.rows:,} people as of {imported.as_of}")
    for note in imported.notes:
        remark(f"census: {note}")
    for warning in imported.warnings:
        remark(f"warning: census: {warning}")


def _given(path: Path | None, directory: Path = Path()) -> Path | None:
    if path is not None:
        return directory / path
    return directory / DEFAULT_CONFIG if (directory / DEFAULT_CONFIG).exists() else None


def _model_of(config_file: Path | None, directory: Path) -> type[SimulationConfig]:
    if config_file is None:
        return WorkforceConfig
    # The config can't be checked without its model, so its project is looked up beforehand.
    section = read_yaml(config_file).data.get("project")
    folder = section.get("project_dir") if isinstance(section, dict) else None
    if not isinstance(folder, str) or read_project(directory / folder).name == WORKFORCE_PROJECT:
        return WorkforceConfig
    return SimulationConfig
