"""What the rows of the stage's canonical table must be.

Owns this one check: the shards' rows together must be those of the default path.
"""

from __future__ import annotations

from collections.abc import Sequence

from shardrun.shard_safety.findings import Findings
from shardrun.shard_safety.relations import Refusal, Relation, Spread
from shardrun.shard_safety.syntax import AnyQuery, Node, Select, SetOperation

_NOT_KEYED = Refusal(
    "its rows belong to no <key>, so every shard would write all of them",
    "Read a table that has <key>, or make the model part of another stage.",
)
_NOT_NARROWED = Refusal(
    "it is not restricted to the shard, so every shard would write all of its rows",
    "Put shardrun.shard_filter in the where of the tables with <key> that it starts from; or call "
    "it nowhere, and start from tables that carry the shard key.",
)
_NO_KEY_COLUMN = Refusal(
    "it keeps no key column, so its rows can't be told to be the shard's own",
    "Keep <key> among its columns, under that name.",
)
_OTHER_KEY = Refusal(
    "its column {} is not the one of the entity that the row belongs to",
    "Give the column another name, or take it from the table whose rows these are.",
)


def check_result(
    tree: AnyQuery, relation: Relation, keys: Sequence[str], findings: Findings
) -> None:
    """Check what is known of the canonical table's rows.

    Args:
        tree: the query that makes them.
        relation: what is known of them.
        keys: the names of the key columns.
        findings: where refusals go.
    """
    place = _last_part(tree)
    if relation.spread is Spread.EVERYWHERE:
        findings.refuse(_NOT_KEYED, place)
    elif relation.spread is Spread.WHOLE:
        findings.refuse(_NOT_NARROWED, place)
    if not relation.spread.is_keyed:
        return
    named = [column for column in relation.columns if column.name.lower() in keys]
    for column in named:
        if column.key != column.name.lower() or not column.names_entity:
            reason = _OTHER_KEY.reason.format(column.name)
            findings.refuse(Refusal(reason, _OTHER_KEY.advice), place)
    if not named:
        findings.refuse(_NO_KEY_COLUMN, place)


def _last_part(tree: AnyQuery) -> Node:
    """Return the part of a query that gives its columns, without what WITH puts before it."""
    if isinstance(tree, Select) and tree.items:
        return tree.items[0]
    if isinstance(tree, SetOperation):
        return _last_part(tree.children[0])
    return tree
