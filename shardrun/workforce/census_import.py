"""A person's census file in, the canonical census out: refused whole, or written whole.

It puts the parts together: source, columns, dates, pay, people, checks. It must never accept a
row that breaks a rule, nor leave a half-written file.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from shardrun.database.connection import NO_LIMITS, DatabaseLimits
from shardrun.errors import CensusError
from shardrun.workforce.census_checks import (
    find_breaches,
    find_empty_rows,
    find_repeated_ids,
    ids_ascend,
)
from shardrun.workforce.census_columns import match_columns
from shardrun.workforce.census_dates import find_date_format
from shardrun.workforce.census_file import (
    copy_statement,
    replaced_when_complete,
    scan,
    writable_suffix,
)
from shardrun.workforce.census_findings import SHOWN, Finding, refusal, warning
from shardrun.workforce.census_pay import PayPeriod, annual_expression, pay_expression
from shardrun.workforce.census_people import canonical_query, create_people, has_silences
from shardrun.workforce.census_profile import CensusProfile, profile_census
from shardrun.workforce.census_rules import EDGE_BLANKS, Rule, defect_rules, doubt_rules
from shardrun.workforce.census_schema import CENSUS_COLUMNS, COLUMN_KEYS, DEFAULT_DEFERRAL_RATE
from shardrun.workforce.census_session import census_session
from shardrun.workforce.census_source import CensusSource, SourceColumn, open_source, readable
from shardrun.workforce.job_levels import read_job_levels

_USUAL_AVERAGE_PAY = (Decimal(2_000), Decimal(2_000_000))


@dataclass(frozen=True)
class CensusImport:
    """An imported census.

    Attributes:
        path: the canonical file written.
        as_of: the census date.
        profile: what it holds, in numbers.
        notes: how the file was read and what was filled in, a sentence each.
        warnings: doubtful rows that were kept, a sentence each with row numbers.
    """

    path: Path
    as_of: date
    profile: CensusProfile
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def rows(self) -> int:
        """People in the census."""
        return self.profile.employees


def import_census(
    source: Path,
    destination: Path,
    *,
    job_levels: Path,
    as_of: date,
    pay_scale: Decimal = Decimal(1),
    columns: Mapping[str, str] | None = None,
    date_format: str | None = None,
    pay_period: PayPeriod = "annual",
    hours_per_year: Decimal = Decimal(2080),
    reserved_id_prefix: str = "NH_",
    limits: DatabaseLimits = NO_LIMITS,
) -> CensusImport:
    """Check a census file and write it in canonical form, ordered by employee_id.

    A Parquet file that is in that form already is copied as it is. What is said of the person's own
    file (``columns``, ``date_format``, ``pay_period``) is not said of one that was written here.

    Args:
        source: CSV or Parquet.
        destination: .parquet or .csv; replaced only when the new file is complete.
        job_levels: the job_levels seed, which gives the levels there are and their pay bands.
        as_of: the census date, 31 December before the first simulated year.
        pay_scale: what the pay bands are multiplied by, ``compensation.pay_scale``.
        columns: the file's own column names by key of ``census.columns``.
        date_format: strptime format of its dates; None finds it.
        pay_period: what its pay is for.
        hours_per_year: hours paid in a year, for hourly pay.
        reserved_id_prefix: what the ids of simulated hires begin with.
        limits: threads and memory of the DuckDB that reads it.

    Raises:
        CensusError: if the file can't be read, or holds defects; all are counted in the message.
        ProjectError: if the job levels can't be read.
        InputError: if the destination can't be written.
    """
    suffix = writable_suffix(destination)
    levels = read_job_levels(job_levels, pay_scale)
    with census_session(limits) as (connection, scratch):
        opened = open_source(connection, source, scratch)
        said = bool(columns or date_format or pay_period != "annual")
        if imported_before := said and _is_imported(opened, columns or {}):
            columns, date_format, pay_period = {}, None, "annual"
        chosen = match_columns(opened, columns or {}, pay_period)
        with readable(source):
            malformed = opened.load(connection, chosen)
            empty = find_empty_rows(connection, chosen)
            read_as = find_date_format(connection, chosen, date_format, source)
            pay = pay_expression(connection, chosen["compensation"].sql_type, source)
            create_people(
                connection,
                chosen,
                levels=levels,
                date_format=read_as,
                annual_compensation=annual_expression(pay, pay_period, hours_per_year),
                as_of=as_of,
                has_empty_rows=bool(empty),
            )
            defect_set = defect_rules(levels, as_of, reserved_id_prefix)
            doubt_set = doubt_rules(as_of)
            found = find_breaches(connection, chosen, (*defect_set, *doubt_set))
            in_order = ids_ascend(connection)
            # ids that ascend can only be alike but for blanks around them
            distinct = in_order and EDGE_BLANKS not in found
            repeated = () if distinct else find_repeated_ids(connection, chosen)
        if defects := (*malformed, *repeated, *_of(found, defect_set)):
            raise CensusError(refusal(source, defects))
        _check_not_empty(connection, source)
        with replaced_when_complete(destination) as partial:
            if (
                suffix == opened.suffix
                and in_order
                and _is_canonical(opened)
                and list(opened.columns) == [chosen[key] for key in COLUMN_KEYS]
                and pay_period == "annual"
                and not has_silences(connection, levels)
            ):
                shutil.copyfile(source, partial)
            else:
                connection.execute(copy_statement(canonical_query(levels), partial, suffix))
            profile = profile_census(connection, scan(partial, suffix), as_of)
    notes = _notes(opened, chosen, read_as)
    if imported_before:
        notes.append(
            "it has the columns that `shardrun census import` writes, so that columns, date_format "
            "and pay_period of the config are not applied to it again"
        )
    if pay_period != "annual":
        notes.append(f"pay is {pay_period} and was made annual")
    return CensusImport(
        path=destination,
        as_of=as_of,
        profile=profile,
        notes=tuple(notes),
        warnings=(
            *opened.doubts,
            *map(warning, (*empty, *_of(found, doubt_set))),
            *_doubtful_pay(profile, pay_period),
        ),
    )


def _of(found: Mapping[Rule, Finding], rules: Iterable[Rule]) -> list[Finding]:
    return [found[rule] for rule in rules if rule in found]


def _is_imported(opened: CensusSource, columns: Mapping[str, str]) -> bool:
    """Return whether a file was written here, and is not the person's own that ``columns`` is of.

    A CSV file keeps no types: only that it has none of the names tells it from one of theirs.
    """
    if not columns:
        return _is_canonical(opened)
    names = [column.name for column in opened.columns]
    ours = [column.name for column in CENSUS_COLUMNS]
    return names == ours and not {*names} & {*columns.values()}


def _is_canonical(opened: CensusSource) -> bool:
    """Return whether a file has the canonical columns and types, and no others."""
    return [(column.name, column.sql_type) for column in opened.columns] == [
        (column.name, column.sql_type.upper()) for column in CENSUS_COLUMNS
    ]


def _check_not_empty(connection: duckdb.DuckDBPyConnection, source: Path) -> None:
    if connection.execute("select 1 from people limit 1").fetchone() is None:
        raise CensusError(f"{source} holds no rows; a census needs at least one person.")


def _notes(
    opened: CensusSource, chosen: Mapping[str, SourceColumn], date_format: str | None
) -> list[str]:
    """Return how the file was read and what stands in for columns it does not have."""
    notes = [] if date_format is None else [f"dates are read as {date_format}"]
    if "job_level" not in chosen:
        notes.append("no job_level: levels follow from the pay bands")
    if "is_enrolled" not in chosen:
        enrolled = "people with a deferral rate" if "deferral_rate" in chosen else "nobody"
        notes.append(f"no is_enrolled: {enrolled} counted as enrolled")
    elif "deferral_rate" not in chosen:
        notes.append(f"no deferral_rate: whoever is enrolled defers {DEFAULT_DEFERRAL_RATE}")
    unused = [column.name for column in opened.columns if column not in chosen.values()]
    if unused:
        more = f" and {len(unused) - SHOWN} more" if len(unused) > SHOWN else ""
        notes.append(f"columns not used: {', '.join(unused[:SHOWN])}{more}")
    return notes


def _doubtful_pay(profile: CensusProfile, pay_period: PayPeriod) -> tuple[str, ...]:
    low, high = _USUAL_AVERAGE_PAY
    average = profile.average_compensation
    if low <= average <= high:
        return ()
    return (
        f"annual compensation averages {average:,}: is census.pay_period, {pay_period}, right?",
    )
