"""What a census holds, in a few numbers: headcount, pay, plan participation, ages.

It reads a relation of the canonical columns and must never change or judge it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class CensusProfile:
    """A census in numbers.

    Attributes:
        employees: people in the census.
        enrolled: people enrolled in the plan.
        total_compensation: sum of annual compensation, in the census's currency.
        average_age: years, on the census date.
        average_tenure: years since hire, on the census date.
        employees_by_level: (job level, people), by level.
    """

    employees: int
    enrolled: int
    total_compensation: Decimal
    average_age: float
    average_tenure: float
    employees_by_level: tuple[tuple[int, int], ...]

    @property
    def average_compensation(self) -> Decimal:
        """Annual compensation per person, to the cent."""
        return (self.total_compensation / self.employees).quantize(Decimal("0.01"))

    @property
    def participation(self) -> float:
        """Share of people who are enrolled, 0 to 1."""
        return self.enrolled / self.employees


def profile_census(
    connection: duckdb.DuckDBPyConnection, relation: str, as_of: date
) -> CensusProfile:
    """Return the profile of a census that holds at least one person.

    Args:
        connection: where ``relation`` can be read.
        relation: SQL of a relation with the canonical columns.
        as_of: the census date, which ages and tenures refer to.
    """
    levels = connection.execute(
        "select job_level, count(*), count(*) filter (is_enrolled), sum(annual_compensation),"
        " sum($as_of::date - birth_date), sum($as_of::date - hire_date)"
        f" from {relation} group by job_level order by job_level",
        {"as_of": as_of},
    ).fetchall()
    employees = sum(level[1] for level in levels)
    return CensusProfile(
        employees=employees,
        enrolled=sum(level[2] for level in levels),
        total_compensation=sum((level[3] for level in levels), Decimal(0)),
        average_age=sum(level[4] for level in levels) / employees / _DAYS_PER_YEAR,
        average_tenure=sum(level[5] for level in levels) / employees / _DAYS_PER_YEAR,
        employees_by_level=tuple((level[0], level[1]) for level in levels),
    )
