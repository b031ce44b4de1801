"""What a run tells dbt: its vars, where its database is, and what of the machine it may use.

It must never run anything itself.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Iterable, Mapping

from shardrun.config.simulation import SimulationConfig
from shardrun.config.workflow import JsonScalar
from shardrun.database.connection import DatabaseLimits
from shardrun.database.run_folder import RunFolder
from shardrun.dbt_runner import DbtRunner
from shardrun.runs.profiles import run_profiles
from shardrun.sharding.sizing import duckdb_memory_mb


def build_runner(
    config: SimulationConfig,
    folder: RunFolder,
    inputs: Iterable[str],
    *,
    debug: bool,
    duckdb_threads: int | None = None,
    variables: Mapping[str, JsonScalar] | None = None,
) -> DbtRunner:
    """Return dbt on a run's database.

    Args:
        config: of the run.
        folder: the run folder, and through it the database.
        inputs: names of the project's inputs, which wait in the folder.
        debug: whether dbt and DuckDB use one thread and dbt logs the SQL it runs.
        duckdb_threads: threads of DuckDB; None means one a core.
        variables: the dbt vars of every stage; None means the configuration's.
    """
    limits = DatabaseLimits(
        threads=1 if debug else duckdb_threads,
        memory_mb=duckdb_memory_mb(config.performance.memory_mb),
        temp_directory=folder.temp,
    )
    return DbtRunner(
        config.project.project_dir,
        profiles_dir=run_profiles(config.project, folder, limits),
        target=config.project.target,
        threads=config.performance.dbt_threads,
        run_dir=folder.path,
        base_vars={
            **(config.dbt_vars() if variables is None else variables),
            **{f"{name}_path": glob.escape(str(folder.input(name))) for name in inputs},
        },
        env={
            "SHARDRUN_DATABASE": str(folder.database),
            "SHARDRUN_DUCKDB_SETTINGS": json.dumps(limits.settings()),
        },
        stages=config.workflow.stages,
        start_year=config.simulation.start_year,
        period_variable=config.simulation.variable,
        debug=debug,
    )
