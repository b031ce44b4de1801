"""The orchestrator: drives the steps of years x stages, one dbt call each, and records them.

Owns the order of what happens around a step: ledger, progress event, dbt, ledger, progress event.
It must never know what a stage's models mean, nor show anything to anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import perf_counter

from shardrun.config import SimulationConfig
from shardrun.database import count_rows
from shardrun.dbt_runner import DbtCommandResult, DbtRunner, failure_message
from shardrun.ledger import Ledger
from shardrun.ledger_records import Status
from shardrun.plan import Step, build_plan
from shardrun.progress import (
    ProgressEvent,
    ProgressListener,
    StepFailed,
    StepFinished,
    StepStarted,
)
from shardrun.results import (
    MultiYearExecutionSummary,
    StageExecutionResult,
    YearExecutionResult,
)
from shardrun.stages import WorkflowStage

_WRITING = frozenset({"model", "seed", "snapshot"})


def ignore_progress(event: ProgressEvent) -> None:
    """Listen to nothing."""


class PipelineOrchestrator:
    """Executes stages, years and whole simulations against one database.

    A stage that fails is a result, not an exception: it ends its year and its run.
    """

    def __init__(
        self,
        config: SimulationConfig,
        runner: DbtRunner,
        ledger: Ledger,
        listener: ProgressListener = ignore_progress,
        done: frozenset[tuple[WorkflowStage, int]] = frozenset(),
    ) -> None:
        """Bring together what a run needs.

        Args:
            config: stages, threads, years.
            runner: runs dbt on the database.
            ledger: of the same database, with a run begun.
            listener: is told how the run gets on.
            done: stages and years that need not run again.
        """
        self.config = config
        self._runner = runner
        self._ledger = ledger
        self._tell = listener
        self._done = done

    def execute_workflow_stage(
        self, stage: WorkflowStage, simulation_year: int
    ) -> StageExecutionResult:
        """Run one stage of one year, whether it was done before or not.

        Raises:
            ProjectError: dbt can't load the project.
        """
        self._ledger.begin_step(stage, simulation_year)
        self._tell(StepStarted(stage, simulation_year))
        started = perf_counter()
        commands = tuple(self._runner.run_stage_models(stage, simulation_year))
        seconds = perf_counter() - started
        failed = [command for command in commands if not command.success]
        result = StageExecutionResult(
            stage=stage,
            simulation_year=simulation_year,
            success=not failed,
            execution_time=seconds,
            rows=0 if failed else self._count_rows(stage, simulation_year, commands),
            command_results=commands,
            error=failure_message(failed[0], stage.name, simulation_year) if failed else None,
        )
        self._ledger.end_step(
            stage,
            simulation_year,
            Status.FINISHED if result.success else Status.FAILED,
            seconds=result.execution_time,
            rows=result.rows,
            checks=result.checks,
            checks_passed=result.checks_passed,
        )
        self._tell(_ending(result))
        return result

    def execute_single_year_simulation(self, simulation_year: int) -> YearExecutionResult:
        """Run the stages of one year of the configured ones, those that are not done.

        Raises:
            ProjectError: dbt can't load the project.
        """
        years = self.config.simulation
        plan = build_plan(self.config, years.start_year, years.end_year)
        return self._execute_year(
            simulation_year, (step for step in plan if step.year == simulation_year)
        )

    def execute_multi_year_simulation(
        self, start_year: int, end_year: int
    ) -> MultiYearExecutionSummary:
        """Run the years from ``start_year`` to ``end_year``, up to the first stage that fails.

        Raises:
            ProjectError: dbt can't load the project.
        """
        started = perf_counter()
        plan = build_plan(self.config, start_year, end_year)
        year_results: dict[int, YearExecutionResult] = {}
        error = None
        for year in range(start_year, end_year + 1):
            result = self._execute_year(year, (step for step in plan if step.year == year))
            if result.stage_results:
                year_results[year] = result
            if not result.success:
                error = result.stage_results[-1].error
                break
        return MultiYearExecutionSummary(
            start_year=start_year,
            end_year=end_year,
            success=error is None,
            total_execution_time=perf_counter() - started,
            year_results=year_results,
            threading_config=threading_config(self.config),
            error=error,
        )

    def _count_rows(
        self, stage: WorkflowStage, year: int, commands: Sequence[DbtCommandResult]
    ) -> int:
        yearly = self.config.workflow.stages[stage].when == "every_year"
        written = {
            node.relation_name
            for command in commands
            for node in command.nodes
            if node.resource_type in _WRITING and node.relation_name is not None
        }
        with self._runner.cursor() as connection:
            return sum(
                count_rows(connection, relation, year if yearly else None) for relation in written
            )

    def _execute_year(self, year: int, steps: Iterable[Step]) -> YearExecutionResult:
        started = perf_counter()
        results: list[StageExecutionResult] = []
        for step in steps:
            if (step.stage, step.year) in self._done:
                continue
            results.append(self.execute_workflow_stage(step.stage, step.year))
            if not results[-1].success:
                break
        return YearExecutionResult(
            year=year,
            success=all(result.success for result in results),
            execution_time=perf_counter() - started,
            stage_results=tuple(results),
        )


def threading_config(config: SimulationConfig) -> dict[str, int]:
    """Return the threads and event shards that a run of ``config`` uses."""
    sharding = config.performance.event_sharding
    return {
        "dbt_threads": config.performance.dbt_threads,
        "event_shards": sharding.shard_count if sharding.enabled else 1,
    }


def _ending(result: StageExecutionResult) -> StepFinished | StepFailed:
    step = result.stage, result.simulation_year
    if result.error is not None:
        return StepFailed(*step, result.execution_time, result.error)
    return StepFinished(*step, result.execution_time, result.rows, result.checks)
