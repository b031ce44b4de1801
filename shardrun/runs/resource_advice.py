"""What to do about a stage that left cores idle, or came near its memory limit.

Pure judgment of what a ledger has recorded; it must never look at the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shardrun.ledger.records import RunLimits, RunRecord, StepRecord
from shardrun.stages import WorkflowStage

_LONG_SECONDS = 10.0
"""Below this a stage is mostly dbt's own work, which no number of cores makes shorter."""

_IDLE_SHARE = 0.5
_FULL_SHARE = 0.9


def advise(runs: Iterable[RunRecord], steps: Iterable[StepRecord]) -> tuple[str, ...]:
    """Return what a person could do about the resources of the steps, a line a stage and cause.

    Args:
        runs: those that the steps belong to.
        steps: what is judged; one whose run or itself recorded no resources is passed over.
    """
    limits = {run.run_id: (run, run.limits) for run in runs}
    worst: dict[tuple[WorkflowStage, str], tuple[float, str]] = {}
    for step in steps:
        run, limit = limits.get(step.run_id, (None, None))
        if run is None or limit is None:
            continue
        for cause, severity, text in _findings(step, limit, run.threading.get("event_shards", 1)):
            key = step.stage, cause
            if key not in worst or worst[key][0] < severity:
                worst[key] = severity, text
    return tuple(text for _, text in worst.values())


def _findings(
    step: StepRecord, limit: RunLimits, event_shards: int
) -> Iterator[tuple[str, float, str]]:
    """Yield the cause, how bad it is, and what to say."""
    if step.resources is None:
        return
    name, year = step.stage.upper(), step.year
    splits = step.stage == limit.sharded_stage
    shards = event_shards if splits else 1
    busy = (step.cores_busy or 0.0) / limit.cores
    if limit.cores > 1 and (step.seconds or 0.0) >= _LONG_SECONDS and busy < _IDLE_SHARE:
        yield (
            "cores",
            1 - busy,
            f"{name} of {year} kept {step.cores_busy:.1f} of {limit.cores} cores busy: "
            + _advice_on_cores(limit, shards),
        )
    memory = step.resources.peak_memory / 1e6 / limit.memory_mb
    if memory >= _FULL_SHARE:
        split = ", or split it with --shards" if splits and shards == 1 else ""
        yield (
            "memory",
            memory,
            f"{name} of {year} held {step.resources.peak_memory / 1e9:.1f} GB, with a limit of "
            f"{limit.memory_mb / 1000:.1f} GB, beyond which DuckDB spills to disk: give more with "
            f"--memory-limit{split}.",
        )


def _advice_on_cores(limit: RunLimits, shards: int) -> str:
    if shards > 1 and limit.workers < limit.cores:
        return f"let more shards run at a time, with --workers {limit.cores}."
    if shards > 1 and shards < 4 * limit.workers:
        return (
            f"the last of {shards} shards leave workers idle; --shards {4 * limit.workers} are "
            "smaller."
        )
    return (
        "another program or a slow disk held it up, or the dbt profile gives DuckDB fewer "
        "threads than there are cores."
    )
