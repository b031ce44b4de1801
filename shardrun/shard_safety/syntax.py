"""The syntax tree that the analysis works on: SELECT statements, as far as their meaning needs.

Owns the shape of the tree, which is the same for every DuckDB version; :mod:`reader` fills it. Two
nodes are equal if they say the same, wherever they stand. It must never hold what the analysis
concludes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Any piece of a statement; ``at`` is its offset in the SQL in bytes of UTF-8, if known."""

    at: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUnderstood(Node):
    """A piece that the analysis has no notion of; may stand wherever a node may."""

    what: str
    alias: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression(Node):
    """A value; ``serialized`` is DuckDB's own form of it."""

    alias: str = ""
    serialized: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


AnyExpression = Expression | NotUnderstood


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRef(Expression):
    """A name of one or more parts: a column, a field of one, an alias, or a whole row."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(Expression):
    """A literal; ``kind`` is integer, decimal, float, boolean, null or text."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Star(Expression):
    """``*`` or ``relation.*``; ``exclude`` holds pairs (relation or "", column)."""

    relation: str
    exclude: tuple[tuple[str, str], ...]
    replace: tuple[tuple[str, AnyExpression], ...]
    rename: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTerm(Node):
    """One term of an ORDER BY."""

    expression: AnyExpression
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Expression):
    """A function or operator; a named argument carries its name as alias."""

    name: str
    schema: str
    arguments: tuple[AnyExpression, ...]
    distinct: bool
    condition: AnyExpression | None
    order: tuple[OrderTerm, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Expression):
    """A window function; ``frame`` is all that says which rows it sees."""

    name: str
    schema: str
    arguments: tuple[AnyExpression, ...]
    partitions: tuple[AnyExpression, ...]
    order: tuple[OrderTerm, ...]
    argument_order: tuple[OrderTerm, ...]
    bounds: tuple[AnyExpression, ...]
    frame: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subquery(Expression):
    """A query as a value; ``kind`` is SCALAR, EXISTS, NOT_EXISTS or ANY."""

    kind: str
    query: AnyQuery
    child: AnyExpression | None
    comparison: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast(Expression):
    """``cast`` or ``try_cast``; ``type_name`` in capitals, without parameters."""

    child: AnyExpression
    type_name: str
    parameters: str
    is_try: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Expression):
    """Two values compared."""

    operator: str
    left: AnyExpression
    right: AnyExpression


@dataclass(frozen=True, slots=True, kw_only=True)
class Lambda(Expression):
    """``lambda x: body``, or ``a -> b``, which may also be the operator on json."""

    left: AnyExpression
    body: AnyExpression


COALESCE = "OPERATOR_COALESCE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound(Expression):
    """Anything whose value hangs on its children alone: case, and, in, coalesce, between ..."""

    kind: str
    children: tuple[AnyExpression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation(Node):
    """What a FROM can name, with the names that it is given there."""

    alias: str = ""
    column_aliases: tuple[str, ...] = ()


AnyRelation = Relation | NotUnderstood


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Relation):
    """A table, view or CTE by name; catalog and schema are empty where not given."""

    catalog: str
    schema: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFunction(Relation):
    """A function in the FROM."""

    call: AnyExpression


@dataclass(frozen=True, slots=True, kw_only=True)
class Values(Relation):
    """A VALUES list."""

    rows: tuple[tuple[AnyExpression, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Relation):
    """A query in the FROM."""

    query: AnyQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Relation):
    """Two relations joined; ``kind`` is INNER, LEFT ..., ``form`` REGULAR, CROSS, NATURAL ..."""

    left: AnyRelation
    right: AnyRelation
    kind: str
    form: str
    condition: AnyExpression | None
    using: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTable(Relation):
    """A SELECT without FROM: one row of nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cte(Node):
    """One entry of a WITH."""

    name: str
    column_aliases: tuple[str, ...]
    query: AnyQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class Query(Node):
    """A query with what comes before and after it.

    ``distinct`` is None without DISTINCT, else the expressions of DISTINCT ON; ``limits`` holds
    LIMIT and OFFSET.
    """

    ctes: tuple[Cte, ...] = ()
    distinct: tuple[AnyExpression, ...] | None = None
    order: tuple[OrderTerm, ...] = ()
    limits: tuple[AnyExpression, ...] = ()


AnyQuery = Query | NotUnderstood


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardFilter(Node):
    """The conditions of one WHERE that are not the same for two shards and the default path."""

    first: tuple[AnyExpression, ...]
    second: tuple[AnyExpression, ...]
    unsharded: tuple[AnyExpression, ...]

    @property
    def conditions(self) -> tuple[AnyExpression, ...]:
        """Return all of them."""
        return self.first + self.second + self.unsharded


@dataclass(frozen=True, slots=True, kw_only=True)
class Select(Query):
    """One SELECT; ``where`` holds the conditions that AND joins, without the shard's own."""

    items: tuple[AnyExpression, ...]
    source: AnyRelation
    where: tuple[AnyExpression, ...]
    groups: tuple[AnyExpression, ...]
    group_sets: tuple[tuple[int, ...], ...]
    group_all: bool
    having: AnyExpression | None
    qualify: AnyExpression | None
    shard_filter: ShardFilter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOperation(Query):
    """UNION, UNION_BY_NAME, INTERSECT or EXCEPT of two queries or more."""

    operator: str
    keeps_duplicates: bool
    children: tuple[AnyQuery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recursive(Query):
    """The body of a recursive CTE."""

    name: str
    keeps_duplicates: bool
    column_aliases: tuple[str, ...]
    start: AnyQuery
    step: AnyQuery


def children_of(node: Node) -> Iterator[Node]:
    """Yield the nodes directly below ``node``."""
    for each in fields(node):
        yield from _nodes_in(getattr(node, each.name))


def position_of(node: Node) -> int | None:
    """Return the first offset of ``node`` or anything in it; None where none is known."""
    known = [] if node.at is None else [node.at]
    known += [at for child in children_of(node) if (at := position_of(child)) is not None]
    return min(known, default=None)


def _nodes_in(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)
