"""The orchestrator: drives the steps of years x stages, one dbt call each, and records them.

Owns the order of what happens around a step: ledger, progress event, dbt or shards, ledger,
progress event.
It must never know what a stage's models mean, nor show anything to anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

import duckdb

from shardrun.config.periods import periods
from shardrun.config.simulation import SimulationConfig
from shardrun.database.connection import count_rows
from shardrun.dbt_runner import DbtCommandResult, DbtRunner, failure_message
from shardrun.errors import (
    InputError,
    PipelineExecutionError,
    ProjectError,
    ShardError,
    ShardrunError,
)
from shardrun.ledger.ledger import Ledger
from shardrun.ledger.records import Status
from shardrun.pipeline.failed_rows import keep_failed_rows
from shardrun.pipeline.plan import Step, build_plan
from shardrun.pipeline.progress import (
    ProgressListener,
    ShardChanged,
    StepFailed,
    StepFinished,
    StepStarted,
    UnionFinished,
    ignore_progress,
)
from shardrun.pipeline.results import (
    MultiYearExecutionSummary,
    StageExecutionResult,
    YearExecutionResult,
)
from shardrun.resources import ResourceSampler
from shardrun.sharding.coordinator import UnionResult
from shardrun.sharding.shard_results import ShardResult, ShardsFailedError
from shardrun.sql import split_identifiers
from shardrun.stages import WorkflowStage

if TYPE_CHECKING:
    from shardrun.sharding.sharded_stage import ShardedStage

WrittenTables = Sequence[tuple[str, str]]
"""Schema and name of the tables that a stage writes, in the order of their writing."""

_WRITING = frozenset({"model", "seed", "snapshot"})


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
        sharded: ShardedStage | None = None,
    ) -> None:
        """Bring together what a run needs.

        Args:
            config: stages, threads, years.
            runner: runs dbt on the database.
            ledger: of the same database, with a run begun.
            listener: is told how the run gets on.
            done: stages and years that need not run again.
            sharded: the stage that runs in shards, if one does.
        """
        self.config = config
        self._runner = runner
        self._ledger = ledger
        self._tell = listener
        self._done = done
        self._sharded = sharded

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
        sharded = self._sharded if self._sharded and self._sharded.stage is stage else None
        if sharded is not None:
            sharded.prepare()
        with ResourceSampler() as sampler:
            if sharded is not None:
                written: WrittenTables = ()  # recorded with the union
                result = self._execute_in_shards(sharded, simulation_year, started, sampler)
            else:
                result, written = self._execute_by_dbt(stage, simulation_year, started, sampler)
        if not (result.success and result.shards):  # a union is recorded in its own transaction
            self._ledger.end_step(
                stage,
                simulation_year,
                Status.FINISHED if result.success else Status.FAILED,
                seconds=result.execution_time,
                rows=result.rows,
                checks=result.checks,
                checks_passed=result.checks_passed,
                resources=result.resources,
                shards=result.shards,
                written=written if result.success else (),
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
        failure = None
        for year in periods(self.config.simulation.period, start_year, end_year):
            result = self._execute_year(year, (step for step in plan if step.year == year))
            if result.stage_results:
                year_results[year] = result
            if not result.success:
                failure = result.stage_results[-1].failure
                break
        return MultiYearExecutionSummary(
            start_year=start_year,
            end_year=end_year,
            success=failure is None,
            total_execution_time=perf_counter() - started,
            year_results=year_results,
            threading_config=threading_config(self.config, self._sharded),
            failure=failure,
        )

    def _execute_by_dbt(
        self, stage: WorkflowStage, year: int, started: float, sampler: ResourceSampler
    ) -> tuple[StageExecutionResult, WrittenTables]:
        commands = tuple(self._runner.run_stage_models(stage, year))
        seconds = perf_counter() - started
        failed = next((command for command in commands if not command.success), None)
        written = _written_relations(commands)
        result = StageExecutionResult(
            stage=stage,
            simulation_year=year,
            success=not failed,
            execution_time=seconds,
            rows=0 if failed else self._count_rows(stage, year, written),
            command_results=commands,
            resources=sampler.usage(),
            failure=self._failure(failed, stage, year) if failed else None,
        )
        names = [split_identifiers(relation) for relation in written]
        return result, [(schema, name) for *_, schema, name in names]

    def _failure(
        self, failed: DbtCommandResult, stage: WorkflowStage, year: int
    ) -> PipelineExecutionError:
        with self._runner.cursor() as connection:
            kept = keep_failed_rows(connection, self._ledger.database, failed.failures)
        return PipelineExecutionError("\n".join([failure_message(failed, stage.name, year), *kept]))

    def _execute_in_shards(
        self, sharded: ShardedStage, year: int, started: float, sampler: ResourceSampler
    ) -> StageExecutionResult:
        def record(
            connection: duckdb.DuckDBPyConnection,
            shards: Sequence[ShardResult],
            union: UnionResult,
        ) -> None:
            self._ledger.end_step(
                sharded.stage,
                year,
                Status.FINISHED,
                seconds=perf_counter() - started,
                rows=union.rows,
                resources=sampler.usage(),
                shards=shards,
                written=union.tables,
                connection=connection,
            )

        shards: tuple[ShardResult, ...] = ()
        failure: ShardrunError | None = None
        rows = 0
        try:
            shards, union = sharded.execute(
                year, self._ledger.origin(), lambda change: self._tell(ShardChanged(change)), record
            )
            rows = union.rows
            self._tell(UnionFinished(year, len(shards), union.rows, union.seconds))
        except ShardsFailedError as error:
            shards, failure = error.results, error
        except ProjectError as error:
            failure = PipelineExecutionError(f"{sharded.stage.upper()} of {year}: {error}")
        except (ShardError, InputError) as error:
            failure = error
        return StageExecutionResult(
            stage=sharded.stage,
            simulation_year=year,
            success=failure is None,
            execution_time=perf_counter() - started,
            rows=rows,
            shards=shards,
            resources=sampler.usage(),
            failure=failure,
        )

    def _count_rows(self, stage: WorkflowStage, year: int, written: Sequence[str]) -> int:
        yearly = self.config.workflow.stages[stage].when == "every_year"
        period = (self.config.simulation.period_column, year) if yearly else None
        with self._runner.cursor() as connection:
            return sum(count_rows(connection, relation, period) for relation in written)

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


def threading_config(config: SimulationConfig, sharded: ShardedStage | None) -> dict[str, int]:
    """Return the threads and event shards of a run."""
    return {
        "dbt_threads": config.performance.dbt_threads,
        "event_shards": 1 if sharded is None else sharded.total,
    }


def _written_relations(commands: Sequence[DbtCommandResult]) -> tuple[str, ...]:
    """Return the quoted names of what dbt wrote, each once, in the order in which it was done."""
    return tuple(
        dict.fromkeys(
            node.relation_name
            for command in commands
            for node in command.nodes
            if node.resource_type in _WRITING and node.relation_name is not None
        )
    )


def _ending(result: StageExecutionResult) -> StepFinished | StepFailed:
    step = result.stage, result.simulation_year
    if result.error is not None:
        return StepFailed(*step, result.execution_time, result.error)
    return StepFinished(*step, result.execution_time, result.rows, result.checks)
