"""A synthetic census: a believable joint distribution of age, tenure, level, pay and enrolment.

Every value is whole-number arithmetic on counter-based draws, so the same seed gives the same
rows in the same order for any thread count and DuckDB version. It must never call ``random()``,
``hash()`` or a function whose last bit a compiler may choose.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from shardrun.database.connection import NO_LIMITS, DatabaseLimits
from shardrun.errors import InputError
from shardrun.workforce.census_file import (
    copy_statement,
    replaced_when_complete,
    scan,
    writable_suffix,
)
from shardrun.workforce.census_profile import CensusProfile, profile_census
from shardrun.workforce.census_session import census_session
from shardrun.workforce.philox import philox_4x32_10

_SEED_LIMIT = 2**64
_EMPLOYEE_LIMIT = 2**32 - 1
_FIRST_YEAR, _LAST_YEAR = 1900, 9999
_STREAM = int.from_bytes(b"cens", "big")


@dataclass(frozen=True)
class CensusSummary:
    """A generated census.

    Attributes:
        path: the file written.
        as_of: the census date; nobody was hired or born after it.
        seed: the seed it came from.
        profile: what it holds, in numbers.
    """

    path: Path
    as_of: date
    seed: int
    profile: CensusProfile


def generate_census(
    path: Path,
    *,
    employees: int,
    seed: int,
    as_of_year: int = 2024,
    limits: DatabaseLimits = NO_LIMITS,
) -> CensusSummary:
    """Write a synthetic census, ordered by employee_id.

    Args:
        path: target, .parquet or .csv; replaced only when the new file is complete.
        employees: how many people.
        seed: 0 to 2^64 - 1. The same seed gives the same people.
        as_of_year: the census is taken on 31 December of this year.
        limits: threads and memory of the DuckDB that writes it.

    Raises:
        InputError: if an argument is out of range or the target can't be written.
    """
    suffix = writable_suffix(path)
    if not 1 <= employees <= _EMPLOYEE_LIMIT:
        raise InputError(f"employees: {employees} is not between 1 and {_EMPLOYEE_LIMIT}.")
    if not 0 <= seed < _SEED_LIMIT:
        raise InputError(f"seed: {seed} is not between 0 and {_SEED_LIMIT - 1}.")
    if not _FIRST_YEAR <= as_of_year <= _LAST_YEAR:
        raise InputError(f"as-of year: {as_of_year} is not from {_FIRST_YEAR} to {_LAST_YEAR}.")
    as_of = date(as_of_year, 12, 31)
    with (
        census_session(limits) as (connection, _),
        replaced_when_complete(path) as partial,
    ):
        # range() is read by one thread; a table of its numbers is read by all of them.
        connection.execute(
            "create temp table person_numbers as"
            f" select range::uinteger as person from range(1, {employees + 1})"
        )
        query = _census_query(employees, seed, as_of)
        connection.execute(copy_statement(query, partial, suffix))
        profile = profile_census(connection, scan(partial, suffix), as_of)
    return CensusSummary(path=path, as_of=as_of, seed=seed, profile=profile)


def _census_query(employees: int, seed: int, as_of: date) -> str:
    """Return the query that turns ``person_numbers`` into the canonical census, in their order.

    The four random words of a person are cut into eight draws of 12, 16 or 20 bits. Scales are
    powers of two, so that a shift divides and nothing is rounded two ways.
    """
    drawn = philox_4x32_10(
        "select person, person::ubigint as c0, 0::ubigint as c1, 0::ubigint as c2,"
        f" {_STREAM}::ubigint as c3 from person_numbers",
        seed,
    )
    # Fixed width, so that the order of ids as text is the order of people.
    id_digits = max(7, len(str(employees)))
    return f"""
with drawn as not materialized (
{drawn}
),
draws as not materialized (
    select
        person,
        (c0 & 65535)::integer as age_draw,
        (c0 >> 16)::integer as age_draw_2,
        (c1 >> 12)::bigint as tenure_draw,
        (c1 & 4095)::integer as enrollment_draw,
        (c2 & 65535)::bigint as pay_draw,
        (c2 >> 16)::bigint as pay_draw_2,
        (c3 & 65535)::integer as level_draw,
        (c3 >> 16)::integer as deferral_draw
    from drawn
),
ages as not materialized (
    -- 18.5 to 68.5 years: as many at every age between 32 and 54, fewer toward both ends
    select
        *,
        6757 + (age_draw * 13149 >> 16) + (age_draw_2 * 5113 >> 16) as age_days,
        age_days - 6575 as working_days
    from draws
),
tenures as not materialized (
    -- a square: half the people have been here for less than a quarter of their working life
    select
        *,
        (working_days * (tenure_draw * tenure_draw >> 20) >> 20)::integer as tenure_days
    from ages
),
levels as not materialized (
    -- experience, tenure and merit; the cuts give 40, 32, 18, 8 and 2 people in a hundred
    select
        *,
        level_draw + 3 * working_days + 2 * tenure_days as standing,
        case
            when standing < 60000 then 1
            when standing < 82500 then 2
            when standing < 102000 then 3
            when standing < 118000 then 4
            else 5
        end as job_level
    from tenures
),
places as not materialized (
    -- the place within the pay band, of 65536: 20 years of tenure are a quarter of it
    select
        *,
        (3 * pay_draw + 9 * least(tenure_days, 7281)) >> 2 as place,
        place * place >> 16 as low_place
    from levels
),
pay as not materialized (
    -- within the bands of the bundled job_levels seed; rare toward the top of the high ones
    select
        *,
        case job_level
            when 1 then 26000 + (34000 * (place + pay_draw_2) >> 17)
            when 2 then 60000 + (35000 * place >> 16)
            when 3 then 95000 + (50000 * place >> 16)
            when 4 then 145000 + (85000 * low_place >> 16)
            else 230000 + (370000 * (low_place * low_place >> 16) >> 16)
        end as annual_pay
    from places
),
enrollment as not materialized (
    -- 55 in a hundred, up to 18 more by age and 20 more by pay; nobody in the first 90 days
    select
        *,
        tenure_days >= 90
            and enrollment_draw
                < 2250 + working_days // 25 + least(annual_pay, 200000) // 250 as is_enrolled
    from pay
),
deferrals as not materialized (
    -- many stay at 3 or 6 percent (automatic enrollment, the match); the rest choose
    select
        *,
        case
            when not is_enrolled then 0
            when deferral_draw & 15 < 4 then 3
            when deferral_draw & 15 < 9 then 6
            else 1 + ((deferral_draw >> 4) * (4 + working_days // 3000 + 2 * job_level) >> 12)
        end as deferral_percent
    from enrollment
)
select
    'E' || lpad(person::varchar, {id_digits}, '0') as employee_id,
    date '{as_of}' - age_days as birth_date,
    date '{as_of}' - tenure_days as hire_date,
    annual_pay::decimal(12,2) as annual_compensation,
    job_level::tinyint as job_level,
    is_enrolled,
    (deferral_percent * 0.01)::decimal(5,4) as deferral_rate
from deferrals
"""
