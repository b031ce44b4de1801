"""Promises about what a person sees: figures readable, tables whole at any width."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from shardrun.config.simulation import SimulationConfig
from shardrun.console.documents import outcome_document, plan_document
from shardrun.console.numbers import format_column, format_seconds
from shardrun.console.progress import PlainProgress
from shardrun.console.progress_grid import ProgressGrid
from shardrun.console.terminal import Terminal
from shardrun.console.views import outcome_view, plan_view, summary_view
from shardrun.database.run_folder import RunFolder
from shardrun.errors import InputError
from shardrun.ledger.fingerprints import Fingerprints
from shardrun.ledger.records import RunRecord, Status, StepRecord
from shardrun.pipeline.plan import build_plan
from shardrun.pipeline.progress import (
    RunEnded,
    RunStarted,
    ShardChanged,
    StepFailed,
    StepFinished,
    StepStarted,
)
from shardrun.resources import ResourceUsage
from shardrun.runs.outcome import RunOutcome, SummaryTable
from shardrun.sharding.shard_results import ShardProgress, ShardResult, ShardState
from shardrun.sharding.shards import Shard
from shardrun.stages import WorkflowStage

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

SUMMARY = SummaryTable(
    columns=(
        "simulation_year",
        "opening_headcount",
        "closing_headcount",
        "growth_rate",
        "total_compensation",
        "average_compensation",
    ),
    rows=tuple(
        (year, 60_000, 61_800, Decimal("0.03"), Decimal("4950123456.78"), Decimal("82502.06"))
        for year in range(2025, 2028)
    ),
)

OUTCOME = RunOutcome(
    folder=RunFolder(Path("/data/simulation.duckdb")),
    run=RunRecord(
        run_id="20260101T120000-abcd",
        status=Status.FINISHED,
        started_at=NOON,
        ended_at=NOON,
        start_year=2025,
        end_year=2027,
        random_seed=42,
        threading={"dbt_threads": 6, "event_shards": 1},
        versions={"duckdb": "2.0.0"},
        fingerprints=Fingerprints({}, {}, "p"),
        error=None,
    ),
    steps=(
        StepRecord(
            *("r", WorkflowStage.FOUNDATION, 2025, Status.FINISHED, NOON, 0.5, 60_000, 0, 0),
            ResourceUsage(0.9, 310_000_000, 10**6, 3 * 10**9),
        ),
        StepRecord("r", WorkflowStage.VALIDATION, 2025, Status.FINISHED, NOON, 1.5, 10, 8, 8),
        StepRecord(
            *("r", WorkflowStage.FOUNDATION, 2026, Status.FINISHED, NOON, 0.5, 61_800, 0, 0),
            ResourceUsage(0.7, 1_240_000_000, 10**6, 2 * 10**9),
        ),
    ),
    shards=(),
    summary=SUMMARY,
    checks=8,
    checks_passed=8,
)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("COLUMNS", "80")
    return Terminal()


@pytest.mark.parametrize(
    ("name", "values", "shown"),
    [
        ("simulation_year", [2025], ["2025"]),
        ("growth_rate", [Decimal("0.03"), 0.125, None], ["3.0%", "12.5%", "-"]),
        ("headcount", [60000, -5], ["60,000", "-5"]),
        ("total_pay", [Decimal("4950123456.78"), Decimal("12.5")], ["4,950.1 M", "0.0 M"]),
        ("average_pay", [Decimal("82502.06"), Decimal("0.4")], ["82,502", "0"]),
        ("ratio", [0.5, 2.25], ["0.50", "2.25"]),
        ("name", ["Zoë [b]"], ["Zoë [b]"]),
        ("certain", [True, False], ["yes", "no"]),
    ],
)
def test_figures_look_as_their_column_says(name: str, values: list, shown: list) -> None:
    assert format_column(name, values) == shown


@pytest.mark.parametrize(
    ("values", "beside", "shown"),
    [
        ([12.25, 9.0, None], [], ["12.2", "9.0", "-"]),
        ([11.0, 13.0], [12.25], ["11", "13"]),
        ([11.0, 990.5], [1003.0], ["11", "990"]),
        ([60_000.5], [11_000_000.0], ["0.1 M"]),
    ],
)
def test_means_of_counts_have_one_decimal_and_whole_percentiles_none(
    values: list, beside: list, shown: list
) -> None:
    assert format_column("hires", values, beside=beside, of_counts=True) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.004, "0.00 s"), (9.94, "9.94 s"), (12.34, "12.34 s"), (245, "4:05"), (3845, "1:04:05")],
)
def test_durations_are_said_in_the_unit_that_fits(seconds: float, shown: str) -> None:
    assert format_seconds(seconds) == shown


@pytest.mark.parametrize(
    ("width", "header"),
    [
        (80, "stage time share rows cores memory read written"),
        (60, "stage time share rows cores memory"),
        (40, "stage time share rows"),
    ],
)
def test_a_narrow_window_leaves_out_what_a_stage_took_of_the_machine(
    width: int, header: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    terminal = Terminal()
    terminal.show(outcome_view(terminal, OUTCOME))
    shown = capsys.readouterr().out
    assert header in [" ".join(line.split()) for line in shown.splitlines()]


@pytest.mark.parametrize("width", [120, 80, 50, 40])
def test_the_summary_is_whole_at_any_width(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    terminal = Terminal()
    terminal.show(summary_view(terminal, SUMMARY))
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= width
    assert shown.count("4,950.1 M") == 3
    assert shown.count("3.0%") == 3
    assert "…" not in shown


def test_a_result_is_read_from_top_to_bottom(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "64")
    terminal = Terminal()
    terminal.show(outcome_view(terminal, OUTCOME))
    shown = [line.strip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert shown == [
        "simulation year            2025       2026       2027",
        "─────────────────────────────────────────────────────",
        "opening headcount        60,000     60,000     60,000",
        "closing headcount        61,800     61,800     61,800",
        "growth rate                3.0%       3.0%       3.0%",
        "total compensation    4,950.1 M  4,950.1 M  4,950.1 M",
        "average compensation     82,502     82,502     82,502",
        "stage         time  share     rows  cores   memory",
        "──────────────────────────────────────────────────",
        "foundation  1.00 s    40%  121,800    1.6  1.24 GB",
        "validation  1.50 s    60%       10      -        -",
        "all         2.50 s",
        "8 of 8 checks passed",
        "database  /data/simulation.duckdb",
        "dbt logs  /data/simulation.shardrun/logs",
    ]


def test_the_document_says_the_same_as_the_tables() -> None:
    document = json.loads(json.dumps(outcome_document(OUTCOME, already_finished=False)))
    assert document["success"] is True
    assert document["run"]["run_id"] == "20260101T120000-abcd"
    assert document["run"]["threading_config"] == {"dbt_threads": 6, "event_shards": 1}
    assert document["checks"] == {"passed": 8, "total": 8}
    assert document["stages"][0] == {
        "stage": "foundation",
        "seconds": 1.0,
        "rows": 121_800,
        "cpu_seconds": 1.6,
        "peak_memory": 1_240_000_000,
        "read_bytes": 2_000_000,
        "written_bytes": 5_000_000_000,
    }
    assert document["summary"][0] == {
        "simulation_year": 2025,
        "opening_headcount": 60_000,
        "closing_headcount": 61_800,
        "growth_rate": 0.03,
        "total_compensation": 4950123456.78,
        "average_compensation": 82502.06,
    }


def test_the_plan_shows_each_step_with_its_dbt_command(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    foundation = {"tags": ["FOUNDATION"], "exclude": ["slow"]}
    config = SimulationConfig.model_validate({"workflow": {"stages": {"foundation": foundation}}})
    plan = build_plan(config, 2025, 2026)
    terminal.show(plan_view(config, plan))
    shown = capsys.readouterr().out
    assert shown.count("run --select tag:FOUNDATION --exclude slow") == 2
    assert shown.count("run --select tag:EVENT_GENERATION") == 2
    assert shown.count("build --select tag:INITIALIZATION") == 1
    assert plan_document(config, plan)["steps"][1] == {
        "year": 2025,
        "stage": "foundation",
        "command": "run",
        "select": ["tag:FOUNDATION"],
        "exclude": ["slow"],
    }


def test_without_a_terminal_progress_is_one_plain_line_a_step(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = build_plan(SimulationConfig(), 2025, 2025)
    listener = PlainProgress(terminal)
    for event in (
        RunStarted("r1", plan, frozenset({(WorkflowStage.INITIALIZATION, 2025)})),
        StepStarted(WorkflowStage.FOUNDATION, 2025),
        StepFinished(WorkflowStage.FOUNDATION, 2025, 0.5, 60_000, 0),
        StepFailed(WorkflowStage.EVENT_GENERATION, 2025, 1.5, "boom"),
        RunEnded(False, 2.0),
    ):
        listener(event)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "run r1: 5 of 6 steps to do",
        "2025  foundation           0.50 s          60,000 rows",
        "2025  event_generation     1.50 s  failed",
        "run ended after 2.00 s",
    ]


def drawn(console: Console, grid: ProgressGrid) -> list[str]:
    with console.capture() as captured:
        console.print(grid.render())
    return captured.get().splitlines()


@pytest.mark.parametrize("width", [120, 60, 30])
def test_the_live_grid_fits_the_window(width: int) -> None:
    console = Console(width=width, force_terminal=True, color_system=None)
    grid = ProgressGrid(console)
    assert "getting dbt ready" in drawn(console, grid)[0]
    plan = build_plan(SimulationConfig(), 2025, 2034)
    seeds = (WorkflowStage.INITIALIZATION, 2025)
    grid(RunStarted("r1", plan, frozenset({seeds}), took={seeds: 1.25}))
    for year in (2025, 2026, 2027, 2028):
        for stage in (WorkflowStage.FOUNDATION, WorkflowStage.STATE_ACCUMULATION):
            grid(StepStarted(stage, year))
            grid(StepFinished(stage, year, 0.5, 60_000, 0))
        grid(StepStarted(WorkflowStage.EVENT_GENERATION, year))
    lines = drawn(console, grid)
    assert max(map(len, lines)) <= width
    header, initialization, foundation, _, accumulation, validation, reporting, *below = lines
    first, shown = {120: (2025, 10), 60: (2026, 4), 30: (2028, 1)}[width]
    assert header.split() == ["year"] + [str(year) for year in range(first, first + shown)]
    assert ("1.25 s" in initialization) is (width == 120)
    assert foundation.count("0.50 s") == {120: 4, 60: 3, 30: 1}[width]
    assert (validation.count("."), reporting.count(".")) == (shown, width == 120)
    assert accumulation.startswith("state accumulation")
    if width >= 60:
        assert "2028 event generation, 9 of 42 steps done, 0.0" in below[0]
        assert below[1].split(", ") == ["  120,000 rows/s", "about 20 s left"]


def test_the_live_grid_counts_shards_until_they_are_united() -> None:
    console = Console(width=60, force_terminal=True, color_system=None)
    grid = ProgressGrid(console)
    grid(RunStarted("r1", build_plan(SimulationConfig(), 2025, 2025), frozenset()))
    grid(StepStarted(WorkflowStage.EVENT_GENERATION, 2025))
    shards = [Shard(2025, index, 3) for index in range(3)]
    for shard, state in zip(shards, ("done", "running", "queued"), strict=True):
        result = ShardResult(shard, Path("x"), "f", rows=5) if state == "done" else None
        grid(ShardChanged(ShardProgress(shard, ShardState(state), result)))
    assert drawn(console, grid)[-2] == "  3 shards: 1 queued, 1 running, 1 done"
    for shard in shards[1:]:
        result = ShardResult(shard, Path("x"), "f", rows=5)
        grid(ShardChanged(ShardProgress(shard, ShardState.DONE, result)))
    assert drawn(console, grid)[-2] == "  union of 3 shards"
    assert drawn(console, grid)[-1].endswith(" rows/s")


def test_an_error_is_one_message_and_one_document(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.json = True
    terminal.refuse(InputError("years: [2030-2025] is not in order"))
    captured = capsys.readouterr()
    assert captured.err == "error: years: [2030-2025] is not in order\n"
    assert json.loads(captured.out) == {
        "success": False,
        "error": "years: [2030-2025] is not in order",
        "exit_code": 2,
    }
