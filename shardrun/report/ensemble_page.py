"""The page of an ensemble: every headline figure as a band, its members, and their origin.

Shows what the ensemble's database says; it must never compute a statistic itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from shardrun.console.numbers import format_errors
from shardrun.ensembles.records import EnsembleContents, FigureStatistics
from shardrun.report.bands import Band, bands
from shardrun.report.blocks import Chart, DataTable, Page, Section, Tile
from shardrun.report.figures import AMOUNT, COUNT, MEAN_COUNT, PERCENT
from shardrun.report.origin_section import setting_rows

_CONFIGURATION = "configuration"
_TILES = 4
_OF_FIGURE = ("mean", "p10", "p50", "p90")
_STATISTICS = ("mean", "standard_error", "p10", "p50", "p90")


def ensemble_page(ensemble: EnsembleContents, database: Path) -> Page:
    """Return the page of an ensemble; it must have statistics.

    Args:
        ensemble: what its database holds.
        database: the file, for its name.
    """
    years = sorted({row.year for row in ensemble.statistics})
    scenarios = sorted({row.scenario for row in ensemble.statistics})
    finished = sum(record.finished for record in ensemble.members)
    names = ", ".join(map(_name, scenarios))
    return Page(
        title=f"Ensemble, {years[0]} to {years[-1]}",
        subtitle=f"{database.name}, {finished:,} runs of: {names}",
        tiles=_tiles(ensemble, years[-1]),
        sections=[
            _figures(ensemble),
            *([_differences(ensemble)] if ensemble.differences else []),
            _members(ensemble),
            _origin(ensemble),
        ],
    )


def _tiles(ensemble: EnsembleContents, year: int) -> list[Tile]:
    finished = sum(record.finished for record in ensemble.members)
    tiles = [Tile("Runs", "runs", finished, f"of {len(ensemble.members):,}")]
    first = ensemble.statistics[0].scenario
    # what chance decides is what an ensemble is looked at for
    spread = [
        row
        for row in ensemble.statistics
        if row.year == year and row.scenario == first and row.p10 < row.p90
    ]
    for row in spread[:_TILES]:
        of = f", {_name(row.scenario)}" if row.scenario else ""
        note = (
            f"mean in {year}, ± {format_errors(row.figure, [row.standard_error])[0]} by chance{of}"
        )
        tiles.append(Tile(_title(row.figure), row.figure, row.mean, note, row.is_count))
    return tiles


def _figures(ensemble: EnsembleContents) -> Section:
    return Section(
        "Headline figures",
        "The line is the median of all runs; eight in ten of them lie within the band, from p10 to "
        "p90. The standard error says how far the mean may be off because there are only so many.",
        _charts(ensemble.statistics),
    )


def _differences(ensemble: EnsembleContents) -> Section:
    return Section(
        f"What each scenario changes against: {_name(ensemble.base)}",
        "Seed by seed: all scenarios draw the same numbers, so most of chance cancels out.",
        _charts(ensemble.differences),
    )


def _charts(statistics: Sequence[FigureStatistics]) -> list[Chart]:
    return [
        _chart(figure, list(rows))
        for figure, rows in groupby(statistics, key=lambda row: row.figure)
    ]


def _chart(figure: str, rows: Sequence[FigureStatistics]) -> Chart:
    years = sorted({row.year for row in rows})
    series = {}
    for scenario in dict.fromkeys(row.scenario for row in rows):
        of_year = {row.year: row for row in rows if row.scenario == scenario}
        known = [of_year.get(year) for year in years]
        series[_name(scenario)] = Band(
            low=[row.p10 if row else None for row in known],
            middle=[row.p50 if row else None for row in known],
            high=[row.p90 if row else None for row in known],
        )
    # a column's name decides how its values look
    suffix = "_rate" if figure.endswith("_rate") else ""
    columns = ("scenario", "simulation_year", "runs", *(f"{name}{suffix}" for name in _STATISTICS))
    table = tuple(
        (
            _name(row.scenario),
            row.year,
            row.members,
            *(getattr(row, name) for name in _STATISTICS),
        )
        for row in rows
    )
    largest = max(abs(row.p90) for row in rows)
    few = MEAN_COUNT if rows[0].is_count else AMOUNT
    number = PERCENT if suffix else COUNT if largest >= 1000 else few
    return Chart(
        title=_title(figure),
        note="",
        figure=bands(years, series, number),
        data=DataTable("", columns, table, _OF_FIGURE if rows[0].is_count else ()),
    )


def _members(ensemble: EnsembleContents) -> Section:
    rows = tuple(
        (
            _name(record.member.scenario),
            str(record.member.seed),
            "finished" if record.finished else "failed",
            round(record.seconds, 1),
            record.digest,
            record.error,
        )
        for record in ensemble.members
    )
    columns = ("scenario", "seed", "status", "seconds", "digest", "error")
    return Section(
        "Runs",
        "Each has the digest of a run by itself with its seed.",
        [DataTable("Every run", columns, rows)],
    )


def _origin(ensemble: EnsembleContents) -> Section:
    blocks = []
    for scenario, origin in ensemble.made_from.items():
        made_from = origin.fingerprints
        digests = (*sorted(made_from.inputs.items()), ("project", made_from.project))
        versions = tuple(sorted(origin.versions.items()))
        blocks.append(
            DataTable(
                f"Made from: {_name(scenario)}",
                ("name", "value"),
                (*setting_rows(made_from), *digests, *versions),
            )
        )
    return Section("Where it comes from", "All members of a scenario but for the seed.", blocks)


def _name(scenario: str) -> str:
    return scenario.replace("_", " ") or _CONFIGURATION


def _title(figure: str) -> str:
    return figure.replace("_", " ").capitalize()
