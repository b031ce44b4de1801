"""May a stage as dbt compiled it be split?

Owns which sets of vars a stage is compiled with to be judged, and what each of the results is for.
It must never run dbt, SQL or a shard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from shardrun.config.workflow import EventTable
from shardrun.database.connection import qualified
from shardrun.dbt_runner.compiled import CompiledStage
from shardrun.shard_safety import (
    CompiledModel,
    StageVerdict,
    analyze_stage,
    check_models,
)
from shardrun.sharding.inlining import inlined_sql
from shardrun.sharding.narrowing import Narrowing, check_keys, find_narrowing
from shardrun.sharding.shard_session import SharedSession
from shardrun.sharding.shards import Shard
from shardrun.sharding.table_columns import TableColumns

_UNSHARDED: Mapping[str, int] = {}
_HALVES = tuple(Shard(0, index, 2).variables for index in range(2))
JUDGED_VARIANTS = (_UNSHARDED, *_HALVES)
"""What a stage is compiled with to be judged: only halves can be seen to make up a whole."""


def narrowing_of(stage: CompiledStage, columns: TableColumns, table: EventTable) -> Narrowing:
    """Return how the rows of a stage that is compiled to be judged are shared out."""
    return find_narrowing(stage, range(1, len(JUDGED_VARIANTS)), columns, table)


def judge_stage(
    stage: CompiledStage,
    columns: TableColumns,
    table: EventTable,
    sql_folder: Path,
    session: SharedSession,
) -> StageVerdict:
    """Return whether a stage may be split, and why not.

    Args:
        stage: compiled for :data:`JUDGED_VARIANTS` first.
        columns: of the stage's inputs.
        table: the canonical table.
        sql_folder: where the SQL that a violation points into is to be found.
        session: what of dbt's session the shards would share, and what they can't.
    """
    unsharded, first, second = stage.sql[: len(JUDGED_VARIANTS)]
    narrowing = narrowing_of(stage, columns, table)
    verdict = analyze_stage(
        [
            CompiledModel(
                name=node.name,
                relation=node.cte_name if node.is_ephemeral else qualified(*node.relation),
                sql=first[node.unique_id],
                other_shard_sql=second[node.unique_id],
                unsharded_sql=unsharded[node.unique_id],
                path=node.path,
                compiled_path=sql_folder / f"{node.name}.sql",
                keeps_periods=node.materialized == "incremental" and node.name != table.model,
            )
            for node in stage.nodes
        ],
        inputs={qualified(*name): columns[name] for name in stage.inputs if name in columns},
        keys=table.entity_keys,
        canonical=table.model,
        narrowed=[qualified(*name) for name in narrowing.inputs],
        unreadable={qualified(*name): what for name, what in session.unreadable.items()},
        inexact_sums=table.inexact_sums == "accept",
    )
    facts = check_models(
        [node for node in stage.nodes if node.unique_id in stage.built],
        canonical=table.model,
        run_hooks=stage.run_hooks,
    )
    paths = {node.name: node.path for node in stage.nodes}
    path = paths.get(table.model, Path())
    keys = check_keys(narrowing, columns, session.collation, table.model, path)
    return replace(verdict, violations=(*facts, *keys, *verdict.violations))


def write_judged_sql(stage: CompiledStage, verdict: StageVerdict, sql_folder: Path) -> None:
    """Leave the SQL that the violations of a verdict point into."""
    _, first, _ = stage.sql[: len(JUDGED_VARIANTS)]
    blamed = {violation.compiled_path for violation in verdict.violations}
    for node in stage.nodes:
        path = sql_folder / f"{node.name}.sql"
        if path in blamed:
            sql_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_text(first[node.unique_id], encoding="utf-8")


def unsharded_sql(stage: CompiledStage) -> Mapping[str, str]:
    """Return the SQL of a stage's models without shards, by unique_id; ephemeral ones inlined."""
    return inlined_sql(stage, stage.sql[JUDGED_VARIANTS.index(_UNSHARDED)])
