"""How the tests ask for a verdict: models in the corpus's notation, compiled as dbt would.

Owns the tables' names and files. It must never judge a verdict.
"""

from __future__ import annotations

from pathlib import Path

from shardrun.shard_safety import CompiledModel, StageVerdict, analyze_stage
from tests.unit.shard_safety.corpus import INPUTS, KEYS, rendered


def model(name: str, sql: str, *, is_ephemeral: bool = False) -> CompiledModel:
    """Return a model whose SQL is in the corpus's notation."""
    return CompiledModel(
        name=name,
        relation=None if is_ephemeral else f'"db"."main"."{name}"',
        sql=rendered(sql, 0, 2),
        other_shard_sql=rendered(sql, 1, 2),
        unsharded_sql=rendered(sql),
        path=Path(f"models/{name}.sql"),
        compiled_path=Path(f"target/{name}.sql"),
    )


def verdict_of(*models: CompiledModel) -> StageVerdict:
    """Return the verdict on a stage whose canonical table is ``events``."""
    return analyze_stage(models, inputs=INPUTS, keys=KEYS, canonical="events")


def verdict_on(sql: str) -> StageVerdict:
    """Return the verdict on a stage of one model."""
    return verdict_of(model("events", sql))
