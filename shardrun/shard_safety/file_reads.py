"""What SQL reads beside the tables of databases: files, which a shard may not open.

Owns how a read of a file is recognized, in a statement of the stage and behind the views that it
reads. It must never open a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb

from shardrun.database.connection import memory_database
from shardrun.shard_safety import functions
from shardrun.shard_safety.relations import Refusal
from shardrun.shard_safety.serialized import UnreadableSqlError, serialize

_REASON = "it reads {}, and a shard opens DuckDB databases and no other files"
_ADVICE = "Let a model of an earlier stage make a table of it, and read that one here."
_FILE = re.compile(r".+\.(parquet|csv|tsv|json|jsonl|ndjson)(\.\w+)?", re.IGNORECASE)
_NAME = r'(?:"(?:[^"]|"")*"|[^\s".(]+)'
_CREATE_VIEW = re.compile(
    rf"\s*create\s+(?:or\s+replace\s+)?view\s+{_NAME}(?:\.{_NAME}){{0,2}}\s*(?:\([^)]*\))?\s+as\s",
    re.IGNORECASE,
)


def outside(what: str) -> Refusal:
    """Return why a shard can't read something that is no table of a DuckDB database."""
    return Refusal(_REASON.format(what), _ADVICE)


def is_file(schema: str, name: str) -> bool:
    """Return whether DuckDB takes a table's name for a file."""
    return not schema and _FILE.fullmatch(name) is not None


def views_over_files(definitions: Mapping[str, str]) -> dict[str, str]:
    """Return what file each of the views reads, directly or through another of them.

    Args:
        definitions: the statements that made views, by the view's name; each after those that it
            reads.
    """
    over: dict[str, str] = {}
    if not definitions:
        return over
    with memory_database() as connection:
        for name, definition in definitions.items():
            if reads := _file_behind(connection, definition, over):
                over[name] = reads
    return over


def _file_behind(
    connection: duckdb.DuckDBPyConnection, definition: str, over: Mapping[str, str]
) -> str | None:
    query = _CREATE_VIEW.sub("", definition, count=1).rstrip().rstrip(";")
    try:
        objects = list(_objects(serialize(connection, query)))
    except UnreadableSqlError:
        return None
    known = {name.rpartition(".")[2].strip('"').lower(): reads for name, reads in over.items()}
    for each in objects:
        called = str(each.get("function_name", "")).lower()
        if called in functions.FILE_TABLES:
            return f"{called}()"
        table = str(each.get("table_name", ""))
        if each.get("type") != "BASE_TABLE":
            continue
        if is_file(str(each.get("schema_name", "")), table):
            return f"'{table}'"
        if table.lower() in known:
            return known[table.lower()]
    return None


def _objects(value: object) -> Iterator[dict[str, Any]]:
    """Yield every object in a serialized statement."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _objects(each)
    elif isinstance(value, list):
        for each in value:
            yield from _objects(each)
