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
