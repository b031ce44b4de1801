"""The workforce project for tests that run dbt themselves: a copy of it, a census, a dbt to run it.

Owns the copy (so that tests may edit seeds, and run side by side on a fresh clone), the paths in
it, and the process that runs dbt. It must never know what the model does.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tests.support.render import REPOSITORY

PROCESS = Path(__file__).with_name("dbt_process.py")
LEFT_OUT = shutil.ignore_patterns("target", "logs", "dbt_packages", ".user.yml", "*_unit_tests.yml")
# dbt's own files cost a third of a short command, and nobody reads them here
QUIETLY = {"DBT_QUIET": "1", "DBT_LOG_LEVEL_FILE": "none", "DBT_WRITE_JSON": "0"}


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a dbt command: what dbt says of it."""

    name: str
    status: str
    message: str
    compiled_code: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a dbt command."""

    success: bool
    exception: str | None
    nodes: tuple[Node, ...]

    @property
    def failed(self) -> dict[str, str]:
        """The nodes that did not succeed, each with dbt's message."""
        sound = ("success", "pass", "skipped")
        return {node.name: node.message for node in self.nodes if node.status not in sound}


class Workforce:
    """A copy of the project with one database file, which dbt holds only while a command runs."""

    def __init__(self, folder: Path) -> None:
        """Copy the project.

        Args:
            folder: an empty directory.
        """
        self.folder = folder
        self.project = folder / "dbt"
        self.database = folder / "simulation.duckdb"
        self.census = folder / "census.parquet"
        self._process: subprocess.Popen[str] | None = None
        for name in ("dbt", "macros"):
            shutil.copytree(REPOSITORY / name, folder / name, ignore=LEFT_OUT)

    def environment(self, duckdb_threads: int = 2) -> dict[str, str]:
        """Return the variables that the profile reads."""
        return {
            "SHARDRUN_DATABASE": str(self.database),
            "SHARDRUN_DUCKDB_SETTINGS": json.dumps({"threads": duckdb_threads}),
        }

    @contextmanager
    def running(self) -> Iterator[Workforce]:
        """Start the process, and install the packages."""
        log = self.folder / "dbt.log"
        with (
            log.open("w") as stderr,
            subprocess.Popen(
                [sys.executable, str(PROCESS)],
                cwd=self.project,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env={**os.environ, **QUIETLY},
            ) as self._process,
        ):
            assert self.dbt("deps").success, log.read_text()
            yield self

    def dbt(self, *arguments: str, duckdb_threads: int = 2, **variables: object) -> Outcome:
        """Run one dbt command in the process.

        Args:
            *arguments: the command, without vars.
            duckdb_threads: threads of DuckDB itself.
            **variables: vars; census_path is given.
        """
        assert self._process is not None, "only inside running()"
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        command = {
            "arguments": [*arguments, "--vars", json.dumps(self._vars(variables))],
            "environment": self.environment(duckdb_threads),
        }
        print(json.dumps(command), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        assert line, (self.folder / "dbt.log").read_text()
        told = json.loads(line)
        nodes = tuple(Node(**node) for node in told.pop("nodes"))
        return Outcome(nodes=nodes, **told)

    def must(self, *arguments: str, duckdb_threads: int = 2, **variables: object) -> None:
        """Run one dbt command that succeeds."""
        outcome = self.dbt(*arguments, duckdb_threads=duckdb_threads, **variables)
        assert outcome.success, (arguments, outcome.exception, outcome.failed)

    def query(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of a query of the database."""
        with duckdb.connect(self.database, read_only=True) as connection:
            return connection.execute(sql, parameters).fetchall()

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Open the database for changes; close it before the next command."""
        return duckdb.connect(self.database)

    def _vars(self, variables: dict[str, object]) -> dict[str, object]:
        return {"census_path": str(self.census), **variables}


def write_census(path: Path, employees: int, start_year: int) -> None:
    """Write a census of those employed as ``start_year`` begins, the same for the same arguments.

    It spreads ages 18 to 66, tenures, pay from far below to far above the legal limits with cents,
    levels by pay, and holds leap-day births, non-ASCII ids and ids with quotes.
    """
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                with born as (
                    select
                        i,
                        case
                            when i % 97 = 0 then date '1996-02-29'
                            else make_date({start_year} - 19, 1, 1) - (i * 7919 % 17500)::integer
                        end as birth_date
                    from range({employees}) t(i)
                ),

                hired as (
                    select
                        *,
                        make_date({start_year}, 1, 1) - 1 - (i * 104729 % least(
                            make_date({start_year} - 18, 1, 1) - birth_date, 11000
                        ))::integer as hire_date,
                        (
                            31000 + i * 31337 % 60000 + case when i % 4 = 0 then i * 611 % 90000
                            else 0 end + case when i % 41 = 0 then 290000 else 0 end
                            + (i * 17 % 100) / 100
                        )::decimal(12, 2) as annual_compensation
                    from born
                )

                select
                    case i % 50 when 0 then 'Zoë-' when 1 then 'O''Hara-' else 'E' end
                    || printf('%07d', i) as employee_id,
                    birth_date,
                    hire_date,
                    annual_compensation,
                    (1 + len(list_filter(
                        [60000, 95000, 145000, 230000], lambda pay: annual_compensation >= pay
                    )))::tinyint as job_level,
                    i % 5 < 3 as is_enrolled,
                    (case when i % 5 < 3 then [0.02, 0.03, 0.06, 0.095, 0.1, 0.15][1 + i % 6]
                        else 0 end)::decimal(5, 4) as deferral_rate
                from hired
            ) to '{path}'
            """
        )
