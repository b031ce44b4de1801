"""The people of a given census: each column of ``given`` as a value of its canonical type.

It owns what a level, an enrolment flag and a deferral rate may be written as, and what stands in
where a file is silent. It must never judge a row: what can't be read is NULL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import duckdb

from shardrun.sql import quote_literal
from shardrun.workforce.census_dates import DATE_KEYS, date_expression
from shardrun.workforce.census_pay import is_numeric
from shardrun.workforce.census_schema import DEFAULT_DEFERRAL_RATE
from shardrun.workforce.census_source import SourceColumn
from shardrun.workforce.job_levels import JobLevel

_ID = "cast(given.employee_id as varchar)"
_EDGES = r"'^[\s\p{Z}]+|[\s\p{Z}]+$'"
# Few ids have blanks to strip, and to look for them is the cheaper half.
_PERSON_KEY = (
    f"nullif(case when regexp_matches({_ID}, {_EDGES})"
    f" then regexp_replace({_ID}, {_EDGES}, '', 'g') else {_ID} end, '')"
)
_YES = "('true', 't', 'yes', 'y', '1', '1.0')"
_NO = "('false', 'f', 'no', 'n', '0', '0.0')"


def create_people(
    connection: duckdb.DuckDBPyConnection,
    chosen: Mapping[str, SourceColumn],
    *,
    levels: Sequence[JobLevel],
    date_format: str | None,
    annual_compensation: str,
    as_of: date,
    has_empty_rows: bool,
) -> None:
    """Create the view ``people`` over ``given``.

    Its columns: row_number; for every chosen key ``has_<key>``, whether anything stands there;
    ``person_key``, the id without surrounding blanks, NULL if nothing is left; and the canonical
    columns, NULL where not given or not readable. Rows without any value are left out.

    Args:
        connection: where the view ``given`` is.
        chosen: the file's columns by key.
        levels: the job levels there are.
        date_format: strptime format of text dates.
        annual_compensation: SQL of a year's pay.
        as_of: the census date.
        has_empty_rows: whether ``given`` has rows without any value.
    """
    dates = {
        key: date_expression(f"given.{key}", chosen[key].sql_type, date_format, as_of)
        for key in DATE_KEYS
    }
    filled = " or ".join(f"given.{key} is not null" for key in chosen)
    connection.execute(
        "create temp view people as select row_number,"
        + "".join(f" {_presence(key, column)} as has_{key}," for key, column in chosen.items())
        + f" {_PERSON_KEY} as person_key,"
        f" {_ID} as employee_id,"
        f" {dates['birth_date']} as birth_date,"
        f" {dates['hire_date']} as hire_date,"
        f" {annual_compensation} as annual_compensation,"
        f" {_level_expression(chosen, levels)} as job_level,"
        f" {_flag_expression(chosen)} as is_enrolled,"
        f" {_rate_expression(chosen)} as deferral_rate"
        " from given" + (f" where {filled}" if has_empty_rows else "")
    )


def canonical_query(levels: Sequence[JobLevel]) -> str:
    """Return the query of the canonical census: ``people`` with every silence filled, by id."""
    filled = ", ".join(f"{value} as {name}" for name, value in _filled(levels).items())
    return (
        f"select employee_id, birth_date, hire_date, annual_compensation, {filled}"
        " from people order by employee_id"
    )


def has_silences(connection: duckdb.DuckDBPyConnection, levels: Sequence[JobLevel]) -> bool:
    """Return whether the canonical census says of anybody in ``people`` what the file does not.

    Args:
        connection: where the view ``people`` is.
        levels: the job levels there are.
    """
    filled = " or ".join(
        f"{name} is distinct from {value}" for name, value in _filled(levels).items()
    )
    return bool(connection.execute(f"select 1 from people where {filled} limit 1").fetchall())


def _filled(levels: Sequence[JobLevel]) -> dict[str, str]:
    """Return SQL, over ``people``, of the columns that a file may be silent on, by name."""
    enrolled = "coalesce(is_enrolled, false)"
    rate = f"case when {enrolled} then coalesce(deferral_rate, {DEFAULT_DEFERRAL_RATE}) else 0 end"
    return {
        "job_level": f"coalesce(job_level, {_band_expression(levels)})",
        "is_enrolled": enrolled,
        "deferral_rate": f"cast({rate} as decimal(5,4))",
    }


def _text(key: str) -> str:
    return f"nullif(trim(cast(given.{key} as varchar)), '')"


def _presence(key: str, column: SourceColumn) -> str:
    written = _text(key) if column.sql_type == "VARCHAR" else f"given.{key}"
    return f"{written} is not null"


def _level_expression(chosen: Mapping[str, SourceColumn], levels: Sequence[JobLevel]) -> str:
    """Return SQL of a level given by number or title."""
    if "job_level" not in chosen:
        return "null::tinyint"
    if is_numeric(chosen["job_level"].sql_type):
        known = ", ".join(str(level.level) for level in levels)
        return (
            f"case when given.job_level in ({known}) then try_cast(given.job_level as tinyint) end"
        )
    text = f"lower({_text('job_level')})"
    cases = " ".join(
        f"when {text} in ({', '.join(_level_names(level))}) then {level.level}" for level in levels
    )
    return f"cast(case {cases} end as tinyint)"


def _level_names(level: JobLevel) -> list[str]:
    """Return SQL of everything that a census may call a level."""
    number = level.level
    return [
        quote_literal(name)
        for name in (f"{number}", f"{number:02}", f"{number}.0", level.title.lower())
    ]


def _band_expression(levels: Sequence[JobLevel]) -> str:
    """Return SQL of the level in whose pay band the annual compensation lies.

    Pay below the lowest band belongs to it.
    """
    higher = " ".join(
        f"when annual_compensation >= {level.min_compensation:f} then {level.level}"
        for level in reversed(levels[1:])
    )
    lowest = levels[0].level
    return f"cast(case {higher} else {lowest} end as tinyint)" if higher else f"{lowest}::tinyint"


def _flag_expression(chosen: Mapping[str, SourceColumn]) -> str:
    """Return SQL of the enrolment flag; where only rates are given, a rate above zero means it."""
    if "is_enrolled" in chosen:
        if chosen["is_enrolled"].sql_type == "BOOLEAN":
            return "given.is_enrolled"
        text = f"lower({_text('is_enrolled')})"
        return f"case when {text} in {_YES} then true when {text} in {_NO} then false end"
    if "deferral_rate" in chosen:
        return f"{_rate_expression(chosen)} > 0"
    return "null::boolean"


def _rate_expression(chosen: Mapping[str, SourceColumn]) -> str:
    """Return SQL of the deferral rate: a fraction, or a number with a percent sign."""
    if "deferral_rate" not in chosen:
        return "null::decimal(18,6)"
    if is_numeric(chosen["deferral_rate"].sql_type):
        return "try_cast(given.deferral_rate as decimal(18,6))"
    text = f"replace({_text('deferral_rate')}, ',', '.')"
    return (
        f"case when ends_with({text}, '%')"
        f" then try_cast(rtrim({text}, '% ') as decimal(18,6)) * 0.01"
        f" else try_cast({text} as decimal(18,6)) end"
    )
