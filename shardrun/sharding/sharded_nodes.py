"""What dbt would have said of the models of a stage that ran in shards, for its artifacts.

Owns how the shards' own figures become those of a model. It must never look into a shard file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from shardrun.database.connection import qualified
from shardrun.dbt_runner.compiled import CompiledStage, StageNode
from shardrun.dbt_runner.results import ShardedNode
from shardrun.sharding.judgment import unsharded_sql
from shardrun.sharding.shard_results import ModelTiming, ShardResult


def united_nodes(
    stage: CompiledStage, results: Sequence[ShardResult], common: Collection[str]
) -> tuple[ShardedNode, ...]:
    """Return what came of the models of a stage whose shards are united.

    Args:
        stage: its models.
        results: of all shards.
        common: names of the models whose table has the same rows in every shard.
    """
    return tuple(
        _united(named, _timings(node, results), is_common=node.name in common)
        for node, named in _named(stage)
    )


def failed_nodes(
    stage: CompiledStage, canonical: str, error: Exception, results: Sequence[ShardResult] = ()
) -> tuple[ShardedNode, ...]:
    """Return what came of the models of a stage that failed: nothing of it is in the database.

    Args:
        stage: its models.
        canonical: the model that is blamed where none was named.
        error: what went wrong.
        results: of the shards, as far as they came.
    """
    blamed = {
        failure.model: (failure.message, f"shard {failure.shard.index}")
        for failure in (result.failure for result in reversed(results))
        if failure and failure.model
    } or {canonical: (str(error), "shards")}
    return tuple(
        replace(
            named,
            status="error" if node.name in blamed else "skipped",
            message=blamed.get(node.name, ("", ""))[0],
            thread=blamed.get(node.name, ("", "shards"))[1],
            seconds=sum(timing.seconds for _, timing in _timings(node, results)),
        )
        for node, named in _named(stage)
    )


def _named(stage: CompiledStage) -> Iterator[tuple[StageNode, ShardedNode]]:
    """Yield the models that dbt would have run; an ephemeral one is part of those that read it."""
    sql = unsharded_sql(stage)
    for node in stage.nodes:
        if node.unique_id in stage.built and not node.is_ephemeral:
            yield (
                node,
                ShardedNode(
                    unique_id=node.unique_id,
                    path=node.path,
                    sql=sql[node.unique_id],
                    relation_name=qualified(*node.relation),
                    status="success",
                    message="",
                    thread="",
                    seconds=0.0,
                ),
            )


def _timings(node: StageNode, results: Sequence[ShardResult]) -> list[tuple[int, ModelTiming]]:
    return [
        (result.shard.index, timing)
        for result in results
        for timing in result.models
        if timing.model == node.name
    ]


def _united(
    named: ShardedNode, timings: Sequence[tuple[int, ModelTiming]], *, is_common: bool
) -> ShardedNode:
    slowest, longest = max(timings, key=lambda each: each[1].seconds)
    counts = [timing.rows for _, timing in timings if timing.rows is not None]
    started = min(timing.started for _, timing in timings)
    ended = max(timing.started + timing.seconds for _, timing in timings)
    return replace(
        named,
        message=f"{len(timings)} shards",
        thread=f"shard {slowest}",
        seconds=sum(timing.seconds for _, timing in timings),
        rows=(longest.rows if is_common else sum(counts)) if counts else None,
        started_at=_instant(started),
        ended_at=_instant(ended),
        shards=tuple((place, timing.seconds, timing.rows) for place, timing in timings),
    )


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
