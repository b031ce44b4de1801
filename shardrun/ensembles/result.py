"""What a call of the Python API gives back of an ensemble: what it holds, and its tables.

It reads the database anew each time. It must never keep it open, nor write to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shardrun.database.run_folder import RunFolder
from shardrun.ensembles.records import TABLES, EnsembleContents
from shardrun.export.result_rows import ResultTables


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
