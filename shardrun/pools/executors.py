"""Executors: where shards may run, behind concurrent.futures' own interface.

Owns the processes: how they start, and that none outlives the one that started them. It must
never know what is run in them.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Literal, ParamSpec, TypeVar

from loky import ProcessPoolExecutor, cpu_count

from shardrun.pools.dask_executor import Cluster, DaskExecutor

ExecutorName = Literal["loky", "inline", "dask"]

# what a killed worker leaves (dbt in it makes dozens of semaphores) its tracker clears away, and
# would tell the person who pressed Ctrl-C
_TRACKER_REMARKS = "ignore:resource_tracker:UserWarning"

_P = ParamSpec("_P")
_T = TypeVar("_T")

_SECONDS_BETWEEN_LOOKS = 1.0


class InlineExecutor(Executor):
    """Runs each call at once, in the thread that submits it."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Run ``fn`` and return its outcome as a future that is done."""
        future: Future[_T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - a future holds whatever its call raised
            future.set_exception(error)
        return future


class LokyExecutor(ProcessPoolExecutor):  # type: ignore[misc]  # loky has no types
    """A loky pool whose workers end with this process, and only when it says so."""

    def __init__(self, workers: int, prepare: Callable[[], None]) -> None:
        """Prepare a pool of ``workers`` processes; the first submit starts them.

        Args:
            workers: how many.
            prepare: is called in each one as it starts.
        """
        if _TRACKER_REMARKS not in sys.warnoptions:
            sys.warnoptions.append(_TRACKER_REMARKS)
        given = os.environ.get("PYTHONWARNINGS")
        super().__init__(
            max_workers=workers,
            initializer=_start_worker,
            initargs=(os.getpid(), prepare),
            env={
                # loky retires a worker that has grown, and a shard larger than the last is no leak
                "LOKY_MAX_MEMORY_LEAK_SIZE": "1e18",
                "PYTHONWARNINGS": ",".join(filter(None, (given, _TRACKER_REMARKS))),
            },
        )

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Submit a call; the first one starts the workers, and does not wait for them."""
        with _ctrl_c_kept_from_children():
            future: Future[_T] = super().submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the pool; with ``cancel_futures`` its workers are killed, since a shard is long."""
        super().shutdown(wait=wait, kill_workers=cancel_futures)


def available_cores() -> int:
    """Return how many cores this process may use: by affinity, container limits and hardware."""
    return int(cpu_count())


def open_executor(
    name: ExecutorName,
    workers: int,
    prepare: Callable[[], None],
    cluster: Cluster | None = None,
) -> Executor:
    """Return an executor.

    Args:
        name: ``loky`` for processes, ``inline`` for this thread, ``dask`` for a cluster.
        workers: how many processes; ``inline`` has none.
        prepare: is called in each process as it starts, but for those of a cluster.
        cluster: where ``dask`` runs them.

    Raises:
        InputError: the cluster can't be used.
    """
    if name == "dask":
        if cluster is None:
            raise ValueError("dask needs a cluster")
        return DaskExecutor(cluster, workers)
    return InlineExecutor() if name == "inline" else LokyExecutor(workers, prepare)


def _start_worker(coordinator: int, prepare: Callable[[], None]) -> None:
    _watch_coordinator(coordinator)
    prepare()


def _watch_coordinator(coordinator: int) -> None:
    """Make this process end with its coordinator, even when that is killed without a word.

    A worker that outlived it would hold the main file's lock and keep the next run out.
    PR_SET_PDEATHSIG would not do: it follows the thread that started the process.

    Args:
        coordinator: process id of the parent that started this one.
    """
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(_SECONDS_BETWEEN_LOOKS):
            if os.getppid() != coordinator:
                os._exit(1)

    watcher = threading.Thread(target=watch, name="coordinator-watcher", daemon=True)
    watcher.start()

    def join() -> None:
        # a thread that outlives the interpreter makes DuckDB's binding report leaks
        stop.set()
        watcher.join()

    atexit.register(join)


@contextmanager
def _ctrl_c_kept_from_children() -> Iterator[None]:
    """Let processes that start meanwhile never see Ctrl-C: ending them is this process's work."""
    # the tracker that Python starts beside its first process lets the signal through again
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
