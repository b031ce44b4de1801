"""What a call of the Python API gives back: a finished run, an ensemble, and their tables.

Both read their database anew each time. They must never keep it open, nor write to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shardrun.ensemble_records import TABLES, EnsembleContents
from shardrun.outcome import Cell, RunOutcome
from shardrun.result_rows import ResultTables
from shardrun.run_folder import RunFolder


@dataclass(frozen=True, slots=True)
class RunResult(ResultTables):
    """A finished run and the tables it left.

    Attributes:
        outcome: what its database shows: steps, shards, summary, checks.
        already_finished: whether the database held all of it before, so that nothing ran.
    """

    outcome: RunOutcome
    already_finished: bool = True

    @property
    def database(self) -> Path:
        """The database, an absolute path."""
        return self.outcome.folder.database

    @property
    def run_id(self) -> str:
        """The last run's name in the ledger."""
        return self.outcome.run.run_id

    @property
    def summary(self) -> list[dict[str, Cell]]:
        """The project's summary table, a mapping a year; empty where the project has none."""
        table = self.outcome.summary
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows] if table else []


@dataclass(frozen=True, slots=True)
class EnsembleResult(ResultTables):
    """A finished ensemble and the tables it left.

    Attributes:
        folder: the run folder, with the members that were kept, and through it the database.
        contents: what it holds: members, statistics, differences, and what they follow from.
    """

    folder: RunFolder
    contents: EnsembleContents

    @property
    def database(self) -> Path:
        """That of the ensemble, an absolute path."""
        return self.folder.database

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables: each member's figures, what they come to, and differences."""
        return TABLES
