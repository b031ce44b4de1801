"""DuckDB's own reading of a statement, as the JSON of ``json_serialize_sql``.

Owns the call, the place that an error names, and the rule that no field may be passed over. DuckDB
calls the format its own affair: it differs between versions, so whatever a field says that nobody
asked for makes the whole object one that is not understood.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import duckdb

NO_POSITION = 2**64 - 1
"""What DuckDB gives where it does not know a position."""

_SAYS_NOTHING: dict[str, tuple[object, ...]] = {
    # what another field says as well, or what only a plan has
    "query_location_length": (),
    "qualified_name": (),
    "is_operator": (),
    "is_implicit": (),
    "materialized": (),
    "named_param_map": (),
    # what a field holds where the statement does not ask for it
    "aggregate_handling": ("STANDARD_HANDLING",),
    "cte_map": ({"map": []},),
    "nearest_count": (1,),
    "nearest_order_type": ("ASCENDING",),
    "order_bys": ({"type": "ORDER_MODIFIER", "orders": []},),
    "with_ordinality": ("WITHOUT_ORDINALITY",),
}
_Reader = TypeVar("_Reader")
_EMPTY: tuple[object, ...] = (None, "", [], {}, False)


class UnreadableSqlError(Exception):
    """DuckDB can't read the SQL; ``at`` is the offset in bytes, None where DuckDB names none."""

    def __init__(self, message: str, at: int | None) -> None:
        """Keep what DuckDB says and where."""
        super().__init__(message)
        self.at = at


class NotUnderstoodError(Exception):
    """An object says something that nobody asked for; the message names it."""


def serialize(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    """Return the query that ``sql`` consists of.

    Raises:
        UnreadableSqlError: it can't be parsed, or is not one single query.
    """
    row = connection.execute("select json_serialize_sql(?)", [sql]).fetchone()
    answer: dict[str, Any] = json.loads(row[0]) if row else {}
    if answer.get("error", True):
        position = answer.get("position")
        raise UnreadableSqlError(
            str(answer.get("error_message", "no answer")),
            int(position) if position is not None else None,
        )
    statements = answer["statements"]
    if len(statements) != 1:
        raise UnreadableSqlError(f"{len(statements)} statements where one query belongs", None)
    query: dict[str, Any] = statements[0]["node"]
    return query


class Fields:
    """The fields of one serialized object, of which every one has to be asked for."""

    def __init__(self, values: dict[str, Any]) -> None:
        """Take an object of which nothing has been asked."""
        self.values = values
        self._asked = {"type", "class", "alias", "query_location"}

    def __getitem__(self, name: str) -> Any:
        """Return a field that every version has."""
        return self.get(name, ...)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a field; ``default`` where this version of DuckDB has none."""
        self._asked.add(name)
        if name not in self.values and default is ...:
            raise NotUnderstoodError(f"{self.kind} without {name}")
        return self.values.get(name, default)

    @property
    def kind(self) -> str:
        """Return what DuckDB calls the object."""
        return str(self.values.get("type", ""))

    @property
    def alias(self) -> str:
        """Return the name that the statement gives it, or nothing."""
        return str(self.values.get("alias", ""))

    @property
    def at(self) -> int | None:
        """Return the offset in bytes where it begins; None where DuckDB does not know."""
        return _at(self.values)

    @property
    def first_at(self) -> int | None:
        """Return the first offset in bytes of anything in it; None where DuckDB knows none."""
        return min(_all_at(self.values), default=None)

    def one_of(self, readers: Mapping[str, _Reader], kind: str) -> _Reader:
        """Return the reader for an object of this kind.

        Raises:
            NotUnderstoodError: there is none.
        """
        if kind not in readers:
            raise NotUnderstoodError(kind)
        return readers[kind]

    def check(self) -> None:
        """Check that nothing is left over.

        Raises:
            NotUnderstoodError: a field that nobody asked for says something.
        """
        for name, value in self.values.items():
            if name in self._asked or value in _EMPTY:
                continue
            if name in _SAYS_NOTHING and (not _SAYS_NOTHING[name] or value in _SAYS_NOTHING[name]):
                continue
            raise NotUnderstoodError(f"{self.kind} with {name}")


def _at(values: dict[str, Any]) -> int | None:
    position = values.get("query_location")
    return None if position in (None, NO_POSITION) else int(str(position))


def _all_at(value: object) -> Iterator[int]:
    if isinstance(value, dict):
        at = _at(value)
        yield from () if at is None else (at,)
        for each in value.values():
            yield from _all_at(each)
    elif isinstance(value, list):
        for each in value:
            yield from _all_at(each)
