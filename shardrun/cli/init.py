"""``shardrun init``: a folder in which `shardrun run` just works."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shardrun.bundle import new_project
from shardrun.console.terminal import Terminal
from shardrun.workforce.census_generation import generate_census
from shardrun.workforce.parameters import WorkforceConfig

EXAMPLES = """\
[bold]Examples[/bold]

shardrun init mysim && cd mysim && shardrun run

shardrun init small --employees 500
"""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("init", epilog=EXAMPLES)(init)


def init(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder that is made; not there, or empty.")
    ],
    employees: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many people the made-up census has.")
    ] = 60_000,
) -> None:
    """Make a folder with the workforce project: models, macros, configuration, a made-up census.

    `shardrun run` in that folder simulates it. Your own census goes in with `--census`, or as
    `census.path` in the configuration; the project is yours to change.
    """
    terminal: Terminal = context.obj
    config = WorkforceConfig()
    with new_project(folder) as made:
        census = made / config.census.path
        census.parent.mkdir()
        generate_census(
            census,
            employees=employees,
            seed=config.simulation.random_seed,
            as_of_year=config.simulation.start_year - 1,
        )
    terminal.remark(f"{folder}: the workforce project, and a census of {employees:,}. Next:")
    if folder.resolve() != Path.cwd():
        terminal.remark(f"  cd {folder}")
    terminal.remark("  shardrun run")
    terminal.remark("  shardrun report simulation.duckdb")
