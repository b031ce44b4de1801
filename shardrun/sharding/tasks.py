"""From a stage as dbt compiled it to the tasks of its shards.

Owns what a worker is told of a shard, and which models become tables or views of its file. It must
never run dbt, SQL or a shard.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shardrun.config.location import ConfigLocation
from shardrun.config.workflow import EventTable
from shardrun.dbt_runner.compiled import CompiledStage, RelationName
from shardrun.sharding.inlining import inlined_sql
from shardrun.sharding.shards import Shard, ShardInput, ShardModel, ShardTask
from shardrun.sharding.sizing import WorkerShare
from shardrun.sharding.stage_outputs import canonical_node, relation_of
from shardrun.sharding.table_columns import TableColumns


@dataclass(frozen=True, slots=True)
class StageSetting:
    """What the tasks of a year have in common beside their SQL.

    Attributes:
        origin: see :class:`ShardTask`.
        database: the main database file.
        folder: where shard files are made.
        share: what each worker may use.
        location: see :class:`ShardTask`.
        settings: of DuckDB, that decide what SQL means.
        attached: see :class:`ShardTask`.
        with_inputs: see :class:`ShardTask`.
        models_apart: whether ephemeral models become tables too, for whoever looks into them.
    """

    origin: str
    database: Path
    folder: Path
    share: WorkerShare
    location: ConfigLocation
    settings: tuple[tuple[str, str], ...]
    attached: tuple[tuple[str, str], ...] = ()
    with_inputs: bool = False
    models_apart: bool = False


def build_task(
    shard: Shard,
    stage: CompiledStage,
    sql: Mapping[str, str],
    columns: TableColumns,
    table: EventTable,
    setting: StageSetting,
    narrowed: Collection[RelationName] = (),
    predicate: str | None = None,
) -> ShardTask:
    """Return what a worker is asked to do for one shard.

    Args:
        shard: which.
        stage: its models and inputs.
        sql: of each model, compiled for the shard.
        columns: of the stage's inputs.
        table: the canonical table.
        setting: what all shards of the year have in common.
        narrowed: the inputs of which the shard finds only its own rows.
        predicate: keeps the shard's rows of these.
    """
    folder = setting.folder / "sql" / shard.name
    canonical = canonical_node(stage, table)
    catalog = canonical.relation.database
    inputs = [name for name in stage.inputs if name in columns and name.database == catalog]
    return ShardTask(
        shard=shard,
        origin=setting.origin,
        database=setting.database,
        catalog=catalog,
        inputs=tuple(
            ShardInput(relation_of(name), predicate if name in narrowed else None)
            for name in inputs
        ),
        models=tuple(_models(stage, sql, table, folder, apart=setting.models_apart)),
        canonical=relation_of(canonical.relation),
        folder=setting.folder,
        threads=setting.share.threads,
        memory_mb=setting.share.memory_mb,
        location=setting.location,
        settings=setting.settings,
        attached=setting.attached,
        with_inputs=setting.with_inputs,
    )


def _models(
    stage: CompiledStage, sql: Mapping[str, str], table: EventTable, folder: Path, *, apart: bool
) -> Iterator[ShardModel]:
    nodes = {node.unique_id: node for node in stage.nodes}
    for name, text in inlined_sql(stage, sql, apart=apart).items():
        node = nodes[name]
        is_view = node.materialized == "view" and node.name != table.model and not apart
        yield ShardModel(
            name=node.name,
            relation=relation_of(node.relation),
            materialization="view" if is_view else "table",
            sql=text,
            sql_path=folder / f"{node.name}.sql",
        )
