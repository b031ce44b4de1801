"""What a person reads on stdout: plans, results, ledgers and digests as tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shardrun.config.simulation import SimulationConfig
from shardrun.console.numbers import (
    NOTHING,
    format_bytes,
    format_column,
    format_seconds,
    format_share,
    is_number,
)
from shardrun.console.paths import path_line
from shardrun.console.tables import blocks_that_fit, ruled_table
from shardrun.console.terminal import Terminal
from shardrun.database.digest import DatabaseDigest
from shardrun.ledger.records import LedgerContents, StepRecord
from shardrun.pipeline.plan import Step
from shardrun.resources import ResourceUsage
from shardrun.runs.outcome import RunOutcome, SummaryTable
from shardrun.runs.resource_advice import advise

_RESOURCES = ("cores", "memory", "read", "written")
"""Columns of what a step took of the machine: cores busy on average, peak memory, bytes."""


def plan_view(config: SimulationConfig, plan: tuple[Step, ...]) -> RenderableType:
    """Show what a run would do: one line a step, with its dbt command."""
    table = ruled_table(config.simulation.period_names.word, "stage", "dbt", "threads")
    for step in plan:
        stage = config.workflow.stages[step.stage]
        command = [stage.command, *(["--select", *stage.selectors] if stage.selectors else [])]
        command += ["--exclude", *stage.exclude] if stage.exclude else []
        threads = config.performance.dbt_threads if stage.threading == "parallel" else 1
        table.add_row(str(step.year), step.stage, Text(" ".join(command)), str(threads))
    return table


def outcome_view(terminal: Terminal, outcome: RunOutcome) -> RenderableType:
    """Show a finished run: its summary, its checks, the time it took, where everything is."""
    parts: list[RenderableType] = []
    if outcome.summary is not None:
        parts.append(summary_view(terminal, outcome.summary))
    passed = f"{outcome.checks_passed:,} of {outcome.checks:,} checks passed"
    parts += [
        _fitting(terminal, partial(_stage_view, outcome)),
        *_advice_view(outcome.advice),
        Text(passed, style="green" if outcome.checks_passed == outcome.checks else "red"),
        path_line("database", outcome.folder.database),
        path_line("dbt logs", outcome.folder.logs),
    ]
    return Group(*parts)


def summary_view(terminal: Terminal, summary: SummaryTable) -> RenderableType:
    """Show the project's summary: a row a period, or periods as columns where that is too wide.

    Where even those are too many, they go below each other in blocks.
    """
    columns = [
        format_column(name, [row[index] for row in summary.rows])
        for index, name in enumerate(summary.columns)
    ]
    rows = list(zip(*columns, strict=True))
    upright = ruled_table()
    for index, name in enumerate(summary.columns):
        right = is_number([row[index] for row in summary.rows])
        upright.add_column(
            name.replace("_", "\n"), justify="right" if right else "left", no_wrap=True
        )
    for row in rows:
        upright.add_row(*row)
    if terminal.fits(upright):
        return upright
    return Group(*blocks_that_fit(terminal, rows, partial(_transposed, summary.columns)))


def ledger_view(terminal: Terminal, ledger: LedgerContents) -> RenderableType:
    """Show all runs of a database, and the steps of the last."""
    word = ledger.period_names.word
    runs = ruled_table("run", "status", f"{word}s", "seed", "started (UTC)")
    runs.add_column("time", justify="right")
    for run in ledger.runs:
        steps = [step for step in ledger.steps if step.run_id == run.run_id]
        runs.add_row(
            run.run_id,
            run.status,
            f"{run.start_year}-{run.end_year}",
            str(run.random_seed),
            f"{run.started_at:%Y-%m-%d %H:%M}",
            format_seconds(sum(step.seconds or 0.0 for step in steps)),
        )
    last = ledger.runs[-1]
    steps = [step for step in ledger.steps if step.run_id == last.run_id]
    return Group(
        runs,
        *([_fitting(terminal, partial(_step_view, word, steps))] if steps else []),
        *_advice_view(advise([last], steps)),
        *(Text(f"a branch: {branch}", overflow="fold") for branch in ledger.branches),
        *([Text(last.error, style="red")] if last.error else []),
    )


def digest_view(digest: DatabaseDigest) -> RenderableType:
    """Show a database's fingerprint, table by table, and over all of them."""
    table = ruled_table(footer=True)
    table.add_column("table", overflow="fold", footer="all")
    rows = sum(entry.rows for entry in digest.tables)
    table.add_column("rows", justify="right", footer=f"{rows:,}")
    table.add_column("digest", no_wrap=True, footer=digest.digest)
    for entry in digest.tables:
        table.add_row(entry.table, f"{entry.rows:,}", entry.digest)
    return table


def _step_view(period_word: str, steps: Sequence[StepRecord], *, resources: int) -> Table:
    table = ruled_table(period_word, "stage", "status")
    for name in ("time", "rows", "checks", *_RESOURCES[:resources]):
        table.add_column(name, justify="right")
    for step in steps:
        table.add_row(
            str(step.year),
            step.stage,
            step.status,
            NOTHING if step.seconds is None else format_seconds(step.seconds),
            NOTHING if step.rows is None else f"{step.rows:,}",
            f"{step.checks_passed} of {step.checks}" if step.checks else NOTHING,
            *_resource_cells(step.resources, step.seconds)[:resources],
        )
    return table


def _stage_view(outcome: RunOutcome, *, resources: int) -> Table:
    table = ruled_table("stage", footer=True)
    table.columns[0].footer = "all"
    table.add_column("time", justify="right", footer=format_seconds(outcome.seconds))
    for name in ("share", "rows", *_RESOURCES[:resources]):
        table.add_column(name, justify="right")
    for stage in outcome.stages:
        table.add_row(
            stage.stage.words,
            format_seconds(stage.seconds),
            format_share(stage.seconds, outcome.seconds),
            f"{stage.rows:,}",
            *_resource_cells(stage.resources, stage.seconds)[:resources],
        )
    return table


def _fitting(terminal: Terminal, draw: Callable[..., Table]) -> Table:
    """Draw a table with as many of its columns of resources as the window has room for."""
    for resources in (len(_RESOURCES), 2):
        table: Table = draw(resources=resources)
        if terminal.fits(table):
            return table
    return draw(resources=0)


def _resource_cells(usage: ResourceUsage | None, seconds: float | None) -> tuple[str, ...]:
    if usage is None or not seconds:
        return (NOTHING,) * len(_RESOURCES)
    return (
        f"{usage.cpu_seconds / seconds:.1f}",
        format_bytes(usage.peak_memory),
        NOTHING if usage.read_bytes is None else format_bytes(usage.read_bytes),
        NOTHING if usage.written_bytes is None else format_bytes(usage.written_bytes),
    )


def _advice_view(advice: Sequence[str]) -> list[RenderableType]:
    return [Text(text, style="yellow") for text in advice]


def _transposed(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = ruled_table(names[0].replace("_", " "))
    for row in rows:
        table.add_column(row[0], justify="right", no_wrap=True)
    for index, name in enumerate(names[1:], start=1):
        table.add_row(name.replace("_", " "), *(row[index] for row in rows))
    return table
