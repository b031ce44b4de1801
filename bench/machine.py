"""What a benchmark ran on: the machine and the versions, as they are noted beside its figures."""

from __future__ import annotations

import platform
from importlib.metadata import version

import psutil


def describe_machine() -> dict[str, str | int | float]:
    """Return cores, memory (GiB), platform and the versions that speed hangs on."""
    return {
        "cores": psutil.cpu_count() or 0,
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_before": round(psutil.getloadavg()[0], 2),
        "platform": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("shardrun", "duckdb", "dbt-core", "dbt-duckdb")},
    }
