"""From a configuration and a range of years to the ordered steps of a run: pure data.

It decides order only. It must never start anything, nor look at files, the database or the clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from shardrun.config.periods import periods
from shardrun.config.simulation import SimulationConfig
from shardrun.stages import WorkflowStage


@dataclass(frozen=True)
class Step:
    """One dbt call of a run.

    Attributes:
        stage: what runs.
        year: the simulated year it runs for; the last year for stages that run at the end.
        index: its position in the plan, from 0.
    """

    stage: WorkflowStage
    year: int
    index: int


def build_plan(config: SimulationConfig, start_year: int, end_year: int) -> tuple[Step, ...]:
    """Lay out the steps of the years `start_year` to `end_year`, both included.

    Within a year the stages keep the order of `WorkflowStage`. Stages of the first year run in
    their place in `start_year` alone; stages of the end run once, after everything else.

    Raises:
        ValueError: if there is no year in the range.
    """
    years = periods(config.simulation.period, start_year, end_year)
    if not years:
        raise ValueError(f"no year from {start_year} to {end_year}")
    settings = config.workflow.stages
    calls = [
        (stage, year)
        for year in years
        for stage in WorkflowStage
        if settings[stage].when == "every_year"
        or (settings[stage].when == "first_year" and year == start_year)
    ]
    calls += [(stage, end_year) for stage in WorkflowStage if settings[stage].when == "end"]
    return tuple(Step(stage, year, index) for index, (stage, year) in enumerate(calls))
