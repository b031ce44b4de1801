"""Progress events: what the pipeline tells whoever listens, and nothing about how to show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shardrun.pipeline.plan import Step
from shardrun.sharding.shard_results import ShardProgress
from shardrun.stages import WorkflowStage


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins.

    Attributes:
        run_id: as in the ledger.
        plan: every step of the run, in order.
        done: stages and years that an earlier run has done already.
        period_word: what a person calls a year, or other period, of the project.
        took: the seconds that steps took in earlier runs, those that run again too.
    """

    run_id: str
    plan: tuple[Step, ...]
    done: frozenset[tuple[WorkflowStage, int]]
    period_word: str = "year"
    took: Mapping[tuple[WorkflowStage, int], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A stage of a year begins."""

    stage: WorkflowStage
    year: int


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A stage of a year has ended well.

    Attributes:
        stage: which.
        year: of which year.
        seconds: what it took.
        rows: what the tables that its models write hold for its year, summed.
        checks: tests that ran; all passed, or only warned.
    """

    stage: WorkflowStage
    year: int
    seconds: float
    rows: int
    checks: int


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A stage of a year has failed, and the run ends.

    Attributes:
        stage: which.
        year: of which year.
        seconds: what it took until then.
        error: what failed and where.
    """

    stage: WorkflowStage
    year: int
    seconds: float
    error: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run is over.

    Attributes:
        success: whether every step of its plan is done.
        seconds: from its start.
    """

    success: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class ShardChanged:
    """A shard of the step that runs has come into a state."""

    progress: ShardProgress


@dataclass(frozen=True, slots=True)
class UnionFinished:
    """The shards of a year are united in the canonical table.

    Attributes:
        year: which year.
        shards: how many.
        rows: of the year, in the canonical table.
        seconds: what the union took, its checks included.
    """

    year: int
    shards: int
    rows: int
    seconds: float


ProgressEvent = (
    RunStarted | StepStarted | ShardChanged | UnionFinished | StepFinished | StepFailed | RunEnded
)
ProgressListener = Callable[[ProgressEvent], None]
"""Is called with each event, in order, in the thread of the pipeline; must return soon."""


def ignore_progress(_: ProgressEvent) -> None:
    """Listen to a run that nobody watches."""
