"""The abstract values of the analysis: what is known of a relation's rows in every shard.

Owns the lattice and its rules for joins and set operations. Let F be what the default path would
compute for a piece of SQL, and S what shard s computes:

    EVERYWHERE  S = F, and no row belongs to anyone
    WHOLE       S = F, and every row belongs to the entity that its key columns name
    NARROWED    S = those rows of F whose key columns name an entity of shard s
    UNPROVEN    anything; the reason has been reported

A stage may be sharded if its result is NARROWED: then the shards' results together are F, and no
row is in two of them. Whatever mixes rows of several entities is refused even where rows are WHOLE:
a shard holds only its own entities' rows as soon as its inputs are cut to size.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto


class Spread(Enum):
    """How a relation's rows are spread over the shards; see the module."""

    EVERYWHERE = auto()
    WHOLE = auto()
    NARROWED = auto()
    UNPROVEN = auto()

    @property
    def is_keyed(self) -> bool:
        """Return whether the rows belong to entities."""
        return self in (Spread.WHOLE, Spread.NARROWED)


@dataclass(frozen=True, slots=True)
class Column:
    """One column, or any other value.

    Attributes:
        name: as it can be referred to; empty where DuckDB makes one up.
        key: the key column of an input whose value it holds, so that it names the entity that
            the row belongs to; None for any other column.
        may_be_null: it holds the key or NULL.
        is_exact: known not to be a floating-point number.
    """

    name: str = ""
    key: str | None = None
    may_be_null: bool = False
    is_exact: bool = False

    @property
    def names_entity(self) -> bool:
        """Return whether its value names the row's entity in every row."""
        return self.key is not None and not self.may_be_null

    def without_key(self) -> Column:
        """Return the column as one that names no entity."""
        return replace(self, key=None, may_be_null=False)

    def same_entity_as(self, other: Column) -> bool:
        """Return whether two rows in which both are equal belong to the same entity."""
        return self.key is not None and self.key == other.key


@dataclass(frozen=True, slots=True)
class Relation:
    """What is known of the result of a query.

    Attributes:
        spread: see the module.
        columns: in their order.
        is_open: further columns follow, of which nothing is known.
    """

    spread: Spread
    columns: tuple[Column, ...]
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is not shard-safe; ``<key>`` stands for the names of the key columns."""

    reason: str
    advice: str


_LINK = Refusal(
    "a join brings together rows of different <key>",
    "Join on <key> on both sides, or move the join into a FOUNDATION model.",
)
_PRESERVED = Refusal(
    "an outer join keeps rows of a table without <key>, so they would appear in every shard",
    "Keep the side that has <key>, or make it an inner join.",
)
_FILTERED = Refusal(
    "rows without <key> are kept or dropped by what rows with <key> there are, of which a shard "
    "holds only its own",
    "Decide it in a FOUNDATION model.",
)
_NOT_NARROWED = Refusal(
    "a join keeps rows of every shard where the other side holds only this shard's",
    "Restrict the side that is kept with shardrun.shard_filter as well.",
)
_MIXED_SETS = Refusal(
    "a set operation puts rows with <key> together with rows that belong to nobody, which would "
    "appear in every shard",
    "Read the rows without <key> in a FOUNDATION model that gives them one.",
)
_UNEVEN_SETS = Refusal(
    "a set operation puts rows of this shard together with rows of every shard",
    "Restrict each of its branches with shardrun.shard_filter.",
)


def joined(kind: str, left: Spread, right: Spread, *, is_linked: bool) -> Spread | Refusal:
    """Return the spread of a join.

    Args:
        kind: INNER, LEFT, RIGHT, FULL, SEMI or ANTI.
        left: spread of the left side.
        right: spread of the right side.
        is_linked: whether it asks for equal keys on both sides.
    """
    if kind == "RIGHT":
        return joined("LEFT", right, left, is_linked=is_linked)
    if Spread.UNPROVEN in (left, right):
        return Spread.UNPROVEN
    if not left.is_keyed and not right.is_keyed:
        return Spread.EVERYWHERE
    if not (left.is_keyed and right.is_keyed):
        return _joined_with_everywhere(kind, left, right)
    if not is_linked:
        return _LINK
    if kind == "INNER" or (kind == "SEMI" and left is Spread.WHOLE):
        return Spread.NARROWED if Spread.NARROWED in (left, right) else Spread.WHOLE
    if left is right or (left is Spread.NARROWED and kind != "FULL"):
        return left
    return _NOT_NARROWED


def _joined_with_everywhere(kind: str, left: Spread, right: Spread) -> Spread | Refusal:
    if kind == "INNER":
        return left if left.is_keyed else right
    if left.is_keyed and kind != "FULL":
        return left
    return _FILTERED if kind in ("SEMI", "ANTI") else _PRESERVED


def combined(spreads: Sequence[Spread]) -> Spread | Refusal:
    """Return the spread of a set operation over relations."""
    if Spread.UNPROVEN in spreads:
        return Spread.UNPROVEN
    if len(set(spreads)) == 1:
        return spreads[0]
    return _MIXED_SETS if Spread.EVERYWHERE in spreads else _UNEVEN_SETS


def merged_column(columns: Iterable[Column]) -> Column:
    """Return the column that holds the values of several, under the name of the first."""
    first, *others = columns
    for other in others:
        first = replace(
            first,
            key=first.key if first.key == other.key else None,
            may_be_null=first.may_be_null or other.may_be_null,
            is_exact=first.is_exact and other.is_exact,
        )
    return first if first.key else first.without_key()


def coalesced(columns: Sequence[Column]) -> Column:
    """Return the value that ``coalesce`` takes from several."""
    key = columns[0].key if all(column.same_entity_as(columns[0]) for column in columns) else None
    return Column(
        key=key,
        may_be_null=key is not None and all(column.may_be_null for column in columns),
        is_exact=all(column.is_exact for column in columns),
    )


def as_referred_to(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return a query's columns under the names that a query around it knows them by.

    DuckDB gives repeated names a number, as ``QueryResult::DeduplicateColumns`` does.
    """
    seen: dict[str, int] = {}
    renamed = []
    for column in columns:
        name = column.name
        if name.lower() in seen:
            number = seen[name.lower()]
            while (numbered := f"{name}_{number}").lower() in seen:
                number += 1
            seen[name.lower()] = number
            name = numbered
        if column.name:
            seen[name.lower()] = 1
        renamed.append(replace(column, name=name))
    return tuple(renamed)


def renamed(columns: Sequence[Column], aliases: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns with the first ones named by ``aliases``."""
    names = [*aliases, *(column.name for column in columns[len(aliases) :])]
    return tuple(replace(c, name=name) for c, name in zip(columns, names, strict=False))
