"""From DuckDB's serialized expressions to our syntax tree.

Owns where the versions of DuckDB differ in them. What it does not know becomes a
:class:`~shardrun.shard_safety.syntax.NotUnderstood`; it must never drop anything.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from shardrun.shard_safety.serialized import Fields, NotUnderstoodError
from shardrun.shard_safety.syntax import (
    AnyExpression,
    AnyQuery,
    Call,
    Cast,
    ColumnRef,
    Comparison,
    Compound,
    Constant,
    Expression,
    Lambda,
    NotUnderstood,
    OrderTerm,
    Star,
    Subquery,
    Window,
)

_LITERALS = {
    "INTEGER": "integer", "NUMERIC": "decimal", "BOOLEAN": "boolean", "NULL_LITERAL": "null",
    "STRING": "text",
}  # fmt: skip
_VALUE_TYPES = {
    "TINYINT": "integer", "SMALLINT": "integer", "INTEGER": "integer", "BIGINT": "integer",
    "HUGEINT": "integer", "UBIGINT": "integer", "UHUGEINT": "float", "BOOLEAN": "boolean",
    "DECIMAL": "decimal", "DOUBLE": "float", "NULL": "null", "VARCHAR": "text",
}  # fmt: skip

# with longer numbers DuckDB counts in floating point, as with all of UHUGEINT
_MAX_DIGITS = 38


class ExpressionReader(ABC):
    """Reads expressions; a subclass reads the queries in them."""

    @abstractmethod
    def query(self, values: dict[str, Any]) -> AnyQuery:
        """Return a serialized query."""

    def expressions(self, values: Sequence[dict[str, Any]]) -> tuple[AnyExpression, ...]:
        """Return a serialized list of expressions."""
        return tuple(self.expression(each) for each in values)

    def optional(self, values: dict[str, Any] | None) -> AnyExpression | None:
        """Return a serialized expression that may be absent."""
        return self.expression(values) if values else None

    def order_terms(self, values: Sequence[dict[str, Any]]) -> tuple[OrderTerm, ...]:
        """Return a serialized ORDER BY."""
        terms = []
        for each in values:
            fields = Fields(each)
            term = OrderTerm(
                expression=self.expression(fields["expression"]),
                direction=f"{fields.kind} {fields['null_order']}",
            )
            fields.check()
            terms.append(term)
        return tuple(terms)

    def conditions(self, values: dict[str, Any]) -> tuple[AnyExpression, ...]:
        """Return the conditions that AND joins, however deep."""
        if values.get("type") == "CONJUNCTION_AND":
            children = Fields(values)["children"]
            return tuple(each for child in children for each in self.conditions(child))
        return (self.expression(values),)

    def expression(self, values: dict[str, Any]) -> AnyExpression:
        """Return one serialized expression."""
        fields = Fields(values)
        readers: dict[str, Callable[[Fields], Expression]] = {
            "BETWEEN": self._between,
            "CASE": self._case,
            "CAST": self._cast,
            "COLLATE": self._collate,
            "COLUMN_REF": lambda it: ColumnRef(names=tuple(it["column_names"])),
            "COMPARISON": self._comparison,
            "CONJUNCTION": self._children,
            "CONSTANT": self._constant,
            "FUNCTION": self._call,
            "LAMBDA": self._lambda,
            "OPERATOR": self._children,
            "STAR": self._star,
            "SUBQUERY": self._subquery,
            "WINDOW": self._window,
        }
        try:
            read = fields.one_of(readers, str(values.get("class", "")))(fields)
            fields.check()
        except NotUnderstoodError as error:
            return NotUnderstood(at=fields.first_at, what=str(error), alias=fields.alias)
        return replace(read, at=fields.at, alias=fields.alias, serialized=values)

    def _children(self, fields: Fields) -> Expression:
        return Compound(kind=fields.kind, children=self.expressions(fields["children"]))

    def _between(self, fields: Fields) -> Expression:
        parts = (fields["input"], fields["lower"], fields["upper"])
        return Compound(kind="BETWEEN", children=self.expressions(parts))

    def _case(self, fields: Fields) -> Expression:
        checks = fields["case_checks"]
        parts = [check[part] for check in checks for part in ("when_expr", "then_expr")]
        return Compound(kind="CASE", children=self.expressions([*parts, fields["else_expr"]]))

    def _collate(self, fields: Fields) -> Expression:
        return Compound(
            kind=f"COLLATE {fields['collation']}", children=(self.expression(fields["child"]),)
        )

    def _cast(self, fields: Fields) -> Expression:
        child = self.expression(fields["child"])
        written = fields.get("type_expr")  # 2.0
        if written is not None:
            name, parameters = str(written.get("type_name", "")), _spelled(written)
        else:
            resolved = fields["cast_type"]
            name, parameters = str(resolved["id"]), json.dumps(resolved["type_info"])
        if name == "BOOLEAN" and isinstance(child, Constant) and child.text in ("t", "f"):
            # 1.5 spells the literals true and false this way
            fields.get("try_cast")
            return Constant(kind="boolean", text="true" if child.text == "t" else "false")
        return Cast(
            child=child,
            type_name=name.upper(),
            parameters=parameters,
            is_try=bool(fields["try_cast"]),
        )

    def _comparison(self, fields: Fields) -> Expression:
        return Comparison(
            operator=fields.kind,
            left=self.expression(fields["left"]),
            right=self.expression(fields["right"]),
        )

    def _constant(self, fields: Fields) -> Expression:
        literal = fields.get("literal")  # 2.0
        if literal is not None:
            kind, text = str(literal["kind"]), str(literal.get("text", ""))
            if kind in ("INTEGER", "NUMERIC") and ("e" in text.lower() or len(text) > _MAX_DIGITS):
                return Constant(kind="float", text=text)
            return Constant(kind=_LITERALS.get(kind, kind.lower()), text=text)
        value = fields["value"]
        type_id = str(value["type"]["id"])
        kind = _VALUE_TYPES.get(type_id, type_id.lower())
        return Constant(kind=kind, text=_text_of(value))

    def _call(self, fields: Fields) -> Expression:
        order = Fields(fields["order_bys"])
        call = Call(
            name=str(fields["function_name"]).lower(),
            schema=_schema_of(fields),
            arguments=self._arguments(fields),
            distinct=bool(fields["distinct"]),
            condition=self.optional(fields["filter"]),
            order=self.order_terms(order["orders"]),
        )
        order.check()
        return call

    def _window(self, fields: Fields) -> Expression:
        bounds = ("start_expr", "end_expr", "offset_expr", "default_expr", "filter_expr")
        frame = ("start", "end", "exclude_clause", "distinct", "ignore_nulls")
        present = [name for name in bounds if fields[name]]
        fields.get("has_ignore_nulls")
        return Window(
            name=str(fields["function_name"]).lower(),
            schema=_schema_of(fields),
            arguments=self._arguments(fields),
            partitions=self.expressions(fields["partitions"]),
            order=self.order_terms(fields["orders"]),
            argument_order=self.order_terms(fields["arg_orders"]),
            bounds=self.expressions([fields[name] for name in present]),
            frame=(*(str(fields[name]) for name in frame), *present),
        )

    def _arguments(self, fields: Fields) -> tuple[AnyExpression, ...]:
        given = fields.get("arguments")  # 2.0
        if given is None:
            return self.expressions(fields["children"])
        arguments = []
        for each in given:
            argument = self.expression(each["expression"])
            arguments.append(replace(argument, alias=each["name"] or argument.alias))
        return tuple(arguments)

    def _lambda(self, fields: Fields) -> Expression:
        fields.get("syntax_type")
        return Lambda(
            left=self.expression(fields["lhs"]),
            body=self.expression(fields["expr"]),
        )

    def _star(self, fields: Fields) -> Expression:
        if fields["columns"] or fields["expr"]:
            raise NotUnderstoodError("COLUMNS(...), or a star with a condition")
        return Star(
            relation=str(fields["relation_name"]),
            exclude=(
                *(("", name) for name in fields["exclude_list"]),
                *((name["table"], name["column"]) for name in fields["qualified_exclude_list"]),
            ),
            replace=tuple(
                (each["key"], self.expression(each["value"])) for each in fields["replace_list"]
            ),
            rename=tuple((each["key"]["column"], each["value"]) for each in fields["rename_list"]),
        )

    def _subquery(self, fields: Fields) -> Expression:
        return Subquery(
            kind=str(fields["subquery_type"]),
            query=self.query(fields["subquery"]["node"]),
            child=self.optional(fields["child"]),
            comparison=str(fields["comparison_type"]),
        )


def _schema_of(fields: Fields) -> str:
    """Return the schema that a call names; 1.5 puts one where it spells an operator as a call."""
    schema = str(fields["schema"])
    return "" if schema == "main" and "children" in fields.values else schema


def _text_of(value: dict[str, Any]) -> str:
    held = value.get("value")
    if isinstance(held, dict) and held.keys() == {"upper", "lower"}:
        # 1.5 writes whole numbers beyond 64 bits in two halves
        held = (held["upper"] << 64) + held["lower"]
    # of a decimal it gives the digits, and in the type where the point stands
    more = value["type"].get("type_info")
    return f"{held} {json.dumps(more)}" if more else str(held)


def _spelled(type_expression: dict[str, Any]) -> str:
    """Return what a type says beside its name, without positions."""
    says = {key: value for key, value in type_expression.items() if value not in ("", [], None)}
    for name in ("query_location", "query_location_length", "qualified_name", "type_name"):
        says.pop(name, None)
    says["children"] = [_spelled(child) for child in says.get("children", [])]
    return json.dumps(says)
