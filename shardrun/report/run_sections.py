"""What a report tells of any run: when what ran, what was checked, what it ended with.

Read from the database alone. It must never know what the project is about.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from shardrun.console.numbers import format_seconds
from shardrun.database.connection import ALIAS
from shardrun.database.digest import canonical_relation
from shardrun.diff.tables import read_columns
from shardrun.ledger.records import LedgerContents, Status
from shardrun.ledger.written_tables import WrittenTable
from shardrun.report.blocks import Chart, DataTable, Section, Tile
from shardrun.report.resource_charts import resource_charts
from shardrun.report.time_axis import placed_steps
from shardrun.report.time_figures import Span, timeline
from shardrun.runs.resource_advice import advise
from shardrun.sql import quote_identifier
from shardrun.stages import WorkflowStage

_CHECK_COLUMNS = ("check_name", "contradictions")
_ROW_HEIGHT = 34


def run_tiles(ledger: LedgerContents, checks: DataTable | None) -> list[Tile]:
    """Return the figures of the run itself that are seen first.

    Args:
        ledger: of the database.
        checks: the project's own; None counts dbt's tests instead.
    """
    finished = [step for step in ledger.steps if step.status is Status.FINISHED]
    seconds = sum(step.seconds or 0.0 for step in finished)
    runs = "in one run" if len(ledger.runs) == 1 else f"in {len(ledger.runs):,} runs"
    tiles = [Tile("Run time", "time", format_seconds(seconds), runs)]
    if checks:
        total = len(checks.rows)
        passed = sum(contradictions == 0 for *_, contradictions in checks.rows)
    else:
        total = sum(step.checks or 0 for step in finished)
        passed = sum(step.checks_passed or 0 for step in finished)
    if total:
        note = "of the project's own" if checks else "dbt tests"
        tiles.append(Tile("Checks passed", "checks", f"{passed:,} of {total:,}", note))
    return tiles


def read_checks(
    connection: duckdb.DuckDBPyConnection, written: Mapping[str, WrittenTable], period_column: str
) -> DataTable | None:
    """Read the checks that the stage VALIDATION wrote, one row a period and check.

    Returns:
        None where it has no such table: one with a period, a check_name and its contradictions.
    """
    columns = (period_column, *_CHECK_COLUMNS)
    selected = ", ".join(map(quote_identifier, columns))
    for table, place in written.items():
        relation = canonical_relation(ALIAS, table)
        if place.stage is not WorkflowStage.VALIDATION:
            continue
        if read_columns(connection, relation).keys() >= set(columns):
            rows = connection.execute(f"select {selected} from {relation} order by all").fetchall()
            return DataTable("", columns, tuple(rows))
    return None


def checks_section(checks: DataTable) -> Section:
    """Show the checks: one line each, a column a period, with how many rows contradict it."""
    years = sorted({row[0] for row in checks.rows if isinstance(row[0], int)})
    found = {(name, year): contradictions for year, name, contradictions in checks.rows}
    names = sorted({str(name) for name, _ in found})
    table = DataTable(
        "",
        ("check", *map(str, years)),
        tuple(
            (name.replace("_", " "), *(found.get((name, year)) for year in years)) for name in names
        ),
    )
    return Section("Checks", "How many rows contradict each check; 0 in a sound run.", [table])


def reporting_section(
    connection: duckdb.DuckDBPyConnection, written: Mapping[str, WrittenTable], period_word: str
) -> Section | None:
    """Show the tables that the stage REPORTING wrote, whole; None where there are none."""
    tables = []
    for table, place in written.items():
        if place.stage is WorkflowStage.REPORTING:
            relation = canonical_relation(ALIAS, table)
            rows = connection.execute(f"from {relation} order by all").fetchall()
            tables.append(DataTable(table, tuple(read_columns(connection, relation)), tuple(rows)))
    if not tables:
        return None
    note = "The tables that the run ended with, as they are in the database."
    title = "Yearly tables" if period_word == "year" else f"Tables by {period_word}"
    return Section(title, note, sorted(tables, key=lambda table: table.title))


def timeline_section(ledger: LedgerContents) -> Section:
    """Show every step of every run on one axis, idle time between steps left out."""
    word = ledger.period_names.word
    spans, rows = [], []
    for step, start in placed_steps(ledger):
        seconds = step.seconds or 0.0
        stage = step.stage.words
        label = f"{step.year} {stage}: {format_seconds(seconds)}, {step.rows or 0:,} rows"
        if step.status is not Status.FINISHED:
            label += f", {step.status}"
        spans.append(Span(str(step.year), stage, start, seconds, label))
        rows.append(
            (step.run_id, step.year, stage, step.status.value, round(seconds, 3), step.rows)
        )
    columns = ("run", word, "stage", "status", "seconds", "rows")
    chart = Chart(
        title=f"{word.capitalize()}s and stages",
        note="Each bar is one step; what took the time is wide. Time between steps is left out.",
        figure=timeline(spans),
        data=DataTable("", columns, tuple(rows)),
        wide=True,
        height=130 + _ROW_HEIGHT * len({span.row for span in spans}),
    )
    what = f"When each stage of each {word} ran, and for how long."
    note = " ".join([what, *advise(ledger.runs, ledger.steps)])
    return Section("The run", note, [chart, *resource_charts(ledger)])
