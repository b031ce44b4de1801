"""A person's census file as a relation of what was given, row by row, with row numbers.

It owns how CSV and Parquet are opened and how their rows are numbered and rejected. Values come
through as they stand: it must never interpret one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from shardrun.errors import CensusError
from shardrun.sql import quote_identifier, quote_literal
from shardrun.workforce.census_file import quote_path
from shardrun.workforce.census_findings import SHOWN, Example, Finding
from shardrun.workforce.csv_text import CsvText, inspect_csv

_PARQUET_MAGIC = b"PAR1"
_MALFORMED = {
    "MISSING COLUMNS": "has too few columns",
    "TOO MANY COLUMNS": "has too many columns",
    "UNQUOTED VALUE": "has a quote that is not closed, or text after a closing quote",
    "LINE SIZE OVER MAXIMUM": "is longer than 2 MB (a quote that is not closed?)",
}


@dataclass(frozen=True)
class SourceColumn:
    """One column of the person's file.

    Attributes:
        name: its name there.
        expression: SQL of its values.
        sql_type: its DuckDB type, in DuckDB's spelling.
    """

    name: str
    expression: str
    sql_type: str


class CensusSource(ABC):
    """An opened census file.

    Attributes:
        path: the person's file.
        columns: its columns, in order.
        suffix: of files in its format.
        doubts: what a person should know of how it was read.
    """

    path: Path
    columns: tuple[SourceColumn, ...]
    suffix: str
    doubts: tuple[str, ...] = ()

    @abstractmethod
    def load(
        self, connection: duckdb.DuckDBPyConnection, chosen: Mapping[str, SourceColumn]
    ) -> tuple[Finding, ...]:
        """Create the view ``given``: row_number and the chosen columns under their keys.

        Rows are numbered as a person sees them: in a CSV the header is row 1.

        Returns:
            findings on the rows that can't be split into columns; they are not in ``given``.
        """


def open_source(connection: duckdb.DuckDBPyConnection, path: Path, scratch: Path) -> CensusSource:
    """Open a census file, whatever its suffix says.

    Args:
        connection: reads the columns of a Parquet file.
        path: the person's file.
        scratch: an existing directory for a rewritten copy of an odd CSV file.

    Raises:
        CensusError: if it is not a readable CSV or Parquet file.
    """
    if path.is_dir():
        raise CensusError(f"{path} is a directory, not a census file.")
    if not path.exists():
        raise CensusError(f"there is no census file {path}.")
    if not path.is_file():
        raise CensusError(f"{path} is not a regular file.")
    try:
        with path.open("rb") as file:
            is_parquet = file.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC
        return _ParquetSource(connection, path) if is_parquet else _CsvSource(path, scratch)
    except OSError as error:
        raise CensusError(f"{path} can't be read: {error.strerror}.") from error


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what DuckDB says of a damaged file, which it may find at any row, into our error.

    Raises:
        CensusError: if reading fails for another reason than memory.
    """
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise CensusError(
            f"{path} is damaged or not what it seems. DuckDB says: {error}"
        ) from error


class _ParquetSource(CensusSource):
    suffix = ".parquet"

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self.path = path
        self._scan = f"read_parquet({quote_path(path)}, file_row_number = true)"
        with readable(path):
            described = connection.execute(
                f"describe select * exclude (file_row_number) from {self._scan}"
            ).fetchall()
        self.columns = tuple(
            SourceColumn(name, quote_identifier(name), sql_type) for name, sql_type, *_ in described
        )

    def load(
        self, connection: duckdb.DuckDBPyConnection, chosen: Mapping[str, SourceColumn]
    ) -> tuple[Finding, ...]:
        connection.execute(
            f"create temp view given as select file_row_number + 1 as row_number,"
            f" {_select_list(chosen)} from {self._scan}"
        )
        return ()


class _CsvSource(CensusSource):
    suffix = ".csv"

    def __init__(self, path: Path, scratch: Path) -> None:
        self.path = path
        self._text: CsvText = inspect_csv(path, scratch)
        self.columns = tuple(
            SourceColumn(name, f"c{position}", "VARCHAR")
            for position, name in enumerate(self._text.header)
        )
        if self._text.encoding == "cp1252":
            self.doubts = (
                "the file is not UTF-8 and was read as Windows-1252; if ids with accents or other "
                "special letters come out wrong, save it as UTF-8",
            )

    def load(
        self, connection: duckdb.DuckDBPyConnection, chosen: Mapping[str, SourceColumn]
    ) -> tuple[Finding, ...]:
        types = ", ".join(f"{column.expression}: 'varchar'" for column in self.columns)
        with readable(self.path):
            connection.execute(
                f"create temp table csv_rows as select {_select_list(chosen)}"
                f" from read_csv({quote_path(self._text.path)}, columns = {{{types}}},"
                f" auto_detect = false, header = false, skip = {self._text.header_record},"
                f" delim = {quote_literal(self._text.delimiter)}, quote = '\"', escape = '\"',"
                " compression = 'none', store_rejects = true)"
            )
        self._number_rows(connection)
        return _malformed_rows(connection)

    def _number_rows(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Create ``given`` over ``csv_rows``, whose rowid counts neither rejected nor blank rows.

        With skipped records s(1) < s(2) < ..., the row of rowid k follows s(i) exactly when at
        least s(i) - header - i rows were kept before it.
        """
        header = self._text.header_record
        connection.execute(
            "create temp table skipped_records as"
            f" select kept_before, max(skipped) as skipped from ("
            f"   select line - {header} - row_number() over (order by line) as kept_before,"
            "     row_number() over (order by line) as skipped"
            "   from (select line from reject_errors union select unnest($blank::bigint[]))"
            " ) group by kept_before",
            {"blank": list(self._text.blank_records)},
        )
        if connection.execute("select count(*) from skipped_records").fetchone() == (0,):
            connection.execute(
                "create temp view given as"
                f" select rowid + {header + 1} as row_number, * from csv_rows"
            )
            return
        connection.execute(
            "create temp view given as"
            f" select csv_rows.rowid + {header + 1} + coalesce(skipped, 0) as row_number,"
            " csv_rows.* from csv_rows"
            " asof left join skipped_records on csv_rows.rowid >= kept_before"
        )


def _select_list(chosen: Mapping[str, SourceColumn]) -> str:
    return ", ".join(f"{column.expression} as {key}" for key, column in chosen.items())


def _malformed_rows(connection: duckdb.DuckDBPyConnection) -> tuple[Finding, ...]:
    rows = connection.execute(
        "select kind, count(*), list(row(line, text) order by line)[:$shown] from ("
        "  select line, min(error_type::varchar) as kind,"
        "  any_value(trim(csv_line, E' \\r\\n')) as text"
        "  from reject_errors group by line"
        ") group by kind order by kind",
        {"shown": SHOWN},
    ).fetchall()
    return tuple(
        Finding(
            f"the row {_MALFORMED.get(kind, kind.lower())}",
            count,
            tuple(Example(line, text) for line, text in examples),
        )
        for kind, count, examples in rows
    )
