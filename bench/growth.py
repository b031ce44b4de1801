"""How the time of the default path grows: with the people, and with the years that lie behind.

One run each: a ratio of ten is not hidden by noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.contenders import run_shardrun
from bench.measured import Measured
from bench.workspace import Workspace
from shardrun.config.overrides import with_overrides
from shardrun.workforce.census_generation import generate_census
from shardrun.workforce.parameters import WorkforceConfig

_DECADE = 10


@dataclass(frozen=True)
class Growth:
    """Runs the default path at several sizes.

    Attributes:
        config: whose first year is where all runs start.
        config_file: it was read from.
        folder: where everything is made.
    """

    config: WorkforceConfig
    config_file: Path
    folder: Path

    def with_people(self, fewer: int, more: int) -> dict[str, Any]:
        """Compare one year of two populations."""
        seconds = [self._run(people, years=1).seconds for people in (fewer, more)]
        return {
            "people": [fewer, more],
            "seconds": seconds,
            "ratio": seconds[1] / seconds[0],
        }

    def over_years(self, people: int) -> dict[str, Any]:
        """Compare the tenth year with the second; the population grows in between as well."""
        by_year = self._run(people, years=_DECADE).year_seconds
        first = self.config.simulation.start_year
        return {
            "people": people,
            "year_seconds": by_year,
            "ratio": by_year[first + _DECADE - 1] / by_year[first + 1],
        }

    def _run(self, people: int, years: int) -> Measured:
        folder = self.folder / f"{people}x{years}"
        folder.mkdir()
        census = folder / "census.parquet"
        generate_census(census, employees=people, seed=42)
        first = self.config.simulation.start_year
        config = with_overrides(self.config, start_year=first, end_year=first + years - 1)
        workspace = Workspace(folder, config, self.config_file, census)
        measured = run_shardrun(workspace)
        workspace.database.unlink()
        return measured
