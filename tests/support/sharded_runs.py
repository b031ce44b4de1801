"""Runs of the workforce project from the command line, sharded or not, on one copy of it.

Owns which copy that is, and what the tests ask a database for. It must never know how a shard is
made.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from shardrun.database.digest import digest_database
from tests.support.command_line import environment
from tests.support.in_process import Invoked, invoke
from tests.support.workforce import copy_project, link_project, write_census

EVENTS = "fct_yearly_events"


@dataclass(frozen=True, slots=True)
class Project:
    """The workforce project, with a census and a configuration.

    Attributes:
        folder: where all of it is, and the databases too.
        years: that runs simulate.
    """

    folder: Path
    years: str

    @classmethod
    def copied(cls, folder: Path, employees: int, years: str) -> Project:
        """Copy the project, for a test that changes it, and make a census of so many people up."""
        copy_project(folder)
        return cls._laid(folder, employees, years)

    @classmethod
    def linked(cls, folder: Path, employees: int, years: str) -> Project:
        """Take the copy that nobody changes, parsed already; and make a census up."""
        link_project(folder)
        return cls._laid(folder, employees, years)

    @classmethod
    def _laid(cls, folder: Path, employees: int, years: str) -> Project:
        write_census(folder / "census.parquet", employees, int(years[:4]))
        first, last = years[:4], years[-4:]
        (folder / "config.yaml").write_text(
            f"simulation: {{start_year: {first}, end_year: {last}}}\n"
            "project: {project_dir: dbt}\n"
        )
        return cls(folder, years)

    def database(self, name: str) -> Path:
        """Return where a database is."""
        return self.folder / f"{name}.duckdb"

    def shards_folder(self, name: str) -> Path:
        """Return where the shard files of a database's run are."""
        return self.folder / f"{name}.shardrun" / "shards"

    def arguments(self, name: str, *more: str) -> list[str]:
        """Return the words of a run into a database."""
        return [
            *("run", self.years, "--config", "config.yaml", "--census", "census.parquet"),
            *("--database", f"{name}.duckdb", *more),
        ]

    def run(self, name: str, *more: str) -> Invoked:
        """Run into a database."""
        return self.call(*self.arguments(name, *more))

    def must_run(self, name: str, *more: str) -> Path:
        """Run into a database and return it."""
        done = self.run(name, *more)
        assert done.returncode == 0, done.stderr
        said = [done.stderr, *(log.read_text() for log in self._logs(name))]
        assert not any("Could not set lock" in text for text in said)
        return self.database(name)

    def _logs(self, name: str) -> list[Path]:
        return list((self.folder / f"{name}.shardrun" / "logs").glob("*.log"))

    def call(self, *words: object) -> Invoked:
        """Call the command line in the folder."""
        return invoke(*words, cwd=self.folder)

    def start(self, name: str, *more: str) -> subprocess.Popen[str]:
        """Start a run, and go on without waiting for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "shardrun", *self.arguments(name, *more)],
            cwd=self.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def digest(self, name: str) -> str:
        """Return the fingerprint of a database."""
        return digest_database(self.database(name)).digest

    def query(self, name: str, sql: str) -> list[tuple[Any, ...]]:
        """Ask a database, while no run has it."""
        with duckdb.connect(self.database(name), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def events_as_they_lie(self, name: str) -> list[tuple[Any, ...]]:
        """Return the events in their physical order."""
        return self.query(name, f"select * from {EVENTS} order by rowid")
