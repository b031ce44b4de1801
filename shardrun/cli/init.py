"""``shardrun init``: a folder in which `shardrun run` just works."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shardrun.config.dbt_project import read_project
from shardrun.config.simulation import ProjectSection
from shardrun.console.terminal import Terminal
from shardrun.errors import InputError
from shardrun.runs.profiles import profiles_folder
from shardrun.scaffold.bundle import new_project
from shardrun.workforce.census_generation import generate_census
from shardrun.workforce.parameters import WorkforceConfig

CONFIG_FILE = "shardrun.yaml"

EXAMPLES = """\
[bold]Examples[/bold]

shardrun init mysim && cd mysim && shardrun run

shardrun init small --employees 500

shardrun init --existing loans  [dim]# a first configuration for your own dbt project[/dim]
"""

app = typer.Typer(add_completion=False)


@app.command("init", epilog=EXAMPLES)
def init(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder that is made; not there, or empty.")
    ],
    existing: Annotated[
        bool,
        typer.Option("--existing", help="DIR is a dbt project: configure it."),
    ] = False,
    employees: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many people the made-up census has.")
    ] = 60_000,
) -> None:
    """Make a folder with the workforce project: models, macros, configuration, a made-up census.

    `shardrun run` in that folder simulates it. Your own census goes in with `--census`, or as
    `census.path` in the configuration; the project is yours to change.

    With --existing, write DIR/shardrun.yaml for the dbt project in DIR instead, from what dbt says
    of its models, and tell what is doubtful in it. Nothing else is changed.
    """
    terminal: Terminal = context.obj
    if existing:
        _describe(terminal, folder)
        return
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


def _describe(terminal: Terminal, project: Path) -> None:
    """Write a first configuration for a dbt project that is there."""
    # dbt takes a second to import; a refusal shall not wait for it.
    from shardrun.dbt_runner import read_manifest
    from shardrun.scaffold.proposal import propose_config

    target = project / CONFIG_FILE
    read_project(project)
    if target.exists():
        raise InputError(f"{target} is there already; remove it for a new proposal.")
    proposal = propose_config(
        read_manifest(project, profiles_folder(ProjectSection(project_dir=project)))
    )
    target.write_text(proposal.text, encoding="utf-8")
    for doubt in proposal.doubts:
        terminal.remark(f"doubtful: {doubt}")
    terminal.remark(f"{target} is written. Next:")
    terminal.remark(f"  cd {project} && shardrun check --config {CONFIG_FILE}")
