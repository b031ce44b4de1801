"""The people of two scenarios held against each other: in whose life something else happens.

Owns what counts as the same life; `lives_compared.sql` holds one year of one person against the
same in the other scenario. It must never compare a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import duckdb

from shardrun.config.periods import YEAR_COLUMN
from shardrun.database.digest import CANONICAL_SCHEMA
from shardrun.diff.pair import FIRST, SECOND


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


def compare_people(connection: duckdb.DuckDBPyConnection, examples: int) -> People:
    """Compare the lives of all people, year by year.

    Args:
        connection: has both scenarios attached, as :func:`shardrun.diff.pair.open_pair` does.
        examples: how many people whose lives differ are named.
    """
    lives = files(__package__).joinpath("lives_compared.sql").read_text(encoding="utf-8")
    connection.execute(f"create temp table lives as {lives}")
    connection.execute(
        "create temp table people as select employee_id, "
        "bool_or(in_base) as in_base, bool_or(in_alt) as in_alt, "
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
        "with parted as (select lives.employee_id, simulation_year from lives "
        "inner join people using (employee_id) "
        "where people.in_base and people.in_alt and lives.is_parted), "
        f"told as ({_events_of('parted')}), "
        "single as (select employee_id, event_type from told "
        "group by employee_id, simulation_year, event_type, effective_date, event_reason "
        "having count(distinct side) = 1) "
        "select event_type, count(distinct employee_id) from single "
        "group by event_type order by event_type"
    ).fetchall()
    by_year = connection.execute(
        "select parted_in, count(*) from people where is_parted group by 1 order by 1"
    ).fetchall()
    connection.execute(
        "create temp table examples as select employee_id, simulation_year, "
        "lives.in_base, lives.in_alt, people.in_base and people.in_alt as in_both from people "
        "inner join lives using (employee_id) where parted_in = simulation_year "
        "order by parted_in, in_both desc, employee_id limit ?",
        [examples],
    )
    named = connection.execute(
        f"with told as ({_events_of('examples')}) "
        "select employee_id, simulation_year, any_value(in_base), any_value(in_alt), "
        f"{_listed(FIRST)}, {_listed(SECOND)} "
        "from examples left join told using (employee_id, simulation_year) "
        "group by employee_id, simulation_year, in_both "
        "order by simulation_year, in_both desc, employee_id"
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
            PartedLife(
                employee_id,
                year,
                _told(base) if in_base else None,
                _told(alt) if in_alt else None,
            )
            for employee_id, year, in_base, in_alt, base, alt in named
        ),
    )


def _events_of(lives: str) -> str:
    """Return SQL of what happens in years of people in either scenario, with the side's name."""
    return " union all by name ".join(
        f"select '{side}' as side, events.* from {side}.{CANONICAL_SCHEMA}.fct_yearly_events "
        f"as events semi join {lives} using (employee_id, {YEAR_COLUMN})"
        for side in (FIRST, SECOND)
    )


def _listed(side: str) -> str:
    """Return SQL of one side's events in their order, of what :func:`_events_of` selects."""
    return (
        "list({'type': event_type, 'day': effective_date, 'reason': event_reason} "
        f"order by event_sequence) filter (side = '{side}')"
    )


def _told(events: Sequence[Mapping[str, Any]] | None) -> tuple[str, ...]:
    return tuple(
        f"{event['type'].replace('_', ' ')} {event['day']}"
        + (f" ({event['reason']})" if event["reason"] else "")
        for event in events or ()
    )
