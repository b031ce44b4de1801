"""The job levels a census may use: the seed table that a person edits, read and checked.

It must never write the table or know of dbt beyond the file's path.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from shardrun.errors import ProjectError

_COLUMNS = ("job_level", "title", "min_compensation")
_LARGEST_LEVEL = 127


@dataclass(frozen=True)
class JobLevel:
    """One job level.

    Attributes:
        level: its number, 1 to 127.
        title: its name.
        min_compensation: annual pay from which its band begins.
    """

    level: int
    title: str
    min_compensation: Decimal


def read_job_levels(path: Path, pay_scale: Decimal = Decimal(1)) -> tuple[JobLevel, ...]:
    """Return the levels of a job_levels seed, lowest pay first.

    Args:
        path: the seed.
        pay_scale: what its pay is multiplied by, ``compensation.pay_scale``.

    Raises:
        ProjectError: if the file is missing, empty or not such a table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            levels = [
                _job_level(path, number, row, pay_scale)
                for number, row in enumerate(reader, start=2)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ProjectError(f"{path}: the job levels can't be read: {error}") from error
    if not levels:
        raise ProjectError(f"{path} holds no job levels; it needs the columns {_columns()}.")
    for attribute in ("level", "title"):
        values = [str(getattr(level, attribute)).lower() for level in levels]
        if len(set(values)) < len(values):
            raise ProjectError(f"{path}: two job levels have the same {attribute}.")
    return tuple(sorted(levels, key=lambda level: (level.min_compensation, level.level)))


def _job_level(path: Path, number: int, row: dict[str, str], pay_scale: Decimal) -> JobLevel:
    try:
        level = JobLevel(
            level=int(row["job_level"]),
            title=row["title"].strip(),
            min_compensation=Decimal(row["min_compensation"]) * pay_scale,
        )
    except KeyError as error:
        raise ProjectError(f"{path} has no column {error}; it needs {_columns()}.") from error
    except (ValueError, TypeError, AttributeError, InvalidOperation) as error:
        raise ProjectError(f"{path}, row {number}: not a job level: {row}") from error
    if not 1 <= level.level <= _LARGEST_LEVEL or not level.min_compensation.is_finite():
        raise ProjectError(f"{path}, row {number}: not a job level: {row}")
    return level


def _columns() -> str:
    return ", ".join(_COLUMNS)
