"""What the database of an ensemble says, read back: frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shardrun.fingerprints import Fingerprints
from shardrun.members import Member


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
