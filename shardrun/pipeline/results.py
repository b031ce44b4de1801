"""What came of a stage, a year and a whole run; frozen, so that anybody may hold on to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shardrun.errors import ShardrunError
from shardrun.resources import ResourceUsage
from shardrun.sharding.shard_results import ShardResult
from shardrun.stages import WorkflowStage

if TYPE_CHECKING:
    from shardrun.dbt_runner import DbtCommandResult, NodeResult

_PASSED = frozenset({"pass", "warn"})


@dataclass(frozen=True, slots=True)
class StageExecutionResult:
    """One stage of one year.

    Attributes:
        stage: which.
        simulation_year: of which year.
        success: whether every dbt command of it succeeded.
        execution_time: seconds.
        rows: what the tables that its models write hold for the year.
        command_results: one a dbt command.
        shards: one a shard, where it ran in shards.
        resources: what it took of the machine, in all processes.
        failure: what failed and where, as the error that the command line ends with.
    """

    stage: WorkflowStage
    simulation_year: int
    success: bool
    execution_time: float
    rows: int = 0
    command_results: tuple[DbtCommandResult, ...] = ()
    shards: tuple[ShardResult, ...] = ()
    resources: ResourceUsage | None = None
    failure: ShardrunError | None = None

    @property
    def error(self) -> str | None:
        """What failed and where, for the person who reads it."""
        return None if self.failure is None else str(self.failure)

    @property
    def checks(self) -> int:
        """Tests that ran."""
        return sum(node.resource_type == "test" for node in self._nodes)

    @property
    def checks_passed(self) -> int:
        """Tests that passed, or only warned."""
        return sum(node.resource_type == "test" and node.status in _PASSED for node in self._nodes)

    @property
    def _nodes(self) -> list[NodeResult]:
        return [node for result in self.command_results for node in result.nodes]


@dataclass(frozen=True, slots=True)
class YearExecutionResult:
    """One year: the stages that ran, in order, up to the first that failed.

    Attributes:
        year: which.
        success: whether all of them succeeded.
        execution_time: seconds.
        stage_results: one a stage; stages done by an earlier run are not among them.
    """

    year: int
    success: bool
    execution_time: float
    stage_results: tuple[StageExecutionResult, ...]


@dataclass(frozen=True, slots=True)
class MultiYearExecutionSummary:
    """A whole run.

    Attributes:
        start_year: first simulated year.
        end_year: last simulated year.
        success: whether all years succeeded.
        total_execution_time: seconds.
        year_results: by year; years done by an earlier run are not among them.
        threading_config: ``dbt_threads`` and ``event_shards`` of the run.
        failure: what failed and where, as the error that the command line ends with.
    """

    start_year: int
    end_year: int
    success: bool
    total_execution_time: float
    year_results: Mapping[int, YearExecutionResult]
    threading_config: Mapping[str, int]
    failure: ShardrunError | None = None

    @property
    def error(self) -> str | None:
        """What failed and where, for the person who reads it."""
        return None if self.failure is None else str(self.failure)

    def raise_for_failure(self) -> None:
        """Turn a failed run into the exception that the command line ends with.

        Raises:
            PipelineExecutionError: dbt failed in a stage.
            ShardError: the shards of a year failed, or don't fit together.
            InputError: the stage can't be run in shards.
        """
        if self.failure is not None:
            raise self.failure
