"""Two scenarios of the workforce held against each other: assumptions, figures, people.

Both must be finished as far as they are compared: what is shown is what their reports and snapshots
hold. Draws are common to all scenarios of one seed and census, so that a person whose life differs
differs because of what was changed, and not by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from shardrun.config.periods import YEAR_COLUMN
from shardrun.database.digest import CANONICAL_SCHEMA, canonical_tables
from shardrun.diff.origins import OriginDifference, OriginKind, compare_origins
from shardrun.diff.pair import FIRST, SECOND, open_pair
from shardrun.errors import DatabaseError, InputError
from shardrun.workforce.people_compared import People, compare_people

_NEEDED = (
    "rpt_yearly_summary",
    "rpt_events_by_type",
    "fct_workforce_snapshot",
    "fct_yearly_events",
)

Number = int | Decimal


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure by year in both scenarios.

    Attributes:
        name: a column of `rpt_yearly_summary`, or an event type and `_events`.
        base: by year; a year that a scenario has not simulated is missing.
        alt: by year.
    """

    name: str
    base: Mapping[int, Number | None]
    alt: Mapping[int, Number | None]

    def difference(self, year: int) -> Number | None:
        """Return what the alternative has more in a year, where both have the figure."""
        base, alt = self.base.get(year), self.alt.get(year)
        return None if base is None or alt is None else alt - base


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two scenarios.

    Attributes:
        base: the database that is compared with.
        alt: the alternative.
        origins: what differs in what they were made from.
        figures: the yearly summary, then events by type.
        people: whose lives differ.
    """

    base: Path
    alt: Path
    origins: tuple[OriginDifference, ...]
    figures: tuple[Figure, ...]
    people: People

    @property
    def years(self) -> tuple[int, ...]:
        """All years that either has."""
        return tuple(sorted({year for figure in self.figures for year in _years(figure)}))

    @property
    def has_common_draws(self) -> bool:
        """Whether seed and census are the same, so that chance is."""
        return not any(
            origin.kind is OriginKind.INPUTS or origin.name == "random_seed"
            for origin in self.origins
        )


def compare_scenarios(base: Path, alt: Path, examples: int) -> Comparison:
    """Compare two databases of the workforce.

    Args:
        base: the database that is compared with.
        alt: the alternative.
        examples: how many people whose lives differ are named.

    Raises:
        InputError: both are one file, or they have no year in common.
        DatabaseError: one can't be opened, or holds no finished run of the workforce.
        DatabaseInUseError: another process is writing to one.
    """
    with open_pair(base, alt) as pair:
        connection = pair.connection
        for catalog, path in ((FIRST, base), (SECOND, alt)):
            _check_tables(connection, catalog, path)
        _check_common_years(connection, base, alt)
        return Comparison(
            base=base,
            alt=alt,
            origins=compare_origins(pair.first, pair.second),
            figures=(*_summary(connection), *_events(connection)),
            people=compare_people(connection, examples),
        )


def _check_tables(connection: duckdb.DuckDBPyConnection, catalog: str, path: Path) -> None:
    missing = set(_NEEDED) - set(canonical_tables(connection, catalog))
    if missing:
        raise DatabaseError(
            f"{path} has no table {min(missing)}: its run is not finished, or it was not made by "
            "the bundled workforce project. `shardrun status` says how far it is."
        )


def _check_common_years(connection: duckdb.DuckDBPyConnection, base: Path, alt: Path) -> None:
    one, other = (
        {
            int(year)
            for (year,) in connection.execute(
                f"select {YEAR_COLUMN} from {catalog}.{CANONICAL_SCHEMA}.rpt_yearly_summary"
            ).fetchall()
        }
        for catalog in (FIRST, SECOND)
    )
    if one.isdisjoint(other):
        raise InputError(
            f"{base} has the years {min(one)} to {max(one)}, {alt} {min(other)} to {max(other)}: "
            "there is none to compare. Simulate both over the same years."
        )


def _summary(connection: duckdb.DuckDBPyConnection) -> list[Figure]:
    sides = [
        _by_year(connection, f"from {catalog}.{CANONICAL_SCHEMA}.rpt_yearly_summary")
        for catalog in (FIRST, SECOND)
    ]
    names = dict.fromkeys(name for side in sides for row in side.values() for name in row)
    return [_figure(name, sides) for name in names if name != YEAR_COLUMN]


def _events(connection: duckdb.DuckDBPyConnection) -> list[Figure]:
    sides = [
        _by_year(
            connection,
            f"pivot {catalog}.{CANONICAL_SCHEMA}.rpt_events_by_type on event_type "
            f"using coalesce(any_value(events), 0) group by {YEAR_COLUMN}",
        )
        for catalog in (FIRST, SECOND)
    ]
    names = sorted({name for side in sides for row in side.values() for name in row})
    # An event that never happens in a scenario is no column there, but a count of none.
    counted = [
        {year: {name: row.get(name, 0) for name in names} for year, row in side.items()}
        for side in sides
    ]
    return [
        replace(_figure(name, counted), name=f"{name}_events")
        for name in names
        if name != YEAR_COLUMN
    ]


def _by_year(connection: duckdb.DuckDBPyConnection, query: str) -> dict[int, dict[str, Any]]:
    rows = connection.execute(query).fetchall()
    names = [str(column[0]) for column in connection.description or ()]
    told = [dict(zip(names, row, strict=True)) for row in rows]
    return {row[YEAR_COLUMN]: row for row in sorted(told, key=lambda row: row[YEAR_COLUMN])}


def _figure(name: str, sides: Sequence[Mapping[int, Mapping[str, Any]]]) -> Figure:
    base, alt = ({year: row.get(name) for year, row in side.items()} for side in sides)
    return Figure(name, base, alt)


def _years(figure: Figure) -> set[int]:
    return {*figure.base, *figure.alt}
