"""Which column of the person's file is which of ours.

It matches names alone and must never look at values.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence

from shardrun.errors import CensusError
from shardrun.workforce.census_pay import PayPeriod
from shardrun.workforce.census_schema import CENSUS_COLUMNS, COLUMN_KEYS
from shardrun.workforce.census_source import CensusSource, SourceColumn

_NAMES_SHOWN = 20
_NAMES_COMPARED = 2000  # for the nearest name; comparing a million of them takes minutes
_SIMILAR = 0.5


def match_columns(
    source: CensusSource, mapping: Mapping[str, str], pay_period: PayPeriod
) -> dict[str, SourceColumn]:
    """Return the file's column for each key of ``census.columns`` that it has.

    Args:
        source: the person's file.
        mapping: the names that the person gave, by key; a key without one is found by its own
            name or the canonical column's, in any case and with spaces for underscores.
        pay_period: what the pay is said to be for, which its column's name must not contradict.

    Raises:
        CensusError: if a required or named column is missing or there twice, if one column is
            meant twice, or if a key is unknown.
    """
    problems = [_unknown_key(key) for key in mapping if key not in COLUMN_KEYS]
    matched: dict[str, SourceColumn] = {}
    exact, alike = _by_spelling(source.columns, str.strip), _by_spelling(source.columns, _plain)
    for column in CENSUS_COLUMNS:
        named = mapping.get(column.key)
        wanted = [named] if named else [column.key, column.name]
        found = _found(exact, alike, wanted)
        if len(found) == 1:
            matched[column.key] = found[0]
        elif found:
            problems.append(f"{column.key}: the file has {len(found)} columns {found[0].name!r}.")
        elif named or column.required:
            problems.append(_missing(source.columns, column.key, named))
    problems += _meant_twice(matched)
    if (
        pay_period != "annual"
        and "compensation" not in mapping
        and "compensation" in matched
        and _plain(matched["compensation"].name) == "annual_compensation"
    ):
        problems.append(
            f"annual_compensation: census.pay_period says {pay_period}. Set it to annual, or name "
            "the column of the pay in census.columns.compensation."
        )
    if problems:
        names = [repr(column.name) for column in source.columns]
        listed = ", ".join(names[:_NAMES_SHOWN])
        if len(names) > _NAMES_SHOWN:
            listed += f" and {len(names) - _NAMES_SHOWN} more"
        if len(names) == 1:
            listed += " (one column; columns are separated by comma, semicolon, tab or |)"
        raise CensusError(
            f"{source.path}: its columns are not those of a census.\n"
            + "".join(f"  {problem}\n" for problem in problems)
            + f"  The file's columns: {listed}"
        )
    return matched


def _by_spelling(
    columns: Sequence[SourceColumn], spelled: Callable[[str], str]
) -> dict[str, list[SourceColumn]]:
    by_spelling: dict[str, list[SourceColumn]] = {}
    for column in columns:
        by_spelling.setdefault(spelled(column.name), []).append(column)
    return by_spelling


def _found(
    exact: Mapping[str, list[SourceColumn]],
    alike: Mapping[str, list[SourceColumn]],
    wanted: Sequence[str],
) -> list[SourceColumn]:
    """Return the columns of the first wanted name that the file has, exactly or in our spelling."""
    for name in wanted:
        if found := exact.get(name.strip()) or alike.get(_plain(name)):
            return found
    return []


def _missing(columns: Sequence[SourceColumn], key: str, named: str | None) -> str:
    by_plain_name = {_plain(column.name): column.name for column in columns[:_NAMES_COMPARED]}
    near = difflib.get_close_matches(_plain(named or key), by_plain_name, 1, _SIMILAR)
    nearest = f"; the nearest is {by_plain_name[near[0]]!r}" if near else ""
    if named:
        return f"census.columns.{key} names {named!r}, which the file does not have{nearest}."
    return (
        f"{key}: no column of that name{nearest}. "
        f"Set census.columns.{key} in the config to your column's name."
    )


def _unknown_key(key: str) -> str:
    near = difflib.get_close_matches(key, COLUMN_KEYS, 1, _SIMILAR)
    meant = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(COLUMN_KEYS)}."
    return f"census.columns.{key} is not a key{meant}"


def _meant_twice(matched: Mapping[str, SourceColumn]) -> list[str]:
    keys: dict[str, str] = {}
    problems = []
    for key, column in matched.items():
        first = keys.setdefault(column.expression, key)
        if first != key:
            problems.append(f"{column.name!r} is taken for both {first} and {key}.")
    return problems


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())
