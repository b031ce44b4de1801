"""Names: what a column reference means, by DuckDB's rules.

Owns the tables that a FROM puts side by side and the scopes around a query. Where DuckDB would call
a name ambiguous, it means some column that names no entity. It must never judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shardrun.shard_safety.findings import NamedQuery
from shardrun.shard_safety.relations import Column, Relation, Spread, as_referred_to

UNKNOWN = Column()
"""A value of which nothing is known."""

Presence = tuple[str, frozenset[tuple[str, str]]]
"""A key, and columns that hold it, by table and name in small letters: in each row one at least."""


@dataclass(frozen=True, slots=True)
class Source:
    """One table of a FROM.

    Attributes:
        alias: the name it goes by.
        columns: as ``alias.column`` and ``alias.*`` see them.
        shown: as a bare name and ``*`` see them: USING shows a column once, with the left table.
        is_open: it has further columns, of which nothing is known.
    """

    alias: str
    columns: tuple[Column, ...]
    shown: tuple[Column, ...]
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """All that a FROM, or a part of it, makes: tables side by side, one spread for their rows.

    Attributes:
        spread: of the rows.
        tables: in their order.
        present: which columns together name the entity of every row.
    """

    spread: Spread
    tables: tuple[Source, ...] = ()
    present: frozenset[Presence] = frozenset()

    @classmethod
    def of(cls, relation: Relation, alias: str) -> Sources:
        """Return a FROM of one relation."""
        columns = as_referred_to(relation.columns)
        present = frozenset(
            (str(column.key), frozenset({(alias.lower(), column.name.lower())}))
            for column in columns
            if column.names_entity
        )
        return cls(relation.spread, (Source(alias, columns, columns, relation.is_open),), present)

    def named(self, name: str) -> Column | None:
        """Return the one column that a bare name means; None if there is none or several."""
        found = [c for table in self.tables for c in table.shown if _same(c.name, name)]
        return found[0] if len(found) == 1 else None

    def lookup(self, names: Sequence[str]) -> Column | None:
        """Return what a name of one or more parts means; None if nothing here has it."""
        found = self._found(names)
        if len(found) == 1:
            return found[0][1]
        if found or self._row_or_field(names) or self._may_be_open(names):
            return UNKNOWN
        return None

    def is_present(self, key: str, references: Iterable[Sequence[str]]) -> bool:
        """Return whether one at least of several columns that hold a key does so in every row."""
        found = [self._found(names) for names in references]
        places = {
            (table.alias.lower(), column.name.lower())
            for each in found
            if len(each) == 1
            for table, column in each
        }
        return any(named == key and columns <= places for named, columns in self.present)

    def without_keys(self) -> Sources:
        """Return the same with columns that name no entity."""
        return self.changed(Column.without_key)

    def which_may_be_null(self) -> Sources:
        """Return the same as the side of an outer join that is not kept."""
        return self.changed(lambda column: replace(column, may_be_null=column.key is not None))

    def changed(self, change: Callable[[Column], Column]) -> Sources:
        """Return the same with every column changed."""
        tables = tuple(
            replace(
                table,
                columns=tuple(change(column) for column in table.columns),
                shown=tuple(change(column) for column in table.shown),
            )
            for table in self.tables
        )
        return replace(self, tables=tables)

    def _found(self, names: Sequence[str]) -> list[tuple[Source, Column]]:
        if len(names) == 1:
            return [(t, c) for t in self.tables for c in t.shown if _same(c.name, names[0])]
        *qualifiers, name = names
        return [
            (table, column)
            for table in self.tables
            if _same(table.alias, qualifiers[-1])
            for column in table.columns
            if _same(column.name, name)
        ]

    def _row_or_field(self, names: Sequence[str]) -> bool:
        """Return whether it is a table's row as a struct, or a field of a column."""
        if any(_same(table.alias, names[-1]) for table in self.tables):
            return True
        ends = range(1, min(len(names), 4))
        return len(names) > 1 and any(self._found(names[:end]) for end in ends)

    def _may_be_open(self, names: Sequence[str]) -> bool:
        return any(
            table.is_open and (len(names) == 1 or _same(table.alias, names[0]))
            for table in self.tables
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What a name means, and the scope that has it."""

    column: Column
    scope: Scope


@dataclass(frozen=True, slots=True)
class Scope:
    """What the expressions of one query can name.

    Attributes:
        sources: its FROM.
        ctes: the WITH entries it can read.
        outer: the query around it that it may refer to.
        aliases: its select items by name, as far as they are known.
        parameters: names of lambdas around the expression.
    """

    sources: Sources
    ctes: Mapping[str, NamedQuery] = field(default_factory=dict)
    outer: Scope | None = None
    aliases: Mapping[str, Column] = field(default_factory=dict)
    parameters: frozenset[str] = frozenset()

    def find(self, names: Sequence[str]) -> Found | None:
        """Return what a name means: a column, else an alias, else something further out."""
        if names[0].lower() in self.parameters:
            return Found(UNKNOWN, self)
        column = self.sources.lookup(names)
        if column is None and len(names) == 1:
            column = self.aliases.get(names[0].lower())
        if column is not None:
            return Found(column, self)
        return self.outer.find(names) if self.outer else None

    def outwards(self) -> Iterator[Scope]:
        """Yield this scope and those around it."""
        scope: Scope | None = self
        while scope:
            yield scope
            scope = scope.outer


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()
