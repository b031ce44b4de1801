"""Expressions: is a value decided by the rows of one entity, and is it the same in every run?

Owns the walk over the expressions of one query. It must never change the spread of the query; that
is the affair of the query's clauses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from shardrun.shard_safety import functions
from shardrun.shard_safety.findings import Findings, NamedQuery
from shardrun.shard_safety.function_rules import (
    aggregate_refusal,
    filled,
    gives_exact,
    is_aggregate,
    window_refusal,
)
from shardrun.shard_safety.relations import Column, Refusal, Relation, Spread, coalesced
from shardrun.shard_safety.scope import UNKNOWN, Found, Scope
from shardrun.shard_safety.syntax import (
    COALESCE,
    AnyExpression,
    AnyQuery,
    Call,
    Cast,
    ColumnRef,
    Comparison,
    Compound,
    Constant,
    Lambda,
    Node,
    NotUnderstood,
    OrderTerm,
    Star,
    Subquery,
    Window,
)

_EXACT = Column(is_exact=True)

_TRUTHS = ("BETWEEN", "COMPARE_", "CONJUNCTION_", "OPERATOR_IS_", "OPERATOR_NOT")

_SUBQUERY = Refusal(
    "a subquery looks at rows of other <key> than the row it stands beside",
    "Compare <key> inside and outside of the subquery, or compute it in a FOUNDATION model.",
)
_SUBQUERY_OF_SHARD = Refusal(
    "a subquery asks a table that is restricted to this shard about rows of every shard",
    "Restrict the query around it with shardrun.shard_filter too.",
)
_OUTER_AGGREGATE = Refusal(
    "{} in a subquery takes in only columns from around it, so it aggregates the query outside",
    "Write the aggregate in the query whose rows it takes in.",
)
_WINDOW = Refusal(
    "{} over a window without <key> in its partition by looks at rows of other <key>",
    "Partition by <key>, or move the ranking into a FOUNDATION model.",
)
_UNKNOWN_NAME = Refusal(
    "it can't be proven what {} is: no table here is known to have such a column",
    "Name a column of a table that is known, with its table in front.",
)


def not_understood(node: NotUnderstood) -> Refusal:
    """Return the refusal of a piece of SQL that the analysis has no notion of."""
    return Refusal(
        f"it can't be proven that {node.what} is shard-safe",
        "Write it in plainer SQL, or move it into a FOUNDATION model.",
    )


class Queries(Protocol):
    """What analyses the queries inside expressions."""

    @property
    def inexact_sums(self) -> bool:
        """Return whether sums of floating-point numbers are taken as they come."""

    def relation_of(
        self, query: AnyQuery, ctes: Mapping[str, NamedQuery], outer: Scope | None
    ) -> Relation:
        """Return what is known of the result of a query."""


class Expressions:
    """The expressions of one query.

    Attributes:
        aggregates: the aggregates among them, as far as they have been looked at.
        scope: what the expressions can name.
    """

    def __init__(self, queries: Queries, findings: Findings, scope: Scope) -> None:
        """Look at nothing yet.

        Args:
            queries: analyses subqueries.
            findings: where refusals go.
            scope: what the expressions can name.
        """
        self.aggregates: list[Call] = []
        self.scope = scope
        self._queries = queries
        self._findings = findings
        self._near: int | None = None
        self._own_columns = 0
        self._outer_columns = 0

    def values(self, nodes: Sequence[AnyExpression]) -> list[Column]:
        """Return what is known of several values."""
        return [self.value(node) for node in nodes]

    def order(self, terms: Sequence[OrderTerm]) -> list[Column]:
        """Return what is known of the terms of an ORDER BY."""
        return [self.value(term.expression) for term in terms]

    def value(self, node: AnyExpression) -> Column:
        """Return what is known of a value, having reported what is wrong with it."""
        self._near = self._near if node.at is None else node.at
        match node:
            case ColumnRef():
                return self._column(node)
            case Constant():
                return Column(is_exact=node.kind != "float")
            case Cast():
                return self._cast(node)
            case Comparison():
                self.values((node.left, node.right))
                return _EXACT
            case Compound():
                values = self.values(node.children)
                if node.kind == COALESCE:
                    return self._coalesce(node, values)
                if node.kind == "CASE":
                    results = (*values[1::2], values[-1])
                    return Column(is_exact=all(value.is_exact for value in results))
                return Column(is_exact=node.kind.startswith(_TRUTHS))
            case Call():
                return self._call(node)
            case Window():
                return self._window(node)
            case Subquery():
                return self._subquery(node)
            case Lambda():
                self._lambda(node)
            case Star():
                self._refuse(not_understood(NotUnderstood(what="* here")), node)
            case NotUnderstood():
                self._refuse(not_understood(node), node)
            case _:
                raise TypeError(f"no rule for {type(node).__name__}")
        return UNKNOWN

    def column(self, node: AnyExpression) -> Found | None:
        """Return the column that an expression is, and the scope that has it."""
        return self.scope.find(node.names) if isinstance(node, ColumnRef) else None

    def selects_own_rows(self, node: AnyExpression, relation: Relation) -> bool:
        """Return whether it is ``key in (select key ...)``, about a row's own entity."""
        if not (isinstance(node, Subquery) and (node.kind, node.comparison) == _IN):
            return False
        found = self.column(node.child) if node.child else None
        return (
            found is not None
            and found.scope is self.scope
            and found.column.names_entity
            and len(relation.columns) == 1
            and not relation.is_open
            and relation.columns[0].names_entity
            and relation.columns[0].same_entity_as(found.column)
        )

    def relation_in(self, node: Subquery) -> Relation:
        """Return what is known of the result of a subquery."""
        return self._queries.relation_of(node.query, self.scope.ctes, self.scope)

    def _refuse(self, refusal: Refusal, *nodes: Node) -> None:
        # DuckDB does not know the place of everything; near it is better than nowhere
        self._findings.refuse(refusal, *nodes, Node(at=self._near))

    def _column(self, node: ColumnRef) -> Column:
        found = self.scope.find(node.names)
        if found is None:
            self._refuse_name(node)
            return UNKNOWN
        if found.scope is self.scope:
            self._own_columns += 1
            return found.column
        self._outer_columns += 1
        return found.column.without_key()

    def _refuse_name(self, node: ColumnRef) -> None:
        if any(scope.sources.spread is Spread.UNPROVEN for scope in self.scope.outwards()):
            return
        name = node.names[-1].lower()
        if functions.is_forbidden_name(name):
            self._refuse(functions.refusal_of(name, name), node)
        else:
            self._refuse(filled(_UNKNOWN_NAME, ".".join(node.names)), node)

    def _cast(self, node: Cast) -> Column:
        value = replace(self.value(node.child), name="")
        if node.type_name in functions.TEXT_TYPES and not node.is_try:
            return replace(value, is_exact=True)
        return Column(is_exact=node.type_name in functions.EXACT_TYPES)

    def _coalesce(self, node: Compound, values: Sequence[Column]) -> Column:
        value = coalesced(values)
        if value.key and value.may_be_null:
            names = [each.names for each in node.children if isinstance(each, ColumnRef)]
            is_present = self.scope.sources.is_present(value.key, names)
            return replace(value, may_be_null=not is_present)
        return value

    def _call(self, node: Call) -> Column:
        shown = f"{node.name}()"
        if is_aggregate(node.name) and not node.schema:
            return self._aggregate(node)
        values = self.values(node.arguments)
        if node.schema:
            self._refuse(functions.refusal_of("", f"{node.schema}.{shown}"), node)
        elif node.name not in functions.SCALARS and node.name != "unnest":
            self._refuse(functions.refusal_of(node.name, shown), node)
        return Column(is_exact=gives_exact(node.name, values))

    def _aggregate(self, node: Call) -> Column:
        self.aggregates.append(node)
        own, outer = self._own_columns, self._outer_columns
        values = self.values(node.arguments)
        if node.condition:
            self.value(node.condition)
        self.order(node.order)
        if self._outer_columns > outer and self._own_columns == own:
            self._refuse(filled(_OUTER_AGGREGATE, f"{node.name}()"), node)
        elif refusal := aggregate_refusal(
            *(node.name, values),
            is_ordered=bool(node.order),
            may_be_inexact=self._queries.inexact_sums,
        ):
            self._refuse(refusal, node)
        return Column(is_exact=gives_exact(node.name, values))

    def _window(self, node: Window) -> Column:
        partitions = self.values(node.partitions)
        values = self.values(node.arguments)
        self.values(node.bounds)
        is_ordered = bool(self.order(node.order) + self.order(node.argument_order))
        if node.schema:
            self._refuse(functions.refusal_of("", f"{node.schema}.{node.name}()"), node)
        elif refusal := window_refusal(
            *(node.name, values),
            is_ordered=is_ordered,
            may_be_inexact=self._queries.inexact_sums,
        ):
            self._refuse(refusal, node)
        if self.scope.sources.spread.is_keyed and not any(p.names_entity for p in partitions):
            self._refuse(filled(_WINDOW, f"{node.name}()"), node)
        return Column(is_exact=gives_exact(node.name, values))

    def _subquery(self, node: Subquery) -> Column:
        if node.child:
            self.value(node.child)
        relation = self.relation_in(node)
        own = self.scope.sources.spread
        if relation.spread.is_keyed and own is not Spread.UNPROVEN:
            if not self.selects_own_rows(node, relation):
                self._refuse(_SUBQUERY, node.query, node)
            elif relation.spread is Spread.NARROWED and own is Spread.WHOLE:
                self._refuse(_SUBQUERY_OF_SHARD, node.query, node)
        if node.kind == "SCALAR" and relation.columns:
            return Column(is_exact=relation.columns[0].is_exact)
        return Column(is_exact=node.kind != "SCALAR")

    def _lambda(self, node: Lambda) -> None:
        names = _names_in(node.left)
        outside = self.scope
        # what `->` has on its left are parameters, unless they are columns: then it reads json
        unknown = frozenset(name for name in names if outside.find((name,)) is None)
        inside = replace(outside, parameters=outside.parameters | unknown)
        self.scope = inside
        self.values((node.left, node.body))
        self.scope = outside


_IN = ("ANY", "COMPARE_EQUAL")


def _names_in(node: AnyExpression) -> frozenset[str]:
    if isinstance(node, ColumnRef) and len(node.names) == 1:
        return frozenset((node.names[0].lower(),))
    if isinstance(node, Call):
        return frozenset().union(*(_names_in(argument) for argument in node.arguments))
    return frozenset()
