"""Queries: SELECT, set operations and WITH, put together from their clauses.

Owns the order in which the clauses of a query act. It must never know where a query comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest

from shardrun.shard_safety.expressions import Expressions, not_understood
from shardrun.shard_safety.filtering import filtered
from shardrun.shard_safety.findings import Findings, NamedQuery, Record
from shardrun.shard_safety.from_clause import FromClause, Tables
from shardrun.shard_safety.grouping import check_ends, grouped
from shardrun.shard_safety.projection import known_aliases, project
from shardrun.shard_safety.relations import (
    Column,
    Refusal,
    Relation,
    Spread,
    as_referred_to,
    combined,
    merged_column,
    renamed,
)
from shardrun.shard_safety.scope import Scope, Sources
from shardrun.shard_safety.syntax import (
    AnyQuery,
    Cte,
    NotUnderstood,
    Recursive,
    Select,
    SetOperation,
)

_SET_WITHOUT_KEY = Refusal(
    "a set operation without <key> in the same place on all sides compares the rows of several "
    "<key>",
    "Keep <key> in the same place among the columns of every branch.",
)
_NOTHING_KNOWN = Relation(Spread.UNPROVEN, (), is_open=True)


@dataclass(frozen=True, slots=True)
class QueryAnalysis:
    """Analyses the queries of one compiled model.

    Attributes:
        tables: the tables of the database.
        findings: where refusals go.
        inexact_sums: whether sums of floating-point numbers are taken as they come.
    """

    tables: Tables
    findings: Findings
    inexact_sums: bool

    def relation_of(
        self, query: AnyQuery, ctes: Mapping[str, NamedQuery], outer: Scope | None
    ) -> Relation:
        """Return what is known of the result of a query, having reported what is wrong in it.

        Args:
            query: the query.
            ctes: the WITH entries that it can read beside its own.
            outer: the query around it that it may refer to.
        """
        if isinstance(query, NotUnderstood):
            self.findings.refuse(not_understood(query), query)
            return _NOTHING_KNOWN
        for cte in query.ctes:
            ctes = {**ctes, cte.name.lower(): self._named(cte, ctes, outer)}
        match query:
            case Select():
                return self._select(query, ctes, outer)
            case SetOperation():
                return self._set_operation(query, ctes, outer)
            case Recursive():
                return self._recursive(query, ctes, outer)
        raise TypeError(f"no rule for {type(query).__name__}")

    def _named(self, cte: Cte, ctes: Mapping[str, NamedQuery], outer: Scope | None) -> NamedQuery:
        with self.findings.named_query(cte.name) as record:
            relation = self.relation_of(cte.query, ctes, outer)
        columns = as_referred_to(renamed(relation.columns, cte.column_aliases))
        return NamedQuery(replace(relation, columns=columns), record)

    def _select(
        self, select: Select, ctes: Mapping[str, NamedQuery], outer: Scope | None
    ) -> Relation:
        from_clause = FromClause(self, self.findings, self.tables, ctes)
        sources = from_clause.sources(select.source, outer, select.where)
        scope = _with_aliases(select, Scope(sources, ctes, outer))
        before = Expressions(self, self.findings, scope)
        spread = filtered(select.where, select.shard_filter, before, self.findings)
        scope = _with_aliases(select, replace(scope, sources=_of_spread(sources, spread)))
        # a WHERE takes no aggregates, and what it asks is no part of what is grouped
        Expressions(self, self.findings, scope).values(select.where)
        expressions = Expressions(self, self.findings, scope)
        columns, is_open = project(select.items, expressions, self.findings)
        expressions.values([each for each in (select.having, select.qualify) if each])
        so_far = len(self.findings.record.findings)
        columns = grouped(select, columns, expressions, self.findings)
        check_ends(select, columns, expressions, self.findings)
        return self._unless_refused(Relation(spread, columns, is_open), so_far)

    def _set_operation(
        self, operation: SetOperation, ctes: Mapping[str, NamedQuery], outer: Scope | None
    ) -> Relation:
        branches = [self.relation_of(child, ctes, outer) for child in operation.children]
        result = combined([branch.spread for branch in branches])
        # the place of the first branch tells the reader least: it is rarely the odd one out
        spread = self.findings.settle(result, *operation.children[1:], operation)
        by_name = operation.operator == "UNION_BY_NAME"
        columns = _by_name(branches) if by_name else _by_place(branches)
        keeps_rows = operation.keeps_duplicates and operation.operator.startswith("UNION")
        had_keys = all(any(c.names_entity for c in branch.columns) for branch in branches)
        so_far = len(self.findings.record.findings)
        no_key = spread.is_keyed and not any(column.names_entity for column in columns)
        if no_key and (had_keys or not keeps_rows):
            self.findings.refuse(_SET_WITHOUT_KEY, *operation.children[1:], operation)
        is_open = any(branch.is_open for branch in branches)
        relation = Relation(spread, columns, is_open)
        seen = Scope(_of_spread(Sources.of(relation, ""), spread), ctes, outer)
        check_ends(operation, columns, Expressions(self, self.findings, seen), self.findings)
        return self._unless_refused(relation, so_far)

    def _recursive(
        self, query: Recursive, ctes: Mapping[str, NamedQuery], outer: Scope | None
    ) -> Relation:
        start = self.relation_of(query.start, ctes, outer)
        relation = replace(start, columns=renamed(start.columns, query.column_aliases))
        # what is assumed of the rows so far must hold of the rows that a step makes of them
        while True:
            so_far = {**ctes, query.name.lower(): NamedQuery(relation, Record())}
            with self.findings.named_query(query.name) as record:
                step = self.relation_of(query.step, so_far, outer)
            columns = _by_place([relation, step])
            if columns == relation.columns:
                break
            relation = replace(relation, columns=columns)
        self.findings.use(NamedQuery(step, record))
        result = combined([relation.spread, step.spread])
        spread = self.findings.settle(result, query.step, query)
        no_key = not any(column.names_entity for column in relation.columns)
        if spread.is_keyed and no_key and not query.keeps_duplicates:
            self.findings.refuse(_SET_WITHOUT_KEY, query.step, query)
        return replace(relation, spread=spread, is_open=relation.is_open or step.is_open)

    def _unless_refused(self, relation: Relation, so_far: int) -> Relation:
        """Return a relation, of which nothing is known if it has just been refused."""
        is_refused = len(self.findings.record.findings) > so_far
        return replace(relation, spread=Spread.UNPROVEN) if is_refused else relation


def _with_aliases(select: Select, scope: Scope) -> Scope:
    return replace(scope, aliases=known_aliases(select.items, scope))


def _of_spread(sources: Sources, spread: Spread) -> Sources:
    """Return the sources with the spread that a WHERE left them."""
    kept = sources if spread.is_keyed else sources.without_keys()
    return replace(kept, spread=spread)


def _by_place(branches: list[Relation]) -> tuple[Column, ...]:
    rows = zip_longest(*(branch.columns for branch in branches), fillvalue=Column())
    return tuple(merged_column(row) for row in rows)


def _by_name(branches: list[Relation]) -> tuple[Column, ...]:
    places: dict[str, Column] = {}
    for branch in branches:
        for column in branch.columns:
            places.setdefault(column.name.lower(), column)
    by_name = [{c.name.lower(): c for c in branch.columns} for branch in branches]
    columns = []
    for name, first in places.items():
        column = merged_column([first, *(names.get(name, Column()) for names in by_name)])
        # what DuckDB calls a column without a name is not known, so neither is any place
        columns.append(column.without_key() if "" in places else column)
    return tuple(columns)
