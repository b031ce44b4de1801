"""Promises of the benchmarks' arithmetic: medians, and which targets are judged by what ran."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.measured import Measured, StageFigures, median_of
from bench.targets import judge

EVENTS, STATE = "event_generation", "state_accumulation"


def run(seconds: float, *, events: float = 4.0, memory: int = 900) -> Measured:
    stages = {EVENTS: StageFigures(events, 0.9, memory), STATE: StageFigures(2.0, 0.6, 500)}
    return Measured(seconds, 1000, stages, {2025: seconds - 1})


def test_each_figure_is_the_median_of_its_own_runs() -> None:
    slow_but_small = replace(run(9.0, events=5.0), peak_memory=10)
    figures = median_of([run(3.0, events=7.0), slow_but_small, run(4.0, events=1.0)])
    assert figures["seconds"] == 4.0
    assert figures["seconds_of_each_run"] == [3.0, 9.0, 4.0]
    assert figures["stages"][EVENTS]["seconds"] == 5.0
    assert figures["peak_memory"] == 1000
    assert figures["year_seconds"] == {2025: 3.0}
    assert figures["shard_overhead"] is None


def test_targets_are_judged_where_their_contenders_ran_and_at_their_size_alone() -> None:
    figures = {
        name: median_of([measured])
        for name, measured in {
            "shardrun": run(10.0),
            "limit": Measured(8.0),
            "32 shards": run(15.0, memory=250),
        }.items()
    }
    verdicts = {one.name: one for one in judge(5_000_000, 1, figures)}
    assert set(verdicts) == {
        "time over limit",
        "CPU share, heavy stages",
        "memory of events, 32 shards",
    }
    assert (verdicts["time over limit"].measured, verdicts["time over limit"].met) == (1.25, False)
    share = verdicts["CPU share, heavy stages"]
    assert (share.measured, share.met) == (pytest.approx((4 * 0.9 + 2 * 0.6) / 6), False)
    assert verdicts["memory of events, 32 shards"].met
    assert judge(5_000_000, 2, figures) == []
