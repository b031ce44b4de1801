from __future__ import annotations

import pickle
from itertools import pairwise

import pytest

from shardrun.config.simulation import SimulationConfig
from shardrun.config.workflow import StageConfig, WorkflowSection
from shardrun.pipeline.plan import Step, build_plan
from shardrun.stages import WorkflowStage


def test_the_default_plan_is_initialization_then_the_years_then_reporting() -> None:
    calls = [(step.stage.value, step.year) for step in build_plan(SimulationConfig(), 2025, 2026)]
    assert calls == [
        ("initialization", 2025),
        ("foundation", 2025),
        ("event_generation", 2025),
        ("state_accumulation", 2025),
        ("validation", 2025),
        ("foundation", 2026),
        ("event_generation", 2026),
        ("state_accumulation", 2026),
        ("validation", 2026),
        ("reporting", 2026),
    ]


def test_one_year_runs_every_stage_once() -> None:
    steps = build_plan(SimulationConfig(), 2027, 2027)
    assert [step.stage for step in steps] == list(WorkflowStage)


def test_steps_count_from_zero_without_a_gap() -> None:
    steps = build_plan(SimulationConfig(), 2025, 2029)
    assert [step.index for step in steps] == list(range(len(steps)))


def test_years_never_go_back() -> None:
    steps = build_plan(SimulationConfig(), 2025, 2029)
    assert all(earlier.year <= later.year for earlier, later in pairwise(steps))


def test_a_first_year_stage_runs_in_its_place_and_an_end_stage_after_everything() -> None:
    config = SimulationConfig(
        workflow=WorkflowSection(
            stages={
                WorkflowStage.EVENT_GENERATION: StageConfig(tags=("E",), when="first_year"),
                WorkflowStage.FOUNDATION: StageConfig(tags=("F",), when="end"),
            }
        )
    )
    calls = [(step.stage.value, step.year) for step in build_plan(config, 2025, 2026)]
    assert calls == [
        ("initialization", 2025),
        ("event_generation", 2025),
        ("state_accumulation", 2025),
        ("validation", 2025),
        ("state_accumulation", 2026),
        ("validation", 2026),
        ("foundation", 2026),
        ("reporting", 2026),
    ]


def test_the_years_of_the_call_count_not_those_of_the_file() -> None:
    assert {step.year for step in build_plan(SimulationConfig(), 1977, 1981)} == set(
        range(1977, 1982)
    )


def test_a_range_without_a_year_is_refused() -> None:
    with pytest.raises(ValueError, match="no year from 2029 to 2025"):
        build_plan(SimulationConfig(), 2029, 2025)


def test_a_step_crosses_process_borders() -> None:
    step = Step(WorkflowStage.FOUNDATION, 2025, 1)
    assert pickle.loads(pickle.dumps(step)) == step
