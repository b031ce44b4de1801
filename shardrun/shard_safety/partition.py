"""The shard's filter: is every entity in one shard, and in the same one everywhere?

Owns the question, which it puts to DuckDB: for the whole numbers that a filter compares with, and
their neighbours, the answer is a proof; for a filter that computes, it is a test on some thousand
keys. It must never ask whether what is filtered makes sense.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from shardrun.shard_safety.findings import KeyFilter
from shardrun.shard_safety.relations import Refusal
from shardrun.shard_safety.syntax import AnyExpression, Constant, Expression, Node, children_of

_ADVICE = "Use shardrun.shard_filter: of it this is known."
_UNTESTED = Refusal(
    "it can't be proven that the shard's filter puts every row in one shard", _ADVICE
)
_LOST = "the shard's filter leaves rows out: those with {} {} are in none of 2 shards"
_DOUBLED = "the shard's filter takes rows twice: those with {} {} are in both of 2 shards"
_LOST_BY_DEFAULT = (
    "the shard's filter is not always true without shards: the default path leaves out rows with "
    "{} {}"
)
_OTHER = "the shard's filter splits the rows in another way than the one at {}"
_OTHER_ADVICE = (
    "Use shardrun.shard_filter on the same key column in both, or join the table on <key> with one "
    "that is filtered already."
)
_TYPES_IF_UNKNOWN = ("UBIGINT", "VARCHAR")
_TYPE = re.compile(r"[A-Za-z0-9_ ]+(\(\d+(, *\d+)?\))?")
_PROBES = 2048
_LAST_KEY = 2**64 - 1


@dataclass(frozen=True, slots=True)
class PlacedFilter:
    """A filter and the place to name it by."""

    key_filter: KeyFilter
    place: str


def check_partition(
    connection: duckdb.DuckDBPyConnection,
    filters: Sequence[PlacedFilter],
    key_types: Mapping[str, frozenset[str]],
) -> list[tuple[PlacedFilter, Refusal]]:
    """Return the filters that don't share the entities out among the shards, and why.

    Args:
        connection: any DuckDB instance.
        filters: all filters of the stage.
        key_types: the DuckDB types of each key column in the inputs, as far as known.
    """
    refused: list[tuple[PlacedFilter, Refusal]] = []
    if not filters:
        return refused
    first, *others = filters
    types = key_types.get(first.key_filter.key, frozenset())
    if refusal := _check_one(connection, first.key_filter, types):
        refused.append((first, refusal))
    said = _said_by(first.key_filter)
    other_way = Refusal(_OTHER.format(first.place), _OTHER_ADVICE)
    return refused + [(o, other_way) for o in others if _said_by(o.key_filter) != said]


def _check_one(
    connection: duckdb.DuckDBPyConnection, key_filter: KeyFilter, types: frozenset[str]
) -> Refusal | None:
    """Return why a filter does not put every key in exactly one of two shards, if so."""
    answers = []
    for type_name in sorted(types) or _TYPES_IF_UNKNOWN:
        try:
            answers.append(_probe(connection, key_filter, type_name))
        except duckdb.Error:
            # the filter does not fit this type
            if types:
                return _UNTESTED
    return next(iter(answers), _UNTESTED) if not types else next(filter(None, answers), None)


def _probe(
    connection: duckdb.DuckDBPyConnection, key_filter: KeyFilter, type_name: str
) -> Refusal | None:
    if not _TYPE.fullmatch(type_name):
        return _UNTESTED
    # as one text: DuckDB 1.5 takes long over a list
    texts = "\n".join([*_numbers_around(key_filter), *_texts()])
    connection.execute(
        f"""create or replace temp table probes as
        select distinct "key"
        from (select try_cast(unnest(string_split(?, chr(10))) as {type_name}) as "key")
        where "key" is not null""",
        [texts],
    )
    selected = _as_sql(connection, key_filter)
    sides = ", ".join(f"{_all(name, side)} as {name}" for name, side in _sides(key_filter))
    questions = (("not a and not b", _LOST), ("a and b", _DOUBLED), ("not c", _LOST_BY_DEFAULT))
    for wanted, message in questions:
        row = connection.execute(
            f'select min("key") from (select "key", {sides} from ({selected})) where {wanted}'
        ).fetchone()
        if row and row[0] is not None:
            return Refusal(message.format(key_filter.key, row[0]), _ADVICE)
    return None


def _all(prefix: str, conditions: Sequence[AnyExpression]) -> str:
    """Return SQL that is true where all conditions of one shard are, and never null."""
    return " and ".join(
        ["true", *(f"coalesce({prefix}{place}, false)" for place in range(len(conditions)))]
    )


def _as_sql(connection: duckdb.DuckDBPyConnection, key_filter: KeyFilter) -> str:
    """Return a query that gives every condition a column: a0, a1 ... for the first shard, ..."""
    row = connection.execute("select json_serialize_sql('select \"key\" from probes')").fetchone()
    statement = json.loads(row[0]) if row else {}
    items = statement["statements"][0]["node"]["select_list"]
    for prefix, conditions in _sides(key_filter):
        for place, condition in enumerate(_serialized(conditions)):
            items.append({**_about(condition, "key"), "alias": f"{prefix}{place}"})
    row = connection.execute("select json_deserialize_sql(?)", [json.dumps(statement)]).fetchone()
    return str(row[0]).rstrip().rstrip(";") if row else ""


def _sides(key_filter: KeyFilter) -> tuple[tuple[str, Sequence[AnyExpression]], ...]:
    """Return the conditions of the first shard, the second, and the default path, named."""
    it = key_filter.conditions
    return ("a", it.first), ("b", it.second), ("c", it.unsharded)


def _said_by(key_filter: KeyFilter) -> tuple[str, list[list[str]]]:
    """Return what a filter says, but for what the column is called and where it stands."""
    return key_filter.key, [
        sorted(json.dumps(_about(each, "", positions=False)) for each in _serialized(side))
        for _, side in _sides(key_filter)
    ]


def _serialized(conditions: Sequence[AnyExpression]) -> list[dict[str, Any]]:
    return [each.serialized for each in conditions if isinstance(each, Expression)]


def _about(value: Any, column: str, *, positions: bool = True) -> Any:
    """Return a serialized expression with all its columns called ``column``."""
    if isinstance(value, list):
        return [_about(each, column, positions=positions) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {
        name: _about(each, column, positions=positions)
        for name, each in value.items()
        if positions or not name.startswith("query_location")
    }
    return {**kept, "column_names": [column]} if "column_names" in kept else kept


def _numbers_around(key_filter: KeyFilter) -> list[str]:
    """Return the whole numbers that a filter names, with their neighbours, and others between."""
    named = {0, _LAST_KEY}
    for condition in key_filter.conditions.conditions:
        named |= {int(each.text) for each in _integers(condition)}
    near = {number + step for number in named for step in (-1, 0, 1)}
    spread = {_LAST_KEY * place // _PROBES for place in range(_PROBES)} | set(range(_PROBES))
    return [str(number) for number in sorted(near | spread)]


def _integers(node: Node) -> Iterator[Constant]:
    if isinstance(node, Constant) and node.kind == "integer":
        yield node
    for child in children_of(node):
        yield from _integers(child)


def _texts() -> list[str]:
    """Return ids of some shapes: words with numbers, dates, and those that are uuids too."""
    numbered = [f"{word}{place:0{width}}" for place in range(_PROBES // 4) for word, width in _IDS]
    uuids = [f"{place * 0x9E3779B97F4A7C15 % 2**128:032x}" for place in range(_PROBES // 4)]
    dates = [f"{year}-{month:02}-15" for year in range(1950, 2050) for month in range(1, 13)]
    return ["", "a", "Z", "é", *numbered, *uuids, *dates]


_IDS = (("E", 6), ("NH_2026_", 7), ("z", 1))
