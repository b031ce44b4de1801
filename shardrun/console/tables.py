"""Tables as all commands draw them: a rule below the heading, in blocks where they are too wide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from rich import box
from rich.table import Table

from shardrun.console.terminal import Terminal

ColumnT = TypeVar("ColumnT")


def ruled_table(*headers: str, footer: bool = False) -> Table:
    """Return an empty table.

    Args:
        *headers: of columns that need no other look.
        footer: whether the columns have one, below a rule of its own.
    """
    return Table(
        *headers, box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, show_footer=footer
    )


def blocks_that_fit(
    terminal: Terminal, columns: Sequence[ColumnT], draw: Callable[[Sequence[ColumnT]], Table]
) -> list[Table]:
    """Draw columns in tables below each other, as many in each as the window has room for.

    Args:
        terminal: that they are for.
        columns: what each column shows, years as a rule.
        draw: makes a table of some of them.
    """
    for size in range(len(columns), 1, -1):
        blocks = [draw(columns[start : start + size]) for start in range(0, len(columns), size)]
        if all(map(terminal.fits, blocks)):
            return blocks
    return [draw([column]) for column in columns]
