"""Shows a run while it goes on: a live grid on a terminal, plain lines or JSON anywhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.measure import Measurement
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from shardrun.console.json_lines import JsonLines
from shardrun.console.numbers import format_seconds
from shardrun.console.terminal import Terminal
from shardrun.progress import (
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
from shardrun.shards import Shard, ShardProgress, ShardResult, ShardState
from shardrun.stages import WorkflowStage

StepKey = tuple[WorkflowStage, int]


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
        ):
            yield grid
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


class ProgressGrid:
    """Periods by stages with what each step took, redrawn while the run goes on."""

    def __init__(self, console: Console) -> None:
        """Draw what fits on ``console``."""
        self._console = console
        self._started = perf_counter()
        self._plan: list[StepKey] = []
        self._period_word = ""
        self._cells: dict[StepKey, RenderableType] = {}
        self._running: tuple[StepKey, float] | None = None
        self._shards: dict[Shard, tuple[ShardState, int]] = {}
        self._spinner = Spinner("line")

    def __call__(self, event: ProgressEvent) -> None:
        """Take in what happened; :meth:`render` shows it at the next redraw."""
        match event:
            case RunStarted(_, plan, done, word):
                self._period_word = word
                self._plan = [(step.stage, step.year) for step in plan]
                self._cells = {key: Text("done", style="dim") for key in done}
            case StepStarted(stage, year):
                self._running = ((stage, year), perf_counter())
                self._shards = {}
            case StepFinished(stage, year, seconds):
                self._end((stage, year), Text(format_seconds(seconds), style="green"))
            case StepFailed(stage, year):
                self._end((stage, year), Text("failed", style="bold red"))
            case ShardChanged(ShardProgress(shard, state, result)):
                self._shards[shard] = (state, 0 if result is None else result.rows)
            case UnionFinished() | RunEnded():
                pass

    def render(self) -> RenderableType:
        """Return the grid, or one line where the grid is too wide."""
        if not self._plan:
            return self._spinner_line("getting dbt ready")
        grid = self._grid()
        if Measurement.get(self._console, self._console.options, grid).minimum > self._width:
            return self._spinner_line(self._position())
        return Group(grid, self._spinner_line(self._position()))

    @property
    def _width(self) -> int:
        return self._console.width

    def _end(self, key: StepKey, cell: Text) -> None:
        self._running = None
        self._cells[key] = cell

    def _grid(self) -> Table:
        stages = [stage for stage in WorkflowStage if any(key[0] is stage for key in self._plan)]
        grid = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        grid.add_column(self._period_word, no_wrap=True)
        for stage in stages:
            grid.add_column(stage.replace("_", "\n"), justify="right", no_wrap=True, min_width=7)
        for year in sorted({year for _, year in self._plan}):
            grid.add_row(str(year), *(self._cell((stage, year)) for stage in stages))
        return grid

    def _cell(self, key: StepKey) -> RenderableType:
        if self._running and self._running[0] == key:
            return Text(format_seconds(perf_counter() - self._running[1]), style="yellow")
        return self._cells.get(key, "." if key in self._plan else "")

    def _position(self) -> str:
        ended = sum(key in self._cells for key in self._plan)
        where = f"{self._running[0][1]} {self._running[0][0]}, " if self._running else ""
        return f"{where}{self._shard_counts()}{ended} of {len(self._plan)} steps done"

    def _shard_counts(self) -> str:
        if not self._shards:
            return ""
        counts = Counter(state for state, _ in self._shards.values())
        if counts[ShardState.DONE] == len(self._shards):
            return f"union of {len(self._shards)} shards, "
        rows = sum(rows for _, rows in self._shards.values())
        states = ", ".join(f"{counts[state]} {state}" for state in ShardState if counts[state])
        return f"shards: {states}, {rows:,} rows, "

    def _spinner_line(self, text: str) -> RenderableType:
        elapsed = format_seconds(perf_counter() - self._started)
        self._spinner.update(text=Text(f"{text}, {elapsed}", overflow="ellipsis", no_wrap=True))
        return self._spinner
