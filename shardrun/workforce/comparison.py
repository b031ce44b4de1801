"""Two scenarios of the workforce held against each other: assumptions, figures, people.

Both must be finished as far as they are compared: what is shown is what their reports and snapshots
hold. Draws are common to all scenarios of one seed and census, so that a person whose life differs
differs because of what was changed, and not by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from shardrun.config.periods import YEAR_COLUMN
from shardrun.database.digest import CANONICAL_SCHEMA, canonical_tables
from shardrun.diff.origins import OriginDifference, OriginKind, compare_origins
from shardrun.diff.pair import FIRST, SECOND, open_pair
from shardrun.errors import DatabaseError, InputError

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
class PartedLife:
    """Someone in whose life something else happens.

    Attributes:
        employee_id: who.
        year: the first year in which it does.
        base: the events of that year; None where the person is not there.
        alt: those in the alternative.
    """

    employee_id: str
    year: int
    base: tuple[str, ...] | None
    alt: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class People:
    """How many lives differ, each person counted once, in the years that both have.

    Attributes:
        same: to whom the same happens, to the cent.
        other_amounts: to whom the same happens on the same days, but with other amounts.
        parted: who is there in both, and to whom something else happens.
        only_in_base: who is never there in the alternative.
        only_in_alt: who is only there.
        by_event: of the parted, how many have another such event, or another day of it.
        by_year: of all those to whom something else happens, how many part in which year.
        examples: the first of them, by year and id.
    """

    same: int
    other_amounts: int
    parted: int
    only_in_base: int
    only_in_alt: int
    by_event: Mapping[str, int]
    by_year: Mapping[int, int]
    examples: tuple[PartedLife, ...]


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
        lives = files(__package__).joinpath("lives_compared.sql").read_text(encoding="utf-8")
        connection.execute(f"create temp table lives as {lives}")
        return Comparison(
            base=base,
            alt=alt,
            origins=compare_origins(pair.first, pair.second),
            figures=(*_summary(connection), *_events(connection)),
            people=_people(connection, examples),
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


def _people(connection: duckdb.DuckDBPyConnection, examples: int) -> People:
    connection.execute(
        "create temp table people as select employee_id, "
        "bool_or(base_events is not null) as in_base, bool_or(alt_events is not null) as in_alt, "
        "bool_or(is_parted) as is_parted, bool_or(has_other_amounts) as has_other_amounts, "
        f"min({YEAR_COLUMN}) filter (where is_parted) as parted_in "
        "from lives group by employee_id"
    )
    counts = connection.execute(
        "select count(*) filter (not is_parted and not has_other_amounts), "
        "count(*) filter (not is_parted and has_other_amounts), "
        "count(*) filter (is_parted and in_base and in_alt), "
        "count(*) filter (not in_alt), count(*) filter (not in_base) from people"
    ).fetchone()
    by_event = connection.execute(
        "with parted as (select lives.* from lives inner join people using (employee_id) "
        "where in_base and in_alt and lives.is_parted), "
        "told as (select employee_id, simulation_year, 1 as side, unnest(base_events) as event "
        "from parted union all "
        "select employee_id, simulation_year, 2, unnest(alt_events) from parted), "
        "single as (select employee_id, event.type as type from told "
        "group by employee_id, simulation_year, event having count(distinct side) = 1) "
        "select type, count(distinct employee_id) from single group by type order by type"
    ).fetchall()
    by_year = connection.execute(
        "select parted_in, count(*) from people where is_parted group by 1 order by 1"
    ).fetchall()
    named = connection.execute(
        "select employee_id, parted_in, base_events, alt_events from people "
        "inner join lives using (employee_id) where parted_in = simulation_year "
        "order by parted_in, in_base and in_alt desc, employee_id limit ?",
        [examples],
    ).fetchall()
    same, other_amounts, parted, only_in_base, only_in_alt = counts or (0, 0, 0, 0, 0)
    return People(
        same=same,
        other_amounts=other_amounts,
        parted=parted,
        only_in_base=only_in_base,
        only_in_alt=only_in_alt,
        by_event=dict(by_event),
        by_year=dict(by_year),
        examples=tuple(
            PartedLife(employee_id, year, _told(base), _told(alt))
            for employee_id, year, base, alt in named
        ),
    )


def _told(events: Sequence[Mapping[str, Any]] | None) -> tuple[str, ...] | None:
    if events is None:
        return None
    return tuple(
        f"{event['type'].replace('_', ' ')} {event['day']}"
        + (f" ({event['reason']})" if event["reason"] else "")
        for event in events
    )
