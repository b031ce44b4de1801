"""What is shown of shards that were run alone: for a person, and as JSON."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shardrun.console.documents import Document
from shardrun.console.paths import path_line
from shardrun.console.tables import ruled_table
from shardrun.runs.isolated_shard import IsolatedShard
from shardrun.sharding.comparison import Comparison


def isolated_shard_view(isolated: IsolatedShard) -> RenderableType:
    """Show what a shard holds, whether it is what the canonical table holds, and where it lies."""
    parts: list[RenderableType] = [_counts("model", isolated.rows)]
    if isolated.rows_by_type:
        parts.append(_counts("rows of type", isolated.rows_by_type))
    parts.append(_comparison_view(isolated.comparison, isolated.rows[-1][1]))
    parts += [
        path_line("shard", isolated.file),
        path_line("SQL  ", isolated.sql_folder),
    ]
    return Group(*parts)


def isolated_shard_document(isolated: IsolatedShard) -> Document:
    """Return the same as a document."""
    comparison = isolated.comparison
    return {
        "success": True,
        "shard": isolated.name,
        "year": isolated.year,
        "file": str(isolated.file),
        "sql": str(isolated.sql_folder),
        "rows": dict(isolated.rows),
        "rows_by_type": dict(isolated.rows_by_type),
        "equal": comparison.equal,
        "missing_rows": comparison.missing_rows,
        "extra_rows": comparison.extra_rows,
        "missing": _rows(comparison, comparison.missing),
        "extra": _rows(comparison, comparison.extra),
        "note": comparison.note,
        "changes": list(isolated.changes),
    }


def _rows(comparison: Comparison, rows: tuple[tuple[object, ...], ...]) -> list[dict[str, str]]:
    return [
        {name: str(value) for name, value in zip(comparison.columns, row, strict=True)}
        for row in rows
    ]


def _counts(heading: str, counts: tuple[tuple[str, int], ...]) -> Table:
    table = ruled_table()
    table.add_column(heading, no_wrap=True)
    table.add_column("rows", justify="right")
    for name, rows in counts:
        table.add_row(name, f"{rows:,}")
    return table


def _comparison_view(comparison: Comparison, rows: int) -> RenderableType:
    if comparison.note is not None:
        return Text(f"not compared: {comparison.note}", style="yellow")
    if comparison.equal:
        return Text(f"equal to the canonical table: {rows:,} rows", style="green")
    heading = Text(
        f"differs from the canonical table: {comparison.missing_rows:,} rows only there, "
        f"{comparison.extra_rows:,} only in the shard; the first of each:",
        style="red",
    )
    table = ruled_table("", *comparison.columns)
    for where, rows_there in (("table", comparison.missing), ("shard", comparison.extra)):
        for row in rows_there:
            table.add_row(where, *map(str, row))
    return Group(heading, table)
