"""Where one run of a contender takes place: a folder, and the inputs that all contenders share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shardrun.workforce.parameters import WorkforceConfig


@dataclass(frozen=True)
class Workspace:
    """One contender's run: an empty folder and the inputs that all contenders share.

    Attributes:
        folder: the run's own; the database is made in it.
        config: the configuration, years included.
        config_file: the file it was read from.
        census: canonical Parquet.
    """

    folder: Path
    config: WorkforceConfig
    config_file: Path
    census: Path

    @property
    def database(self) -> Path:
        """Where the run's result goes."""
        return self.folder / "simulation.duckdb"
