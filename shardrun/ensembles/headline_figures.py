"""The headline figures of a run: the numbers of its project's own summary, by year and name."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shardrun.errors import InputError
from shardrun.runs.outcome import Cell, SummaryTable


@dataclass(frozen=True, slots=True)
class HeadlineFigure:
    """One number of one year.

    Attributes:
        year: which.
        name: the column of the summary.
        value: the number.
    """

    year: int
    name: str
    value: float


def headline_figures(summary: SummaryTable | None, year_column: str) -> tuple[HeadlineFigure, ...]:
    """Return every number in a summary but its years, row by row, column by column.

    Args:
        summary: of a run.
        year_column: what it calls years.

    Raises:
        InputError: there is no summary, or it has no years.
    """
    if summary is None or year_column not in summary.columns:
        raise InputError(
            f"an ensemble needs a table with a row for each {year_column} and a column a headline "
            "figure; workflow.summary_model in the configuration names it."
        )
    place = summary.columns.index(year_column)
    return tuple(
        HeadlineFigure(int(str(row[place])), name, number)
        for row in summary.rows
        for name, value in zip(summary.columns, row, strict=True)
        if name != year_column and (number := _number(value)) is not None
    )


def _number(value: Cell) -> float | None:
    """Return a cell as a finite number; None where it is none."""
    if isinstance(value, bool | str) or value is None or hasattr(value, "isoformat"):
        return None
    number = float(value)
    return number if math.isfinite(number) else None
