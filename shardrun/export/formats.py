"""The formats of an export: rows of a query in, one file out, decided by those rows alone.

Excel counts in doubles, so whole numbers of more than 15 digits, such as 64-bit keys, go into a
workbook as text. It must never decide what is exported, or in which order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb

from shardrun.errors import ExportError, InputError
from shardrun.sql import quote_literal

EXCEL_ROWS = 1_048_576
"""Rows of an Excel sheet, its header among them."""

_EXCEL_DIGITS = 15
_EXCEL_NAME = 31
_EXCEL_TEXT = 32_767
_CHUNK = 10_000
# A workbook says when it was made; without this, two exports of one database differ.
_MADE = datetime(2000, 1, 1)


class ExportFormat(StrEnum):
    """What an export is written as; the value is the ending of its files."""

    PARQUET = "parquet"
    CSV = "csv"
    XLSX = "xlsx"


def check_size(table: str, rows: int, file_format: ExportFormat) -> None:
    """Refuse what a format can't hold, before anything is written.

    Args:
        table: what is exported.
        rows: the most rows that one of its files gets.
        file_format: of the files.

    Raises:
        InputError: there are too many.
    """
    if file_format is ExportFormat.XLSX and rows >= EXCEL_ROWS:
        raise InputError(
            f"--format xlsx: {table} has {rows:,} rows in one file, and an Excel sheet takes "
            f"{EXCEL_ROWS - 1:,}. Export it as parquet or csv."
        )


def write_file(
    connection: duckdb.DuckDBPyConnection, query: str, path: Path, file_format: ExportFormat
) -> None:
    """Write the rows of a query, in their order.

    Args:
        connection: where the query can run.
        query: SQL that ends in a complete order.
        path: the file.
        file_format: what it is written as.
    """
    _WRITERS[file_format](connection, query, path)


def _write_parquet(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    options = "format parquet, compression zstd"
    connection.execute(f"copy ({query}) to {quote_literal(path)} ({options})")


def _write_csv(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"copy ({query}) to {quote_literal(path)} (format csv, header)")


def _write_xlsx(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    import xlsxwriter  # takes a sixth of a second, which no other command shall wait for

    cursor = connection.execute(query)
    names = [str(column[0]) for column in cursor.description or ()]
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as workbook:
        workbook.set_properties({"created": _MADE})
        bold = workbook.add_format({"bold": True})
        formats = {
            date: workbook.add_format({"num_format": "yyyy-mm-dd"}),
            datetime: workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        sheet = workbook.add_worksheet(re.sub(r"[\[\]:*?/\\']", "_", path.stem)[:_EXCEL_NAME])
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(names):
            sheet.write_string(0, place, name, bold)
            sheet.set_column(place, place, max(11, len(name) + 2))
        row_number = 0
        while rows := cursor.fetchmany(_CHUNK):
            for row in rows:
                row_number += 1
                for place, value in enumerate(row):
                    _write_cell(sheet, row_number, place, value, formats)
        sheet.autofilter(0, 0, row_number, len(names) - 1)


def _write_cell(sheet: Any, row: int, column: int, value: object, formats: Any) -> None:
    match value:
        case None:
            return
        case bool():
            sheet.write_boolean(row, column, value)
        case int() if len(str(abs(value))) > _EXCEL_DIGITS:
            sheet.write_string(row, column, str(value))
        case int() | float() | Decimal():
            sheet.write_number(row, column, value)
        case date():
            sheet.write_datetime(row, column, value, formats[type(value)])
        case _:
            text = str(value)
            if len(text) > _EXCEL_TEXT:
                raise ExportError(
                    f"row {row:,} of {sheet.get_name()} has a text of {len(text):,} characters, "
                    f"and an Excel cell takes {_EXCEL_TEXT:,}. Export it as parquet or csv."
                )
            sheet.write_string(row, column, text)


_WRITERS: dict[ExportFormat, Callable[[duckdb.DuckDBPyConnection, str, Path], None]] = {
    ExportFormat.PARQUET: _write_parquet,
    ExportFormat.CSV: _write_csv,
    ExportFormat.XLSX: _write_xlsx,
}
