"""What is noted of one run of a contender, and the medians over several.

Owns the figures' meaning. It must never start anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from shardrun.database.connection import ALIAS, open_database
from shardrun.ledger.reader import read_ledger
from shardrun.ledger.records import LedgerContents
from shardrun.resources import total_usage
from shardrun.stages import WorkflowStage

HEAVY = (WorkflowStage.EVENT_GENERATION, WorkflowStage.STATE_ACCUMULATION)
_NOT_OF_A_YEAR = (WorkflowStage.INITIALIZATION, WorkflowStage.REPORTING)


@dataclass(frozen=True)
class StageFigures:
    """A stage over all years of a run, as the ledger has it.

    Attributes:
        seconds: wall clock.
        cpu_share: of all cores, while it ran.
        peak_memory: of all processes together, in bytes.
    """

    seconds: float
    cpu_share: float
    peak_memory: int


@dataclass(frozen=True)
class Measured:
    """One run of a contender.

    Attributes:
        seconds: wall clock of the whole.
        peak_memory: of all its processes together, in bytes; None where it ran in the benchmark's.
        stages: the two heavy ones by name, where there is a ledger.
        year_seconds: all stages of each year, but those of the run as a whole; likewise.
        shard_overhead: seconds of event generation in which no shard ran, had each worker been
            busy; likewise.
    """

    seconds: float
    peak_memory: int | None = None
    stages: dict[str, StageFigures] = field(default_factory=dict)
    year_seconds: dict[int, float] = field(default_factory=dict)
    shard_overhead: float | None = None


def read_stages(database: Path) -> dict[str, Any]:
    """Return what a run's ledger adds to the figures of :class:`Measured`, by their names."""
    with open_database(database) as connection:
        ledger = read_ledger(connection, ALIAS)
    limits = ledger.runs[-1].limits
    cores = limits.cores if limits else 1
    stages = {}
    for stage in HEAVY:
        steps = [step for step in ledger.steps if step.stage is stage]
        seconds = sum(step.seconds or 0.0 for step in steps)
        usage = total_usage(step.resources for step in steps)
        if usage is not None and seconds:
            share = usage.cpu_seconds / seconds / cores
            stages[stage.value] = StageFigures(seconds, share, usage.peak_memory)
    years: dict[int, float] = {}
    for step in ledger.steps:
        if step.stage not in _NOT_OF_A_YEAR:
            years[step.year] = years.get(step.year, 0.0) + (step.seconds or 0.0)
    return {"stages": stages, "year_seconds": years, "shard_overhead": _overhead(ledger)}


def median_of(runs: Sequence[Measured]) -> dict[str, Any]:
    """Return the median of each figure on its own, over the runs of one contender."""
    merged: dict[str, Any] = _medians([asdict(run) for run in runs])
    return merged | {"seconds_of_each_run": [run.seconds for run in runs]}


def _medians(values: Sequence[Any]) -> Any:
    if isinstance(values[0], dict):
        return {key: _medians([value[key] for value in values]) for key in values[0]}
    return None if values[0] is None else median(values)


def _overhead(ledger: LedgerContents) -> float | None:
    if not ledger.shards:
        return None
    workers = len({shard.worker for shard in ledger.shards})
    seconds = sum(step.seconds or 0.0 for step in ledger.steps if step.stage is HEAVY[0])
    return seconds - sum(shard.seconds for shard in ledger.shards) / workers
