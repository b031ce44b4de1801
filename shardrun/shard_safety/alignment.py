"""What a model's SQL says for every shard alike, and what only for one.

Owns the comparison of the three compilations. The one thing in which they may differ are whole
conditions of a WHERE: those are the shard's filter. It must never judge whether that filter is a
good one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, cast

from shardrun.shard_safety.syntax import (
    AnyExpression,
    AnyQuery,
    Constant,
    Node,
    Select,
    ShardFilter,
    Subquery,
    children_of,
    position_of,
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A piece of SQL that is not the same in all compilations, and no condition of a WHERE.

    Attributes:
        at: its offset in the first shard's SQL, if known.
        between_shards: two shards differ; else both differ from the SQL without shards.
    """

    at: int | None
    between_shards: bool


def align(
    first: AnyQuery, second: AnyQuery, unsharded: AnyQuery
) -> tuple[AnyQuery, tuple[Difference, ...]]:
    """Return the first shard's tree with its filters set apart, and what else differs.

    Args:
        first: the SQL for one shard.
        second: the same for another shard.
        unsharded: the same for the default path.
    """
    alignment = _Alignment()
    aligned = alignment.node(first, second, unsharded)
    return cast(AnyQuery, aligned), tuple(alignment.differences)


class _Alignment:
    def __init__(self) -> None:
        self.differences: list[Difference] = []

    def node(self, first: Node, second: Node, unsharded: Node) -> Node:
        if first == second == unsharded:
            return first
        if not type(first) is type(second) is type(unsharded):
            return self._differ(first, between_shards=type(first) is not type(second))
        changes: dict[str, Any] = {}
        for each in fields(first):
            if not each.compare or (isinstance(first, Select) and each.name == "where"):
                continue
            values = [getattr(node, each.name) for node in (first, second, unsharded)]
            changes[each.name] = self._value(first, *values)
        if isinstance(first, Select):
            others = cast(Select, second).where, cast(Select, unsharded).where
            changes["where"], changes["shard_filter"] = self._where(first.where, *others)
        return replace(first, **changes)

    def _value(self, holder: Node, first: object, second: object, unsharded: object) -> object:
        if isinstance(first, Node) and isinstance(second, Node) and isinstance(unsharded, Node):
            return self.node(first, second, unsharded)
        if isinstance(first, tuple) and isinstance(second, tuple) and isinstance(unsharded, tuple):
            if len(first) == len(second) == len(unsharded):
                return tuple(
                    self._value(holder, *each)
                    for each in zip(first, second, unsharded, strict=True)
                )
            self._differ(holder, between_shards=len(first) != len(second))
        elif not first == second == unsharded:
            self._differ(holder, between_shards=first != second)
        return first

    def _where(
        self,
        first: Sequence[AnyExpression],
        second: Sequence[AnyExpression],
        unsharded: Sequence[AnyExpression],
    ) -> tuple[tuple[AnyExpression, ...], ShardFilter | None]:
        """Return the conditions that all have, and those by which the shards differ."""
        of_first, of_second, of_all = (_that_say_something(w) for w in (first, second, unsharded))
        shared, of_first, of_second = _in_both(of_first, of_second)
        both, only_sharded, of_all = _in_both(shared, of_all)
        # a subquery may have a filter of its own within
        inner = [_with_subquery(conditions) for conditions in (of_first, of_second, of_all)]
        if len(inner[0]) == len(inner[1]) == len(inner[2]):
            for conditions, paired in zip((of_first, of_second, of_all), inner, strict=True):
                conditions[:] = [each for each in conditions if each not in paired]
            aligned = (self.node(*each) for each in zip(*inner, strict=True))
            both.extend(cast(AnyExpression, condition) for condition in aligned)
        if only_sharded or (of_all and not (of_first or of_second)):
            at = next((position_of(each) for each in (*only_sharded, *both)), None)
            self.differences.append(Difference(at, between_shards=False))
            of_all = []
        if not of_first and not of_second:
            return tuple(both), None
        at = next((position_of(condition) for condition in of_first), None)
        return tuple(both), ShardFilter(
            at=at, first=tuple(of_first), second=tuple(of_second), unsharded=tuple(of_all)
        )

    def _differ(self, node: Node, *, between_shards: bool) -> Node:
        self.differences.append(Difference(position_of(node), between_shards))
        return node


def _that_say_something(conditions: Sequence[AnyExpression]) -> list[AnyExpression]:
    return [
        each
        for each in conditions
        if not (isinstance(each, Constant) and (each.kind, each.text) == ("boolean", "true"))
    ]


def _in_both(
    first: Sequence[AnyExpression], second: Sequence[AnyExpression]
) -> tuple[list[AnyExpression], list[AnyExpression], list[AnyExpression]]:
    """Return what is in both, only in the first, only in the second."""
    both, only_first, only_second = [], [], list(second)
    for condition in first:
        if condition in only_second:
            only_second.remove(condition)
            both.append(condition)
        else:
            only_first.append(condition)
    return both, only_first, only_second


def _with_subquery(conditions: Sequence[AnyExpression]) -> list[AnyExpression]:
    return [each for each in conditions if _has_subquery(each)]


def _has_subquery(node: Node) -> bool:
    return isinstance(node, Subquery) or any(_has_subquery(child) for child in children_of(node))
