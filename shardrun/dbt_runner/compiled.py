"""The models of a stage as dbt compiled them, as data: SQL for each of several sets of vars.

Ephemeral models are not inlined: their readers name them as dbt does, by
:attr:`StageNode.cte_name`. It must never import dbt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from shardrun.model_facts import ModelFacts


class RelationName(NamedTuple):
    """Where a table or view is."""

    database: str
    schema: str
    identifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageNode(ModelFacts):
    """One model.

    Attributes:
        unique_id: dbt's name for it.
        relation: what it builds, or would build if it were not ephemeral.
    """

    unique_id: str
    relation: RelationName

    @property
    def is_ephemeral(self) -> bool:
        """Whether it builds nothing of its own."""
        return self.materialized == "ephemeral"

    @property
    def cte_name(self) -> str:
        """What the SQL of its readers calls it if it is ephemeral."""
        return f"__dbt__cte__{self.relation.identifier}"


@dataclass(frozen=True, slots=True)
class CompiledStage:
    """A stage.

    Attributes:
        nodes: its models, and the ephemeral models of other stages that they read, each after
            those that it reads.
        inputs: what these read of what other stages build, sources and seeds among it, each after
            those that it reads as a view.
        behind_views: those of the inputs that are read through a view among them.
        built: unique_ids of the stage's own models, without what they inline of others.
        sql: for each set of vars that was asked for, the SQL of each node by its unique_id.
        run_hooks: what dbt runs around every command, such as `on-run-start of shop`.
    """

    nodes: tuple[StageNode, ...]
    inputs: tuple[RelationName, ...]
    behind_views: frozenset[RelationName]
    built: frozenset[str]
    sql: tuple[Mapping[str, str], ...]
    run_hooks: tuple[str, ...] = ()
