"""Shards as pure data: what comes back from a worker, and how a shard gets on.

Everything here crosses process boundaries: frozen, picklable, without open resources. It must
never touch a file or a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from shardrun.errors import ShardError
from shardrun.sharding.shards import Shard, ShardModel, ShardTask


@dataclass(frozen=True, slots=True)
class ShardFailure:
    """Why a shard has no file.

    Attributes:
        shard: which shard.
        model: the model whose SQL failed, if one did.
        message: what happened, in DuckDB's words where they are its.
        sql_path: the failing SQL, if a model failed.
        reproduce: the command that runs this shard alone.
    """

    shard: Shard
    model: str | None
    message: str
    sql_path: Path | None
    reproduce: str

    def __str__(self) -> str:
        """Tell it to a person."""
        shard = self.shard
        model = f", model {self.model}" if self.model else ""
        lines = [f"shard {shard.index} of {shard.total}, year {shard.year}{model}: {self.message}"]
        if self.sql_path:
            lines.append(f"  its SQL: {self.sql_path}")
        lines.append(f"  run it alone: {self.reproduce}")
        return "\n".join(lines)


class ModelTiming(NamedTuple):
    """What a model took in a shard: when it began, in seconds since 1970, and its rows if any."""

    model: str
    started: float
    seconds: float
    rows: int | None


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What came of a shard.

    Attributes:
        shard: which shard.
        file: the shard file; only there if the shard did not fail.
        fingerprint: of the task it was made for.
        rows: rows of its canonical relation.
        columns: names and types of its canonical relation, in order.
        seconds: what it took to make, wall time.
        worker: the process that made it; ``None`` if no process lived to tell.
        peak_memory: the highest resident memory that process had had by then, in bytes.
        tries: how often it was begun.
        failure: why it failed, if it did.
        models: what each of its models took.
    """

    shard: Shard
    file: Path
    fingerprint: str
    rows: int = 0
    columns: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0
    worker: int | None = None
    peak_memory: int = 0
    tries: int = 1
    failure: ShardFailure | None = None
    models: tuple[ModelTiming, ...] = ()


class ShardsFailedError(ShardError):
    """Shards of a year failed; the others' files wait for the next try."""

    def __init__(self, results: tuple[ShardResult, ...]) -> None:
        """Tell of the failures among ``results``."""
        failures = [str(result.failure) for result in results if result.failure]
        count = f"{len(failures)} of {len(results)} shards failed"
        super().__init__(
            "\n".join(
                [
                    f"{count}; the others are kept, and the same command goes on with them.",
                    *failures,
                ]
            )
        )
        self.results = results


def failed_shard(
    task: ShardTask,
    message: str,
    *,
    model: ShardModel | None = None,
    worker: int | None = None,
    seconds: float = 0.0,
    peak_memory: int = 0,
) -> ShardResult:
    """Return the result of a shard that failed; see :class:`ShardResult` for the arguments."""
    failure = ShardFailure(
        shard=task.shard,
        model=model.name if model else None,
        message=message,
        sql_path=model.sql_path if model else None,
        reproduce=task.reproduce,
    )
    return ShardResult(
        shard=task.shard,
        file=task.file,
        fingerprint=task.fingerprint,
        seconds=seconds,
        worker=worker,
        peak_memory=peak_memory,
        failure=failure,
    )


class ShardState(StrEnum):
    """Where a shard stands."""

    QUEUED = "queued"
    RUNNING = "running"
    RETRIED = "retried"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ShardProgress:
    """A shard has come into a state.

    Attributes:
        shard: which shard.
        state: which state.
        result: what came of it, when it is done or has failed.
    """

    shard: Shard
    state: ShardState
    result: ShardResult | None = None
