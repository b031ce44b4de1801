"""The task of one shard that is run alone, compiled from what a run has left in its database.

Owns which shards can be asked for, one of a count or one of a single entity, and that every model
becomes a table of its own. It must never run the task, nor write into the main file.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from shardrun.config.simulation import SimulationConfig
from shardrun.config.workflow import EventTable
from shardrun.database.connection import memory_database
from shardrun.database.run_folder import RunFolder
from shardrun.errors import InputError
from shardrun.ledger.recorded_config import recorded_variables
from shardrun.ledger.records import RunRecord
from shardrun.runs.project_runner import build_runner
from shardrun.sharding.judgment import JUDGED_VARIANTS, narrowing_of
from shardrun.sharding.narrowing import Narrowing
from shardrun.sharding.shard_session import read_session
from shardrun.sharding.shards import Shard, ShardTask
from shardrun.sharding.sizing import WorkerShare, duckdb_memory_mb
from shardrun.sharding.table_columns import read_columns
from shardrun.sharding.tasks import StageSetting, build_task


@dataclass(frozen=True, slots=True)
class ShardOfOne:
    """The rows of one entity, as a shard.

    Attributes:
        year: the simulated year.
        entity: the entity's id.
        key: its shard key.
    """

    year: int
    entity: str
    key: int


def entity_shard(year: int, entity: str) -> ShardOfOne:
    """Return the shard of one entity, whose key is that of the macro ``shard_key``."""
    with memory_database() as connection:
        [(key,)] = connection.execute("select md5_number_upper(?)", [entity]).fetchall()
    return ShardOfOne(year, entity, key)


def isolated_name(wanted: Shard | ShardOfOne) -> str:
    """Return what people call a shard that is run alone, and its folder is called."""
    if isinstance(wanted, Shard):
        return f"{wanted.name}_of{wanted.total}"
    return f"events_y{wanted.year}_key{wanted.key}"


def isolated_task(
    config: SimulationConfig,
    folder: RunFolder,
    run: RunRecord,
    table: EventTable,
    wanted: Shard | ShardOfOne,
    *,
    with_inputs: bool,
) -> tuple[ShardTask, str]:
    """Compile a shard's task, in an empty folder of its own.

    Args:
        config: with the settings that the run had.
        folder: of the run, and through it the database.
        run: as that database records it.
        table: the canonical table.
        wanted: which shard.
        with_inputs: whether the shard file is to hold the input rows that it is made from.

    Returns:
        the task, and the SQL condition that keeps its rows of the canonical table.

    Raises:
        InputError: the project has no such stage or model, or a shard can't read what it reads.
        ProjectError: dbt can't compile the stage.
        DatabaseInUseError: another process holds the database.
    """
    shard = wanted if isinstance(wanted, Shard) else Shard(wanted.year, 0, 1)
    variables = wanted.variables if isinstance(wanted, Shard) else {"entity_key": wanted.key}
    runner = build_runner(
        config, folder, run.fingerprints.inputs, debug=True, variables=recorded_variables(run)
    )
    try:
        stage = runner.compile_stage(table.stage, wanted.year, [*JUDGED_VARIANTS, variables])
        with runner.cursor() as connection:
            columns = read_columns(connection, stage.inputs)
            session = read_session(connection, stage)
    finally:
        runner.release_database()
    if session.unreadable:
        listed = "; ".join(f"{'.'.join(name)}, {what}" for name, what in session.unreadable.items())
        raise InputError(f"{table.stage} can't be made in shards: a shard can't read {listed}")
    if table.model not in [node.name for node in stage.nodes]:
        raise InputError(
            f"workflow.event_table.model: {table.stage} has no model {table.model}; it has "
            f"{', '.join(node.name for node in stage.nodes)}. Give --config FILE that the run had."
        )
    place = folder.isolated_shards / isolated_name(wanted)
    if place.exists():
        shutil.rmtree(place)
    place.mkdir(mode=0o700, parents=True)
    narrowing = narrowing_of(stage, columns, table)
    condition = _condition(wanted, narrowing)
    narrowed = narrowing.inputs
    if narrowing.by_models and with_inputs:  # so that the copies are no larger than need be
        narrowed = frozenset(name for name in columns if table.shard_key in columns[name])
    task = build_task(
        shard,
        stage,
        stage.sql[-1],
        columns,
        table,
        StageSetting(
            origin="isolated",
            database=folder.database,
            folder=place,
            share=WorkerShare(1, 1, duckdb_memory_mb(config.performance.memory_mb)),
            location=config.location,
            settings=session.settings,
            attached=session.attached,
            with_inputs=with_inputs,
            models_apart=True,
        ),
        narrowed,
        condition,
    )
    return task, condition


def _condition(wanted: Shard | ShardOfOne, narrowing: Narrowing) -> str:
    if isinstance(wanted, Shard):
        return narrowing.condition(wanted)
    return f"{narrowing.key_expression} = {wanted.key}::ubigint"
