"""The tables that a stage reads: its inputs, and what its own models write.

Owns what each of them is to a shard. It must never open a database.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from shardrun.shard_safety import file_reads, functions
from shardrun.shard_safety.findings import Findings
from shardrun.shard_safety.relations import Column, Refusal, Relation, Spread
from shardrun.shard_safety.syntax import Table
from shardrun.shard_safety.verdict import InputColumns

_OWN_TABLE = Refusal(
    "it reads {}, a table that this stage writes; a shard holds nothing of its other periods",
    "Read what earlier periods left behind from a table of STATE_ACCUMULATION, or in a FOUNDATION "
    "model.",
)
_UNKNOWN_TABLE = Refusal(
    "it can't be proven what {} holds: it is no table that the stages before this one write",
    "Read it in a FOUNDATION model, and that model here.",
)
_NAME_PART = re.compile(r'"((?:[^"]|"")*)"|([^".]+)')


class StageTables:
    """The inputs of a stage and, as they become known, the tables of its models."""

    def __init__(
        self,
        inputs: Mapping[str, InputColumns],
        keys: Sequence[str],
        narrowed: Collection[str] = (),
        unreadable: Mapping[str, str] | None = None,
    ) -> None:
        """Take the arguments of :func:`analyze_stage`."""
        self.keys = tuple(key.lower() for key in keys)
        self._inputs = inputs
        self._narrowed = frozenset(narrowed)
        self._unreadable = unreadable or {}
        self._parts = {name: _parts(name) for name in inputs}
        self._relations = {name: self._input(name, columns) for name, columns in inputs.items()}
        self._own: dict[tuple[str, ...], Relation | None] = {}

    def expect(self, names: Iterable[str]) -> None:
        """Take note of the tables that the stage's models write."""
        self._own |= {_parts(name): None for name in names}

    def add(self, name: str, relation: Relation) -> None:
        """Take note of what one of these tables holds."""
        self._own[_parts(name)] = relation

    def read(self, table: Table, findings: Findings) -> Relation | Refusal:
        """Return what is known of a table, or why it may not be read."""
        shown = ".".join(part for part in (table.catalog, table.schema, table.name) if part)
        for parts, relation in self._own.items():
            if _may_mean(table, parts):
                return relation or Refusal(_OWN_TABLE.reason.format(shown), _OWN_TABLE.advice)
        meant = [name for name, parts in self._parts.items() if _may_mean(table, parts)]
        if len(meant) == 1:
            if why := self._unreadable.get(meant[0]):
                return file_reads.outside(f"{shown}, {why}")
            findings.record.reads.add(meant[0])
            return self._relations[meant[0]]
        if file_reads.is_file(table.schema, table.name):
            return file_reads.outside(f"the file {table.name}")
        return Refusal(_UNKNOWN_TABLE.reason.format(shown), _UNKNOWN_TABLE.advice)

    def is_narrowed(self, name: str) -> bool:
        """Return whether a shard needs only its own rows of an input."""
        return name in self._narrowed if self._narrowed else self._relations[name].spread.is_keyed

    def key_types(self) -> dict[str, frozenset[str]]:
        """Return the types that each key column has in the inputs, as far as they are given."""
        types: dict[str, set[str]] = {key: set() for key in self.keys}
        for columns in self._inputs.values():
            if isinstance(columns, Mapping):
                for name, type_name in columns.items():
                    if name.lower() in types:
                        types[name.lower()].add(type_name)
        return {key: frozenset(names) for key, names in types.items()}

    def with_key_names(self, text: str) -> str:
        """Return a message with the names of the key columns in it."""
        return text.replace("<key>", " or ".join(self.keys))

    def _input(self, name: str, columns: InputColumns) -> Relation:
        types = columns if isinstance(columns, Mapping) else dict.fromkeys(columns, "")
        known = tuple(
            Column(
                name=column,
                key=column.lower() if column.lower() in self.keys else None,
                is_exact=type_name.upper().partition("(")[0] in functions.EXACT_TYPES,
            )
            for column, type_name in types.items()
        )
        if name in self._narrowed:
            return Relation(Spread.NARROWED, known)
        is_keyed = any(column.key for column in known)
        return Relation(Spread.WHOLE if is_keyed else Spread.EVERYWHERE, known)


def _parts(name: str) -> tuple[str, ...]:
    """Return the parts of a quoted name, in small letters as DuckDB compares them."""
    return tuple(
        (quoted.replace('""', '"') or plain).lower() for quoted, plain in _NAME_PART.findall(name)
    )


def _may_mean(table: Table, parts: tuple[str, ...]) -> bool:
    """Return whether a name in the SQL can be a table's; DuckDB takes `a.b` in two ways."""
    *qualifiers, name = parts
    given = [part.lower() for part in (table.catalog, table.schema) if part]
    if table.name.lower() != name:
        return False
    return given == qualifiers[len(qualifiers) - len(given) :] or given == qualifiers[:1]
