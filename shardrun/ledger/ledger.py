"""The ledger: what was run on a database and what is done, in its own schema ``shardrun``.

Owns what is written there, and when. Writes go through a cursor that somebody else hands out (dbt
holds the file during a run), so it must never open the database itself.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, astuple
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from shardrun.database.connection import LEDGER_SCHEMA, catalog_of, qualified, storage_version
from shardrun.database.transaction import transaction
from shardrun.errors import DatabaseInUseError, ProjectError
from shardrun.ledger.fingerprints import Fingerprints
from shardrun.ledger.records import RunLimits, Status
from shardrun.ledger.schema import create_ledger_tables
from shardrun.resources import ResourceUsage
from shardrun.sharding.shard_results import ShardResult
from shardrun.stages import WorkflowStage
from shardrun.version import __version__


class Ledger:
    """Writes one run's rows.

    Attributes:
        database: the file whose ledger it is.
    """

    def __init__(
        self,
        cursor: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]],
        database: Path,
    ) -> None:
        """Make the ledger's tables where they are missing, and what an older ledger lacks of them.

        Args:
            cursor: hands out a cursor on the instance that holds the database file.
            database: that file.

        Raises:
            ProjectError: the instance has another file open, so nothing would land in this one.
        """
        self.database = database
        self._cursor = cursor
        with cursor() as connection:
            catalog = catalog_of(connection, database)
            if catalog is None:
                raise ProjectError(
                    f"the dbt profile does not open {database}: let its path, or the path under "
                    "`attach`, be \"{{ env_var('SHARDRUN_DATABASE') }}\"."
                )
            self._runs = qualified(catalog, LEDGER_SCHEMA, "runs")
            self._steps = qualified(catalog, LEDGER_SCHEMA, "steps")
            self._shards = qualified(catalog, LEDGER_SCHEMA, "shards")
            self._written_tables = qualified(catalog, LEDGER_SCHEMA, "written_tables")
            self._branches = qualified(catalog, LEDGER_SCHEMA, "branches")
            with transaction(connection):  # with half of its tables it would seem a stranger's
                create_ledger_tables(connection, catalog)
            self._versions = {
                **installed_versions(),
                "storage": storage_version(connection, catalog),
            }
        self._run_id: str | None = None

    def begin_run(
        self,
        start_year: int,
        end_year: int,
        random_seed: int,
        threading: Mapping[str, int],
        fingerprints: Fingerprints,
        limits: RunLimits | None = None,
    ) -> str:
        """Open a run; one that still says ``running`` has died, since the file is ours now.

        Returns:
            the run's id, under which the steps that follow are recorded.
        """
        started = datetime.now(UTC)
        run_id = f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
        with self._cursor() as connection, transaction(connection):
            for table in (self._runs, self._steps):
                connection.execute(
                    f"update {table} set status = ? where status = ?",
                    [Status.DIED, Status.RUNNING],
                )
            connection.execute(
                f"insert into {self._runs} values (?, ?, ?, null, ?, ?, ?, ?, ?, ?, ?, ?, null, ?)",
                [
                    run_id,
                    Status.RUNNING,
                    started,
                    start_year,
                    end_year,
                    random_seed,
                    json.dumps(threading),
                    json.dumps(self._versions),
                    json.dumps(fingerprints.config),
                    json.dumps(fingerprints.inputs),
                    fingerprints.project,
                    None if limits is None else json.dumps(asdict(limits)),
                ],
            )
        self._run_id = run_id
        return run_id

    def end_run(self, status: Status, error: str | None = None) -> None:
        """Close the run that :meth:`begin_run` opened, and the step that it was stopped in."""
        with self._cursor() as connection, transaction(connection):
            connection.execute(
                f"update {self._steps} set status = ? where run_id = ? and status = ?",
                [status, self._run_id, Status.RUNNING],
            )
            connection.execute(
                f"update {self._runs} set status = ?, ended_at = ?, error = ? where run_id = ?",
                [status, datetime.now(UTC), error, self._run_id],
            )

    def end_stopped_run(self) -> None:
        """Close a run that Ctrl-C ended, unless another process still has the file open.

        After a second Ctrl-C that may be a worker that is being killed; what stays open then counts
        as a run that has died.
        """
        with suppress(DatabaseInUseError):
            self.end_run(Status.INTERRUPTED)

    def supersede(self, from_year: int, connection: duckdb.DuckDBPyConnection) -> None:
        """Record, in an open transaction, that no step of a year or after it counts as done."""
        connection.execute(
            f"update {self._steps} set status = ? where status = ? and year >= ?",
            [Status.SUPERSEDED, Status.FINISHED, from_year],
        )

    def record_branch(
        self,
        source: Path,
        source_run_id: str,
        year: int,
        fingerprints: Fingerprints,
        first_year_stages: Sequence[WorkflowStage],
    ) -> None:
        """Record that what the database holds was taken from another one.

        Args:
            source: the other database.
            source_run_id: the last run of it.
            year: the first year that is not taken from there.
            fingerprints: what the years from then on follow from.
            first_year_stages: whose tables don't belong to a year, and are made anew.
        """
        with self._cursor() as connection, transaction(connection):
            connection.execute(
                f"update {self._steps} set status = ? where status = ? "
                "and stage in (select unnest(?::varchar[]))",
                [Status.SUPERSEDED, Status.FINISHED, list(first_year_stages)],
            )
            connection.execute(
                f"insert into {self._branches} values (?, ?, ?, ?, ?, ?, ?)",
                [
                    str(source),
                    source_run_id,
                    year,
                    datetime.now(UTC),
                    json.dumps(fingerprints.config),
                    json.dumps(fingerprints.inputs),
                    fingerprints.project,
                ],
            )

    def origin(self) -> str:
        """Return a digest of all steps that are done: it names what the database holds by them."""
        with self._cursor() as connection:
            done = connection.execute(
                f"select run_id, year, stage, epoch_us(started_at) from {self._steps} "
                "where status = ? order by all",
                [Status.FINISHED],
            ).fetchall()
        return hashlib.sha256(json.dumps(done).encode()).hexdigest()[:32]

    def begin_step(self, stage: WorkflowStage, year: int) -> None:
        """Record that a step has started."""
        with self._cursor() as connection:
            connection.execute(
                f"insert into {self._steps} (run_id, year, stage, status, started_at) "
                "values (?, ?, ?, ?, ?)",
                [self._run_id, year, stage, Status.RUNNING, datetime.now(UTC)],
            )

    def end_step(
        self,
        stage: WorkflowStage,
        year: int,
        status: Status,
        *,
        seconds: float,
        rows: int = 0,
        checks: int = 0,
        checks_passed: int = 0,
        resources: ResourceUsage | None = None,
        shards: Sequence[ShardResult] = (),
        written: Sequence[tuple[str, str]] = (),
        connection: duckdb.DuckDBPyConnection | None = None,
    ) -> None:
        """Record how a step ended, with what it took and gave; see :class:`StepRecord`.

        Args:
            stage: which stage.
            year: of which year.
            status: how it ended.
            seconds: what it took.
            rows: what its tables hold.
            checks: how many tests it ran.
            checks_passed: how many of them passed.
            resources: what it took of the machine.
            shards: that it ran in.
            written: schema and name of the tables it wrote, in the order of their writing.
            connection: whose transaction it is part of; None makes one of its own.
        """
        with self._within(connection) as writer:
            for result in shards:
                self._record_shard(writer, stage, result)
            self._record_tables(writer, stage, written)
            writer.execute(
                f"update {self._steps} set status = ?, seconds = ?, rows = ?, checks = ?, "
                "checks_passed = ?, cpu_seconds = ?, peak_memory = ?, read_bytes = ?, "
                "written_bytes = ? where run_id = ? and year = ? and stage = ?",
                [
                    *(status, seconds, rows, checks, checks_passed),
                    *(astuple(resources) if resources else (None,) * 4),
                    *(self._run_id, year, stage),
                ],
            )

    def _record_shard(
        self, connection: duckdb.DuckDBPyConnection, stage: WorkflowStage, result: ShardResult
    ) -> None:
        connection.execute(
            f"insert into {self._shards} values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                self._run_id,
                result.shard.year,
                stage,
                result.shard.index,
                result.shard.total,
                Status.FAILED if result.failure else Status.FINISHED,
                result.tries,
                result.worker,
                result.seconds,
                result.rows,
                result.peak_memory,
                result.failure and result.failure.message,
            ],
        )

    def _record_tables(
        self,
        connection: duckdb.DuckDBPyConnection,
        stage: WorkflowStage,
        tables: Sequence[tuple[str, str]],
    ) -> None:
        given = [[schema for schema, _ in tables], [name for _, name in tables]]
        names = "select unnest(?::varchar[]), unnest(?::varchar[])"
        connection.execute(
            f"delete from {self._written_tables} where (table_schema, table_name) in ({names})",
            given,
        )
        connection.execute(
            f"insert into {self._written_tables} {names}, ?, unnest(range(?))",
            [*given, stage, len(tables)],
        )

    @contextmanager
    def _within(
        self, connection: duckdb.DuckDBPyConnection | None
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yield a connection within a transaction: one that is open, or one of its own."""
        if connection is not None:
            yield connection
            return
        with self._cursor() as own, transaction(own):
            yield own


def installed_versions() -> dict[str, str]:
    """Return the versions that a run's result may depend on, by distribution name."""
    installed = {name: version(name) for name in ("dbt-core", "dbt-duckdb")}
    return {"shardrun": __version__, "duckdb": duckdb.__version__, **installed}
