"""What a simulation goes through one after another: years, months, or numbers.

Owns which whole number is a period of which kind, and which one follows it: a month is written
202501, and a number stands for whatever the project's own list has in that place. In code, ledger
and logs a period is called a year. It must never know what happens in a period.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from shardrun.config.problems import shown

PeriodKind = Literal["year", "month", "number"]

YEAR_COLUMN = "simulation_year"
"""What a table with a row for each period calls it, as dbt's var is called, by default."""

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_BOUNDS: dict[PeriodKind, tuple[int, int]] = {
    "year": (_FIRST_YEAR, _LAST_YEAR),
    "month": (_FIRST_YEAR * 100 + 1, _LAST_YEAR * 100 + 12),
    "number": (0, 1_000_000),
}
_MOST: dict[PeriodKind, int] = {"year": 100, "month": 1200, "number": 1200}
_WRITTEN: dict[PeriodKind, tuple[str, str]] = {
    "year": (
        "[0-9]{4}",
        "write them with four digits, such as 2025-2029, or one year, such as 2027",
    ),
    "month": (
        "[0-9]{6}",
        "write them with six digits, such as 202501-202612, or one month, such as 202506",
    ),
    "number": ("[0-9]{1,7}", "write them as 1-36, or one number, such as 7"),
}


@dataclass(frozen=True, slots=True)
class PeriodNames:
    """What a project calls its periods.

    Attributes:
        kind: what one of them is.
        column: what tables with a row for each call it.
    """

    kind: PeriodKind = "year"
    column: str = YEAR_COLUMN

    @property
    def word(self) -> str:
        """What a person calls one: year, month, or period."""
        return "period" if self.kind == "number" else self.kind


def check_period(kind: PeriodKind, value: int) -> None:
    """Check that a number is a period.

    Raises:
        ValueError: with the reason.
    """
    least, most = _BOUNDS[kind]
    if value < least:
        raise ValueError(f"{value} is too small; at least {least}")
    if value > most:
        raise ValueError(f"{value} is too large; at most {most}")
    if kind == "month" and not 1 <= value % 100 <= 12:
        raise ValueError(f"{value} is no month; write year and month, such as {least}")


def check_periods(kind: PeriodKind, first: int, last: int) -> None:
    """Check that two periods are in order, and not too many lie between them.

    Raises:
        ValueError: with the reason.
    """
    if last < first:
        raise ValueError(f"the last {kind}, {last}, is before the first, {first}")
    count = _place(kind, last) - _place(kind, first) + 1
    if count > _MOST[kind]:
        raise ValueError(f"{count} {kind}s are too many; at most {_MOST[kind]}")


def periods(kind: PeriodKind, first: int, last: int) -> tuple[int, ...]:
    """Return the periods from ``first`` to ``last``, both included."""
    return tuple(_at(kind, place) for place in range(_place(kind, first), _place(kind, last) + 1))


def following(kind: PeriodKind, value: int) -> int:
    """Return the period after another."""
    return _at(kind, _place(kind, value) + 1)


def read_periods(kind: PeriodKind, text: str) -> tuple[int, int]:
    """Return the first and last number of `2025-2029` or `2027`, `202501-202612` or `202506`.

    Raises:
        ValueError: if it is neither, or they are not in order, or too many.
    """
    digits, advice = _WRITTEN[kind]
    match = re.fullmatch(f"({digits})(?:-({digits}))?", text.strip())
    if match is None:
        raise ValueError(f"{shown(text)} is not a range of {kind}s; {advice}")
    first, last = int(match[1]), int(match[2] or match[1])
    check_periods(kind, first, last)
    return first, last


def _place(kind: PeriodKind, value: int) -> int:
    """Return where a period stands among all of its kind."""
    return value // 100 * 12 + value % 100 - 1 if kind == "month" else value


def _at(kind: PeriodKind, place: int) -> int:
    return place // 12 * 100 + place % 12 + 1 if kind == "month" else place
