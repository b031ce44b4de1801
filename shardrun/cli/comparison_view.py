"""Two scenarios on the screen and as a document: assumptions first, then figures, then people.

It stands here and not in the console, which knows nothing of the workforce.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shardrun.console.diff import origins_view
from shardrun.console.documents import Document, json_value
from shardrun.console.numbers import NOTHING, format_column
from shardrun.console.tables import blocks_that_fit, ruled_table
from shardrun.console.terminal import Terminal
from shardrun.workforce.comparison import Comparison, Figure, Number
from shardrun.workforce.people_compared import PartedLife, People

_CHANCE = (
    "The seed or the census differs, so lives differ by chance too, and not only by what was "
    "changed: compare the figures, not the people."
)


def comparison_view(terminal: Terminal, comparison: Comparison) -> RenderableType:
    """Show a comparison; years go below each other in blocks where they are too many."""
    parts: list[RenderableType] = [
        Text.assemble(("base  ", "dim"), str(comparison.base)),
        Text.assemble(("alt   ", "dim"), str(comparison.alt)),
        Text("\nwhat differs behind them", style="bold"),
    ]
    if comparison.origins:
        parts.append(origins_view(comparison.origins, ("base", "alt")))
    else:
        parts.append(Text("nothing"))
    draw = partial(_block, comparison.figures)
    figures = blocks_that_fit(terminal, comparison.years, draw)
    parts += [Text("\nfigures by year", style="bold"), *figures]
    parts += [Text("people", style="bold"), *_people(comparison.people)]
    if not comparison.has_common_draws:
        parts.append(Text(_CHANCE, style="yellow"))
    return Group(*parts)


def comparison_document(comparison: Comparison) -> Document:
    """Return all that a comparison says."""
    people = comparison.people
    return {
        "base": str(comparison.base),
        "alt": str(comparison.alt),
        "made_from": [
            {"kind": origin.kind.value, "name": origin.name, "base": origin.a, "alt": origin.b}
            for origin in comparison.origins
        ],
        "common_draws": comparison.has_common_draws,
        "figures": [
            {
                "figure": figure.name,
                "years": [
                    {
                        "year": year,
                        "base": json_value(figure.base.get(year)),
                        "alt": json_value(figure.alt.get(year)),
                        "difference": json_value(figure.difference(year)),
                    }
                    for year in comparison.years
                ],
            }
            for figure in comparison.figures
        ],
        "people": {
            "same": people.same,
            "other_amounts": people.other_amounts,
            "parted": people.parted,
            "only_in_base": people.only_in_base,
            "only_in_alt": people.only_in_alt,
            "by_event": dict(people.by_event),
            "by_year": {str(year): count for year, count in people.by_year.items()},
            "examples": [
                {
                    "employee_id": life.employee_id,
                    "year": life.year,
                    "base": life.base and list(life.base),
                    "alt": life.alt and list(life.alt),
                }
                for life in people.examples
            ],
        },
    }


def _block(figures: Sequence[Figure], years: Sequence[int]) -> Table:
    table = ruled_table()
    table.add_column("")
    for year in years:
        table.add_column(str(year), justify="right", no_wrap=True)
    for figure in figures:
        base = [figure.base.get(year) for year in years]
        alt = [figure.alt.get(year) for year in years]
        more = [figure.difference(year) for year in years]
        # one column of figures, so that all of them get one unit
        texts = format_column(figure.name, [*base, *alt, *more])
        count = len(years)
        table.add_row(figure.name.replace("_", " "), *texts[:count])
        if any(more) or None in more:
            signed = [
                _signed(text, value) for text, value in zip(texts[-count:], more, strict=True)
            ]
            table.add_row("  alt", *texts[count : 2 * count])
            table.add_row(
                "  difference",
                *(
                    Text(text, style="bold" if value else "dim")
                    for text, value in zip(signed, more, strict=True)
                ),
            )
    return table


def _signed(text: str, value: Number | None) -> str:
    return f"+{text}" if value is not None and value > 0 else text


def _people(people: People) -> list[RenderableType]:
    counts = ruled_table()
    counts.add_column("lives")
    counts.add_column("people", justify="right")
    for name, count in (
        ("the same, to the cent", people.same),
        ("the same events, other amounts", people.other_amounts),
        ("other events", people.parted),
        ("only in base", people.only_in_base),
        ("only in alt", people.only_in_alt),
    ):
        counts.add_row(name, f"{count:,}")
    parts: list[RenderableType] = [counts]
    if people.by_event:
        told = ", ".join(
            f"{event.replace('_', ' ')} {count:,}" for event, count in people.by_event.items()
        )
        parts.append(Text(f"other events, by type: {told}"))
    if people.by_year:
        told = ", ".join(f"{year} {count:,}" for year, count in people.by_year.items())
        parts.append(Text(f"lives part in: {told}"))
    if people.examples:
        parts.append(_examples(people.examples))
    return parts


def _examples(examples: Sequence[PartedLife]) -> Table:
    table = ruled_table()
    table.add_column("person", no_wrap=True)
    table.add_column("year", no_wrap=True)
    table.add_column("in base", overflow="fold")
    table.add_column("in alt", overflow="fold")
    for life in examples:
        table.add_row(life.employee_id, str(life.year), *map(_told, (life.base, life.alt)))
    return table


def _told(events: tuple[str, ...] | None) -> str:
    if events is None:
        return "not there"
    return "\n".join(events) or NOTHING
