"""What a page is made of: plain data, so that whoever has something to show needs no HTML.

It must never read a database, nor know how anything looks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from shardrun.report.figures import Figure

Value = str | int | float | Decimal | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure that is seen first.

    Attributes:
        label: what it is.
        name: how a column of such figures is called: it decides how the value looks.
        value: the figure.
        note: what is said below it.
        of_counts: whether the figure is a statistic of counts.
    """

    label: str
    name: str
    value: Value
    note: str = ""
    of_counts: bool = False


@dataclass(frozen=True, slots=True)
class DataTable:
    """Rows under headings; a column's name decides how its values look.

    Attributes:
        title: above it; empty where the block around it says it all.
        columns: their names.
        rows: their values.
        of_counts: the columns that are statistics of counts.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    of_counts: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, with the figures that it draws in a table below it.

    Attributes:
        title: above it.
        note: what to see in it, or how to read it.
        figure: see :mod:`shardrun.report.figures`.
        data: what is drawn.
        wide: whether it takes the whole width of the page.
        height: in pixels.
    """

    title: str
    note: str
    figure: Figure
    data: DataTable
    wide: bool = False
    height: int = 300


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page.

    Attributes:
        title: its heading.
        note: what it is about.
        blocks: charts and tables, in order.
    """

    title: str
    note: str
    blocks: Sequence[Chart | DataTable]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole report.

    Attributes:
        title: its heading.
        subtitle: of which run it is.
        tiles: seen first.
        sections: in order.
    """

    title: str
    subtitle: str
    tiles: Sequence[Tile]
    sections: Sequence[Section]
