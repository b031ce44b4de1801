"""Rows of a run's database for whoever analyses them: as polars, pandas or Arrow, or plain tuples.

A database is open only while it is read, so that nobody who holds rows holds up the next run. It
must never write, nor need a library that the caller did not ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from shardrun.database import open_database
from shardrun.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

ReadT = TypeVar("ReadT")


@dataclass(frozen=True, slots=True)
class ResultRows:
    """What a query finds; asked anew by each method, each time.

    Attributes:
        database: of a run.
        sql: one select.
        parameters: what stands for its question marks.
    """

    database: Path
    sql: str
    parameters: tuple[object, ...] = ()

    def tuples(self) -> list[tuple[Any, ...]]:
        """Return the rows as Python's own values.

        Raises:
            InputError: the query is not one that DuckDB can answer.
            DatabaseError: the database can't be opened.
            DatabaseInUseError: another process is writing to it.
        """
        return self._read(lambda relation: relation.fetchall())

    def polars(self) -> pl.DataFrame:
        """Return a polars frame; needs polars and pyarrow (`shardrun[polars]`).

        Raises:
            ImportError: they are not installed; or see :meth:`tuples`.
        """
        frame: pl.DataFrame = self._read(lambda relation: relation.pl())
        return frame

    def pandas(self) -> pd.DataFrame:
        """Return a pandas frame; needs pandas (`shardrun[pandas]`).

        Raises:
            ImportError: it is not installed; or see :meth:`tuples`.
        """
        frame: pd.DataFrame = self._read(lambda relation: relation.df())
        return frame

    def arrow(self) -> pa.Table:
        """Return an Arrow table; needs pyarrow (`shardrun[arrow]`).

        Raises:
            ImportError: it is not installed; or see :meth:`tuples`.
        """
        return self._read(lambda relation: relation.to_arrow_table())

    def _read(self, take: Callable[[duckdb.DuckDBPyRelation], ReadT]) -> ReadT:
        with open_database(self.database) as connection:
            try:
                return take(_ask(connection, self.sql, self.parameters))
            except duckdb.ProgrammingError as error:
                raise InputError(f"this query can't be answered: {error}") from error


def _ask(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object]
) -> duckdb.DuckDBPyRelation:
    statements = connection.extract_statements(sql)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise InputError("this query can't be answered: it is not one select, and nothing else is")
    return connection.sql(sql, params=list(parameters) or None)
