"""Several runs side by side, in processes: what is begun again, and what is told of them.

It must never look into a database: a run is finished when its worker says so.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from shardrun.ensembles.member_results import (
    MemberFailure,
    MemberListener,
    MemberProgress,
    MemberResult,
    MemberState,
)
from shardrun.ensembles.member_run import MemberTask, prepare_member, run_member
from shardrun.errors import MembersFailedError, ShardrunError
from shardrun.pools.task_pool import TaskOutcome, TaskPool, run_tasks


def run_members(
    tasks: Sequence[MemberTask], workers: int, listener: MemberListener
) -> Generator[tuple[MemberTask, MemberResult]]:
    """Run several runs; one that fails, or whose process is killed, does not end the others.

    Args:
        tasks: each on a database of its own.
        workers: how many run at a time.
        listener: is told how they get on, in this thread.

    Yields:
        each run with what came of it, as they end; one that was killed has begun again before.

    Raises:
        KeyboardInterrupt: by Ctrl-C; the processes are ended, each database can be gone on with.
    """

    def tell(state: MemberState) -> Callable[[MemberTask], None]:
        return lambda task: listener(MemberProgress(task.name, state))

    if not tasks:
        return
    with TaskPool("loky", workers, prepare_member) as pool:
        for outcome in run_tasks(
            tasks,
            pool,
            run_member,
            on_start=tell(MemberState.RUNNING),
            on_retry=tell(MemberState.RETRIED),
        ):
            result = _result(outcome)
            state = MemberState.FAILED if result.failure else MemberState.DONE
            listener(MemberProgress(result.name, state, result))
            yield outcome.task, result


def raise_for_failures(results: Sequence[MemberResult]) -> None:
    """Turn runs that failed into the exception that the command line ends with.

    Raises:
        MembersFailedError: naming each that failed, and why.
    """
    failures = [(result.name, result.failure) for result in results if result.failure]
    if failures:
        listing = "\n".join(f"  {name}: {failure.message}" for name, failure in failures)
        raise MembersFailedError(
            f"{len(failures)} of {len(results)} runs failed; the same command goes on with "
            f"them:\n{listing}",
            failures[0][1].exit_code,
        )


def _result(outcome: TaskOutcome[MemberTask, MemberResult]) -> MemberResult:
    if outcome.value is not None:
        return outcome.value
    if outcome.was_killed:
        message = (
            f"its process was killed {outcome.tries} times, the last time while no other ran. If "
            "memory ran out, give a higher --memory-limit, or fewer people."
        )
    else:
        message = f"{type(outcome.error).__name__}: {outcome.error}"
    return MemberResult(
        outcome.task.name, 0.0, failure=MemberFailure(message, ShardrunError.exit_code)
    )
