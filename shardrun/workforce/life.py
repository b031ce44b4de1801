"""One person's life, year by year: as it was simulated, and what each rule did to it.

Read from a database alone: the tables of the run and the seeds in it. Every rule is decided once
more from the draws, so a life says itself whether it agrees with the events that the run wrote;
where the rules were changed in the dbt project, it does not, and what it explains is not what ran.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from shardrun.database.connection import ALIAS, open_database
from shardrun.database.digest import canonical_tables
from shardrun.database.ownership import check_ownership
from shardrun.errors import DatabaseError, InputError
from shardrun.workforce.draws import create_draws
from shardrun.workforce.hazards import HazardTables
from shardrun.workforce.rule_outcomes import Row, RuleOutcome, rule_outcomes

_MACROS = (
    "create or replace temp macro pick(draw, n) as "
    "cast((draw * cast(n as ubigint)) >> 32 as integer)",
    "create or replace temp macro occurs(draw, probability) as draw < probability * 4294967296",
)
_NEEDED = ("fct_workforce_snapshot", "fct_yearly_events", "int_hires", "int_layoffs", "stg_hazards")
# how the event of a rule is called, and which of its columns has what the rule chose
_EVENTS = {
    "hire": ("hire", "job_level_after"),
    "termination": ("termination", "event_reason"),
    "layoff": ("termination", "event_reason"),
    "promotion": ("promotion", "job_level_after"),
    "raise": ("raise", "event_reason"),
    "enrollment": ("enrollment", "deferral_rate_after"),
    "opt_out": ("opt_out", None),
    "deferral_change": ("deferral_change", "deferral_rate_after"),
}


@dataclass(frozen=True, slots=True)
class LifeYear:
    """One year of a life.

    Attributes:
        year: which.
        entered: the row of `rules.sql`: the person as the year began, and all that was drawn.
        rules: what each rule did.
        events: the events that the run wrote, in their order; columns by name.
        snapshot: the row that the year ended with.
    """

    year: int
    entered: Row
    rules: tuple[RuleOutcome, ...]
    events: tuple[Row, ...]
    snapshot: Row

    @property
    def agrees(self) -> bool:
        """Whether the rules, decided once more, give the events that the run wrote."""
        return set(self._expected()) == {
            (event["event_type"], event["effective_date"], _detail(event)) for event in self.events
        }

    def _expected(self) -> Iterator[tuple[str, date | None, object]]:
        for rule in self.rules:
            if rule.happened:
                yield _EVENTS[rule.rule][0], rule.on, rule.detail


@dataclass(frozen=True, slots=True)
class Life:
    """A person's years in a database.

    Attributes:
        employee_id: who.
        key: the 64-bit key on which draws and shards hang.
        years: at least one.
    """

    employee_id: str
    key: int
    years: tuple[LifeYear, ...]

    @property
    def agrees(self) -> bool:
        """Whether every year does."""
        return all(year.agrees for year in self.years)

    def shard_of(self, shards: int) -> int:
        """Return the shard, from 0, in which the person's events are generated."""
        return ((self.key >> 32) * shards) >> 32


def read_life(database: Path, employee_id: str) -> Life:
    """Read one person's life.

    Raises:
        InputError: nobody has that id.
        DatabaseError: the database can't be opened, or is none of the workforce's.
        DatabaseInUseError: another process is writing to it.
    """
    check_ownership(database)
    with open_database(database) as connection:
        _check_tables(connection, database)
        lives = read_lives(connection, "employee_id = ?", [employee_id])
        if not lives:
            raise InputError(_nobody(connection, database, employee_id))
    return lives[0]


def read_lives(
    connection: duckdb.DuckDBPyConnection, condition: str = "true", parameters: Sequence[str] = ()
) -> list[Life]:
    """Read the lives of everyone whom a condition on the snapshot's columns holds for.

    Args:
        connection: whose default catalog is a database of the workforce.
        condition: SQL.
        parameters: of its question marks.
    """
    for macro in _MACROS:
        connection.execute(macro)
    # Whom a year lays off depends on a draw of the last of them, so they are drawn for too.
    connection.execute(
        "create or replace temp table traced as "
        "select simulation_year, employee_id, employee_key, "
        f"max({condition}) as is_wanted from fct_workforce_snapshot "
        f"where {condition} or (simulation_year, employee_id) in "
        "(select (simulation_year, employee_id) from int_layoffs) group by all",
        [*parameters, *parameters],
    )
    seeds = connection.execute("select simulation_year, random_seed from int_year_parameters")
    create_draws(connection, "traced", dict(seeds.fetchall()))
    hazards = HazardTables(connection)
    events, snapshots = (
        {
            key: list(rows)
            for key, rows in groupby(
                _rows(
                    connection,
                    f"select {table}.* from {table} inner join traced "
                    f"using (simulation_year, employee_id) where is_wanted order by {order}",
                ),
                key=_key,
            )
        }
        for table, order in (
            ("fct_yearly_events", "employee_id, simulation_year, event_sequence"),
            ("fct_workforce_snapshot", "employee_id, simulation_year"),
        )
    )
    rules = files(__package__).joinpath("rules.sql").read_text(encoding="utf-8")
    return [
        Life(
            employee_id=employee_id,
            key=entered[0]["employee_key"],
            years=tuple(
                LifeYear(
                    year=row["simulation_year"],
                    entered=row,
                    rules=rule_outcomes(row, hazards),
                    events=tuple(events.get(_key(row), ())),
                    snapshot=snapshots[_key(row)][0],
                )
                for row in entered
            ),
        )
        for employee_id, entered in (
            (employee_id, list(rows))
            for employee_id, rows in groupby(
                _rows(connection, rules), key=lambda row: row["employee_id"]
            )
        )
    ]


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    rows = connection.execute(query).fetchall()
    names = [column[0] for column in connection.description or ()]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _key(row: Row) -> tuple[str, int]:
    return row["employee_id"], row["simulation_year"]


def _detail(event: Row) -> str | int | Decimal | None:
    column = _EVENTS[event["event_type"]][1]
    return None if column is None else event[column]


def _check_tables(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    there = canonical_tables(connection, ALIAS)
    missing = [table for table in _NEEDED if table not in there]
    if missing:
        raise DatabaseError(
            f"{database} has no table {missing[0]}: it was not made by the bundled workforce "
            "project, or its first year is not done. `shardrun status` says how far it is."
        )


def _nobody(connection: duckdb.DuckDBPyConnection, database: Path, employee_id: str) -> str:
    like = connection.execute(
        "select employee_id from (select distinct employee_id from fct_workforce_snapshot) "
        "order by jaro_winkler_similarity(employee_id, ?) desc, employee_id limit 3",
        [employee_id],
    ).fetchall()
    near = ", ".join(name for (name,) in like)
    return f"{database} has nobody with the id {employee_id!r}; the nearest ids are: {near}"
