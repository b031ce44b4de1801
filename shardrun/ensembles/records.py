"""What the database of an ensemble says, read back: frozen records, for whoever shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from shardrun.config.periods import YEAR_COLUMN
from shardrun.database.connection import ALIAS, open_database
from shardrun.database.ownership import ledger_has
from shardrun.ensembles.members import Member
from shardrun.errors import DatabaseError
from shardrun.ledger.fingerprints import Fingerprints

QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
"""Shares of the members that lie below, by what they are called."""

TABLES = ("member_figures", "ensemble_figures", "scenario_differences")
"""What the database of an ensemble holds for whoever analyses it; the last two are views."""


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """What the members of one scenario follow from, beside their seed.

    Attributes:
        start_year: the first simulated year.
        end_year: the last simulated year.
        fingerprints: without the seed.
        versions: of shardrun, duckdb and dbt, by distribution name.
    """

    start_year: int
    end_year: int
    fingerprints: Fingerprints
    versions: Mapping[str, str]

    def changes_since(self, earlier: MadeFrom) -> list[str]:
        """Name what is not as it was in ``earlier``, one line each, for a person to read."""
        changes = self.fingerprints.changes_since(earlier.fingerprints)
        if self.end_year != earlier.end_year:
            changes.append(f"end_year: {earlier.end_year} -> {self.end_year}")
        return changes


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """One member, as the database has it.

    Attributes:
        member: which.
        finished: whether its figures are here.
        ended_at: when, in UTC.
        seconds: what it took.
        digest: of its database.
        error: why it failed.
    """

    member: Member
    finished: bool
    ended_at: datetime
    seconds: float
    digest: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class FigureStatistics:
    """What one figure of one year comes to over all members of a scenario.

    Attributes:
        scenario: which; empty for the configuration itself.
        year: which.
        figure: its name, a column of the project's summary.
        members: how many there are.
        mean: of them.
        p10: a tenth of the members lies below.
        p50: the median.
        p90: a tenth lies above.
        standard_error: of the mean, by chance alone (Monte Carlo).
        is_count: whether the figure was a whole number in every year of every member.
    """

    scenario: str
    year: int
    figure: str
    members: int
    mean: float
    p10: float
    p50: float
    p90: float
    standard_error: float | None
    is_count: bool = False


@dataclass(frozen=True, slots=True)
class EnsembleContents:
    """All that the database of an ensemble holds.

    Attributes:
        made_from: by scenario.
        members: by scenario and seed.
        statistics: by figure, in the order of the project's summary, then scenario and year.
        differences: the same of what each scenario changes against :attr:`base`, seed by seed.
    """

    made_from: Mapping[str, MadeFrom]
    members: tuple[MemberRecord, ...]
    statistics: tuple[FigureStatistics, ...]
    differences: tuple[FigureStatistics, ...] = ()

    @property
    def base(self) -> str:
        """The scenario that others are held against: the configuration itself, if it was run."""
        return min((row.scenario for row in self.statistics), default="")

    @property
    def done(self) -> frozenset[Member]:
        """The members that need not run again."""
        return frozenset(record.member for record in self.members if record.finished)


EMPTY = EnsembleContents({}, (), ())


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
        "with counts as (select figure, bool_and(value = trunc(value)) as is_count "
        "from member_figures group by figure) "
        f"select scenario, {YEAR_COLUMN}, figure, members, mean, {', '.join(QUANTILES)}, "
        f"standard_error, is_count from {view} inner join figures using (figure) "
        "inner join counts using (figure) "
        f"order by place, figure, scenario, {YEAR_COLUMN}"
    ).fetchall()
    return tuple(FigureStatistics(*row) for row in rows)
