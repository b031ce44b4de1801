"""The FROM: what rows and columns its tables and joins bring together.

Owns how joins change the spread and the columns. It must never look at the rest of the query, but
for equalities in the WHERE, which link tables as an ON does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from shardrun.shard_safety import file_reads, functions
from shardrun.shard_safety.expressions import Expressions, Queries, not_understood
from shardrun.shard_safety.findings import Findings, NamedQuery
from shardrun.shard_safety.relations import (
    Column,
    Refusal,
    Relation,
    Spread,
    coalesced,
    joined,
    renamed,
)
from shardrun.shard_safety.scope import UNKNOWN, Presence, Scope, Source, Sources
from shardrun.shard_safety.syntax import (
    COALESCE,
    AnyExpression,
    AnyRelation,
    Call,
    ColumnRef,
    Comparison,
    Compound,
    Derived,
    Join,
    NoTable,
    NotUnderstood,
    Table,
    TableFunction,
    Values,
)

_KINDS = ("INNER", "LEFT", "RIGHT", "OUTER", "FULL", "SEMI", "ANTI")
_FORMS = ("REGULAR", "CROSS", "NATURAL")


class Tables(Protocol):
    """What knows the tables of the database."""

    def read(self, table: Table, findings: Findings) -> Relation | Refusal:
        """Return what is known of a table, or why it may not be read."""


@dataclass(frozen=True, slots=True)
class FromClause:
    """The FROM of one query.

    Attributes:
        queries: analyses the queries in it.
        findings: where refusals go.
        tables: the tables of the database.
        ctes: the WITH entries it can read.
    """

    queries: Queries
    findings: Findings
    tables: Tables
    ctes: Mapping[str, NamedQuery]

    def sources(
        self, node: AnyRelation, outer: Scope | None, where: Sequence[AnyExpression]
    ) -> Sources:
        """Return what a relation of the FROM brings.

        Args:
            node: the relation.
            outer: what it may refer to: queries around it, and tables to its left.
            where: conditions that hold for every row of it that is kept.
        """
        match node:
            case Table():
                return self._table(node)
            case Derived():
                relation = self.queries.relation_of(node.query, self.ctes, outer)
                return _named(relation, node.alias, node.column_aliases)
            case TableFunction():
                return self._table_function(node, outer)
            case Values():
                return self._values(node, outer)
            case NoTable():
                return Sources(Spread.EVERYWHERE)
            case Join():
                return self._join(node, outer, where)
            case NotUnderstood():
                self.findings.refuse(not_understood(node), node)
                return _unproven(node.alias)
            case _:
                raise TypeError(f"no rule for {type(node).__name__}")

    def _table(self, node: Table) -> Sources:
        alias = node.alias or node.name
        if not node.schema and (named := self.ctes.get(node.name.lower())):
            return _named(self.findings.use(named), alias, node.column_aliases)
        known = self.tables.read(node, self.findings)
        if isinstance(known, Refusal):
            self.findings.refuse(known, node)
            return _unproven(alias)
        return _named(known, alias, node.column_aliases)

    def _table_function(self, node: TableFunction, outer: Scope | None) -> Sources:
        call = node.call
        if not isinstance(call, Call) or call.schema:
            what = call.what if isinstance(call, NotUnderstood) else "this table function"
            self.findings.refuse(not_understood(NotUnderstood(what=what)), node)
            return _unproven(node.alias)
        self._expressions(Sources(Spread.EVERYWHERE), outer).values(call.arguments)
        alias = node.alias or call.name
        if call.name in functions.FILE_TABLES:
            self.findings.refuse(file_reads.outside(f"files by {call.name}()"), node)
            return _unproven(alias)
        if call.name in functions.OTHER_TABLES:
            relation = Relation(Spread.EVERYWHERE, (), is_open=True)
        elif call.name in functions.ONE_COLUMN_TABLES:
            spreads_structs = any(argument.alias for argument in call.arguments)
            columns = () if spreads_structs else (Column(name=alias),)
            relation = Relation(Spread.EVERYWHERE, columns, is_open=spreads_structs)
        else:
            self.findings.refuse(functions.refusal_of(call.name, f"{call.name}()"), node)
            return _unproven(alias)
        return _named(relation, alias, node.column_aliases)

    def _values(self, node: Values, outer: Scope | None) -> Sources:
        expressions = self._expressions(Sources(Spread.EVERYWHERE), outer)
        rows = [expressions.values(row) for row in node.rows]
        columns = tuple(
            Column(name=f"col{place}", is_exact=all(value.is_exact for value in values))
            for place, values in enumerate(zip(*rows, strict=True))
        )
        return _named(Relation(Spread.EVERYWHERE, columns), node.alias, node.column_aliases)

    def _join(self, node: Join, outer: Scope | None, where: Sequence[AnyExpression]) -> Sources:
        kind = "FULL" if node.kind == "OUTER" else node.kind
        keeps_left, keeps_right = kind not in ("RIGHT", "FULL"), kind in ("INNER", "RIGHT")
        left = self.sources(node.left, outer, where if keeps_left else ())
        beside = Scope(left, self.ctes, outer)
        right = self.sources(node.right, beside, where if keeps_right else ())
        if node.kind not in _KINDS or node.form not in _FORMS:
            what = f"{'an' if node.form[0] in 'AEIOU' else 'a'} {node.form.lower()} join"
            refusal = not_understood(NotUnderstood(what=what))
            self.findings.refuse(refusal, node.right, node)
            return _unproven(*(table.alias for table in (*left.tables, *right.tables)))
        using = node.using if node.form != "NATURAL" else _in_both(left, right)
        pairs = [(left.named(name) or UNKNOWN, right.named(name) or UNKNOWN) for name in using]
        conditions = _conditions(node.condition) + (list(where) if kind == "INNER" else [])
        pairs += _equal_columns(conditions, left, right)
        is_linked = any(one.same_entity_as(other) for one, other in pairs)
        result = joined(kind, left.spread, right.spread, is_linked=is_linked)
        spread = self.findings.settle(result, node.right, node)
        both = _beside_each_other(kind, left, right, using)
        if node.condition:
            # evaluated before it is known which rows stay: nothing in it may hang on the shard
            seen = Sources(Spread.EVERYWHERE, left.tables + right.tables).without_keys()
            self._expressions(seen, outer).value(node.condition)
        return Sources(spread, both, _present(kind, left, right))

    def _expressions(self, sources: Sources, outer: Scope | None) -> Expressions:
        return Expressions(self.queries, self.findings, Scope(sources, self.ctes, outer))


def _beside_each_other(
    kind: str, left: Sources, right: Sources, using: Sequence[str]
) -> tuple[Source, ...]:
    """Return the tables of both sides with the columns that the join leaves them."""
    if kind in ("SEMI", "ANTI"):
        return left.tables
    shared = {name.lower(): _shared_column(kind, left, right, name) for name in using}
    if kind in ("RIGHT", "FULL"):
        left = left.which_may_be_null()
    if kind in ("LEFT", "FULL"):
        right = right.which_may_be_null()
    shown_left = tuple(
        replace(table, shown=tuple(shared.get(c.name.lower(), c) for c in table.shown))
        for table in left.tables
    )
    shown_right = tuple(
        replace(table, shown=tuple(c for c in table.shown if c.name.lower() not in shared))
        for table in right.tables
    )
    return shown_left + shown_right


def _present(kind: str, left: Sources, right: Sources) -> frozenset[Presence]:
    """Return which columns together name the entity of every row of a join."""
    match kind:
        case "INNER":
            return left.present | right.present
        case "RIGHT":
            return right.present
        case "FULL":
            return frozenset(
                (key, columns | others)
                for key, columns in left.present
                for other_key, others in right.present
                if key == other_key
            )
        case _:
            return left.present


def _shared_column(kind: str, left: Sources, right: Sources, name: str) -> Column:
    """Return the one column that USING makes of two."""
    one, other = left.named(name) or UNKNOWN, right.named(name) or UNKNOWN
    is_exact = one.is_exact and other.is_exact
    match kind:
        case "INNER":
            chosen = one if one.names_entity or not other.names_entity else other
        case "LEFT":
            chosen = one
        case "RIGHT":
            chosen = other
        case _:
            chosen = one if one.same_entity_as(other) and other.names_entity else UNKNOWN
    return replace(chosen, name=one.name or name, is_exact=is_exact)


def _equal_columns(
    conditions: Sequence[AnyExpression], left: Sources, right: Sources
) -> list[tuple[Column, Column]]:
    """Return the columns of left and right that the conditions ask to be equal."""
    pairs = []
    for condition in conditions:
        if not isinstance(condition, Comparison) or condition.operator != "COMPARE_EQUAL":
            continue
        sides = (condition.left, condition.right)
        for one, other in (sides, sides[::-1]):
            pairs.append((_column(one, left), _column(other, right)))
    return pairs


def _column(node: AnyExpression, sources: Sources) -> Column:
    """Return what is known of a column of one side of a join, or of the first that is not null."""
    if isinstance(node, ColumnRef):
        return sources.lookup(node.names) or UNKNOWN
    if isinstance(node, Compound) and node.kind == COALESCE:
        return coalesced([_column(child, sources) for child in node.children])
    return UNKNOWN


def _conditions(condition: AnyExpression | None) -> list[AnyExpression]:
    if condition is None:
        return []
    if isinstance(condition, Compound) and condition.kind == "CONJUNCTION_AND":
        return [each for child in condition.children for each in _conditions(child)]
    return [condition]


def _in_both(left: Sources, right: Sources) -> tuple[str, ...]:
    return tuple(c.name for table in left.tables for c in table.shown if right.named(c.name))


def _named(relation: Relation, alias: str, column_aliases: Sequence[str]) -> Sources:
    columns = relation.columns
    if relation.is_open and len(column_aliases) > len(columns):
        columns += tuple(Column() for _ in column_aliases[len(columns) :])
    return Sources.of(replace(relation, columns=renamed(columns, column_aliases)), alias)


def _unproven(*aliases: str) -> Sources:
    return Sources(Spread.UNPROVEN, tuple(Source(alias, (), (), is_open=True) for alias in aliases))
