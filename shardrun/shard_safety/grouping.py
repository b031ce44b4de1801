"""GROUP BY and DISTINCT: do rows of several entities come together in one?

Owns these rules. It must never look into expressions itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shardrun.shard_safety.expressions import Expressions
from shardrun.shard_safety.findings import Findings
from shardrun.shard_safety.relations import Column, Refusal
from shardrun.shard_safety.syntax import AnyExpression, ColumnRef, Constant, Query, Select, Star

_AGGREGATE = Refusal(
    "{}() takes in the rows of several <key>",
    "Add <key> to the group by, or move the aggregate into a FOUNDATION model.",
)
_GROUP = Refusal(
    "group by without <key> brings together the rows of several <key>",
    "Add <key> to the group by, or group in a FOUNDATION model.",
)
_DISTINCT = Refusal(
    "distinct without <key> brings together the rows of several <key>",
    "Keep <key> among its columns, or move it into a FOUNDATION model.",
)
_UNORDERED_DISTINCT = Refusal(
    "distinct on without order by keeps any row, another one in every run",
    "Give it an order by that ends in a unique key.",
)
_LIMIT = Refusal(
    "limit counts the rows of several <key>",
    "Rank the rows of one <key> with row_number() over (partition by <key> order by ...), or move "
    "the limit into a FOUNDATION model.",
)
# join filters that DuckDB 1.5 pushes below LIMIT hang on what the shard holds: duckdb issue 22924
_LIMIT_BELOW_JOIN = Refusal(
    "limit keeps other rows where DuckDB 1.5 first filters by the rows that it is joined with",
    "Rank the rows with row_number() and filter by that, or move the limit into a FOUNDATION "
    "model.",
)


def grouped(
    select: Select, columns: Sequence[Column], expressions: Expressions, findings: Findings
) -> tuple[Column, ...]:
    """Check the groups of a SELECT and return its columns as the groups leave them.

    Args:
        select: the SELECT, all of whose expressions have been looked at.
        columns: its select list.
        expressions: its expressions.
        findings: where refusals go.
    """
    is_grouped = bool(select.groups or select.group_sets or select.group_all or select.having)
    if not (is_grouped or expressions.aggregates):
        return tuple(columns)
    groups = [_group(each, select, expressions) for each in select.groups]
    sets = select.group_sets or (tuple(range(len(groups))),)
    in_all = set.intersection(*(set(each) for each in sets))
    by_entity = any(groups[place].names_entity for place in in_all)
    by_entity |= select.group_all and any(column.names_entity for column in columns)
    if expressions.scope.sources.spread.is_keyed and not by_entity:
        if expressions.aggregates:
            first = expressions.aggregates[0]
            shown = Refusal(_AGGREGATE.reason.format(first.name), _AGGREGATE.advice)
            findings.refuse(shown, first, *select.items)
        else:
            findings.refuse(_GROUP, *select.groups, *select.items)
    if len(sets) == 1:
        return tuple(columns)
    # a column that some of the sets leave out is null there
    kept = [replace(select.groups[place], alias="") for place in in_all]
    names = [replace(item, alias="") in kept for item in select.items]
    if any(isinstance(item, Star) for item in select.items):
        names = [False] * len(columns)
    return tuple(c if keep else c.without_key() for c, keep in zip(columns, names, strict=False))


def check_ends(
    query: Query, columns: Sequence[Column], expressions: Expressions, findings: Findings
) -> None:
    """Check DISTINCT, ORDER BY and LIMIT of a query.

    Args:
        query: the query.
        columns: its columns.
        expressions: what its ORDER BY can name.
        findings: where refusals go.
    """
    is_keyed = expressions.scope.sources.spread.is_keyed
    expressions.order(query.order)
    expressions.values(query.limits)
    if query.distinct is not None:
        targets = [_target(each, columns, expressions) for each in query.distinct] or columns
        if query.distinct and not query.order:
            findings.refuse(_UNORDERED_DISTINCT, *query.distinct)
        if is_keyed and not any(target.names_entity for target in targets):
            findings.refuse(_DISTINCT, *query.distinct, query)
    if query.limits:
        findings.refuse(_LIMIT if is_keyed else _LIMIT_BELOW_JOIN, *query.limits)


def _target(target: AnyExpression, columns: Sequence[Column], expressions: Expressions) -> Column:
    """Return what DISTINCT ON means: a place, else a column of the result, else any expression."""
    value = expressions.value(target)
    if isinstance(target, Constant) and target.kind == "integer":
        return columns[int(target.text) - 1] if int(target.text) <= len(columns) else Column()
    if isinstance(target, ColumnRef) and len(target.names) == 1:
        named = (c for c in columns if c.name.lower() == target.names[0].lower())
        return next(named, value)
    return value


def _group(group: AnyExpression, select: Select, expressions: Expressions) -> Column:
    if isinstance(group, Constant) and group.kind == "integer":
        place = int(group.text) - 1
        is_item = place < len(select.items)
        if not is_item or any(isinstance(item, Star) for item in select.items):
            return Column()
        return expressions.value(select.items[place])
    return expressions.value(group)
