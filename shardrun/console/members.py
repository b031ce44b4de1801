"""Shows several runs while they go on: how many are done, and each as it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from shardrun.console.numbers import format_seconds, format_time_left
from shardrun.console.pace import seconds_left_of_alike
from shardrun.console.terminal import Terminal
from shardrun.ensembles.member_results import MemberListener, MemberProgress, MemberState


@contextmanager
def show_members(terminal: Terminal, total: int) -> Iterator[MemberListener]:
    """Show progress on stderr as long as the context lasts.

    Args:
        terminal: of the command.
        total: how many runs there are to do.

    Yields:
        the listener to hand on.
    """
    lines = MemberLines(terminal, total)
    if terminal.err.is_terminal and not terminal.err.is_dumb_terminal:
        with Live(
            get_renderable=lines.render, console=terminal.err, transient=True, refresh_per_second=4
        ):
            yield lines
    else:
        yield lines


class MemberLines:
    """One line a run that has ended, and one that says how many have."""

    def __init__(self, terminal: Terminal, total: int) -> None:
        """Write the lines to the stderr of ``terminal``."""
        self._terminal = terminal
        self._total = total
        self._states: dict[str, MemberState] = {}
        self._running_since: dict[str, float] = {}
        self._durations: list[float] = []
        self._at_once = 1
        self._started = perf_counter()
        self._spinner = Spinner("line")

    def __call__(self, progress: MemberProgress) -> None:
        """Say what happened, if it is worth a line."""
        self._states[progress.name] = progress.state
        self._keep_time(progress)
        if progress.state is MemberState.RETRIED:
            self._terminal.remark(f"{progress.name}: its process was killed; begun again")
        if progress.result is None:
            return
        for remark in progress.result.remarks:
            self._terminal.remark(f"{progress.name}: {remark}")
        how = "finished before" if progress.result.already_finished else progress.state.value
        took = format_seconds(progress.result.seconds)
        self._terminal.remark(f"{progress.name}  {how}  {took}  ({self._ended} of {self._total})")

    def render(self) -> Spinner:
        """Return the line that says how many have ended, run, and how long there is to go."""
        text = f"{self._ended} of {self._total} runs done, {len(self._running_since)} running"
        now = perf_counter()
        left = seconds_left_of_alike(
            self._durations,
            [now - since for since in self._running_since.values()],
            self._total - self._ended - len(self._running_since),
            self._at_once,
        )
        if left is not None:
            text += f", about {format_time_left(left)} left"
        elapsed = format_seconds(now - self._started)
        self._spinner.update(text=Text(f"{text}, {elapsed}", overflow="ellipsis", no_wrap=True))
        return self._spinner

    def _keep_time(self, progress: MemberProgress) -> None:
        self._running_since.pop(progress.name, None)
        if progress.state is MemberState.RUNNING:
            self._running_since[progress.name] = perf_counter()
            self._at_once = max(self._at_once, len(self._running_since))
        elif (ended := progress.result) and not ended.failure and not ended.already_finished:
            self._durations.append(ended.seconds)

    @property
    def _ended(self) -> int:
        return sum(
            state in (MemberState.DONE, MemberState.FAILED) for state in self._states.values()
        )
