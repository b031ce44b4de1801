"""What a call of the Python API gives back of a run: what came of it, and its tables.

It reads the database anew each time. It must never keep it open, nor write to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shardrun.export.result_rows import ResultTables
from shardrun.runs.outcome import Cell, RunOutcome


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
