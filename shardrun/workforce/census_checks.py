"""The checks of a given census: every row against every rule, counted in SQL.

It runs rules over the views ``given`` and ``people`` and must never change a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from shardrun.workforce.census_findings import SHOWN, Example, Finding
from shardrun.workforce.census_rules import Rule
from shardrun.workforce.census_source import SourceColumn


def find_breaches(
    connection: duckdb.DuckDBPyConnection,
    chosen: Mapping[str, SourceColumn],
    rules: Sequence[Rule],
) -> dict[Rule, Finding]:
    """Return a finding for each rule that rows break, in the rules' order, from one pass over them.

    Args:
        connection: where the views are.
        chosen: the file's columns by key; rules of other keys are left out.
        rules: what to look for.
    """
    applicable = [rule for rule in rules if {rule.key, rule.needs or rule.key} <= chosen.keys()]
    counters = [f"count(*) filter ({rule.breaks})" for rule in applicable]
    [counts] = connection.execute(f"select {', '.join(counters)} from people").fetchall()
    return {
        rule: Finding(f"{_label(chosen, rule.key)} {rule.says}", count, _examples(connection, rule))
        for rule, count in zip(applicable, counts, strict=True)
        if count
    }


def ids_ascend(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether the rows stand in the order of their ids, none of which is there twice.

    A third of the work of counting distinct ids, and most files are in order. That the row numbers
    ascend too makes the answer independent of the order in which DuckDB reads.
    """
    [(out_of_order,)] = connection.execute(
        "select count(*) from ("
        "  select employee_id, row_number, lag(employee_id) over () as id_before,"
        "  lag(row_number) over () as row_before from people"
        ") where row_before is not null"
        " and not coalesce(employee_id > id_before and row_number > row_before, false)"
    ).fetchall()
    return bool(out_of_order == 0)


def find_repeated_ids(
    connection: duckdb.DuckDBPyConnection, chosen: Mapping[str, SourceColumn]
) -> tuple[Finding, ...]:
    """Return a finding if ids repeat, also where they differ by surrounding blanks only."""
    [(count,)] = connection.execute(
        "select count(person_key) - count(distinct person_key) from people"
    ).fetchall()
    if not count:
        return ()
    rows = connection.execute(
        "select row_number, employee_id, first_row from ("
        "  select row_number, employee_id,"
        "  min(row_number) over (partition by person_key) as first_row"
        "  from people where person_key is not null"
        f") where row_number > first_row order by row_number limit {SHOWN}"
    ).fetchall()
    examples = tuple(Example(row, value, f"first in row {first}") for row, value, first in rows)
    return (Finding(f"{_label(chosen, 'employee_id')} repeats", count, examples),)


def find_empty_rows(
    connection: duckdb.DuckDBPyConnection, chosen: Mapping[str, SourceColumn]
) -> tuple[Finding, ...]:
    """Return a finding if rows of ``given`` hold nothing at all, as spreadsheets like to leave."""
    nothing = " and ".join(f"{key} is null" for key in chosen)
    rows = connection.execute(
        f"select row_number, count(*) over () from given where {nothing}"
        f" order by row_number limit {SHOWN}"
    ).fetchall()
    if not rows:
        return ()
    examples = tuple(Example(row, None) for row, _ in rows)
    return (Finding("nothing stands there, and it is left out", rows[0][1], examples),)


def _label(chosen: Mapping[str, SourceColumn], key: str) -> str:
    """Return a column's name as the person's file has it, with our key where that differs."""
    name = chosen[key].name
    return key if name.lower() == key else f'"{name}" ({key})'


def _examples(connection: duckdb.DuckDBPyConnection, rule: Rule) -> tuple[Example, ...]:
    rows = connection.execute(
        f"select row_number, {rule.key}::varchar from given where row_number in ("
        f"  select row_number from people where {rule.breaks} order by row_number limit {SHOWN}"
        ") order by row_number"
    ).fetchall()
    return tuple(Example(row, value) for row, value in rows)
