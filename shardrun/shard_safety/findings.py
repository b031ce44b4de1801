"""What comes to light while SQL is analysed, and where in the file it is.

Owns the record: violations, tables read, filters of the shard. It must never decide anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shardrun.shard_safety.relations import Refusal, Relation, Spread
from shardrun.shard_safety.syntax import Node, ShardFilter, position_of

EPHEMERAL_PREFIX = "__dbt__cte__"
"""How dbt names the CTE in which it inlines an ephemeral model."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A refusal, the offset of the SQL that it is about, and the model whose SQL that is.

    Attributes:
        refusal: reason and advice.
        at: the offset in bytes in the compiled SQL, if known.
        model: the inlined model that it is in; None for the compiled model itself.
    """

    refusal: Refusal
    at: int | None
    model: str | None


@dataclass(frozen=True, slots=True)
class KeyFilter:
    """A filter that narrows a table to the shard, on one key column.

    Attributes:
        key: the key column.
        conditions: what it asks.
        at: the offset in bytes in the compiled SQL, if known.
        model: as in :class:`Finding`.
    """

    key: str
    conditions: ShardFilter
    at: int | None
    model: str | None


@dataclass(slots=True)
class Record:
    """All that came to light in a piece of SQL."""

    findings: list[Finding] = field(default_factory=list)
    filters: list[KeyFilter] = field(default_factory=list)
    reads: set[str] = field(default_factory=set)
    inlined: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A WITH entry: its result, and what came to light in it, which counts once it is used."""

    relation: Relation
    record: Record


class Findings:
    """Collects the record of one model."""

    def __init__(self) -> None:
        """Start an empty record."""
        self.record = Record()
        self._model: str | None = None

    def refuse(self, refusal: Refusal, *nodes: Node) -> None:
        """Report that a piece of SQL is not shard-safe.

        Args:
            refusal: reason and advice.
            nodes: the piece; the first whose place is known gives the place.
        """
        places = (position_of(node) for node in nodes)
        at = next((place for place in places if place is not None), None)
        finding = Finding(refusal, at, self._model)
        if finding not in self.record.findings:
            self.record.findings.append(finding)

    def settle(self, result: Spread | Refusal, *nodes: Node) -> Spread:
        """Return the spread that a rule gave, having reported its refusal if it gave one."""
        if isinstance(result, Spread):
            return result
        self.refuse(result, *nodes)
        return Spread.UNPROVEN

    def add_filter(self, key: str, conditions: ShardFilter) -> None:
        """Note that a table is narrowed by its key."""
        self.record.filters.append(KeyFilter(key, conditions, conditions.at, self._model))

    @contextmanager
    def named_query(self, name: str) -> Iterator[Record]:
        """Keep what comes to light within apart, as the record of a WITH entry."""
        outside, model = self.record, self._model
        self.record = Record()
        if name.startswith(EPHEMERAL_PREFIX):
            self._model = name.removeprefix(EPHEMERAL_PREFIX)
            self.record.inlined.add(self._model)
        try:
            yield self.record
        finally:
            self.record, self._model = outside, model

    def use(self, named: NamedQuery) -> Relation:
        """Return the result of a WITH entry; what came to light in it counts from now on."""
        record = named.record
        for finding in record.findings:
            if finding not in self.record.findings:
                self.record.findings.append(finding)
        for key_filter in record.filters:
            if key_filter not in self.record.filters:
                self.record.filters.append(key_filter)
        self.record.reads |= record.reads
        self.record.inlined |= record.inlined
        return named.relation
