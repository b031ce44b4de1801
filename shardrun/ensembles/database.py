"""The database of an ensemble: the headline figures of every member, and what they come to.

Owns its tables and the statistics over them, which are views, so that they are never behind the
members. It must never run a member.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from shardrun.config.periods import YEAR_COLUMN
from shardrun.database.connection import open_database
from shardrun.database.ownership import claim_database
from shardrun.database.transaction import transaction
from shardrun.ensembles.headline_figures import HeadlineFigure
from shardrun.ensembles.member_results import MemberResult
from shardrun.ensembles.members import Member
from shardrun.ensembles.records import QUANTILES, MadeFrom

# in the order of the seeds, since a sum of doubles depends on theirs
_STATISTICS = f"""
    count(*) as members,
    avg(value order by random_seed) as mean,
    {", ".join(f"quantile_cont(value, {share}) as {name}" for name, share in QUANTILES.items())},
    stddev_samp(value order by random_seed) / sqrt(count(*)) as standard_error
"""

_SCHEMA = f"""
create schema if not exists shardrun;

create table if not exists shardrun.members (
    scenario varchar not null,
    random_seed ubigint not null,
    status varchar not null,
    ended_at timestamptz not null,
    seconds double not null,
    digest varchar,
    error varchar,
    primary key (scenario, random_seed)
);

create table if not exists shardrun.scenarios (
    scenario varchar primary key,
    start_year integer not null,
    end_year integer not null,
    config varchar not null,
    inputs varchar not null,
    project varchar not null,
    versions varchar not null
);

create table if not exists figures (
    place integer not null,
    figure varchar primary key
);

create table if not exists member_figures (
    scenario varchar not null,
    random_seed ubigint not null,
    {YEAR_COLUMN} integer not null,
    figure varchar not null,
    value double not null
);

create or replace view ensemble_figures as
select scenario, {YEAR_COLUMN}, figure, {_STATISTICS}
from member_figures
group by scenario, {YEAR_COLUMN}, figure;

-- seed by seed, since all scenarios draw the same numbers and most of chance cancels out
create or replace view scenario_differences as
with base as (
    select * from member_figures where scenario = (select min(scenario) from member_figures)
),

differences as (
    select
        alternatives.scenario,
        base.scenario as base,
        alternatives.{YEAR_COLUMN},
        alternatives.figure,
        alternatives.random_seed,
        alternatives.value - base.value as value
    from member_figures as alternatives
    inner join base using (random_seed, {YEAR_COLUMN}, figure)
    where alternatives.scenario != base.scenario
)

select scenario, base, {YEAR_COLUMN}, figure, {_STATISTICS}
from differences
group by scenario, base, {YEAR_COLUMN}, figure;
"""


@contextmanager
def write_ensemble(path: Path) -> Iterator[EnsembleWriter]:
    """Hold the database of an ensemble for writing; make it where there is none.

    Yields:
        what writes into it, one transaction at a time.

    Raises:
        DatabaseInUseError: another process has it open.
        DatabaseError: it can't be opened.
    """
    claim_database(path)
    if not path.exists():
        duckdb.connect(path).close()
    with open_database(path, read_only=False) as connection:
        yield EnsembleWriter(connection)


class EnsembleWriter:
    """Writes what members follow from, and how they ended."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the tables where they are missing.

        Args:
            connection: whose default catalog is the database.
        """
        self._connection = connection
        with transaction(self._connection):
            connection.execute(_SCHEMA)

    def record_scenarios(self, made_from: Mapping[str, MadeFrom]) -> None:
        """Record what the members of scenarios will follow from."""
        with transaction(self._connection):
            for scenario, origin in made_from.items():
                self._connection.execute(
                    "insert or replace into shardrun.scenarios values (?, ?, ?, ?, ?, ?, ?)",
                    [
                        scenario,
                        origin.start_year,
                        origin.end_year,
                        json.dumps(origin.fingerprints.config),
                        json.dumps(origin.fingerprints.inputs),
                        origin.fingerprints.project,
                        json.dumps(origin.versions),
                    ],
                )

    def record_member(self, member: Member, result: MemberResult) -> None:
        """Record how a member ended, and its figures, in one transaction.

        Args:
            member: which.
            result: what came of it.
        """
        key: list[str | int] = [member.scenario, member.seed]
        failure = result.failure
        with transaction(self._connection):
            self._connection.execute(
                "insert or replace into shardrun.members values (?, ?, ?, ?, ?, ?, ?)",
                [
                    *key,
                    "failed" if failure else "finished",
                    datetime.now(UTC),
                    result.seconds,
                    result.digest,
                    failure and failure.message,
                ],
            )
            self._connection.execute(
                "delete from member_figures where scenario = ? and random_seed = ?::ubigint", key
            )
            if result.figures:
                self._insert_figures(key, result.figures)

    def _insert_figures(self, key: Sequence[str | int], figures: Sequence[HeadlineFigure]) -> None:
        names = dict.fromkeys(figure.name for figure in figures)
        self._connection.executemany(
            "insert or ignore into figures values (?, ?)",
            [[place, figure] for place, figure in enumerate(names)],
        )
        self._connection.executemany(
            "insert into member_figures values (?, ?, ?, ?, ?)",
            [[*key, figure.year, figure.name, figure.value] for figure in figures],
        )
