"""Two databases of ours side by side in one instance, so that one query reads both.

Opens both READ_ONLY; it must never compare anything itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from shardrun.database.connection import ALIAS, attach_database, open_database
from shardrun.database.ownership import check_ownership
from shardrun.errors import DatabaseError, InputError
from shardrun.ledger.reader import read_ledger
from shardrun.ledger.records import LedgerContents

FIRST = ALIAS
"""The catalog name of the first database, which is the default one."""

SECOND = "other"
"""The catalog name of the second."""


@dataclass(frozen=True, slots=True)
class DatabasePair:
    """Both, open.

    Attributes:
        connection: where the one is FIRST and the other SECOND.
        first: the ledger of the one; it has at least one run.
        second: that of the other.
    """

    connection: duckdb.DuckDBPyConnection
    first: LedgerContents
    second: LedgerContents


@contextmanager
def open_pair(first: Path, second: Path) -> Iterator[DatabasePair]:
    """Open two databases.

    Raises:
        InputError: both are one file.
        DatabaseError: one can't be opened, is none of ours, or no run has begun on it.
        DatabaseInUseError: another process is writing to one.
    """
    for path in (first, second):
        check_ownership(path)
    if first.samefile(second):
        raise InputError(f"{first} and {second} are one file, which can't differ from itself.")
    with open_database(first) as connection:
        attach_database(connection, second, SECOND)
        yield DatabasePair(
            connection,
            _ledger(connection, FIRST, first),
            _ledger(connection, SECOND, second),
        )


def _ledger(connection: duckdb.DuckDBPyConnection, catalog: str, path: Path) -> LedgerContents:
    ledger = read_ledger(connection, catalog)
    if not ledger.runs:
        raise DatabaseError(f"no run has begun on {path}. `shardrun run` begins one.")
    return ledger
