"""The tables that the shards of a year are united in, as pure data.

Owns what is known of each before a union: where it is, its order, its keys, its periods. It must
never look into a database.
"""

from __future__ import annotations

from dataclasses import dataclass

from shardrun.database.connection import qualified
from shardrun.sharding.shards import Relation
from shardrun.sql import quote_identifier


@dataclass(frozen=True, slots=True)
class CanonicalTable:
    """The table that the shards of a year are united in.

    Attributes:
        catalog: the name under which the main file is attached.
        relation: the table's schema and identifier.
        period_column: the column that holds the period.
        order_by: columns of its canonical order, all ascending, nulls last; the unique key's are
            among them.
        unique_key: columns that no two rows share.
        shard_key: the column that shards are ascending ranges of: a function of the unique key.
            Without one, order and uniqueness across shards take a pass over all rows at once.
        keeps_periods: whether it keeps the rows of other periods; else every period makes it anew.
    """

    catalog: str
    relation: Relation
    period_column: str
    order_by: tuple[str, ...]
    unique_key: tuple[str, ...]
    shard_key: str | None = None
    keeps_periods: bool = True

    def __post_init__(self) -> None:
        """Refuse an order that leaves ties, which come in another order in every run."""
        if not set(self.unique_key) <= set(self.order_by):
            raise ValueError("the canonical order does not hold every column of the unique key")

    @property
    def name(self) -> str:
        """Its full name, quoted."""
        return qualified(self.catalog, *self.relation)

    @property
    def order(self) -> str:
        """Its canonical order, as in the macro ``canonical_order_by``."""
        return ", ".join(f"{quote_identifier(column)} asc nulls last" for column in self.order_by)

    @property
    def kept_periods(self) -> str | None:
        """The column that tells the periods it keeps apart; None where it keeps none."""
        return self.period_column if self.keeps_periods else None

    @property
    def leading_shard_key(self) -> str | None:
        """The shard key, if the rows of one year are ordered by it first."""
        ordering = [column for column in self.order_by if column != self.period_column]
        return self.shard_key if ordering[:1] == [self.shard_key] else None

    @property
    def order_is_unique(self) -> bool:
        """Whether rows that differ in the order's columns differ in the unique key too."""
        return set(self.order_by) <= {*self.unique_key, self.shard_key}


@dataclass(frozen=True, slots=True)
class SideTable:
    """A table that the shards hold beside the canonical one.

    Attributes:
        relation: its schema and identifier.
        period_column: the column that holds the period, where the table keeps its periods; None
            where every period makes it anew.
        is_common: whether its rows are the same in every shard; else each has its own.
    """

    relation: Relation
    period_column: str | None
    is_common: bool
