"""Promises about what is measured of a process tree, and what is advised by it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shardrun.ledger.fingerprints import Fingerprints
from shardrun.ledger.records import RunLimits, RunRecord, Status, StepRecord
from shardrun.resources import (
    ProcessTree,
    ResourceSampler,
    ResourceUsage,
    TreeReading,
    total_usage,
)
from shardrun.runs.resource_advice import advise
from shardrun.stages import WorkflowStage

MB = 1_000_000
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
EVENTS = WorkflowStage.EVENT_GENERATION


def readings(*memory: int) -> Iterator[TreeReading]:
    """Yield looks at a tree that has a second of CPU and 10 bytes more in each."""
    for number, size in enumerate(memory):
        yield TreeReading(float(number), size, 10 * number, None)


def test_usage_is_what_counters_grew_by_and_the_highest_memory_in_between() -> None:
    looks = readings(50, 900, 70, 60)
    with ResourceSampler(read=lambda: next(looks)) as sampler:
        sampler.look()
        sampler.look()
        usage = sampler.usage()
    assert usage == ResourceUsage(3.0, 900, 30, None)


def test_a_child_that_ends_between_two_looks_takes_nothing_back() -> None:
    """Its counters come to its parent when it is waited for, which a look may just miss."""
    looks = iter(TreeReading(cpu, 10, io, io) for cpu, io in ((1.0, 10), (5.0, 90), (4.0, 80)))
    with ResourceSampler(read=lambda: next(looks)) as sampler:
        sampler.look()
        assert sampler.usage() == ResourceUsage(4.0, 10, 80, 80)


@pytest.mark.parametrize(("cost", "pause"), [(0.0, 0.2), (0.001, 0.2), (0.05, 5.0)])
def test_looking_takes_no_more_than_a_hundredth_of_a_core(cost: float, pause: float) -> None:
    spent = iter([0.0, cost])
    sampler = ResourceSampler(
        read=lambda: TreeReading(0.0, 0, 0, 0), clock=lambda: next(spent, cost)
    )
    with sampler:
        assert sampler.look() == pytest.approx(pause)


def test_a_tree_counts_processes_that_run_and_those_that_have_ended() -> None:
    burn = "x = bytearray(80_000_000); sum(range(3_000_000)); print(end='.', flush=True); input()"
    tree = ProcessTree()
    before = tree.read()
    with subprocess.Popen(
        [sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        child.stdout.read(1)
        during = tree.read()
        child.stdin.write(b"\n")
    after = tree.read()
    assert during.memory >= before.memory + 80 * MB
    assert after.memory < during.memory - 60 * MB
    assert before.cpu_seconds < during.cpu_seconds <= after.cpu_seconds
    assert before.read_bytes is not None
    assert after.read_bytes is not None
    assert before.read_bytes < after.read_bytes


def test_usages_one_after_another_add_up_but_for_the_memory() -> None:
    first, second = ResourceUsage(1.0, 300, 10, 1), ResourceUsage(2.0, 200, 20, None)
    assert total_usage([first, second]) == ResourceUsage(3.0, 300, 30, None)
    assert total_usage([first, None]) is None


RUN = RunRecord(
    run_id="r",
    status=Status.FINISHED,
    started_at=NOON,
    ended_at=NOON,
    start_year=2025,
    end_year=2027,
    random_seed=42,
    threading={"dbt_threads": 6, "event_shards": 1},
    versions={},
    fingerprints=Fingerprints({}, {}, "p"),
    error=None,
    limits=RunLimits(cores=4, memory_mb=8000, workers=1, sharded_stage=EVENTS),
)


def step(
    *, seconds: float, cores: float, memory_mb: int = 500, year: int = 2025, run_id: str = "r"
) -> StepRecord:
    usage = ResourceUsage(cores * seconds, memory_mb * MB, 0, 0)
    return StepRecord(run_id, EVENTS, year, Status.FINISHED, NOON, seconds, 1, 0, 0, usage)


@pytest.mark.parametrize(
    ("seconds", "cores", "memory_mb"),
    [(60, 3.0, 500), (5, 0.5, 500), (60, 2.0, 7000)],
    ids=["busy", "too short to tell", "just half of the cores, memory below the limit"],
)
def test_nothing_is_advised_of_a_stage_that_is_well(
    seconds: float, cores: float, memory_mb: int
) -> None:
    assert advise([RUN], [step(seconds=seconds, cores=cores, memory_mb=memory_mb)]) == ()


def test_of_several_years_the_worst_is_told() -> None:
    steps = [step(seconds=30, cores=cores, year=year) for year, cores in ((2025, 1.5), (2026, 1.0))]
    (advice,) = advise([RUN], steps)
    assert advice.startswith("EVENT_GENERATION of 2026 kept 1.0 of 4 cores busy: ")


@pytest.mark.parametrize(
    ("shards", "workers", "advised"),
    [(8, 2, "--workers 4"), (5, 4, "--shards 16"), (32, 4, "slow disk"), (1, 1, "slow disk")],
)
def test_idle_cores_are_advised_on_by_what_kept_them_idle(
    shards: int, workers: int, advised: str
) -> None:
    run = replace(
        RUN, threading={"event_shards": shards}, limits=RunLimits(4, 8000, workers, EVENTS)
    )
    (advice,) = advise([run], [step(seconds=30, cores=1.0)])
    assert advised in advice


@pytest.mark.parametrize(("shards", "split"), [(1, True), (8, False)])
def test_a_stage_near_its_memory_limit_is_told(shards: int, split: bool) -> None:
    run = replace(RUN, threading={"event_shards": shards})
    (advice,) = advise([run], [step(seconds=1, cores=4.0, memory_mb=7300)])
    assert "held 7.3 GB, with a limit of 8.0 GB" in advice
    assert "--memory-limit" in advice
    assert ("--shards" in advice) == split


def test_a_split_is_advised_for_the_stage_that_can_be_split_alone() -> None:
    full = replace(step(seconds=1, cores=4.0, memory_mb=7300), stage=WorkflowStage.FOUNDATION)
    splitting = replace(RUN, limits=RunLimits(4, 8000, 1, WorkflowStage.FOUNDATION))
    assert ["--shards" in advise([run], [full])[0] for run in (RUN, splitting)] == [False, True]


def test_what_a_run_did_not_record_is_not_judged() -> None:
    idle = step(seconds=60, cores=0.1)
    assert advise([replace(RUN, limits=None)], [idle]) == ()
    assert advise([RUN], [replace(idle, resources=None), replace(idle, run_id="older")]) == ()
