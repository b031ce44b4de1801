"""What of a model's dbt config the sharded path honours, and what it refuses.

Owns these rules. A shard runs a model's SQL and nothing else; what dbt would do around it has to
be refused, so that nobody relies on it. It must never read a manifest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shardrun.model_facts import ModelFacts
from shardrun.shard_safety.verdict import Violation

_WITHIN_A_YEAR = ("ephemeral", "table", "view")


def check_models(
    models: Sequence[ModelFacts], *, canonical: str, run_hooks: Sequence[str] = ()
) -> tuple[Violation, ...]:
    """Return what the sharded path would not honour.

    Args:
        models: all models of the stage.
        canonical: the name of the one whose table the shards' rows go to.
        run_hooks: what dbt runs around every command of the project.
    """
    paths = {model.name: model.path for model in models}
    around = tuple(
        Violation(
            *(canonical, paths.get(canonical), None, None, None),
            f"dbt runs {hook} with every command, and a stage in shards is none",
            "Make its SQL a hook of a model of another stage.",
        )
        for hook in run_hooks
    )
    return around + tuple(
        Violation(model.name, model.path, None, None, None, reason, advice)
        for model in models
        for reason, advice in _reasons(model, is_canonical=model.name == canonical)
    )


def _reasons(model: ModelFacts, *, is_canonical: bool) -> Iterator[tuple[str, str]]:
    if model.language != "sql":
        yield (
            f"it is written in {model.language}, and a shard runs SQL alone",
            "Write it in SQL, or move it into a FOUNDATION model.",
        )
    for is_there, name in ((model.has_pre_hooks, "pre-hook"), (model.has_post_hooks, "post-hook")):
        if is_there:
            yield (
                f"it has a {name}, which a shard does not run",
                "Make its SQL part of a model, or hook it to a model of another stage.",
            )
    if model.contract_enforced:
        yield (
            "it enforces a contract, which a shard does not check",
            "Leave the contract off and check the table with data tests.",
        )
    if model.uses_is_incremental:
        yield (
            "it asks is_incremental(), which has no meaning in a shard: its table is not there",
            "Write the SQL of one period, the same every time.",
        )
    if is_canonical:
        yield from _canonical(model)
    elif model.materialized == "incremental":
        yield from _by_period(model)
    elif model.materialized not in _WITHIN_A_YEAR:
        yield (
            f"it is materialized as {model.materialized}, which a shard does not know",
            "Make it ephemeral, a view or a table.",
        )


def _canonical(model: ModelFacts) -> Iterator[tuple[str, str]]:
    if model.materialized == "incremental":
        yield from _by_period(model)
    elif model.materialized != "table":
        yield (
            f"it is materialized as {model.materialized}, and a union of shards writes a table",
            "Make it a table; or, to keep earlier periods, incremental with "
            "incremental_strategy='delete+insert'.",
        )


def _by_period(model: ModelFacts) -> Iterator[tuple[str, str]]:
    if model.incremental_strategy != "delete+insert":
        strategy = f" by {model.incremental_strategy}" if model.incremental_strategy else ""
        yield (
            f"it is materialized as {model.materialized}{strategy}, and the union of the shards "
            "replaces one period of its table",
            "Make it incremental with incremental_strategy='delete+insert'.",
        )
