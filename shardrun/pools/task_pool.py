"""Tasks over an executor, as many at a time as it has workers, and what if a worker is killed.

Owns the bookkeeping of tries: a worker that is killed breaks the whole executor, so it is made
anew and what was running begins again. It must never know what a task does or what its outcome
means.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, ParamSpec, Self, TypeVar

from shardrun.pools.dask_executor import Cluster
from shardrun.pools.executors import ExecutorName, open_executor

MAX_TRIES = 3
"""How often a task may kill its worker; the last time it runs alone, so that it is to blame."""

_P = ParamSpec("_P")
_T = TypeVar("_T")
_R = TypeVar("_R")


class TaskPool:
    """An executor that is made anew when a worker that was killed has broken it."""

    def __init__(
        self,
        name: ExecutorName,
        workers: int,
        prepare: Callable[[], None],
        cluster: Cluster | None = None,
    ) -> None:
        """Prepare a pool; nothing is started before :meth:`warm_up` or the first task.

        Args:
            name: see :func:`open_executor`.
            workers: how many tasks run at a time; ``inline`` runs one.
            prepare: is called in each worker as it starts.
            cluster: where ``dask`` runs them.

        Raises:
            InputError: the cluster can't be used.
        """
        self.workers = 1 if name == "inline" else workers
        self._name = name
        self._prepare = prepare
        self._cluster = cluster
        self._executor = self._open()

    def warm_up(self) -> None:
        """Start the workers without waiting for them."""
        self.submit(self._prepare)

    def submit(self, fn: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_R]:
        """Give a call to a worker."""
        try:
            return self._executor.submit(fn, *args, **kwargs)
        except BrokenExecutor:
            # waits until the last worker is dead, so that none still writes what we begin anew
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = self._open()
            return self._executor.submit(fn, *args, **kwargs)

    def _open(self) -> Executor:
        return open_executor(self._name, self.workers, self._prepare, self._cluster)

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


@dataclass(frozen=True, slots=True)
class TaskOutcome(Generic[_T, _R]):
    """How a task ended.

    Attributes:
        task: which.
        tries: how often it was begun.
        value: what it returned; None where it did not.
        error: what it raised.
        was_killed: whether its worker was killed at every try.
    """

    task: _T
    tries: int
    value: _R | None = None
    error: BaseException | None = None
    was_killed: bool = False


def run_tasks(
    tasks: Sequence[_T],
    pool: TaskPool,
    call: Callable[[_T], _R],
    *,
    on_start: Callable[[_T], None],
    on_retry: Callable[[_T], None],
) -> Iterator[TaskOutcome[_T, _R]]:
    """Run tasks, as many at a time as the pool has workers.

    A worker that is killed loses only what was running: those tasks are begun again, up to
    :data:`MAX_TRIES` times, the last time alone; the others finish. No more are submitted than
    there are workers, so that those submitted are those that a broken pool may have been broken by.

    Args:
        tasks: in the order in which they begin.
        pool: where they run.
        call: what is done with each, in a worker.
        on_start: is told of each that begins, in this thread.
        on_retry: is told of each that will begin again.

    Yields:
        how each ended, as they end.
    """
    waiting = deque(enumerate(tasks))
    suspects: deque[tuple[int, _T]] = deque()
    running: dict[Future[_R], tuple[int, _T]] = {}
    kills: Counter[int] = Counter()

    def start(entry: tuple[int, _T]) -> None:
        on_start(entry[1])
        running[pool.submit(call, entry[1])] = entry

    while waiting or suspects or running:
        while waiting and len(running) < pool.workers:
            start(waiting.popleft())
        if suspects and not running:
            start(suspects.popleft())
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            place, task = running.pop(future)
            error = future.exception()
            if error is None:
                yield TaskOutcome(task, kills[place] + 1, value=future.result())
            elif not isinstance(error, BrokenExecutor):
                yield TaskOutcome(task, kills[place] + 1, error=error)
            else:
                kills[place] += 1
                if kills[place] == MAX_TRIES:
                    yield TaskOutcome(task, MAX_TRIES, error=error, was_killed=True)
                    continue
                on_retry(task)
                alone = kills[place] == MAX_TRIES - 1
                (suspects if alone else waiting).append((place, task))
