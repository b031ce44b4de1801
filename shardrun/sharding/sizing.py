"""How a year is split: how many shards, how many at a time, and what each may use of the machine.

Pure arithmetic on what was measured; it must never look at the machine or a file itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from shardrun.errors import InputError

COORDINATOR_MB = 300
"""Resident memory of a process with dbt and a parsed project, in megabytes (10^6 bytes)."""

WORKER_MB = 100
"""Resident memory of a worker beside what DuckDB counts as its own, in megabytes."""

LEAST_MB = 112
"""Below this DuckDB can't be relied on to sort even a small shard.

A quarter more than was measured, since what one needs hangs on its SQL too, and on how many threads
happen to be at work at a time. On DuckDB 2.0.0 and two cores, of 30,000 people as of 60,000, 10 of
10 shards of the bundled project were made with 64 MB by one thread and 88 by two or eight; with 8
MB less, 1 or none.
"""

LEAST_RUN_MB = 500
"""Below this a whole run is refused, in megabytes, as by `performance.memory_limit_gb`."""

_HELD_BY_DUCKDB = Fraction(4, 3)
"""What DuckDB 2.0.0 holds, at most, of each byte that it counts against its limit.

Of 5 million people a process whose DuckDB had 1,500 MB held up to 2,000, of 20 million one that had
3,080 up to 4,220, and one that had 4,000 up to 5,200, Python and dbt included.
"""

_STAGE_MB_PER_MILLION = 260
"""Peak memory of the unsplit event stage: 1.27 GB at 5 million people, DuckDB's caches included."""

_UNION_MB = 250
_UNION_MB_PER_MILLION = 1000
"""A million sorted events and what is written beside them.

Of 9 million events in 8 shards, 600 MB took 6.6 seconds, 900 took 6.2, 1,500 as long as 4,000: 5.4.
"""

_COMFORTABLE = 0.6
"""The share of the memory limit up to which the unsplit stage never spilled."""


@dataclass(frozen=True, slots=True)
class ShardChoice:
    """What `auto` chose.

    Attributes:
        shards: how many; 1 means the default path.
        reason: why, in one line for a person.
    """

    shards: int
    reason: str


@dataclass(frozen=True, slots=True)
class WorkerShare:
    """What one of several workers may use.

    Attributes:
        workers: how many there are.
        threads: DuckDB threads of each.
        memory_mb: DuckDB's memory limit of each, in megabytes (10^6 bytes).
    """

    workers: int
    threads: int
    memory_mb: int


@dataclass(frozen=True, slots=True)
class RunShare:
    """What one of several whole runs may use.

    Attributes:
        workers: how many go at a time.
        threads: DuckDB threads of each.
        memory_mb: memory of each process, in megabytes (10^6 bytes).
    """

    workers: int
    threads: int
    memory_mb: int


def duckdb_memory_mb(memory_mb: int) -> int:
    """Return the limit of DuckDB in a process that also has dbt, in megabytes.

    Args:
        memory_mb: that the process may hold, in megabytes.
    """
    return _counted(memory_mb - COORDINATOR_MB)


def _counted(held_mb: int) -> int:
    """Return the limit that makes DuckDB hold no more than so much, in megabytes."""
    return int(held_mb / _HELD_BY_DUCKDB)


def choose_shards(entities: int | None, cores: int, memory_mb: int) -> ShardChoice:
    """Choose the number of shards.

    Threads of one process are as fast as processes, without the union; shards win where the whole
    stage would not fit in memory.

    Args:
        entities: how many entities the run starts with; None if that is not known.
        cores: that may be used.
        memory_mb: that may be used, in megabytes.
    """
    if entities is None:
        return ShardChoice(1, "the project has no input to count its entities by")
    needed = entities * _STAGE_MB_PER_MILLION / 1e6
    people = f"{entities:,} entities need about {needed / 1000:.1f} GB of {memory_mb / 1000:.1f} GB"
    if needed <= _COMFORTABLE * memory_mb:
        return ShardChoice(1, f"{people}: threads are as fast, and there is no union to write")
    share = max(_COMFORTABLE * (memory_mb - COORDINATOR_MB) / cores - WORKER_MB, LEAST_MB)
    shards = cores
    while needed / shards > share and shards < 64 * cores:
        shards *= 2
    return ShardChoice(shards, f"{people}: more than threads in one process can hold with comfort")


def union_memory_mb(largest_shard: int, memory_mb: int) -> int:
    """Return what a union needs to sort one shard after another, in megabytes.

    DuckDB would keep what it has read and written in memory up to its limit, to no use.

    Args:
        largest_shard: rows of the largest shard.
        memory_mb: that may be used, in megabytes.
    """
    return min(_UNION_MB + largest_shard * _UNION_MB_PER_MILLION // 1_000_000, memory_mb)


def share_machine(shards: int, workers: int | None, cores: int, memory_mb: int) -> WorkerShare:
    """Share threads and memory among the workers of a run.

    Args:
        shards: of a year; more workers than shards would idle.
        workers: that were asked for; None means one a core.
        cores: that may be used.
        memory_mb: that all processes together may use, in megabytes.

    Raises:
        InputError: there is too little memory for as many workers.
    """
    chosen = min(workers or cores, shards)
    memory = _counted((memory_mb - COORDINATOR_MB) // chosen - WORKER_MB)
    if memory < LEAST_MB:
        least = WORKER_MB + ceil(LEAST_MB * _HELD_BY_DUCKDB)
        raise InputError(
            f"a memory limit of {memory_mb} MB is too little for {chosen} workers: they need at "
            f"least {COORDINATOR_MB + chosen * least} MB, {COORDINATOR_MB} for dbt and {least} for "
            "each to sort even a small shard. Give more with --memory-limit, or fewer with "
            "--workers."
        )
    return WorkerShare(chosen, max(1, cores // chosen), memory)


def share_among_runs(runs: int, workers: int | None, cores: int, memory_mb: int) -> RunShare:
    """Share threads and memory among whole runs, each in a process with a dbt of its own.

    Args:
        runs: how many there are.
        workers: how many at a time; None means one a core, or as many as there is memory for.
        cores: that may be used.
        memory_mb: that all processes together may use, in megabytes.

    Raises:
        InputError: there is too little memory for as many.
    """
    fitting = memory_mb // LEAST_RUN_MB
    chosen = min(workers or min(cores, max(fitting, 1)), runs)
    memory = memory_mb // chosen
    if memory < LEAST_RUN_MB:
        raise InputError(
            f"a memory limit of {memory_mb} MB is too little for {chosen} runs at a time: they "
            f"need at least {chosen * LEAST_RUN_MB} MB. Give more with "
            "--memory-limit, or fewer with --workers."
        )
    return RunShare(chosen, max(1, cores // chosen), memory)
