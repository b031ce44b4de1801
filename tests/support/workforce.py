"""The workforce project for tests that run dbt themselves: a copy of it, a census, a dbt to run it.

Owns the copy (so that tests may edit seeds, and run side by side on a fresh clone), the paths in
it, and the dbt that runs on it: the resident one, which starts and parses once for all commands.
It must never know what the model does.
"""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from shardrun.dbt_runner import DbtRunner
from shardrun.dbt_runner.results import NodeResult
from tests.support.render import REPOSITORY

LEFT_OUT = shutil.ignore_patterns("target", "logs", "dbt_packages", ".user.yml", "*_unit_tests.yml")


def copy_project(folder: Path) -> Path:
    """Copy the project and its package, so that nothing else runs dbt there; return its folder."""
    for part in ("dbt", "macros"):
        shutil.copytree(REPOSITORY / part, folder / part, ignore=LEFT_OUT)
    return folder / "dbt"


@cache
def _shared_project() -> Path:
    """Copy the project once a process of tests: whoever comes first has it parsed for all."""
    folder = Path(tempfile.mkdtemp(prefix="shardrun-tests-")).resolve()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return copy_project(folder)


def link_project(folder: Path) -> Path:
    """Link to a copy of the project that other tests use too and nobody changes; return the link.

    To parse it costs seconds, and its parse is kept in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "dbt"
    link.symlink_to(_shared_project())
    return link


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a dbt command."""

    success: bool
    nodes: tuple[NodeResult, ...]

    @property
    def failed(self) -> dict[str, str]:
        """The nodes that did not succeed, each with dbt's message."""
        sound = ("success", "pass", "skipped")
        return {node.name: node.message for node in self.nodes if node.status not in sound}


class Workforce:
    """The project with one database file, which dbt holds only while a command runs."""

    def __init__(self, folder: Path, *, changes: bool = False) -> None:
        """Copy the project, or link to the copy of all.

        Args:
            folder: an empty directory.
            changes: whether the test changes the project.
        """
        self.folder = folder
        self.project = copy_project(folder) if changes else link_project(folder)
        self.target = folder / "run" / "target"
        self.database = folder / "simulation.duckdb"
        self.census = folder / "census.parquet"
        self._runners: dict[int, DbtRunner] = {}

    def environment(self, duckdb_threads: int = 2) -> dict[str, str]:
        """Return the variables that the profile reads."""
        return {
            "SHARDRUN_DATABASE": str(self.database),
            "SHARDRUN_DUCKDB_SETTINGS": json.dumps({"threads": duckdb_threads}),
        }

    def dbt(self, *arguments: str, duckdb_threads: int = 2, **variables: object) -> Outcome:
        """Run one dbt command.

        Args:
            *arguments: the command, without vars.
            duckdb_threads: threads of DuckDB itself.
            **variables: vars; census_path is given.

        Raises:
            ProjectError: dbt gave up before any node ran.
        """
        runner = self._runner(duckdb_threads)
        try:
            result = runner.execute_command(arguments, extra_vars=variables)
        finally:
            runner.release_database()
        return Outcome(result.success, result.nodes)

    def must(self, *arguments: str, duckdb_threads: int = 2, **variables: object) -> None:
        """Run one dbt command that succeeds."""
        outcome = self.dbt(*arguments, duckdb_threads=duckdb_threads, **variables)
        assert outcome.success, (arguments, outcome.failed)

    def query(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of a query of the database."""
        with duckdb.connect(self.database, read_only=True) as connection:
            return connection.execute(sql, parameters).fetchall()

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Open the database for changes; close it before the next command."""
        return duckdb.connect(self.database)

    def _runner(self, duckdb_threads: int) -> DbtRunner:
        if duckdb_threads not in self._runners:
            self._runners[duckdb_threads] = DbtRunner(
                self.project,
                run_dir=self.folder / "run",
                base_vars={"census_path": str(self.census)},
                env=self.environment(duckdb_threads),
                threads=2,
            )
        return self._runners[duckdb_threads]


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
