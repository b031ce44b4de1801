"""``shardrun compare``: what another scenario changes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shardrun.cli.comparison_view import comparison_document, comparison_view
from shardrun.cli.options import JsonOption
from shardrun.console.terminal import Terminal
from shardrun.report.blocks import Page
from shardrun.report.page import check_target, write_page
from shardrun.workforce.comparison import Comparison, compare_scenarios
from shardrun.workforce.comparison_sections import comparison_sections, comparison_tiles

EXAMPLES = """\
[bold]Examples[/bold]

shardrun run --scenario high_growth  [dim]# makes high_growth.duckdb[/dim]

shardrun compare simulation.duckdb high_growth.duckdb

shardrun compare simulation.duckdb high_growth.duckdb -o growth.html

shardrun compare simulation.duckdb high_growth.duckdb --people 50 --json
"""

app = typer.Typer(add_completion=False)


@app.command("compare", epilog=EXAMPLES)
def compare(
    context: typer.Context,
    base: Annotated[Path, typer.Argument(metavar="BASE", help="The database to compare with.")],
    alt: Annotated[Path, typer.Argument(metavar="ALT", help="The alternative.")],
    people: Annotated[
        int, typer.Option(min=0, metavar="N", help="How many whose lives differ are named.")
    ] = 10,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it as an HTML page too."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Compare two scenarios of a workforce: assumptions, figures by year, and whose lives differ.

    Scenarios of one seed and census share their draws, so that a life differs because of what was
    changed. `shardrun trace` tells the rest of it.
    """
    terminal: Terminal = context.obj
    terminal.json = json
    if output is not None:
        check_target(output)
    comparison = compare_scenarios(base, alt, people)
    if output is not None:
        write_page(_page(comparison), output)
        terminal.remark(f"written to {output}")
    if json:
        terminal.show_document(comparison_document(comparison))
    else:
        terminal.show(comparison_view(terminal, comparison))


def _page(comparison: Comparison) -> Page:
    years = comparison.years
    return Page(
        title=f"{comparison.alt.stem} against {comparison.base.stem}, {years[0]} to {years[-1]}",
        subtitle=f"base {comparison.base.name}, alternative {comparison.alt.name}",
        tiles=comparison_tiles(comparison),
        sections=comparison_sections(comparison),
    )
