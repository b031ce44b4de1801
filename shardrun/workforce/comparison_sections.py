"""Two scenarios as parts of a page: what differs behind them, figures, and whose lives differ."""

from __future__ import annotations

from collections.abc import Sequence

from shardrun.report.blocks import Chart, DataTable, Section, Tile
from shardrun.report.figures import AMOUNT, COUNT, PERCENT, lines
from shardrun.workforce.comparison import Comparison, Figure
from shardrun.workforce.people_compared import PartedLife, People

_TILES = (
    ("Headcount", "closing_headcount"),
    ("Total pay", "total_compensation"),
    ("Average pay", "average_compensation"),
    ("Employer match", "employer_match"),
)


def comparison_tiles(comparison: Comparison) -> list[Tile]:
    """Return what the alternative has more of, in the last year that both have."""
    figures = {figure.name: figure for figure in comparison.figures}
    common = [year for year in comparison.years if _is_common(comparison, year)]
    tiles = [
        Tile(label, name, figures[name].difference(common[-1]), f"difference in {common[-1]}")
        for label, name in _TILES
        if common and name in figures
    ]
    parted = Tile("Other lives", "people", comparison.people.parted, "people of both scenarios")
    return [*tiles, parted]


def comparison_sections(comparison: Comparison) -> list[Section]:
    """Return the sections, in the order in which they are read."""
    origins = tuple(
        (origin.kind.value, origin.name, origin.a, origin.b) for origin in comparison.origins
    )
    return [
        Section(
            "What differs behind them",
            "Everything else that the two were made from is the same." if origins else "Nothing.",
            [DataTable("", ("what", "name", "base", "alternative"), origins)] if origins else [],
        ),
        Section(
            "Figures by year",
            "The base and the alternative on one scale; the difference is in each table.",
            [_chart(figure, comparison.years) for figure in comparison.figures],
        ),
        _people_section(comparison),
    ]


def _is_common(comparison: Comparison, year: int) -> bool:
    return all(year in figure.base and year in figure.alt for figure in comparison.figures)


def _chart(figure: Figure, years: Sequence[int]) -> Chart:
    base, alt = ([side.get(year) for year in years] for side in (figure.base, figure.alt))
    rate = figure.name.endswith("_rate")
    whole = all(isinstance(value, int) for value in (*base, *alt) if value is not None)
    # the difference by the figure's own name, so that it looks like it
    columns = (f"base_{figure.name}", f"alternative_{figure.name}", f"difference_{figure.name}")
    differences = [figure.difference(year) for year in years]
    return Chart(
        title=figure.name.replace("_", " ").capitalize(),
        note="",
        figure=lines(
            years,
            {"base": base, "alternative": alt},
            PERCENT if rate else COUNT if whole else AMOUNT,
            from_zero=not rate,
        ),
        data=DataTable(
            "",
            ("year", *columns),
            tuple(zip(years, base, alt, differences, strict=True)),
        ),
        height=230,
    )


def _people_section(comparison: Comparison) -> Section:
    people = comparison.people
    note = (
        "Draws are common to both, so that a life differs because of what was changed."
        if comparison.has_common_draws
        else "The seed or the census differs, so that lives differ by chance too."
    )
    tables = [DataTable("", ("lives", "people"), _counts(people))]
    if people.by_event:
        tables.append(
            DataTable(
                "Other events of people in both",
                ("event", "people"),
                tuple((event.replace("_", " "), count) for event, count in people.by_event.items()),
            )
        )
    if people.by_year:
        tables.append(
            DataTable("When lives part", ("year", "people"), tuple(people.by_year.items()))
        )
    if people.examples:
        tables.append(
            DataTable(
                "Some of them",
                ("person", "year", "base", "alternative"),
                tuple((life.employee_id, life.year, *_events(life)) for life in people.examples),
            )
        )
    return Section("People", note, tables)


def _counts(people: People) -> tuple[tuple[str, int], ...]:
    return (
        ("the same, to the cent", people.same),
        ("the same events, other amounts", people.other_amounts),
        ("other events", people.parted),
        ("only in the base", people.only_in_base),
        ("only in the alternative", people.only_in_alt),
    )


def _events(life: PartedLife) -> tuple[str, str]:
    base, alt = (
        "not there" if events is None else "; ".join(events) for events in (life.base, life.alt)
    )
    return base, alt
