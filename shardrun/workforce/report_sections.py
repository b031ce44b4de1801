"""What a report shows of a workforce: headcount, pay, plan, events, and who the people are.

Reads the project's own reports and snapshots; it must never compute a figure that they hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import duckdb

from shardrun.database.connection import ALIAS
from shardrun.database.digest import canonical_tables
from shardrun.report.blocks import Chart, DataTable, Section, Tile, Value
from shardrun.report.figures import (
    AMOUNT,
    COUNT,
    PERCENT,
    bridge,
    lines,
    panels,
    shares,
    stacks,
)

_NEEDED = frozenset(
    {
        "rpt_compensation_growth",
        "rpt_events_by_type",
        "rpt_headcount_bridge",
        "rpt_plan_cost",
        "fct_workforce_snapshot",
    }
)
_ACTIVE = "employment_status in ('continuous_active', 'new_hire_active')"


def is_workforce(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether a database holds a finished run of the workforce."""
    return set(canonical_tables(connection, ALIAS)) >= _NEEDED


def workforce_tiles(connection: duckdb.DuckDBPyConnection) -> list[Tile]:
    """Return the figures of the last year that are seen first."""
    summary = _read(connection, "from rpt_yearly_summary order by simulation_year")
    first, last = (dict(zip(summary.columns, row, strict=True)) for row in _ends(summary))
    year = last["simulation_year"]
    people = f"at the end of {year}, {_more(first['opening_headcount'], last['closing_headcount'])}"
    return [
        Tile("Headcount", "closing_headcount", last["closing_headcount"], people),
        Tile(
            "Total pay",
            "total_compensation",
            last["total_compensation"],
            f"paid in {year}",
        ),
        Tile(
            "Average pay",
            "average_compensation",
            last["average_compensation"],
            f"at the end of {year}",
        ),
        Tile(
            "Participation",
            "participation_rate",
            last["participation_rate"],
            f"in the plan at the end of {year}",
        ),
        Tile("Employer match", "employer_match", last["employer_match"], f"in {year}"),
    ]


def workforce_sections(connection: duckdb.DuckDBPyConnection) -> list[Section]:
    """Return all charts of a workforce."""
    return [
        Section(
            "Headcount",
            "How each year's opening headcount became its closing one.",
            [_bridge(connection)],
        ),
        Section("Pay and plan", "What was paid, and what the plan cost.", _money(connection)),
        Section("Events", "What happened to people, by type.", [_events(connection)]),
        Section(
            "People",
            "Who is employed as each year ends, and why others left in it.",
            [
                _distribution(connection, "Age", "age_band", "stg_age_bands", "age"),
                _distribution(
                    connection, "Tenure", "tenure_band", "stg_tenure_bands", "tenure_years"
                ),
                _distribution(connection, "Job level", "job_level", "stg_job_levels", "job_level"),
                _leavers(connection),
            ],
        ),
    ]


def _bridge(connection: duckdb.DuckDBPyConnection) -> Chart:
    table = _read(connection, "from rpt_headcount_bridge order by simulation_year")
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    steps: list[tuple[str, str, int, bool]] = []
    for row in rows:
        year = str(row["simulation_year"])
        counts = {name: _whole(value) for name, value in row.items() if isinstance(value, int)}
        layoffs = counts["layoffs"]
        leavers = counts["experienced_leavers"] + counts["new_hire_leavers"] - layoffs
        if not steps:
            steps.append((year, "opening", counts["opening_headcount"], True))
        steps.append((year, "hires", counts["hires"], False))
        steps.append((year, "leavers", -leavers, False))
        if any(each["layoffs"] for each in rows):
            steps.append((year, "layoffs", -layoffs, False))
        steps.append((year, "closing", counts["closing_headcount"], True))
    groups, names, values, totals = zip(*steps, strict=True)
    return Chart(
        title="Headcount bridge",
        note="Hires replace those who leave, and add what the growth target asks for.",
        figure=bridge(groups, names, values, totals),
        data=table,
        wide=True,
        height=380,
    )


def _money(connection: duckdb.DuckDBPyConnection) -> list[Chart]:
    pay = _read(connection, "from rpt_compensation_growth order by simulation_year")
    plan = _read(connection, "from rpt_plan_cost order by simulation_year")

    def chart(
        title: str, note: str, table: DataTable, number: str, *names: str, from_zero: bool = True
    ) -> Chart:
        figure = lines(
            _column(table, "simulation_year"),
            {name.replace("_", " "): _numbers(table, name) for name in names},
            number,
            from_zero=from_zero,
        )
        kept = ("simulation_year", *names)
        data = DataTable(
            "", kept, tuple(zip(*(_column(table, name) for name in kept), strict=True))
        )
        return Chart(title, note, figure, data)

    return [
        chart(
            "Compensation",
            "Paid over the year, and what those still here at its end earn in a year.",
            pay,
            AMOUNT,
            "total_compensation",
            "closing_payroll",
        ),
        chart(
            "Average pay",
            "Of those here as the year ends; the axis does not begin at zero.",
            pay,
            AMOUNT,
            "average_compensation",
            from_zero=False,
        ),
        chart(
            "Plan cost",
            "What employees put in, and what the employer adds.",
            plan,
            AMOUNT,
            "employee_contributions",
            "employer_match",
        ),
        chart(
            "Participation",
            "Share of those here as the year ends who are in the plan.",
            plan,
            PERCENT,
            "participation_rate",
        ),
        chart(
            "Deferral",
            "Average rate that participants defer, and the match in shares of all pay.",
            plan,
            PERCENT,
            "average_deferral_rate",
            "employer_match_rate",
        ),
        chart("Participants", "People in the plan as the year ends.", plan, COUNT, "participants"),
    ]


def _events(connection: duckdb.DuckDBPyConnection) -> Chart:
    table = _read(connection, "from rpt_events_by_type order by simulation_year, event_type")
    years, counts = _counted(table)
    series = {event_type.replace("_", " "): counts[event_type] for event_type in sorted(counts)}
    return Chart(
        title="Events by type and year",
        note="Each panel has a scale of its own.",
        figure=panels(years, series, columns=4),
        data=table,
        wide=True,
        height=200 * -(-len(series) // 4) + 40,
    )


def _distribution(
    connection: duckdb.DuckDBPyConnection, title: str, column: str, bands: str, order: str
) -> Chart:
    table = _read(
        connection,
        f"with bands as (select {column}, min({order}) as place from {bands} group by {column}) "
        f"select simulation_year, {column}, count(*) as people from fct_workforce_snapshot "
        f"inner join bands using ({column}) where {_ACTIVE} "
        f"group by simulation_year, {column} order by simulation_year, min(place)",
    )
    years, counts = _counted(table)
    ordered = connection.execute(
        f"select {column}::varchar from {bands} group by {column} order by min({order})"
    ).fetchall()
    classes = {
        f"level {band}" if column == "job_level" else band: counts.get(band, [0] * len(years))
        for (band,) in ordered
    }
    return Chart(title, "", shares(years, classes), table)


def _leavers(connection: duckdb.DuckDBPyConnection) -> Chart:
    table = _read(
        connection,
        "select simulation_year, event_reason, count(*) as leavers from fct_yearly_events "
        "where event_type = 'termination' group by all order by all",
    )
    return Chart("Why people leave", "", stacks(*_counted(table)), table)


def _counted(table: DataTable) -> tuple[list[int], dict[str, list[int]]]:
    """Return the years of a table of (year, class, count), and each class's counts by year."""
    counts = {(int(str(year)), str(name)): _whole(count) for year, name, count, *_ in table.rows}
    years = sorted({year for year, _ in counts})
    names = dict.fromkeys(name for _, name in counts)
    return years, {name: [counts.get((year, name), 0) for year in years] for name in names}


def _read(connection: duckdb.DuckDBPyConnection, query: str) -> DataTable:
    rows = connection.execute(query).fetchall()
    names = tuple(str(column[0]) for column in connection.description or ())
    return DataTable("", names, tuple(rows))


def _column(table: DataTable, name: str) -> list[Value]:
    place = table.columns.index(name)
    return [row[place] for row in table.rows]


def _numbers(table: DataTable, name: str) -> list[int | float | Decimal | None]:
    return [
        value if isinstance(value, int | float | Decimal) else None
        for value in _column(table, name)
    ]


def _ends(table: DataTable) -> Sequence[tuple[Value, ...]]:
    return table.rows[0], table.rows[-1]


def _whole(value: Value) -> int:
    return int(str(value))


def _more(before: Value, after: Value) -> str:
    change = _whole(after) - _whole(before)
    return f"{change:+,} since the start"
