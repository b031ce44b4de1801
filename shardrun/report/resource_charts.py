"""What a report tells of the machine: cores and memory that each step took, below the timeline."""

from __future__ import annotations

from collections.abc import Sequence

from shardrun.console.numbers import format_bytes, format_seconds
from shardrun.ledger.records import LedgerContents, StepRecord
from shardrun.report.blocks import Chart, DataTable
from shardrun.report.time_axis import placed_steps
from shardrun.report.time_figures import Span, levels
from shardrun.resources import ResourceUsage

_HEIGHT = 240
_COLUMNS = (
    *("stage", "cores_busy", "cpu_seconds"),
    *("peak_memory_bytes", "read_bytes", "written_bytes"),
)

Measured = tuple[StepRecord, ResourceUsage, float]
"""A step, what it took, and the second at which it began."""


def resource_charts(ledger: LedgerContents) -> list[Chart]:
    """Show what each step took of the machine; nothing where the ledger did not record it."""
    steps = [
        (step, step.resources, start)
        for step, start in placed_steps(ledger)
        if step.resources is not None and step.seconds
    ]
    if not steps:
        return []
    limits = ledger.runs[-1].limits
    cores = f" of {limits.cores}" if limits else ""
    memory = f"; the limit is {limits.memory_mb / 1000:g} GB" if limits else ""
    columns = ("run", ledger.period_names.word, *_COLUMNS)
    data = DataTable("", columns, tuple(_row(step, usage) for step, usage, _ in steps))
    return [
        Chart(
            title="Cores busy",
            note=f"How many cores{cores} each step kept busy, on average, in all processes.",
            figure=levels(_spans(steps), [step.cores_busy or 0.0 for step, *_ in steps]),
            data=data,
            wide=True,
            height=_HEIGHT,
        ),
        Chart(
            title="Memory in use",
            note=f"Most memory of all processes together, in GB of 10^9 bytes{memory}.",
            figure=levels(_spans(steps), [usage.peak_memory / 1e9 for _, usage, _ in steps]),
            data=data,
            wide=True,
            height=_HEIGHT,
        ),
    ]


def _spans(steps: Sequence[Measured]) -> list[Span]:
    return [
        Span(
            row=str(step.year),
            kind=step.stage.words,
            start=start,
            seconds=step.seconds or 0.0,
            label=f"{step.year} {step.stage.words}: "
            f"{step.cores_busy or 0.0:.1f} cores, {format_bytes(usage.peak_memory)}, "
            f"{format_seconds(step.seconds or 0.0)}",
        )
        for step, usage, start in steps
    ]


def _row(step: StepRecord, usage: ResourceUsage) -> tuple[str | int | float | None, ...]:
    return (
        step.run_id,
        step.year,
        step.stage.words,
        round(step.cores_busy or 0.0, 2),
        round(usage.cpu_seconds, 3),
        usage.peak_memory,
        usage.read_bytes,
        usage.written_bytes,
    )
