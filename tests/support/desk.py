"""A working folder with a config, a census and a finished database, where commands are called.

Commands run in this process, through the very function that the program runs; so that a corpus of
hundreds takes seconds. It must never know what a command is for.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import duckdb

from shardrun.ledger.fingerprints import Fingerprints
from shardrun.ledger.ledger import Ledger
from shardrun.ledger.records import Status
from shardrun.stages import WorkflowStage
from tests.support.in_process import Invoked, invoke
from tests.support.render import REPOSITORY

CONFIG = "config.yaml"
CENSUS = "census.csv"
DATABASE = "simulation.duckdb"
PEOPLE = (
    "employee_id,birth_date,hire_date,compensation,job_level,is_enrolled,deferral_rate\n"
    "0007,1980-05-06,2010-01-31,52000,2,true,0.06\n"
)


@dataclass(frozen=True, slots=True)
class Desk:
    """Such a folder."""

    folder: Path

    @classmethod
    def laid(cls, folder: Path) -> Desk:
        """Lay one; its database was made from other things, so that no run ever goes on with it."""
        (folder / CONFIG).write_text(f"project:\n  project_dir: {REPOSITORY / 'dbt'}\n")
        (folder / CENSUS).write_text(PEOPLE)
        database = folder / DATABASE
        with duckdb.connect(database) as connection:
            ledger = Ledger(connection.cursor, database)
            ledger.begin_run(2025, 2025, 42, {}, Fingerprints({}, {}, "of another project"))
            ledger.begin_step(WorkflowStage.FOUNDATION, 2025)
            ledger.end_step(WorkflowStage.FOUNDATION, 2025, Status.FINISHED, seconds=1.0)
            ledger.end_run(Status.FINISHED)
            connection.execute("create table fct_yearly_events as select 2025 as simulation_year")
        return cls(folder)

    def call(self, *words: object) -> Invoked:
        """Call the command line in the folder."""
        return invoke(*words, cwd=self.folder, width=250)

    def refuse(self, *words: object) -> str:
        """Call a command that must be refused, in one message and with nothing changed; return it.

        An error that nobody meant to raise leaves as it is, and with it a test fails.
        """
        before = self._state()
        said = self.call(*words)
        assert said.returncode == 2, said
        assert said.stdout == ""
        messages = said.stderr.count("error: ") + said.stderr.count("─ Error ─")
        assert messages == 1, said.stderr
        assert self._state() == before
        return said.stderr

    def _state(self) -> dict[Path, bytes | None]:
        return {
            path: hashlib.sha256(path.read_bytes()).digest() if path.is_file() else None
            for path in self.folder.rglob("*")
        }
