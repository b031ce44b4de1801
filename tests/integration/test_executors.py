"""Promises about the processes that shards run in: begun early, killed, interrupted, orphaned."""

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import loky.process_executor
import psutil
import pytest

from shardrun.pools.executors import InlineExecutor, open_executor
from shardrun.pools.task_pool import MAX_TRIES
from shardrun.sharding.shard_pool import ShardPool, run_shards
from shardrun.sharding.shard_results import ShardProgress, ShardState
from shardrun.sharding.shards import Shard, ShardTask
from shardrun.sharding.worker import prepare_worker
from tests.support.sharding import (
    GATES,
    Gate,
    ignore,
    make_main,
    task_of,
    tasks_of,
    wait_for_worker,
    with_model,
    workers,
)

pytestmark = pytest.mark.integration

COORDINATOR = """
import pickle, sys
from pathlib import Path
from shardrun.sharding.shard_pool import ShardPool, run_shards
tasks = pickle.loads(Path(sys.argv[1]).read_bytes())
with ShardPool(sys.argv[2], 2) as pool:
    run_shards(tasks, pool, lambda progress: print(progress.shard.name, progress.state, flush=True))
"""


@pytest.fixture
def main(tmp_path: Path) -> Path:
    return make_main(tmp_path / "main.duckdb")


@pytest.fixture
def gate(main: Path) -> Gate:
    return Gate(main)


def left_in(task: ShardTask) -> set[str]:
    return {path.name for path in task.folder.iterdir()} - {GATES}


@contextmanager
def killer_of(task: ShardTask, gate: Gate, times: int) -> Iterator[None]:
    """Kill the worker that has the task in hand, so many times, and then let it pass."""

    def kill() -> None:
        for nth in range(times):
            worker = wait_for_worker(task)
            if nth == times - 1:
                gate.open()
            worker.kill()
            worker.wait()

    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(kill)
        yield
        killing.result()


@pytest.mark.parametrize(("name", "count"), [("loky", 1), ("loky", 2), ("inline", 1)])
def test_more_shards_than_workers_queue_and_come_back_in_order(
    main: Path, name: str, count: int
) -> None:
    told: list[ShardProgress] = []
    with ShardPool(name, count) as pool:  # type: ignore[arg-type]
        results = run_shards(tasks_of(main, 5), pool, told.append)
    assert [result.shard.index for result in results] == [0, 1, 2, 3, 4]
    assert all(result.failure is None and result.tries == 1 for result in results)
    assert len({result.worker for result in results}) <= count
    assert (os.getpid() in {result.worker for result in results}) is (name == "inline")
    running = 0
    for progress in told:
        running += {ShardState.RUNNING: 1, ShardState.DONE: -1}.get(progress.state, 0)
        assert running <= count
    assert Counter(progress.state for progress in told) == {
        ShardState.QUEUED: 5,
        ShardState.RUNNING: 5,
        ShardState.DONE: 5,
    }
    assert {(p.shard, p.result) for p in told if p.result} == {(r.shard, r) for r in results}


def test_warming_up_starts_all_workers_that_then_make_the_shards(main: Path) -> None:
    with ShardPool("loky", 2) as pool:
        pool.warm_up()
        started = {worker.pid for worker in workers()}
        results = run_shards(tasks_of(main, 4), pool, ignore)
    assert len(started) == 2
    assert {result.worker for result in results} <= started


def test_a_pool_that_is_closed_leaves_no_worker(main: Path) -> None:
    with ShardPool("loky", 2) as pool:
        run_shards(tasks_of(main, 2), pool, ignore)
        assert len(workers()) == 2
    assert workers() == []


def test_a_worker_that_is_killed_loses_its_shard_alone(main: Path, gate: Gate) -> None:
    tasks = tasks_of(main, 4)
    tasks[1] = gate.before(tasks[1])
    told: list[ShardProgress] = []
    with killer_of(tasks[1], gate, times=1), ShardPool("loky", 1) as pool:
        results = run_shards(tasks, pool, told.append)
    assert [result.failure for result in results] == [None] * 4
    assert [result.tries for result in results] == [1, 2, 1, 1]
    assert [p.shard.index for p in told if p.state is ShardState.RETRIED] == [1]
    assert [p.shard.index for p in told if p.state is ShardState.RUNNING] == [0, 1, 2, 3, 1]
    assert left_in(tasks[1]) == {f"events_y2027_shard{index}.duckdb" for index in range(4)}


def test_a_neighbour_that_ran_beside_the_killed_worker_is_begun_again(
    main: Path, gate: Gate
) -> None:
    neighbours_gate = Gate(main, "the neighbour's gate")
    tasks = tasks_of(main, 5)
    tasks[0] = gate.before(tasks[0])
    tasks[1] = neighbours_gate.before(tasks[1])

    def kill_one() -> None:
        wait_for_worker(tasks[1])
        neighbours_gate.open()
        worker = wait_for_worker(tasks[0])
        gate.open()
        worker.kill()

    with ThreadPoolExecutor(1) as killing, ShardPool("loky", 2) as pool:
        killed = killing.submit(kill_one)
        results = run_shards(tasks, pool, ignore)
        killed.result()
    assert [result.failure for result in results] == [None] * 5
    assert [result.tries for result in results] == [2, 2, 1, 1, 1]


def test_a_shard_that_keeps_killing_its_worker_is_named_and_the_others_finish(
    main: Path, gate: Gate
) -> None:
    tasks = tasks_of(main, 6)
    tasks[1] = gate.before(tasks[1])
    with ShardPool("loky", 2) as pool:
        with killer_of(tasks[1], gate, times=MAX_TRIES):
            results = run_shards(tasks, pool, ignore)
        assert run_shards([task_of(main, 0, 2)], pool, ignore)[0].failure is None, "pool is usable"
    failures = {result.shard.index: result for result in results if result.failure}
    assert set(failures) == {1}
    assert failures[1].tries == MAX_TRIES
    assert "its worker was killed 3 times" in str(failures[1].failure)
    assert "shardrun shard 1 --of 6 --year 2027 --database" in str(failures[1].failure)
    assert not tasks[1].workspace.exists()


def test_the_last_try_of_a_suspect_runs_alone(main: Path, gate: Gate) -> None:
    tasks = tasks_of(main, 4)
    tasks[0] = gate.before(tasks[0])
    running: set[Shard] = set()
    beside: list[set[Shard]] = []

    def listen(progress: ShardProgress) -> None:
        if progress.state is ShardState.RUNNING:
            running.add(progress.shard)
            if progress.shard == tasks[0].shard:
                beside.append(running - {progress.shard})
        elif progress.state is not ShardState.QUEUED:
            running.discard(progress.shard)

    with killer_of(tasks[0], gate, times=MAX_TRIES), ShardPool("loky", 2) as pool:
        run_shards(tasks, pool, listen)
    assert len(beside) == MAX_TRIES
    assert beside[-1] == set()


def test_workers_killed_while_idle_are_replaced(main: Path) -> None:
    with ShardPool("loky", 2) as pool:
        run_shards(tasks_of(main, 2), pool, ignore)
        idle = workers()
        for worker in idle:
            worker.kill()
        psutil.wait_procs(idle)
        results = run_shards(tasks_of(main, 3), pool, ignore)
    assert all(result.failure is None for result in results)


@pytest.mark.parametrize("name", ["loky", "inline"])
def test_a_failing_shard_is_a_result_and_the_others_finish(main: Path, name: str) -> None:
    tasks = tasks_of(main, 3)
    tasks[1] = with_model(tasks[1], "int_broken", "select nothing_here")
    with ShardPool(name, 2) as pool:  # type: ignore[arg-type]
        results = run_shards(tasks, pool, ignore)
    assert [result.failure is None for result in results] == [True, False, True]
    assert results[1].failure is not None
    assert results[1].failure.model == "int_broken"


def test_a_task_that_cant_reach_a_worker_is_a_result(main: Path) -> None:
    tasks = tasks_of(main, 2)
    tasks[0] = replace(tasks[0], threads=threading.Lock())  # type: ignore[arg-type]
    with ShardPool("loky", 1) as pool:
        unsendable, sent = run_shards(tasks, pool, ignore)
    assert "pickle" in str(unsendable.failure)
    assert sent.failure is None


def test_an_error_of_the_listener_ends_the_workers_and_leaves_nothing_unfinished(
    main: Path, gate: Gate
) -> None:
    tasks = tasks_of(main, 2)
    tasks[0] = gate.before(tasks[0])

    def fail_when_done(progress: ShardProgress) -> None:
        if progress.state is ShardState.DONE:
            raise LookupError

    with ShardPool("loky", 2) as pool, pytest.raises(LookupError):
        run_shards(tasks, pool, fail_when_done)
    assert workers() == []
    assert left_in(tasks[0]) == {tasks[1].file.name}


def test_an_inline_executor_keeps_what_its_call_raised() -> None:
    assert isinstance(InlineExecutor().submit(lambda: 1 / 0).exception(), ZeroDivisionError)
    assert open_executor("inline", 1, prepare_worker).submit(max, 1, 2).result() == 2


def test_a_larger_shard_does_not_retire_its_worker() -> None:
    with open_executor("loky", 1, prepare_worker) as executor:
        limit = executor.submit(lambda: loky.process_executor._MAX_MEMORY_LEAK_SIZE).result()
    assert limit > 10**15, "loky's limit on the growth of a worker"


def test_the_first_worker_of_a_process_never_sees_ctrl_c() -> None:
    code = """
import signal, sys
from shardrun.pools.executors import open_executor
from shardrun.sharding.worker import prepare_worker
with open_executor("loky", 1, prepare_worker) as executor:
    blocked = executor.submit(signal.pthread_sigmask, signal.SIG_BLOCK, ()).result()
sys.exit(signal.SIGINT not in blocked)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def start_coordinator(
    tmp_path: Path, tasks: list[ShardTask], executor: str = "loky"
) -> subprocess.Popen[str]:
    file = tmp_path / "tasks.pickle"
    file.write_bytes(pickle.dumps(tasks))
    return subprocess.Popen(
        [sys.executable, "-c", COORDINATOR, str(file), executor],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def assert_all_end(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=60)
    for process in alive:
        process.kill()
    assert alive == []


def test_no_worker_outlives_a_coordinator_that_is_killed(
    main: Path, gate: Gate, tmp_path: Path
) -> None:
    tasks = tasks_of(main, 3)
    tasks[0] = gate.before(tasks[0])
    with start_coordinator(tmp_path, tasks) as coordinator:
        wait_for_worker(tasks[0], coordinator.pid)
        family = psutil.Process(coordinator.pid).children(recursive=True)
        assert len(family) >= 2
        coordinator.kill()
        assert_all_end(family)


def test_a_run_of_shards_ends_without_a_word_on_stderr(main: Path, tmp_path: Path) -> None:
    with start_coordinator(tmp_path, tasks_of(main, 3)) as coordinator:
        stdout, stderr = coordinator.communicate()
    assert coordinator.returncode == 0
    assert stdout.count("done") == 3
    assert stderr == ""


@pytest.mark.parametrize("executor", ["loky", "inline"])
def test_ctrl_c_ends_the_shards_at_once_without_a_word_from_workers(
    main: Path, gate: Gate, tmp_path: Path, executor: str
) -> None:
    tasks = tasks_of(main, 3)
    tasks[0] = gate.before(tasks[0])
    with start_coordinator(tmp_path, tasks, executor) as coordinator:
        wait_for_worker(tasks[0], coordinator.pid)
        family = psutil.Process(coordinator.pid).children(recursive=True)
        os.killpg(coordinator.pid, signal.SIGINT)
        _, stderr = coordinator.communicate()
        assert_all_end(family)
    assert coordinator.returncode == -signal.SIGINT
    assert stderr.count('File "<string>"') == 1, stderr
    assert stderr.rstrip().endswith("KeyboardInterrupt")
    assert "loky.backend" not in stderr
    assert {Path(name).suffix for name in left_in(tasks[0])} <= {".duckdb"}
