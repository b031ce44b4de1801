"""How fast a run gets on and when it will be over, from what its steps have taken so far.

Pure: whoever asks says what time it is, and all times come from one clock. What is said rests on
steps and shards that have ended, so that between two of them it stands still or counts down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean, median

from shardrun.pipeline.progress import (
    ProgressEvent,
    RunStarted,
    ShardChanged,
    StepFailed,
    StepFinished,
    StepStarted,
)
from shardrun.stages import WorkflowStage

StepKey = tuple[WorkflowStage, int]

LATEST = 3
"""How many times of a stage its next one is taken from: a population may grow or shrink."""


class Pace:
    """Rows per second, and the time that is left."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._pending: list[StepKey] = []
        self._steps = 0
        self._earlier: dict[WorkflowStage, list[float]] = {}
        self._timed: dict[WorkflowStage, list[float]] = {}
        self._running: tuple[StepKey, float] | None = None
        self._rows = 0
        self._seconds = 0.0
        self._shards = (0, 0.0)

    def heed(self, event: ProgressEvent, now: float) -> None:
        """Take in what happened.

        Args:
            event: of the run.
            now: when, in seconds.
        """
        match event:
            case RunStarted(_, plan, done, _, took):
                keys = [(step.stage, step.year) for step in plan]
                self._steps = len(keys)
                self._pending = [key for key in keys if key not in done]
                for (stage, _), seconds in sorted(took.items(), key=lambda each: each[0][1]):
                    self._earlier.setdefault(stage, []).append(seconds)
            case StepStarted(stage, year):
                self._running = ((stage, year), now)
            case ShardChanged(progress) if progress.result is not None and self._running:
                rows = self._shards[0] + progress.result.rows
                self._shards = (rows, now - self._running[1])
            case StepFinished(stage, year, seconds, rows):
                self._timed.setdefault(stage, []).append(seconds)
                self._pending.remove((stage, year))
                self._rows += rows
                self._seconds += seconds
                self._rest()
            case StepFailed():
                self._rest()

    @property
    def rows_per_second(self) -> float | None:
        """Of all steps and shards that this run has done; None before the first."""
        rows, seconds = self._rows + self._shards[0], self._seconds + self._shards[1]
        return rows / seconds if rows and seconds else None

    def seconds_left(self, now: float) -> float | None:
        """Return what the steps that are not done will take.

        A stage takes what it took in the latest years, of this run if it had any, else of earlier
        ones; a stage that never ran takes what stages usually do.

        Args:
            now: what time it is, in seconds.

        Returns:
            the seconds; None where less than half of the run is done or of stages that have run
            before, and where its last step takes longer than it should.
        """
        expected = {
            stage: fmean(times[-LATEST:]) for stage, times in (self._earlier | self._timed).items()
        }
        unknown = sum(stage not in expected for stage, _ in self._pending)
        if not expected or 2 * unknown > self._steps:
            return None
        usual = median(expected.values())
        left = sum(expected.get(stage, usual) for stage, _ in self._pending)
        if self._running is not None:
            (stage, _), started = self._running
            left -= min(now - started, expected.get(stage, usual))
        return left or None

    def _rest(self) -> None:
        self._running = None
        self._shards = (0, 0.0)


def seconds_left_of_alike(
    durations: Sequence[float], running: Iterable[float], waiting: int, at_once: int
) -> float | None:
    """Return what runs will take that are all alike, several at a time.

    Args:
        durations: what those took that have ended, in seconds.
        running: how long the others have been running.
        waiting: how many have not begun.
        at_once: how many run at a time.

    Returns:
        the seconds; None where none has ended, or the last ones take longer than they should.
    """
    if not durations:
        return None
    usual = fmean(durations)
    left = sum(max(usual - elapsed, 0.0) for elapsed in running) + waiting * usual
    return left / at_once or None
