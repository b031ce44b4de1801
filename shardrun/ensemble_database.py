"""The database of an ensemble: the headline figures of every member, and what they come to.

Owns its tables and the statistics over them, which are views, so that they are never behind the
members. It is open only while something is written or read, by one process, the one that runs the
ensemble. It must never run a member.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from shardrun.database import ALIAS, YEAR_COLUMN, ledger_has, open_database
from shardrun.ensemble_records import (
    EnsembleContents,
    FigureStatistics,
    MadeFrom,
    MemberRecord,
)
from shardrun.errors import DatabaseError
from shardrun.fingerprints import Fingerprints
from shardrun.member_run import MemberResult
from shardrun.members import Member
from shardrun.outcome import Cell, SummaryTable

QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}

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


def holds_ensemble(connection: duckdb.DuckDBPyConnection, catalog: str) -> bool:
    """Return whether an attached database is that of an ensemble."""
    return ledger_has(connection, catalog, "members")


def is_ensemble(path: Path) -> bool:
    """Return whether a file is the database of an ensemble.

    Raises:
        DatabaseError: it can't be opened.
        DatabaseInUseError: another process is writing to it.
    """
    with open_database(path) as connection:
        return holds_ensemble(connection, ALIAS)


def read_ensemble(path: Path) -> EnsembleContents:
    """Read the database of an ensemble.

    Raises:
        DatabaseError: it can't be opened, or holds none.
        DatabaseInUseError: another process is writing to it.
    """
    with open_database(path) as connection:
        if not holds_ensemble(connection, ALIAS):
            raise DatabaseError(f"{path} holds no ensemble; `shardrun run --seeds` makes one.")
        return EnsembleContents(
            _read_made_from(connection),
            _read_members(connection),
            _read_statistics(connection, "ensemble_figures"),
            _read_statistics(connection, "scenario_differences"),
        )


@contextmanager
def _written(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the database for one transaction, and make its tables where they are missing."""
    with duckdb.connect(path) as connection:
        connection.begin()
        connection.execute(_SCHEMA)
        yield connection
        connection.commit()


def record_scenarios(path: Path, made_from: Mapping[str, MadeFrom]) -> None:
    """Record what the members of scenarios will follow from; makes the database if need be."""
    with _written(path) as connection:
        for scenario, origin in made_from.items():
            connection.execute(
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


def record_member(path: Path, member: Member, result: MemberResult) -> None:
    """Record how a member ended, and its figures, in one transaction.

    Args:
        path: the database.
        member: which.
        result: what came of it.
    """
    key: list[str | int] = [member.scenario, member.seed]
    failure = result.failure
    with _written(path) as connection:
        connection.execute(
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
        connection.execute(
            "delete from member_figures where scenario = ? and random_seed = ?::ubigint", key
        )
        if failure is None and result.summary is not None:
            _insert_figures(connection, key, result.summary)


def _insert_figures(
    connection: duckdb.DuckDBPyConnection, key: Sequence[str | int], summary: SummaryTable
) -> None:
    values = list(headline_figures(summary))
    names = dict.fromkeys(figure for _, figure, _ in values)
    connection.executemany(
        "insert or ignore into figures values (?, ?)",
        [[place, figure] for place, figure in enumerate(names)],
    )
    connection.executemany(
        "insert into member_figures values (?, ?, ?, ?, ?)", [[*key, *value] for value in values]
    )


def headline_figures(summary: SummaryTable) -> Iterator[tuple[int, str, float]]:
    """Yield year, name and value of every number in a summary but its years.

    Raises:
        DatabaseError: it has no column of years.
    """
    if YEAR_COLUMN not in summary.columns:
        raise DatabaseError(
            f"the summary of a run has no column {YEAR_COLUMN}, so an ensemble can't say what its "
            "figures come to by year. workflow.summary_model in the configuration names it."
        )
    year = summary.columns.index(YEAR_COLUMN)
    for row in summary.rows:
        for name, value in zip(summary.columns, row, strict=True):
            if name != YEAR_COLUMN and _is_number(value):
                yield int(str(row[year])), name, float(str(value))


def _is_number(value: Cell) -> bool:
    if isinstance(value, bool | str) or value is None:
        return False
    try:
        return math.isfinite(float(value))  # type: ignore[arg-type]  # dates raise
    except TypeError:
        return False


def _read_made_from(connection: duckdb.DuckDBPyConnection) -> Mapping[str, MadeFrom]:
    rows = connection.execute(
        "select scenario, start_year, end_year, config, inputs, project, versions "
        "from shardrun.scenarios order by scenario"
    ).fetchall()
    return {
        scenario: MadeFrom(
            start, end, Fingerprints(_json(config), _json(inputs), project), _json(versions)
        )
        for scenario, start, end, config, inputs, project, versions in rows
    }


def _json(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _read_members(connection: duckdb.DuckDBPyConnection) -> tuple[MemberRecord, ...]:
    rows = connection.execute(
        "select scenario, random_seed, status = 'finished', epoch_us(ended_at), seconds, digest, "
        "error from shardrun.members order by scenario, random_seed"
    ).fetchall()
    return tuple(
        MemberRecord(
            Member(scenario, int(seed)),
            finished,
            datetime.fromtimestamp(ended / 1e6, UTC),
            *rest,
        )
        for scenario, seed, finished, ended, *rest in rows
    )


def _read_statistics(
    connection: duckdb.DuckDBPyConnection, view: str
) -> tuple[FigureStatistics, ...]:
    rows = connection.execute(
        f"select scenario, {YEAR_COLUMN}, figure, members, mean, {', '.join(QUANTILES)}, "
        f"standard_error from {view} inner join figures using (figure) "
        f"order by place, figure, scenario, {YEAR_COLUMN}"
    ).fetchall()
    return tuple(FigureStatistics(*row) for row in rows)
