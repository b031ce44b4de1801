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
from dataclasses import replace
from graphlib import TopologicalSorter
from pathlib import Path
from subprocess import PIPE, STDOUT
from time import perf_counter

from bench.measured import Measured, read_stages
from bench.workspace import Workspace
from shardrun.pipeline.plan import Step, build_plan
from shardrun.resources import ProcessTree, ResourceSampler

DBT = Path(sys.executable).with_name("dbt")
SHARDRUN = Path(sys.executable).with_name("shardrun")


def run_shardrun(workspace: Workspace, *flags: str, cores: int | None = None) -> Measured:
    """`shardrun run`, by the default path or as the flags say.

    Args:
        workspace: where.
        flags: of the command line.
        cores: how many of this machine's the run may use; None means all.
    """
    years = workspace.config.simulation
    ran = _run(
        [
            *(str(SHARDRUN), "run", f"{years.start_year}-{years.end_year}"),
            *("--config", str(workspace.config_file), "--census", str(workspace.census)),
            *("--database", str(workspace.database)),
            *("--memory-limit", f"{workspace.config.performance.memory_limit_gb}GB", *flags),
        ],
        cores=cores,
    )
    return replace(ran, **read_stages(workspace.database))


def run_staged(workspace: Workspace) -> Measured:
    """One `dbt` command with --threads a stage and year."""
    return _total(
        _dbt(workspace, step.year, [*_command(workspace, step), *_selection(workspace, step)])
        for step in _plan(workspace)
    )


def run_legacy(workspace: Workspace) -> Measured:
    """One `dbt run` a model and year, single-threaded, as a loop over models."""
    return _total(
        _dbt(workspace, step.year, [*command, "--threads", "1"])
        for step in _plan(workspace)
        for command in _one_by_one(workspace, step)
    )


def _sharded(shards: int, workers: int = 2, cores: int | None = None) -> Contender:
    flags = ("--shards", str(shards), "--workers", str(workers))
    return lambda workspace: run_shardrun(workspace, *flags, cores=cores)


Contender = Callable[[Workspace], Measured]

DEFAULT = "shardrun"
LEGACY = "legacy"
CONTENDERS: dict[str, Contender] = {
    DEFAULT: run_shardrun,
    LEGACY: run_legacy,
    "staged": run_staged,
    "8 shards": _sharded(8),
    "32 shards": _sharded(32),
}
ON_ONE_CORE: dict[str, Contender] = {
    "one core": lambda workspace: run_shardrun(workspace, cores=1),
    "8 shards, one core": _sharded(8, workers=1, cores=1),
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


def _dbt(workspace: Workspace, year: int, arguments: list[str]) -> Measured:
    variables = workspace.config.dbt_vars() | {
        "simulation_year": year,
        "census_path": str(workspace.census),
    }
    return _run(
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


def _total(commands: Iterator[Measured]) -> Measured:
    ran = list(commands)
    return Measured(
        seconds=sum(command.seconds for command in ran),
        peak_memory=max(command.peak_memory or 0 for command in ran),
    )


def _run(
    command: list[str],
    *,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    cores: int | None = None,
) -> Measured:
    """Run a command to its end, and note its time and the memory of its processes."""
    if cores is not None:
        among = ",".join(map(str, sorted(os.sched_getaffinity(0))[:cores]))
        command = ["taskset", "--cpu-list", among, *command]
    started = perf_counter()
    with (
        subprocess.Popen(
            command, cwd=cwd, env=env, stdout=PIPE, stderr=STDOUT, text=True
        ) as process,
        ResourceSampler(ProcessTree(process.pid).read) as sampler,
    ):
        said, _ = process.communicate()
        seconds = perf_counter() - started
        memory = sampler.usage().peak_memory
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}\n{said}")
    return Measured(seconds, memory)
