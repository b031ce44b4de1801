"""Shows a run while it goes on: a live grid on a terminal, plain lines or JSON anywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.live import Live

from shardrun.console.json_lines import JsonLines
from shardrun.console.numbers import format_seconds
from shardrun.console.progress_grid import ProgressGrid
from shardrun.console.terminal import Terminal
from shardrun.pipeline.progress import (
    ProgressEvent,
    ProgressListener,
    RunEnded,
    RunStarted,
    ShardChanged,
    StepFailed,
    StepFinished,
    StepStarted,
    UnionFinished,
)
from shardrun.sharding.shard_results import ShardProgress, ShardResult, ShardState
from shardrun.sharding.shards import Shard


@contextmanager
def show_progress(terminal: Terminal) -> Iterator[ProgressListener]:
    """Show progress on stderr as long as the context lasts.

    Yields:
        the listener to hand to the pipeline.
    """
    if terminal.logs_json:
        yield JsonLines(terminal.log)
    elif terminal.err.is_terminal and not terminal.err.is_dumb_terminal:
        grid = ProgressGrid(terminal.err)
        with Live(
            get_renderable=grid.render, console=terminal.err, transient=True, refresh_per_second=8
        ) as live:

            def draw(event: ProgressEvent) -> None:
                grid(event)
                if isinstance(event, StepStarted):
                    live.refresh()  # so that a quick step is seen too

            yield draw
    else:
        yield PlainProgress(terminal)


class PlainProgress:
    """One line a finished step, for logs and pipes."""

    def __init__(self, terminal: Terminal) -> None:
        """Write the lines to the stderr of ``terminal``."""
        self._terminal = terminal

    def __call__(self, event: ProgressEvent) -> None:
        """Say what happened, if it is worth a line."""
        match event:
            case RunStarted(run_id, plan, done):
                pending = sum((step.stage, step.year) not in done for step in plan)
                self._terminal.remark(f"run {run_id}: {pending} of {len(plan)} steps to do")
            case StepFinished(stage, year, seconds, rows):
                took = format_seconds(seconds)
                self._terminal.remark(f"{year}  {stage:<18} {took:>8}  {rows:>14,} rows")
            case StepFailed(stage, year, seconds):
                self._terminal.remark(f"{year}  {stage:<18} {format_seconds(seconds):>8}  failed")
            case RunEnded(_, seconds):
                self._terminal.remark(f"run ended after {format_seconds(seconds)}")
            case ShardChanged(ShardProgress(shard, state, result)):
                self._show_shard(shard, state, result)
            case UnionFinished(year, shards, rows, seconds):
                took, what = format_seconds(seconds), f"union of {shards}"
                self._terminal.remark(f"{year}    {what:<16} {took:>8}  {rows:>14,} rows")
            case StepStarted():
                pass

    def _show_shard(self, shard: Shard, state: ShardState, result: ShardResult | None) -> None:
        what = f"{shard.year}    {f'shard {shard.index} of {shard.total}':<16} "
        if state is ShardState.RETRIED:
            self._terminal.remark(f"{what}{'':>8}  its worker was killed; begun again")
        elif result is not None:
            outcome = "failed" if result.failure else f"{result.rows:>14,} rows"
            self._terminal.remark(f"{what}{format_seconds(result.seconds):>8}  {outcome}")
