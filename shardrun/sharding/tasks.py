"""From a stage as dbt compiled it: may it be split, and what are the tasks of its shards?

Owns which sets of vars a stage is compiled with, and what each of the results is for. It must never
run dbt, SQL or a shard.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from shardrun.config.workflow import EventTable
from shardrun.database.connection import qualified
from shardrun.dbt_runner.compiled import CompiledStage, RelationName, StageNode
from shardrun.shard_safety import (
    CompiledModel,
    StageVerdict,
    analyze_stage,
    check_models,
)
from shardrun.sharding.narrowing import Narrowing, check_keys, find_narrowing
from shardrun.sharding.shard_session import SharedSession
from shardrun.sharding.shards import Relation, Shard, ShardInput, ShardModel, ShardTask
from shardrun.sharding.sizing import WorkerShare
from shardrun.sharding.table_columns import TableColumns
from shardrun.sharding.united_tables import CanonicalTable, SideTable

Variables = Mapping[str, int]

UNSHARDED: Variables = {}
_HALVES: tuple[Variables, ...] = (
    {"shard_id": 0, "total_shards": 2},
    {"shard_id": 1, "total_shards": 2},
)
JUDGED_VARIANTS = (UNSHARDED, *_HALVES)
"""What a stage is compiled with to be judged: only halves can be seen to make up a whole."""


@dataclass(frozen=True, slots=True)
class StageSetting:
    """What the tasks of a year have in common beside their SQL.

    Attributes:
        origin: see :class:`ShardTask`.
        database: the main database file.
        folder: where shard files are made.
        share: what each worker may use.
        settings: of DuckDB, that decide what SQL means.
        attached: see :class:`ShardTask`.
        with_inputs: see :class:`ShardTask`.
        models_apart: whether ephemeral models become tables too, for whoever looks into them.
    """

    origin: str
    database: Path
    folder: Path
    share: WorkerShare
    settings: tuple[tuple[str, str], ...]
    attached: tuple[tuple[str, str], ...] = ()
    with_inputs: bool = False
    models_apart: bool = False


def shard_variables(shard: Shard) -> Variables:
    """Return the vars that dbt compiles a shard's SQL with."""
    return {"shard_id": shard.index, "total_shards": shard.total}


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


def canonical_table(stage: CompiledStage, table: EventTable, period_column: str) -> CanonicalTable:
    """Return the table that the shards of a stage are united in."""
    node = _canonical_node(stage, table)
    return CanonicalTable(
        catalog=node.relation.database,
        relation=_relation(node.relation),
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
            relation=_relation(node.relation),
            period_column=period_column if node.materialized == "incremental" else None,
            is_common=node.name in common,
        )
        for node in stage.nodes
        if node.name != table.model and node.materialized in ("incremental", "table")
    )


def unsharded_sql(stage: CompiledStage) -> Mapping[str, str]:
    """Return the SQL of a stage's models without shards, by unique_id; ephemeral ones inlined."""
    unsharded = stage.sql[0]
    models: dict[str, str] = {}
    inlined: dict[str, str] = {}
    for node in stage.nodes:
        if node.is_ephemeral:
            inlined[node.cte_name] = unsharded[node.unique_id]
        else:
            models[node.unique_id] = _with_inlined(unsharded[node.unique_id], inlined)
    return models


def side_views(stage: CompiledStage, table: EventTable) -> tuple[tuple[Relation, str], ...]:
    """Return the views that a stage leaves in the main file, with their SQL."""
    sql = unsharded_sql(stage)
    return tuple(
        (_relation(node.relation), sql[node.unique_id])
        for node in stage.nodes
        if node.materialized == "view" and node.name != table.model
    )


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
    canonical = _canonical_node(stage, table)
    catalog = canonical.relation.database
    inputs = [name for name in stage.inputs if name in columns and name.database == catalog]
    return ShardTask(
        shard=shard,
        origin=setting.origin,
        database=setting.database,
        catalog=catalog,
        inputs=tuple(
            ShardInput(_relation(name), predicate if name in narrowed else None) for name in inputs
        ),
        models=tuple(_models(stage, sql, table, folder, apart=setting.models_apart)),
        canonical=_relation(canonical.relation),
        folder=setting.folder,
        threads=setting.share.threads,
        memory_mb=setting.share.memory_mb,
        settings=setting.settings,
        attached=setting.attached,
        with_inputs=setting.with_inputs,
    )


def _models(
    stage: CompiledStage, sql: Mapping[str, str], table: EventTable, folder: Path, *, apart: bool
) -> Iterator[ShardModel]:
    inlined: dict[str, str] = {}
    for node in stage.nodes:
        if node.is_ephemeral and not apart:
            inlined[node.cte_name] = sql[node.unique_id]
            continue
        is_view = node.materialized == "view" and node.name != table.model and not apart
        yield ShardModel(
            name=node.name,
            relation=_relation(node.relation),
            materialization="view" if is_view else "table",
            sql=_with_inlined(sql[node.unique_id], inlined),
            sql_path=folder / f"{node.name}.sql",
        )
        if node.is_ephemeral:
            inlined[node.cte_name] = f"select * from {qualified(*node.relation)}"


def _with_inlined(sql: str, inlined: dict[str, str]) -> str:
    """Return a statement with the ephemeral models that it reads before it, as dbt inlines them.

    dbt parses the whole statement to find its own WITH, 0.6 s on the bundled events; here it is
    left as it is, in parentheses. As views DuckDB would bind each of them again for every one that
    reads it, which took half of a small shard's time.
    """
    needed: list[str] = []
    reading = sql
    for name, text in reversed(inlined.items()):
        if name in reading:
            needed.append(f"{name} as (\n{text}\n)")
            reading += text
    if not needed:
        return sql
    ctes = ",\n".join(reversed(needed))
    return f"with {ctes}\nselect * from (\n{sql}\n)"


def _canonical_node(stage: CompiledStage, table: EventTable) -> StageNode:
    return next(node for node in stage.nodes if node.name == table.model)


def _relation(name: RelationName) -> Relation:
    return Relation(name.schema, name.identifier)
