"""Shows several runs while they go on: how many are done, and each as it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from shardrun.console.numbers import format_seconds
from shardrun.console.terminal import Terminal
from shardrun.member_results import MemberListener, MemberProgress, MemberState


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
        self._started = perf_counter()
        self._spinner = Spinner("line")

    def __call__(self, progress: MemberProgress) -> None:
        """Say what happened, if it is worth a line."""
        self._states[progress.name] = progress.state
        if progress.state is MemberState.RETRIED:
            self._terminal.remark(f"{progress.name}: its process was killed; begun again")
        if progress.result is None:
            return
        for remark in progress.result.remarks:
            self._terminal.remark(f"{progress.name}: {remark}")
        how = "finished before" if progress.result.already_finished else progress.state.value
        took = format_seconds(progress.result.seconds)
        self._terminal.remark(f"{progress.name}  {how}  {took}  ({self._ended} of {self._total})")

    def render(self) -> Text | Spinner:
        """Return the line that says how many have ended, run, and how long there is to go."""
        counts = Counter(self._states.values())
        elapsed = perf_counter() - self._started
        text = f"{self._ended} of {self._total} runs done, {counts[MemberState.RUNNING]} running"
        if 0 < self._ended < self._total:
            left = elapsed / self._ended * (self._total - self._ended)
            text += f", about {format_seconds(round(left))} left"
        self._spinner.update(text=Text(f"{text}, {format_seconds(elapsed)}", no_wrap=True))
        return self._spinner

    @property
    def _ended(self) -> int:
        return sum(
            state in (MemberState.DONE, MemberState.FAILED) for state in self._states.values()
        )
