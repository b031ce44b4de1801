"""A year's stage run shard by shard: compiled by dbt, judged, made by workers, united.

Owns the order of these and who may have the main file open when: nobody at first, dbt while it
compiles, then the workers to read, then the union to write. It must never know what the stage's
models mean.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb

from shardrun.config.location import ConfigLocation
from shardrun.config.workflow import EventTable
from shardrun.database.run_folder import RunFolder
from shardrun.dbt_runner import DbtRunner
from shardrun.dbt_runner.compiled import CompiledStage
from shardrun.errors import InputError, ShardError
from shardrun.garbage import no_collection
from shardrun.shard_safety import StageVerdict
from shardrun.sharding.coordinator import UnionResult, write_union
from shardrun.sharding.judgment import (
    JUDGED_VARIANTS,
    judge_stage,
    narrowing_of,
    write_judged_sql,
)
from shardrun.sharding.narrowing import Narrowing
from shardrun.sharding.safe_stages import SafeStages
from shardrun.sharding.shard_pool import ShardListener, ShardPool, run_shards
from shardrun.sharding.shard_results import ShardResult, ShardsFailedError
from shardrun.sharding.shard_session import SharedSession, read_session
from shardrun.sharding.sharded_nodes import failed_nodes, united_nodes
from shardrun.sharding.shards import Shard
from shardrun.sharding.sizing import WorkerShare, union_memory_mb
from shardrun.sharding.stage_outputs import canonical_table, side_tables, side_views
from shardrun.sharding.table_columns import TableColumns, read_columns
from shardrun.sharding.tasks import StageSetting, build_task
from shardrun.sql import quote_literal
from shardrun.stages import WorkflowStage

Record = Callable[[duckdb.DuckDBPyConnection, tuple[ShardResult, ...], UnionResult], None]
"""Writes into the ledger, in the union's transaction, what these shards have made."""


@dataclass(frozen=True, slots=True)
class ShardedStage:
    """What it takes to run a stage of any year in shards.

    Attributes:
        table: which stage it is, and its canonical table.
        period_column: what tables with years call them.
        total: how many shards a year has.
        share: what each worker may use.
        runner: dbt on the main file.
        pool: where the shards run.
        folder: the run folder, and through it the main file.
        location: of the run's configuration.
        keep_shards: whether the shard files stay after the union.
        safe: what of the run's years has been judged.
    """

    table: EventTable
    period_column: str
    total: int
    share: WorkerShare
    runner: DbtRunner
    pool: ShardPool
    folder: RunFolder
    location: ConfigLocation
    keep_shards: bool = False
    safe: SafeStages = field(default_factory=SafeStages)

    @property
    def stage(self) -> WorkflowStage:
        """Which stage runs in shards."""
        return self.table.stage

    def prepare(self) -> None:
        """Close the main file, before :meth:`execute` and before its memory is sampled.

        DuckDB keeps gigabytes of the stage before: beside them shards would not be small, and in a
        sampling that had begun they would be the peak.

        Raises:
            DatabaseInUseError: something else in this process still has the file open.
        """
        self.runner.release_database()

    def execute(
        self, year: int, origin: str, on_progress: ShardListener, record: Record
    ) -> tuple[tuple[ShardResult, ...], UnionResult]:
        """Run the stage of one year.

        Args:
            year: the simulated year.
            origin: names the state of the main file that the shards are made from.
            on_progress: is told of each shard's states.
            record: is called in the union's transaction.

        Returns:
            what came of the shards, and of the union.

        Raises:
            InputError: the stage can't be split without changing its result.
            ProjectError: dbt can't compile it at all.
            ShardsFailedError: shards failed; the canonical table is as it was.
            ShardError: the shards don't fit together; the canonical table is as it was.
        """
        shards = [Shard(year, index, self.total) for index in range(self.total)]
        compiled = _compile_judged(self, year, shards)
        setting = StageSetting(
            origin=origin,
            database=self.folder.database,
            folder=self.folder.shards,
            share=self.share,
            location=self.location,
            settings=compiled.session.settings,
            attached=compiled.session.attached,
        )
        narrowing = compiled.narrowing
        tasks = [
            build_task(
                shard,
                compiled.stage,
                sql,
                compiled.columns,
                self.table,
                setting,
                narrowing.inputs,
                narrowing.condition(shard),
            )
            for shard, sql in zip(shards, compiled.shard_sql, strict=True)
        ]
        self.runner.release_database()
        results: tuple[ShardResult, ...] = ()
        try:
            results = run_shards(tasks, self.pool, on_progress)
            united = self._unite(compiled, results, record)
        except ShardError as error:
            failed = failed_nodes(compiled.stage, self.table.model, error, results)
            self.runner.record_shards(self.stage, failed)
            raise
        made = united_nodes(compiled.stage, results, compiled.common_models)
        self.runner.record_shards(self.stage, made)
        if not self.keep_shards:
            shutil.rmtree(self.folder.shards)
        return results, united

    def _unite(
        self, compiled: JudgedStage, results: tuple[ShardResult, ...], record: Record
    ) -> UnionResult:
        if any(result.failure for result in results):
            raise ShardsFailedError(results)
        table = canonical_table(compiled.stage, self.table, self.period_column)
        sides = side_tables(compiled.stage, self.table, compiled.common_models, self.period_column)
        largest = max(result.rows for result in results)
        with self.runner.cursor() as connection, _frugal(connection, largest):
            return write_union(
                connection,
                results,
                table,
                lambda connection, union: record(connection, results, union),
                sides,
                side_views(compiled.stage, self.table),
            )


@dataclass(frozen=True, slots=True)
class JudgedStage:
    """A stage that may be split, compiled.

    Attributes:
        stage: its models and inputs, compiled for the judgment first, then for the shards.
        columns: of its inputs, those that are there.
        session: what of dbt's session the shards have to share.
        narrowing: how its rows are shared out.
        common_models: see :class:`StageVerdict`.
    """

    stage: CompiledStage
    columns: TableColumns
    session: SharedSession
    narrowing: Narrowing
    common_models: frozenset[str]

    @property
    def shard_sql(self) -> tuple[Mapping[str, str], ...]:
        """The SQL of each shard's models."""
        return self.stage.sql[len(JUDGED_VARIANTS) :]


def _compile_judged(sharded: ShardedStage, year: int, shards: list[Shard]) -> JudgedStage:
    """Compile a stage for shards, or refuse to split it.

    Raises:
        InputError: the stage can't be split without changing its result; names model, line, reason
            and what to do.
        ProjectError: dbt can't compile it.
    """
    variants = [*JUDGED_VARIANTS, *(shard.variables for shard in shards)]
    compiled = sharded.runner.compile_stage(sharded.stage, year, variants)
    with sharded.runner.cursor() as connection:
        columns = read_columns(connection, compiled.inputs)
        session = read_session(connection, compiled)
    judged = year, compiled, columns, sharded.table, session.collation
    verdict = None if session.unreadable else sharded.safe.verdict(*judged)
    if verdict is None:
        verdict = _judged_safe(sharded, year, compiled, columns, session)
        sharded.safe.add(verdict, *judged)
    narrowing = narrowing_of(compiled, columns, sharded.table)
    return JudgedStage(compiled, columns, session, narrowing, verdict.common_models)


def _judged_safe(
    sharded: ShardedStage,
    year: int,
    compiled: CompiledStage,
    columns: TableColumns,
    session: SharedSession,
) -> StageVerdict:
    sql_folder = sharded.folder.shards / "sql" / "check"
    with no_collection():
        verdict = judge_stage(compiled, columns, sharded.table, sql_folder, session)
    if not verdict.is_safe:
        write_judged_sql(compiled, verdict, sql_folder)
        violations = "\n".join(f"  {violation}" for violation in verdict.violations)
        refusal = InputError(
            f"{sharded.stage.upper()} of {year} can't be run in shards, since the result would be "
            f"another than without:\n{violations}\n"
            "Run it without --shards, or change the models."
        )
        refused = failed_nodes(compiled, sharded.table.model, refusal)
        sharded.runner.record_shards(sharded.stage, refused)
        raise refusal
    return verdict


@contextmanager
def _frugal(connection: duckdb.DuckDBPyConnection, largest_shard: int) -> Iterator[None]:
    """Let DuckDB hold no more in memory than a union can use."""
    [(limit, in_bytes)] = connection.execute(
        "select value, parse_formatted_bytes(value) from duckdb_settings() "
        "where name = 'memory_limit'"
    ).fetchall()
    frugal = union_memory_mb(largest_shard, in_bytes // 1_000_000)
    connection.execute(f"set memory_limit = '{frugal}MB'")
    try:
        yield
    finally:
        connection.execute(f"set memory_limit = {quote_literal(limit)}")
