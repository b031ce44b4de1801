"""The run of a year's shards: as many at a time as there are workers, and what if one is killed.

Owns the bookkeeping of tries. It must never know what a shard file holds: that is the worker's
business, and whether the files make a year is the coordinator's.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import replace
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from shardrun.dask_executor import Cluster
from shardrun.executors import ExecutorName, open_executor
from shardrun.shards import (
    Shard,
    ShardProgress,
    ShardResult,
    ShardState,
    ShardTask,
    failed_shard,
)
from shardrun.worker import discard_unfinished, prepare_worker, run_shard, run_shard_twice

ShardListener = Callable[[ShardProgress], None]

MAX_TRIES = 3
"""How often a shard may kill its worker; the last time it runs alone, so that it is to blame."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class ShardPool:
    """An executor for shards, made anew when a worker that was killed has broken it."""

    def __init__(self, name: ExecutorName, workers: int, cluster: Cluster | None = None) -> None:
        """Prepare a pool; nothing is started before :meth:`warm_up` or the first task.

        Args:
            name: see :func:`open_executor`.
            workers: how many shards run at a time; ``inline`` runs one.
            cluster: where ``dask`` runs them.

        Raises:
            InputError: the cluster can't be used.
        """
        self.workers = 1 if name == "inline" else workers
        self._name = name
        self._cluster = cluster
        self._executor = self._open()

    def warm_up(self) -> None:
        """Start the workers without waiting for them."""
        self._submit(prepare_worker)

    def submit(self, task: ShardTask) -> Future[ShardResult]:
        """Give a task to a worker."""
        return self._submit(run_shard_twice if self._name == "dask" else run_shard, task)

    def close(self, *, kill: bool = False) -> None:
        """End the workers; with ``kill`` at once, whatever they do."""
        self._executor.shutdown(wait=True, cancel_futures=kill)

    def __enter__(self) -> Self:
        """Use the pool in a with statement."""
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the workers, at once if the block failed."""
        self.close(kill=exception is not None)

    def _open(self) -> Executor:
        return open_executor(self._name, self.workers, prepare_worker, self._cluster)

    def _submit(self, fn: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        try:
            return self._executor.submit(fn, *args, **kwargs)
        except BrokenExecutor:
            # waits until the last worker is dead, so that none still writes what we begin anew
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = self._open()
            return self._executor.submit(fn, *args, **kwargs)


def run_shards(
    tasks: Sequence[ShardTask], pool: ShardPool, on_progress: ShardListener
) -> tuple[ShardResult, ...]:
    """Run shards, as many at a time as the pool has workers.

    A worker that is killed loses only what was running: those shards are begun again, up to
    :data:`MAX_TRIES` times, the last time alone; the other shards finish.

    Args:
        tasks: one a shard.
        pool: where they run.
        on_progress: is told of each shard's states, in this thread.

    Returns:
        what came of them, in the order of the tasks; a shard that failed is a result too.

    Raises:
        KeyboardInterrupt: by Ctrl-C; the workers are ended and their unfinished files removed.
    """
    try:
        return _Run(tasks, pool, on_progress).finish()
    except BaseException:
        pool.close(kill=True)
        for task in tasks:
            discard_unfinished(task)
        raise


class _Run:
    """The bookkeeping of one call of :func:`run_shards`.

    No more shards are submitted than there are workers, so that those submitted are those that
    a broken pool may have been broken by.
    """

    def __init__(
        self, tasks: Sequence[ShardTask], pool: ShardPool, on_progress: ShardListener
    ) -> None:
        self._tasks = tasks
        self._pool = pool
        self._tell = on_progress
        self._waiting = deque(tasks)
        self._suspects: deque[ShardTask] = deque()
        self._running: dict[Future[ShardResult], ShardTask] = {}
        self._kills: Counter[Shard] = Counter()
        self._results: dict[Shard, ShardResult] = {}

    def finish(self) -> tuple[ShardResult, ...]:
        for task in self._tasks:
            self._tell(ShardProgress(task.shard, ShardState.QUEUED))
        while self._waiting or self._suspects or self._running:
            self._start_shards()
            done, _ = wait(self._running, return_when=FIRST_COMPLETED)
            for future in done:
                self._take(future, self._running.pop(future))
        return tuple(self._results[task.shard] for task in self._tasks)

    def _start_shards(self) -> None:
        while self._waiting and len(self._running) < self._pool.workers:
            self._start(self._waiting.popleft())
        if self._suspects and not self._running:
            self._start(self._suspects.popleft())

    def _start(self, task: ShardTask) -> None:
        self._tell(ShardProgress(task.shard, ShardState.RUNNING))
        self._running[self._pool.submit(task)] = task

    def _take(self, future: Future[ShardResult], task: ShardTask) -> None:
        error = future.exception()
        if error is None:
            self._end(future.result())
        elif isinstance(error, BrokenExecutor):
            self._count_kill(task)
        else:
            self._end(failed_shard(task, f"{type(error).__name__}: {error}"))

    def _count_kill(self, task: ShardTask) -> None:
        self._kills[task.shard] += 1
        kills = self._kills[task.shard]
        if kills == MAX_TRIES:
            discard_unfinished(task)
            self._end(
                failed_shard(
                    task,
                    f"its worker was killed {kills} times, the last time while no other shard "
                    "ran. If memory ran out, use more shards or a higher memory limit.",
                ),
                tries=kills,
            )
            return
        self._tell(ShardProgress(task.shard, ShardState.RETRIED))
        alone = kills == MAX_TRIES - 1
        (self._suspects if alone else self._waiting).append(task)

    def _end(self, result: ShardResult, tries: int | None = None) -> None:
        shard = result.shard
        result = replace(result, tries=tries or self._kills[shard] + 1)
        self._results[shard] = result
        state = ShardState.FAILED if result.failure else ShardState.DONE
        self._tell(ShardProgress(shard, state, result))
