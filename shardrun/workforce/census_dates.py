"""How the dates of a census are written: one strptime format for all of its text.

It finds the format or refuses an ambiguous one; it must never judge whether a date is possible.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb

from shardrun.errors import CensusError
from shardrun.sql import quote_literal
from shardrun.workforce.census_source import SourceColumn

DATE_KEYS = ("birth_date", "hire_date")

_FORMATS = (
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
)
# %Y also reads "57", as the year 57.
_EARLIEST_YEAR = 1800


def find_date_format(
    connection: duckdb.DuckDBPyConnection,
    chosen: Mapping[str, SourceColumn],
    date_format: str | None,
    path: Path,
) -> str | None:
    """Return the strptime format of the text dates in ``given``.

    Where no format reads all of them, it is the one that reads most.

    Args:
        connection: where the view ``given`` is.
        chosen: the file's columns by key.
        date_format: what the person gave, if anything.
        path: the person's file, for messages.

    Returns:
        None if there are no text dates, or none that any format reads.

    Raises:
        CensusError: if the given format is not one, or if two formats read every date and
            disagree.
    """
    texts = [key for key in DATE_KEYS if not _is_typed(chosen[key].sql_type)]
    if not texts:
        return None
    if date_format is not None:
        _check_format(connection, date_format)
        return date_format
    connection.execute(
        "create temp table date_texts as "
        + " union ".join(f"select {_text(key)} as written from given" for key in texts)
    )
    connection.execute("delete from date_texts where written is null")
    readings = ", ".join(f"count({_reading('written', each)})" for each in _FORMATS)
    [row] = connection.execute(f"select count(*), {readings} from date_texts").fetchall()
    total, counts = row[0], dict(zip(_FORMATS, row[1:], strict=True))
    best = max(_FORMATS, key=lambda each: counts[each])
    for other in _FORMATS:
        if other != best and counts[other] == total:
            _refuse_disagreement(connection, best, other, path)
    return best if counts[best] else None


def date_expression(given: str, sql_type: str, date_format: str | None, as_of: date) -> str:
    """Return SQL of a date, NULL where it can't be read.

    Args:
        given: SQL of the column as it stands.
        sql_type: its DuckDB type.
        date_format: strptime format of text; without one no text is a date.
        as_of: the census date.
    """
    if _is_typed(sql_type):
        return f"try_cast({given} as date)"
    if date_format is None:
        return "null::date"
    parsed = f"try_strptime({_text(given)}, {quote_literal(date_format)})::date"
    if "%y" not in date_format:
        return parsed
    # A two-digit year has no century, and both dates lie in the past.
    return (
        f"case when {parsed} > date '{as_of}' then ({parsed} - interval 100 years)::date"
        f" else {parsed} end"
    )


def _is_typed(sql_type: str) -> bool:
    return sql_type == "DATE" or sql_type.startswith("TIMESTAMP")


def _text(given: str) -> str:
    return f"nullif(trim(cast({given} as varchar)), '')"


def _reading(expression: str, date_format: str) -> str:
    parsed = f"try_strptime({expression}, {quote_literal(date_format)})::date"
    return f"case when year({parsed}) >= {_EARLIEST_YEAR} then {parsed} end"


def _check_format(connection: duckdb.DuckDBPyConnection, date_format: str) -> None:
    try:
        connection.execute("select try_strptime('', $format)", {"format": date_format})
    except duckdb.Error as error:
        raise CensusError(
            f"census.date_format: {date_format!r} is not a strptime format: {error}"
        ) from error


def _refuse_disagreement(
    connection: duckdb.DuckDBPyConnection, one: str, other: str, path: Path
) -> None:
    differing = connection.execute(
        f"select written, {_reading('written', one)} as one, {_reading('written', other)} as other"
        " from date_texts where one is distinct from other order by written limit 1"
    ).fetchone()
    if differing is not None:
        written, one_date, other_date = differing
        raise CensusError(
            f"{path}: its dates are ambiguous: {written!r} is {one_date} as {one} and "
            f"{other_date} as {other}, and both read every row. "
            f'Set census.date_format in the config, to "{one}" or "{other}".'
        )
