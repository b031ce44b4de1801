"""Which stage writes which table, and in what order: as the ledger has it.

Databases of before the ledger recorded it are read as if it knew of no table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from shardrun.database.connection import LEDGER_SCHEMA, qualified
from shardrun.database.digest import canonical_name
from shardrun.database.ownership import ledger_has
from shardrun.stages import WorkflowStage

_TABLE = "written_tables"


@dataclass(frozen=True, slots=True)
class WrittenTable:
    """A table's place among all that a run writes.

    Attributes:
        stage: which stage writes it.
        place: its place in that stage, from 0; what it is made from comes before it.
    """

    stage: WorkflowStage
    place: int


def read_written_tables(
    connection: duckdb.DuckDBPyConnection, catalog: str
) -> Mapping[str, WrittenTable]:
    """Read, by their canonical names, the tables that the ledger knows a stage of.

    Args:
        connection: any connection of the instance.
        catalog: the name the database is attached under.
    """
    if not ledger_has(connection, catalog, _TABLE):
        return {}
    rows = connection.execute(
        "select table_schema, table_name, stage, place "
        f"from {qualified(catalog, LEDGER_SCHEMA, _TABLE)}"
    ).fetchall()
    return {
        canonical_name(schema, name): WrittenTable(WorkflowStage(stage), place)
        for schema, name, stage, place in rows
    }
