"""Tables and rows of a result for whoever analyses them: as polars, pandas, Arrow, or plain tuples.

A database is open only while it is read, so that nobody who holds rows holds up the next run. It
must never write, nor need a library that the caller did not ask for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from shardrun.database.connection import ALIAS, open_database
from shardrun.database.digest import canonical_relation, canonical_tables
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


class ResultTables(ABC):
    """The tables of a database, by name or by query."""

    __slots__ = ()

    @property
    @abstractmethod
    def database(self) -> Path:
        """The database, an absolute path."""

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables.

        Raises:
            DatabaseInUseError: another process is writing to the database.
        """
        with open_database(self.database) as connection:
            return canonical_tables(connection, ALIAS)

    def table(self, name: str) -> ResultRows:
        """Return the rows of a table, such as `fct_workforce_snapshot`.

        Args:
            name: one of :attr:`tables`.

        Raises:
            InputError: there is no such table.
            DatabaseInUseError: another process is writing to the database.
        """
        tables = self.tables
        if name not in tables:
            near = get_close_matches(name, tables, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(tables)}"
            raise InputError(f'there is no table "{name}" in {self.database}; {hint}')
        return ResultRows(self.database, f"from {canonical_relation(ALIAS, name)}")

    def query(self, sql: str, *parameters: object) -> ResultRows:
        """Return the rows of a query over the tables, which nothing can be written by.

        Args:
            sql: one select, in DuckDB's SQL.
            *parameters: what stands for its question marks.
        """
        return ResultRows(self.database, sql, parameters)


def _ask(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object]
) -> duckdb.DuckDBPyRelation:
    statements = connection.extract_statements(sql)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise InputError("this query can't be answered: it is not one select, and nothing else is")
    return connection.sql(sql, params=list(parameters) or None)
