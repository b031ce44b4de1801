"""From DuckDB's serialized statement to our syntax tree: queries and what they read.

Owns where the versions of DuckDB differ in it. What it does not know becomes a
:class:`~shardrun.shard_safety.syntax.NotUnderstood`; it must never drop anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb

from shardrun.shard_safety.expression_reader import ExpressionReader
from shardrun.shard_safety.serialized import Fields, NotUnderstoodError, serialize
from shardrun.shard_safety.syntax import (
    AnyExpression,
    AnyQuery,
    AnyRelation,
    Cte,
    Derived,
    Join,
    NoTable,
    NotUnderstood,
    OrderTerm,
    Query,
    Recursive,
    Relation,
    Select,
    SetOperation,
    Table,
    TableFunction,
    Values,
)

_SAMPLE = "a sample, which takes other rows in every run"


def read_query(connection: duckdb.DuckDBPyConnection, sql: str) -> AnyQuery:
    """Return the syntax tree of one query.

    Raises:
        UnreadableSqlError: DuckDB can't read it, or it is not one single query.
    """
    return _Reader().query(serialize(connection, sql))


class _Reader(ExpressionReader):
    def query(self, values: dict[str, Any]) -> AnyQuery:
        fields = Fields(values)
        readers: dict[str, Callable[[Fields], Query]] = {
            "SELECT_NODE": self._select,
            "SET_OPERATION_NODE": self._set_operation,
            "RECURSIVE_CTE_NODE": self._recursive,
        }
        try:
            query = fields.one_of(readers, fields.kind)(fields)
            fields.check()
        except NotUnderstoodError as error:
            return NotUnderstood(at=fields.first_at, what=str(error))
        return query

    def _select(self, fields: Fields) -> Query:
        where = fields["where_clause"]
        _check_no_sample(fields)
        return Select(
            **self._around(fields),
            items=self.expressions(fields["select_list"]),
            source=self._relation(fields["from_table"]),
            where=self.conditions(where) if where else (),
            groups=self.expressions(fields["group_expressions"]),
            group_sets=tuple(tuple(group) for group in fields["group_sets"]),
            group_all=fields["aggregate_handling"] == "FORCE_AGGREGATES",
            having=self.optional(fields["having"]),
            qualify=self.optional(fields["qualify"]),
        )

    def _set_operation(self, fields: Fields) -> Query:
        children = fields.get("children") or [fields["left"], fields["right"]]
        # 2.0 keeps both fields, empty, beside the children
        if fields.get("children") and (fields.get("left") or fields.get("right")):
            raise NotUnderstoodError(f"{fields.kind} with left, right and children")
        return SetOperation(
            **self._around(fields),
            operator=str(fields["setop_type"]),
            keeps_duplicates=bool(fields["setop_all"]),
            children=tuple(self.query(child) for child in children),
        )

    def _recursive(self, fields: Fields) -> Query:
        return Recursive(
            **self._around(fields),
            name=str(fields["cte_name"]),
            keeps_duplicates=bool(fields["union_all"]),
            column_aliases=tuple(fields["aliases"]),
            start=self.query(fields["left"]),
            step=self.query(fields["right"]),
        )

    def _around(self, fields: Fields) -> dict[str, Any]:
        distinct: tuple[AnyExpression, ...] | None = None
        order: tuple[OrderTerm, ...] = ()
        limits: tuple[AnyExpression, ...] = ()
        for values in fields["modifiers"]:
            modifier = Fields(values)
            match modifier.kind:
                case "DISTINCT_MODIFIER":
                    distinct = self.expressions(modifier["distinct_on_targets"])
                case "ORDER_MODIFIER":
                    order = self.order_terms(modifier["orders"])
                case "LIMIT_MODIFIER" | "LIMIT_PERCENT_MODIFIER":
                    modifier.get("limit_type")
                    both = (modifier["limit"], modifier["offset"])
                    limits = self.expressions([value for value in both if value])
                case _:
                    raise NotUnderstoodError(modifier.kind)
            modifier.check()
        ctes = tuple(self._cte(each) for each in fields["cte_map"]["map"])
        return {"ctes": ctes, "distinct": distinct, "order": order, "limits": limits}

    def _cte(self, entry: dict[str, Any]) -> Cte:
        fields = Fields(entry["value"])
        query = fields.get("query_node") or fields["query"]["node"]
        aliases = tuple(fields["aliases"])
        try:
            fields.check()
        except NotUnderstoodError as error:
            return Cte(
                name=entry["key"], column_aliases=aliases, query=NotUnderstood(what=str(error))
            )
        return Cte(name=entry["key"], column_aliases=aliases, query=self.query(query))

    def _relation(self, values: dict[str, Any]) -> AnyRelation:
        fields = Fields(values)
        readers: dict[str, Callable[[Fields], Relation]] = {
            "BASE_TABLE": self._table,
            "TABLE_FUNCTION": self._table_function,
            "EXPRESSION_LIST": self._values,
            "SUBQUERY": self._derived,
            "JOIN": self._join,
            "EMPTY": lambda _: NoTable(),
        }
        try:
            relation = fields.one_of(readers, fields.kind)(fields)
            _check_no_sample(fields)
            fields.check()
        except NotUnderstoodError as error:
            return NotUnderstood(at=fields.first_at, what=str(error), alias=fields.alias)
        return relation

    def _table(self, fields: Fields) -> Relation:
        return Table(
            **self._named(fields),
            at=fields.at,
            catalog=str(fields["catalog_name"]),
            schema=str(fields["schema_name"]),
            name=str(fields["table_name"]),
        )

    def _table_function(self, fields: Fields) -> Relation:
        return TableFunction(
            **self._named(fields), at=fields.at, call=self.expression(fields["function"])
        )

    def _values(self, fields: Fields) -> Relation:
        names = [*fields["expected_names"], *fields["expected_types"]]
        if names:
            raise NotUnderstoodError("VALUES with expected names")
        return Values(
            alias=fields.alias,
            rows=tuple(self.expressions(row) for row in fields["values"]),
        )

    def _derived(self, fields: Fields) -> Relation:
        return Derived(**self._named(fields), query=self.query(fields["subquery"]["node"]))

    def _join(self, fields: Fields) -> Relation:
        return Join(
            alias=fields.alias,
            left=self._relation(fields["left"]),
            right=self._relation(fields["right"]),
            kind=str(fields["join_type"]),
            form=str(fields["ref_type"]),
            condition=self.optional(fields["condition"]),
            using=tuple(fields["using_columns"]),
        )

    def _named(self, fields: Fields) -> dict[str, Any]:
        return {"alias": fields.alias, "column_aliases": tuple(fields["column_name_alias"])}


def _check_no_sample(fields: Fields) -> None:
    if fields.get("sample"):
        raise NotUnderstoodError(_SAMPLE)
