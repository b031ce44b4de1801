"""What is said of a run's pace rests on what has ended, and in between only counts down."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardrun.config.simulation import SimulationConfig
from shardrun.console.numbers import format_time_left
from shardrun.console.pace import Pace, StepKey, seconds_left_of_alike
from shardrun.pipeline.plan import Step, build_plan
from shardrun.pipeline.progress import (
    RunStarted,
    ShardChanged,
    StepFailed,
    StepFinished,
    StepStarted,
)
from shardrun.sharding.shard_results import ShardProgress, ShardResult, ShardState
from shardrun.sharding.shards import Shard
from shardrun.stages import WorkflowStage

PLAN = build_plan(SimulationConfig(), 2025, 2027)
KEYS = [(step.stage, step.year) for step in PLAN]
SECONDS = {stage: 1.0 + place for place, stage in enumerate(WorkflowStage)}


class Told:
    """A run that tells of its steps, on a clock of its own."""

    def __init__(self, plan: tuple[Step, ...] = PLAN, took: dict[StepKey, float] | None = None):
        self.pace = Pace()
        self.now = 100.0
        took = took or {}
        self.pace.heed(RunStarted("r", plan, frozenset(took), took=took), self.now)

    @property
    def left(self) -> float | None:
        return self.pace.seconds_left(self.now)

    def begin(self, key: StepKey) -> None:
        self.pace.heed(StepStarted(*key), self.now)

    def do(self, key: StepKey, seconds: float, rows: int = 0) -> None:
        self.begin(key)
        self.now += seconds
        self.pace.heed(StepFinished(*key, seconds, rows, 0), self.now)


def shard_done(index: int, rows: int) -> ShardChanged:
    shard = Shard(2025, index, 4)
    return ShardChanged(ShardProgress(shard, ShardState.DONE, ShardResult(shard, None, "", rows)))


def test_from_the_second_year_on_an_even_run_is_foretold_to_the_second() -> None:
    run = Told()
    yearly = [key for key in KEYS if key[0] is not WorkflowStage.REPORTING]
    for place, key in enumerate(yearly):
        run.do(key, SECONDS[key[0]])
        if key[1] > 2025:
            reporting = 3.0  # a stage that never ran takes the median of those that have
            rest = sum(SECONDS[stage] for stage, _ in yearly[place + 1 :])
            assert run.left == pytest.approx(rest + reporting)


@given(st.data())
def test_between_two_events_the_time_left_only_counts_down(data: st.DataObject) -> None:
    run = Told()
    for key in KEYS:
        run.begin(key)
        before = run.left
        for pause in data.draw(st.lists(st.floats(0, 50), max_size=4)):
            run.now += pause
            after = run.left
            if before is None:
                assert after is None
            else:
                assert before - pause - 1e-6 <= (after or 0.0) <= before
                before = after if after is not None else 0.0
        seconds = data.draw(st.floats(0.01, 50))
        run.pace.heed(StepFinished(*key, seconds, 1, 0), run.now)
    assert run.left is None


def test_nothing_is_said_before_half_of_the_run_is_done_or_known() -> None:
    one_year = build_plan(SimulationConfig(), 2025, 2025)
    run = Told(one_year)
    said = []
    for step in one_year:
        run.do((step.stage, step.year), 2.0)
        said.append(run.left)
    assert said == [None, None, 6.0, 4.0, 2.0, None]


def test_a_last_step_that_takes_too_long_is_not_said_to_end_soon() -> None:
    run = Told(took=dict.fromkeys(KEYS[:-1], 2.0))
    run.begin(KEYS[-1])
    run.now += 1.5
    assert run.left == pytest.approx(0.5)
    run.now += 30
    assert run.left is None


def test_a_run_that_is_gone_on_with_knows_what_its_stages_took_before() -> None:
    done = {key: 3.0 for key in KEYS if key[1] == 2025}
    run = Told(took=done)
    assert run.left == 3.0 * (len(KEYS) - len(done))
    stage = WorkflowStage.FOUNDATION
    run.do((stage, 2026), 1.0)  # and trusts this run more
    assert run.left == 3.0 * (len(KEYS) - len(done) - 2) + 1.0


def test_rows_per_second_are_those_of_steps_and_shards_that_have_ended() -> None:
    run = Told()
    assert run.pace.rows_per_second is None
    run.do(KEYS[0], 2.0, rows=1000)
    assert run.pace.rows_per_second == 500
    run.begin((WorkflowStage.EVENT_GENERATION, 2025))
    run.now += 1.0
    assert run.pace.rows_per_second == 500
    run.pace.heed(shard_done(0, 200), run.now)
    assert run.pace.rows_per_second == 400
    run.now += 1.0
    run.pace.heed(shard_done(1, 800), run.now)
    assert run.pace.rows_per_second == 500
    run.pace.heed(StepFailed(WorkflowStage.EVENT_GENERATION, 2025, 2.0, ""), run.now)
    assert run.pace.rows_per_second == 500


@pytest.mark.parametrize(
    ("durations", "running", "waiting", "at_once", "left"),
    [
        ([], [5.0], 3, 2, None),
        ([10.0], [10.0], 0, 2, None),
        ([10.0], [4.0], 0, 1, 6.0),
        ([10.0, 12.0], [5.0, 0.0], 6, 2, (6 + 11 + 66) / 2),
    ],
)
def test_runs_side_by_side_share_the_time_that_is_left(
    durations: list[float], running: list[float], waiting: int, at_once: int, left: float | None
) -> None:
    assert seconds_left_of_alike(durations, running, waiting, at_once) == left


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.2, "5 s"),
        (12, "15 s"),
        (55, "55 s"),
        (56, "1 min"),
        (61, "2 min"),
        (3540, "59 min"),
        (3541, "1 h"),
        (3601, "1 h 10 min"),
        (7300, "2 h 10 min"),
    ],
)
def test_a_time_to_wait_is_no_more_exact_than_a_guess_can_be(seconds: float, shown: str) -> None:
    assert format_time_left(seconds) == shown


def test_a_time_to_wait_never_reads_shorter_when_it_is_longer() -> None:
    units = {"s": 1, "min": 60, "h": 3600}

    def read(text: str) -> int:
        words = text.split()
        return sum(int(n) * units[u] for n, u in zip(words[::2], words[1::2], strict=True))

    shown = [read(format_time_left(seconds)) for seconds in range(1, 20_000)]
    assert all(earlier <= later for earlier, later in pairwise(shown))
    assert all(text >= seconds for seconds, text in enumerate(shown, start=1))
