"""How the pay of a census is written, and what it comes to in a year.

It reads amounts in one convention for the whole column (decimal point or decimal comma) and
refuses an ambiguous one; it must never judge whether an amount is plausible.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal

import duckdb

from shardrun.errors import CensusError
from shardrun.sql import quote_literal

PayPeriod = Literal["annual", "monthly", "hourly"]

_MONTHS = Decimal(12)
_AMOUNT = "decimal(18,6)"
_NUMERIC_TYPES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE")
_WRITTEN = "nullif(trim(cast(compensation as varchar)), '')"
_CURRENCY = r"(?:[A-Z]{1,2}?\p{Sc}|\p{Sc}|[A-Z]{3})"
_POINT, _COMMA = ".", ","


def is_numeric(sql_type: str) -> bool:
    """Return whether a DuckDB type holds numbers."""
    return sql_type.removeprefix("U").startswith((*_NUMERIC_TYPES, "DECIMAL"))


def annual_expression(pay: str, pay_period: PayPeriod, hours_per_year: Decimal) -> str:
    """Return SQL of the annual compensation that ``pay`` comes to, NULL beyond its type.

    Args:
        pay: SQL of the pay for one period.
        pay_period: what the pay is for.
        hours_per_year: hours paid in a year, for hourly pay.
    """
    if pay_period == "annual":
        return f"try_cast({pay} as decimal(12,2))"
    periods = _MONTHS if pay_period == "monthly" else hours_per_year
    return f"try_cast({pay} * {periods:f}::decimal(9,4) as decimal(12,2))"


def pay_expression(connection: duckdb.DuckDBPyConnection, sql_type: str, path: Path) -> str:
    """Return SQL of ``compensation`` in ``given`` as a number, NULL where it can't be read.

    Args:
        connection: where the view ``given`` is.
        sql_type: the column's DuckDB type.
        path: the person's file, for messages.

    Raises:
        CensusError: if the column's text can be read two ways, or is in several currencies.
    """
    if is_numeric(sql_type):
        return f"try_cast(compensation as {_AMOUNT})"
    if _is_plain(connection):
        return f"try_cast({_WRITTEN} as {_AMOUNT})"
    connection.execute(
        f"create temp table pay_texts as select distinct {_WRITTEN} as written from given"
    )
    _refuse_several_currencies(connection, path)
    point, comma = _reading("written", _POINT), _reading("written", _COMMA)
    [counts] = connection.execute(
        "select count(point), count(comma),"
        " min(written) filter (point <> comma and contains(written, '.')),"
        " min(written) filter (point <> comma and not contains(written, '.'))"
        f" from (select written, {point} as point, {comma} as comma from pay_texts)"
    ).fetchall()
    readable, readable_with_comma, dotted, undotted = counts
    mark = _COMMA if readable_with_comma > readable else _POINT
    # "1,250" alone is no decimal comma: money does not have three decimals, unlike 3.125 printed.
    doubtful = undotted if mark == _COMMA else dotted if readable == readable_with_comma else None
    if doubtful is not None:
        raise CensusError(
            f"{path}: the pay {doubtful!r} is ambiguous: its point or comma may be a decimal mark "
            "or separate thousands. Write pay without separators of thousands."
        )
    return _reading(_WRITTEN, mark)


def _is_plain(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether every amount is a bare number whose point is surely a decimal mark."""
    [counts] = connection.execute(
        f"select count(*) filter (try_cast(written as {_AMOUNT}) is null),"
        " count(*) filter (contains(written, '.')),"
        " count(*) filter (regexp_full_match(written, '[1-9]\\d{0,2}\\.\\d{3}'))"
        f" from (select {_WRITTEN} as written from given) where written is not null"
    ).fetchall()
    unreadable, dotted, maybe_thousands = counts
    return bool(unreadable == 0 and (dotted == 0 or maybe_thousands < dotted))


def _reading(written: str, mark: str) -> str:
    """Return SQL of an amount with ``mark`` before its decimals, NULL where it is not one."""
    separators = f"[{_COMMA if mark == _POINT else _POINT}'\u2019" r"\s\p{Z}]"
    whole = rf"(?:\d+|[1-9]\d{{0,2}}(?:{separators}\d{{3}})+)"
    amount = quote_literal(rf"[-+]?{whole}(?:[{mark}]\d*)?")
    leading = quote_literal(rf"^([-+]?){_CURRENCY}[\s\p{{Z}}]*")
    trailing = quote_literal(rf"[\s\p{{Z}}]*{_CURRENCY}$")
    bare = f"regexp_replace(regexp_replace({written}, {leading}, '\\1'), {trailing}, '')"
    digits = f"replace(regexp_replace({bare}, {quote_literal(separators)}, '', 'g'), '{mark}', '.')"
    # Whatever DuckDB reads by itself, such as 1e+05, has a decimal point.
    otherwise = f" else try_cast({written} as {_AMOUNT})" if mark == _POINT else ""
    return (
        f"case when regexp_full_match({bare}, {amount}) then try_cast({digits} as {_AMOUNT})"
        f"{otherwise} end"
    )


def _refuse_several_currencies(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    currencies = connection.execute(
        "select distinct currency from ("
        f"  select regexp_extract(written, {quote_literal(_CURRENCY)}) as currency from pay_texts"
        ") where currency <> '' order by currency limit 5"
    ).fetchall()
    if len(currencies) > 1:
        shown = ", ".join(currency for (currency,) in currencies)
        raise CensusError(f"{path}: its pay is in several currencies ({shown}); write it in one.")
