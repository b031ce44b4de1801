"""The shard file: a DuckDB file that says itself what it is.

Owns the provenance table and how a file is matched with the task it should have been made for.
It is read by the worker (is it there already?) and by the coordinator (may it enter the union?),
both through a connection that has it attached; it must never attach or change a file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import duckdb

from shardrun.database.connection import qualified
from shardrun.sharding.shard_results import ModelTiming
from shardrun.sharding.shards import Relation, Shard
from shardrun.sql import quote_identifier

_PROVENANCE = Relation("main", "shardrun_shard")


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a shard file says of itself.

    Attributes:
        fingerprint: of the task it was made for.
        shard: which shard it is.
        rows: rows of its canonical relation.
        seconds: what it took to make, wall time.
        worker: the process that made it.
        peak_memory: of that process, in bytes.
        models: what each of its models took.
    """

    fingerprint: str
    shard: Shard
    rows: int
    seconds: float
    worker: int
    peak_memory: int
    models: tuple[ModelTiming, ...]


def write_provenance(
    connection: duckdb.DuckDBPyConnection, catalog: str, provenance: Provenance
) -> None:
    """Let the shard file attached as ``catalog`` say what it is."""
    table = qualified(catalog, *_PROVENANCE)
    connection.execute(
        f"create table {table} (fingerprint varchar, simulation_year integer, shard_id integer, "
        "total_shards integer, rows bigint, seconds double, worker bigint, peak_memory bigint, "
        "models varchar)"
    )
    shard = provenance.shard
    connection.execute(
        f"insert into {table} values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            provenance.fingerprint,
            shard.year,
            shard.index,
            shard.total,
            provenance.rows,
            provenance.seconds,
            provenance.worker,
            provenance.peak_memory,
            json.dumps(provenance.models),
        ],
    )


def read_provenance(connection: duckdb.DuckDBPyConnection, catalog: str) -> Provenance | None:
    """Return what the file attached as ``catalog`` says of itself; ``None`` if it is no shard's.

    Raises:
        duckdb.Error: it can't be read.
    """
    if not columns_of(connection, catalog, _PROVENANCE):
        return None
    rows = connection.execute(
        "select fingerprint, simulation_year, shard_id, total_shards, rows, seconds, worker, "
        f"peak_memory, models from {qualified(catalog, *_PROVENANCE)}"
    ).fetchall()
    if len(rows) != 1:
        return None
    fingerprint, year, index, total, counted, seconds, worker, memory, timings = rows[0]
    models = tuple(ModelTiming(*timing) for timing in json.loads(timings))
    shard = Shard(year, index, total)
    return Provenance(fingerprint, shard, counted, seconds, worker, memory, models)


def columns_of(
    connection: duckdb.DuckDBPyConnection, catalog: str, relation: Relation
) -> tuple[tuple[str, str], ...]:
    """Return names and types of a table's columns, in order; nothing if there is no such table.

    Raises:
        duckdb.Error: the file can't be read.
    """
    try:
        described = connection.execute(f"describe {qualified(catalog, *relation)}").fetchall()
    except duckdb.CatalogException:
        return ()
    return tuple((name, type_) for name, type_, *_ in described)


def count_rows(connection: duckdb.DuckDBPyConnection, catalog: str, relation: Relation) -> int:
    """Return how many rows a table has, as its metadata say.

    Raises:
        duckdb.Error: there is no such table.
    """
    [(rows,)] = connection.execute(
        f"select count(*) from {qualified(catalog, *relation)}"
    ).fetchall()
    return int(rows)


def count_period(
    connection: duckdb.DuckDBPyConnection,
    catalog: str,
    relation: Relation,
    column: str,
    period: int,
) -> int:
    """Return how many rows of a table belong to a period.

    Raises:
        duckdb.Error: there is no such table or column, or it can't be read.
    """
    [(rows,)] = connection.execute(
        f"select count(*) from {qualified(catalog, *relation)} "
        f"where {quote_identifier(column)} = ?",
        [period],
    ).fetchall()
    return int(rows)
