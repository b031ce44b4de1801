"""The figures as tables for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.contenders import DEFAULT
from bench.measured import HEAVY
from bench.targets import Verdict

_NOTHING = "-"
_WIDTH = 100


def print_size(people: int, years: int, figures: Mapping[str, Mapping[str, Any]]) -> None:
    """Print one size, a line a contender; GB are peaks of all its processes together."""
    table = Table(
        title=f"{people:,} people x {years} years, medians, equal digests",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    table.add_column("contender", no_wrap=True)
    for heading in ("seconds", "x", "GB", "events s", "CPU", "GB", "state s", "CPU", "overhead"):
        table.add_column(heading, justify="right", no_wrap=True)
    default = figures[DEFAULT]
    for name, of in figures.items():
        events, state = (of["stages"].get(stage.value) for stage in HEAVY)
        table.add_row(
            name,
            f"{of['seconds']:.2f}",
            f"{of['seconds'] / default['seconds']:.2f}",
            _gigabytes(of["peak_memory"]),
            *_stage(events),
            _gigabytes(events and events["peak_memory"]),
            *_stage(state),
            _NOTHING if of["shard_overhead"] is None else f"{of['shard_overhead']:.2f}",
        )
    # in a file or a pipe too, where rich would take 80 columns
    Console(width=max(_WIDTH, Console().width)).print(table)


def print_verdicts(verdicts: Mapping[str, Sequence[Verdict]]) -> None:
    """Print which targets are met, if any could be judged."""
    table = Table(title="Targets")
    for heading in ("size", "target", "bound", "measured", ""):
        table.add_column(heading)
    for size, of_size in verdicts.items():
        for one in of_size:
            met = "met" if one.met else "MISSED"
            table.add_row(size, one.name, one.bound, f"{one.measured:.2f}", met)
    if table.row_count:
        Console().print(table)


def _stage(figures: Mapping[str, Any] | None) -> list[str]:
    if figures is None:
        return [_NOTHING, _NOTHING]
    return [f"{figures['seconds']:.2f}", f"{figures['cpu_share']:.0%}"]


def _gigabytes(size: float | None) -> str:
    return _NOTHING if size is None else f"{size / 1e9:.2f}"
