"""Staged, period-by-period dbt-duckdb runs: fast, deterministic, restartable.

From Python, ``shardrun.run`` is what `shardrun run` is on the command line. What it needs is loaded
with its first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from shardrun.version import __version__

if TYPE_CHECKING:
    from shardrun.api import read_ensemble, read_run, run, run_ensemble, run_scenarios
    from shardrun.config.simulation import SimulationConfig
    from shardrun.ensembles.result import EnsembleResult
    from shardrun.errors import ShardrunError
    from shardrun.export.result_rows import ResultRows
    from shardrun.runs.result import RunResult
    from shardrun.workforce.parameters import WorkforceConfig

__all__ = [
    "EnsembleResult",
    "ResultRows",
    "RunResult",
    "ShardrunError",
    "SimulationConfig",
    "WorkforceConfig",
    "__version__",
    "read_ensemble",
    "read_run",
    "run",
    "run_ensemble",
    "run_scenarios",
]

_HOMES = {
    "EnsembleResult": "shardrun.ensembles.result",
    "ResultRows": "shardrun.export.result_rows",
    "RunResult": "shardrun.runs.result",
    "ShardrunError": "shardrun.errors",
    "SimulationConfig": "shardrun.config.simulation",
    "WorkforceConfig": "shardrun.workforce.parameters",
    "read_ensemble": "shardrun.api",
    "read_run": "shardrun.api",
    "run": "shardrun.api",
    "run_ensemble": "shardrun.api",
    "run_scenarios": "shardrun.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
