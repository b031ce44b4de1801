"""How figures look: by the type and the name of their column, alike in a whole column."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from shardrun.runs.outcome import Cell

NOTHING = "-"
_MILLION = 1_000_000


def format_column(
    name: str, values: Sequence[Cell], *, beside: Sequence[Cell] = (), of_counts: bool = False
) -> list[str]:
    """Return the texts of one column.

    Years stay plain, ``*_rate`` becomes percent, counts get thousands separators; amounts lose
    their cents where one of them reaches a thousand, and become millions where one reaches ten.
    A mean or a percentile of counts has one decimal, where one of the column has a fraction.

    Args:
        name: of the column.
        values: all of its values.
        beside: values of other columns, which these are to be compared with: in one unit.
        of_counts: whether the values are statistics of counts.
    """
    numbers = [float(value) for value in values if isinstance(value, float | Decimal)]
    others = [float(value) for value in beside if isinstance(value, float | Decimal)]
    largest = max(map(abs, (*numbers, *others)), default=0.0)
    if largest >= 1000:
        decimals = 0
    elif of_counts:
        decimals = 0 if all(map(float.is_integer, numbers)) else 1
    else:
        decimals = 2
    return [_format_cell(name, value, largest, decimals) for value in values]


def format_errors(name: str, errors: Sequence[float | None]) -> list[str]:
    """Return the texts of the standard errors of one column's figures; a share's in hundredths.

    Args:
        name: of the column.
        errors: of its figures.
    """
    if name.endswith("_rate"):
        return [NOTHING if error is None else f"{error:.2%}" for error in errors]
    return format_column(name, errors)


def is_number(values: Sequence[Cell]) -> bool:
    """Return whether a column is to be aligned right."""
    return all(value is None or isinstance(value, int | float | Decimal) for value in values)


def format_seconds(seconds: float) -> str:
    """Return a duration as a person says it: ``0.42 s``, ``4:05``, ``1:04:05``."""
    if round(seconds, 2) < 60:
        return f"{seconds:.2f} s"
    return str(timedelta(seconds=round(seconds))).removeprefix("0:").lstrip("0")


def format_time_left(seconds: float) -> str:
    """Return a time to wait, rounded up to what an estimate can bear: ``25 s``, ``4 min``."""
    if seconds <= 55:
        return f"{math.ceil(seconds / 5) * 5} s"
    minutes = math.ceil(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    tens = math.ceil(minutes / 10)
    return f"{tens // 6} h {tens % 6 * 10} min" if tens % 6 else f"{tens // 6} h"


def format_bytes(size: int) -> str:
    """Return an amount of memory as a person says it: ``340 MB``, ``1.23 GB``, of 10^9 bytes."""
    return f"{size / 1e9:.2f} GB" if round(size / 1e6) >= 1000 else f"{size / 1e6:.0f} MB"


def format_share(part: float, whole: float) -> str:
    """Return a part as percent of the whole."""
    return f"{part / whole:.0%}" if whole else NOTHING


def _format_cell(name: str, value: Cell, largest: float, decimals: int) -> str:
    match value:
        case None:
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case int() | float() | Decimal() if name.endswith("_rate"):
            return f"{value:.1%}"
        case int() if re.fullmatch("(.*_)?(year|month)", name):
            return str(value)
        case int():
            return f"{value:,}"
        case float() | Decimal() if largest >= 10 * _MILLION:
            return f"{float(value) / _MILLION:,.1f} M"
        case float() | Decimal():
            return f"{value:,.{decimals}f}"
        case _:
            return str(value)
