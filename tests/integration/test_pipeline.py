"""Promises of the orchestrator: what it runs, what it tells, what it returns, what it records."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shardrun.config.simulation import SimulationConfig, load_config
from shardrun.dbt_runner import DbtRunner
from shardrun.errors import PipelineExecutionError
from shardrun.ledger.fingerprints import Fingerprints
from shardrun.ledger.ledger import Ledger
from shardrun.ledger.reader import read_ledger
from shardrun.ledger.records import LedgerContents, Status
from shardrun.pipeline import PipelineOrchestrator
from shardrun.pipeline.progress import ProgressEvent, StepFailed, StepFinished, StepStarted
from shardrun.stages import WorkflowStage

pytestmark = pytest.mark.integration

PROJECT = Path(__file__).parents[1] / "projects" / "tiny"
STAGES = list(WorkflowStage)


@dataclass
class Run:
    """An orchestrator on a database of its own, and what it said."""

    config: SimulationConfig
    runner: DbtRunner
    ledger: Ledger
    events: list[ProgressEvent] = field(default_factory=list)

    def orchestrator(
        self, done: frozenset[tuple[WorkflowStage, int]] = frozenset()
    ) -> PipelineOrchestrator:
        return PipelineOrchestrator(self.config, self.runner, self.ledger, self.events.append, done)

    def recorded(self) -> LedgerContents:
        with self.runner.cursor() as cursor:
            return read_ledger(cursor, "simulation")

    def rabbits(self) -> list[tuple[int, int]]:
        with self.runner.cursor() as cursor:
            return cursor.execute(
                "select simulation_year, closing_rabbits from main.fct_rabbits order by all"
            ).fetchall()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(PROJECT, "tiny")
    config = load_config(Path("tiny/simulation_config.yaml"))
    database = tmp_path / "rabbits.duckdb"
    runner = DbtRunner(
        config.project.project_dir,
        run_dir=tmp_path / "rabbits.shardrun",
        base_vars=config.dbt_vars(),
        env={"SHARDRUN_DATABASE": str(database)},
        stages=config.workflow.stages,
        start_year=2025,
    )
    runner.execute_command(["parse"], 2025)
    ledger = Ledger(runner.cursor, database)
    ledger.begin_run(2025, 2027, 42, {}, Fingerprints({}, {}, ""))
    yield Run(config, runner, ledger)
    runner.release_database()


def test_a_simulation_runs_its_years_in_order_and_returns_all_of_it(run: Run) -> None:
    summary = run.orchestrator().execute_multi_year_simulation(2025, 2027)
    summary.raise_for_failure()
    assert summary.success
    assert summary.threading_config == {"dbt_threads": 2, "event_shards": 1}
    assert list(summary.year_results) == [2025, 2026, 2027]
    assert [result.stage for result in summary.year_results[2025].stage_results] == STAGES[:-1]
    assert [result.stage for result in summary.year_results[2027].stage_results] == STAGES[1:]
    events = summary.year_results[2027].stage_results[1]
    assert (events.stage, events.rows) == (WorkflowStage.EVENT_GENERATION, 8)
    checks = summary.year_results[2027].stage_results[3]
    assert (checks.checks, checks.checks_passed) == (2, 2)
    assert run.rabbits() == [(2025, 4), (2026, 8), (2027, 16)]
    assert summary.total_execution_time >= sum(
        result.execution_time for result in summary.year_results.values()
    )


def test_each_step_is_told_when_it_starts_and_when_it_has_ended(run: Run) -> None:
    run.orchestrator().execute_workflow_stage(WorkflowStage.INITIALIZATION, 2025)
    run.orchestrator().execute_workflow_stage(WorkflowStage.FOUNDATION, 2025)
    assert [type(event) for event in run.events] == [StepStarted, StepFinished] * 2
    assert run.events[2] == StepStarted(WorkflowStage.FOUNDATION, 2025)
    assert [(step.stage, step.status, step.rows) for step in run.recorded().steps] == [
        (WorkflowStage.INITIALIZATION, Status.FINISHED, 1),
        (WorkflowStage.FOUNDATION, Status.FINISHED, 1),
    ]


def test_a_stage_that_fails_ends_the_run_and_is_a_result(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINY_FAILS_IN", "2026")
    summary = run.orchestrator().execute_multi_year_simulation(2025, 2027)
    assert not summary.success
    assert list(summary.year_results) == [2025, 2026]
    failed = summary.year_results[2026].stage_results[-1]
    assert (failed.stage, failed.success) == (WorkflowStage.STATE_ACCUMULATION, False)
    assert failed.error is not None
    for part in ("STATE_ACCUMULATION", "2026", "models/fct_rabbits.sql", "the rabbits have left"):
        assert part in failed.error
    assert isinstance(run.events[-1], StepFailed)
    assert run.recorded().steps[-1].status is Status.FAILED
    with pytest.raises(PipelineExecutionError, match="the rabbits have left"):
        summary.raise_for_failure()


def test_what_is_done_is_not_run_again(run: Run) -> None:
    run.orchestrator().execute_single_year_simulation(2025)
    done = run.recorded().done
    summary = run.orchestrator(done).execute_multi_year_simulation(2025, 2026)
    assert list(summary.year_results) == [2026]
    assert run.rabbits() == [(2025, 4), (2026, 8)]


def test_a_step_run_twice_leaves_what_one_leaves(run: Run) -> None:
    run.orchestrator().execute_multi_year_simulation(2025, 2026)
    run.orchestrator().execute_single_year_simulation(2026)
    assert run.rabbits() == [(2025, 4), (2026, 8)]
