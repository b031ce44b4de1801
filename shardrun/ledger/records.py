"""What a ledger says, as frozen records, for whoever decides or shows something by them.

They must never know how they are stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from shardrun.config.periods import PeriodNames
from shardrun.ledger.fingerprints import Fingerprints
from shardrun.resources import ResourceUsage
from shardrun.stages import WorkflowStage


class Status(StrEnum):
    """How a run or a step stands.

    ``DIED`` has ended without a word: killed, or its machine or disk was lost.
    """

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    DIED = "died"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What a run might use of the machine.

    Attributes:
        cores: at once.
        memory_mb: of all processes together, in megabytes (10^6 bytes).
        workers: shards at a time; 1 without shards.
        sharded_stage: the stage that can be run in shards, if the project has one.
    """

    cores: int
    memory_mb: int
    workers: int
    sharded_stage: str | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run, as the ledger has it.

    Attributes:
        run_id: its name, sortable by time.
        status: how it stands.
        started_at: when, in UTC.
        ended_at: when, in UTC, if it said so.
        start_year: the first simulated year.
        end_year: the last simulated year.
        random_seed: the seed of every draw.
        threading: threads and shards it ran with.
        versions: of shardrun, duckdb and dbt, by distribution name.
        fingerprints: what its result follows from.
        error: why it failed.
        limits: what it might use; None in a ledger that did not record it yet.
    """

    run_id: str
    status: Status
    started_at: datetime
    ended_at: datetime | None
    start_year: int
    end_year: int
    random_seed: int
    threading: Mapping[str, int]
    versions: Mapping[str, str]
    fingerprints: Fingerprints
    error: str | None
    limits: RunLimits | None = None


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step of a run, as the ledger has it; the figures are ``None`` until it has ended.

    Attributes:
        run_id: the run that did it.
        stage: which stage.
        year: of which year.
        status: how it stands.
        started_at: when, in UTC.
        seconds: what it took.
        rows: what the tables that its models write hold for its year, summed.
        checks: how many tests it ran.
        checks_passed: how many of them passed, or only warned.
        resources: what it took of the machine; None too in a ledger that did not record it yet.
    """

    run_id: str
    stage: WorkflowStage
    year: int
    status: Status
    started_at: datetime
    seconds: float | None
    rows: int | None
    checks: int | None
    checks_passed: int | None
    resources: ResourceUsage | None = None

    @property
    def cores_busy(self) -> float | None:
        """How many cores it kept busy on average."""
        if self.resources is None or not self.seconds:
            return None
        return self.resources.cpu_seconds / self.seconds


@dataclass(frozen=True, slots=True)
class ShardRecord:
    """One shard of a step, as the ledger has it.

    Attributes:
        run_id: the run that made it.
        stage: of which stage.
        year: of which year.
        shard_id: which of them, from 0.
        total_shards: how many the step had.
        status: whether it was made.
        tries: how often it was begun.
        worker: the process that made it.
        seconds: what it took.
        rows: of the canonical table.
        peak_memory: of its process until then, in bytes.
        error: why it failed.
    """

    run_id: str
    stage: WorkflowStage
    year: int
    shard_id: int
    total_shards: int
    status: Status
    tries: int
    worker: int | None
    seconds: float
    rows: int
    peak_memory: int
    error: str | None


@dataclass(frozen=True, slots=True)
class BranchRecord:
    """One branching, as the ledger has it: years that were taken from another database.

    Attributes:
        source: the other database, where it was then.
        source_run_id: the last run of it.
        year: the first year that was not taken from there.
        branched_at: when, in UTC.
        fingerprints: what the years from then on follow from.
    """

    source: Path
    source_run_id: str
    year: int
    branched_at: datetime
    fingerprints: Fingerprints

    def __str__(self) -> str:
        """Say to a person what was taken from where."""
        return f"the years before {self.year} are those of {self.source}"


@dataclass(frozen=True, slots=True)
class LedgerContents:
    """All that a ledger holds, runs and steps as they were recorded: a clock may be set back."""

    runs: tuple[RunRecord, ...]
    steps: tuple[StepRecord, ...]
    shards: tuple[ShardRecord, ...] = ()
    branches: tuple[BranchRecord, ...] = ()

    @property
    def made_from(self) -> Fingerprints | None:
        """What the next run must be made from too, to go on; None where nothing has begun."""
        if not self.runs:
            return None
        last = self.runs[-1]
        if self.branches and self.branches[-1].source_run_id == last.run_id:
            return self.branches[-1].fingerprints  # branched off, and no run has begun since
        return last.fingerprints

    def run_of(self, year: int) -> RunRecord:
        """Return the last run of those whose settings a year follows from; one must have begun."""
        run_id = self.runs[-1].run_id
        for branch in reversed(self.branches):
            if year >= branch.year:
                break
            run_id = branch.source_run_id  # what is before a branch is the other run's
        return next(run for run in self.runs if run.run_id == run_id)

    @property
    def period_names(self) -> PeriodNames:
        """What the project calls its periods."""
        return self.runs[-1].fingerprints.period_names if self.runs else PeriodNames()

    @property
    def done(self) -> frozenset[tuple[WorkflowStage, int]]:
        """The stages and years that need not be run again."""
        return frozenset(
            (step.stage, step.year) for step in self.steps if step.status is Status.FINISHED
        )

    @property
    def took(self) -> Mapping[tuple[WorkflowStage, int], float]:
        """The seconds that each of them took."""
        return {
            (step.stage, step.year): step.seconds
            for step in self.steps
            if step.status is Status.FINISHED and step.seconds is not None
        }
