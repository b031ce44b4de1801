"""How a stage's rows are shared out among its shards, and who sees to it.

Models that call shardrun.shard_filter restrict themselves to a range of a stored key. Where none
does, each shard finds in the tables that carry the shard key only the rows whose key falls to it by
the hash of its text, as in the macro ``hash_shard``; no model has to be edited. It must never look
at rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from shardrun.config.workflow import EventTable
from shardrun.dbt_runner.compiled import CompiledStage, RelationName
from shardrun.shard_safety import Violation
from shardrun.sharding.shards import Shard
from shardrun.sharding.table_columns import TableColumns
from shardrun.sql import quote_identifier

_WHOLE_NUMBERS = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
    | {"UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
)
_HASHABLE = _WHOLE_NUMBERS | {"VARCHAR", "UUID", "DATE", "BOOLEAN", "DECIMAL"}
"""Types of which equal values have equal texts, whatever the settings."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Who gives a shard its rows.

    Attributes:
        key: the shard key's column.
        inputs: the tables of which a shard finds only its own rows; none where models filter.
        by_models: whether the models restrict themselves to the shard.
    """

    key: str
    inputs: frozenset[RelationName]
    by_models: bool

    @property
    def key_expression(self) -> str:
        """The SQL of the 64-bit number that shards are ranges of."""
        key = quote_identifier(self.key)
        # rows without a key belong together, and to somebody
        return key if self.by_models else f"coalesce(md5_number_upper({key}::varchar), 0)"

    def condition(self, shard: Shard) -> str:
        """Return the SQL condition that keeps the rows of a shard."""
        return shard.condition(self.key_expression)


def find_narrowing(
    stage: CompiledStage, halves: Sequence[int], columns: TableColumns, table: EventTable
) -> Narrowing:
    """Return how the rows of a stage are shared out.

    Args:
        stage: compiled for both halves, among others.
        halves: the places of these two in ``stage.sql``.
        columns: of the stage's inputs.
        table: its canonical table.
    """
    first, second = (stage.sql[place] for place in halves)
    by_models = first != second
    catalog = next((n.relation.database for n in stage.nodes if n.name == table.model), None)
    carrying = {
        name
        for name in stage.inputs
        if name.database == catalog
        and name not in stage.behind_views
        and _key_type(columns, name, table.shard_key) is not None
    }
    return Narrowing(table.shard_key, frozenset() if by_models else frozenset(carrying), by_models)


def check_keys(
    narrowing: Narrowing, columns: TableColumns, collation: str, model: str, path: Path
) -> Iterator[Violation]:
    """Yield why equal keys could fall to different shards.

    Args:
        narrowing: of a stage.
        columns: of its inputs.
        collation: by which the session compares texts; empty where as they are.
        model: the name of its canonical model.
        path: that model's file.
    """
    if collation:
        yield Violation(
            *(model, path, None, None, None),
            f"the profile sets default_collation to {collation}, so that keys with different texts "
            "may be equal, and would fall to different shards",
            "Name the collation in the models that need it, and leave the setting out.",
        )
    types = {
        ".".join(name[1:]): str(_key_type(columns, name, narrowing.key))
        for name in sorted(narrowing.inputs)
    }
    for name, data_type in types.items():
        if data_type.partition("(")[0] not in _HASHABLE:
            yield Violation(
                *(model, path, None, None, None),
                f"{name} has a {narrowing.key} of type {data_type}, whose equal values may have "
                "different texts, so that they would fall to different shards",
                "Cast it to a whole number, VARCHAR, UUID or DATE in a model of a stage before.",
            )
    kinds = {"a whole number" if t in _WHOLE_NUMBERS else t for t in types.values()}
    if len(kinds) > 1:
        listed = ", ".join(f"{data_type} in {name}" for name, data_type in types.items())
        yield Violation(
            *(model, path, None, None, None),
            f"{narrowing.key} is {listed}; equal keys would fall to different shards",
            "Cast it to one type in models of a stage before.",
        )


def _key_type(columns: TableColumns, name: RelationName, key: str) -> str | None:
    types = {column.lower(): data_type for column, data_type in columns.get(name, {}).items()}
    return types.get(key.lower())
