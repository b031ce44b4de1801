"""What ``shardrun export`` shows of the folder it wrote."""

from __future__ import annotations

from rich.console import Group, RenderableType

from shardrun.console.documents import Document
from shardrun.console.paths import path_line
from shardrun.console.tables import ruled_table
from shardrun.export.tables import Export, ExportedTable


def export_view(export: Export) -> RenderableType:
    """Show the tables that were written, and where."""
    table = ruled_table()
    table.add_column("table", no_wrap=True)
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("files", overflow="fold")
    for exported in export.tables:
        table.add_row(exported.table, f"{exported.rows:,}", _files(exported))
    return Group(table, path_line("folder", export.folder))


def export_document(export: Export) -> Document:
    """Return what the folder says of itself, and where it is."""
    return {"folder": str(export.folder), **export.contents()}


def _files(table: ExportedTable) -> str:
    first, *others = (file.path for file in table.files)
    return f"{first} and {len(others)} more" if others else first
