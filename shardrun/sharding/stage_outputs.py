"""What a stage, as dbt compiled it, leaves in the main file when its shards are united.

Owns which of its models is the canonical table, which are tables beside it and which views. It must
never look into a database.
"""

from __future__ import annotations

from collections.abc import Collection

from shardrun.config.workflow import EventTable
from shardrun.dbt_runner.compiled import CompiledStage, RelationName, StageNode
from shardrun.sharding.judgment import unsharded_sql
from shardrun.sharding.shards import Relation
from shardrun.sharding.united_tables import CanonicalTable, SideTable


def canonical_table(stage: CompiledStage, table: EventTable, period_column: str) -> CanonicalTable:
    """Return the table that the shards of a stage are united in."""
    node = canonical_node(stage, table)
    return CanonicalTable(
        catalog=node.relation.database,
        relation=relation_of(node.relation),
        period_column=period_column,
        order_by=table.order_by,
        unique_key=table.unique_key,
        shard_key=table.shard_key,
        keeps_periods=node.materialized == "incremental",
    )


def side_tables(
    stage: CompiledStage, table: EventTable, common: Collection[str], period_column: str
) -> tuple[SideTable, ...]:
    """Return the tables beside the canonical one that a stage leaves in the main file.

    Args:
        stage: its models.
        table: the canonical table.
        common: names of the models whose table has the same rows in every shard.
        period_column: of tables that keep their periods.
    """
    return tuple(
        SideTable(
            relation=relation_of(node.relation),
            period_column=period_column if node.materialized == "incremental" else None,
            is_common=node.name in common,
        )
        for node in stage.nodes
        if node.name != table.model and node.materialized in ("incremental", "table")
    )


def side_views(stage: CompiledStage, table: EventTable) -> tuple[tuple[Relation, str], ...]:
    """Return the views that a stage leaves in the main file, with their SQL."""
    sql = unsharded_sql(stage)
    return tuple(
        (relation_of(node.relation), sql[node.unique_id])
        for node in stage.nodes
        if node.materialized == "view" and node.name != table.model
    )


def canonical_node(stage: CompiledStage, table: EventTable) -> StageNode:
    """Return the model that the shards of a stage are united in."""
    return next(node for node in stage.nodes if node.name == table.model)


def relation_of(name: RelationName) -> Relation:
    """Return what shards call a table or view: the catalog is the task's."""
    return Relation(name.schema, name.identifier)
