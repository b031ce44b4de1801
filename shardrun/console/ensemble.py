"""What an ensemble comes to: a table for a person, a document for a script."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shardrun.console.documents import Document
from shardrun.console.numbers import format_column, format_errors
from shardrun.console.paths import path_line
from shardrun.console.tables import ruled_table
from shardrun.ensembles.records import EnsembleContents, FigureStatistics

_COMPARED = ("mean", "p10", "p50", "p90")


def ensemble_view(ensemble: EnsembleContents, database: Path) -> RenderableType:
    """Show the statistics of every figure and year, a table a scenario, and what failed."""
    parts: list[RenderableType] = []
    for scenario in sorted({row.scenario for row in ensemble.statistics}):
        rows = [row for row in ensemble.statistics if row.scenario == scenario]
        parts += [Text(_heading(scenario, rows), style="bold"), _statistics_table(rows)]
    for scenario in sorted({row.scenario for row in ensemble.differences}):
        rows = [row for row in ensemble.differences if row.scenario == scenario]
        title = f"{_name(scenario)} less {_name(ensemble.base)}, seed by seed"
        parts += [Text(title, style="bold"), _statistics_table(rows)]
    parts += [
        Text(f"{record.member} failed: {record.error}", style="red")
        for record in ensemble.members
        if not record.finished
    ]
    parts.append(path_line("database", database))
    return Group(*parts)


def ensemble_document(ensemble: EnsembleContents, database: Path) -> Document:
    """Return all that the database of an ensemble holds."""
    return {
        "database": str(database),
        "success": all(record.finished for record in ensemble.members),
        "scenarios": [
            {
                "scenario": scenario or None,
                "start_year": origin.start_year,
                "end_year": origin.end_year,
                "config": dict(origin.fingerprints.config),
                "inputs": dict(origin.fingerprints.inputs),
                "project": origin.fingerprints.project,
                "versions": dict(origin.versions),
            }
            for scenario, origin in ensemble.made_from.items()
        ],
        "members": [
            {
                "scenario": record.member.scenario or None,
                "random_seed": record.member.seed,
                "status": "finished" if record.finished else "failed",
                "ended_at": record.ended_at.isoformat(),
                "seconds": round(record.seconds, 3),
                "digest": record.digest,
                "error": record.error,
            }
            for record in ensemble.members
        ],
        "figures": [_figure_document(row) for row in ensemble.statistics],
        "differences": [
            {"base": ensemble.base or None, **_figure_document(row)} for row in ensemble.differences
        ],
    }


def _figure_document(row: FigureStatistics) -> Document:
    return {
        "scenario": row.scenario or None,
        "simulation_year": row.year,
        "figure": row.figure,
        "members": row.members,
        **{name: getattr(row, name) for name in (*_COMPARED, "standard_error")},
    }


def _heading(scenario: str, rows: Sequence[FigureStatistics]) -> str:
    return f"{_name(scenario)}, {max(row.members for row in rows):,} seeds"


def _name(scenario: str) -> str:
    return scenario or "the configuration"


def _statistics_table(rows: Sequence[FigureStatistics]) -> Table:
    table = ruled_table()
    table.add_column("figure")
    for name in ("year", "mean", "± error", "p10", "p50", "p90"):
        table.add_column(name, justify="right", no_wrap=True)
    for figure, group in groupby(rows, key=lambda row: row.figure):
        of_figure = list(group)
        # one unit for a whole figure, so that its numbers can be compared with each other; errors
        # are so much smaller that they have their own
        values = [getattr(row, name) for row in of_figure for name in _COMPARED]
        mean, *quantiles = (
            format_column(
                figure,
                [getattr(row, name) for row in of_figure],
                beside=values,
                of_counts=of_figure[0].is_count,
            )
            for name in _COMPARED
        )
        errors = format_errors(figure, [row.standard_error for row in of_figure])
        years = [str(row.year) for row in of_figure]
        names = [figure.replace("_", " "), *[""] * (len(years) - 1)]
        for row in zip(names, years, mean, errors, *quantiles, strict=True):
            table.add_row(*row)
        table.add_section()
    return table
