"""The ways of running the same project that are compared, each in a folder of its own.

`legacy` and `staged` are the dbt command line as a person or a shell loop would call it; they take
stages and selectors from the same configuration as shardrun, so that all do the same work.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from time import perf_counter

from shardrun.plan import Step, build_plan
from shardrun.workforce.parameters import WorkforceConfig

DBT = Path(sys.executable).with_name("dbt")
SHARDRUN = Path(sys.executable).with_name("shardrun")


@dataclass(frozen=True)
class Workspace:
    """One contender's run: an empty folder and the inputs that all contenders share.

    Attributes:
        folder: the run's own; the database is made in it.
        config: the configuration, years included.
        config_file: the file it was read from.
        census: canonical Parquet.
    """

    folder: Path
    config: WorkforceConfig
    config_file: Path
    census: Path

    @property
    def database(self) -> Path:
        """Where the run's result goes."""
        return self.folder / "simulation.duckdb"


def run_shardrun(workspace: Workspace) -> float:
    """`shardrun run`, the default path; returns wall seconds."""
    years = workspace.config.simulation
    return _timed(
        [
            str(SHARDRUN),
            "run",
            f"{years.start_year}-{years.end_year}",
            *("--config", str(workspace.config_file)),
            *("--census", str(workspace.census)),
            *("--database", str(workspace.database)),
        ]
    )


def run_staged(workspace: Workspace) -> float:
    """One `dbt` command with --threads a stage and year; returns wall seconds."""
    return sum(
        _dbt(workspace, step.year, [*_command(workspace, step), *_selection(workspace, step)])
        for step in _plan(workspace)
    )


def run_legacy(workspace: Workspace) -> float:
    """One `dbt run` a model and year, single-threaded, as a loop over models; wall seconds."""
    return sum(
        _dbt(workspace, step.year, [*command, "--threads", "1"])
        for step in _plan(workspace)
        for command in _one_by_one(workspace, step)
    )


CONTENDERS: dict[str, Callable[[Workspace], float]] = {
    "legacy": run_legacy,
    "staged": run_staged,
    "shardrun": run_shardrun,
}


def _plan(workspace: Workspace) -> tuple[Step, ...]:
    years = workspace.config.simulation
    return build_plan(workspace.config, years.start_year, years.end_year)


def _command(workspace: Workspace, step: Step) -> list[str]:
    settings = workspace.config.workflow.stages[step.stage]
    threads = workspace.config.performance.dbt_threads if settings.threading == "parallel" else 1
    return [settings.command, "--threads", str(threads)]


def _selection(workspace: Workspace, step: Step) -> list[str]:
    settings = workspace.config.workflow.stages[step.stage]
    tests = [
        *("--indirect-selection", settings.indirect_selection),
        *("--exclude-resource-type", "unit_test"),
    ]
    return ["--select", *settings.selectors, *(tests if settings.command == "build" else ())]


def _one_by_one(workspace: Workspace, step: Step) -> Iterator[list[str]]:
    """Yield a stage's commands as a loop over models gives them: seeds and tests in one each."""
    nodes = _nodes(workspace, step)
    if "seed" in nodes:
        yield ["seed", "--select", *nodes["seed"]]
    for model in nodes.get("model", ()):
        yield ["run", "--select", model]
    if "test" in nodes:
        yield ["test", "--select", *nodes["test"]]


def _nodes(workspace: Workspace, step: Step) -> dict[str, list[str]]:
    """Return the names of what dbt runs in the step, by resource type, in dependency order."""
    step_runs_models_only = workspace.config.workflow.stages[step.stage].command == "run"
    listing = subprocess.run(
        [
            *(str(DBT), "--quiet", "ls", *_selection(workspace, step)),
            *(("--resource-type", "model") if step_runs_models_only else ()),
            *("--output", "json", "--output-keys"),
            *("unique_id", "name", "resource_type", "config", "depends_on"),
        ],
        cwd=workspace.config.project.project_dir,
        env=_environment(workspace),
        check=True,
        capture_output=True,
        text=True,
    )
    found = {node["unique_id"]: node for node in map(json.loads, listing.stdout.splitlines())}
    parents = {name: node["depends_on"].get("nodes", ()) for name, node in found.items()}
    nodes: dict[str, list[str]] = {}
    for name in TopologicalSorter(parents).static_order():
        if name in found and found[name]["config"].get("materialized") != "ephemeral":
            nodes.setdefault(found[name]["resource_type"], []).append(found[name]["name"])
    return nodes


def _dbt(workspace: Workspace, year: int, arguments: list[str]) -> float:
    variables = workspace.config.dbt_vars() | {
        "simulation_year": year,
        "census_path": str(workspace.census),
    }
    return _timed(
        [str(DBT), *arguments, "--vars", json.dumps(variables)],
        cwd=workspace.config.project.project_dir,
        env=_environment(workspace),
    )


def _environment(workspace: Workspace) -> dict[str, str]:
    return os.environ | {
        "SHARDRUN_DATABASE": str(workspace.database),
        "DBT_TARGET_PATH": str(workspace.folder / "target"),
        "DBT_LOG_PATH": str(workspace.folder / "logs"),
    }


def _timed(
    command: list[str], *, cwd: Path | None = None, env: dict[str, str] | None = None
) -> float:
    started = perf_counter()
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    seconds = perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return seconds
