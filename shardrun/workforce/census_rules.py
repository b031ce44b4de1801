"""What a census row must keep to be accepted, and what makes it doubtful.

Every rule is data: a condition in SQL over the view ``people``, true for a row that breaks it.
This module must never run one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shardrun.sql import quote_literal
from shardrun.workforce.census_schema import (
    DEFAULT_DEFERRAL_RATE,
    LARGEST_USUAL_DEFERRAL,
    OLDEST_POSSIBLE_AGE,
    OLDEST_USUAL_AGE,
    YOUNGEST_USUAL_HIRE,
)
from shardrun.workforce.job_levels import JobLevel


@dataclass(frozen=True)
class Rule:
    """A rule of one column.

    Attributes:
        key: the column's key under ``census.columns``.
        says: what is the matter with a row that breaks it, after the column's name.
        breaks: SQL over ``people``, true for a row that breaks it.
        needs: another key without which the rule says nothing.
    """

    key: str
    says: str
    breaks: str
    needs: str | None = None


EDGE_BLANKS = Rule(
    "employee_id",
    "begins or ends with a blank, which stays part of it",
    "employee_id <> person_key",
)
"""The doubt without which an id is what it is compared by."""


def defect_rules(
    levels: Sequence[JobLevel], as_of: date, reserved_id_prefix: str
) -> tuple[Rule, ...]:
    """Return the rules whose breach refuses a census.

    Args:
        levels: the job levels there are.
        as_of: the census date; nothing in a census happens after it.
        reserved_id_prefix: how the ids of simulated hires begin, before ``<year>_<number>``.
    """
    known = ", ".join(str(number) for number in sorted(level.level for level in levels))
    after = f"is after {as_of}, the census date"
    return (
        Rule("employee_id", "is empty", "person_key is null"),
        Rule(
            "employee_id",
            f"is kept for people hired in the simulation ({reserved_id_prefix}<year>_<number>)",
            _reserved(reserved_id_prefix, as_of.year),
        ),
        *_presence_rules("birth_date", "birth_date", "can't be read as a date"),
        Rule("birth_date", after, f"birth_date > date '{as_of}'"),
        Rule(
            "birth_date",
            f"makes an age above {OLDEST_POSSIBLE_AGE}",
            f"birth_date < date '{as_of}' - to_years({OLDEST_POSSIBLE_AGE})",
        ),
        *_presence_rules("hire_date", "hire_date", "can't be read as a date"),
        Rule("hire_date", after, f"hire_date > date '{as_of}'"),
        Rule("hire_date", "is before the birth date", "hire_date < birth_date"),
        *_presence_rules(
            "compensation",
            "annual_compensation",
            "can't be read as an amount below ten billion a year",
        ),
        Rule("compensation", "is zero or negative", "annual_compensation <= 0"),
        Rule(
            "job_level",
            f"is none of the job levels ({known})",
            "has_job_level and job_level is null",
        ),
        Rule("is_enrolled", "is neither yes nor no", "has_is_enrolled and is_enrolled is null"),
        Rule(
            "deferral_rate",
            "can't be read as a rate",
            "has_deferral_rate and deferral_rate is null",
        ),
        Rule(
            "deferral_rate",
            "is not between 0 and 1 (six percent is 0.06 or 6%)",
            "deferral_rate not between 0 and 1",
        ),
    )


def doubt_rules(as_of: date) -> tuple[Rule, ...]:
    """Return the rules whose breach is told, and the row kept.

    Args:
        as_of: the census date.
    """
    age_at_hire = "year(hire_date) - year(birth_date)"
    # by month and day, since a date far out of range plus an interval is an error
    before_birthday = "(month(hire_date), day(hire_date)) < (month(birth_date), day(birth_date))"
    return (
        EDGE_BLANKS,
        Rule(
            "birth_date",
            f"makes an age above {OLDEST_USUAL_AGE} on {as_of}, the census date",
            f"birth_date < date '{as_of}' - to_years({OLDEST_USUAL_AGE})",
        ),
        # Many a census has invented days and months, so the two are told apart.
        Rule(
            "hire_date",
            f"is before the year of the {YOUNGEST_USUAL_HIRE}th birthday",
            f"{age_at_hire} < {YOUNGEST_USUAL_HIRE}",
        ),
        Rule(
            "hire_date",
            f"is before the {YOUNGEST_USUAL_HIRE}th birthday, but in its year",
            f"{age_at_hire} = {YOUNGEST_USUAL_HIRE} and {before_birthday}",
        ),
        Rule("job_level", "is empty and follows from pay", "not has_job_level"),
        Rule("is_enrolled", "is empty and taken as no", "not has_is_enrolled"),
        Rule(
            "deferral_rate",
            f"is above {LARGEST_USUAL_DEFERRAL}",
            f"deferral_rate > {LARGEST_USUAL_DEFERRAL}",
        ),
        Rule(
            "deferral_rate",
            "belongs to a person who is not enrolled, and is taken as 0",
            "deferral_rate > 0 and not coalesce(is_enrolled, false)",
        ),
        Rule(
            "deferral_rate",
            f"is empty in spite of enrollment, and is taken as {DEFAULT_DEFERRAL_RATE}",
            "not has_deferral_rate and is_enrolled",
            needs="is_enrolled",
        ),
    )


def _presence_rules(key: str, value: str, unreadable: str) -> tuple[Rule, Rule]:
    return (
        Rule(key, "is empty", f"not has_{key}"),
        Rule(key, unreadable, f"has_{key} and {value} is null"),
    )


def _reserved(prefix: str, year: int) -> str:
    number = f"substr(employee_id, {len(prefix) + 1})"
    hire_year = rf"try_cast(regexp_extract({number}, '^(\d{{4}})_\d{{7,}}$', 1) as integer)"
    return (
        f"case when starts_with(employee_id, {quote_literal(prefix)})"
        f" then {hire_year} > {year} else false end"
    )
