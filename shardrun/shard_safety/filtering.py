"""The WHERE: how it changes whose rows there are.

Owns the three ways: the shard's filter narrows to the shard; ``key in (select key ...)`` of a
narrowed query does too; and a key that must equal the one of the row outside leaves a subquery with
the rows of one entity, so that whatever it does with them is decided by that entity alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from shardrun.shard_safety.expressions import Expressions
from shardrun.shard_safety.findings import Findings
from shardrun.shard_safety.relations import Refusal, Spread
from shardrun.shard_safety.syntax import (
    AnyExpression,
    ColumnRef,
    Comparison,
    Node,
    NotUnderstood,
    ShardFilter,
    Star,
    Subquery,
    Window,
    children_of,
)

_FILTER_WITHOUT_KEY = Refusal(
    "the shard's filter reads something else than one key column of the rows that it filters",
    "Filter a table that has <key> with shardrun.shard_filter on that column alone.",
)
_OTHER_ROWS = Refusal(
    "a subquery asks a table that is restricted to this shard about rows of every shard",
    "Restrict the query around it with shardrun.shard_filter too.",
)


def filtered(
    where: Sequence[AnyExpression],
    shard_filter: ShardFilter | None,
    expressions: Expressions,
    findings: Findings,
) -> Spread:
    """Return the spread of the rows that a WHERE keeps.

    Args:
        where: its conditions but the shard's.
        shard_filter: the conditions that differ from shard to shard.
        expressions: the query's expressions, as before the WHERE.
        findings: where refusals go.
    """
    spread = expressions.scope.sources.spread
    if shard_filter is not None:
        spread = _narrowed(shard_filter, expressions, findings)
    if spread is Spread.WHOLE and any(_keeps_own(each, expressions) for each in where):
        spread = Spread.NARROWED
    if spread.is_keyed:
        for condition in where:
            if (around := _pinned_to(condition, expressions)) is not None:
                if spread is Spread.NARROWED and around is Spread.WHOLE:
                    findings.refuse(_OTHER_ROWS, condition)
                    return Spread.UNPROVEN
                return Spread.EVERYWHERE
        if any(s.sources.spread is Spread.UNPROVEN for s in expressions.scope.outwards()):
            # it may be tied to a row of which nothing is known
            return Spread.UNPROVEN
    return spread


def _narrowed(shard_filter: ShardFilter, expressions: Expressions, findings: Findings) -> Spread:
    spread = expressions.scope.sources.spread
    if spread is Spread.UNPROVEN:
        return spread
    conditions = shard_filter.conditions
    expressions.values(conditions)
    found = [expressions.column(name) for each in conditions for name in _column_refs(each)]
    keys = {
        each.column.key
        if each and each.scope is expressions.scope and each.column.names_entity
        else None
        for each in found
    }
    if len(keys) != 1 or None in keys or any(_looks_elsewhere(each) for each in conditions):
        findings.refuse(_FILTER_WITHOUT_KEY, shard_filter)
        return Spread.UNPROVEN
    findings.add_filter(str(keys.pop()), shard_filter)
    return Spread.NARROWED


def _keeps_own(condition: AnyExpression, expressions: Expressions) -> bool:
    if not isinstance(condition, Subquery):
        return False
    relation = expressions.relation_in(condition)
    return relation.spread is Spread.NARROWED and expressions.selects_own_rows(condition, relation)


def _pinned_to(condition: AnyExpression, expressions: Expressions) -> Spread | None:
    """Return the spread of the query outside to whose row's key the condition ties the rows."""
    if not isinstance(condition, Comparison) or condition.operator != "COMPARE_EQUAL":
        return None
    sides = (condition.left, condition.right)
    for inner, outer in (sides, sides[::-1]):
        own, around = expressions.column(inner), expressions.column(outer)
        if own is None or around is None:
            continue
        if own.scope is not expressions.scope or around.scope is expressions.scope:
            continue
        if own.column.same_entity_as(around.column) and around.scope.sources.spread.is_keyed:
            return around.scope.sources.spread
    return None


def _column_refs(node: Node) -> list[ColumnRef]:
    if isinstance(node, ColumnRef):
        return [node]
    return [each for child in children_of(node) for each in _column_refs(child)]


def _looks_elsewhere(node: Node) -> bool:
    if isinstance(node, Subquery | Window | Star | NotUnderstood):
        return True
    return any(_looks_elsewhere(child) for child in children_of(node))
