"""The run of a year's shards in a pool of workers.

It must never know what a shard file holds: that is the worker's business, and whether the files
make a year is the coordinator's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from shardrun.pools.dask_executor import Cluster
from shardrun.pools.executors import ExecutorName
from shardrun.pools.task_pool import TaskOutcome, TaskPool, run_tasks
from shardrun.sharding.shard_results import ShardProgress, ShardResult, ShardState, failed_shard
from shardrun.sharding.shards import Shard, ShardTask
from shardrun.sharding.worker import discard_unfinished, prepare_worker, run_shard, run_shard_twice

ShardListener = Callable[[ShardProgress], None]


class ShardPool(TaskPool):
    """A pool whose workers are ready for shards."""

    def __init__(self, name: ExecutorName, workers: int, cluster: Cluster | None = None) -> None:
        """Prepare a pool; nothing is started before :meth:`warm_up` or the first task.

        Args:
            name: see :func:`shardrun.pools.executors.open_executor`.
            workers: how many shards run at a time; ``inline`` runs one.
            cluster: where ``dask`` runs them.

        Raises:
            InputError: the cluster can't be used.
        """
        super().__init__(name, workers, prepare_worker, cluster)
        self.call = run_shard_twice if name == "dask" else run_shard


def run_shards(
    tasks: Sequence[ShardTask], pool: ShardPool, on_progress: ShardListener
) -> tuple[ShardResult, ...]:
    """Run shards; see :func:`shardrun.pools.task_pool.run_tasks` for one whose worker is killed.

    Args:
        tasks: one a shard.
        pool: where they run.
        on_progress: is told of each shard's states, in this thread.

    Returns:
        what came of them, in the order of the tasks; a shard that failed is a result too.

    Raises:
        KeyboardInterrupt: by Ctrl-C; the workers are ended and their unfinished files removed.
    """

    def tell(state: ShardState) -> Callable[[ShardTask], None]:
        return lambda task: on_progress(ShardProgress(task.shard, state))

    results: dict[Shard, ShardResult] = {}
    try:
        for task in tasks:
            tell(ShardState.QUEUED)(task)
        for outcome in run_tasks(
            tasks,
            pool,
            pool.call,
            on_start=tell(ShardState.RUNNING),
            on_retry=tell(ShardState.RETRIED),
        ):
            result = results[outcome.task.shard] = _result(outcome)
            state = ShardState.FAILED if result.failure else ShardState.DONE
            on_progress(ShardProgress(result.shard, state, result))
    except BaseException:
        pool.close(kill=True)
        for task in tasks:
            discard_unfinished(task)
        raise
    return tuple(results[task.shard] for task in tasks)


def _result(outcome: TaskOutcome[ShardTask, ShardResult]) -> ShardResult:
    if outcome.value is not None:
        result = outcome.value
    elif outcome.was_killed:
        discard_unfinished(outcome.task)
        result = failed_shard(
            outcome.task,
            f"its worker was killed {outcome.tries} times, the last time while no other shard "
            "ran. If memory ran out, use more shards or a higher memory limit.",
        )
    else:
        error = outcome.error
        result = failed_shard(outcome.task, f"{type(error).__name__}: {error}")
    return replace(result, tries=outcome.tries)
