"""What ``shardrun diff`` shows: a page for a person, and a document for a script."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shardrun.console.documents import Document
from shardrun.console.numbers import NOTHING
from shardrun.console.tables import ruled_table
from shardrun.diff.databases import DatabaseDiff, TableDiff
from shardrun.diff.origins import OriginDifference, OriginKind

_COLUMNS_NAMED = 3
_UNEXPLAINED = (
    "Nothing that a result follows from differs. Either a database was changed by hand, or a model "
    "is not deterministic (random(), a clock, an order by that does not end in a unique key)."
)


def diff_view(diff: DatabaseDiff) -> RenderableType:
    """Show the first difference, all tables that differ, and what is behind them."""
    parts: list[RenderableType] = [_facts(("A", str(diff.a)), ("B", str(diff.b)))]
    if diff.equal:
        parts.append(Text(f"equal: all {diff.equal_tables:,} tables", style="green"))
    else:
        first = _first(diff.tables[0], diff.period_names.word)
        parts += [_heading("first difference"), first, _tables(diff)]
        parts.append(Text(f"{diff.equal_tables:,} other tables are equal"))
    if diff.origins:
        parts += [_heading("not made from the same"), origins_view(diff.origins, ("A", "B"))]
    if not diff.equal and not diff.explained:
        parts.append(Text(_UNEXPLAINED, style="red"))
    return Group(*parts)


def origins_view(origins: Sequence[OriginDifference], sides: tuple[str, str]) -> RenderableType:
    """Show what differs in what two databases were made from.

    Args:
        origins: one line each.
        sides: what the two are called.
    """
    return _facts(*((origin.kind.value, _origin(origin, sides)) for origin in origins))


def diff_document(diff: DatabaseDiff) -> Document:
    """Return all that differs; values as their text, so that none loses a digit."""
    return {
        "a": str(diff.a),
        "b": str(diff.b),
        "equal": diff.equal,
        "explained": diff.equal or diff.explained,
        "first_difference": None if diff.equal else _first_document(diff.tables[0]),
        "made_from": [
            {"kind": origin.kind.value, "name": origin.name, "a": origin.a, "b": origin.b}
            for origin in diff.origins
        ],
        "period": {"kind": diff.period_names.kind, "column": diff.period_names.column},
        "equal_tables": diff.equal_tables,
        "tables": [
            {
                **_first_document(table),
                "changed": table.rows.changed,
                "only_in_a": table.rows.only_in_a,
                "only_in_b": table.rows.only_in_b,
                "columns": dict(table.rows.columns),
                "columns_in_a": dict(table.columns_in_a),
                "columns_in_b": dict(table.columns_in_b),
            }
            for table in diff.tables
        ],
    }


def _first_document(table: TableDiff) -> Document:
    first = table.first
    return {
        "table": table.table,
        "stage": table.stage and table.stage.value,
        "in_a": table.in_a,
        "in_b": table.in_b,
        "year": first and first.period,
        "row": first and {"key": dict(first.key), "in_a": first.in_a, "in_b": first.in_b},
        "column": first and first.column,
        "a": first and first.a,
        "b": first and first.b,
    }


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _facts(*facts: tuple[str, str]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, value in facts:
        grid.add_row(name, Text(value))
    return grid


def _first(table: TableDiff, period_word: str) -> Table:
    facts = [
        ("stage", table.stage.value if table.stage else "(the ledgers do not say)"),
        ("table", table.table),
    ]
    first = table.first
    if first is None:
        return _facts(*facts, ("what", _shape(table)))
    if first.period is not None:
        facts.insert(0, (period_word, str(first.period)))
    key = ", ".join(f"{name} {_text(value)}" for name, value in first.key.items())
    facts.append(("row", key or "its only one"))
    if first.column is None:
        facts.append(("what", f"only {'A' if first.in_a else 'B'} has the row"))
    else:
        facts += [("column", first.column), ("A", _text(first.a)), ("B", _text(first.b))]
    return _facts(*facts)


def _tables(diff: DatabaseDiff) -> Table:
    shown = ruled_table()
    shown.add_column("table", no_wrap=True)
    shown.add_column(f"from\n{diff.period_names.word}")
    for name in ("rows\nchanged", "only\nin A", "only\nin B"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("what differs", overflow="fold")
    for table in diff.tables:
        rows = table.rows
        period = table.first.period if table.first else None
        shown.add_row(
            table.table,
            NOTHING if period is None else str(period),
            *(f"{count:,}" for count in (rows.changed, rows.only_in_a, rows.only_in_b)),
            Text(_what(table)),
        )
    return shown


def _what(table: TableDiff) -> str:
    """Say what differs in a table: its shape, and the first of its columns; --json has them all."""
    named = list(table.rows.columns)
    if len(named) > _COLUMNS_NAMED + 1:
        named[_COLUMNS_NAMED:] = [f"{len(named) - _COLUMNS_NAMED} columns more"]
    return ", ".join(filter(None, [_shape(table), *named])) or "whole rows"


def _shape(table: TableDiff) -> str:
    """Say what differs in a table beside its rows."""
    if not (table.in_a and table.in_b):
        return f"only {'A' if table.in_a else 'B'} has the table"
    if table.reordered:
        return "the columns are in another order"
    types = [
        f"{name}: {table.columns_in_a.get(name, 'none')} in A, "
        f"{table.columns_in_b.get(name, 'none')} in B"
        for name in dict.fromkeys([*table.columns_in_a, *table.columns_in_b])
    ]
    return "; ".join(types)


def _origin(origin: OriginDifference, sides: tuple[str, str]) -> str:
    match origin.kind:
        case OriginKind.INPUTS:
            return f"{origin.name}: other rows"
        case OriginKind.PROJECT:
            return "a file of the dbt project, or of its packages"
        case _:
            first, second = (value or "not set" for value in (origin.a, origin.b))
            return f"{origin.name}: {first} in {sides[0]}, {second} in {sides[1]}"


def _text(value: str | None) -> str:
    return "null" if value is None else value
