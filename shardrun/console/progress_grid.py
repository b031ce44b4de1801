"""A run as it looks on a terminal while it goes on: stages by years, and a line on its pace.

Owns what is shown where a window is narrow. It must never estimate: that is the pace's business.
"""

from __future__ import annotations

from collections import Counter
from time import perf_counter

from rich.console import Console, Group, RenderableType
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from shardrun.console.numbers import format_seconds, format_time_left
from shardrun.console.pace import Pace, StepKey
from shardrun.pipeline.progress import (
    ProgressEvent,
    RunEnded,
    RunStarted,
    ShardChanged,
    StepFailed,
    StepFinished,
    StepStarted,
    UnionFinished,
)
from shardrun.sharding.shard_results import ShardProgress, ShardState
from shardrun.sharding.shards import Shard
from shardrun.stages import WorkflowStage

_GAP = 2
_YEAR_WIDTH = 8
"""Of a column: what `12.34 s` and `1:04:05` need."""


class ProgressGrid:
    """Stages by years with what each step took, redrawn while the run goes on."""

    def __init__(self, console: Console) -> None:
        """Draw what fits on ``console``."""
        self._console = console
        self._started = perf_counter()
        self._plan: list[StepKey] = []
        self._period_word = ""
        self._cells: dict[StepKey, Text] = {}
        self._running: tuple[StepKey, float] | None = None
        self._shards: dict[Shard, tuple[ShardState, int]] = {}
        self._pace = Pace()
        self._spinner = Spinner("line")

    def __call__(self, event: ProgressEvent) -> None:
        """Take in what happened; :meth:`render` shows it at the next redraw."""
        self._pace.heed(event, perf_counter())
        match event:
            case RunStarted(_, plan, done, word, took):
                self._period_word = word
                self._plan = [(step.stage, step.year) for step in plan]
                self._cells = {
                    key: Text(format_seconds(took[key]) if key in took else "done", style="dim")
                    for key in done
                }
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
        """Return as many years as fit, and below them what is being done and how fast."""
        if not self._plan:
            return self._spinner_line("getting dbt ready")
        below = [self._line(text) for text in (self._shard_counts(), self._speed()) if text]
        parts = [self._spinner_line(self._position()), *below]
        years = self._years_that_fit()
        return Group(self._grid(years), *parts) if years else Group(*parts)

    def _end(self, key: StepKey, cell: Text) -> None:
        self._running = None
        self._shards = {}
        self._cells[key] = cell

    @property
    def _stages(self) -> list[WorkflowStage]:
        return [stage for stage in WorkflowStage if any(key[0] is stage for key in self._plan)]

    def _years_that_fit(self) -> list[int]:
        """Return the years around the one at work: all of them, if there is room."""
        years = sorted({year for _, year in self._plan})
        room = self._console.width - max(map(len, self._stages))
        fitting = min(len(years), room // (_YEAR_WIDTH + _GAP))
        begun = [year for year in years if any(key[1] == year for key in self._cells)]
        at_work = self._running[0][1] if self._running else max(begun, default=years[0])
        place = years.index(at_work)
        # one year more than that at work, so that one sees what comes
        first = min(place, max(0, min(place + 2, len(years)) - fitting))
        return years[first : first + fitting]

    def _grid(self, years: list[int]) -> Table:
        grid = Table(box=None, padding=(0, 0, 0, _GAP), pad_edge=False, header_style="bold")
        grid.add_column(self._period_word, no_wrap=True)
        for year in years:
            grid.add_column(str(year), justify="right", no_wrap=True, min_width=_YEAR_WIDTH)
        for stage in self._stages:
            name = stage.words
            grid.add_row(name, *(self._cell((stage, year)) for year in years))
        return grid

    def _cell(self, key: StepKey) -> RenderableType:
        if self._running and self._running[0] == key:
            return Text(format_seconds(perf_counter() - self._running[1]), style="yellow")
        return self._cells.get(key, "." if key in self._plan else "")

    def _position(self) -> str:
        ended = sum(key in self._cells for key in self._plan)
        steps = f"{ended} of {len(self._plan)} steps done"
        if self._running is None:
            return steps
        stage, year = self._running[0]
        return f"{year} {stage.words}, {steps}"

    def _shard_counts(self) -> str:
        if not self._shards:
            return ""
        counts = Counter(state for state, _ in self._shards.values())
        if counts[ShardState.DONE] == len(self._shards):
            return f"union of {len(self._shards)} shards"
        states = ", ".join(f"{counts[state]} {state}" for state in ShardState if counts[state])
        return f"{len(self._shards)} shards: {states}"

    def _speed(self) -> str:
        rate = self._pace.rows_per_second
        left = self._pace.seconds_left(perf_counter())
        said = [
            "" if rate is None else f"{rate:,.0f} rows/s",
            "" if left is None else f"about {format_time_left(left)} left",
        ]
        return ", ".join(filter(None, said))

    def _line(self, text: str) -> Text:
        return Text(f"  {text}", overflow="ellipsis", no_wrap=True)

    def _spinner_line(self, text: str) -> RenderableType:
        elapsed = format_seconds(perf_counter() - self._started)
        self._spinner.update(text=Text(f"{text}, {elapsed}", overflow="ellipsis", no_wrap=True))
        return self._spinner
