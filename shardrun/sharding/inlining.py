"""Ephemeral models put into the SQL of those that read them, as dbt inlines them.

dbt parses the whole statement to find its own WITH, 0.6 s on the bundled events; here it is left as
it is, in parentheses. As views DuckDB would bind each of them again for every one that reads it,
which took half of a small shard's time. It must never look into the text beyond the names of
ephemeral models.
"""

from __future__ import annotations

from collections.abc import Mapping

from shardrun.database.connection import qualified
from shardrun.dbt_runner.compiled import CompiledStage


def inlined_sql(
    stage: CompiledStage, sql: Mapping[str, str], *, apart: bool = False
) -> Mapping[str, str]:
    """Return the SQL of the models that become a table or view, by unique_id, in their order.

    Args:
        stage: its models.
        sql: of each of them, by unique_id, for one set of vars.
        apart: whether ephemeral models become tables too, and those that read one read its table.
    """
    models: dict[str, str] = {}
    inlined: dict[str, str] = {}
    for node in stage.nodes:
        text = sql[node.unique_id]
        if apart or not node.is_ephemeral:
            models[node.unique_id] = _with_inlined(text, inlined)
        if node.is_ephemeral:
            inlined[node.cte_name] = f"select * from {qualified(*node.relation)}" if apart else text
    return models


def _with_inlined(sql: str, inlined: dict[str, str]) -> str:
    """Return a statement with the ephemeral models that it reads before it.

    Args:
        sql: the statement.
        inlined: the SQL of ephemeral models by the name that readers have for them, each after
            those that it reads.
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
